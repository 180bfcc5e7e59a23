//! What a line says besides its steps: how many phones it dials in a day, whom it does not take, whom it rings first, and
//! whether it records. A share of the storms has such lines, and the carrier's switches for what they need.

use fastrand::Rng;
use serde::{Deserialize, Serialize};

use super::{
    draw::{chance, pick},
    plan::{Caller, Leaves, Line, Mishaps, Net, Plan, is_usual},
    positions::{FIRST, SWITCHES},
};

/// What is drawn here has nothing to do with what is drawn elsewhere from the same seed.
const SALT: u64 = 0x5465_726d_7300_0000;
/// In so many of a hundred storms the switches of forwards and recordings are turned.
const TURNED: u32 = 40;
/// So many of a hundred storms have such lines.
const SHARE: u32 = 20;
/// So many of a hundred lines of such a storm.
const LINES: u32 = 75;

/// In so many of a hundred of them nothing goes wrong at the carrier.
const QUIET: u32 = 25;

/// What a line says besides its steps; none of it is usual.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Terms {
    /// How many phones it dials in a day; zero is no limit.
    #[serde(skip_serializing_if = "is_usual")]
    pub dials: u32,
    /// Which callers it does not take as others; zero is who shows no number.
    #[serde(skip_serializing_if = "is_usual")]
    pub block: Vec<usize>,
    /// What becomes of them.
    #[serde(skip_serializing_if = "is_usual")]
    pub blocked: Blocked,
    /// For how many seconds whoever talked to a caller is rung alone when they call again; zero is not at all.
    #[serde(skip_serializing_if = "is_usual")]
    pub back_for: u64,
    /// The talks of its steps are recorded, but for those out of queues.
    #[serde(skip_serializing_if = "is_usual")]
    pub record: bool,
}

/// What becomes of callers whom a line does not take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Blocked {
    /// They are refused.
    #[default]
    Refused,
    /// They hear words.
    Told,
    /// They may leave a message, of which nobody is told.
    Mailbox,
}

/// What callers hear whom a line does not take.
pub const NOT_TAKEN: &str = "We do not take your calls. Goodbye.";
/// What they hear before the beep.
pub const SAY_WHY: &str = "Say why you call.";
/// How long their message may be, in seconds.
pub const LONGEST: u64 = 20;
/// What callers hear whose talk is to be recorded.
pub const NOTICE: &str = "We record this call.";
/// What callers hear when the line dials nobody any more today.
pub const OVER: &str = "No more telephones ring today.";

/// Gives a share of the storms such lines and switches; the others stay as they are.
pub fn stir(seed: u64, plan: &mut Plan) {
    let mut rng = Rng::with_seed(seed ^ SALT);
    let rng = &mut rng;
    if chance(rng, TURNED) {
        let often = pick(rng, &[15, 50]);
        for switch in &SWITCHES[FIRST..] {
            if chance(rng, often) {
                plan.switches.insert(switch.name.to_owned(), 1 + rng.usize(..switch.positions.len() - 1));
            }
        }
    }
    if !chance(rng, SHARE) {
        return;
    }
    // A trial account records nothing (carrier contract §11).
    if plan.switches.get("profile") == Some(&1) {
        plan.switches.remove("profile");
    }
    plan.show_caller = chance(rng, 40);
    let Plan { lines, callers, .. } = plan;
    for line in lines {
        if chance(rng, LINES) {
            line.terms = terms(rng, callers);
        }
    }
    call_again(rng, plan);
    // Where much goes wrong nobody can say whether a talk had to be recorded, or who had to be rung first.
    if chance(rng, QUIET) {
        (plan.mishaps, plan.net, plan.concurrent) = (Mishaps::default(), Net::default(), 0);
        plan.stops.clear();
        plan.absences.clear();
    }
}

fn terms(rng: &mut Rng, callers: &[Caller]) -> Terms {
    let mut block: Vec<usize> = Vec::new();
    if chance(rng, 35) {
        block.extend(chance(rng, 40).then_some(0));
        block.extend(callers.iter().map(|caller| caller.from).filter(|from| *from > 0 && chance(rng, 25)));
        block.sort_unstable();
        block.dedup();
    }
    Terms {
        dials: if chance(rng, 40) { rng.u32(1..=8) } else { 0 },
        block,
        blocked: pick(rng, &[Blocked::Refused, Blocked::Told, Blocked::Mailbox]),
        back_for: if chance(rng, 40) { rng.u64(5..=30) } else { 0 },
        record: chance(rng, 40),
    }
}

/// Somebody who has talked calls once more.
fn call_again(rng: &mut Rng, plan: &mut Plan) {
    let remembers = |line: usize| plan.lines.get(line).is_some_and(|line: &Line| line.terms.back_for > 0);
    let before: Vec<Caller> = plan.callers.iter().filter(|caller| remembers(caller.line)).cloned().collect();
    for caller in before.into_iter().take(4) {
        let talks = caller.talks.min(60_000);
        let at = caller.at + talks + rng.u64(10_000..90_000);
        plan.callers.push(Caller { at, leaves: Leaves::Never, talks, ..caller });
    }
}

#[cfg(test)]
mod tests {
    use ringall::config::{Config, Strictness};

    use crate::storm::{draw, file::file};

    #[test]
    fn every_plan_is_a_sound_configuration() {
        for plan in (0..1500).map(draw::plan) {
            let text = file(&plan);
            if let Err(problems) = Config::parse(&text, Strictness::Serve) {
                panic!("{problems}\nin\n{text}");
            }
        }
    }
}
