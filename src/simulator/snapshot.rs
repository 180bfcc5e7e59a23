//! Everybody at a glance, for a page.

use ringall_core::phone::PhoneNumber;
use serde::Serialize;

use super::{
    hearing::Hearing,
    leg::{Answerer, Kind, Leg, LegKey},
    world::World,
};

/// Everybody at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    /// Milliseconds since the simulator's start.
    pub at: u64,
    /// The people who call or have called, in the order of their calls.
    pub callers: Vec<Party>,
    /// The telephones, in the order in which they were added.
    pub phones: Vec<Party>,
}

/// One person, or one telephone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Party {
    /// What they are called; for callers their number, shortened.
    pub name: String,
    /// Their number in full, or what a caller shows instead. The simulator's numbers are nobody's.
    pub number: String,
    /// The carrier's name of the leg, if there is or was one.
    pub sid: Option<String>,
    /// How the telephone behaves; empty for callers.
    pub character: &'static str,
    /// `idle`, `ringing`, `screening`, `talking` or `ended`; for callers also `waiting`.
    pub state: &'static str,
    /// What they hear, in words.
    pub hears: String,
    /// Whether a machine has picked up and not a person.
    pub machine: bool,
    /// With whom they talk.
    pub talking_with: Vec<String>,
    /// Since when it is so, in milliseconds since the simulator's start.
    pub since: u64,
}

impl World {
    pub(super) fn snapshot(&self) -> Snapshot {
        let callers = self.legs.iter().filter(|leg| leg.kind == Kind::Inbound).map(|leg| self.party(leg.key));
        let mut phones: Vec<_> = self.phones.iter().collect();
        phones.sort_by_key(|(_, phone)| phone.order);
        let phones = phones.into_iter().map(|(number, _)| self.phone_party(*number));
        Snapshot { at: self.millis(), callers: callers.collect(), phones: phones.collect() }
    }

    fn phone_party(&self, number: PhoneNumber) -> Party {
        let busy_with = self.leg_of_phone(number, Leg::engages).or(self.leg_of_phone(number, |leg| leg.alerts));
        let mut party = busy_with.map_or_else(idle, |key| self.party(key));
        let phone = &self.phones[&number];
        party.name.clone_from(&phone.name);
        party.number = number.expose();
        party.character = phone.character.name();
        if party.state == "ended" {
            party.state = "idle";
        }
        party
    }

    fn party(&self, key: LegKey) -> Party {
        let leg = self.leg(key);
        let last = leg.hearing.last();
        let talking_with = match last.map(|heard| &heard.what) {
            Some(Hearing::Talking(with)) => with.iter().cloned().collect(),
            Some(_) | None => Vec::new(),
        };
        Party {
            name: self.name_of(key),
            number: leg.from.clone(),
            sid: Some(leg.sid.clone()),
            character: "",
            state: state_of(leg),
            hears: last.map(|heard| in_words(&heard.what)).unwrap_or_default(),
            machine: leg.is_answered()
                && matches!(leg.answerer, Some(Answerer::Machine { .. } | Answerer::Fax | Answerer::Robot)),
            talking_with,
            since: last.map_or(0, |heard| heard.at),
        }
    }
}

fn state_of(leg: &Leg) -> &'static str {
    let talks = matches!(leg.hearing.now(), Some(Hearing::Talking(_)));
    match (leg.is_live(), leg.kind) {
        (false, _) => "ended",
        (true, _) if talks => "talking",
        (true, _) if leg.rings() => "ringing",
        (true, Kind::Inbound) => "waiting",
        (true, Kind::Api | Kind::Child(_)) if leg.is_answered() => "screening",
        (true, Kind::Api | Kind::Child(_)) => "idle",
    }
}

fn in_words(what: &Hearing) -> String {
    match what {
        Hearing::Silence => "silence".to_owned(),
        Hearing::Words(words) => words.clone(),
        Hearing::NetworkRinging | Hearing::Rings => "ringing".to_owned(),
        Hearing::Ringback(_) => "ringback".to_owned(),
        Hearing::Music => "music".to_owned(),
        Hearing::Talking(_) => "a conversation".to_owned(),
        Hearing::Recorded => "a beep".to_owned(),
        Hearing::ErrorMessage => "an application error has occurred".to_owned(),
        Hearing::Ended(_) => "nothing".to_owned(),
    }
}

fn idle() -> Party {
    Party {
        name: String::new(),
        number: String::new(),
        sid: None,
        character: "",
        state: "idle",
        hears: String::new(),
        machine: false,
        talking_with: Vec::new(),
        since: 0,
    }
}
