//! Twilio, and clouds that speak its protocol.
