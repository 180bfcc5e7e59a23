//! The conversation as a text that people read.

use std::fmt::Write as _;

use ringall_core::phone::PhoneNumber;

use super::{
    hearing::{EndedBy, Hearing},
    leg::{Kind, LegKey},
    world::World,
};

/// One line of the conversation.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) key: LegKey,
    pub(super) at: u64,
    pub(super) text: String,
}

impl World {
    /// Writes down what happens at a leg's end of the line.
    pub(super) fn note(&mut self, key: LegKey, what: &str) {
        let who = self.title_of(key);
        let at = self.millis();
        self.lines.push(Line { key, at, text: format!("{who}: {what}") });
    }

    pub(super) fn conversation(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            let (seconds, millis) = (line.at / 1000, line.at % 1000);
            let _ = writeln!(text, "{:02}:{:02}.{millis:03}  {}", seconds / 60, seconds % 60, line.text);
        }
        text
    }

    /// The name by which others talk of the person at this leg.
    pub(super) fn name_of(&self, key: LegKey) -> String {
        let leg = self.leg(key);
        if let Some(phone) = leg.phone.and_then(|number| self.phones.get(&number)) {
            return phone.name.clone();
        }
        let number = if leg.kind == Kind::Inbound { &leg.from } else { &leg.to };
        number.parse::<PhoneNumber>().map_or_else(|_| number.clone(), |number| number.to_string())
    }

    fn title_of(&self, key: LegKey) -> String {
        let name = self.name_of(key);
        if self.leg(key).kind == Kind::Inbound { format!("caller {name}") } else { format!("{name}'s phone") }
    }
}

/// What the transcript says of something heard; nothing for what is said elsewhere.
pub(super) fn of_hearing(what: &Hearing) -> Option<String> {
    Some(match what {
        Hearing::NetworkRinging => "hears the network's ringing".to_owned(),
        Hearing::Rings => "rings".to_owned(),
        Hearing::Ringback(url) => format!("hears {url}"),
        Hearing::Words(words) => format!("hears “{words}”"),
        Hearing::Silence => return None,
        Hearing::Music => "hears music".to_owned(),
        Hearing::Talking(with) => format!("talks with {}", with.iter().cloned().collect::<Vec<_>>().join(", ")),
        Hearing::Recorded => "hears a beep, and is recorded".to_owned(),
        Hearing::ErrorMessage => "hears “an application error has occurred”".to_owned(),
        Hearing::Ended(end) => {
            let by = match end.by {
                EndedBy::Person => "hangs up",
                EndedBy::Document => "is hung up on",
                EndedBy::Api => "is ended",
                EndedBy::Network => "is ended by the network",
                EndedBy::Carrier => "is cut off",
            };
            format!("{by} ({})", end.status)
        }
    })
}
