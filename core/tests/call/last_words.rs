//! Calls that are refused, led on, or handed over to somebody else's documents.

use std::sync::Arc;

use ringall_core::{
    call::{AfterWords, Asked, Call, CallSetup, CallerDocument, Effect, Event, Phase, Ringback},
    fact::{Fact, Outcome},
    flow::{Flow, FlowError, NamedStep, Rejection, Step, StepIndex},
};

use super::scene::*;

#[test]
fn a_call_that_is_refused_at_once_is_refused_unanswered() {
    for reason in [Rejection::Busy, Rejection::NotInService] {
        let (call, effects) = begin_with([reject(reason)]);

        let over = Effect::Note(Fact::Over(Outcome::FlowEnded));
        let refused = Effect::Reply(CallerDocument::Reject(reason));
        assert_eq!(effects, [Effect::Note(Fact::Arrived), Effect::Note(Fact::Rejected(reason)), over, refused]);
        let (call, _) = call.handle(at(1), Event::CallerLeft);
        assert!(call.is_finished());
    }
}

#[test]
fn a_caller_who_was_answered_before_the_refusal_hears_it_in_words() {
    let (call, _) = begin_with([say(1), reject(Rejection::Busy)]);

    let (_, effects) = call.handle(at(3), Event::CallerAsked(Asked::WordsEnded("1".parse().unwrap())));

    assert_eq!(effects.last(), Some(&Effect::Reply(said("Engaged."))));
}

#[test]
fn a_caller_who_is_answered_while_the_refusal_is_under_way_hears_it_in_words() {
    let (call, _) = begin_with([reject(Rejection::Busy)]);

    let (_, effects) = call.handle(at(1), Event::CallerAsked(Asked::Now { answered: true }));

    assert_eq!(effects, [Effect::Reply(said("Engaged."))]);
}

#[test]
fn a_step_that_only_leads_on_takes_no_time() {
    let go_to = |next| Step::GoTo { next: StepIndex(next) };

    let (call, effects) = begin_with([go_to(2), say(3), go_to(1), Step::HangUp]);

    assert_eq!(effects[1], Effect::Note(Fact::Said("Hello.".into())));
    assert_eq!(call.phase(), Phase::Speaking);
    let circle = Flow::new(named([go_to(1), go_to(0)]), StepIndex(0));
    assert_eq!(circle, Err(FlowError::Circle { at: "step".into() }));
}

#[test]
fn a_caller_who_is_handed_over_lives_on_without_us() {
    let (call, effects) = begin_with([hand_over()]);
    assert_eq!(effects[1..], [Effect::Note(Fact::HandedOver), Effect::Note(Fact::Over(Outcome::FlowEnded)), handed()]);
    assert_eq!((call.phase(), call.is_finished(), call.deadline()), (Phase::Over, false, Some(at(30))));

    let (call, effects) = call.handle(at(30), Event::DeadlineReached);

    assert!(effects.iter().all(|effect| matches!(effect, Effect::Ignore(_))), "{effects:?}");
    assert!(call.is_finished());
}

#[test]
fn a_hand_over_that_reached_nobody_is_fetched_again() {
    let (call, effects) = begin_with([hand_over()]).0.handle(at(0), Event::ReplyFoundNobody);
    assert_eq!(effects, [Effect::LookUpCaller]);

    let (_, effects) = call.handle(at(1), asks());

    assert_eq!(effects, [handed()]);
}

#[test]
fn a_caller_whose_other_address_fails_again_and_again_is_told_that_we_failed() {
    let mut call = begin_with([hand_over()]).0;
    for second in 1..=2 {
        let effects;
        (call, effects) = call.handle(at(second), asks());
        assert_eq!(effects, [handed()]);
    }

    let (call, effects) = call.handle(at(3), asks());

    assert_eq!(effects, [Effect::Reply(said("We failed."))]);
    assert!(call.handle(at(4), Event::CallerLeft).0.is_finished());
}

#[test]
fn a_caller_is_handed_over_out_of_the_conference_by_whichever_request_comes() {
    let ring = Step::ring(Arc::new(group([ANA])), StepIndex(1));
    let call = begin_with([ring, hand_over()]).0.handle(at(0), granted(1, [ANA])).0;
    let call = run_until(call, 30).0.handle(at(30), Event::ClaimClosed { round: round(1) }).0;

    let (call, first) = call.handle(at(31), Event::CallerAsked(Asked::DialEnded));
    let (_, second) = call.handle(at(31), asks());

    assert_eq!((first, second), (vec![handed()], vec![handed()]));
}

#[test]
fn the_flow_knows_which_refusals_come_too_late_and_which_menus_need_a_key() {
    let go_to = |next| Step::GoTo { next: StepIndex(next) };
    let early = Flow::new(named([go_to(1), reject(Rejection::Busy)]), StepIndex(0)).unwrap();
    let late = Flow::new(named([say(1), go_to(2), reject(Rejection::Busy)]), StepIndex(0)).unwrap();

    assert_eq!((early.late_rejections().count(), late.late_rejections().count()), (0, 1));
    assert_eq!(late.keyless_circles().count(), 0);
}

fn begin_with<const N: usize>(steps: [Step; N]) -> (Call, Vec<Effect>) {
    let flow = Flow::new(named(steps), StepIndex(0)).expect("a sound flow");
    let setup = CallSetup { flow: Arc::new(flow), ..CallSetup::clone(&setup(group([ANA]), Ringback::Tone)) };
    Call::begin(at(0), Arc::new(setup))
}

fn named<const N: usize>(steps: [Step; N]) -> Vec<NamedStep> {
    steps.map(|step| NamedStep { name: "step".into(), step }).into()
}

fn say(next: usize) -> Step {
    Step::Say { words: "Hello.".into(), next: StepIndex(next) }
}

fn reject(reason: Rejection) -> Step {
    Step::Reject { reason, words: "Engaged.".into() }
}

fn hand_over() -> Step {
    Step::HandOver { url: "https://example.org/more".into() }
}

fn handed() -> Effect {
    Effect::Reply(CallerDocument::HandOver("https://example.org/more".into()))
}

fn said(words: &str) -> CallerDocument {
    CallerDocument::Say { words: words.into(), then: AfterWords::HangUp }
}

fn asks() -> Event {
    Event::CallerAsked(Asked::Now { answered: true })
}
