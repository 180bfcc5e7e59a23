//! `[people]`: who can be rung.

use std::{collections::BTreeMap, ops::RangeInclusive, sync::Arc, time::Duration};

use ringall_core::{
    phone::{NotAPhoneNumber, PhoneNumber},
    roster::Presence,
};

use super::{
    problem::Place,
    reader::{Section, Value},
    reference::keys,
};

keys! {
    pub(super) PERSON: "people" at ["people.*"], "Key in `[people.NAME]` | Default | ";
    /// What colleagues call them.
    name ("required");
    /// Their telephone, in E.164 form.
    phone ("required");
    /// How long this phone rings at the longest, `5s` to `10m`, if the group's time does not suit it: choose it shorter
    /// than it takes for the mailbox to pick up.
    phone_for ("as the group's");
    /// `"away"`: not to be rung until this is changed. Only the file changes it so far; that takes effect
    /// [while Ringall runs](#while-it-runs).
    presence = "available";
}

/// Somebody who can be rung.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// What colleagues call them.
    pub name: Arc<str>,
    /// Their telephone.
    pub phone: PhoneNumber,
    /// How long their phone rings at the longest, if they want it otherwise than the group.
    pub phone_for: Option<Duration>,
    /// Whether they can be rung, by the file.
    pub presence: Presence,
}

/// A name that groups may use, even if something else is wrong with the person.
#[derive(Debug)]
pub(super) struct PersonEntry {
    pub(super) place: Place,
    pub(super) person: Option<Person>,
}

/// Everybody, by the name that groups use.
pub(super) type People = BTreeMap<String, PersonEntry>;

/// Reads `[people]`.
pub(super) fn read(people: Section<'_>) -> People {
    let read_one = |(id, value): (String, Value<'_>)| {
        let place = value.place.clone();
        (id, PersonEntry { place, person: value.section().and_then(read_person) })
    };
    people.into_named().into_iter().map(read_one).collect()
}

fn read_person(mut section: Section<'_>) -> Option<Person> {
    let name = section.require("name", "a text in quotes").and_then(Value::text);
    let phone = section.require("phone", "a number such as \"+4930123456\"").and_then(|value| read_phone(&value));
    let phone_for = section.take("phone_for").and_then(|value| value.duration(RING_TIMES));
    let presence = section.take("presence").and_then(|value| value.choice(&PRESENCES)).unwrap_or_default();
    section.finish();

    Some(Person { name: name?.text.into(), phone: phone?, phone_for, presence })
}

fn read_phone(value: &Value<'_>) -> Option<PhoneNumber> {
    let Some(text) = value.raw_text() else { return value.wrong("a number in quotes such as \"+4930123456\"") };
    let phone = text.parse();
    if let Err(error @ NotAPhoneNumber) = phone {
        value.problem(error.to_string());
    }
    phone.ok()
}

const PRESENCES: [(&str, Presence); 2] = [("available", Presence::Available), ("away", Presence::Away)];
/// How long a phone may ring; the carrier does not ring for longer.
pub(super) const RING_TIMES: RangeInclusive<Duration> = Duration::from_secs(5)..=Duration::from_secs(10 * 60);
