//! A storm as judges look at it: calls with their offers, and what went wrong with each leg.

use std::collections::BTreeMap;

use ringall::simulator::{EndedBy, Hearing, LegKind, LegRecord, Outcome, Purpose, RestEntry, RestFault, WebhookEntry};

use crate::storm::{
    flow::Step,
    plan::{Group, Line, Plan, Screen},
    play::{Absent, Away, Played},
    positions::position,
    stage::{line_number, phone_number},
};

/// Words that a caller hears when nobody took the call.
pub(super) const NOBODY: &str = "Sorry, nobody is here.";
/// Words that a caller hears when the program gives up.
pub(super) const FAILURE: &str = "Sorry, something went wrong on our side. Please call again. Goodbye.";
/// Words that a caller hears who is turned away.
pub(super) const BUSY: &str = "Sorry, all our lines are busy. Please try again in a few minutes. Goodbye.";

/// A storm with its calls sorted out.
pub struct Case<'a> {
    /// What was played.
    pub played: &'a Played,
    /// The calls, in the order of their beginnings.
    pub calls: Vec<Call<'a>>,
    requests: BTreeMap<&'a str, Vec<&'a RestEntry>>,
    webhooks: BTreeMap<&'a str, Vec<&'a WebhookEntry>>,
}

/// One caller, and who was rung for them.
pub struct Call<'a> {
    /// The place of the caller's leg.
    pub nth: usize,
    /// The caller's leg.
    pub leg: &'a LegRecord,
    /// The line that was called.
    pub line: &'a Line,
    /// Who was rung for it.
    pub offers: Vec<Offer<'a>>,
    /// The outside numbers that the carrier dialled for it.
    pub children: Vec<(usize, &'a LegRecord)>,
    /// When telephones were ordered for it, whether or not that came to anything.
    pub orders: Vec<&'a RestEntry>,
    /// When the caller first talked.
    pub talks_from: Option<u64>,
    /// When the caller's leg ended.
    pub ended_at: Option<u64>,
    /// When the program was told of that end.
    pub told_at: Option<u64>,
}

/// A telephone that was rung for a call.
pub struct Offer<'a> {
    /// The place of its leg.
    pub nth: usize,
    /// Its leg.
    pub leg: &'a LegRecord,
    /// The round that its address names.
    pub round: u32,
}

impl<'a> Case<'a> {
    /// Sorts a storm out.
    pub fn new(played: &'a Played) -> Self {
        let mut requests: BTreeMap<&str, Vec<&RestEntry>> = BTreeMap::new();
        for request in &played.rest {
            if let Some(sid) = &request.sid {
                requests.entry(sid).or_default().push(request);
            }
        }
        let mut webhooks: BTreeMap<&str, Vec<&WebhookEntry>> = BTreeMap::new();
        for webhook in &played.webhooks {
            if let Some(sid) = field(&webhook.form, "CallSid") {
                webhooks.entry(sid).or_default().push(webhook);
            }
        }
        let mut case = Self { played, calls: Vec::new(), requests, webhooks };
        case.calls = case.sorted();
        case
    }

    fn sorted(&self) -> Vec<Call<'a>> {
        let played = self.played;
        let mut offers: BTreeMap<&str, Vec<Offer<'a>>> = BTreeMap::new();
        for (nth, leg) in played.legs.iter().enumerate() {
            if let Some((call, round)) = leg.document.as_deref().and_then(named) {
                offers.entry(call).or_default().push(Offer { nth, leg, round });
            }
        }
        let mut children: BTreeMap<&str, Vec<(usize, &LegRecord)>> = BTreeMap::new();
        for (nth, leg) in played.legs.iter().enumerate() {
            if let Some(parent) = &leg.parent {
                children.entry(parent).or_default().push((nth, leg));
            }
        }
        let mut orders: BTreeMap<&str, Vec<&RestEntry>> = BTreeMap::new();
        for request in played.rest.iter().filter(|request| request.path == "Calls" && !request.form.is_empty()) {
            if let Some((call, _)) = field(&request.form, "Url").and_then(named) {
                orders.entry(call).or_default().push(request);
            }
        }
        let callers = played.legs.iter().enumerate().filter(|(_, leg)| leg.kind == LegKind::Caller);
        callers
            .filter_map(|(nth, leg)| {
                let line = (0..played.plan.lines.len()).find(|line| line_number(*line).expose() == leg.to)?;
                let talks = |what: &Hearing| matches!(what, Hearing::Talking(_));
                let ended_at = leg.end().map(|(at, _)| at);
                Some(Call {
                    nth,
                    leg,
                    line: &played.plan.lines[line],
                    offers: offers.remove(leg.sid.as_str()).unwrap_or_default(),
                    children: children.remove(leg.sid.as_str()).unwrap_or_default(),
                    orders: orders.remove(leg.sid.as_str()).unwrap_or_default(),
                    talks_from: leg.heard.iter().find(|heard| talks(&heard.what)).map(|heard| heard.at),
                    ended_at,
                    told_at: ended_at.and_then(|ended| self.told_of_end(leg, ended)),
                })
            })
            .collect()
    }

    /// When the number's own callback told the program that a caller is gone.
    fn told_of_end(&self, leg: &LegRecord, ended: u64) -> Option<u64> {
        let mut told = self.webhooks_of(leg).filter(|webhook| {
            let last = field(&webhook.form, "CallStatus")
                .is_some_and(|status| matches!(status, "completed" | "busy" | "no-answer" | "failed" | "canceled"));
            webhook.purpose == Purpose::Status && webhook.at >= ended && last && arrived(webhook)
        });
        told.next().map(|webhook| webhook.at)
    }

    /// The plan.
    pub fn plan(&self) -> &'a Plan {
        &self.played.plan
    }

    /// The REST requests about a leg, the one that created it included.
    pub fn requests_of(&self, leg: &LegRecord) -> impl Iterator<Item = &'a RestEntry> {
        self.requests.get(leg.sid.as_str()).into_iter().flatten().copied()
    }

    /// The webhooks about a leg.
    pub fn webhooks_of(&self, leg: &LegRecord) -> impl Iterator<Item = &'a WebhookEntry> {
        self.webhooks.get(leg.sid.as_str()).into_iter().flatten().copied()
    }

    /// Whether a REST request about this leg met a fault.
    pub fn struck(&self, leg: &LegRecord) -> bool {
        self.requests_of(leg).any(|request| request.fault.is_some())
    }

    /// Whether the answer to the order for this leg never came.
    pub fn create_lost(&self, leg: &LegRecord) -> bool {
        self.requests_of(leg).any(|request| {
            request.path == "Calls" && matches!(request.fault, Some(RestFault::AnswerLost | RestFault::Hang))
        })
    }

    /// Whether the wait document of a caller in the conference was asked for in vain because the program was away. That
    /// is silence from then on, and nothing but the caller's hanging up brings them to us again.
    pub fn lost_in_room(&self, leg: &LegRecord) -> bool {
        let mut waits = self.webhooks_of(leg).filter(|webhook| webhook.purpose == Purpose::Wait && !arrived(webhook));
        waits.any(|webhook| self.was_away(webhook.at, webhook.at))
    }

    /// Whether a webhook showed, by then, that a leg is up.
    pub fn was_shown_up(&self, leg: &LegRecord, by: u64) -> bool {
        self.webhooks_of(leg).any(|webhook| {
            field(&webhook.form, "CallStatus") == Some("in-progress") && webhook.at <= by && arrived(webhook)
        })
    }

    /// Whether the end of a leg was reported as it came, by its own callback.
    pub fn end_was_reported(&self, leg: &LegRecord) -> bool {
        let Some((ended, _)) = leg.end() else { return false };
        self.webhooks_of(leg).any(|webhook| {
            let status = field(&webhook.form, "CallStatus").unwrap_or_default();
            let last = matches!(status, "completed" | "busy" | "no-answer" | "failed" | "canceled");
            webhook.purpose == Purpose::Status && last && webhook.at <= ended + 500 && arrived(webhook)
        })
    }

    /// When the program first asked the carrier to end a leg.
    pub fn asked_to_end(&self, leg: &LegRecord) -> Option<u64> {
        self.requests_of(leg).find(|request| field(&request.form, "Status").is_some()).map(|request| request.at)
    }

    /// Whether the answer to that could have said that the leg is up.
    pub fn answers_truly(&self, leg: &LegRecord) -> bool {
        let slow = position(self.plan(), "rest_lag") > 0 || self.plan().mishaps.cancel_delay > 0;
        !slow && !self.struck(leg)
    }

    /// The times without a program.
    pub fn away(&self) -> &'a [Away] {
        &self.played.away
    }

    /// Whether the program was away at some moment between these two.
    pub fn was_away(&self, from: u64, until: u64) -> bool {
        self.away().iter().any(|away| from <= away.until && away.from <= until)
    }

    /// Whether the owner of a telephone was away at some moment between these two, as the program was told.
    pub fn was_absent(&self, to: &str, from: u64, until: u64) -> bool {
        let overlaps = |absent: &&Absent| from <= absent.until && absent.from <= until;
        self.played.absent.iter().filter(overlaps).any(|absent| phone_number(absent.phone).expose() == to)
    }

    /// Which run of the program it was.
    pub fn run_at(&self, at: u64) -> usize {
        self.away().iter().filter(|away| away.from <= at).count()
    }

    /// The groups of a line, in the order of its steps.
    pub fn groups(&self, line: &Line) -> Vec<&'a Group> {
        let groups = &self.played.plan.groups;
        line.steps.iter().flat_map(Step::groups).filter_map(|group| groups.get(group)).collect()
    }

    /// The groups of a call's line that a telephone is in.
    pub fn groups_of(&self, call: &Call<'_>, to: &str) -> Vec<&'a Group> {
        self.groups_with(call.line, to)
    }

    fn groups_with(&self, line: &Line, to: &str) -> Vec<&'a Group> {
        let people = &self.played.plan.people;
        let has = |group: &&Group| {
            group
                .members
                .iter()
                .any(|member| people.get(*member).is_some_and(|person| phone_number(person.phone).expose() == to))
        };
        self.groups(line).into_iter().filter(has).collect()
    }

    /// Those of them that ring together, and not out of a queue.
    pub fn groups_that_ring(&self, call: &Call<'_>, to: &str) -> Vec<&'a Group> {
        let rings: Vec<Step> = call.line.steps.iter().filter(|step| !matches!(step, Step::Queue(_))).cloned().collect();
        let line = Line { steps: rings, ..call.line.clone() };
        self.groups_with(&line, to)
    }

    /// Whether whatever picks up this telephone may have this call.
    pub fn anything_accepts(&self, call: &Call<'_>, to: &str) -> bool {
        self.groups_of(call, to).iter().any(|group| group.screen == Screen::None)
    }

    /// What the carrier's slowness and a narrow way to it may add to anything that needs a request.
    pub fn request_takes(&self, from: u64, until: u64) -> u64 {
        let mishaps = &self.plan().mishaps;
        let plain = mishaps.rest_delay + mishaps.cancel_delay;
        if self.plan().concurrent == 0 {
            return plain;
        }
        let slow = |request: &&RestEntry| request.fault.is_some() && from <= request.at + 20_000 && request.at <= until;
        let faults = self.played.rest.iter().filter(slow).count() as u64;
        plain * 20 + faults * 10_000 + 5000
    }
}

impl Call<'_> {
    /// Whether the caller hung up.
    pub fn gave_up(&self) -> bool {
        self.leg.end().is_some_and(|(_, end)| end.by == EndedBy::Person)
    }

    /// When the caller heard the first words of a kind.
    pub fn heard_words(&self, words: &str) -> Option<u64> {
        self.leg.heard.iter().find(|heard| heard.what.speaks(words)).map(|heard| heard.at)
    }

    /// The caller's name for people.
    pub fn name(&self) -> &str {
        &self.leg.name
    }
}

/// Whether a webhook came to the program.
pub(super) fn arrived(webhook: &WebhookEntry) -> bool {
    match webhook.outcome {
        Some(Outcome::Answered(_)) | None => true,
        Some(Outcome::TimedOut | Outcome::NotConnected | Outcome::Broken(_) | Outcome::Closed | Outcome::Lost) => false,
    }
}

/// A field of a form.
pub(super) fn field<'form>(form: &'form [(String, String)], name: &str) -> Option<&'form str> {
    form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// The call and the round that a leg's address names.
fn named(url: &str) -> Option<(&str, u32)> {
    let mut parts = url.split("/voice/calls/").nth(1)?.split('/');
    let call = parts.next()?;
    if parts.next()? != "rounds" {
        return None;
    }
    Some((call, parts.next()?.parse().ok()?))
}
