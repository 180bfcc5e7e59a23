//! What members' legs may hear, and when they must be off the line.

use super::{
    super::{
        record::{Asked, Ended},
        twiml::{Document, Words},
    },
    BOUND, LegStory, Story,
};

impl Story {
    pub(super) fn judge_legs(&mut self) {
        let mut wrong = Vec::new();
        for (number, leg) in &self.legs {
            for (at, asked, document) in &leg.heard {
                wrong.extend(self.heard(leg, *at, *asked, document).map(|why| format!("leg {number} {why}")));
            }
            wrong.extend(self.untold(*number, leg).map(|why| format!("leg {number} {why}")));
            wrong.extend(self.off_the_line(*number, leg).map(|why| format!("leg {number} {why}")));
            wrong.extend(answered_twice(leg).map(|why| format!("leg {number} {why}")));
        }
        self.violations.extend(wrong);
    }

    fn heard(&self, leg: &LegStory, at: u64, asked: Asked, document: &Document) -> Option<String> {
        match document {
            Document::Room { .. } => leg.accepted.is_none().then(|| "was sent into the conference unasked".to_owned()),
            Document::Words(words) => self.is_untrue(leg, at, words).map(|why| format!("was told {words:?}, {why}")),
            Document::Key(_) => {
                let again = leg.accepted.is_some_and(|accepted| accepted < at);
                again.then(|| "has accepted and is asked for a key".to_owned())
            }
            Document::HangUp => {
                let fine = leg.is_machine
                    || matches!(asked, Asked::AfterRoom | Asked::Overtaken)
                    || leg.ended.is_some_and(|(ended, _)| ended <= at);
                (!fine).then(|| "lost its line without a word".to_owned())
            }
            // Nothing more is said to whoever is alone in a conference whose call is over.
            Document::Connecting | Document::Nothing if asked == Asked::Wait => None,
            Document::Nothing | Document::Connecting | Document::Odd(_) | Document::Pause(_) | Document::Tone => {
                Some(format!("was given {document}"))
            }
        }
    }

    /// Why these words are not true of this call at this moment.
    fn is_untrue(&self, leg: &LegStory, at: u64, words: &Words) -> Option<&'static str> {
        let caller_is_off = self.caller.ended.is_some_and(|(ended, _)| ended <= at);
        match words {
            Words::SomebodyElse => {
                let somebody = self.winners(leg.round).iter().any(|winner| {
                    let winner = &self.legs[winner];
                    winner.person != leg.person && winner.accepted.is_some_and(|accepted| accepted <= at)
                });
                (!somebody).then_some("and nobody else has it")
            }
            Words::CallerLeft => (!caller_is_off || self.caller_left().is_none()).then_some("and the caller is there"),
            Words::MovedOn => {
                let moved_on = caller_is_off
                    || self.stop_asked.is_some()
                    || self.caller.was_told(&Words::Nobody)
                    || self.rounds().iter().any(|round| *round > leg.round);
                (!moved_on).then_some("and the call has not moved on")
            }
            Words::NotAccepted => leg.accepted.is_some().then_some("and they pressed one"),
            Words::Declined => (!leg.declined).then_some("and they have not declined"),
            Words::CouldNotConnect => (!leg.has_won()).then_some("and they never had the call"),
            Words::Nobody | Words::Failure | Words::Other(_) => Some("which is not for them"),
        }
    }

    /// Somebody who picked up and does not have the call is told why.
    fn untold(&self, number: u32, leg: &LegStory) -> Option<&'static str> {
        let talks = self.talks.iter().any(|(_, talks)| *talks == number);
        let told = leg.heard.iter().any(|(_, _, document)| matches!(document, Document::Words(_)));
        if !leg.picked_up || leg.is_machine || leg.hung_up() || talks || told {
            return None;
        }
        Some(if leg.has_won() { "has the call, and neither talks nor was told why" } else { "was never told" })
    }

    fn off_the_line(&self, number: u32, leg: &LegStory) -> Option<String> {
        let Some((ended, _)) = leg.ended else { return Some("was left ringing or on the line".to_owned()) };
        if self.talks.iter().any(|(_, talks)| *talks == number) {
            return None;
        }
        let decided = self.decided(leg)?;
        let late = ended.saturating_sub(decided.max(leg.dialled));
        (late > BOUND).then(|| format!("was let go {} ms after it was decided", late / 1_000))
    }

    /// When it was decided that this leg does not have the call.
    pub(super) fn decided(&self, leg: &LegStory) -> Option<u64> {
        let won = self.winners(leg.round).iter().filter_map(|winner| self.legs[winner].won_at()).min();
        [won, self.caller.ended.map(|(at, _)| at)].into_iter().flatten().min()
    }
}

impl LegStory {
    pub(super) fn won_at(&self) -> Option<u64> {
        let rooms = self.heard.iter().filter(|(_, _, document)| matches!(document, Document::Room { .. }));
        rooms.map(|(at, ..)| *at).min()
    }
}

/// Whoever has the call has it by each of two webhooks, unless they went off the line between. What others are told may
/// change meanwhile.
fn answered_twice(leg: &LegStory) -> Option<&'static str> {
    let overtaken = leg.heard.iter().any(|(_, asked, _)| *asked == Asked::Overtaken);
    if overtaken || !leg.accepted_again || leg.hung_up() || leg.ended.is_some_and(|(_, how)| how == Ended::Completed) {
        return None;
    }
    let answers = leg.heard.iter().filter(|(at, asked, document)| {
        let to_accept = matches!(asked, Asked::Now | Asked::Repeat) && !matches!(document, Document::Key(_));
        to_accept && leg.accepted.is_some_and(|sent| sent <= *at)
    });
    // Of the answers that came before any redirect.
    let rooms: Vec<_> = answers.take(2).map(|(.., document)| matches!(document, Document::Room { .. })).collect();
    let alike = rooms.iter().all(|room| Some(room) == rooms.first());
    (!alike).then_some("accepted once, by a webhook that came twice, and was given two answers")
}
