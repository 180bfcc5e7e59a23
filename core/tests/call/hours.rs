//! Opening hours decide by the moment at which the call comes to them.

use std::sync::Arc;

use ringall_core::{
    call::{AfterWords, Call, CallSetup, CallerDocument, Effect, Event, Ringback},
    fact::Fact,
    flow::{
        Flow, NamedStep, Step, StepIndex,
        hours::{DayHours, Hours, Schedule, Weekday, Zone},
    },
};

use super::scene::*;

/// Calls of these examples begin on a Tuesday in 2023, at 22:13:20 in London.
const OPEN: &str = "09:00-23:00";
const CLOSED: &str = "09:00-17:00";
/// Ten seconds before anybody can be rung for half a minute it closes.
const CLOSES: &str = "09:00-22:14";

#[test]
fn open_hours_lead_to_the_phones_at_once() {
    let (call, effects) = begin(OPEN);

    let looked = looked_at(true, "Tuesday has 09:00-23:00");
    let seek = Effect::Seek { round: round(1), phones: vec![phone(ANA)], ring_busy: false };
    assert_eq!(effects, [Effect::Note(Fact::Arrived), looked, Effect::OpenRound(round(1)), seek]);
    assert!(call.deadline().is_some());
}

#[test]
fn closed_hours_ring_nobody_and_say_so() {
    let (_, effects) = begin(CLOSED);

    let said = CallerDocument::Say { words: "Closed.".into(), then: AfterWords::HangUp };
    assert_eq!(
        effects,
        [
            Effect::Note(Fact::Arrived),
            looked_at(false, "Tuesday has 09:00-17:00"),
            Effect::Note(Fact::Said("Closed.".into())),
            Effect::Reply(said),
        ]
    );
}

#[test]
fn hours_are_looked_at_anew_when_the_call_comes_back_to_them() {
    let (call, effects) = begin(CLOSES);
    assert!(effects.contains(&looked_at(true, "Tuesday has 09:00-22:14")));

    let call = call.handle(at(0), granted(1, [ANA])).0;
    let call = run_until(call, 45).0;
    let (_, effects) = call.handle(at(45), Event::ClaimClosed { round: round(1) });

    assert!(effects.contains(&looked_at(false, "Tuesday has 09:00-22:14")), "{effects:?}");
    assert!(effects.contains(&Effect::Note(Fact::Said("Closed.".into()))), "{effects:?}");
}

#[test]
fn hours_are_no_steps_that_use_up_a_calls_patience() {
    let (mut call, _) = begin("00:00-24:00");
    let mut rounds = 0;
    while !call.is_finished() && rounds < 98 {
        rounds += 1;
        call = call.handle(at(50 * u64::from(rounds)), granted(rounds, [])).0;
        call = run_until(call, 50 * u64::from(rounds) + 40).0;
        call = call.handle(at(50 * u64::from(rounds) + 40), Event::ClaimClosed { round: round(rounds) }).0;
    }

    assert_eq!((rounds, call.outcome()), (98, None));
}

/// Hours, a ring that leads back to them, and words for when it is closed.
fn begin(tuesday: &str) -> (Call, Vec<Effect>) {
    let day = DayHours::new(vec![tuesday.parse().expect("a range")]).expect("one range");
    let mut schedule = Schedule::default();
    for weekday in [Weekday::Tuesday, Weekday::Wednesday] {
        schedule.set_weekday(weekday, day.clone());
    }
    let zone = Zone::named("Europe/London").expect("a zone");
    let hours = Arc::new(Hours { name: "office".into(), zone, schedule: Arc::new(schedule) });
    let steps = [
        Step::Hours { hours, open: StepIndex(1), closed: StepIndex(2) },
        Step::ring(Arc::new(group([ANA])), StepIndex(0)),
        Step::Say { words: "Closed.".into(), next: StepIndex(3) },
        Step::HangUp,
    ];
    let steps = steps.map(|step| NamedStep { name: "step".into(), step });
    let flow = Flow::new(steps.into(), StepIndex(0)).expect("a sound flow");
    let setup = CallSetup { flow: Arc::new(flow), ..CallSetup::clone(&setup(group([ANA]), Ringback::Tone)) };
    Call::begin(at(0), Arc::new(setup))
}

fn looked_at(open: bool, why: &str) -> Effect {
    Effect::Note(Fact::LookedAtHours { hours: "office".into(), open, why: why.into() })
}
