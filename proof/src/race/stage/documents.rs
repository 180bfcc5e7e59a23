//! Documents are fetched and carried out, and answers are looked at.

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;

use super::{HELD_LIMIT, LIMIT, PAUSE, Stage};
use crate::race::{
    record::{Asked, Ended, What, Who},
    twiml::{self, Document},
    wire::{Answer, Form},
};

impl Stage {
    /// Sends a callback whose answer is no document.
    pub(in crate::race) fn report(self: &Arc<Self>, url: String, form: Form) {
        let stage = self.clone();
        self.tasks.spawn(async move { stage.ask(&url, &form, LIMIT).await });
    }

    /// Asks for a document, and carries it out.
    pub(in crate::race) fn fetch(self: &Arc<Self>, who: Who, asked: Asked, url: String) {
        let form = match who {
            Who::Caller => self.caller_form(),
            Who::Leg(leg) => match self.state().legs.get(&leg) {
                Some(leg) => self.leg_form(leg, "in-progress"),
                None => return,
            },
        };
        let (stage, redirects) = (self.clone(), self.redirects(who));
        self.tasks.spawn(async move {
            if let Some(answer) = stage.ask(&url, &form, HELD_LIMIT).await {
                stage.hears(who, asked, redirects, &answer.body);
            }
        });
    }

    pub(super) async fn ask(&self, url: &str, form: &Form, limit: Duration) -> Option<Answer> {
        if self.state().silent {
            return None;
        }
        match timeout(limit, self.wire.post(url, form)).await {
            Ok(answer) => self.checked(url, answer),
            Err(_) => self.fault(format!("{url}: no answer within {limit:?}")),
        }
    }

    /// What is wrong with an answer is noted; what is right comes back.
    pub(in crate::race) fn checked(&self, url: &str, answer: std::io::Result<Answer>) -> Option<Answer> {
        match answer {
            Ok(answer) if (200..300).contains(&answer.status) => Some(answer),
            Ok(answer) => self.fault(format!("{url}: status {}", answer.status)),
            Err(error) => self.fault(format!("{url}: {error}")),
        }
    }

    pub(in crate::race) fn fault(&self, what: String) -> Option<Answer> {
        if !self.state().silent {
            self.record.note(What::Fault(what));
        }
        None
    }

    /// How often the program has redirected somebody.
    pub(in crate::race) fn redirects(&self, who: Who) -> u32 {
        self.state().line(who).map_or(0, |line| line.redirects)
    }

    /// A document arrives, asked for after so many redirects. What a redirect has overtaken, and an answer to a
    /// repeated request, is only looked at.
    pub(in crate::race) fn hears(self: &Arc<Self>, who: Who, asked: Asked, redirects: u32, body: &str) {
        let document = twiml::read(body);
        let is_overtaken = asked != Asked::Wait && self.redirects(who) != redirects;
        let asked = if is_overtaken { Asked::Overtaken } else { asked };
        self.record.note(What::Hears(who, asked, document.clone()));
        if matches!(asked, Asked::Now | Asked::AfterRoom) {
            let number = {
                let mut state = self.state();
                let Some(line) = state.line(who).filter(|line| !line.is_over) else { return };
                line.is_up |= !matches!(document, Document::Pause(_));
                line.document += 1;
                line.document
            };
            self.carry_out(who, number, document);
        }
        self.changed.notify_waiters();
    }

    fn carry_out(self: &Arc<Self>, who: Who, number: u32, document: Document) {
        match document {
            Document::Room { wait, status, action, .. } => self.enter_room(who, wait, status, action),
            Document::Key(url) => {
                if let Who::Leg(leg) = who
                    && let Some(leg) = self.state().legs.get_mut(&leg)
                {
                    leg.key_url = Some(url);
                }
            }
            Document::Words(_) => {
                let (stage, takes) = (self.clone(), Duration::from_millis(self.state().dice.u64(1..15)));
                self.tasks.spawn(async move {
                    tokio::time::sleep(takes).await;
                    if stage.state().line(who).is_some_and(|line| line.document == number) {
                        stage.hang_up(who, Ended::AfterDocument);
                    }
                });
            }
            Document::Pause(url) => {
                let stage = self.clone();
                self.tasks.spawn(async move {
                    tokio::time::sleep(PAUSE).await;
                    if stage.state().line(who).is_some_and(|line| !line.is_over && line.document == number) {
                        stage.fetch(who, Asked::Now, url);
                    }
                });
            }
            Document::Tone | Document::Connecting => {}
            Document::HangUp | Document::Nothing | Document::Odd(_) => self.hang_up(who, Ended::AfterDocument),
        }
    }
}
