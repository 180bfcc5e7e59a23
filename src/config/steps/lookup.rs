//! `lookup` and `branch`: steps that ask who the caller is, and go by the answer.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

use ringall_core::flow::{Branch, FoundNumber, Lookup, Step, StepIndex};

use super::{
    Voice,
    action::{Action, Context, Lead},
};
use crate::config::{
    lookups::Asked,
    problem::shown,
    reader::{Section, Value},
    reference::keys,
};

keys! {
    pub(in crate::config) BESIDE_LOOKUP: "lookup" at ["steps.*"] beside "lookup", "Key beside `lookup` | Default | ";
    /// Where the call goes when your server knows the caller.
    found ("required");
    /// Where it goes when it does not.
    not_found ("as `found`");
    /// Where it goes when there is no usable answer.
    failed ("as `not_found`");
}

keys! {
    pub(in crate::config) BESIDE_BRANCH: "branch" at ["steps.*"] beside "branch", "Key beside `branch` | Default | ";
    /// Where each value of the field leads.
    cases ("required");
    /// Where every other value leads, and callers of whom there is none.
    otherwise ("required");
}

/// A lookup as written, with where each of its exits leads.
#[derive(Debug)]
pub(in crate::config) struct LookupAction {
    asked: Asked,
    found: Lead,
    not_found: Lead,
    failed: Lead,
}

/// A branch as written.
#[derive(Debug)]
pub(in crate::config) struct BranchAction {
    field: Arc<str>,
    cases: BTreeMap<Arc<str>, Lead>,
    otherwise: Lead,
}

/// A number that a lookup gives, as written.
#[derive(Debug, Clone)]
pub(super) struct WrittenNumber {
    field: Arc<str>,
    countries: Arc<[Arc<str>]>,
}

impl LookupAction {
    /// Every exit, in the order in which the step tells them.
    pub(super) fn leads(&self) -> Vec<&Lead> {
        vec![&self.found, &self.not_found, &self.failed]
    }

    /// The step for a line; `None` if one of its exits leads to no step, which was reported.
    pub(super) fn step(&self, at: &dyn Fn(&Lead) -> Option<StepIndex>) -> Option<Step> {
        Some(Step::Lookup(Arc::new(Lookup {
            name: self.asked.name.text.as_str().into(),
            asks_withheld: self.asked.ask_withheld,
            found: at(&self.found)?,
            not_found: at(&self.not_found)?,
            failed: at(&self.failed)?,
        })))
    }
}

impl BranchAction {
    /// Every exit, in the order in which the step tells them.
    pub(super) fn leads(&self) -> Vec<&Lead> {
        self.cases.values().chain([&self.otherwise]).collect()
    }

    /// The step for a line; `None` if one of its exits leads to no step, which was reported.
    pub(super) fn step(&self, at: &dyn Fn(&Lead) -> Option<StepIndex>) -> Option<Step> {
        let cases = self.cases.iter().map(|(value, lead)| Some((value.clone(), at(lead)?))).collect::<Option<_>>()?;
        Some(Step::Branch(Arc::new(Branch { field: self.field.clone(), cases, otherwise: at(&self.otherwise)? })))
    }
}

impl WrittenNumber {
    /// The number of a line's step: our own lines are not forwarded to.
    pub(super) fn on_line(&self, voice: &Voice<'_>) -> FoundNumber {
        let Self { field, countries } = self.clone();
        FoundNumber { field, countries, lines: voice.lines.clone() }
    }
}

/// Reads a step with `lookup`. Who is not known, or cannot be asked about, goes on as everybody does unless it says more:
/// an address that is out of order costs nobody their call.
pub(super) fn read_lookup<'a>(value: Value<'a>, section: &mut Section<'a>, context: &Context<'_>) -> Option<Action> {
    let asked = context.lookups.find(value, context.report);
    let found = section.require("found", "the name of the step that follows").and_then(Value::text);
    let not_found = section.take("not_found").and_then(Value::text).or_else(|| found.clone());
    let failed = section.take("failed").and_then(Value::text).or_else(|| not_found.clone());
    let [found, not_found, failed] = [found, not_found, failed].map(|to| to.map(|to| context.lead(to)));
    Some(Action::Lookup(LookupAction { asked: asked?, found: found?, not_found: not_found?, failed: failed? }))
}

/// Reads a step with `branch`.
pub(super) fn read_branch<'a>(value: Value<'a>, section: &mut Section<'a>, context: &Context<'_>) -> Option<Action> {
    let field = value.text();
    let written = section.require("cases", "a table such as { gold = \"STEP\" }").and_then(Value::section);
    let otherwise = section.require("otherwise", "the name of the step that follows in every other case");
    let otherwise = otherwise.and_then(Value::text).map(|to| context.lead(to));
    let written = written?;
    let place = written.place.clone();
    let mut cases: BTreeMap<Arc<str>, Lead> = BTreeMap::new();
    for (key, value) in written.into_entries() {
        let case = Branch::case(&key);
        if case.is_empty() {
            value.problem("empty; `otherwise` is for callers of whom nothing was found");
            continue;
        }
        match cases.entry(case) {
            Entry::Occupied(there) => {
                value.problem(format!("`{}` is there already: capitals make no difference", shown(there.key())));
            }
            Entry::Vacant(place) => {
                if let Some(to) = value.text() {
                    place.insert(context.lead(to));
                }
            }
        }
    }
    if cases.is_empty() {
        context.report.problem(&place, "expected at least one value, and the step that it leads to");
        return None;
    }
    Some(Action::Branch(BranchAction { field: field?.text.into(), cases, otherwise: otherwise? }))
}

/// The field that `forward = "{lookup.FIELD}"` names; `None` for anything else, such as a number.
pub(super) fn field_of(text: &str) -> Option<&str> {
    let field = text.trim().strip_prefix("{lookup.")?.strip_suffix('}')?;
    (!field.is_empty() && !field.contains(['{', '}'])).then_some(field)
}

/// Reads `countries` beside a forward to a number that a lookup gives: an address that was broken into must not make us
/// dial the world.
pub(super) fn read_number(field: &str, section: &mut Section<'_>) -> Option<WrittenNumber> {
    let value = section.require("countries", COUNTRIES)?;
    let (place, report) = (value.place.clone(), value.report);
    let list = value.list()?;
    let read = |value: Value<'_>| value.parsed(COUNTRY, |text| is_country(text).then(|| Arc::from(text)));
    let count = list.len();
    if count == 0 {
        report.problem(&place, format!("empty; expected {COUNTRIES}"));
    }
    let countries: Vec<_> = list.into_iter().filter_map(read).collect();
    (count > 0 && countries.len() == count).then(|| WrittenNumber { field: field.into(), countries: countries.into() })
}

fn is_country(text: &str) -> bool {
    (1..=7).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0')
}

const COUNTRIES: &str = "what numbers may begin with, such as [\"44\", \"1\"]";
const COUNTRY: &str = "the digits that numbers of a country begin with, such as \"44\"";
