//! Steps that look at the clock: `hours` alone, and as a gate before whatever else a step does.

use super::action::{Action, Context, Lead, read_lead};
use crate::config::{
    hours::Opening,
    reader::{Section, Value},
    reference::keys,
};

keys! {
    pub(in crate::config) BESIDE: "gate" at ["steps.*"] beside "hours", "Key beside `hours` | Default | ";
    /// The step that follows while it is open. Only where the step does nothing else.
    open ("required");
    /// The step that follows while it is closed.
    closed ("the line's `closed` words, then the end");
}

/// What is looked at before anything else of a step.
#[derive(Debug)]
pub(super) struct Gate {
    pub(super) hours: Opening,
    pub(super) closed: Lead,
}

/// Reads the keys `hours` and `closed` of a step that does something else; also `None` after a problem.
pub(super) fn read_gate(section: &mut Section<'_>, context: &Context<'_>) -> Option<Gate> {
    let hours = section.take("hours")?;
    section.refuse("open", "cannot stand here: while it is open, this step does the rest of what it says");
    let closed = read_lead(section, "closed", Lead::Closed, context);
    Some(Gate { hours: context.hours.find(hours)?, closed })
}

/// Reads a step that does nothing but look at the clock.
pub(super) fn read_step<'a>(value: Value<'a>, section: &mut Section<'a>, context: &Context<'_>) -> Option<Action> {
    let closed = read_lead(section, "closed", Lead::Closed, context);
    let open = section.require("open", "the name of the step that follows while it is open").and_then(Value::text);
    let open = open.map(|open| context.lead(open));
    let hours = context.hours.find(value);
    Some(Action::Hours { hours: hours?, open: open?, closed })
}
