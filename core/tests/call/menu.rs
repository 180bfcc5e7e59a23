//! Menus: which key leads where, and which keys count.

use std::{sync::Arc, time::Duration};

use ringall_core::{
    call::{AfterWords, Asked, Call, CallSetup, CallerDocument, Effect, Event, Ignored, Phase, Ringback, Standing},
    fact::{Fact, Outcome},
    flow::{Flow, Keys, Menu, NamedStep, Step, StepIndex},
    id::VisitId,
};

use super::scene::*;

#[test]
fn a_menu_is_said_at_once_and_each_key_leads_to_its_step() {
    let (call, effects) = Call::begin(at(0), setup_of(menu_of(2)));
    assert_eq!(effects, [Effect::Note(Fact::Arrived), said_prompt(), Effect::Reply(choose(1, None))]);
    assert_eq!(call.phase(), Phase::Choosing);

    for (keys, words) in [("1", "Sales."), ("12", "Support."), ("*", "Star."), ("#", "Hash.")] {
        let (next, effects) = call.clone().handle(at(3), pressed(1, keys));

        assert_eq!(effects[0], Effect::Note(Fact::Chose(keys.into())));
        assert_eq!(effects[1], Effect::Note(Fact::Said(words.into())));
        assert_eq!(next.phase(), Phase::Speaking);
    }
}

#[test]
fn no_key_and_wrong_keys_are_told_before_the_prompt_is_said_again_and_then_lead_on() {
    let (call, effects) = choosing().handle(at(9), ended(1));
    assert_eq!(effects, [Effect::Note(Fact::PressedNoKey), Effect::Reply(choose(2, Some("Nothing.")))]);
    let (call, effects) = call.handle(at(12), pressed(2, "7"));
    assert_eq!(effects, [Effect::Note(Fact::PressedWrongKey), Effect::Reply(choose(3, Some("Wrong.")))]);

    let (_, by_wrong_key) = call.clone().handle(at(14), pressed(3, "99999999999"));
    let (_, by_nothing) = call.handle(at(14), pressed(3, ""));

    assert_eq!(by_wrong_key[..2], [Effect::Note(Fact::PressedWrongKey), Effect::Note(Fact::Said("Too wrong.".into()))]);
    assert_eq!(by_nothing[..2], [Effect::Note(Fact::PressedNoKey), Effect::Note(Fact::Said("Too late.".into()))]);
}

#[test]
fn a_menu_that_is_never_repeated_leads_on_at_the_first_miss() {
    let call = Call::begin(at(0), setup_of(menu_of(0))).0;

    let (_, effects) = call.handle(at(9), ended(1));

    assert_eq!(effects[1], Effect::Note(Fact::Said("Too late.".into())));
}

#[test]
fn a_key_for_an_earlier_time_of_asking_presses_nothing_and_costs_no_try() {
    for late in [pressed(1, "1"), pressed(1, "7"), ended(1), Event::CallerAsked(Asked::DialEnded), asks()] {
        let (call, effects) = asked_again().handle(at(10), late);
        let (call, asked) = call.handle(at(11), asks());

        assert_eq!(effects, [Effect::Reply(choose(2, Some("Nothing.")))]);
        assert_eq!(asked, effects);
        assert_eq!(call, asked_again().handle(at(11), asks()).0);
    }
}

#[test]
fn a_key_that_is_reported_twice_is_pressed_once() {
    let call = choosing().handle(at(3), pressed(1, "*")).0;

    let (call, effects) = call.handle(at(3), pressed(1, "*"));

    // In the next step it is an old document's last word: the present words, once more.
    assert!(matches!(effects.as_slice(), [Effect::Reply(CallerDocument::Say { .. })]), "{effects:?}");
    assert_eq!(call.phase(), Phase::Speaking);
}

#[test]
fn a_key_that_comes_when_phones_ring_chooses_nothing() {
    let call = ringing([ANA]);

    let (call, effects) = call.handle(at(3), pressed(1, "1"));

    assert_eq!(call.phase(), Phase::Ringing);
    assert!(!effects.contains(&Effect::Note(Fact::Chose("1".into()))), "{effects:?}");
}

#[test]
fn a_caller_whose_webhook_is_lost_in_a_menu_is_looked_up_and_asked_again() {
    let call = choosing();
    // 15 s of slack, 0.1 s for each byte of the prompt, and 4 s for each of two keys.
    let due = call.deadline().unwrap();
    assert_eq!(due, at(0) + Duration::from_millis(15_000 + 1_600 + 8_000));
    let (call, effects) = call.handle(due, Event::DeadlineReached);
    assert_eq!(effects, [Effect::LookUpCaller]);

    let (call, effects) = call.handle(due, Event::CallerLookedUp(Standing::Up));

    assert_eq!(effects, [Effect::Note(Fact::PressedNoKey), Effect::RedirectCaller]);
    let (_, effects) = call.handle(at(26), asks());
    assert_eq!(effects, [Effect::Reply(choose(2, Some("Nothing.")))]);
}

#[test]
fn a_caller_who_is_not_heard_of_again_in_a_menu_is_ended_and_the_call_is_over() {
    let mut call = choosing();
    let mut ended = false;
    while let Some(due) = call.deadline() {
        let effects;
        (call, effects) = call.handle(due, Event::DeadlineReached);
        ended |= effects.contains(&Effect::EndCaller);
    }

    assert!(ended && call.is_finished());
}

#[test]
fn a_caller_who_goes_round_in_circles_for_ever_is_not_cut_off_without_a_word() {
    let mut call = Call::begin(at(0), round_about()).0;
    let mut last = Vec::new();
    let mut rounds = 0;
    while call.phase() == Phase::Choosing {
        rounds += 1;
        (call, last) = call.handle(at(rounds), pressed(u32::try_from(rounds).unwrap(), "1"));
    }

    assert_eq!(rounds, 100);
    let words = CallerDocument::Say { words: "We failed.".into(), then: AfterWords::HangUp };
    assert_eq!(last[1..], [Effect::Note(Fact::Over(Outcome::FlowEnded)), Effect::Reply(words)]);
}

#[test]
fn a_caller_who_hangs_up_in_a_menu_has_given_up() {
    let (call, effects) = asked_again().handle(at(10), Event::CallerLeft);

    assert_eq!(effects, [Effect::Note(Fact::CallerLeft), Effect::Note(Fact::Over(Outcome::CallerGaveUp))]);
    assert!(call.is_finished());
    let (_, effects) = call.handle(at(11), pressed(2, "1"));
    assert_eq!(effects, [Effect::Reply(CallerDocument::HangUp)]);
}

#[test]
fn a_program_that_stops_tells_a_caller_in_a_menu() {
    let (call, effects) = choosing().handle(at(3), Event::ShuttingDown);

    assert_eq!(effects, [Effect::Note(Fact::Over(Outcome::ShutDown)), Effect::RedirectCaller]);
    let (_, effects) = call.handle(at(4), pressed(1, "1"));
    assert!(
        matches!(effects.as_slice(), [Effect::Reply(CallerDocument::Say { words, .. })] if *words == "We failed.".into())
    );
}

#[test]
fn a_prompt_that_reached_nobody_is_fetched_again() {
    let (call, effects) = choosing().handle(at(0), Event::ReplyFoundNobody);
    assert_eq!(effects, [Effect::LookUpCaller]);

    let (_, effects) = call.handle(at(1), asks());

    assert_eq!(effects, [Effect::Reply(choose(1, None))]);
}

#[test]
fn what_means_nothing_to_a_menu_is_ignored() {
    let (_, effects) = choosing().handle(at(3), Event::ClaimClosed { round: round(1) });

    assert_eq!(effects, [Effect::Ignore(Ignored::TooLate)]);
}

/// The caller hears a menu for the first time.
pub(crate) fn choosing() -> Call {
    Call::begin(at(0), setup_of(menu_of(2))).0
}

/// The caller has pressed nothing, and hears it again.
pub(crate) fn asked_again() -> Call {
    choosing().handle(at(9), ended(1)).0
}

/// Keys came for the so-manieth time of asking.
pub(crate) fn pressed(number: u32, keys: &str) -> Event {
    Event::CallerAsked(Asked::Chosen { visit: visit(number), keys: Keys::read(keys) })
}

fn ended(number: u32) -> Event {
    Event::CallerAsked(Asked::WordsEnded(visit(number)))
}

fn asks() -> Event {
    Event::CallerAsked(Asked::Now { answered: true })
}

fn visit(number: u32) -> VisitId {
    number.to_string().parse().expect("a well-formed name")
}

fn said_prompt() -> Effect {
    Effect::Note(Fact::Said("Press something.".into()))
}

fn choose(number: u32, before: Option<&str>) -> CallerDocument {
    CallerDocument::Choose { before: before.map(Into::into), menu: menu_of(2), visit: visit(number) }
}

fn menu_of(repeats: u8) -> Arc<Menu> {
    let keys = ["1", "12", "*", "#"];
    Arc::new(Menu {
        prompt: "Press something.".into(),
        keys: (1..).zip(keys).map(|(at, keys)| (keys.into(), StepIndex(at))).collect(),
        pause: Duration::from_secs(4),
        repeats,
        no_input_words: "Nothing.".into(),
        wrong_key_words: "Wrong.".into(),
        no_input: StepIndex(5),
        wrong_key: StepIndex(6),
    })
}

/// A menu whose only key leads back to it.
fn round_about() -> Arc<CallSetup> {
    let menu = Menu { keys: [("1".into(), StepIndex(0))].into(), ..Menu::clone(&menu_of(2)) };
    setup_of(Arc::new(menu))
}

fn setup_of(menu: Arc<Menu>) -> Arc<CallSetup> {
    let words = ["Sales.", "Support.", "Star.", "Hash.", "Too late.", "Too wrong."];
    let mut steps = vec![Step::Menu(menu)];
    steps.extend(words.map(|words| Step::Say { words: words.into(), next: StepIndex(7) }));
    steps.push(Step::HangUp);
    let steps = steps.into_iter().map(|step| NamedStep { name: "step".into(), step });
    let flow = Flow::new(steps.collect(), StepIndex(0)).expect("a sound flow");
    Arc::new(CallSetup { flow: Arc::new(flow), ..CallSetup::clone(&setup(group([ANA]), Ringback::Tone)) })
}
