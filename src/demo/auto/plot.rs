//! What a seed decides before the call begins.

use std::{fmt, time::Duration};

use ringall_core::{call::Ringback, phone::PhoneNumber, screen::Screen};

use super::expectation;
use crate::{
    demo::stage::Stage,
    simulator::{Character, Faults, Human, Mailbox, Switches},
};

/// Who does what, and how the carrier is today.
#[derive(Debug, Clone)]
pub(super) struct Plot {
    pub(super) seed: u64,
    pub(super) screen: Screen,
    pub(super) ringback: Ringback,
    /// In the order in which they are dialled.
    pub(super) roles: Vec<Role>,
    pub(super) calls_after: Duration,
    /// After calling for this long, if nobody talks by then.
    pub(super) gives_up_after: Option<Duration>,
    pub(super) talks_for: Duration,
    pub(super) ends: Ends,
    /// Zero is no limit.
    pub(super) calls_per_second: f64,
    pub(super) switches: Switches,
    pub(super) faults: Faults,
}

/// One telephone and what happens at it.
#[derive(Debug, Clone)]
pub(super) struct Role {
    pub(super) name: String,
    pub(super) phone: PhoneNumber,
    pub(super) character: Character,
}

/// Who ends the talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    Caller,
    Member,
}

/// A caller who gives up does so at least this much before or after somebody takes the call, so that it is clear who
/// was first.
const CLEARLY_APART: Duration = Duration::from_secs(1);

impl Plot {
    pub(super) fn draw(seed: u64, stage: &Stage) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let together = millis(&mut rng, 6000, 12_000);
        let roles = stage.people.iter().map(|(_, person)| Role {
            name: person.name.to_string(),
            phone: person.phone,
            character: character(&mut rng, together),
        });
        let roles = roles.collect();
        let screens = [Screen::Amd, Screen::Key, Screen::AmdAndKey];
        let ringbacks = [Ringback::Tone, Ringback::Carrier];
        let plot = Self {
            seed,
            roles,
            screen: pick(&mut rng, &screens),
            ringback: pick(&mut rng, &ringbacks),
            calls_after: millis(&mut rng, 0, 2000),
            gives_up_after: (rng.u32(..4) == 0).then(|| millis(&mut rng, 1000, 20_000)),
            talks_for: millis(&mut rng, 2000, 20_000),
            ends: pick(&mut rng, &[Ends::Caller, Ends::Member]),
            calls_per_second: pick(&mut rng, &[0.0, 1.0, 5.0]),
            switches: switches(&mut rng),
            faults: faults(&mut rng),
        };
        plot.with_a_clear_end()
    }

    fn with_a_clear_end(mut self) -> Self {
        let acceptances: Vec<_> = expectation::acceptances(&self).into_iter().flatten().collect();
        if let Some(gives_up) = &mut self.gives_up_after {
            while acceptances.iter().any(|accepted| accepted.abs_diff(*gives_up) < CLEARLY_APART) {
                *gives_up += CLEARLY_APART;
            }
        }
        self
    }
}

/// How somebody's telephone is today. Nobody whose behaviour the carrier may take for another's: a telephone that screens
/// its calls counts as a human with some carriers and as a machine with others.
fn character(rng: &mut fastrand::Rng, together: Duration) -> Character {
    let after = millis(rng, 1000, 18_000);
    let mailbox = Mailbox { answers_after: millis(rng, 2000, 20_000), greeting: millis(rng, 3000, 12_000) };
    let human = |presses: &[char]| Character::Human(Human { presses: presses.to_vec(), ..Human::after(after) });
    match rng.u32(..13) {
        0..=2 => human(&['1']),
        3 => human(&['*', '1']),
        4 => human(&['9']),
        5 => human(&[]),
        6 | 7 => Character::together(1, together, Some('1')),
        8 => Character::Voicemail(mailbox),
        9 => Character::Declines { after, mailbox: rng.bool().then_some(mailbox) },
        10 => Character::hangs_up(after, millis(rng, 300, 1200)),
        11 => pick(rng, &[Character::Busy, Character::Off]),
        _ => Character::RingsOut,
    }
}

/// The carrier within what its documents say.
fn switches(rng: &mut fastrand::Rng) -> Switches {
    Switches {
        // A verdict at a known time, so that it is known who is first.
        detection_jitter: Duration::ZERO,
        ..Switches::random(rng)
    }
}

/// Nothing that costs a call: callbacks come late or twice, a cancelled phone rings a moment longer.
fn faults(rng: &mut fastrand::Rng) -> Faults {
    Faults {
        callback_twice: rng.f64() * 0.5,
        callback_late: rng.f64() * 0.5,
        callback_delay: millis(rng, 0, 3000),
        cancel_delay: millis(rng, 0, 500),
        ..Faults::none()
    }
}

fn millis(rng: &mut fastrand::Rng, from: u64, to: u64) -> Duration {
    Duration::from_millis(rng.u64(from..=to))
}

fn pick<T: Clone>(rng: &mut fastrand::Rng, choice: &[T]) -> T {
    choice[rng.usize(..choice.len())].clone()
}

impl fmt::Display for Plot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let screen = match self.screen {
            Screen::Amd => "amd",
            Screen::Key => "key",
            Screen::AmdAndKey => "amd+key",
            Screen::None => "none",
        };
        let ringback = match self.ringback {
            Ringback::Tone => "tone",
            Ringback::Carrier => "carrier",
            Ringback::Dial => "dial",
        };
        writeln!(f, "  screening {screen}, ringback {ringback}")?;
        for role in &self.roles {
            writeln!(f, "  {:<6} {}", role.name, Described(&role.character))?;
        }
        match self.gives_up_after {
            Some(patience) => writeln!(f, "  the caller gives up after {}", Seconds(patience)),
            None => writeln!(f, "  the caller is patient"),
        }
    }
}

struct Described<'character>(&'character Character);

impl fmt::Display for Described<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Character::Human(human) => describe_human(human, f),
            Character::Voicemail(mailbox) => write!(f, "mailbox after {}", Seconds(mailbox.answers_after)),
            Character::Declines { after, mailbox } => {
                let then = if mailbox.is_some() { ", and the mailbox takes it" } else { "" };
                write!(f, "declines after {}{then}", Seconds(*after))
            }
            Character::Busy => f.write_str("engaged"),
            Character::Off => f.write_str("switched off"),
            Character::RingsOut => f.write_str("lets it ring"),
            Character::Manual | Character::Screening { .. } => f.write_str(self.0.name()),
        }
    }
}

fn describe_human(human: &Human, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "answers after {}", Seconds(human.answers_after))?;
    if human.together.is_some() {
        f.write_str(" in the same instant as others")?;
    }
    match (human.hangs_up_after, human.presses.as_slice()) {
        (Some(patience), _) => write!(f, ", hangs up {} later", Seconds(patience)),
        (None, []) => f.write_str(", presses nothing"),
        (None, keys) => {
            write!(f, ", presses {} if asked", keys.iter().map(char::to_string).collect::<Vec<_>>().join(" "))
        }
    }
}

struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} s", self.0.as_secs_f64())
    }
}
