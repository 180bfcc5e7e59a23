//! Twilio, and clouds that speak its protocol: what goes over the wire in either direction, and nothing about calls.

pub mod client;
pub mod form;
mod languages;
pub mod signature;
pub mod twiml;

pub use client::{TwilioAccount, TwilioClient};
pub use form::WebhookForm;
pub use languages::language_code;
pub use signature::Validator;
pub use twiml::Twiml;
