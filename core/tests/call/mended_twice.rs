//! What once went wrong for somebody on the telephone when two things failed at once.

use std::sync::Arc;

use ringall_core::{
    call::{
        Asked, Call, CallSetup, CallerDocument, DialEnd, Dialled, Effect, Event, ForwardNews, Ignored, LegDocument,
        LegEnd, LegNews, Phase, Redirected, Ringback, RoomNews, Standing, Told,
    },
    claim::Closed,
    fact::Fact,
    flow::{Flow, NamedStep, Step, StepIndex},
    id::VisitId,
};

use super::{
    forwarding::{begin_with, keyed, news},
    scene::*,
};

/// Her telephone in the second round.
const ANA_AGAIN: u32 = 3;

#[test]
fn a_caller_whose_connection_broke_off_is_not_torn_out_of_the_talk_by_a_redirect_that_nobody_needed() {
    let call = ringing([ANA]).handle(at(12), Event::DeadlineReached).0;
    let call = call.handle(at(13), Event::CallerAsked(Asked::DialEnded)).0;

    let (call, effects) = call.handle(at(13), Event::ReplyFoundNobody);
    let (_, fallback) = call.handle(at(13), asks());

    assert_eq!(effects, [Effect::LookUpCaller]);
    assert!(fallback.contains(&Effect::Reply(CallerDocument::EnterRoom)), "{fallback:?}");
}

#[test]
fn a_caller_whose_connection_broke_off_and_whom_no_fallback_brings_is_fetched_in_the_end() {
    let call = ringing([ANA]).handle(at(12), Event::DeadlineReached).0;
    let call = call.handle(at(13), Event::CallerAsked(Asked::DialEnded)).0;
    let call = call.handle(at(13), Event::ReplyFoundNobody).0;

    let (call, effects) = run_until(call, 23);
    let (_, fetched) = call.handle(at(23), Event::CallerLookedUp(Standing::Up));

    assert_eq!(effects, [Effect::LookUpCaller]);
    assert_eq!(fetched, [Effect::RedirectCaller]);
}

#[test]
fn a_caller_who_is_being_fetched_already_is_not_fetched_once_more_out_of_the_talk() {
    let (call, effects) = first_winner_is_lost_while_the_caller_is_fetched();
    assert!(!effects.contains(&Effect::RedirectCaller), "{effects:?}");

    let (_, effects) = call.handle(at(23), from_leg(ANA_AGAIN, LegNews::Accepted));

    assert!(!effects.contains(&Effect::RedirectCaller), "{effects:?}");
}

#[test]
fn a_caller_whose_fetching_the_carrier_refused_is_fetched_for_the_next_winner_at_once() {
    let (call, _) = first_winner_is_lost_while_the_caller_is_fetched();
    let call = call.handle(at(22), Event::CallerRedirected(Redirected::Failed)).0;

    let (_, effects) = call.handle(at(23), from_leg(ANA_AGAIN, LegNews::Accepted));

    assert!(effects.contains(&Effect::RedirectCaller), "{effects:?}");
}

#[test]
fn a_caller_whom_the_winner_before_had_led_in_is_not_fetched_out_of_the_talk_with_the_next() {
    let (call, _) = first_winner_is_lost_while_the_caller_is_fetched();

    let (call, effects) = call.handle(at(22), asks());
    let (call, nobody) = call.handle(at(22), Event::ReplyFoundNobody);
    let call = call.handle(at(22), Event::CallerLookedUp(Standing::Up)).0;
    let (call, _) = call.handle(at(32), Event::DeadlineReached);
    let (_, up) = call.handle(at(32), Event::CallerLookedUp(Standing::Up));

    assert_eq!(effects, [Effect::Reply(CallerDocument::EnterRoom)]);
    assert_eq!(nobody, [Effect::LookUpCaller]);
    assert!(!up.contains(&Effect::RedirectCaller), "{up:?}");
}

#[test]
fn a_winner_whom_we_had_taken_for_gone_talks_and_nobody_else_is_rung() {
    let (call, effects) =
        ben_was_taken_for_gone().handle(at(42), Event::ClaimHeldBy { round: round(1), leg: leg(BEN) });

    assert_eq!(call.phase(), Phase::Joining);
    assert!(effects.contains(&Effect::Note(Fact::Accepted("Ben".into()))), "{effects:?}");
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Seek { .. })), "{effects:?}");
    // Only their own word tells what the carrier calls them; then they can be told whatever there is to tell.
    let call = call.handle(at(42), from_leg(BEN, LegNews::Accepted)).0;
    let (_, left) = call.handle(at(43), Event::CallerLeft);
    let why = Told::CallerLeft;
    assert!(left.contains(&Effect::TellLeg { leg: leg(BEN), sid: leg_sid(BEN), why }), "{left:?}");
}

#[test]
fn a_winner_whom_we_had_taken_for_gone_and_who_has_hung_up_is_not_waited_for() {
    let call = ben_was_taken_for_gone().handle(at(42), from_leg(BEN, LegNews::Ended(LegEnd::Completed))).0;

    let (call, effects) = call.handle(at(42), Event::ClaimHeldBy { round: round(1), leg: leg(BEN) });

    assert_eq!(call.phase(), Phase::Ringing);
    assert!(effects.contains(&Effect::OpenRound(round(2))), "{effects:?}");
}

#[test]
fn a_winner_of_the_last_moment_whom_the_conference_refused_is_not_given_up_while_our_own_word_sends_them_in() {
    let (call, told) = run_until(screened([ANA]), 40);
    assert!(told.contains(&Effect::TellLeg { leg: leg(ANA), sid: leg_sid(ANA), why: Told::NotAccepted }), "{told:?}");
    let mut call = call.handle(at(40), Event::ClaimHeldBy { round: round(1), leg: leg(ANA) }).0;
    let dial_ended = || from_leg(ANA, LegNews::DialEnded);

    // Twice the conference was full; then our word takes them out, and what is answered then is dropped by the carrier.
    for second in [41, 42, 43] {
        let (again, effects) = call.handle(at(second), dial_ended());
        let enter = Effect::ReplyLeg { leg: leg(ANA), document: LegDocument::EnterRoom };
        assert_eq!(effects, [enter, Effect::LookUpCaller]);
        call = again;
    }
    let call = call.handle(at(46), dial_ended()).0.handle(at(47), dial_ended()).0;
    let (_, given_up) = call.handle(at(48), dial_ended());

    let sorry = Effect::ReplyLeg { leg: leg(ANA), document: LegDocument::Tell(Told::CouldNotConnect) };
    assert!(given_up.contains(&sorry), "{given_up:?}");
}

fn asks() -> Event {
    Event::CallerAsked(Asked::Now { answered: true })
}

/// The caller hears our ringback, Ana accepts, and drops before the caller's leg has come for the conference; then
/// both phones ring again. With the effects of her dropping.
fn first_winner_is_lost_while_the_caller_is_fetched() -> (Call, Vec<Effect>) {
    let call = ringing([ANA, BEN]).handle(at(12), Event::DeadlineReached).0;
    let call = call.handle(at(13), Event::CallerAsked(Asked::DialEnded)).0;
    let (call, effects) = call.handle(at(20), from_leg(ANA, LegNews::Accepted));
    assert!(effects.contains(&Effect::RedirectCaller), "{effects:?}");
    let (call, effects) = call.handle(at(21), from_leg(ANA, LegNews::Ended(LegEnd::Completed)));
    (call.handle(at(21), granted(2, [ANA, BEN])).0, effects)
}

/// The carrier dialled Ben and its answer was lost, and so was every word of his telephone; Ana is asked for a key.
fn ben_was_taken_for_gone() -> Call {
    let call = dialling([ANA, BEN]).handle(at(1), from_leg(ANA, LegNews::Rings)).0;
    let call = call.handle(at(1), Event::Dialled { leg: leg(BEN), result: Dialled::AnswerLost }).0;
    let call = call.handle(at(12), Event::DeadlineReached).0;
    let call = call.handle(at(25), from_leg(ANA, LegNews::AskedForKey)).0;
    let (call, effects) = run_until(call, 41);
    assert!(effects.contains(&Effect::FreePhone(phone(BEN))), "{effects:?}");
    call
}

#[test]
fn a_caller_in_the_conference_is_not_ended_without_words_for_a_request_that_their_fetching_overtook() {
    // The words are over at the carrier and for us in the same moment: both the fetching and the request are under way.
    let call = run_until(welcomed(), 17).0;
    let (call, effects) = call.handle(at(17), Event::CallerLookedUp(Standing::Up));
    assert!(effects.contains(&Effect::RedirectCaller), "{effects:?}");
    let call = call.handle(at(17), asks()).0;
    // Nobody can be rung, and the carrier refuses the next fetching, which the last words need.
    let call = call.handle(at(17), granted::<0>(1, [])).0;
    let (call, effects) = run_until(call, 47).0.handle(at(47), Event::ClaimClosed { round: round(1) });
    assert!(effects.contains(&Effect::RedirectCaller), "{effects:?}");
    let call = call.handle(at(47), Event::CallerRedirected(Redirected::Failed)).0;

    let (call, effects) = call.handle(at(48), Event::CallerAsked(Asked::WordsEnded(VisitId::FIRST)));
    let (_, again) = run_until(call, 50);

    assert_eq!(effects, [Effect::Reply(CallerDocument::EnterRoom)]);
    assert_eq!(again, [Effect::RedirectCaller], "they have not heard the words");
}

#[test]
fn a_request_that_was_overtaken_does_not_end_the_ringing_for_the_one_that_waits() {
    let call = begin(group([ANA]), Ringback::Carrier).handle(at(12), Event::DeadlineReached).0;
    let (call, waits) = call.handle(at(13), Event::CallerAsked(Asked::Now { answered: false }));
    assert_eq!(waits, []);

    let (_, effects) = call.handle(at(14), Event::CallerAsked(Asked::WordsEnded(VisitId::FIRST)));

    assert_eq!(effects, [Effect::Ignore(Ignored::TooLate)]);
}

#[test]
fn a_winner_whom_we_had_taken_for_gone_does_not_have_their_phone_rung_for_two_callers_after_a_hand_back() {
    let call = ben_was_taken_for_gone().handle(at(42), Event::ClaimHeldBy { round: round(1), leg: leg(BEN) }).0;
    let call = call.handle(at(42), from_leg(BEN, LegNews::Accepted)).0;
    // The two cannot be joined: both phones are rung again, Ben's too, which the roster holds for free.
    let (call, effects) = run_until(call, 60);
    let looks = effects.iter().any(|effect| matches!(effect, Effect::LookUpRoom(_)));
    assert!(looks, "{effects:?}");
    let call = call.handle(at(60), room_seen(1, Some(Vec::new()))).0;
    let (call, effects) = call.handle(at(60), granted(2, [ANA, BEN]));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Dial { phone: it, .. } if *it == phone(BEN))));

    let (_, effects) = call.handle(at(61), from_leg(BEN, LegNews::Ended(LegEnd::Completed)));

    assert!(!effects.contains(&Effect::FreePhone(phone(BEN))), "it rings for this call: {effects:?}");
}

#[test]
fn a_caller_is_not_ended_in_the_ringing_because_an_earlier_dialling_was_over_as_this_one_began() {
    // After a restart both have the same name, and the first thing that is heard is the end of the old one.
    let call = begin_with(keyed()).handle(at(0), news(1, ForwardNews::Ended(DialEnd::Completed { bridged: None }))).0;
    let call = call.handle(at(0), news(1, ForwardNews::EndedBefore)).0;
    let call = call.handle(at(0), news(1, ForwardNews::Dialled)).0;
    let call = call.handle(at(1), news(1, ForwardNews::Rings)).0;

    let call = call.handle(at(4), news(1, ForwardNews::Answered)).0;
    let (call, effects) = run_until(call, 63);

    assert_eq!(effects, []);
    assert_eq!(call.phase(), Phase::Forwarding);
}

#[test]
fn a_caller_is_led_on_although_reports_of_the_dialling_come_after_its_end() {
    let end = news(1, ForwardNews::Ended(DialEnd::Busy));
    for late in [&[ForwardNews::Dialled][..], &[ForwardNews::Rings], &[ForwardNews::Dialled, ForwardNews::Rings]] {
        let call = late
            .iter()
            .fold(begin_with(keyed()).handle(at(0), end.clone()).0, |call, late| call.handle(at(1), news(1, *late)).0);

        // The action is lost, and so is its fallback.
        let (call, effects) = run_until(call, 12);
        assert_eq!(effects, [Effect::LookUpCaller], "{late:?}");
        let (call, _) = call.handle(at(12), Event::CallerLookedUp(Standing::Up));

        assert_ne!(call.phase(), Phase::Forwarding, "{late:?}");
    }
}

#[test]
fn a_talk_is_not_taken_for_an_earlier_one_that_was_over() {
    let call = begin_with(keyed()).handle(at(0), news(1, ForwardNews::Rings)).0;

    let (call, effects) = call.handle(at(1), news(1, ForwardNews::EndedBefore));

    assert_eq!(effects, [Effect::Ignore(Ignored::TooLate)]);
    assert_eq!(call.phase(), Phase::Forwarding);
}

#[test]
fn a_caller_whose_answer_was_lost_is_not_fetched_out_of_the_document_that_the_fallback_brought_them() {
    // The first words are over; the answer that brings the next ones is lost, and the fallback asks the same again.
    let say = |words: &str, next| Step::Say { words: words.into(), next: StepIndex(next) };
    let steps = [say("Welcome.", 1), say("Please wait.", 2), Step::HangUp];
    let steps = steps.map(|step| NamedStep { name: "step".into(), step });
    let flow = Arc::new(Flow::new(steps.into(), StepIndex(0)).expect("a sound flow"));
    let setup = CallSetup { flow, ..CallSetup::clone(&setup(group([ANA]), Ringback::Tone)) };
    let ended = || Event::CallerAsked(Asked::WordsEnded(VisitId::FIRST));
    let (call, effects) = Call::begin(at(0), Arc::new(setup)).0.handle(at(3), ended());
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Reply(_))), "{effects:?}");
    let (call, effects) = call.handle(at(3), Event::ReplyFoundNobody);
    assert_eq!(effects, [Effect::LookUpCaller]);

    let (call, effects) = call.handle(at(4), ended());
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Reply(_))), "{effects:?}");
    let call = call.handle(at(4), Event::CallerLookedUp(Standing::Up)).0;

    // Whoever has a document is not looked for as if they had none.
    let (_, effects) = run_until(call, 14).0.handle(at(14), Event::CallerLookedUp(Standing::Up));
    assert!(!effects.contains(&Effect::RedirectCaller), "{effects:?}");
}

#[test]
fn a_caller_is_not_led_to_a_winner_who_is_being_told_that_they_could_not_be_connected_and_torn_from_them_again() {
    // The caller could not be fetched, so Ana is to be told and the telephones ring again; to tell her takes its time.
    let (call, _) = joining([ANA, BEN]).handle(at(30), Event::DeadlineReached);
    let (call, effects) = call.handle(at(30), room_seen(1, Some(Vec::new())));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::TellLeg { .. })), "{effects:?}");

    let (call, effects) = call.handle(at(31), asks());
    assert!(effects.contains(&Effect::Reply(CallerDocument::HearRingback)), "{effects:?}");

    let call = call.handle(at(32), from_leg(ANA, LegNews::Ended(LegEnd::Completed))).0;
    let (_, effects) = call.handle(at(32), asks());
    assert!(effects.contains(&Effect::Reply(CallerDocument::EnterRoom)), "{effects:?}");
}

#[test]
fn telephones_do_not_ring_step_after_step_for_a_caller_who_has_left_and_of_whom_nobody_told() {
    let steps = [Step::ring(Arc::new(group([ANA])), StepIndex(1)), Step::ring(Arc::new(group([BEN])), StepIndex(0))];
    let steps = steps.map(|step| NamedStep { name: "step".into(), step });
    let flow = Arc::new(Flow::new(steps.into(), StepIndex(0)).expect("a sound flow"));
    let setup = CallSetup { flow, ..CallSetup::clone(&setup(group([ANA]), Ringback::Tone)) };
    let (call, first) = Call::begin(at(0), Arc::new(setup));
    let call = call.handle(at(0), granted::<0>(1, [])).0;
    let call = run_until(call, 30).0;

    let (call, second) = call.handle(at(30), Event::ClaimClosed { round: round(1) });
    let (call, left) = call.handle(at(31), Event::CallerLookedUp(Standing::Over));

    assert!(!first.contains(&Effect::LookUpCaller), "{first:?}");
    assert!(second.contains(&Effect::LookUpCaller), "{second:?}");
    assert!(left.contains(&Effect::CloseClaim(round(2), Closed::CallerLeft)), "{left:?}");
    assert_eq!(call.phase(), Phase::Ringing, "until the claim is closed");
}

#[test]
fn a_winner_from_before_a_restart_is_not_left_alone_because_another_leg_of_that_name_was_busy() {
    let call = ringing([ANA, BEN]).handle(at(3), from_leg(ANA, LegNews::Ended(LegEnd::Busy))).0;

    let before = Event::FromLeg { leg: leg(ANA), sid: sid("CAbefore"), news: LegNews::Accepted };
    let (call, effects) = call.handle(at(5), before);

    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Note(Fact::HandedBack(_)))), "{effects:?}");
    assert_eq!(call.phase(), Phase::Joining);
    let call = call.handle(at(6), Event::Room(RoomNews::Started)).0;
    assert_eq!(call.phase(), Phase::Bridged);

    // The very leg whose end was reported accepted and hung up in one breath.
    let call = ringing([ANA, BEN]).handle(at(3), from_leg(ANA, LegNews::Ended(LegEnd::Busy))).0;
    let (_, effects) = call.handle(at(5), from_leg(ANA, LegNews::Accepted));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Note(Fact::HandedBack(_)))), "{effects:?}");
}
