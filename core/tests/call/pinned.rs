//! Rules that everything else would keep without: each was pinned down when a change of it went unnoticed.

use std::time::Duration;

use ringall_core::{
    call::{
        Asked, Call, CallerDocument, Effect, Event, Ignored, LegEnd, LegNews, Phase, Redirected, Ringback, RoomNews,
        Standing, Told,
    },
    claim::Closed,
    fact::{Fact, Outcome},
};

use super::scene::*;

#[test]
fn a_phase_is_called_by_its_name() {
    let names = [
        "Ringing",
        "Joining",
        "Bridged",
        "Speaking",
        "Over",
        "Choosing",
        "Forwarding",
        "Queueing",
        "Inquiring",
        "Recording",
    ];
    assert_eq!(Phase::ALL.map(Phase::name), names);
    assert_eq!(Phase::ALL.map(|phase| format!("{phase:?}")), Phase::ALL.map(Phase::name));
}

#[test]
fn a_caller_keeps_their_place_in_the_line_from_when_they_called() {
    let call = joining([ANA, BEN]).handle(at(6), from_leg(ANA, LegNews::Ended(LegEnd::Completed))).0;

    assert_eq!((call.phase(), call.since()), (Phase::Ringing, at(0)));
}

#[test]
fn the_end_of_a_leg_that_came_too_late_does_not_end_the_talk() {
    let over = Event::LegLookedUp { leg: leg(BEN), standing: Standing::Over };
    let call = bridged([ANA, BEN]).handle(at(7), over).0;
    let call = call.handle(at(8), from_leg(BEN, LegNews::Accepted)).0;

    let (call, effects) = call.handle(at(9), from_leg(BEN, LegNews::Ended(LegEnd::Completed)));

    assert_eq!(effects, [Effect::Ignore(Ignored::TooLate)]);
    assert_eq!(call.phase(), Phase::Bridged);
}

#[test]
fn a_report_that_one_of_both_has_left_is_looked_into_soon_and_one_of_a_stranger_is_not() {
    for who in [caller(), leg_sid(ANA)] {
        let (call, effects) = bridged([ANA]).handle(at(60), Event::Room(RoomNews::Left(who)));
        assert_eq!((effects, call.deadline()), (vec![], Some(at(63))));

        let (_, effects) = call.handle(at(63), Event::DeadlineReached);
        assert_eq!(effects, [Effect::LookUpRoom(look(1))]);
    }

    let (call, effects) = bridged([ANA]).handle(at(60), Event::Room(RoomNews::Left(sid("CAstranger"))));

    assert_eq!(effects, [Effect::Ignore(Ignored::Stranger)]);
    assert_eq!(call.deadline(), Some(at(605)));
}

/// Ana and the caller were seen to come in at 6 and 7 s, and the carrier has not said that they hear each other.
fn joined_one_after_the_other() -> Call {
    let call = joining([ANA]).handle(at(6), Event::Room(RoomNews::Joined(leg_sid(ANA)))).0;
    call.handle(at(7), Event::Room(RoomNews::Joined(caller()))).0
}

#[test]
fn a_room_that_the_carrier_lists_late_is_looked_at_again_for_fifteen_seconds_and_was_no_talk_then() {
    let (call, effects) = joined_one_after_the_other().handle(at(10), Event::DeadlineReached);
    assert_eq!(effects, [Effect::LookUpRoom(look(1))]);
    let (call, effects) = call.handle(at(11), room_seen(1, Some(vec![])));
    assert_eq!((effects, call.deadline()), (vec![Effect::LookUpCaller], Some(at(14))));
    let call = call.handle(at(14), Event::DeadlineReached).0.handle(at(21), room_seen(2, Some(vec![]))).0;
    assert_eq!((call.phase(), call.deadline()), (Phase::Bridged, Some(at(24))));

    let (call, effects) = call.handle(at(24), Event::DeadlineReached).0.handle(at(24), room_seen(3, Some(vec![])));

    assert_eq!(effects[0], Effect::TellLeg { leg: leg(ANA), sid: leg_sid(ANA), why: Told::CouldNotConnect });
    assert_eq!((call.phase(), call.outcome()), (Phase::Ringing, None));
}

#[test]
fn both_who_are_found_in_the_room_are_left_alone_for_ten_minutes() {
    let call = joined_one_after_the_other().handle(at(10), Event::DeadlineReached).0;
    let call = call.handle(at(11), room_seen(1, Some(vec![caller(), leg_sid(ANA)]))).0;

    let (call, at_the_leg) = call.handle(at(605), Event::DeadlineReached);
    assert_eq!((at_the_leg.len(), call.deadline()), (1, Some(at(611))));
    let (_, effects) = call.handle(at(611), Event::DeadlineReached);

    assert_eq!(effects, [Effect::LookUpCaller]);
}

#[test]
fn a_winner_who_is_gone_within_fifteen_seconds_of_an_uncertain_bridge_gives_the_call_back() {
    let gone = || from_leg(ANA, LegNews::Ended(LegEnd::Completed));

    assert_eq!(joined_one_after_the_other().handle(at(21), gone()).0.phase(), Phase::Ringing);
    assert_eq!(joined_one_after_the_other().handle(at(22), gone()).0.outcome(), Some(Outcome::Talked));
}

#[test]
fn a_caller_who_was_never_in_the_room_cannot_have_fallen_out_of_it() {
    let left = Event::Room(RoomNews::Left(caller()));

    let (_, effects) = ringing([ANA]).handle(at(3), left.clone());
    assert_eq!(effects, [Effect::Ignore(Ignored::TooLate)]);

    let in_the_room = ringing([ANA]).handle(at(12), Event::DeadlineReached).0;
    assert_eq!(in_the_room.handle(at(13), left).1, [Effect::LookUpCaller]);
}

#[test]
fn a_caller_who_is_already_being_fetched_is_not_fetched_twice() {
    let call = joining([ANA]).handle(at(15), Event::DeadlineReached).0;
    let alone = |look| room_seen(look, Some(vec![leg_sid(ANA)]));
    let (call, effects) = call.handle(at(24), alone(1));
    assert_eq!(effects, [Effect::RedirectCaller]);
    let call = call.handle(at(25), Event::DeadlineReached).0;

    let (_, effects) = call.handle(at(26), alone(2));

    assert_eq!(effects, []);
}

#[test]
fn a_caller_whose_request_still_waits_is_not_fetched_because_they_are_found_up() {
    let up = || Event::CallerLookedUp(Standing::Up);

    let (_, waiting) = ringing([ANA]).handle(at(3), up());
    let closed = ringing([ANA]).handle(at(3), Event::CallerConnectionClosed).0;
    let (_, not_yet_silent) = closed.handle(at(4), up());

    assert_eq!(waiting, [Effect::Ignore(Ignored::NotDue)]);
    assert_eq!(not_yet_silent, [Effect::Ignore(Ignored::NotDue)]);
}

#[test]
fn a_caller_is_sent_into_the_room_four_times_and_then_somebody_else_is_tried() {
    let asks = || Event::CallerAsked(Asked::DialEnded);
    let mut call = joining([ANA]);
    for _ in 2..=4 {
        let (again, effects) = call.handle(at(6), asks());
        assert_eq!(effects, [Effect::Reply(CallerDocument::EnterRoom)]);
        call = again;
    }

    let (call, effects) = call.handle(at(6), asks());

    assert_eq!(effects[0], Effect::Reply(CallerDocument::HearRingback));
    let told = Effect::TellLeg { leg: leg(ANA), sid: leg_sid(ANA), why: Told::CouldNotConnect };
    assert_eq!((&effects[1], call.phase()), (&told, Phase::Ringing));
}

#[test]
fn a_caller_who_is_in_the_room_already_is_not_called_out_of_it_to_go_in() {
    let call = ringing([ANA]).handle(at(12), Event::DeadlineReached).0;

    let (_, effects) = call.handle(at(13), from_leg(ANA, LegNews::Accepted));

    assert_eq!(effects, [Effect::Note(Fact::Accepted("Ana".into())), Effect::StopSeeking]);
}

#[test]
fn a_caller_who_has_heard_words_hears_ringback_and_not_silence_when_phones_ring_after_them() {
    let call = welcomed();
    let words_over = call.deadline().expect("the words end");
    let (call, effects) = call.handle(words_over, Event::DeadlineReached);
    assert_eq!(effects, [Effect::LookUpCaller]);

    let (_, effects) = call.handle(words_over, Event::CallerLookedUp(Standing::Up));

    let seek = Effect::Seek { round: round(1), phones: vec![phone(ANA)], ring_busy: false };
    assert_eq!(effects, [Effect::OpenRound(round(1)), Effect::Note(Fact::RingbackBegan), Effect::RedirectCaller, seek]);
}

#[test]
fn a_caller_who_cannot_be_fetched_eight_times_is_hung_up() {
    let (mut call, mut sent) = (speaking(), 1);
    for _ in 0..100 {
        call = call.handle(at(30), Event::CallerRedirected(Redirected::Failed)).0;
        let due = call.deadline().expect("something is owed to the caller");
        let (next, effects) = call.handle(due, Event::DeadlineReached);
        call = next;
        if effects.contains(&Effect::EndCaller) {
            assert_eq!(sent, 8);
            return;
        }
        sent += usize::from(effects.contains(&Effect::RedirectCaller));
    }
    panic!("the caller is fetched for ever");
}

#[test]
fn a_redirect_that_is_refused_a_third_time_has_the_caller_looked_up() {
    let refused = || Event::CallerRedirected(Redirected::NotInState);
    let again = |call: Call| {
        let due = call.deadline().expect("it is sent again");
        call.handle(due, Event::DeadlineReached).0
    };

    let (call, first) = speaking().handle(at(31), refused());
    let (call, second) = again(call).handle(at(32), refused());
    let call = again(call);
    let (_, failed) = call.clone().handle(at(33), Event::CallerRedirected(Redirected::Failed));
    let (call, third) = call.handle(at(33), refused());
    let (_, fourth) = again(call).handle(at(34), refused());

    assert_eq!((first, second, failed), (vec![], vec![], vec![]));
    assert_eq!((third, fourth), (vec![Effect::LookUpCaller], vec![Effect::LookUpCaller]));
}

#[test]
fn a_caller_who_is_up_while_the_words_last_hears_them_to_the_end() {
    let (call, effects) = welcomed().handle(at(2), Event::CallerLookedUp(Standing::Up));

    assert_eq!(effects, [Effect::Ignore(Ignored::NotDue)]);
    assert_eq!(call.phase(), Phase::Speaking);
}

#[test]
fn nothing_is_done_before_it_is_due_because_something_else_is() {
    let closed = ringing([ANA]).handle(at(3), Event::CallerConnectionClosed).0;
    let dismissed = bridged([ANA]).handle(at(60), Event::CallerAsked(Asked::DialEnded)).0;

    let (_, while_they_may_still_ask) = closed.handle(at(5), Event::DeadlineReached);
    let (_, while_they_may_still_leave) = dismissed.handle(at(63), Event::DeadlineReached);

    assert_eq!(while_they_may_still_ask, [Effect::Ignore(Ignored::NotDue)]);
    let complete = Effect::CompleteLeg { leg: leg(ANA), sid: leg_sid(ANA) };
    assert_eq!(while_they_may_still_leave, [complete]);
}

#[test]
fn a_caller_of_whom_nothing_is_heard_is_looked_up_five_times_then_ended_five_times_then_given_up() {
    let mut call = begin(group([ANA]), Ringback::Tone).handle(at(1), Event::CallerConnectionClosed).0;
    let (mut asked, mut ended) = (0, 0);
    while let Some(due) = call.deadline() {
        let (next, effects) = call.handle(due, Event::DeadlineReached);
        asked += effects.iter().filter(|effect| **effect == Effect::LookUpCaller).count();
        ended += effects.iter().filter(|effect| **effect == Effect::EndCaller).count();
        call = next;
        if effects.contains(&Effect::CloseClaim(round(1), Closed::MovedOn)) {
            call = call.handle(due, Event::ClaimClosed { round: round(1) }).0;
        }
    }

    assert_eq!((asked, ended), (5, 5));
    assert!(call.is_finished());
}

#[test]
fn words_are_over_when_they_can_have_been_spoken_slowly() {
    assert_eq!(welcomed().deadline(), Some(at(15) + Duration::from_millis(100 * "Welcome.".len() as u64)));
}

#[test]
fn a_redirect_that_was_taken_and_not_followed_is_sent_again_two_seconds_after_the_caller_was_looked_up() {
    let call = speaking().handle(at(31), Event::CallerRedirected(Redirected::Done)).0;
    let (call, effects) = call.handle(at(36), Event::DeadlineReached);
    assert_eq!((effects, call.deadline()), (vec![Effect::LookUpCaller], Some(at(38))));

    let (_, effects) = call.handle(at(38), Event::DeadlineReached);

    assert_eq!(effects, [Effect::RedirectCaller]);
}
