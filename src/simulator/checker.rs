//! What nobody should ever have to hear or see, found in what was heard and in what became of the legs.

use std::fmt;

use super::{
    conference::RoomKey,
    hearing::{End, EndedBy, Hearing},
    leg::{Answerer, Kind, Leg, LegKey},
    world::World,
};

/// Something that must not happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// When, in milliseconds since the simulator's start.
    pub at: u64,
    /// Whom it happened to.
    pub who: String,
    /// What it was.
    pub what: Wrong,
}

/// What must not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// A caller heard nothing at all for so many milliseconds.
    Silence(u64),
    /// A caller heard the carrier's music.
    Music,
    /// A caller heard that an application error has occurred.
    ApplicationError,
    /// Two callers were in one conversation.
    TwoCallers,
    /// More than two were in one conversation.
    ThreeTalkers,
    /// A caller was joined to a machine.
    Machine,
    /// One telephone was in two offers at a time.
    TwoOffers,
    /// A human picked up and the line ended without a word.
    WordlessEnd,
    /// A caller was recorded without having heard any words before, or without a word after it.
    WordlessRecording,
}

/// The longest silence that a caller bears.
const LONGEST_SILENCE_MILLIS: u64 = 2000;

impl World {
    /// Everything that was wrong so far.
    pub(super) fn violations(&self) -> Vec<Violation> {
        let mut violations = self.seen_wrong.clone();
        for leg in &self.legs {
            match leg.kind {
                Kind::Inbound => self.check_caller(leg, &mut violations),
                Kind::Api | Kind::Child(_) => self.check_offer(leg, &mut violations),
            }
        }
        if !self.settings.allowed.two_offers {
            self.check_phones(&mut violations);
        }
        violations.sort_by_key(|violation| violation.at);
        violations
    }

    /// Looks at the people who have just come together in a room.
    pub(super) fn check_room(&mut self, key: RoomKey) {
        let people: Vec<LegKey> = self.rooms[key.0].participants.iter().map(|participant| participant.leg).collect();
        let caller = people.iter().copied().find(|leg| self.leg(*leg).kind == Kind::Inbound);
        let callers = people.iter().filter(|leg| self.leg(**leg).kind == Kind::Inbound).count();
        let is_machine =
            |leg: &LegKey| matches!(self.leg(*leg).answerer, Some(Answerer::Machine { .. } | Answerer::Fax));
        let machine = people.iter().any(is_machine);
        let mut wrong = Vec::new();
        if callers > 1 {
            wrong.push(Wrong::TwoCallers);
        }
        if people.len() > 2 {
            wrong.push(Wrong::ThreeTalkers);
        }
        if machine && caller.is_some() && !self.settings.allowed.machines {
            wrong.push(Wrong::Machine);
        }
        let Some(who) = caller.or(people.first().copied()) else { return };
        let (at, who) = (self.millis(), self.name_of(who));
        for what in wrong {
            let violation = Violation { at, who: who.clone(), what };
            if !self.seen_wrong.contains(&violation) {
                self.seen_wrong.push(violation);
            }
        }
    }

    fn check_caller(&self, leg: &Leg, violations: &mut Vec<Violation>) {
        for (heard, end) in leg.hearing.spans(self.millis()) {
            let length = end.saturating_sub(self.listened_until(leg, heard.at));
            let what = match heard.what {
                Hearing::Silence if length > LONGEST_SILENCE_MILLIS => Wrong::Silence(length),
                Hearing::Music => Wrong::Music,
                Hearing::ErrorMessage => Wrong::ApplicationError,
                Hearing::Silence
                | Hearing::NetworkRinging
                | Hearing::Rings
                | Hearing::Ringback(_)
                | Hearing::Words(_)
                | Hearing::Talking(_)
                | Hearing::Ended(_)
                | Hearing::Recorded => continue,
            };
            violations.push(Violation { at: heard.at, who: self.name_of(leg.key), what });
        }
        self.check_recording(leg, violations);
    }

    /// Whoever is recorded knows it: they hear words and a beep; and whoever does not hang up then hears words again.
    fn check_recording(&self, leg: &Leg, violations: &mut Vec<Violation>) {
        let heard: Vec<_> = leg.hearing.entries().iter().filter(|heard| heard.what != Hearing::Silence).collect();
        let speaks = |what: &Hearing| matches!(what, Hearing::Words(_) | Hearing::Ringback(_) | Hearing::ErrorMessage);
        for (place, recorded) in heard.iter().enumerate().filter(|(_, heard)| heard.what == Hearing::Recorded) {
            let before = place.checked_sub(1).is_some_and(|before| speaks(&heard[before].what));
            let cut_off = heard.get(place + 1).is_some_and(|next| {
                matches!(next.what, Hearing::Ended(End { by: EndedBy::Api | EndedBy::Document | EndedBy::Carrier, .. }))
            });
            if !before || cut_off {
                let what = Wrong::WordlessRecording;
                violations.push(Violation { at: recorded.at, who: self.name_of(leg.key), what });
            }
        }
    }

    /// The end of the time in which the leg's document waited for keys, if that was so at this moment.
    fn listened_until(&self, leg: &Leg, at: u64) -> u64 {
        let spans = leg.listened.iter().map(|(from, until)| (self.millis_at(*from), self.millis_at(*until)));
        // In real time the silence may be noticed a little before the waiting.
        let begins = |from: &u64| from.saturating_sub(50);
        spans.filter(|(from, until)| (begins(from)..=*until).contains(&at)).map(|(_, until)| until).max().unwrap_or(at)
    }

    fn check_offer(&self, leg: &Leg, violations: &mut Vec<Violation>) {
        let Some(Hearing::Ended(End { by: EndedBy::Api | EndedBy::Document | EndedBy::Carrier, .. })) =
            leg.hearing.now()
        else {
            return;
        };
        if leg.answerer != Some(Answerer::Human) || self.settings.allowed.wordless_ends {
            return;
        }
        let silent = |what: &Hearing| matches!(what, Hearing::Silence | Hearing::Ended(_) | Hearing::Ringback(_));
        let last = leg.hearing.entries().iter().rev().find(|heard| !silent(&heard.what));
        let told = last.is_some_and(|heard| matches!(heard.what, Hearing::Words(_) | Hearing::Talking(_)));
        if !told {
            let at = leg.hearing.last().map_or(0, |heard| heard.at);
            violations.push(Violation { at, who: self.name_of(leg.key), what: Wrong::WordlessEnd });
        }
    }

    fn check_phones(&self, violations: &mut Vec<Violation>) {
        let offers = |number| self.legs.iter().filter(move |leg| leg.phone == Some(number));
        for number in self.phones.keys().copied() {
            let mut free_at = self.start;
            for leg in offers(number) {
                let Some(dialed) = leg.dialing_at else { continue };
                if dialed < free_at {
                    let at = self.millis_at(dialed);
                    violations.push(Violation { at, who: self.name_of(leg.key), what: Wrong::TwoOffers });
                }
                let end = leg.history.last().filter(|(_, status)| status.is_final());
                free_at = free_at.max(end.map_or(self.now, |(at, _)| *at));
            }
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>7} ms  {}: ", self.at, self.who)?;
        match self.what {
            Wrong::Silence(millis) => write!(f, "heard nothing for {millis} ms"),
            Wrong::Music => f.write_str("heard music"),
            Wrong::ApplicationError => f.write_str("heard that an application error has occurred"),
            Wrong::TwoCallers => f.write_str("was joined to another caller"),
            Wrong::ThreeTalkers => f.write_str("was in a conversation of three"),
            Wrong::Machine => f.write_str("was joined to a machine"),
            Wrong::TwoOffers => f.write_str("was in two offers at a time"),
            Wrong::WordlessRecording => f.write_str("was recorded without words before it or after it"),
            Wrong::WordlessEnd => f.write_str("picked up and was cut off without a word"),
        }
    }
}
