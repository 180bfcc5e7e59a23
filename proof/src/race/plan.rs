//! What is to happen in a round, from one number: who does what, and what else falls into the same instant.

use super::{
    program::{LineKind, SIZES, Screen},
    stage::Drops,
};

/// The plan of one round.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// Which round.
    pub(super) number: u64,
    /// Where its dice begin.
    pub(super) seed: u64,
    /// The line that is called.
    pub(super) kind: LineKind,
    /// When the instant is.
    pub(super) instant: InstantOf,
    /// What the caller does in it.
    pub(super) caller: CallerDoes,
    /// How the first winner is lost, if it is.
    pub(super) drops: Option<Drops>,
    /// A second caller waits for the same people.
    pub(super) shared: bool,
    /// What each person does, in the first race.
    pub(super) cast: Vec<Role>,
    /// How it is let go.
    pub(super) mode: Mode,
}

/// When the race takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InstantOf {
    /// As soon as all telephones ring.
    AllRing,
    /// When the caller's reply budget ends; so many microseconds before or after.
    ReplyBudget(i64),
    /// When the group's time is over.
    Deadline(i64),
    /// When the program is asked to stop.
    Shutdown,
}

/// What the caller does in the instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallerDoes {
    /// Waits.
    Waits,
    /// Hangs up; the carrier calls that completed or canceled.
    Leaves {
        /// The carrier's word.
        completed: bool,
        /// So many microseconds after the instant.
        after: u64,
    },
    /// Their request is cut, and asked again after so many milliseconds.
    AsksAgain {
        /// Through the fallback, or the same address again.
        fallback: bool,
        /// Milliseconds.
        after: u64,
    },
}

/// What somebody does in the instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Accepts.
    Accepts {
        /// The carrier sends the webhook a second time, in the same instant.
        twice: bool,
        /// The carrier reports the answer: before, in the instant, or never.
        reported: Reported,
    },
    /// Lets it ring.
    Rings,
    /// Has picked up and presses nothing.
    Hesitates,
    /// Picks up in this very moment.
    PicksUp,
    /// Declines.
    Declines,
    /// Is a machine.
    IsMachine,
    /// Hangs up, or does not answer; the carrier's last word is one of several.
    Ends(&'static str),
}

/// When the carrier reports that a leg was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reported {
    /// Before the instant.
    Before,
    /// In it.
    Within,
    /// Not at all.
    Never,
}

/// How the shots are let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mode {
    /// How many threads let go of them.
    pub(super) threads: usize,
    /// How much of each request is sent beforehand.
    pub(super) sent_before: SentBefore,
    /// The shots are spread over so many microseconds, at random.
    pub(super) spread: u64,
}

/// How much of a request is sent before the instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SentBefore {
    /// All but the last byte.
    AllButOneByte,
    /// The head; the form in the instant.
    Head,
    /// Nothing, on a connection that is open.
    Nothing,
}

impl Plan {
    /// The plan of round `number` of a run.
    pub(super) fn new(seed: u64, number: u64) -> Self {
        let round_seed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number.wrapping_mul(0xd1b5_4a32_d192_ed03);
        let mut dice = fastrand::Rng::with_seed(round_seed);
        let instant = match dice.u32(..1000) {
            0..15 => InstantOf::Deadline(dice.i64(-1_500..4_000)),
            15..65 => InstantOf::ReplyBudget(dice.i64(-2_000..5_000)),
            65..85 => InstantOf::Shutdown,
            _ => InstantOf::AllRing,
        };
        let short = matches!(instant, InstantOf::Deadline(_));
        // Whoever has been picked up may go on after the deadline, so it races only against what is picked up just then.
        let screen = if short || dice.bool() { Screen::Detection } else { Screen::Key };
        // Half of them small: there a bystander's part is the largest.
        let size = if dice.bool() { dice.usize(..4) } else { dice.usize(..SIZES.len()) };
        let kind = LineKind { size, screen, network_rings: dice.u8(..4) == 0, short };
        let caller = match dice.u32(..100) {
            0..18 => CallerDoes::Leaves { completed: dice.bool(), after: later(&mut dice) },
            18..28 => {
                CallerDoes::AsksAgain { fallback: dice.bool(), after: if dice.bool() { 0 } else { dice.u64(..40) } }
            }
            _ => CallerDoes::Waits,
        };
        // A call that is given back while the program stops is the hardest to end.
        let percent = if instant == InstantOf::Shutdown { dice.u32(..20) } else { dice.u32(..100) };
        let drops = match percent {
            0..6 => Some(Drops::BeforeTheRoom),
            6..10 => Some(Drops::InTheRoom),
            _ => None,
        };
        let shared = instant == InstantOf::AllRing && dice.u8(..16) == 0;
        // Two callers who share people race for them; a hand-back between would mix up who waits for whom.
        let drops = drops.filter(|_| !shared);
        let cast = cast(&mut dice, kind.people(), screen, short);
        let mode = Mode {
            threads: dice.usize(1..=4),
            sent_before: match dice.u8(..8) {
                0 => SentBefore::Nothing,
                1 => SentBefore::Head,
                _ => SentBefore::AllButOneByte,
            },
            spread: match dice.u8(..4) {
                0 => dice.u64(..400),
                _ => 0,
            },
        };
        let leaves = matches!(caller, CallerDoes::Leaves { .. });
        let spread = match instant {
            // The signal takes its way through another process.
            InstantOf::Shutdown => 1_500,
            // The claim is taken by an accept's own webhook and closed by the call's task: a longer way.
            InstantOf::AllRing | InstantOf::ReplyBudget(_) | InstantOf::Deadline(_) if leaves && dice.bool() => {
                dice.u64(..1_500)
            }
            InstantOf::AllRing | InstantOf::ReplyBudget(_) | InstantOf::Deadline(_) => mode.spread,
        };
        let mode = Mode { spread, ..mode };
        Self { number, seed: round_seed, kind, instant, caller, drops, shared, cast, mode }
    }

    /// Who accepts in a race after the first: some of these, two at the least if there are two.
    pub(super) fn later_cast(dice: &mut fastrand::Rng, people: usize, screen: Screen) -> Vec<Role> {
        cast(dice, people, screen, false)
    }
}

fn later(dice: &mut fastrand::Rng) -> u64 {
    match dice.u8(..3) {
        0 => 0,
        1 => dice.u64(..200),
        _ => dice.u64(..1_500),
    }
}

fn cast(dice: &mut fastrand::Rng, people: usize, screen: Screen, short: bool) -> Vec<Role> {
    let (accepting, repeating) = (dice.u32(40..=100), if dice.u8(..4) == 0 { 60 } else { 8 });
    let mut cast: Vec<_> = (0..people)
        .map(|_| {
            if dice.u32(..100) < accepting {
                accepts(dice, repeating, screen, short)
            } else {
                bystander(dice, screen, short)
            }
        })
        .collect();
    // A race needs two.
    for role in cast.iter_mut().take(2) {
        if !matches!(role, Role::Accepts { .. }) {
            *role = accepts(dice, repeating, screen, short);
        }
    }
    dice.shuffle(&mut cast);
    cast
}

fn accepts(dice: &mut fastrand::Rng, repeating: u32, screen: Screen, short: bool) -> Role {
    let reported = match dice.u8(..3) {
        0 if !short => Reported::Before,
        1 if screen == Screen::Detection => Reported::Within,
        _ => Reported::Never,
    };
    Role::Accepts { twice: dice.u32(..100) < repeating, reported }
}

fn bystander(dice: &mut fastrand::Rng, screen: Screen, short: bool) -> Role {
    let by_key = screen == Screen::Key;
    match dice.u8(..7) {
        0 if by_key => Role::Hesitates,
        1 if by_key => Role::PicksUp,
        2 if by_key => Role::Declines,
        2 if !short => Role::IsMachine,
        3 => Role::Ends("busy"),
        4 => Role::Ends("no-answer"),
        5 => Role::Ends("completed"),
        _ => Role::Rings,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_is_planned_alike_each_time_and_unlike_its_neighbours() {
        let plan = |number| format!("{:?}", Plan::new(7, number));

        assert_eq!(plan(3), plan(3));
        assert_ne!(plan(3), plan(4));
    }

    #[test]
    fn every_ingredient_is_planned_and_two_accept_always() {
        let accepts = |plan: &Plan| plan.cast.iter().filter(|role| matches!(role, Role::Accepts { .. })).count();
        let plans: Vec<_> = (0..3_000).map(|number| Plan::new(1, number)).collect();
        let any = |holds: fn(&Plan) -> bool| assert!(plans.iter().any(holds));

        assert!(plans.iter().all(|plan| accepts(plan) >= 2));
        assert!(plans.iter().any(|plan| accepts(plan) > 40));
        any(|plan| plan.shared);
        any(|plan| plan.drops == Some(Drops::InTheRoom));
        any(|plan| matches!(plan.instant, InstantOf::Deadline(_)));
        any(|plan| matches!(plan.instant, InstantOf::ReplyBudget(_)));
        any(|plan| plan.instant == InstantOf::Shutdown);
        any(|plan| matches!(plan.caller, CallerDoes::Leaves { .. }));
        any(|plan| matches!(plan.caller, CallerDoes::AsksAgain { .. }));
        any(|plan| plan.cast.contains(&Role::PicksUp) && plan.cast.contains(&Role::Declines));
    }
}
