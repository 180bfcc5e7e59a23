//! Whether a webhook comes from the carrier (carrier contract §10).
//!
//! The carrier signs the URL that it called. Behind a proxy the server cannot see that URL, so it is put together from
//! the configured public URL and the request target as it came; headers such as `Host` are never asked. Two things
//! stay open, and each form is accepted:
//!
//! - The port: the carrier may or may not name it.
//! - The path of the public URL, such as `/hotline`: the proxy may hand it on or take it off. A target that begins
//!   with it is first taken as handed on, then as taken off.
//!
//! Every accepted form lies under the public URL's host, so this lets in nothing that the token's owner did not sign
//! for us.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use url::Url;

use super::form::Field;
use crate::secret::Secret;

/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "X-Twilio-Signature";

/// Checks signatures against the public URL and the account's tokens.
pub struct Validator {
    /// Scheme, host and port: as configured first, then with the port's other form.
    origins: [String; 2],
    /// The public URL's path without its last `/`; often empty.
    prefix: String,
    keys: Vec<Hmac<Sha1>>,
}

/// A request as it came, before anything has changed it.
#[derive(Debug, Clone, Copy)]
pub struct SignedRequest<'a> {
    /// The request target, path and query, byte by byte as it came.
    pub path_and_query: &'a str,
    /// The signature header's value.
    pub signature: Option<&'a str>,
    /// What was signed beside the URL.
    pub body: SignedBody<'a>,
}

/// What is signed beside the URL.
#[derive(Clone, Copy)]
pub enum SignedBody<'a> {
    /// A GET: nothing.
    None,
    /// A form's fields, all of them, in any order.
    Form(&'a [Field<'a>]),
    /// Anything else, such as JSON: its hash, which the query carries.
    Other(&'a [u8]),
}

/// Why a request is not believed. The URL is the one that was expected to be signed, without its query, in which
/// telephone numbers may stand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// There is no signature: this is not the carrier, or a proxy takes the header off.
    #[error("no signature on a request for `{url}`")]
    Missing {
        /// The URL that would have been signed.
        url: String,
    },
    /// No token gives this signature: a wrong token, a wrong public URL, or a stranger.
    #[error("the signature does not fit `{url}`")]
    Wrong {
        /// The URL that the signature was compared with.
        url: String,
    },
    /// The body is not the one whose hash the URL carries, or the URL carries none.
    #[error("the body of a request for `{url}` is not signed")]
    BodyNotSigned {
        /// The URL that was called.
        url: String,
    },
}

impl Validator {
    /// Believes what is signed with any of `tokens`: the current one and, while it is being changed, the previous.
    /// Credentials, query and fragment of the public URL do not count.
    pub fn new(public_url: &Url, tokens: &[Secret]) -> Self {
        Self {
            origins: origins(public_url),
            prefix: public_url.path().trim_end_matches('/').to_owned(),
            keys: tokens.iter().map(key).collect(),
        }
    }

    /// Whether the carrier signed this request.
    pub fn check(&self, request: &SignedRequest<'_>) -> Result<(), SignatureError> {
        let url = || self.told(request.path_and_query);
        let Some(signature) = request.signature else { return Err(SignatureError::Missing { url: url() }) };
        let Ok(signature) = STANDARD.decode(signature) else { return Err(SignatureError::Wrong { url: url() }) };
        let fields = request.body.sorted_fields();
        if !self.is_signed(request.path_and_query, &fields, &signature) {
            return Err(SignatureError::Wrong { url: url() });
        }
        if !request.body.fits(request.path_and_query) {
            return Err(SignatureError::BodyNotSigned { url: url() });
        }

        Ok(())
    }

    /// What is wrong with a request to `path_and_query` that has no signature at all.
    pub fn unsigned(&self, path_and_query: &str) -> SignatureError {
        SignatureError::Missing { url: self.told(path_and_query) }
    }

    fn is_signed(&self, target: &str, fields: &[&Field<'_>], signature: &[u8]) -> bool {
        self.prefixes(target).any(|prefix| {
            self.origins.iter().any(|origin| {
                self.keys.iter().any(|key| mac(key, &[origin, prefix, target], fields).verify_slice(signature).is_ok())
            })
        })
    }

    /// What may have stood before `target` in the path that the carrier called, the likelier first.
    fn prefixes(&self, target: &str) -> impl Iterator<Item = &str> {
        let behind = target.strip_prefix(self.prefix.as_str());
        let handed_on = behind.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
        let taken_off = !self.prefix.is_empty() || !handed_on;
        handed_on.then_some("").into_iter().chain(taken_off.then_some(self.prefix.as_str()))
    }

    /// The likeliest signed URL, for the log.
    fn told(&self, target: &str) -> String {
        let path = target.split('?').next().unwrap_or_default();
        let prefix = self.prefixes(target).next().unwrap_or_default();
        format!("{}{prefix}{path}", self.origins[0])
    }
}

impl fmt::Debug for Validator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Validator({}{})", self.origins[0], self.prefix)
    }
}

/// The signature of a request to `url`, as a carrier puts it in the header.
pub fn sign(token: &Secret, url: &str, body: SignedBody<'_>) -> String {
    STANDARD.encode(mac(&key(token), &[url], &body.sorted_fields()).finalize().into_bytes())
}

/// The value of the query's `bodySHA256` for this body, to be put into the URL before it is signed.
pub fn body_hash(body: &[u8]) -> String {
    Sha256::digest(body).iter().fold(String::with_capacity(64), |mut hex, byte| {
        for digit in [byte >> 4, byte & 15] {
            hex.extend(char::from_digit(digit.into(), 16));
        }
        hex
    })
}

impl<'a> SignedBody<'a> {
    /// The fields as they are signed: by name, then by value, and no pair twice.
    fn sorted_fields(self) -> Vec<&'a Field<'a>> {
        let Self::Form(fields) = self else { return Vec::new() };
        let mut fields: Vec<_> = fields.iter().collect();
        fields.sort_unstable();
        fields.dedup();
        fields
    }

    /// Whether the signed URL vouches for the body.
    fn fits(self, target: &str) -> bool {
        let Self::Other(body) = self else { return true };
        let query = target.split_once('?').map_or("", |(_, query)| query);
        match query.split('&').find_map(|field| field.strip_prefix("bodySHA256=")) {
            Some(hash) => hash.eq_ignore_ascii_case(&body_hash(body)),
            None => body.is_empty(),
        }
    }
}

/// Only the size: the content is private.
impl fmt::Debug for SignedBody<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Form(fields) => write!(f, "Form({} fields)", fields.len()),
            Self::Other(body) => write!(f, "Other({} bytes)", body.len()),
        }
    }
}

fn mac(key: &Hmac<Sha1>, url: &[&str], fields: &[&Field<'_>]) -> Hmac<Sha1> {
    let mut mac = key.clone();
    for part in url {
        mac.update(part.as_bytes());
    }
    for (name, value) in fields {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    mac
}

fn key(token: &Secret) -> Hmac<Sha1> {
    Hmac::new_from_slice(token.expose().as_bytes()).expect("HMAC takes a key of any length")
}

fn origins(url: &Url) -> [String; 2] {
    let without_port = format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default());
    // The `Url` has dropped the port if it is the scheme's own.
    let with_port = |port: u16| format!("{without_port}:{port}");
    match (url.port(), url.port_or_known_default()) {
        (Some(port), _) => [with_port(port), without_port],
        (None, Some(port)) => {
            let with_port = with_port(port);
            [without_port, with_port]
        }
        (None, None) => [without_port.clone(), without_port],
    }
}

#[cfg(test)]
mod tests;
