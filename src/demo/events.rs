//! What an open page is told as it happens: everybody at a glance after each change, and each line of the timelines.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, stream};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use super::Demo;

/// One open page.
struct Watcher {
    demo: Arc<Demo>,
    world: watch::Receiver<u64>,
    facts: watch::Receiver<u64>,
    next_fact: u64,
    owes_snapshot: bool,
    next_snapshot_at: Instant,
}

/// Changes that come faster are shown together.
const BETWEEN_SNAPSHOTS: Duration = Duration::from_millis(50);

/// Everything from now on, after the timelines so far.
pub(super) async fn events(State(demo): State<Arc<Demo>>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let watcher = Watcher::new(demo);
    let events = stream::unfold(watcher, async |mut watcher| Some((Ok(watcher.next().await), watcher)));
    Sse::new(events).keep_alive(KeepAlive::default())
}

impl Watcher {
    fn new(demo: Arc<Demo>) -> Self {
        let (world, facts) = (demo.simulator.changes(), demo.facts.count());
        Self { demo, world, facts, next_fact: 0, owes_snapshot: true, next_snapshot_at: Instant::now() }
    }

    /// The next event. The first is a snapshot, so that the page knows everybody of whom it is told.
    async fn next(&mut self) -> Event {
        loop {
            if self.owes_snapshot && self.next_snapshot_at <= Instant::now() {
                return self.snapshot();
            }
            if let Some(fact) = self.fact() {
                return fact;
            }
            tokio::select! {
                () = sleep_until(self.next_snapshot_at), if self.owes_snapshot => {}
                // Both senders live as long as the demonstration.
                _ = self.world.changed(), if !self.owes_snapshot => self.owes_snapshot = true,
                _ = self.facts.changed() => {}
            }
        }
    }

    fn snapshot(&mut self) -> Event {
        // First taken as seen, then looked at: what changes in between is told once more.
        self.world.mark_unchanged();
        self.owes_snapshot = false;
        self.next_snapshot_at = Instant::now() + BETWEEN_SNAPSHOTS;
        event("snapshot", self.demo.snapshot())
    }

    fn fact(&mut self) -> Option<Event> {
        self.facts.mark_unchanged();
        let (number, line) = self.demo.facts.from(self.next_fact)?;
        self.next_fact = number + 1;
        Some(event("fact", line))
    }
}

fn event(name: &str, data: impl serde::Serialize) -> Event {
    let event = Event::default().event(name);
    event.json_data(data).expect("a view has text keys only, so it can always be written")
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;
    use crate::demo::{cast::CALLERS, tests::demo_in_process};

    #[tokio::test(start_paused = true)]
    async fn a_page_that_is_opened_later_is_told_everything_that_was() {
        let demo = demo_in_process();
        demo.caller_calls(CALLERS[0].id).unwrap();
        sleep(Duration::from_secs(3)).await;

        let mut page = Watcher::new(demo);
        let first = shown(&page.next().await);
        let then = [shown(&page.next().await), shown(&page.next().await)];

        assert!(first.contains("event: snapshot") && first.contains("Calling".to_lowercase().as_str()), "{first}");
        assert!(then[0].contains("event: fact") && then[0].contains("a call comes in"), "{then:?}");
        assert!(then[1].contains("event: fact"), "{then:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn many_changes_at_once_are_one_snapshot_a_while_later() {
        let demo = demo_in_process();
        let mut page = Watcher::new(demo.clone());
        let _ = page.next().await;
        let began = Instant::now();

        for manner in ["answers", "mailbox", "manual", "declines"] {
            demo.phone_behaves("ana", manner).unwrap();
        }
        let told = shown(&page.next().await);

        assert!(told.contains("declines"), "{told}");
        assert!(began.elapsed() >= BETWEEN_SNAPSHOTS);
        assert!(tokio::time::timeout(Duration::from_secs(5), page.next()).await.is_err());
    }

    fn shown(event: &Event) -> String {
        format!("{event:?}")
    }
}
