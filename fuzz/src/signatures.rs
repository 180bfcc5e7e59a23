//! Signatures: what the carrier signs is believed, and what is not the signed text is not.
//!
//! An input is five lines and a form: the public address, the token, where the carrier calls below the address, flags
//! (`g`: a GET, `p`: the port is spelled out, `s`: a proxy takes the path off), and what a stranger changes: a number and
//! its replacement.

use form_urlencoded::parse;
use http::uri::PathAndQuery;
use ringall::{
    carrier::twilio::{
        Validator,
        form::Field,
        signature::{SignedBody, SignedRequest},
    },
    secret::Secret,
    simulator::door,
};
use url::Url;

pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut parts = text.splitn(6, '\n');
    let mut next = || parts.next().unwrap_or_default();
    let (public_url, token, below, flags, change, form) = (next(), next(), next(), next(), next(), next());
    let Some(public_url) = read_public_url(public_url) else { return };
    let base = public_url.as_str().trim_end_matches('/').to_owned();
    if !below.starts_with(['/', '?']) || is_no_target(&format!("/{}", &below[1..])) {
        return;
    }
    let called = Called { base, below, is_get: flags.contains('g'), fields: parse(form.as_bytes()).collect() };
    let signature = called.sign(token, flags.contains('p'));
    let validator = Validator::new(&public_url, &[Secret::new(token)]);
    let seen = if flags.contains('s') { called.below.to_owned() } else { called.target(&public_url) };
    // A server is never asked for `?`: the path is a slash at the least.
    if is_no_target(&seen) || !seen.starts_with('/') {
        return;
    }

    assert!(called.is_believed(&validator, &seen, &signature), "{signature} for {seen} under {public_url}");
    // HMAC fills a short key up with zeros, so they do not make it another.
    if token.trim_end_matches('\0') != "other" {
        let other = Validator::new(&public_url, &[Secret::new("other")]);
        assert!(!called.is_believed(&other, &seen, &signature), "{token:?} is not `other`");
    }
    assert!(!called.is_believed(&Validator::new(&public_url, &[]), &seen, &signature), "without a token");
    called.change(change, &validator, &seen, &signature);
}

/// What the carrier called.
struct Called<'a> {
    base: String,
    below: &'a str,
    is_get: bool,
    fields: Vec<Field<'a>>,
}

impl Called<'_> {
    fn sign(&self, token: &str, spell_out_port: bool) -> String {
        let owned = |(name, value): &Field<'_>| (name.to_string(), value.to_string());
        let form: Vec<_> = if self.is_get { Vec::new() } else { self.fields.iter().map(owned).collect() };
        door::sign(token, &format!("{}{}", self.base, self.below), &form, spell_out_port)
    }

    /// The request's target where the proxy hands the path on.
    fn target(&self, public_url: &Url) -> String {
        format!("{}{}", public_url.path().trim_end_matches('/'), self.below)
    }

    fn is_believed(&self, validator: &Validator, seen: &str, signature: &str) -> bool {
        let body = if self.is_get { SignedBody::None } else { SignedBody::Form(&self.fields) };
        validator.check(&SignedRequest { path_and_query: seen, signature: Some(signature), body }).is_ok()
    }

    /// A stranger changes one thing about a signed request, and is found out.
    fn change(&self, change: &str, validator: &Validator, seen: &str, signature: &str) {
        let (at, other) = change.split_once(' ').unwrap_or((change, "x"));
        let Ok(at) = at.parse::<usize>() else { return };
        if let Some(forged) = with_another_sign(signature, at, other) {
            assert!(!self.is_believed(validator, seen, &forged), "{forged} is not {signature}");
        }
        if let Some(elsewhere) = with_another_sign(seen, at, other)
            && !is_no_target(&elsewhere)
        {
            assert!(!self.is_believed(validator, &elsewhere, signature), "{elsewhere} is not {seen}");
        }
        if self.is_get || self.fields.is_empty() {
            return;
        }
        let mut fields = self.fields.clone();
        let index = at % fields.len();
        fields[index].1.to_mut().push_str(other);
        if signed(&fields) == signed(&self.fields) {
            return;
        }
        let forged = Called { base: self.base.clone(), below: self.below, is_get: false, fields };
        assert!(!forged.is_believed(validator, seen, signature), "{change}");
    }
}

/// The part of the signed text that follows the address.
fn signed(fields: &[Field<'_>]) -> String {
    let mut fields: Vec<_> = fields.iter().collect();
    fields.sort_unstable();
    fields.dedup();
    fields.iter().flat_map(|(name, value)| [&**name, &**value]).collect()
}

/// `text` with another sign at one place; `None` if it is the same.
fn with_another_sign(text: &str, at: usize, other: &str) -> Option<String> {
    let at = at % text.len().max(1);
    let (before, behind) = (text.get(..at)?, text.get(at + 1..)?);
    let changed = format!("{before}{}{behind}", other.chars().next()?);
    (changed != text).then_some(changed)
}

/// A public address as the configuration takes it.
fn read_public_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    (matches!(url.scheme(), "http" | "https") && url.has_host() && url.password().is_none() && plain).then_some(url)
}

fn is_no_target(text: &str) -> bool {
    text.parse::<PathAndQuery>().map_or(true, |target| target.as_str() != text)
}
