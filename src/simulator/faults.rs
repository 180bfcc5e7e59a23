//! What goes wrong by itself, at random and from the seed. Each `f64` is a probability.

use std::time::Duration;

/// How often and how badly things go wrong.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Faults {
    /// A callback never arrives.
    pub callback_lost: f64,
    /// A callback arrives twice.
    pub callback_twice: f64,
    /// A callback is late, and so may be overtaken.
    pub callback_late: f64,
    /// How late at the most.
    pub callback_delay: Duration,
    /// The first attempt of a webhook does not connect; the second carries an idempotency token.
    pub connect_failed: f64,
    /// How long a call's first webhook may be under way, so that the end of the call may be reported before it.
    pub voice_delay: Duration,
    /// A REST request is refused with 429, a 5xx or a code of carrier contract §12 that is not the caller's fault.
    pub rest_refused: f64,
    /// A REST request's connection breaks before it is carried out.
    pub rest_reset: f64,
    /// A REST request is carried out and its answer is lost.
    pub rest_answer_lost: f64,
    /// A REST request is carried out and never answered.
    pub rest_hang: f64,
    /// How long the answer of a REST request takes at the most; callbacks may overtake it.
    pub rest_delay: Duration,
    /// How long an accepted `canceled` takes at the most to reach the telephone, which may be picked up meanwhile.
    pub cancel_delay: Duration,
    /// Answering-machine detection errs.
    pub wrong_verdict: f64,
}

impl Faults {
    /// Nothing goes wrong.
    pub fn none() -> Self {
        Self::default()
    }

    /// A random mixture, from a good day to a very bad one.
    pub fn random(rng: &mut fastrand::Rng) -> Self {
        Self {
            callback_lost: rate(rng, 0.3),
            callback_twice: rate(rng, 0.5),
            callback_late: rate(rng, 0.7),
            callback_delay: Duration::from_millis(rng.u64(0..=8000)),
            connect_failed: rate(rng, 0.1),
            voice_delay: Duration::from_millis(if rng.bool() { 0 } else { rng.u64(0..=3000) }),
            rest_refused: rate(rng, 0.2),
            rest_reset: rate(rng, 0.1),
            rest_answer_lost: rate(rng, 0.1),
            rest_hang: rate(rng, 0.05),
            rest_delay: Duration::from_millis(rng.u64(0..=1500)),
            cancel_delay: Duration::from_millis(rng.u64(0..=1000)),
            wrong_verdict: rate(rng, 0.15),
        }
    }
}

/// One failure of the REST API, for [`Simulator::fail_next_rest`](super::Simulator::fail_next_rest).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestFault {
    /// 401, 20003: credentials, or an exhausted balance.
    Unauthorized,
    /// 429, 20429: too many requests at once; not carried out.
    TooManyRequests,
    /// 400, 21211: the number is bad.
    BadNumber,
    /// 400, 21215: the country is not enabled.
    CountryNotEnabled,
    /// 400, 22005: a day's worth of calls is waiting.
    QueueFull,
    /// This 5xx status, not carried out.
    Server(u16),
    /// The connection breaks before anything is carried out.
    Reset,
    /// The request is carried out, then the connection breaks.
    AnswerLost,
    /// The request is carried out and never answered.
    Hang,
}

/// Half of the time nothing, otherwise up to `most`.
fn rate(rng: &mut fastrand::Rng, most: f64) -> f64 {
    if rng.bool() { 0.0 } else { rng.f64() * most }
}

/// A random delay up to `most`.
pub(super) fn delay(rng: &mut fastrand::Rng, most: Duration) -> Duration {
    let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(rng.u64(0..=most))
}

/// Whether something of this probability happens.
pub(super) fn strikes(rng: &mut fastrand::Rng, probability: f64) -> bool {
    // Drawing also for certain outcomes keeps the rest of a run the same when one rate changes from zero.
    rng.f64() < probability
}
