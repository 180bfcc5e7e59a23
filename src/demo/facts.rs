//! The timelines of all calls, kept for pages that are opened later.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ringall_core::{
    fact::{Fact, ForwardOutcome, LookupOutcome, Outcome, QueueEnd},
    phone::CallerId,
};
use serde::Serialize;
use tokio::sync::{
    broadcast::{self, error::RecvError},
    watch,
};

use super::{Demo, cast::CALLERS};
use crate::switchboard::Entry;

/// A line of a call's timeline, as the page gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct FactLine {
    call: String,
    caller: String,
    at_ms: u64,
    since_start_ms: u64,
    text: String,
    kind: Kind,
}

/// How the page shows a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Info,
    Good,
    Bad,
}

/// The lines so far. The oldest are forgotten.
#[derive(Debug, Default)]
pub(super) struct Facts {
    kept: Mutex<Kept>,
    count: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Kept {
    forgotten: u64,
    lines: VecDeque<FactLine>,
    /// For whom somebody was dialled last.
    dialled_for: BTreeMap<Arc<str>, String>,
}

/// As many as the page shows.
const MOST_KEPT: usize = 600;

impl Facts {
    /// The line of this number, or the first one after it that is still kept, with its own number.
    pub(super) fn from(&self, number: u64) -> Option<(u64, FactLine)> {
        let kept = self.kept();
        let number = number.max(kept.forgotten);
        let index = usize::try_from(number - kept.forgotten).ok()?;
        kept.lines.get(index).map(|line| (number, line.clone()))
    }

    /// Tells how many lines there have been.
    pub(super) fn count(&self) -> watch::Receiver<u64> {
        self.count.subscribe()
    }

    /// The caller for whom this person was dialled last.
    pub(super) fn dialled_for(&self, person: &str) -> Option<String> {
        self.kept().dialled_for.get(person).cloned()
    }

    fn add(&self, entry: &Entry) {
        let mut kept = self.kept();
        let line = FactLine::of(entry);
        if let Fact::Dialled(person) = &entry.fact {
            kept.dialled_for.insert(person.clone(), line.caller.clone());
        }
        kept.lines.push_back(line);
        if kept.lines.len() > MOST_KEPT {
            kept.lines.pop_front();
            kept.forgotten += 1;
        }
        drop(kept);
        self.count.send_modify(|count| *count += 1);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FactLine {
    fn of(entry: &Entry) -> Self {
        let since_start = entry.at.since(entry.began);
        Self {
            call: entry.call.to_string(),
            caller: name_of_caller(&entry.caller),
            at_ms: entry.at.as_millis(),
            since_start_ms: u64::try_from(since_start.as_millis()).unwrap_or(u64::MAX),
            text: entry.fact.to_string(),
            kind: kind_of(&entry.fact),
        }
    }
}

impl Demo {
    /// Keeps every line that comes, until the program stops.
    pub(super) async fn keep_facts(self: Arc<Self>, mut entries: broadcast::Receiver<Entry>) {
        let stopping = self.service.tasks.stopping();
        loop {
            let entry = tokio::select! {
                entry = entries.recv() => entry,
                () = stopping.cancelled() => return,
            };
            match entry {
                Ok(entry) => self.facts.add(&entry),
                // The page shows only the newest lines in any case.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }
}

fn name_of_caller(caller: &CallerId) -> String {
    let role = CALLERS.iter().find(|role| CallerId::read(role.number) == *caller);
    role.map_or_else(|| caller.to_string(), |role| role.name.to_owned())
}

fn kind_of(fact: &Fact) -> Kind {
    match fact {
        Fact::Accepted(_)
        | Fact::Bridged(_)
        | Fact::ForwardAccepted(_)
        | Fact::LeftMessage
        | Fact::ForwardOver(_, ForwardOutcome::Talked) => Kind::Good,
        Fact::WasUnreachable(_)
        | Fact::DialUncertain(_)
        | Fact::HandedBack(_)
        | Fact::NobodyTookIt
        | Fact::LeftQueue(QueueEnd::TooLong | QueueEnd::Full | QueueEnd::NobodyOnDuty)
        | Fact::Over(Outcome::ShutDown)
        | Fact::ForwardShowsLine(_)
        | Fact::DialsSpent
        | Fact::ForwardOver(_, ForwardOutcome::Failed)
        | Fact::LookedUp(_, LookupOutcome::Failed)
        | Fact::FoundNoNumber(_) => Kind::Bad,
        Fact::Arrived
        | Fact::EverybodyBusy
        | Fact::Dialled(_)
        | Fact::PickedUp(_)
        | Fact::Declined(_)
        | Fact::WasMachine(_)
        | Fact::DidNotAnswer(_)
        | Fact::DidNotAccept(_)
        | Fact::HungUpEarly(_)
        | Fact::WasBusy(_)
        | Fact::Withdrawn(..)
        | Fact::RingbackBegan
        | Fact::NextPass(_)
        | Fact::TierBegan(_)
        | Fact::Said(_)
        | Fact::CallerLeft
        | Fact::LookedAtHours { .. }
        | Fact::Chose(_)
        | Fact::PressedWrongKey
        | Fact::PressedNoKey
        | Fact::Rejected(_)
        | Fact::HandedOver
        | Fact::Queued(_)
        | Fact::IsAway(_)
        | Fact::LegReported(..)
        | Fact::LeftQueue(QueueEnd::GaveUp)
        | Fact::ForwardedTo(_)
        | Fact::ForwardAnswered(_)
        | Fact::LookedUp(_, LookupOutcome::Found | LookupOutcome::NotFound)
        | Fact::Branched { .. }
        | Fact::Blocked
        | Fact::LanguageChosen(_)
        | Fact::OfferedFirst(_)
        | Fact::ForwardOver(
            _,
            ForwardOutcome::Busy
            | ForwardOutcome::Declined
            | ForwardOutcome::NoAnswer
            | ForwardOutcome::NotAccepted
            | ForwardOutcome::Canceled,
        )
        | Fact::Over(
            Outcome::Talked | Outcome::CallerGaveUp | Outcome::NobodyTookIt | Outcome::FlowEnded | Outcome::LeftMessage,
        )
        | Fact::AskedForMessage
        | Fact::LeftNoMessage
        | Fact::RecordingReady(..) => Kind::Info,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ringall_core::{id::CallSid, time::Timestamp};

    use super::*;

    #[test]
    fn a_line_names_its_caller_and_the_time_since_the_call_began() {
        let facts = Facts::default();

        facts.add(&entry(1250, Fact::Accepted("Ana".into())));

        let (number, line) = facts.from(0).unwrap();
        assert_eq!(number, 0);
        insta::assert_snapshot!(serde_json::to_string(&line).unwrap(), @r#"{"call":"CA00000000000000000000000000000001","caller":"Caller 1","at_ms":1001250,"since_start_ms":1250,"text":"Ana accepts","kind":"good"}"#);
        assert_eq!(facts.from(1), None);
    }

    #[test]
    fn a_page_that_comes_late_gets_the_newest_lines() {
        let facts = Facts::default();
        let many = u64::try_from(MOST_KEPT).unwrap() + 5;

        (0..many).for_each(|at| facts.add(&entry(at, Fact::Arrived)));

        let (number, line) = facts.from(0).unwrap();
        assert_eq!((number, line.since_start_ms), (5, 5));
        assert_eq!(*facts.count().borrow(), many);
    }

    #[test]
    fn a_ringing_phone_is_known_by_the_caller_whom_it_was_dialled_for_last() {
        let facts = Facts::default();

        facts.add(&entry(0, Fact::Dialled("Ana".into())));

        assert_eq!(facts.dialled_for("Ana").as_deref(), Some("Caller 1"));
        assert_eq!(facts.dialled_for("Ben"), None);
    }

    fn entry(after_millis: u64, fact: Fact) -> Entry {
        let began = Timestamp::from_millis(1_000_000);
        let call = "CA00000000000000000000000000000001".parse::<CallSid>().unwrap();
        let caller = CallerId::read(CALLERS[0].number);
        Entry { call, caller, began, at: began + Duration::from_millis(after_millis), fact }
    }
}
