//! One call from the first webhook to the last, and everything in it that went otherwise than it should.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::mpsc,
    task::{JoinHandle, JoinSet},
    time::{Instant, sleep, timeout},
};

use super::{
    carrier::Carrier,
    program::PHONES,
    times::Times,
    twiml::{Heard, Room},
    visit::{Leg, Stage, Visit},
    wire::{LINE, NoAnswer},
};

/// What happens in a call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    /// How many accept, all in one instant; with 0 the caller gives up.
    pub(super) accepting: usize,
    /// From the last telephone's ringing to the accept, or to the caller's giving up.
    pub(super) think: Duration,
    /// From the bridge to the caller's end.
    pub(super) talk: Duration,
}

/// What was seen of calls.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) calls: usize,
    pub(super) bridged: usize,
    pub(super) released: usize,
    pub(super) lost: Vec<String>,
    pub(super) double_winners: usize,
    pub(super) missed_cancels: usize,
    /// The call comes in → the last telephone rings.
    pub(super) until_rung: Times,
    /// Somebody accepts → their document.
    pub(super) until_told: Times,
    /// Somebody accepts → the caller's way into the same room.
    pub(super) until_bridged: Times,
    /// Somebody accepts, or the caller leaves → the last of the other telephones is stopped.
    pub(super) until_stopped: Times,
}

/// Beyond these times a call counts as lost; they are what a person may bear, not what is expected.
const RINGS_WITHIN: Duration = Duration::from_secs(30);
const ANSWERED_WITHIN: Duration = Duration::from_secs(20);
const STOPPED_WITHIN: Duration = Duration::from_secs(10);

type Caller = JoinHandle<Result<(Heard, Instant), String>>;

/// Plays one call.
pub(super) async fn converse(carrier: Arc<Carrier>, plan: Plan) -> Tally {
    let mut tally = Tally { calls: 1, ..Tally::default() };
    if let Err(why) = play(&carrier, plan, &mut tally).await {
        tally.lost.push(why);
    }
    tally
}

async fn play(carrier: &Arc<Carrier>, plan: Plan, tally: &mut Tally) -> Result<(), String> {
    let (visit, redirects) = carrier.begin();
    let began = Instant::now();
    let caller = call_in(carrier, &visit, redirects);
    if !visit.until(RINGS_WITHIN, |state| state.legs.len() == PHONES).await {
        let rung = visit.legs().len();
        if caller.is_finished()
            && let Ok(Err(why)) = caller.await
        {
            return Err(why);
        }
        hang_up(carrier, &visit, "no-answer").await.ok();
        return Err(format!("{rung} of {PHONES} telephones rang"));
    }
    tally.until_rung.add(began.elapsed());
    sleep(plan.think).await;
    let result = if plan.accepting == 0 {
        give_up(carrier, &visit, caller, tally).await
    } else {
        accept(carrier, &visit, plan, caller, tally).await
    };
    if result.is_err() {
        hang_up(carrier, &visit, "completed").await.ok();
    }
    result
}

/// The caller's leg: asks, turns to the fallback if nothing comes back, does what it is told, and says when it was sent into the room or to its end.
pub(super) fn call_in(
    carrier: &Arc<Carrier>,
    visit: &Arc<Visit>,
    redirects: mpsc::UnboundedReceiver<String>,
) -> Caller {
    let (carrier, visit) = (carrier.clone(), visit.clone());
    carrier.tasks.clone().spawn("caller", async move { caller(&carrier, &visit, redirects).await })
}

async fn caller(
    carrier: &Arc<Carrier>,
    visit: &Arc<Visit>,
    mut redirects: mpsc::UnboundedReceiver<String>,
) -> Result<(Heard, Instant), String> {
    let mut url = carrier.wire.url("/voice");
    loop {
        let fields = [
            ("CallSid", visit.sid.as_str()),
            ("From", visit.from.as_str()),
            ("To", LINE),
            ("CallStatus", "ringing"),
            ("Direction", "inbound"),
        ];
        let answer = match carrier.wire.post(&url, &fields).await {
            Err(_) => {
                carrier.count_fallback();
                let fields: Vec<_> = fields.into_iter().chain([("ErrorCode", "11205")]).collect();
                carrier.wire.post(&carrier.wire.url("/voice/fallback"), &fields).await
            }
            answer => answer,
        };
        let document = document(answer)?;
        let at = Instant::now();
        match Heard::read(&document) {
            Heard::Redirect { after, url: next } => {
                sleep(after).await;
                url = next;
            }
            Heard::Room(room) => {
                carrier.enter(visit, &visit.sid, &room);
                // Without a winner the caller waits there, until there is one or until they are called out.
                let with_another = visit.until(Duration::from_secs(600), |state| state.left || state.inside.len() != 1);
                tokio::select! {
                    _ = with_another => return Ok((Heard::Room(room), at)),
                    Some(next) = redirects.recv() => url = next,
                }
            }
            heard @ (Heard::Words(_) | Heard::HangUp) => return Ok((heard, at)),
            Heard::Other(document) => return Err(format!("the caller's document leads nowhere: {document}")),
        }
    }
}

async fn accept(
    carrier: &Arc<Carrier>,
    visit: &Arc<Visit>,
    plan: Plan,
    caller: Caller,
    tally: &mut Tally,
) -> Result<(), String> {
    let accepted = Instant::now();
    let winners = pick_up(carrier, visit, plan.accepting).await?;
    let [(winner, room, told)] = winners.as_slice() else {
        tally.double_winners += usize::from(winners.len() > 1);
        return Err(format!("{} of {} who accepted have the call", winners.len(), plan.accepting));
    };
    tally.until_told.add(*told - accepted);
    let reached = timeout(ANSWERED_WITHIN, caller).await.map_err(|_| "the caller is not answered".to_owned())?;
    let (heard, at) = reached.map_err(|error| error.to_string())??;
    match heard {
        Heard::Room(callers) if callers.name == room.name && room.name == visit.sid => {}
        heard @ (Heard::Room(_) | Heard::Redirect { .. } | Heard::Words(_) | Heard::HangUp | Heard::Other(_)) => {
            return Err(format!("the caller is not sent to the winner: {heard:?}"));
        }
    }
    // Who was in the room already has been reached when the winner came.
    tally.until_bridged.add(at.max(*told) - accepted);
    tally.bridged += 1;
    let others = PHONES - plan.accepting;
    if visit.until(STOPPED_WITHIN, |state| stopped(&state.legs) >= others).await {
        tally.until_stopped.add(accepted.elapsed());
    } else {
        tally.missed_cancels += others - visit.count(Stage::Stopped);
    }
    sleep(plan.talk).await;
    hang_up(carrier, visit, "completed").await?;
    carrier.leave(visit).await;
    // The carrier follows the address behind the room; the winner must be let go there.
    let fields = [("CallSid", winner.sid.as_str()), ("CallStatus", "in-progress"), ("DialCallStatus", "answered")];
    match Heard::read(&document(carrier.wire.post(&room.action, &fields).await)?) {
        Heard::HangUp | Heard::Words(_) => {}
        heard @ (Heard::Room(_) | Heard::Redirect { .. } | Heard::Other(_)) => {
            return Err(format!("the winner is not let go when the caller has left: {heard:?}"));
        }
    }
    end(carrier, visit, winner).await;
    Ok(())
}

/// So many pick up in one instant; those who are sent into the room, and when.
async fn pick_up(
    carrier: &Arc<Carrier>,
    visit: &Arc<Visit>,
    accepting: usize,
) -> Result<Vec<(Leg, Room, Instant)>, String> {
    let first = fastrand::usize(..PHONES);
    let mut answers = JoinSet::new();
    for nth in 0..accepting {
        let leg = visit.change(|state| {
            let leg = &mut state.legs[(first + nth) % PHONES];
            leg.stage = Stage::Up;
            leg.clone()
        });
        let (carrier, visit) = (carrier.clone(), visit.clone());
        answers.spawn(async move {
            let fields = [
                ("CallSid", leg.sid.as_str()),
                ("To", leg.to.as_str()),
                ("From", LINE),
                ("CallStatus", "in-progress"),
                ("AnsweredBy", "human"),
            ];
            let document = document(carrier.wire.post(&leg.url, &fields).await)?;
            let at = Instant::now();
            match Heard::read(&document) {
                Heard::Room(room) => {
                    carrier.enter(&visit, &leg.sid, &room);
                    Ok(Some((leg, room, at)))
                }
                Heard::Words(_) => {
                    end(&carrier, &visit, &leg).await;
                    Ok(None)
                }
                heard @ (Heard::Redirect { .. } | Heard::HangUp | Heard::Other(_)) => {
                    Err(format!("who accepted is not told anything: {heard:?}"))
                }
            }
        });
    }
    let answers: Result<Vec<_>, String> = answers.join_all().await.into_iter().collect();
    Ok(answers?.into_iter().flatten().collect())
}

/// Nobody accepts: the caller leaves, and all telephones must stop.
async fn give_up(carrier: &Arc<Carrier>, visit: &Arc<Visit>, caller: Caller, tally: &mut Tally) -> Result<(), String> {
    let left = Instant::now();
    hang_up(carrier, visit, "no-answer").await?;
    carrier.leave(visit).await;
    if visit.until(STOPPED_WITHIN, |state| stopped(&state.legs) == PHONES).await {
        tally.until_stopped.add(left.elapsed());
        tally.released += 1;
    } else {
        tally.missed_cancels += PHONES - visit.count(Stage::Stopped);
    }
    // A held request is not owed to a caller who has gone, but its connection must not stay.
    let ended =
        timeout(ANSWERED_WITHIN, caller).await.map_err(|_| "the held request stays without an answer".to_owned())?;
    ended.map_err(|error| error.to_string())?.map(|_| ())
}

/// Tells the program that the caller's leg is over.
pub(super) async fn hang_up(carrier: &Carrier, visit: &Visit, status: &str) -> Result<(), String> {
    let fields = [("CallSid", visit.sid.as_str()), ("To", LINE), ("CallStatus", status), ("Direction", "inbound")];
    document(carrier.wire.post(&carrier.wire.url("/voice/status"), &fields).await).map(|_| ())
}

async fn end(carrier: &Carrier, visit: &Visit, leg: &Leg) {
    let was_up = visit.change(|state| {
        state.leg(&leg.sid).is_some_and(|leg| std::mem::replace(&mut leg.stage, Stage::Over) == Stage::Up)
    });
    if was_up {
        carrier.report_end(leg, "completed").await;
    }
}

fn stopped(legs: &[Leg]) -> usize {
    legs.iter().filter(|leg| leg.stage == Stage::Stopped).count()
}

fn document(answer: Result<super::wire::Answer, NoAnswer>) -> Result<String, String> {
    match answer {
        Ok(answer) if (200..300).contains(&answer.status) => Ok(answer.body),
        Ok(answer) => Err(format!("status {}: {}", answer.status, answer.body.trim())),
        Err(error) => Err(error.to_string()),
    }
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.bridged += other.bridged;
        self.released += other.released;
        self.lost.extend(other.lost);
        self.double_winners += other.double_winners;
        self.missed_cancels += other.missed_cancels;
        self.until_rung.append(&other.until_rung);
        self.until_told.append(&other.until_told);
        self.until_bridged.append(&other.until_bridged);
        self.until_stopped.append(&other.until_stopped);
    }

    /// The claims that hold at any load.
    pub(super) fn judge(&self, report: &mut super::Report, when: &str) {
        let lost = self.lost.len();
        report.must(&format!("calls lost, {when}"), format!("0 of {}", self.calls), lost, lost == 0);
        let mut kinds = std::collections::BTreeMap::<&str, usize>::new();
        for why in &self.lost {
            *kinds.entry(why).or_default() += 1;
        }
        for (why, times) in kinds.iter().take(10) {
            report.note("  because", format!("{times} × {why}"));
        }
        let zero = |report: &mut super::Report, what: &str, seen: usize| {
            report.must(&format!("{what}, {when}"), "0", seen, seen == 0);
        };
        zero(report, "double winners", self.double_winners);
        zero(report, "missed cancels", self.missed_cancels);
    }
}
