//! What the carrier says about a test call while it goes on: the call itself, the line, and every phone that is dialled
//! for it.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::ExitCode,
    time::Duration,
};

use ringall_core::{id::CallSid, phone::PhoneNumber};
use tokio::time::{Instant, sleep};

use super::{
    LASTS_FOR,
    outcome::{Outcome, Phones},
};
use crate::{
    carrier::{
        CallStatus, Carrier as _, CarrierError, End,
        twilio::{TwilioClient, client::ListedCall},
    },
    cli::serve::stop_asked,
    config::{Config, Line},
};

/// Follows one call.
pub(super) struct Watch<'a> {
    client: &'a TwilioClient,
    line: &'a Line,
    from: PhoneNumber,
    names: BTreeMap<PhoneNumber, String>,
    /// Calls that were there before, of other people.
    before: BTreeSet<CallSid>,
    told: BTreeMap<CallSid, CallStatus>,
    began: Instant,
    was_answered: bool,
    phones: Phones,
}

impl<'a> Watch<'a> {
    /// Remembers the calls that are there before this one is placed.
    pub(super) async fn before(
        client: &'a TwilioClient,
        config: &Config,
        line: &'a Line,
        from: PhoneNumber,
    ) -> Result<Self, CarrierError> {
        let names = config.people.values().map(|person| (person.phone, format!("{} {}", person.name, person.phone)));
        let mut watch = Self {
            client,
            line,
            from,
            names: names.collect(),
            before: BTreeSet::new(),
            told: BTreeMap::new(),
            began: Instant::now(),
            was_answered: false,
            phones: Phones::default(),
        };
        watch.before = watch.list().await?.into_iter().map(|call| call.sid).collect();
        Ok(watch)
    }

    /// Tells what happens until the call is over, or until somebody interrupts, which ends it.
    pub(super) async fn until_over(mut self, sid: CallSid) -> ExitCode {
        self.began = Instant::now();
        let status = tokio::select! {
            status = self.follow(&sid) => status,
            _ = stop_asked() => {
                self.say("interrupted; the call is ended");
                if let Err(error) = self.client.end_call(sid.clone(), End::AtOnce, &|| true).await {
                    eprintln!("ringall: {error}");
                }
                None
            }
        };
        let outcome = Outcome::of(status, self.was_answered, &self.phones);
        println!("{}", outcome.told(&self.phones));
        outcome.exit_code()
    }

    /// The call's last status; nothing if the carrier does not tell of its end in time.
    async fn follow(&mut self, sid: &CallSid) -> Option<CallStatus> {
        let limit = self.began + LASTS_FOR + super::RINGS_FOR;
        let mut failures = 0;
        while Instant::now() < limit {
            match self.look(sid).await {
                Ok(Some(status)) => return Some(status),
                Ok(None) => failures = 0,
                Err(error) => {
                    failures += 1;
                    eprintln!("ringall: {error}");
                    if failures == MOST_FAILURES {
                        eprintln!("ringall: the call may go on; the carrier ends it after {} s", LASTS_FOR.as_secs());
                        return None;
                    }
                }
            }
            sleep(LOOK_EVERY).await;
        }
        eprintln!("ringall: the carrier has not told of the end of the call");
        None
    }

    /// Tells what is new; the status of a call that is over.
    async fn look(&mut self, sid: &CallSid) -> Result<Option<CallStatus>, CarrierError> {
        let status = self.client.look_up_call(sid.clone()).await?.ok_or(CarrierError::Unknown)?;
        // Asked later, so that what led to the end is told before it.
        for call in self.list().await?.into_iter().rev().filter(|call| call.sid != *sid) {
            if self.before.contains(&call.sid) || !self.is_new(&call.sid, call.status) {
                continue;
            }
            let text = self.about(&call);
            self.say(&text);
        }
        if self.is_new(sid, status) {
            self.was_answered |= status == CallStatus::InProgress || status == CallStatus::Completed;
            self.say(&format!("the call: {}", words(status)));
        }
        Ok(status.is_final().then_some(status))
    }

    /// The line's own calls, to whomever, and those that come to it from this number.
    async fn list(&self) -> Result<Vec<ListedCall>, CarrierError> {
        let mut calls = self.client.list_calls(self.line.number, None).await?;
        calls.extend(self.client.list_calls(self.from, Some(self.line.number)).await?);
        Ok(calls)
    }

    fn is_new(&mut self, sid: &CallSid, status: CallStatus) -> bool {
        self.told.insert(sid.clone(), status) != Some(status)
    }

    fn about(&mut self, call: &ListedCall) -> String {
        if call.is_inbound {
            return format!("  at the line: {}", words(call.status));
        }
        let phone = match call.to {
            Some(number) => self.names.get(&number).cloned().unwrap_or_else(|| number.to_string()),
            None => "a phone".to_owned(),
        };
        self.phones.note(phone.clone(), call.status);
        let how = if call.parent.is_some() { " (forwarded)" } else { "" };
        format!("    {phone}{how}: {}", words(call.status))
    }

    fn say(&self, text: &str) {
        let seconds = self.began.elapsed().as_secs();
        println!("{:2}:{:02}  {text}", seconds / 60, seconds % 60);
    }
}

/// Where a call stands.
pub(super) fn words(status: CallStatus) -> &'static str {
    match status {
        CallStatus::Queued => "waits for its turn at the carrier",
        CallStatus::Initiated => "is being dialled",
        CallStatus::Ringing => "rings",
        CallStatus::InProgress => "is answered",
        CallStatus::Completed => "is over",
        CallStatus::Busy => "is engaged, or refused",
        CallStatus::NoAnswer => "does not answer",
        CallStatus::Failed => "cannot be reached",
        CallStatus::Canceled => "stopped ringing",
    }
}

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// In a row; each is repeated within the client.
const MOST_FAILURES: u32 = 5;
