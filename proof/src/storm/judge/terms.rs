//! What a line says besides its steps: whom it does not take, how many phones it dials in a day, whose talks it records,
//! whom it rings first, and which number telephones show.

use ringall::simulator::{Hearing, LegRecord, RecordingRecord};

use super::{
    Broken, Promise,
    case::{Call, Case, NOBODY, arrived, field},
    waiting::longest_rest,
};
use crate::storm::{
    flow::Step,
    plan::Net,
    positions::position,
    stage::{caller_number, phone_number},
    terms::{Blocked, NOTICE, OVER},
};

/// How fast the carrier speaks.
const CHARACTERS_PER_SECOND: u64 = 14;
/// A recording has begun so long after its talk.
const BEGINS_WITHIN_MS: u64 = 3000;
/// Shorter talks need not be recorded.
const TALKS_MS: u64 = 5000;
/// A telephone is taken to be in use for so long after its last leg, at the longest.
const IN_USE_MS: u64 = 100_000;
/// A talk is remembered for so long.
const REMEMBERED_MS: u64 = 600_000;
/// Only the REST API records a conference.
const BY_ORDER: &str = "StartCallRecordingAPI";

pub(super) fn judge(case: &Case<'_>, broken: &mut Vec<Broken>) {
    for (nth, call) in case.calls.iter().enumerate() {
        judge_blocked(call, broken);
        judge_limit(case, call, nth, broken);
        judge_recordings(case, call, broken);
        judge_first(case, call, broken);
        judge_shown(case, call, broken);
    }
}

/// Nobody's telephone is ordered for a caller whom the line does not take.
fn judge_blocked(call: &Call<'_>, broken: &mut Vec<Broken>) {
    if let Some(order) = call.orders.first().filter(|_| call.is_blocked()) {
        let what = format!("a telephone is ordered for caller {}, who is blocked", call.name());
        broken.push(Broken { promise: Promise::NobodyElse, at: order.at, legs: vec![call.nth], what });
    }
}

/// A line dials no more phones in a day than it may, and who comes too late hears so.
fn judge_limit(case: &Case<'_>, call: &Call<'_>, nth: usize, broken: &mut Vec<Broken>) {
    let most = call.line.terms.dials as usize;
    if most == 0 {
        return;
    }
    let first = case.calls[..nth].iter().all(|other| other.leg.to != call.leg.to);
    let mut dialled = dialled(case, call);
    dialled.sort_unstable();
    for run in 0..=if first { case.away().len() } else { 0 } {
        let mut over = dialled.iter().filter(|(at, _)| case.run_at(*at) == run).skip(most);
        if let Some((at, leg)) = over.next().filter(|_| first) {
            let what = format!("the line of caller {} dials one phone more than the {most} of a day", call.name());
            broken.push(Broken { promise: Promise::WithinLimit, at: *at, legs: vec![call.nth, *leg], what });
        }
    }
    let Some(last) = call.heard_words(NOBODY) else { return };
    let before = dialled.iter().filter(|(at, _)| *at < call.leg.created_at).count();
    let rings = matches!(call.line.steps.first(), Some(Step::Ring(_) | Step::Tiers(_)));
    let nobody_rung = call.offers.is_empty() && call.children.is_empty();
    let told = call.heard_words(OVER).is_some();
    let runs = case.was_away(0, last);
    if before >= most && rings && nobody_rung && !told && !runs && !may_be_in_use(case, call) {
        let what = format!("nobody is dialled for caller {}, and they are not told so", call.name());
        broken.push(Broken { promise: Promise::WithinLimit, at: last, legs: vec![call.nth], what });
    }
}

/// Every phone that was dialled for the line of a call: when, and the place of its leg.
fn dialled(case: &Case<'_>, call: &Call<'_>) -> Vec<(u64, usize)> {
    let of_line = case.calls.iter().filter(|other| other.leg.to == call.leg.to);
    let orders = of_line.clone().flat_map(|other| {
        other.offers.iter().map(|offer| (case.ordered_at(offer.leg).unwrap_or(offer.leg.created_at), offer.nth))
    });
    let children = of_line.flat_map(|other| other.children.iter().map(|(nth, leg)| (leg.created_at, *nth)));
    orders.chain(children).collect()
}

/// Whether somebody of the first step may have been busy or away, so that nobody was to be dialled.
fn may_be_in_use(case: &Case<'_>, call: &Call<'_>) -> bool {
    let (from, until) = (call.leg.created_at, call.ended_at.unwrap_or(case.played.end));
    let plan = case.plan();
    let members = case.groups(call.line).into_iter().flat_map(|group| &group.members);
    let mut phones = members.map(|member| phone_number(plan.people[*member].phone).expose());
    phones.any(|phone| {
        let mut legs = case.played.legs.iter().filter(|leg| leg.to == phone && leg.created_at <= until);
        let mut orders = case.played.rest.iter().filter(|order| field(&order.form, "To") == Some(phone.as_str()));
        case.was_absent(&phone, from, until)
            || legs.any(|leg| case.holds(leg, from))
            || orders.any(|order| order.fault.is_some() && order.at + IN_USE_MS >= from && order.at <= until)
    })
}

/// Nobody is recorded who has not heard so, nobody twice, and whoever is to be recorded is.
fn judge_recordings(case: &Case<'_>, call: &Call<'_>, broken: &mut Vec<Broken>) {
    let of_call = case.played.recordings.iter().filter(|recording| recording.call == call.leg.sid);
    let talks: Vec<&RecordingRecord> = of_call.filter(|recording| recording.source != "RecordVerb").collect();
    let mut add = |at: u64, what: &str| {
        let what = format!("caller {} {what}", call.name());
        broken.push(Broken { promise: Promise::Recorded, at, legs: vec![call.nth], what });
    };
    let pace = if case.plan().speech.pace == 0 { CHARACTERS_PER_SECOND } else { case.plan().speech.pace };
    let takes = NOTICE.chars().count() as u64 * 1000 / pace;
    let told_at = call
        .leg
        .spans(case.played.end)
        .find(|(heard, until)| heard.what.speaks(NOTICE) && until + 1 >= heard.at + takes);
    for recording in &talks {
        if !call.line.terms.record {
            add(recording.since, "is recorded, and nothing says so");
        } else if told_at.as_ref().is_none_or(|(_, until)| *until > recording.since + 1) {
            add(recording.since, "is recorded, and has not heard so before");
        }
    }
    let ordered: Vec<_> = talks.iter().filter(|recording| recording.source == BY_ORDER).collect();
    let overlaps = |nth: usize| ordered[nth + 1..].iter().find(|later| later.since < ordered[nth].until);
    if let Some(twice) = (0..ordered.len()).find_map(overlaps) {
        add(twice.since, "is recorded twice at once");
    }
    let answered = call.children.iter().filter(|(_, child)| child.answered_at.is_some()).count();
    if talks.len() - ordered.len() > answered {
        add(call.leg.created_at, "is recorded more often than an outside number has picked up");
    }
    if !call.line.terms.record || !is_calm(case) || queues(call) {
        return;
    }
    let spans = call.leg.spans(case.played.end).filter(|(heard, _)| matches!(heard.what, Hearing::Talking(_)));
    for (heard, until) in spans.filter(|(heard, until)| until - heard.at >= TALKS_MS + lateness(case)) {
        let begins_by = heard.at + BEGINS_WITHIN_MS + lateness(case);
        let whole = |of: &&RecordingRecord| of.since <= begins_by && of.until + 1 >= until;
        if !talks.iter().any(whole) {
            add(heard.at, "talks for a while, and is not recorded");
        }
    }
}

fn queues(call: &Call<'_>) -> bool {
    call.line.steps.iter().any(|step| matches!(step, Step::Queue(_)))
}

/// Nothing goes wrong at the carrier, nor on the way from it, nor with the program.
fn is_calm(case: &Case<'_>) -> bool {
    let plan = case.plan();
    let mishaps = &plan.mishaps;
    let faults = mishaps.rest_refused + mishaps.rest_reset + mishaps.rest_answer_lost + mishaps.rest_hang;
    let lost = mishaps.callback_lost + mishaps.connect_failed;
    faults + lost + plan.concurrent == 0 && plan.net == Net::default() && plan.stops.is_empty()
}

/// How late anything may come to the program's knowledge, and take effect.
fn lateness(case: &Case<'_>) -> u64 {
    let mishaps = &case.plan().mishaps;
    mishaps.callback_delay + mishaps.voice_delay + mishaps.rest_delay + mishaps.cancel_delay
}

/// Whoever has talked to a caller is rung first when they call again.
fn judge_first(case: &Case<'_>, call: &Call<'_>, broken: &mut Vec<Broken>) {
    let Some(Step::Ring(group)) = call.line.steps.first() else { return };
    // What is late may be overtaken: of a talk nothing is known then when the next call comes.
    let is_known = lateness(case) < BEGINS_WITHIN_MS
        && call.leg.from != caller_number(0)
        && call.line.terms.back_for > 0
        && !call.line.by_dial;
    if !is_known || !is_calm(case) || !case.plan().absences.is_empty() {
        return;
    }
    let Some(order) = call.orders.first() else { return };
    let same = |other: &&Call<'_>| {
        other.leg.from == call.leg.from && other.leg.to == call.leg.to && other.leg.created_at < call.leg.created_at
    };
    let talks = case.calls.iter().filter(same).flat_map(|other| {
        let talked = |leg: &LegRecord| {
            leg.spans(case.played.end).find(|(heard, _)| matches!(heard.what, Hearing::Talking(_))).map(|(_, end)| end)
        };
        other.offers.iter().filter_map(move |offer| Some((talked(offer.leg)?, offer.leg, other.nth)))
    });
    let talks: Vec<_> = talks.collect();
    // Who still talks to the same number on another telephone is not looked into.
    if talks.iter().any(|(until, ..)| until + 2 * BEGINS_WITHIN_MS > call.leg.created_at) {
        return;
    }
    let Some((until, leg, _)) = talks.iter().max_by_key(|(until, ..)| *until) else { return };
    let plan = case.plan();
    let is_member =
        plan.groups[*group].members.iter().any(|member| phone_number(plan.people[*member].phone).expose() == leg.to);
    let others = case.played.legs.iter().filter(|other| other.to == leg.to && !named_in(call, &other.sid));
    let in_use = others.clone().any(|other| other.created_at <= order.at && case.holds(other, order.at));
    let remembered = until + REMEMBERED_MS > order.at + BEGINS_WITHIN_MS;
    if is_member && remembered && !in_use && field(&order.form, "To") != Some(leg.to.as_str()) {
        let what =
            format!("caller {} calls again, and {}, who talked to them, is not rung first", call.name(), leg.name);
        broken.push(Broken { promise: Promise::SameFirst, at: order.at, legs: vec![call.nth], what });
    }
    // Alone, unless they pick up, decline or cannot be reached.
    let Some(second) = call.orders.get(1).filter(|_| is_member && remembered && !in_use) else { return };
    let alone_until = order.at + 1000 * call.line.terms.back_for;
    let rung = call.offers.iter().find(|offer| order.sid.as_ref() == Some(&offer.leg.sid)).map(|offer| offer.leg);
    let Some(rung) = rung.filter(|rung| rung.to == leg.to) else { return };
    let decided =
        rung.end().is_some_and(|(at, _)| at <= second.at) || rung.answered_at.is_some_and(|at| at <= second.at);
    if second.at + 1 < alone_until && !decided {
        let what = format!("{} is to be rung alone first for caller {}, and is not", leg.name, call.name());
        broken.push(Broken { promise: Promise::SameFirst, at: second.at, legs: vec![call.nth], what });
    }
}

fn named_in(call: &Call<'_>, sid: &str) -> bool {
    call.offers.iter().any(|offer| offer.leg.sid == sid)
}

/// A telephone shows the caller where the plan says so and the carrier lends the number, and else the line.
fn judge_shown(case: &Case<'_>, call: &Call<'_>, broken: &mut Vec<Broken>) {
    let withheld = call.leg.from == caller_number(0);
    let lent = position(case.plan(), "refuses_call_token") == 0;
    for offer in &call.offers {
        let (shown, line, caller) = (&offer.leg.from, &call.leg.to, &call.leg.from);
        let is_right = if case.plan().show_caller && !withheld {
            // Of who is gone the carrier lends nothing, and the token may be lost with what a call is taken up again by.
            let gone = call.ended_at.is_some_and(|ended| ended <= offer.leg.created_at);
            let not_lent = !lent || gone || !case.away().is_empty() || case.any_refused(call);
            (shown == caller && lent) || (shown == line && not_lent)
        } else {
            shown == line
        };
        if !is_right {
            let what = format!("{} is rung for caller {} and is shown {shown}", offer.leg.name, call.name());
            let legs = vec![call.nth, offer.nth];
            broken.push(Broken { promise: Promise::Shown, at: offer.leg.created_at, legs, what });
        }
    }
}

impl Call<'_> {
    /// Whether the line does not take this caller.
    pub(super) fn is_blocked(&self) -> bool {
        self.line.terms.block.iter().any(|from| caller_number(*from) == self.leg.from)
    }

    /// Whether the line refuses this caller.
    pub(super) fn is_refused(&self) -> bool {
        self.is_blocked() && self.line.terms.blocked == Blocked::Refused
    }

    /// Whether the line leads this caller to a mailbox.
    pub(super) fn is_led_to_a_mailbox(&self) -> bool {
        self.is_blocked() && self.line.terms.blocked == Blocked::Mailbox
    }
}

impl Case<'_> {
    /// Whether a telephone may be taken for being in use at this time because of this leg.
    fn holds(&self, leg: &LegRecord, at: u64) -> bool {
        let after = if self.end_was_reported(leg) { BEGINS_WITHIN_MS } else { IN_USE_MS };
        leg.end().is_none_or(|(ended, _)| ended + after + longest_rest(self) >= at)
    }

    /// When the order came that made this leg.
    fn ordered_at(&self, leg: &LegRecord) -> Option<u64> {
        self.requests_of(leg).find(|request| request.path == "Calls").map(|request| request.at)
    }

    /// Whether an order for this call was refused.
    fn any_refused(&self, call: &Call<'_>) -> bool {
        call.orders.iter().any(|order| order.fault.is_some() || order.status.is_none_or(|status| status >= 300))
            || self.webhooks_of(call.leg).any(|webhook| !arrived(webhook))
    }

    /// Whether the line of a call may dial nobody any more at this time, or perhaps not the next ones.
    pub(super) fn may_be_spent(&self, call: &Call<'_>, until: u64) -> bool {
        let most = call.line.terms.dials as usize;
        let at_once = self.groups(call.line).iter().map(|group| group.members.len()).max().unwrap_or(0);
        let of_line = self.calls.iter().filter(|other| other.leg.to == call.leg.to);
        // What the carrier refuses counts too.
        let tried = of_line.flat_map(|other| {
            let children = other.children.iter().map(|(_, leg)| leg.created_at);
            other.orders.iter().map(|order| order.at).chain(children)
        });
        most > 0 && tried.filter(|at| *at <= until).count() + at_once.max(1) > most
    }
}
