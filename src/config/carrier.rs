//! `[carrier]`: the account, its secrets, and how we deal with it.

use std::{
    env, fs,
    io::{self, Read as _},
    ops::RangeInclusive,
    time::Duration,
};

use url::Url;

use super::{
    CarrierConfig, Strictness,
    problem::{Place, Report, shown},
    reader::{Section, Text, Value},
    reference::keys,
    server::is_loopback,
};
use crate::secret::Secret;

keys! {
    pub(super) CARRIER: "carrier" at ["carrier"], "Key in `[carrier]` | Default | ";
    /// The only one so far.
    provider = "twilio";
    /// `AC` and 32 hexadecimal digits. Webhooks that name another account are refused.
    account_sid ("required");
    /// Secret. Checks signatures, and signs in to the REST API unless there is an API key.
    auth_token ("required");
    /// Secret. Still accepted in signatures while you change the token.
    previous_auth_token ();
    /// Secrets. Sign in to the REST API in place of account and token. Both or neither.
    api_key, api_secret ();
    /// Another address of the REST API: a compatible cloud, a proxy, a simulator.
    api_base = "https://api.twilio.com";
    /// A trial account waits for answers for 5 s only; with `true` Ringall answers within 3 s, and `check` warns of what such
    /// an account does not do.
    trial = false;
    /// How long a webhook is held before it must be answered; `1s` to `14s`.
    reply_budget ("`\"12s\"`, on trial `\"3s\"`");
    /// Starts calls no faster than this. Without it the carrier's own queue paces them.
    calls_per_second ();
    /// REST requests under way at once; 1 to 1024.
    concurrent_requests = 64;
}

keys! {
    pub(super) SECRET_SOURCE: "secret" at [
        "carrier.auth_token",
        "carrier.previous_auth_token",
        "carrier.api_key",
        "carrier.api_secret",
        "lookups.*.secret",
    ], "A secret with | is";
    /// the value of this environment variable
    env as "`{ env = \"NAME\" }`";
    /// what this file says, without line breaks at its end
    file as "`{ file = \"PATH\" }`";
}

/// Reads `[carrier]`; `None` only after a problem.
pub(super) fn read(mut carrier: Section<'_>, report: &Report) -> Option<CarrierConfig> {
    carrier.take("provider").and_then(|value| value.choice(&[("twilio", ())]));
    let account_sid = carrier
        .require("account_sid", ACCOUNT_SID)
        .and_then(|value| value.parsed(ACCOUNT_SID, |text| is_account_sid(text).then(|| text.to_owned())));
    let auth_token = carrier.require("auth_token", SECRET).and_then(|value| read_secret(value, report));
    let previous_token = carrier.take("previous_auth_token").and_then(|value| read_secret(value, report));
    let api_key = read_api_key(&mut carrier, report);
    let api_base = read_api_base(&mut carrier, report);
    let is_trial = carrier.take("trial").and_then(Value::flag).unwrap_or_default();
    let reply_budget = read_reply_budget(&mut carrier, is_trial, report);
    let calls_per_second = carrier.take("calls_per_second").and_then(Value::rate);
    let concurrent_requests = carrier.take("concurrent_requests").and_then(|value| value.whole_number(1..=1024));
    carrier.finish();

    let (account_sid, auth_token) = (account_sid?, auth_token?);
    let (rest_user, rest_secret) = api_key.unwrap_or_else(|| (account_sid.clone(), auth_token.clone()));
    Some(CarrierConfig {
        account_sid,
        auth_tokens: std::iter::once(auth_token).chain(previous_token).collect(),
        rest_user,
        rest_secret,
        api_base: api_base?,
        reply_budget,
        calls_per_second,
        concurrent_requests: concurrent_requests.unwrap_or(DEFAULT_CONCURRENT_REQUESTS),
        is_trial,
    })
}

fn is_account_sid(text: &str) -> bool {
    text.strip_prefix("AC").is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn read_api_key(carrier: &mut Section<'_>, report: &Report) -> Option<(String, Secret)> {
    let place = carrier.place.clone();
    let (key, secret) = (carrier.take("api_key"), carrier.take("api_secret"));
    let missing = match (&key, &secret) {
        (Some(key), None) => Some(("api_secret", key.place.offset)),
        (None, Some(secret)) => Some(("api_key", secret.place.offset)),
        (Some(_), Some(_)) | (None, None) => None,
    };
    if let Some((missing, offset)) = missing {
        report.problem(&place.key(missing, offset), "missing; `api_key` and `api_secret` go together");
    }
    let key = key.and_then(|value| read_secret(value, report));
    let secret = secret.and_then(|value| read_secret(value, report));
    Some((key?.expose().to_owned(), secret?))
}

fn read_api_base(carrier: &mut Section<'_>, report: &Report) -> Option<Url> {
    let Some(value) = carrier.take("api_base") else {
        return Some(Url::parse(DEFAULT_API_BASE).expect("our own address is one"));
    };
    let place = value.place.clone();
    let url = value.base_url()?;
    if url.scheme() == "http" && !is_loopback(&url) {
        report.warning(&place, "secrets and telephone numbers travel unprotected over http");
    }
    Some(url)
}

fn read_reply_budget(carrier: &mut Section<'_>, trial: bool, report: &Report) -> Duration {
    let own = carrier.take("reply_budget").and_then(|value| {
        let place = value.place.clone();
        Some((place, value.duration(REPLY_BUDGETS)?))
    });
    match own {
        Some((place, budget)) => {
            if trial && budget >= TRIAL_LIMIT {
                report.warning(&place, "the carrier waits only 5s for a trial account");
            }
            budget
        }
        None if trial => TRIAL_REPLY_BUDGET,
        None => REPLY_BUDGET,
    }
}

/// Reads a secret from the file, the environment or another file. Says nothing about what it is.
pub(super) fn read_secret(value: Value<'_>, report: &Report) -> Option<Secret> {
    let place = value.place.clone();
    if let Some(text) = value.raw_text() {
        return present(text, &place, report);
    }
    if !value.is_table() {
        value.problem(format!("expected {SECRET}"));
        return None;
    }
    let mut source = value.section()?;
    let (env, file) = (source.take("env"), source.take("file"));
    source.finish();
    match (env, file) {
        (Some(env), None) => from_environment(&env.text()?, report),
        (None, Some(file)) => from_file(&file.text()?, report),
        (Some(_), Some(_)) | (None, None) => {
            report.problem(&place, "expected either `env` or `file`");
            None
        }
    }
}

fn from_environment(name: &Text, report: &Report) -> Option<Secret> {
    // Somebody may have put the secret itself where its variable's name belongs.
    let plain = name.text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    let shown = if plain { format!(" `{}`", shown(&name.text)) } else { String::new() };
    if name.text.contains(['=', '\0']) {
        report.problem(&name.place, "expected the name of an environment variable");
        return None;
    }
    match env::var(&name.text) {
        Ok(secret) => present(&secret, &name.place, report),
        Err(env::VarError::NotPresent) => {
            absent(&name.place, format!("the environment variable{shown} is not set"), report)
        }
        Err(env::VarError::NotUnicode(_)) => {
            absent(&name.place, format!("the environment variable{shown} is not a text in UTF-8"), report)
        }
    }
}

fn from_file(path: &Text, report: &Report) -> Option<Secret> {
    match read_beginning(&path.text) {
        Ok(secret) if secret.len() > LONGEST_SECRET => {
            report.problem(&path.place, "this file is larger than any secret");
            None
        }
        Ok(secret) => present(&secret, &path.place, report),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            absent(&path.place, "there is no such file".to_owned(), report)
        }
        Err(error) => absent(&path.place, format!("cannot read this file: {}", error.kind()), report),
    }
}

/// A little more than the longest secret: a path may lead to something that never ends.
fn read_beginning(path: &str) -> io::Result<String> {
    let mut secret = String::new();
    fs::File::open(path)?.take(LONGEST_SECRET as u64 + 1).read_to_string(&mut secret)?;
    Ok(secret)
}

fn present(secret: &str, place: &Place, report: &Report) -> Option<Secret> {
    let secret = secret.trim_end_matches(['\n', '\r']);
    if secret.trim().is_empty() {
        report.problem(place, "the secret is empty");
        return None;
    }
    if secret.chars().any(char::is_control) {
        report.problem(place, "the secret has several lines or control characters");
        return None;
    }
    Some(Secret::new(secret))
}

/// A secret that is not on this machine: a check may well run elsewhere.
fn absent(place: &Place, text: String, report: &Report) -> Option<Secret> {
    match report.strictness {
        Strictness::Serve => {
            report.problem(place, text);
            None
        }
        Strictness::Check => {
            report.warning(place, text);
            Some(Secret::new(String::new()))
        }
    }
}

/// In bytes.
const LONGEST_SECRET: usize = 64 * 1024;
const ACCOUNT_SID: &str = "`AC` and 32 hexadecimal digits";
pub(super) const SECRET: &str = "a text in quotes, { env = \"NAME\" } or { file = \"/path\" }";
const DEFAULT_API_BASE: &str = "https://api.twilio.com";
const DEFAULT_CONCURRENT_REQUESTS: usize = 64;
/// The carrier waits 15 s in all; the rest is for the network.
const REPLY_BUDGET: Duration = Duration::from_secs(12);
const TRIAL_REPLY_BUDGET: Duration = Duration::from_secs(3);
const TRIAL_LIMIT: Duration = Duration::from_secs(5);
const REPLY_BUDGETS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(14);
