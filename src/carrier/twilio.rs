//! Twilio, and clouds that speak its protocol: what goes over the wire in either direction, and nothing about calls.

pub mod client;
pub mod form;
pub mod secret;
pub mod signature;
pub mod twiml;

pub use client::{TwilioAccount, TwilioClient};
pub use form::WebhookForm;
pub use secret::Secret;
pub use signature::Validator;
pub use twiml::Twiml;
