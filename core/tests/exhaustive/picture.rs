//! What the walks have seen the machine do: which event leads from which state where, and how that is drawn.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use ringall_core::call::{Effect, Event, Phase};

/// One kind of event, handled in one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seen {
    before: Phase,
    event: &'static str,
    after: Phase,
    ignored: bool,
}

impl Seen {
    pub(crate) fn new(before: Phase, event: &Event, after: Phase, effects: &[Effect]) -> Self {
        let ignored = !effects.is_empty() && effects.iter().all(|effect| matches!(effect, Effect::Ignore(_)));
        Self { before, event: event.name(), after, ignored }
    }
}

pub(crate) type Picture = BTreeSet<Seen>;

const HEAD: &str = "# The states of a call

<!-- Drawn by core/tests/exhaustive.rs; to draw it anew:
     RINGALL_DRAW=1 cargo test -p ringall-core --test exhaustive drawn -->

This page is drawn from what the machine did in every state that it can reach together with a carrier, callers and phones,
as far as `core/tests/exhaustive.rs` walks, and a test keeps it true: what only several faults at once bring about is not
in it. What the states are for is told in [architecture.md](architecture.md).
";

const TABLE_HEAD: &str = "
## Every event in every state

**→** leads to another state, as it stands there; **counts** is taken note of: something is done, or remembered;
*ignored* means nothing there; · never came there. Where there is more than one, it depends on what has been before.
";

/// The page: the states with what leads from one to another, and what each event does in each state.
pub(crate) fn drawn(picture: &Picture) -> String {
    let mut page = String::from(HEAD);
    page.push_str("\n```mermaid\nstateDiagram-v2\n    [*] --> Ringing: a ring step begins a round\n    [*] --> Speaking: a say step\n");
    for before in Phase::ALL {
        for after in Phase::ALL.into_iter().filter(|after| *after != before) {
            let events = picture.iter().filter(|seen| seen.before == before && seen.after == after);
            let causes = causes(events.map(|seen| seen.event));
            if !causes.is_empty() {
                let _ = writeln!(page, "    {} --> {}: {causes}", before.name(), after.name());
            }
        }
    }
    page.push_str("    Over --> [*]: every leg's end is confirmed\n```\n");
    page.push_str(TABLE_HEAD);
    page.push_str("\n| event |");
    for phase in Phase::ALL {
        let _ = write!(page, " {} |", phase.name());
    }
    let _ = write!(page, "\n| --- |{}", " --- |".repeat(Phase::ALL.len()));
    for event in Event::NAMES {
        let _ = write!(page, "\n| `{event}` |");
        for phase in Phase::ALL {
            let _ = write!(page, " {} |", cell(picture, phase, event));
        }
    }
    page.push('\n');
    page
}

/// Events by their kind, one kind a line: `FromLeg: Accepted, Completed`.
fn causes(events: impl Iterator<Item = &'static str>) -> String {
    let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for event in events {
        let (kind, detail) = event.split_once('/').unwrap_or((event, ""));
        let details = kinds.entry(kind).or_default();
        if !details.contains(&detail) {
            details.push(detail);
        }
    }
    let line = |(kind, details): (&str, Vec<&str>)| match details.as_slice() {
        [""] => kind.to_owned(),
        details => format!("{kind} {}", details.join(", ")),
    };
    kinds.into_iter().map(line).collect::<Vec<_>>().join("<br>")
}

fn cell(picture: &Picture, phase: Phase, event: &str) -> String {
    let met: Vec<&Seen> = picture.iter().filter(|seen| seen.before == phase && seen.event == event).collect();
    let leads = met.iter().filter(|seen| seen.after != phase).map(|seen| seen.after.name());
    let leads: BTreeSet<_> = leads.collect();
    let mut words: Vec<String> = leads.into_iter().map(|name| format!("**→ {name}**")).collect();
    if met.iter().any(|seen| seen.after == phase && !seen.ignored) {
        words.push("counts".into());
    }
    if met.iter().any(|seen| seen.after == phase && seen.ignored) {
        words.push("*ignored*".into());
    }
    if words.is_empty() { "·".into() } else { words.join(", ") }
}
