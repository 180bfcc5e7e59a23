//! `[lookups]`: the user's own addresses that are asked who a caller is.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::RangeInclusive,
    time::Duration,
};

use url::Url;

use super::{
    carrier::{SECRET, read_secret},
    problem::{Place, Report, did_you_mean, shown},
    reader::{Section, Text, Value},
    reference::keys,
    server::is_loopback,
};
use crate::secret::Secret;

/// One address of `[lookups]`.
#[derive(Clone, PartialEq, Eq)]
pub struct LookupConfig {
    /// Where it is.
    pub url: Url,
    /// What questions are signed with.
    pub secret: Secret,
    /// How long an answer is remembered.
    pub cache_for: Duration,
    /// Also ask about callers who withhold their number.
    pub ask_withheld: bool,
}

/// Without the path and the query, which may hold a secret.
impl fmt::Debug for LookupConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, secret: _, cache_for, ask_withheld } = self;
        let mut shown = f.debug_struct("LookupConfig");
        shown.field("host", &url.host_str()).field("cache_for", cache_for).field("ask_withheld", ask_withheld).finish()
    }
}

/// Every address by its name, and which of them some step asks.
#[derive(Debug)]
pub(super) struct AllLookups {
    lookups: BTreeMap<String, Written>,
    used: RefCell<BTreeSet<String>>,
}

#[derive(Debug)]
struct Written {
    place: Place,
    /// `None` after a problem.
    lookup: Option<LookupConfig>,
}

/// An address that a step asks.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) name: Text,
    pub(super) ask_withheld: bool,
}

keys! {
    pub(super) LOOKUP: "lookups" at ["lookups.*"], "Key in `[lookups.NAME]` | Default | ";
    /// The address, with its query if it has one. `https://` only, but for an address on this machine, which is a
    /// warning.
    url ("required");
    /// Secret. What questions are signed with, so that your server knows who asks.
    secret ("required");
    /// How long an answer is remembered for this line and caller; `0s` to `24h`. Only what was found or not found is
    /// remembered, in memory, for at most 10 000 callers and 16 MiB.
    cache_for = "10m";
    /// Also ask about callers who withhold their number. Otherwise they are not found, and nobody is asked. They are
    /// never remembered.
    ask_withheld = false;
}

/// Reads `[lookups]`.
pub(super) fn read(section: Section<'_>, report: &Report) -> AllLookups {
    let read_one = |(name, value): (String, Value<'_>)| {
        let place = value.place.clone();
        (name, Written { place, lookup: value.section().and_then(|section| read_lookup(section, report)) })
    };
    AllLookups { lookups: section.into_named().into_iter().map(read_one).collect(), used: RefCell::default() }
}

impl AllLookups {
    /// The address that a step names; `None` after a problem.
    pub(super) fn find(&self, value: Value<'_>, report: &Report) -> Option<Asked> {
        let name = value.text()?;
        let Some(written) = self.lookups.get(&name.text) else {
            let nearest = did_you_mean(&name.text, self.lookups.keys().map(String::as_str));
            report.problem(&name.place, format!("no lookup is named `{}`{nearest}", shown(&name.text)));
            return None;
        };
        self.used.borrow_mut().insert(name.text.clone());
        let ask_withheld = written.lookup.as_ref()?.ask_withheld;
        Some(Asked { name, ask_withheld })
    }

    /// Warns of addresses that nobody asks.
    pub(super) fn report_unused(&self, report: &Report) {
        let used = self.used.borrow();
        for (_, written) in self.lookups.iter().filter(|(name, _)| !used.contains(*name)) {
            report.warning(&written.place, "no step asks this lookup");
        }
    }

    /// The addresses that can be asked.
    pub(super) fn into_lookups(self) -> BTreeMap<String, LookupConfig> {
        self.lookups.into_iter().filter_map(|(name, written)| Some((name, written.lookup?))).collect()
    }
}

fn read_lookup(mut section: Section<'_>, report: &Report) -> Option<LookupConfig> {
    let url = section.require("url", URL).and_then(|value| read_url(value, report));
    let secret = section.require("secret", SECRET).and_then(|value| read_secret(value, report));
    let cache_for = section.take("cache_for").and_then(|value| value.duration(CACHE_TIMES)).unwrap_or(CACHE_FOR);
    let ask_withheld = section.take("ask_withheld").and_then(Value::flag).unwrap_or_default();
    section.finish();
    Some(LookupConfig { url: url?, secret: secret?, cache_for, ask_withheld })
}

/// Unlike the base of many addresses, this one is asked as it is, with its query.
fn read_url(value: Value<'_>, report: &Report) -> Option<Url> {
    let place = value.place.clone();
    let url = value.parsed(URL, |text| Url::parse(text).ok().filter(Url::has_host))?;
    if !url.username().is_empty() || url.password().is_some() {
        report.problem(&place, "expected an address without a user and a password; the signature tells who asks");
        return None;
    }
    if url.fragment().is_some() {
        report.problem(&place, "expected an address without `#`");
        return None;
    }
    match url.scheme() {
        "https" => Some(url),
        "http" if is_loopback(&url) => {
            report.warning(&place, "callers' numbers travel unprotected over http, though only on this machine");
            Some(url)
        }
        _ => {
            report.problem(&place, "expected an address that begins with `https://`: callers' numbers are sent there");
            None
        }
    }
}

const URL: &str = "an address such as \"https://crm.example.org/who-calls\"";
const CACHE_FOR: Duration = Duration::from_secs(10 * 60);
const CACHE_TIMES: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(24 * 60 * 60);
