//! Log lines in the compact form: time, level, spans, target, message and fields, then the spans' fields.
//!
//! A span is kept here only while it is open. The usual registry keeps a small table for as many spans as ever were open
//! at once; after thousands of calls those tables lie scattered over the heap, and hold the pages of calls long gone.

use std::{
    cell::RefCell,
    fmt::Write as _,
    io::Write as _,
    num::NonZeroU64,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use dashmap::DashMap;
use tracing::{
    Event, Level, Metadata, Subscriber,
    span::{Attributes, Id, Record},
};
use tracing_core::span::Current;
use tracing_subscriber::{
    field::RecordFields,
    fmt::{
        FormatFields, MakeWriter,
        format::{DefaultFields, Writer},
        time::{FormatTime, SystemTime},
    },
};

/// Writes each event as one line to `output`.
pub(super) struct Lines<W> {
    output: W,
    colour: bool,
    spans: DashMap<u64, Arc<Open>>,
}

/// A span that is open.
struct Open {
    metadata: &'static Metadata<'static>,
    parent: Option<Id>,
    handles: AtomicUsize,
    /// As they stand in a line; they rarely change after the beginning.
    fields: Mutex<String>,
}

/// Unique in the process, so that a thread that serves two of these cannot take a span of one for the other's.
static NEXT: AtomicU64 = AtomicU64::new(1);

thread_local! {
    /// The spans that this thread is in, the innermost last.
    static ENTERED: RefCell<Vec<Id>> = const { RefCell::new(Vec::new()) };
    /// Used again for each line.
    static LINE: RefCell<String> = const { RefCell::new(String::new()) };
}

impl<W> Lines<W> {
    pub(super) fn new(output: W, colour: bool) -> Self {
        Self { output, colour, spans: DashMap::new() }
    }

    fn span(&self, id: &Id) -> Option<Arc<Open>> {
        self.spans.get(&id.into_u64()).map(|open| open.value().clone())
    }

    fn innermost(&self) -> Option<Id> {
        let entered = |ids: &RefCell<Vec<Id>>| {
            ids.borrow().iter().rev().find(|id| self.spans.contains_key(&id.into_u64())).cloned()
        };
        ENTERED.try_with(entered).ok().flatten()
    }

    /// The spans of an event, the outermost first.
    fn scope(&self, event: &Event<'_>) -> Vec<Arc<Open>> {
        let own = event.parent().cloned();
        let mut next = if event.is_contextual() { self.innermost() } else { own };
        let mut scope = Vec::new();
        while let Some(open) = next.take().and_then(|id| self.span(&id)) {
            next.clone_from(&open.parent);
            scope.push(open);
        }
        scope.reverse();
        scope
    }

    fn write_line(&self, line: &mut String, event: &Event<'_>) -> std::fmt::Result {
        let metadata = event.metadata();
        SystemTime.format_time(&mut Writer::new(line))?;
        let level = metadata.level();
        match self.colour.then(|| colour_of(*level)) {
            Some(colour) => write!(line, " \u{1b}[{colour}m{level:>5}\u{1b}[0m ")?,
            None => write!(line, " {level:>5} ")?,
        }
        let scope = self.scope(event);
        for span in &scope {
            write!(line, "{}:", span.metadata.name())?;
        }
        if !scope.is_empty() {
            line.push(' ');
        }
        write!(line, "{}: ", metadata.target())?;
        append(line, event)?;
        for span in &scope {
            let fields = span.fields.lock().unwrap_or_else(PoisonError::into_inner);
            if !fields.is_empty() {
                write!(line, " {fields}")?;
            }
        }
        line.push('\n');
        Ok(())
    }
}

impl<W> Subscriber for Lines<W>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        // What is wanted is decided by the filter around this.
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let parent = if span.is_contextual() { self.innermost() } else { span.parent().cloned() };
        // An outer span stays while an inner one is open.
        let parent = parent.filter(|id| self.hold(id));
        let mut fields = String::new();
        // A field that cannot be printed is left out of the line, not the line out of the log.
        let _ = append(&mut fields, span);
        let open = Open { metadata: span.metadata(), parent, handles: AtomicUsize::new(1), fields: Mutex::new(fields) };
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        self.spans.insert(id, Arc::new(open));
        Id::from_non_zero_u64(NonZeroU64::new(id).unwrap_or(NonZeroU64::MIN))
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        let Some(open) = self.span(id) else { return };
        let mut fields = open.fields.lock().unwrap_or_else(PoisonError::into_inner);
        if !fields.is_empty() {
            fields.push(' ');
        }
        let _ = append(&mut fields, values);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let write = |line: &mut String| {
            line.clear();
            let _ = self.write_line(line, event);
            // Nothing is left to report a closed output to.
            let _ = self.output.make_writer_for(event.metadata()).write_all(line.as_bytes());
        };
        let written = LINE.try_with(|line| {
            line.try_borrow_mut().is_ok_and(|mut line| {
                write(&mut line);
                true
            })
        });
        if !written.unwrap_or(false) {
            // A value that logs while it is printed, or a thread that ends.
            write(&mut String::new());
        }
    }

    fn enter(&self, id: &Id) {
        let _ = ENTERED.try_with(|ids| ids.borrow_mut().push(id.clone()));
    }

    fn exit(&self, id: &Id) {
        let _ = ENTERED.try_with(|ids| {
            let mut ids = ids.borrow_mut();
            if let Some(at) = ids.iter().rposition(|entered| entered == id) {
                ids.remove(at);
            }
        });
    }

    fn clone_span(&self, id: &Id) -> Id {
        self.hold(id);
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        let last = self.spans.get(&id.into_u64()).is_some_and(|open| open.handles.fetch_sub(1, Ordering::AcqRel) == 1);
        if !last {
            return false;
        }
        let closed = self.spans.remove(&id.into_u64());
        if let Some(parent) = closed.and_then(|(_, open)| open.parent.clone()) {
            self.try_close(parent);
        }
        true
    }

    fn current_span(&self) -> Current {
        match self.innermost().and_then(|id| Some((self.span(&id)?.metadata, id))) {
            Some((metadata, id)) => Current::new(id, metadata),
            None => Current::none(),
        }
    }
}

impl<W> Lines<W> {
    /// One more handle of a span; false if it is closed.
    fn hold(&self, id: &Id) -> bool {
        let open = self.spans.get(&id.into_u64());
        open.map(|open| open.handles.fetch_add(1, Ordering::Relaxed)).is_some()
    }
}

fn append(line: &mut String, fields: impl RecordFields) -> std::fmt::Result {
    DefaultFields::new().format_fields(Writer::new(line), fields)
}

fn colour_of(level: Level) -> u8 {
    match level {
        Level::ERROR => 31,
        Level::WARN => 33,
        Level::INFO => 32,
        Level::DEBUG => 34,
        Level::TRACE => 35,
    }
}

#[cfg(test)]
mod tests {
    use tracing::{Instrument, Span, info, info_span, warn};
    use tracing_subscriber::{EnvFilter, Layer};

    use super::*;
    use crate::telemetry::Capture;

    #[test]
    fn a_line_looks_as_the_usual_compact_one_does() {
        let say = || {
            info_span!("call", call.id = "CA7", line = "…00").in_scope(|| {
                info_span!("leg", leg.id = 2).in_scope(|| info!(waited_ms = 3, why = ?"x y", "Ana {}", "accepts"));
            });
            warn!(parent: None, "alone");
        };
        let without_time = |log: &Capture| {
            let text = log.text();
            text.lines().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect::<Vec<_>>()
        };
        let (ours, usual) = (Capture::default(), Capture::default());

        tracing::subscriber::with_default(Lines::new(ours.clone(), false), say);
        let compact = tracing_subscriber::fmt().compact().with_ansi(false).with_writer(usual.clone()).finish();
        tracing::subscriber::with_default(compact, say);

        assert_eq!(without_time(&ours), without_time(&usual));
    }

    #[test]
    fn the_filter_decides_and_spans_that_it_drops_are_not_named() {
        let log = Capture::default();
        let filtered = EnvFilter::new("warn").with_subscriber(Lines::new(log.clone(), false));

        tracing::subscriber::with_default(filtered, || {
            info_span!("call").in_scope(|| {
                info!("quiet");
                warn!("loud");
            });
        });

        assert!(log.text().ends_with(": loud\n") && !log.text().contains("call:"), "{}", log.text());
        assert_eq!(log.text().lines().count(), 1);
    }

    #[tokio::test]
    async fn ten_thousand_calls_leave_no_span_behind() {
        let lines = Arc::new(Lines::new(Capture::default(), false));
        let _guard = tracing::subscriber::set_default(lines.clone());

        let calls: Vec<_> = (0..10_000)
            .map(|number| {
                let call = info_span!("call", call.id = number, line = tracing::field::Empty);
                let task = async {
                    Span::current().record("line", "…00");
                    let inner = info_span!("leg");
                    tokio::task::yield_now().await;
                    inner.in_scope(|| info!("rings"));
                };
                tokio::runtime::Handle::current().spawn(task.instrument(call))
            })
            .collect();
        for call in calls {
            call.await.unwrap();
        }

        assert_eq!(lines.spans.len(), 0);
    }

    #[test]
    fn fields_that_come_later_stand_in_later_lines() {
        let log = Capture::default();
        tracing::subscriber::with_default(Lines::new(log.clone(), false), || {
            let call = info_span!("call", line = 1, winner = tracing::field::Empty);
            call.record("winner", "Ana");
            call.in_scope(|| info!("bridged"));
        });

        assert!(log.text().ends_with("bridged line=1 winner=\"Ana\"\n"), "{}", log.text());
    }
}
