//! What the caller may hear: the conference once, and whoever has the call is in it.

use super::{
    super::twiml::{Document, Words},
    Story,
};

impl Story {
    pub(super) fn judge_caller(&mut self) {
        let mut wrong: Vec<_> =
            self.caller.heard.iter().filter_map(|(at, heard)| self.caller_heard(*at, heard)).collect();
        if self.caller.rooms() > 1 {
            wrong.push(format!("the caller was sent into the conference {} times", self.caller.rooms()));
        }
        if self.talks.len() > 1 {
            wrong.push(format!("the caller was joined {} times", self.talks.len()));
        }
        for (_, leg) in &self.talks {
            if !self.legs.get(leg).is_some_and(super::LegStory::has_won) {
                wrong.push(format!("the caller was joined with leg {leg}, which never had the call"));
            }
        }
        wrong.extend(self.forgotten());
        self.violations.extend(wrong);
    }

    fn caller_heard(&self, at: u64, document: &Document) -> Option<String> {
        let is_off = self.caller.ended.is_some_and(|(ended, _)| ended <= at);
        let fine = match document {
            Document::Room { .. } | Document::Pause(_) | Document::Tone => true,
            Document::Words(Words::Nobody) => self.winners(self.last_round()).is_empty(),
            Document::Words(Words::Failure) => self.stop_asked.is_some(),
            Document::HangUp => is_off || !self.talks.is_empty(),
            Document::Words(_) | Document::Key(_) | Document::Connecting | Document::Nothing | Document::Odd(_) => {
                false
            }
        };
        (!fine).then(|| format!("the caller was given {document}"))
    }

    /// A caller who stays is joined with somebody, or told that nobody is there.
    fn forgotten(&self) -> Option<String> {
        if self.caller.ended.is_none() {
            return Some("the caller was left on the line".to_owned());
        }
        let told = self.caller.was_told(&Words::Nobody) || self.caller.was_told(&Words::Failure);
        if !self.talks.is_empty() || told || self.caller_left().is_some() {
            return None;
        }
        Some("the caller was neither joined nor told".to_owned())
    }

    fn last_round(&self) -> u32 {
        self.rounds().last().copied().unwrap_or(0)
    }
}
