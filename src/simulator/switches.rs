//! What the carrier's documents leave open, one switch for each unknown. The program under test must be safe in every
//! position. The defaults are the positions that carrier contract assumes.

use std::time::Duration;

/// The position of every switch.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, not a state")]
pub struct Switches {
    /// Whose time limits hold (§1.4, §11, §13).
    pub profile: Profile,
    /// Whether Pause and Redirect as first verbs leave a call unanswered (§2).
    pub unanswered: Unanswered,
    /// How long the caller's own network rings: commonly 60, 90, 120 or 180 s (§2).
    pub network_ring_limit: Duration,
    /// What becomes of a call that finds a conference full, after error 16020 (§3.4).
    pub full_room: FullRoom,
    /// How many participants the account may have at once, beyond which 16021 falls (§3.4).
    pub room_ceiling: Option<usize>,
    /// What the last participant hears when the others have left a conference that goes on (§3.4).
    pub alone_again: AloneAgain,
    /// Whether a leg rings five seconds longer than its `Timeout` (§4).
    pub extra_ring: Either,
    /// Whether a leg goes through `ringing` or straight to its answer (§4.1).
    pub ringing_state: Either,
    /// The final status of a leg that is ended with `completed` before it is answered (§5).
    pub completed_unanswered: CompletedUnanswered,
    /// Whether a status change of a leg that is over is refused with 21220; otherwise it is a plain 200 (§5).
    pub refuses_change_of_ended: bool,
    /// How long after its answer a leg still refuses a redirect with 21220 (§5).
    pub settles_after_answer: Duration,
    /// The status reported for a caller who hangs up unanswered (§2).
    pub caller_gave_up: GaveUp,
    /// Whether a webhook that waits for its answer is closed when its leg ends; otherwise it stays open and its late
    /// answer is thrown away (§2).
    pub closes_pending_webhooks: bool,
    /// Whether the Dial action is still requested, without effect, for a leg that has hung up (§14.1, step 11).
    pub action_after_hangup: bool,
    /// The status of the losers of a Dial with several numbers (§3.3).
    pub dial_loser: GaveUp,
    /// Whether a telephone that is engaged rings for a second leg instead of being busy.
    pub call_waiting: bool,
    /// How far the REST resources lag behind the callbacks (§4.1).
    pub rest_lag: Duration,
    /// Whether the signed URL spells out the scheme's default port (§10).
    pub signs_default_port: bool,
    /// How long answering-machine detection listens to a human or to a machine's first words (§6).
    pub detection_delay: Duration,
    /// By how much the verdict may come earlier or later.
    pub detection_jitter: Duration,
    /// What detection makes of a telephone's own call screening (§6).
    pub robot_verdict: RobotVerdict,
    /// How many actions and redirects a call may follow; none is no limit (§2, §11).
    pub hop_limit: Option<u32>,
    /// Whether a Dial may show the caller's own number; otherwise the network refuses it with 32224 (§12).
    pub lends_caller_id: bool,
    /// Whether an `answerOnBridge` Dial that is not in a call's first document answers all the same (§2).
    pub later_dial_answers: bool,
    /// What a Dial says of a number that was picked up and hung up on before the bridge (§3.3).
    pub whisper_refused: WhisperRefused,
    /// What becomes of a number whose whisper cannot be had (§3.3).
    pub whisper_failed: WhisperFailed,
    /// Whether a Dial's action says if the caller was ever connected; other clouds do not (§3.2, §13).
    pub says_bridged: bool,
    /// How long a leg takes from `initiated` until the far end alerts.
    pub setup: Duration,
    /// The code with which a call is refused that shows a caller's number, although it has its token (§4, §12).
    pub refuses_call_token: Option<u32>,
    /// How long after its end a recording's sound can be had and is reported (§8).
    pub recording_takes: Duration,
    /// How a Record goes on behind which nothing was said (§3.1).
    pub silent_record: SilentRecord,
    /// Whether the sound of a recording can be had in parts (§8).
    pub serves_ranges: bool,
}

/// How a Record goes on behind which nothing was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SilentRecord {
    /// With the document's next verb.
    FallsThrough,
    /// With its action, which hears of a recording of no length.
    AsksAction,
}

/// The `DialCallStatus` after a number that was picked up and hung up on before the bridge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhisperRefused {
    /// `no-answer`.
    NoAnswer,
    /// `completed`: the leg was answered.
    Completed,
    /// `busy`.
    Busy,
    /// `canceled`.
    Canceled,
    /// `failed`.
    Failed,
}

/// What becomes of a number whose whisper cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhisperFailed {
    /// It is connected without.
    Connects,
    /// It is hung up on.
    HangsUp,
}

/// A cloud's time limits for webhooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Fifteen seconds in all, five to connect.
    Twilio,
    /// Five seconds in all.
    Trial,
    /// Two seconds to connect, five to read.
    SignalWire,
}

/// When a call that starts with Pause and Redirect counts as answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unanswered {
    /// Neither answers.
    KeepsRinging,
    /// Redirect answers.
    AnswersOnRedirect,
    /// The so-manieth redirect answers.
    AnswersAfterChunks(u32),
}

/// What happens to a call that a full conference refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FullRoom {
    /// It goes on to the Dial's action, or to the next verb.
    RunsAction,
    /// It is hung up.
    HangsUp,
}

/// What somebody hears who is left alone in a conference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AloneAgain {
    /// Nothing.
    Silence,
    /// The wait document once more.
    WaitDocument,
}

/// A behaviour that is there, is not there, or is there by chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Either {
    /// Every time.
    Always,
    /// At no time.
    Never,
    /// Half of the times.
    ByChance,
}

/// The final status of an unanswered leg that was ended with `completed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompletedUnanswered {
    /// `canceled`.
    Canceled,
    /// `no-answer`.
    NoAnswer,
    /// `completed`.
    Completed,
}

/// The final status where documents name two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GaveUp {
    /// `canceled`.
    Canceled,
    /// `no-answer`.
    NoAnswer,
    /// One of both by chance.
    ByChance,
}

/// Detection's verdict on a call-screening robot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RobotVerdict {
    /// `machine_start`.
    Machine,
    /// `human`.
    Human,
    /// `unknown`.
    Unknown,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            profile: Profile::Twilio,
            unanswered: Unanswered::KeepsRinging,
            network_ring_limit: Duration::from_secs(120),
            full_room: FullRoom::RunsAction,
            room_ceiling: None,
            alone_again: AloneAgain::Silence,
            extra_ring: Either::Never,
            ringing_state: Either::Always,
            completed_unanswered: CompletedUnanswered::Canceled,
            refuses_change_of_ended: true,
            settles_after_answer: Duration::ZERO,
            caller_gave_up: GaveUp::Canceled,
            closes_pending_webhooks: false,
            action_after_hangup: false,
            dial_loser: GaveUp::NoAnswer,
            call_waiting: false,
            rest_lag: Duration::ZERO,
            signs_default_port: false,
            detection_delay: Duration::from_secs(4),
            detection_jitter: Duration::ZERO,
            robot_verdict: RobotVerdict::Machine,
            hop_limit: None,
            lends_caller_id: true,
            later_dial_answers: false,
            whisper_refused: WhisperRefused::NoAnswer,
            whisper_failed: WhisperFailed::Connects,
            says_bridged: true,
            setup: Duration::from_millis(500),
            refuses_call_token: None,
            recording_takes: Duration::from_millis(1500),
            silent_record: SilentRecord::FallsThrough,
            serves_ranges: true,
        }
    }
}

impl Switches {
    /// Every switch in a random position; the profile and the trial's hop limit stay as they are by default, because a
    /// program is told which cloud it talks to.
    pub fn random(rng: &mut fastrand::Rng) -> Self {
        Self {
            profile: Profile::Twilio,
            unanswered: pick(
                rng,
                &[
                    Unanswered::KeepsRinging,
                    Unanswered::AnswersOnRedirect,
                    Unanswered::AnswersAfterChunks(2),
                    Unanswered::AnswersAfterChunks(4),
                ],
            ),
            network_ring_limit: Duration::from_secs(pick(rng, &[60, 90, 120, 180])),
            full_room: pick(rng, &[FullRoom::RunsAction, FullRoom::HangsUp]),
            room_ceiling: None,
            alone_again: pick(rng, &[AloneAgain::Silence, AloneAgain::WaitDocument]),
            extra_ring: pick(rng, &[Either::Always, Either::Never, Either::ByChance]),
            ringing_state: pick(rng, &[Either::Always, Either::Never, Either::ByChance]),
            completed_unanswered: pick(
                rng,
                &[CompletedUnanswered::Canceled, CompletedUnanswered::NoAnswer, CompletedUnanswered::Completed],
            ),
            refuses_change_of_ended: rng.bool(),
            settles_after_answer: Duration::from_millis(pick(rng, &[0, 100, 250])),
            caller_gave_up: pick(rng, &[GaveUp::Canceled, GaveUp::NoAnswer, GaveUp::ByChance]),
            closes_pending_webhooks: rng.bool(),
            action_after_hangup: rng.bool(),
            dial_loser: pick(rng, &[GaveUp::Canceled, GaveUp::NoAnswer, GaveUp::ByChance]),
            call_waiting: rng.bool(),
            rest_lag: Duration::from_millis(pick(rng, &[0, 300, 2000])),
            signs_default_port: rng.bool(),
            detection_delay: Duration::from_millis(rng.u64(2500..=4500)),
            detection_jitter: Duration::from_millis(pick(rng, &[0, 500, 1500])),
            robot_verdict: pick(rng, &[RobotVerdict::Machine, RobotVerdict::Human, RobotVerdict::Unknown]),
            hop_limit: None,
            setup: Duration::from_millis(rng.u64(0..=3000)),
            // Drawn last, so that the others stay what they were for a seed.
            lends_caller_id: rng.bool(),
            later_dial_answers: rng.bool(),
            whisper_refused: pick(
                rng,
                &[
                    WhisperRefused::NoAnswer,
                    WhisperRefused::Completed,
                    WhisperRefused::Busy,
                    WhisperRefused::Canceled,
                    WhisperRefused::Failed,
                ],
            ),
            whisper_failed: pick(rng, &[WhisperFailed::Connects, WhisperFailed::HangsUp]),
            says_bridged: rng.bool(),
            refuses_call_token: pick(rng, &[None, None, Some(21210), Some(21212), Some(20422)]),
            recording_takes: Duration::from_millis(rng.u64(0..=5000)),
            silent_record: pick(rng, &[SilentRecord::FallsThrough, SilentRecord::AsksAction]),
            serves_ranges: rng.bool(),
        }
    }

    /// The switches of a trial account (§11).
    pub fn trial() -> Self {
        Self { profile: Profile::Trial, hop_limit: Some(10), ..Self::default() }
    }

    /// The switches of `SignalWire` (§13).
    pub fn signal_wire() -> Self {
        Self { profile: Profile::SignalWire, ..Self::default() }
    }
}

impl Profile {
    /// The longest time that a webhook may take in all.
    pub(super) fn total(self) -> Duration {
        match self {
            Self::Twilio => Duration::from_secs(15),
            Self::Trial => Duration::from_secs(5),
            Self::SignalWire => Duration::from_secs(7),
        }
    }

    /// The longest time to connect, unless the URL says otherwise.
    pub(super) fn connect(self) -> Duration {
        match self {
            Self::Twilio | Self::Trial => Duration::from_secs(5),
            Self::SignalWire => Duration::from_secs(2),
        }
    }

    /// The longest time to wait for the answer, unless the URL says otherwise.
    pub(super) fn read(self) -> Duration {
        match self {
            Self::Twilio => Duration::from_secs(15),
            Self::Trial | Self::SignalWire => Duration::from_secs(5),
        }
    }

    /// How many redirects of a webhook are followed.
    pub(super) fn redirects(self) -> usize {
        match self {
            Self::Twilio | Self::Trial => 10,
            Self::SignalWire => 3,
        }
    }
}

impl WhisperRefused {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::NoAnswer => "no-answer",
            Self::Completed => "completed",
            Self::Busy => "busy",
            Self::Canceled => "canceled",
            Self::Failed => "failed",
        }
    }
}

impl Either {
    pub(super) fn decide(self, rng: &mut fastrand::Rng) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::ByChance => rng.bool(),
        }
    }
}

fn pick<T: Copy>(rng: &mut fastrand::Rng, positions: &[T]) -> T {
    positions[rng.usize(..positions.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_switches_follow_from_the_seed() {
        let first = Switches::random(&mut fastrand::Rng::with_seed(7));
        let again = Switches::random(&mut fastrand::Rng::with_seed(7));

        assert_eq!(first, again);
        assert_ne!(first, Switches::random(&mut fastrand::Rng::with_seed(8)));
    }
}
