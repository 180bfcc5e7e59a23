//! Following the caller: redirects that fail or bring nobody, requests that do not come, legs that do not end.

use std::time::Duration;

use super::{DISMISSAL_TAKES, LOOK_UP_AGAIN, Place, Redirect};
use crate::{
    call::{
        CallerDocument, Effect, Ignored, Redirected, Ringback, Standing,
        common::{Common, Turn},
    },
    fact::Fact,
    time::Timestamp,
};

/// A redirect's request comes within a second (carrier contract §5); five mean that something is wrong.
const REDIRECT_TAKES: Duration = Duration::from_secs(5);
/// 21220 may only mean that the leg is being answered this very moment (carrier contract §5).
const ANSWER_SETTLES: Duration = Duration::from_millis(250);
const REDIRECT_RETRY: Duration = Duration::from_secs(2);
const MOST_REDIRECTS: u8 = 8;
/// After so many signs of nothing the leg is ended; after twice as many it is taken for gone.
const MOST_UNHEARD: u8 = 5;

impl Common {
    pub(super) fn redirect_caller(&mut self) {
        let tries = self.caller.redirect.map_or(0, |redirect| redirect.tries) + 1;
        if tries > MOST_REDIRECTS {
            return self.end_caller();
        }
        self.caller.redirect = Some(Redirect { due: self.after(REDIRECT_TAKES), again: false, tries });
        self.push(Effect::RedirectCaller);
    }

    pub(in crate::call) fn on_redirected(&mut self, redirected: Redirected) -> Vec<Turn> {
        let Some(redirect) = self.caller.redirect else {
            self.ignore(Ignored::TooLate);
            return Vec::new();
        };
        let wait = match redirected {
            Redirected::Done => REDIRECT_TAKES,
            Redirected::NotInState => ANSWER_SETTLES,
            // Longer each time, so that an outage of the carrier's API is outlasted.
            Redirected::Failed => REDIRECT_RETRY * (1 << redirect.tries.saturating_sub(1).min(4)),
        };
        let again = redirected != Redirected::Done;
        if redirected == Redirected::NotInState && redirect.tries > 2 {
            self.push(Effect::LookUpCaller);
        }
        self.caller.redirect = Some(Redirect { due: self.after(wait), again, ..redirect });
        Vec::new()
    }

    pub(in crate::call) fn on_caller_looked_up(&mut self, standing: Standing) -> Vec<Turn> {
        match standing {
            Standing::Over => return self.on_caller_left(),
            Standing::Up if matches!(self.caller.place, Place::OnWords { .. }) && !self.caller.owes_redirect() => {
                if self.caller.unheard > 0 {
                    return vec![Turn::WordsOverdue];
                }
            }
            // Answered, and yet they do not ask: an accept has woken them into the room, or the carrier has lost their
            // request. From there they never come by themselves.
            Standing::Up if self.caller.is_overdue() => {
                self.caller.answered = true;
                self.redirect_caller();
                return Vec::new();
            }
            Standing::Up | Standing::Unanswered if self.caller.is_on_forward() => {
                return vec![Turn::CallerSeen(standing)];
            }
            Standing::Up | Standing::Unanswered | Standing::Unclear => {}
        }
        self.ignore(Ignored::NotDue);
        Vec::new()
    }

    pub(in crate::call) fn caller_deadline(&self) -> Option<Timestamp> {
        let place = match self.caller.place {
            Place::Waiting { since } => Some(since + self.setup.reply_budget),
            Place::AsksAgain { by } => Some(by),
            Place::OnWords { until } | Place::HandedOver { until } => Some(until),
            Place::Dismissed { again_at } => Some(again_at),
            Place::InRoom | Place::OnRingback | Place::OnForward | Place::Gone => None,
        };
        let redirect = self.caller.redirect.map(|redirect| redirect.due);
        [place, redirect].into_iter().flatten().min()
    }

    pub(in crate::call) fn on_caller_deadline(&mut self) -> Vec<Turn> {
        if let Some(redirect) = self.caller.redirect
            && redirect.due <= self.now
        {
            return self.on_redirect_due(redirect);
        }
        match self.caller.place {
            Place::Waiting { since } if since + self.setup.reply_budget <= self.now => self.on_budget_spent(),
            Place::AsksAgain { by } if by <= self.now => {
                self.caller.place = Place::AsksAgain { by: self.after(LOOK_UP_AGAIN) };
                return self.look_up_silent_caller();
            }
            Place::OnWords { until } if until <= self.now => {
                self.caller.place = Place::OnWords { until: self.after(LOOK_UP_AGAIN) };
                return self.look_up_silent_caller();
            }
            // They live on without us.
            Place::HandedOver { until } if until <= self.now => return self.on_caller_left(),
            Place::Dismissed { again_at } if again_at <= self.now => {
                self.caller.place = Place::Dismissed { again_at: self.after(DISMISSAL_TAKES) };
                return self.end_silent_caller();
            }
            Place::Waiting { .. }
            | Place::AsksAgain { .. }
            | Place::OnWords { .. }
            | Place::HandedOver { .. }
            | Place::Dismissed { .. }
            | Place::InRoom
            | Place::OnRingback
            | Place::OnForward
            | Place::Gone => {}
        }
        Vec::new()
    }

    /// The carrier must have an answer now (carrier contract §1.4): the ringing goes on as the line says.
    fn on_budget_spent(&mut self) {
        let document = match self.setup.ringback {
            Ringback::Tone | Ringback::Dial => self.room_or_ringback(),
            Ringback::Carrier => CallerDocument::KeepRinging,
        };
        if document != CallerDocument::KeepRinging {
            self.note(Fact::RingbackBegan);
        }
        self.reply(document);
    }

    fn on_redirect_due(&mut self, redirect: Redirect) -> Vec<Turn> {
        if redirect.again {
            self.redirect_caller();
            return Vec::new();
        }
        // The carrier took it and did not come: ask, and send it once more at the next turn.
        self.caller.redirect = Some(Redirect { due: self.after(REDIRECT_RETRY), again: true, ..redirect });
        self.look_up_silent_caller()
    }

    fn look_up_silent_caller(&mut self) -> Vec<Turn> {
        self.caller.unheard = self.caller.unheard.saturating_add(1);
        if self.caller.unheard > MOST_UNHEARD {
            self.end_caller();
        } else {
            self.push(Effect::LookUpCaller);
        }
        Vec::new()
    }

    fn end_silent_caller(&mut self) -> Vec<Turn> {
        self.caller.unheard = self.caller.unheard.saturating_add(1);
        if self.caller.unheard > 2 * MOST_UNHEARD {
            return self.on_caller_left();
        }
        self.push(Effect::EndCaller);
        Vec::new()
    }
}
