//! Every switch of the carrier contract in every position, by name.

use std::{collections::BTreeMap, time::Duration};

use ringall::simulator::{
    AloneAgain, CompletedUnanswered, Either, FullRoom, GaveUp, Method, Number, Profile, RobotVerdict, Settings,
    SilentRecord, Switches, Unanswered, WhisperFailed, WhisperRefused,
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
        s.hop_limit = (p == 1).then_some(TRIAL_HOPS);
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
    // Those of forwards and recordings. They came later.
    of("lends_caller_id", &["yes", "no"], |s, p| s.lends_caller_id = p == 0),
    of("later_dial_answers", &["no", "yes"], |s, p| s.later_dial_answers = p == 1),
    of("whisper_refused", &["no-answer", "completed", "busy", "canceled", "failed"], |s, p| {
        let [completed, busy] = [WhisperRefused::Completed, WhisperRefused::Busy];
        s.whisper_refused =
            [WhisperRefused::NoAnswer, completed, busy, WhisperRefused::Canceled, WhisperRefused::Failed][p];
    }),
    of("whisper_failed", &["connects", "hangs up"], |s, p| {
        s.whisper_failed = [WhisperFailed::Connects, WhisperFailed::HangsUp][p];
    }),
    of("says_bridged", &["yes", "no"], |s, p| s.says_bridged = p == 0),
    of("refuses_call_token", &["no", "21210", "21212", "20422"], |s, p| {
        s.refuses_call_token = [None, Some(21210), Some(21212), Some(20422)][p];
    }),
    of("recording_takes", &["1.5 s", "0 s", "5 s", "60 s"], |s, p| {
        s.recording_takes = Duration::from_millis([1500, 0, 5000, 60_000][p]);
    }),
    of("silent_record", &["falls through", "asks the action"], |s, p| {
        s.silent_record = [SilentRecord::FallsThrough, SilentRecord::AsksAction][p];
    }),
    of("serves_ranges", &["yes", "no"], |s, p| s.serves_ranges = p == 0),
];

/// So many of them are drawn with everything else of a storm, the others by themselves: so the storm of a seed stays what
/// it was.
pub const FIRST: usize = 24;
/// After so many documents a trial account ends a call (carrier contract §11).
pub const TRIAL_HOPS: u32 = 10;

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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ringall::simulator::Faults;

    use super::{super::draw, *};

    /// The fields of a struct as its debug text has them, each with its value.
    fn fields(of: &impl std::fmt::Debug) -> BTreeMap<String, String> {
        let text = format!("{of:#?}");
        let mut fields: BTreeMap<String, String> = BTreeMap::new();
        let mut name = String::new();
        for line in text.lines().skip(1) {
            if let Some((field, value)) = line
                .strip_prefix("    ")
                .filter(|rest| !rest.starts_with([' ', '}', ')']))
                .and_then(|rest| rest.split_once(": "))
            {
                name = field.to_owned();
                fields.insert(name.clone(), value.to_owned());
            } else if let Some(value) = fields.get_mut(&name) {
                value.push_str(line.trim());
            }
        }
        fields
    }

    #[test]
    fn every_switch_of_the_carrier_can_be_turned() {
        let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for switch in SWITCHES {
            for position in 0..switch.positions.len() {
                let mut switches = Switches::default();
                match switch.turn {
                    Turn::Switches(turn) => turn(&mut switches, position),
                    Turn::Number(_) => continue,
                }
                for (field, value) in fields(&switches) {
                    seen.entry(field).or_default().insert(value);
                }
            }
        }

        let never: Vec<_> = seen.iter().filter(|(_, values)| values.len() < 2).map(|(field, _)| field).collect();
        assert!(seen.len() >= 32, "{seen:?}");
        assert!(never.is_empty(), "no storm ever turns {never:?}");
    }

    #[test]
    fn every_fault_and_every_position_is_drawn() {
        let (mut positions, mut faults) = (Positions::default(), BTreeMap::<String, BTreeSet<String>>::new());
        for plan in (0..4000).map(draw::plan) {
            positions.count(&plan);
            for (fault, rate) in fields(&plan.mishaps.faults()) {
                faults.entry(fault).or_default().insert(rate);
            }
        }

        assert_eq!(positions.never(), [""; 0]);
        assert_eq!(faults.len(), fields(&Faults::none()).len());
        let never: Vec<_> = faults.iter().filter(|(_, rates)| rates.len() < 20).map(|(fault, _)| fault).collect();
        assert!(never.is_empty(), "hardly any storm draws {never:?}");
    }
}
