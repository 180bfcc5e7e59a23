//! Which states of a call have met which events: counted from the program's own traces, all other levels off.

mod unreachable;

use std::{
    fmt::{self, Write as _},
    sync::atomic::{AtomicU64, Ordering},
};

use ringall_core::call::{Event, Phase};
use tracing::{
    Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
    subscriber::Interest,
};

const STATES: usize = Phase::ALL.len();
const EVENTS: usize = Event::NAMES.len();

static COUNTS: [[AtomicU64; EVENTS]; STATES] = [const { [const { AtomicU64::new(0) }; EVENTS] }; STATES];

/// How often each state has met each event.
#[derive(Debug, Clone)]
pub struct Coverage([[u64; EVENTS]; STATES]);

/// Begins to count, in the whole process.
pub fn begin() {
    // Somebody else may listen already, in a test; then nothing is counted.
    let _ = tracing::subscriber::set_global_default(Counter);
}

struct Counter;

impl Subscriber for Counter {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.enabled(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && metadata.target() == "ringall::machine" && *metadata.level() == Level::TRACE
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut pair = Pair::default();
        event.record(&mut pair);
        if let (Some(state), Some(event)) = (pair.state, pair.event) {
            COUNTS[state][event].fetch_add(1, Ordering::Relaxed);
        }
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[derive(Default)]
struct Pair {
    state: Option<usize>,
    event: Option<usize>,
}

impl Visit for Pair {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "state" => self.state = Phase::ALL.iter().position(|phase| phase.name() == value),
            "event" => self.event = Event::NAMES.iter().position(|name| *name == value),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

impl Coverage {
    /// What was counted so far.
    pub fn so_far() -> Self {
        Self(std::array::from_fn(|state| std::array::from_fn(|event| COUNTS[state][event].load(Ordering::Relaxed))))
    }

    /// Pairs that are said to be unreachable and were reached.
    pub fn surprises(&self) -> Vec<String> {
        self.pairs()
            .filter_map(|(state, event, count)| {
                let why = unreachable::why(state, event).filter(|_| count > 0)?;
                Some(format!("{} × {event}: {count} times, although {why}", state.name()))
            })
            .collect()
    }

    fn pairs(&self) -> impl Iterator<Item = (Phase, &'static str, u64)> {
        Phase::ALL.into_iter().enumerate().flat_map(move |(nth, state)| {
            Event::NAMES.into_iter().zip(self.0[nth]).map(move |(event, count)| (state, event, count))
        })
    }

    /// What was reached, how often, and what was not.
    pub fn report(&self) -> String {
        let all = STATES * EVENTS;
        let states = self.0.iter().filter(|counts| counts.iter().any(|count| *count > 0)).count();
        let reached = |least: u64| self.pairs().filter(|(.., count)| *count >= least).count();
        let cannot = self.pairs().filter(|(state, event, _)| unreachable::why(*state, event).is_some()).count();
        let reachable = all - cannot;
        let mut text = format!(
            "states reached: {states} of {STATES}; state × event pairs: {} of {reachable} reachable ({cannot} of {all} \
             cannot be reached), {} of them at least 100 times\n",
            reached(1),
            reached(100),
        );
        for (state, event, count) in self.pairs().filter(|(.., count)| *count < 100) {
            let _ = match unreachable::why(state, event) {
                Some(why) if count == 0 => writeln!(text, "  never  {} × {event}: {why}", state.name()),
                Some(_) | None if count == 0 => writeln!(text, "  NEVER  {} × {event}", state.name()),
                Some(_) | None => writeln!(text, "  {count:>5}  {} × {event}", state.name()),
            };
        }
        text
    }
}
