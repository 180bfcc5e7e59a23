//! The rules of carrier contract §14.2, each with a test of its name. The program under test is a few lines of XML.

mod calls;
mod characters;
mod checking;
mod conferences;
mod forwards;
mod harness;
mod newcomers;
mod recordings;
mod rest;
mod strangers;
mod unanswered;
mod webhooks;

pub(super) use self::harness::wav;
