//! Twilio, and clouds that speak its protocol: what goes over the wire in either direction, and nothing about calls.

pub mod form;

pub use form::WebhookForm;
