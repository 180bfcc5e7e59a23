//! A caller leaves a message: what they hear, which ends lead on, and that nobody is left behind the beep.

use std::{sync::Arc, time::Duration};

use ringall_core::{
    call::{
        AfterWords, Asked, Call, CallSetup, CallerDocument, Effect, Event, Ignored, LegNews, Phase, Recorded,
        RecordingEnd, Ringback, RoomNews, Standing,
    },
    fact::{Fact, Outcome},
    flow::{Flow, NamedStep, Step, StepIndex, Tiers, Voicemail},
    id::VisitId,
};

use super::scene::*;

#[test]
fn a_caller_hears_the_greeting_and_the_beep_in_their_first_document() {
    let (call, effects) = Call::begin(at(0), setup_of(1));

    let asked = Effect::Note(Fact::AskedForMessage);
    assert_eq!(effects, [Effect::Note(Fact::Arrived), asked, Effect::Reply(record(1, "Speak."))]);
    assert_eq!((call.phase(), call.is_only_a_talk()), (Phase::Recording, false));
}

#[test]
fn a_caller_who_has_left_a_message_hears_goodbye_and_the_call_goes_on() {
    let (call, effects) = recording().handle(at(30), ended(1, RecordingEnd::Recorded));

    let heard = Effect::Note(Fact::Said("Goodbye.".into()));
    let next = VisitId::FIRST.next();
    let goodbye = CallerDocument::Say { words: "Goodbye.".into(), then: AfterWords::Ask(next) };
    assert_eq!(effects, [Effect::Note(Fact::LeftMessage), heard, Effect::Reply(goodbye)]);

    let (call, effects) = call.handle(at(33), Event::CallerAsked(Asked::WordsEnded(next)));
    assert_eq!(effects[0], Effect::Note(Fact::Said("Afterwards.".into())));
    let (_, effects) = call.handle(at(35), Event::CallerLeft);
    assert_eq!(effects, [Effect::Note(Fact::Over(Outcome::LeftMessage))]);
}

#[test]
fn a_caller_who_says_nothing_is_asked_once_more_and_then_hears_goodbye() {
    for nothing in [Asked::Recorded { visit: visit(1), end: RecordingEnd::Nothing }, Asked::WordsEnded(visit(1))] {
        let (call, effects) = recording().handle(at(12), Event::CallerAsked(nothing));
        assert_eq!(effects, [Effect::Note(Fact::LeftNoMessage), Effect::Reply(record(2, "Nothing heard."))]);
        assert_eq!(call.phase(), Phase::Recording);

        let (call, effects) = call.handle(at(24), ended(2, RecordingEnd::Nothing));
        assert_eq!(effects[..2], [Effect::Note(Fact::LeftNoMessage), Effect::Note(Fact::Said("Goodbye.".into()))]);
        assert_eq!(call.phase(), Phase::Speaking);
    }
}

#[test]
fn a_caller_who_hangs_up_after_their_message_has_left_one_in_whichever_order_that_is_told() {
    let (call, effects) = recording().handle(at(30), ended(1, RecordingEnd::HungUp { recorded: true }));
    let outcome = Effect::Note(Fact::Over(Outcome::LeftMessage));
    let hang_up = Effect::Reply(CallerDocument::HangUp);
    assert_eq!(effects, [Effect::Note(Fact::LeftMessage), Effect::Note(Fact::CallerLeft), outcome, hang_up.clone()]);
    let (call, _) = call.handle(at(31), Event::CallerLeft);
    assert!(call.is_finished());

    let (call, effects) = recording().handle(at(30), Event::CallerLeft);
    assert_eq!(effects, [Effect::Note(Fact::CallerLeft), Effect::Note(Fact::Over(Outcome::CallerGaveUp))]);
    assert!(call.is_finished(), "the carrier's report of the recording does not need the call");
    assert_eq!(call.handle(at(31), ended(1, RecordingEnd::HungUp { recorded: true })).1, [hang_up]);
}

#[test]
fn a_caller_who_hangs_up_at_the_beep_has_given_up() {
    let (call, effects) = recording().handle(at(9), ended(1, RecordingEnd::HungUp { recorded: false }));

    let over = Effect::Note(Fact::Over(Outcome::CallerGaveUp));
    assert_eq!(effects, [Effect::Note(Fact::CallerLeft), over, Effect::Reply(CallerDocument::HangUp)]);
    assert_eq!(call.phase(), Phase::Over);
}

#[test]
fn an_action_that_comes_twice_or_for_an_earlier_beep_advances_the_call_once() {
    let (call, _) = recording().handle(at(30), ended(1, RecordingEnd::Recorded));
    let (call, effects) = call.handle(at(30), ended(1, RecordingEnd::Recorded));
    let goodbye = CallerDocument::Say { words: "Goodbye.".into(), then: AfterWords::Ask(visit(2)) };
    assert_eq!(effects, [Effect::Reply(goodbye)], "the present words once more");
    assert_eq!(call.phase(), Phase::Speaking);

    let second = recording().handle(at(12), ended(1, RecordingEnd::Nothing)).0;
    let (second, effects) = second.handle(at(12), ended(1, RecordingEnd::Nothing));
    assert_eq!(effects, [Effect::Reply(record(2, "Nothing heard."))]);
    assert_eq!(second.phase(), Phase::Recording);
}

#[test]
fn a_caller_whose_recording_is_never_told_of_is_looked_for_and_led_on() {
    // The greeting, the longest message, the silence behind it, and some time for the carrier.
    let due = 1 + 60 + 5 + 15;
    let (call, effects) = run_until(recording(), due - 1);
    assert_eq!((call.phase(), effects), (Phase::Recording, vec![]), "whoever speaks is left alone");

    let (call, effects) = run_until(call, due);
    assert_eq!(effects, [Effect::LookUpCaller]);
    let (call, effects) = call.handle(at(due), Event::CallerLookedUp(Standing::Up));
    assert_eq!(effects, [Effect::Note(Fact::Said("Goodbye.".into())), Effect::RedirectCaller]);
    assert_eq!(call.phase(), Phase::Speaking);
}

#[test]
fn a_document_that_never_begins_to_record_is_not_given_for_ever() {
    let mut call = recording();
    for seconds in 1..=3 {
        let (next, effects) = call.handle(at(seconds), asks_now());
        assert_eq!(effects, [Effect::Reply(record(1, "Speak."))]);
        call = next;
    }

    let (call, effects) = call.handle(at(4), asks_now());

    assert_eq!(effects[0], Effect::Note(Fact::Said("Goodbye.".into())));
    assert_eq!(call.phase(), Phase::Speaking);
}

#[test]
fn a_caller_whose_first_document_came_again_and_again_is_given_the_second_anew_all_the_same() {
    let call = (1..=3).fold(recording(), |call, seconds| call.handle(at(seconds), asks_now()).0);
    let call = call.handle(at(9), ended(1, RecordingEnd::Nothing)).0;

    let (call, effects) = call.handle(at(10), asks_now());

    assert_eq!(effects, [Effect::Reply(record(2, "Nothing heard."))]);
    assert_eq!(call.phase(), Phase::Recording);
}

#[test]
fn a_caller_whose_second_beep_was_lost_on_the_way_is_given_it_once_more() {
    let (call, effects) = asked_again().handle(at(1), Event::ReplyFoundNobody);
    assert_eq!(effects, [Effect::LookUpCaller]);

    // The fallback tells the end of the first once more.
    let (call, effects) = call.handle(at(2), ended(1, RecordingEnd::Nothing));

    assert_eq!(effects, [Effect::Reply(record(2, "Nothing heard."))]);
    assert_eq!(call.phase(), Phase::Recording);
}

#[test]
fn a_caller_in_the_room_hears_the_greeting_once() {
    let (call, _) = run_until(Call::begin(at(0), setup_of(0)).0.handle(at(0), granted(1, [ANA])).0, 30);
    let (call, effects) = call.handle(at(30), Event::ClaimClosed { round: round(1) });
    assert_eq!(effects.last(), Some(&Effect::RedirectCaller), "{effects:?}");

    let (call, effects) = call.handle(at(30), Event::CallerAsked(Asked::DialEnded));
    assert_eq!(effects, [Effect::Reply(CallerDocument::HearRingback)]);
    let (call, effects) = call.handle(at(31), asks_now());
    assert_eq!(effects, [Effect::Reply(record(2, "Speak."))]);
    assert_eq!(call.phase(), Phase::Recording);
}

#[test]
fn a_shutdown_tells_the_caller_and_keeps_what_they_have_said() {
    let (call, effects) = recording().handle(at(20), Event::ShuttingDown);

    assert_eq!(effects, [Effect::Note(Fact::Over(Outcome::ShutDown)), Effect::RedirectCaller]);
    let (_, effects) = call.handle(at(21), asks_now());
    let sorry = CallerDocument::Say { words: "We failed.".into(), then: AfterWords::HangUp };
    assert_eq!(effects, [Effect::Reply(sorry)]);
}

#[test]
fn a_recording_that_is_ready_is_written_down_and_changes_nothing() {
    for call in [recording(), bridged([ANA]), over()] {
        let length = Duration::from_secs(7);
        let ready = Event::RecordingReady { what: Recorded::Talk, length };

        let (next, effects) = call.clone().handle(at(0), ready);

        assert_eq!(effects, [Effect::Note(Fact::RecordingReady(Recorded::Talk, length))]);
        assert_eq!(next, call);
    }
}

#[test]
fn a_leg_that_accepts_too_late_does_not_tear_the_caller_out_of_their_message() {
    let (call, effects) = recording().handle(at(20), from_leg(ANA, LegNews::Accepted));

    assert!(effects.iter().all(|effect| !matches!(effect, Effect::RedirectCaller)), "{effects:?}");
    assert_eq!(call.phase(), Phase::Recording);
    assert_eq!(call.handle(at(21), room_seen(1, None)).1, [Effect::Ignore(Ignored::TooLate)]);
}

#[test]
fn a_talk_is_recorded_from_its_bridge_on_and_only_once() {
    let tiers = Tiers::from(Arc::new(group([ANA]))).recorded();
    let steps = [Step::Ring { tiers, nobody: StepIndex(1) }, Step::HangUp];
    let call = Call::begin(at(0), flow_of(steps.into(), 0)).0.handle(at(0), granted(1, [ANA])).0;
    let joining = after(call, [from_leg(ANA, LegNews::Rings), from_leg(ANA, LegNews::Accepted)]);

    let (call, effects) = joining.handle(at(6), Event::Room(RoomNews::Started));
    let bridged = Effect::Note(Fact::Bridged("Ana".into()));
    assert_eq!(effects.iter().filter(|effect| **effect == Effect::RecordCaller).count(), 1, "{effects:?}");
    let place = |wanted: &Effect| effects.iter().position(|effect| effect == wanted);
    assert!(place(&bridged) < place(&Effect::RecordCaller));

    let (_, effects) = call.handle(at(7), Event::Room(RoomNews::Started));
    assert!(!effects.contains(&Effect::RecordCaller), "{effects:?}");
}

/// The caller hears the greeting, or speaks.
pub(crate) fn recording() -> Call {
    Call::begin(at(0), setup_of(1)).0
}

/// The caller has said nothing once.
pub(crate) fn asked_again() -> Call {
    recording().handle(at(0), ended(1, RecordingEnd::Nothing)).0
}

pub(crate) fn ended(number: u32, end: RecordingEnd) -> Event {
    Event::CallerAsked(Asked::Recorded { visit: visit(number), end })
}

pub(crate) fn every_end() -> [RecordingEnd; 5] {
    [
        RecordingEnd::Recorded,
        RecordingEnd::Nothing,
        RecordingEnd::HungUp { recorded: true },
        RecordingEnd::HungUp { recorded: false },
        RecordingEnd::Unsaid,
    ]
}

fn asks_now() -> Event {
    Event::CallerAsked(Asked::Now { answered: true })
}

fn record(number: u32, words: &str) -> CallerDocument {
    CallerDocument::Record { words: words.into(), voicemail: voicemail(), visit: visit(number) }
}

fn voicemail() -> Arc<Voicemail> {
    Arc::new(Voicemail {
        name: "mailbox".into(),
        greeting: "Speak.".into(),
        nothing_heard: "Nothing heard.".into(),
        goodbye: "Goodbye.".into(),
        silence: Duration::from_secs(5),
        longest: Duration::from_secs(60),
        finish_key: Some('#'),
        done: StepIndex(2),
    })
}

/// A ring, a mailbox behind it, and words behind that.
fn setup_of(start: usize) -> Arc<CallSetup> {
    let steps = [
        Step::ring(Arc::new(group([ANA])), StepIndex(1)),
        Step::Voicemail(voicemail()),
        Step::Say { words: "Afterwards.".into(), next: StepIndex(3) },
        Step::HangUp,
    ];
    flow_of(steps.into(), start)
}

fn flow_of(steps: Vec<Step>, start: usize) -> Arc<CallSetup> {
    let steps = steps.into_iter().map(|step| NamedStep { name: "step".into(), step });
    let flow = Flow::new(steps.collect(), StepIndex(start)).expect("a sound flow");
    Arc::new(CallSetup { flow: Arc::new(flow), ..CallSetup::clone(&setup(group([ANA]), Ringback::Tone)) })
}

fn visit(number: u32) -> VisitId {
    number.to_string().parse().expect("a well-formed name")
}
