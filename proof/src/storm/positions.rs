//! Every switch of the carrier contract in every position, by name.

use std::{collections::BTreeMap, time::Duration};

use ringall::simulator::{
    AloneAgain, CompletedUnanswered, Either, FullRoom, GaveUp, Method, Number, Profile, RobotVerdict, Settings,
    Switches, Unanswered,
};

use super::plan::Plan;

/// One switch and its positions; the first is what the contract assumes.
pub struct Switch {
    /// Its name in a plan.
    pub name: &'static str,
    /// Its positions by name.
    pub positions: &'static [&'static str],
    turn: Turn,
}

/// All switches.
pub const SWITCHES: &[Switch] = &[
    of("profile", &["twilio", "trial", "signalwire"], |s, p| {
        s.profile = [Profile::Twilio, Profile::Trial, Profile::SignalWire][p];
    }),
    of("unanswered", &["keeps ringing", "answers on redirect", "after 2 chunks", "after 4 chunks"], |s, p| {
        let chunks = Unanswered::AnswersAfterChunks;
        s.unanswered = [Unanswered::KeepsRinging, Unanswered::AnswersOnRedirect, chunks(2), chunks(4)][p];
    }),
    of("network_ring_limit", &["120 s", "60 s", "90 s", "180 s"], |s, p| {
        s.network_ring_limit = Duration::from_secs([120, 60, 90, 180][p]);
    }),
    of("full_room", &["runs the action", "hangs up"], |s, p| {
        s.full_room = [FullRoom::RunsAction, FullRoom::HangsUp][p];
    }),
    of("room_ceiling", &["none", "6", "3"], |s, p| s.room_ceiling = [None, Some(6), Some(3)][p]),
    of("alone_again", &["silence", "wait document"], |s, p| {
        s.alone_again = [AloneAgain::Silence, AloneAgain::WaitDocument][p];
    }),
    of("extra_ring", &["never", "always", "by chance"], |s, p| {
        s.extra_ring = [Either::Never, Either::Always, Either::ByChance][p];
    }),
    of("ringing_state", &["always", "never", "by chance"], |s, p| {
        s.ringing_state = [Either::Always, Either::Never, Either::ByChance][p];
    }),
    of("completed_unanswered", &["canceled", "no-answer", "completed"], |s, p| {
        let of = [CompletedUnanswered::Canceled, CompletedUnanswered::NoAnswer, CompletedUnanswered::Completed];
        s.completed_unanswered = of[p];
    }),
    of("refuses_change_of_ended", &["yes", "no"], |s, p| s.refuses_change_of_ended = p == 0),
    of("settles_after_answer", &["0 ms", "100 ms", "250 ms"], |s, p| {
        s.settles_after_answer = Duration::from_millis([0, 100, 250][p]);
    }),
    of("caller_gave_up", &["canceled", "no-answer", "by chance"], |s, p| s.caller_gave_up = gave_up(p)),
    of("closes_pending_webhooks", &["no", "yes"], |s, p| s.closes_pending_webhooks = p == 1),
    of("action_after_hangup", &["no", "yes"], |s, p| s.action_after_hangup = p == 1),
    of("dial_loser", &["canceled", "no-answer", "by chance"], |s, p| s.dial_loser = gave_up(p)),
    of("call_waiting", &["no", "yes"], |s, p| s.call_waiting = p == 1),
    of("rest_lag", &["0 ms", "300 ms", "2000 ms"], |s, p| s.rest_lag = Duration::from_millis([0, 300, 2000][p])),
    of("signs_default_port", &["no", "yes"], |s, p| s.signs_default_port = p == 1),
    of("detection_delay", &["4 s", "2.5 s", "7 s"], |s, p| {
        s.detection_delay = Duration::from_millis([4000, 2500, 7000][p]);
    }),
    of("detection_jitter", &["0 ms", "500 ms", "1500 ms"], |s, p| {
        s.detection_jitter = Duration::from_millis([0, 500, 1500][p]);
    }),
    of("robot_verdict", &["machine", "human", "unknown"], |s, p| {
        s.robot_verdict = [RobotVerdict::Machine, RobotVerdict::Human, RobotVerdict::Unknown][p];
    }),
    of("setup", &["0.5 s", "0 s", "3 s"], |s, p| s.setup = Duration::from_millis([500, 0, 3000][p])),
    of_number("voice_method", &["POST", "GET"], |n, p| n.voice_method = [Method::Post, Method::Get][p]),
    of_number("status_callback", &["set", "missing"], |n, p| {
        if p == 1 {
            n.status_callback = None;
        }
    }),
];

enum Turn {
    Switches(fn(&mut Switches, usize)),
    Number(fn(&mut Number, usize)),
}

/// Turns the switches of a plan.
pub fn turn(plan: &Plan, settings: &mut Settings) {
    for switch in SWITCHES {
        let position = position(plan, switch.name).min(switch.positions.len() - 1);
        match switch.turn {
            Turn::Switches(turn) => turn(&mut settings.switches, position),
            Turn::Number(turn) => settings.numbers.iter_mut().for_each(|number| turn(number, position)),
        }
    }
}

/// Where a switch stands in a plan.
pub fn position(plan: &Plan, name: &str) -> usize {
    plan.switches.get(name).copied().unwrap_or(0)
}

/// How many storms each switch stood in each of its positions.
#[derive(Debug, Clone, Default)]
pub struct Positions(BTreeMap<&'static str, Vec<u64>>);

impl Positions {
    /// Counts a storm.
    pub fn count(&mut self, plan: &Plan) {
        for switch in SWITCHES {
            let counts = self.0.entry(switch.name).or_insert_with(|| vec![0; switch.positions.len()]);
            counts[position(plan, switch.name).min(switch.positions.len() - 1)] += 1;
        }
    }

    /// Adds what others have counted.
    pub fn add(&mut self, other: &Self) {
        for (name, counts) in &other.0 {
            let sums = self.0.entry(name).or_insert_with(|| vec![0; counts.len()]);
            for (sum, count) in sums.iter_mut().zip(counts) {
                *sum += count;
            }
        }
    }

    /// The positions that no storm had.
    pub fn never(&self) -> Vec<String> {
        let mut never = Vec::new();
        for switch in SWITCHES {
            for (nth, position) in switch.positions.iter().enumerate() {
                if self.0.get(switch.name).is_none_or(|counts| counts[nth] == 0) {
                    never.push(format!("{}: {position}", switch.name));
                }
            }
        }
        never
    }

    /// A line for each switch.
    pub fn table(&self) -> String {
        let mut lines = Vec::new();
        for switch in SWITCHES {
            let counts = self.0.get(switch.name);
            let position = |(nth, name): (usize, &&str)| format!("{name} {}", counts.map_or(0, |counts| counts[nth]));
            let positions: Vec<_> = switch.positions.iter().enumerate().map(position).collect();
            lines.push(format!("  {:<24} {}", switch.name, positions.join(", ")));
        }
        lines.join("\n")
    }
}

const fn of(name: &'static str, positions: &'static [&'static str], turn: fn(&mut Switches, usize)) -> Switch {
    Switch { name, positions, turn: Turn::Switches(turn) }
}

const fn of_number(name: &'static str, positions: &'static [&'static str], turn: fn(&mut Number, usize)) -> Switch {
    Switch { name, positions, turn: Turn::Number(turn) }
}

fn gave_up(position: usize) -> GaveUp {
    [GaveUp::Canceled, GaveUp::NoAnswer, GaveUp::ByChance][position]
}
