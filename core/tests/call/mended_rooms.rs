//! What once went wrong, or nearly did, while two were being joined or talked.

use ringall_core::{
    call::{
        Asked, Call, CallerDocument, Effect, Event, Ignored, LegDocument, LegEnd, LegNews, Phase, RoomNews, Standing,
        Told,
    },
    claim::Closed,
    fact::{Fact, Outcome},
};

use super::scene::*;

#[test]
fn a_winner_who_left_just_before_the_caller_came_in_does_not_cost_the_caller_the_call() {
    let call = joining([ANA, BEN]);
    let call = call.handle(at(6), Event::Room(RoomNews::Joined(leg_sid(ANA)))).0;
    let (call, bridged) = call.handle(at(7), Event::Room(RoomNews::Joined(caller())));
    assert_eq!(bridged, [Effect::Note(Fact::Bridged("Ana".into()))]);

    let (call, effects) = call.handle(at(8), from_leg(ANA, LegNews::Ended(LegEnd::Completed)));

    assert!(effects.contains(&Effect::Note(Fact::HandedBack("Ana".into()))), "{effects:?}");
    assert_eq!(call.phase(), Phase::Ringing);
}

#[test]
fn a_bridge_that_only_late_reports_speak_for_is_looked_at_and_the_phones_ring_again() {
    let call = joining([ANA, BEN]);
    let call = call.handle(at(6), Event::Room(RoomNews::Joined(leg_sid(ANA)))).0;
    let call = call.handle(at(7), Event::Room(RoomNews::Joined(caller()))).0;
    let (call, effects) = call.handle(at(10), Event::DeadlineReached);
    assert_eq!(effects.last(), Some(&Effect::LookUpRoom(look(1))));

    let (call, effects) = call.handle(at(11), room_seen(1, Some(vec![caller()])));

    assert!(effects.contains(&Effect::Note(Fact::HandedBack("Ana".into()))), "{effects:?}");
    assert_eq!(call.phase(), Phase::Ringing);
}

#[test]
fn a_winner_who_cannot_be_joined_hears_why_to_the_end() {
    let out = || from_leg(ANA, LegNews::DialEnded);
    let (call, first) = joining([ANA]).handle(at(6), out());
    let (call, second) = call.handle(at(6), out());
    let again = [Effect::ReplyLeg { leg: leg(ANA), document: LegDocument::EnterRoom }, Effect::LookUpCaller];
    assert_eq!((first, second), (again.to_vec(), again.to_vec()));

    let (call, third) = call.handle(at(6), out());
    let (_, early) = call.handle(at(10), Event::DeadlineReached);

    let told = LegDocument::Tell(Told::CouldNotConnect);
    assert_eq!(third[0], Effect::ReplyLeg { leg: leg(ANA), document: told });
    assert_eq!(early, [Effect::Ignore(Ignored::NotDue)]);
}

#[test]
fn a_caller_to_whom_nobody_can_be_joined_hears_words_in_the_end() {
    let mut call = ringing([ANA]);
    for number in 1..=20 {
        let now = at(5 + u64::from(number) * 5);
        let news = |news| Event::FromLeg { leg: leg(number), sid: leg_sid(number), news };
        call = call.handle(now, news(LegNews::Accepted)).0;
        let (handed_back, effects) = call.handle(now, news(LegNews::Ended(LegEnd::Completed)));
        if effects.contains(&Effect::CloseClaim(round(number + 1), Closed::MovedOn)) {
            let (call, effects) = handed_back.handle(now, Event::ClaimClosed { round: round(number + 1) });
            assert!(effects.contains(&Effect::Note(Fact::Said("Sorry.".into()))), "{effects:?}");
            assert_eq!(call.phase(), Phase::Speaking);
            return;
        }
        call = handed_back.handle(now, granted(number + 1, [ANA])).0;
    }
    panic!("the phones ring for ever");
}
#[test]
fn the_start_of_an_earlier_conference_does_not_make_the_next_winner_look_joined() {
    let call = joining([ANA, BEN]).handle(at(6), from_leg(ANA, LegNews::Ended(LegEnd::Completed))).0;
    let call = call.handle(at(8), granted(2, [ANA, BEN])).0;
    let call = call.handle(at(9), Event::FromLeg { leg: leg(4), sid: leg_sid(4), news: LegNews::Accepted }).0;

    let (call, effects) = call.handle(at(9), Event::Room(RoomNews::Started));

    assert_eq!(effects, []);
    assert_eq!(call.phase(), Phase::Joining);
}

#[test]
fn a_talk_that_the_carrier_has_confirmed_ends_with_the_winner_however_short_it_was() {
    let call = bridged([ANA, BEN]);

    let (call, effects) = call.handle(at(8), from_leg(ANA, LegNews::Ended(LegEnd::Completed)));

    assert_eq!(effects, [Effect::FreePhone(phone(ANA)), Effect::Note(Fact::Over(Outcome::Talked))]);
    assert_eq!(call.outcome(), Some(Outcome::Talked));
}

#[test]
fn a_look_at_the_room_from_before_they_talked_does_not_cut_them_off() {
    let call = joining([ANA]);
    let (call, effects) = call.handle(at(15), Event::DeadlineReached);
    assert_eq!(effects, [Effect::LookUpCaller, Effect::LookUpRoom(look(1))]);
    let call = call.handle(at(16), Event::Room(RoomNews::Started)).0;

    let (call, effects) = call.handle(at(17), room_seen(1, Some(vec![caller()])));

    assert_eq!(effects, [Effect::Ignore(Ignored::TooLate)]);
    assert_eq!(call.phase(), Phase::Bridged);
}

#[test]
fn a_look_at_the_room_for_an_earlier_winner_does_not_send_the_next_one_away() {
    let call = joining([ANA, BEN]);
    let call = call.handle(at(15), Event::DeadlineReached).0;
    let call = call.handle(at(16), from_leg(ANA, LegNews::Ended(LegEnd::Completed))).0;
    let call = call.handle(at(16), granted(2, [ANA, BEN])).0;
    let ben = Event::FromLeg { leg: leg(4), sid: leg_sid(4), news: LegNews::Accepted };
    let call = call.handle(at(17), ben).0;

    let (call, effects) = call.handle(at(18), room_seen(1, Some(vec![caller()])));

    assert_eq!(effects, [Effect::Ignore(Ignored::TooLate)]);
    assert_eq!(call.phase(), Phase::Joining);
}

#[test]
fn a_phone_that_can_never_be_joined_does_not_take_the_call_away_from_the_others_again() {
    let out = || from_leg(ANA, LegNews::DialEnded);
    let call = after(joining([ANA, BEN]), [out(), out()]);

    let (_, effects) = call.handle(at(6), out());

    let seek = Effect::Seek { round: round(2), phones: vec![phone(BEN)], ring_busy: false };
    assert!(effects.contains(&seek), "{effects:?}");
}

#[test]
fn a_caller_whose_winner_pressed_the_key_in_the_last_moment_is_not_hung_up_on_as_soon_as_they_talk() {
    let (call, effects) = taken_in_the_last_moment().handle(at(41), from_leg(ANA, LegNews::DialEnded));
    let again = Effect::ReplyLeg { leg: leg(ANA), document: LegDocument::EnterRoom };
    assert_eq!(effects, [again, Effect::LookUpCaller]);
    assert_eq!((call.phase(), call.outcome()), (Phase::Joining, None));

    let (call, effects) = call.handle(at(41), Event::CallerAsked(Asked::DialEnded));
    let call = call.handle(at(42), Event::Room(RoomNews::Joined(leg_sid(ANA)))).0;
    let call = call.handle(at(42), Event::Room(RoomNews::Joined(caller()))).0;

    assert_eq!(effects, [Effect::Reply(CallerDocument::EnterRoom)]);
    assert_eq!(call.phase(), Phase::Bridged);
}

#[test]
fn a_caller_who_falls_out_before_the_winner_of_the_last_moment_does_is_sent_in_again_too() {
    let (call, effects) = taken_in_the_last_moment().handle(at(41), Event::CallerAsked(Asked::DialEnded));

    assert_eq!(effects, [Effect::Reply(CallerDocument::EnterRoom)]);
    assert_eq!(call.phase(), Phase::Joining);
}

#[test]
fn a_talk_that_began_in_the_last_moment_ends_like_any_other() {
    let (call, _) = taken_in_the_last_moment().handle(at(60), from_leg(ANA, LegNews::DialEnded));

    assert_eq!(call.outcome(), Some(Outcome::Talked));
}

/// The time for a key is over and the leg is being sent to its last words, but the claim says that it has the call: both
/// are joined before our word takes the winner out of the conference for a moment.
fn taken_in_the_last_moment() -> Call {
    let (call, told) = run_until(screened([ANA]), 40);
    assert!(told.contains(&Effect::TellLeg { leg: leg(ANA), sid: leg_sid(ANA), why: Told::NotAccepted }), "{told:?}");
    let call = call.handle(at(40), Event::ClaimHeldBy { round: round(1), leg: leg(ANA) }).0;
    call.handle(at(40), Event::Room(RoomNews::Started)).0
}

#[test]
fn a_caller_whose_winner_left_after_a_word_is_not_cut_off_because_the_start_is_reported_late() {
    let call = joining([ANA, BEN]);
    let call = call.handle(at(6), Event::Room(RoomNews::Joined(leg_sid(ANA)))).0;
    let call = call.handle(at(7), Event::CallerAsked(Asked::DialEnded)).0;

    let (call, late) = call.handle(at(8), Event::Room(RoomNews::Started));
    let (call, effects) = call.handle(at(11), from_leg(ANA, LegNews::Ended(LegEnd::Completed)));

    assert_eq!(late, []);
    assert!(effects.contains(&Effect::Note(Fact::HandedBack("Ana".into()))), "{effects:?}");
    assert_eq!(call.phase(), Phase::Ringing);
}

#[test]
fn a_caller_whom_the_conference_threw_out_is_not_torn_from_the_winner_whose_accept_led_them_in() {
    let thrown_out = |call: Call| call.handle(at(13), Event::CallerAsked(Asked::DialEnded)).0;
    let led_in = |call: Call| call.handle(at(13), Event::CallerAsked(Asked::Now { answered: true }));
    let call = ringing([ANA, BEN]).handle(at(12), Event::DeadlineReached).0;
    let call = (0..4).fold(call, |call, _| led_in(thrown_out(call)).0);
    let (call, effects) = call.handle(at(14), from_leg(ANA, LegNews::Accepted));
    assert!(effects.contains(&Effect::RedirectCaller), "{effects:?}");

    let (call, effects) = led_in(call);

    assert_eq!(effects, [Effect::Reply(CallerDocument::EnterRoom)]);
    assert_eq!(call.phase(), Phase::Joining);
}

#[test]
fn a_caller_who_waits_again_after_a_word_is_not_cut_off_because_joins_and_start_are_reported_late() {
    let call = joining([ANA, BEN]).handle(at(6), Event::CallerAsked(Asked::DialEnded)).0;
    let call = call.handle(at(7), Event::Room(RoomNews::Joined(caller()))).0;
    let call = call.handle(at(8), Event::Room(RoomNews::Joined(leg_sid(ANA)))).0;
    let call = call.handle(at(9), Event::Room(RoomNews::Started)).0;

    let (call, effects) = call.handle(at(11), from_leg(ANA, LegNews::Ended(LegEnd::Completed)));

    assert!(effects.contains(&Effect::Note(Fact::HandedBack("Ana".into()))), "{effects:?}");
    assert_eq!(call.phase(), Phase::Ringing);
}

#[test]
fn a_caller_who_waits_alone_after_a_word_is_not_cut_off_when_the_winners_end_is_never_reported() {
    let call = joining([ANA, BEN]).handle(at(6), Event::CallerAsked(Asked::DialEnded)).0;
    let call = call.handle(at(7), Event::Room(RoomNews::Joined(caller()))).0;
    let call = call.handle(at(8), Event::Room(RoomNews::Joined(leg_sid(ANA)))).0;
    let (mut call, _) = run_until(call, 9);
    let mut effects = Vec::new();
    for (second, look) in [(9, 1), (12, 2), (15, 3), (18, 4), (21, 5), (24, 6)] {
        call = run_until(call, second).0;
        (call, effects) = call.handle(at(second), room_seen(look, Some(Vec::new())));
        assert_eq!(effects.contains(&Effect::LookUpCaller), (12..24).contains(&second), "{effects:?}");
    }

    assert!(effects.contains(&Effect::Note(Fact::HandedBack("Ana".into()))), "{effects:?}");
    assert_eq!(call.phase(), Phase::Ringing);
}

#[test]
fn a_winner_who_is_sent_in_again_as_the_caller_hangs_up_is_told_and_does_not_sit_there_alone() {
    let again = [Effect::ReplyLeg { leg: leg(ANA), document: LegDocument::EnterRoom }, Effect::LookUpCaller];
    let told = Effect::TellLeg { leg: leg(ANA), sid: leg_sid(ANA), why: Told::CallerLeft };
    let reports = || [caller(), leg_sid(ANA)].map(|who| Event::Room(RoomNews::Joined(who)));
    let started = Event::Room(RoomNews::Started);
    let late = || reports().into_iter().chain([started.clone()]);

    // Reports of the conference that is over already come before and after the winner's request, as many as there are.
    for before in 0..2 {
        for until in before..=late().count() {
            let call = late().take(before).fold(joining([ANA]), |call, event| call.handle(at(6), event).0);
            let (call, effects) = call.handle(at(6), from_leg(ANA, LegNews::DialEnded));
            assert_eq!(effects, again);
            let call = late().take(until).skip(before).fold(call, |call, event| call.handle(at(6), event).0);

            let (call, effects) = call.handle(at(7), Event::CallerLeft);

            assert!(effects.contains(&told), "{before}, {until}: {effects:?}");
            assert_eq!(call.phase(), Phase::Over);
        }
    }
}

#[test]
fn a_winner_who_found_the_conference_full_and_then_talks_is_believed_and_not_rung_for_again() {
    let call = joining([ANA, BEN]).handle(at(6), Event::Room(RoomNews::Joined(caller()))).0;
    let call = call.handle(at(6), from_leg(ANA, LegNews::DialEnded)).0;
    let call = call.handle(at(8), Event::Room(RoomNews::Joined(leg_sid(ANA)))).0;
    let call = call.handle(at(8), Event::Room(RoomNews::Started)).0;
    assert_eq!(call.phase(), Phase::Bridged);
    let (call, effects) = run_until(call, 9);
    assert_eq!(effects, [Effect::LookUpRoom(look(1))]);
    let call = call.handle(at(9), room_seen(1, Some(vec![caller(), leg_sid(ANA)]))).0;

    let (call, effects) = call.handle(at(10), from_leg(ANA, LegNews::DialEnded));

    assert_eq!(effects[0], Effect::ReplyLeg { leg: leg(ANA), document: LegDocument::HangUp });
    assert_eq!(call.outcome(), Some(Outcome::Talked));
}

#[test]
fn a_winner_who_found_the_conference_full_talks_also_if_their_coming_in_is_never_reported() {
    let call = joining([ANA]).handle(at(6), Event::Room(RoomNews::Joined(caller()))).0;
    let call = call.handle(at(6), from_leg(ANA, LegNews::DialEnded)).0;
    let (call, effects) = call.handle(at(8), Event::Room(RoomNews::Started));
    assert_eq!((effects, call.phase()), (vec![], Phase::Joining), "it may be that of a conference that is over");
    let (call, effects) = run_until(call, 9);
    assert_eq!(effects, [Effect::LookUpRoom(look(1))]);

    let call = call.handle(at(9), room_seen(1, Some(vec![caller(), leg_sid(ANA)]))).0;

    assert_eq!(call.phase(), Phase::Bridged);
}

#[test]
fn a_caller_who_fell_out_together_with_the_winner_is_not_hung_up_on_for_reports_that_come_late() {
    let call = joining([ANA, BEN]).handle(at(6), Event::Room(RoomNews::Joined(caller()))).0;
    let call = call.handle(at(6), from_leg(ANA, LegNews::DialEnded)).0;
    let call = call.handle(at(6), Event::Room(RoomNews::Joined(leg_sid(ANA)))).0;
    let call = call.handle(at(6), Event::Room(RoomNews::Started)).0;

    let (call, effects) = call.handle(at(6), Event::CallerAsked(Asked::DialEnded));

    assert_eq!(effects, [Effect::Reply(CallerDocument::EnterRoom)]);
    assert_eq!((call.phase(), call.outcome()), (Phase::Joining, None));
}

#[test]
fn a_winner_who_waits_for_a_caller_who_left_unnoticed_hears_why_and_is_not_just_cut_off() {
    // The carrier reports the caller's coming once more, and their leaving never.
    let joins = [caller(), leg_sid(ANA), caller()].map(|who| Event::Room(RoomNews::Joined(who)));
    let call = run_until(after(joining([ANA]), joins), 10).0;

    let (call, effects) = call.handle(at(10), room_seen(1, Some(Vec::new())));
    let (call, told) = call.handle(at(11), Event::CallerLookedUp(Standing::Over));

    assert_eq!(effects, [Effect::LookUpCaller]);
    let why = Told::CallerLeft;
    assert!(told.contains(&Effect::TellLeg { leg: leg(ANA), sid: leg_sid(ANA), why }), "{told:?}");
    assert_eq!(call.phase(), Phase::Over);
}

#[test]
fn a_talk_is_not_ended_by_a_slow_answer_about_the_room_of_the_winner_before() {
    let call = joining([ANA, BEN]).handle(at(15), Event::DeadlineReached).0;
    let call = call.handle(at(16), from_leg(ANA, LegNews::Ended(LegEnd::Completed))).0;
    let call = call.handle(at(16), granted(2, [ANA, BEN])).0;
    let ben = |news| Event::FromLeg { leg: leg(4), sid: leg_sid(4), news };
    let call = call.handle(at(17), ben(LegNews::Accepted)).0;
    let call = after(call, [Event::Room(RoomNews::Joined(leg_sid(4))), Event::Room(RoomNews::Started)]);
    // The end of the conference before, late, has the room looked at.
    let (call, _) = call.handle(at(18), Event::Room(RoomNews::Ended));
    let (call, effects) = call.handle(at(21), Event::DeadlineReached);
    assert!(effects.contains(&Effect::LookUpRoom(look(2))), "{effects:?}");

    let (call, effects) = call.handle(at(22), room_seen(1, Some(Vec::new())));

    assert_eq!((effects, call.phase()), (vec![Effect::Ignore(Ignored::TooLate)], Phase::Bridged));
}

#[test]
fn no_telephone_rings_after_a_talk_of_the_last_moment_whose_end_is_not_reported() {
    let (call, effects) = taken_in_the_last_moment().handle(at(41), from_leg(ANA, LegNews::DialEnded));
    assert!(effects.contains(&Effect::LookUpCaller), "{effects:?}");

    let (call, effects) = call.handle(at(41), Event::CallerLookedUp(Standing::Over));

    let why = Told::CallerLeft;
    assert!(effects.contains(&Effect::TellLeg { leg: leg(ANA), sid: leg_sid(ANA), why }), "{effects:?}");
    assert_eq!(call.phase(), Phase::Over);
}

#[test]
fn a_winner_who_sits_alone_is_out_of_the_conference_before_the_next_comes_in() {
    let joined = |who| Event::Room(RoomNews::Joined(who));
    let (call, effects) = joining([ANA, BEN]).handle(at(5), from_leg(ANA, LegNews::DialEnded));
    assert!(effects.contains(&Effect::LookUpCaller), "{effects:?}");
    let mut call = after(call, [joined(leg_sid(ANA)), joined(caller())]);
    let (mut effects, mut second) = (Vec::new(), 5);
    while call.phase() == Phase::Bridged {
        second += 1;
        (call, effects) = run_until(call, second);
        for effect in std::mem::take(&mut effects) {
            if let Effect::LookUpRoom(look) = effect {
                (call, effects) = call.handle(at(second), Event::RoomLookedUp { look, present: Some(Vec::new()) });
            }
        }
    }

    let tell = Effect::TellLeg { leg: leg(ANA), sid: leg_sid(ANA), why: Told::CouldNotConnect };
    let told = effects.iter().position(|effect| *effect == tell);
    let rung = effects.iter().position(|effect| matches!(effect, Effect::Seek { .. }));
    assert!(told.is_some() && told < rung, "{effects:?}");
}

#[test]
fn a_caller_who_has_fallen_out_is_not_taken_to_talk_on_the_word_of_a_look_from_before() {
    let call = joining([ANA, BEN]).handle(at(15), Event::DeadlineReached).0;
    let call = call.handle(at(16), Event::CallerAsked(Asked::DialEnded)).0;

    let both = room_seen(1, Some(vec![caller(), leg_sid(ANA)]));
    let (call, effects) = call.handle(at(16), both);

    assert_eq!((effects, call.phase()), (vec![Effect::Ignore(Ignored::TooLate)], Phase::Joining));
}

#[test]
fn a_caller_who_has_talked_with_a_winner_whom_the_conference_refused_at_first_is_not_rung_for_again() {
    // The carrier lists the conference late, so that a look into it would not tell.
    let call = joining([ANA, BEN]).handle(at(6), Event::Room(RoomNews::Joined(caller()))).0;
    let call = call.handle(at(6), from_leg(ANA, LegNews::NotLetIn)).0;
    let (call, effects) = call.handle(at(7), Event::Room(RoomNews::Started));
    assert_eq!((effects, call.phase()), (vec![Effect::Note(Fact::Bridged("Ana".into()))], Phase::Bridged));

    let (call, effects) = call.handle(at(8), from_leg(ANA, LegNews::Ended(LegEnd::Completed)));

    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Seek { .. })), "{effects:?}");
    assert_eq!(call.outcome(), Some(Outcome::Talked));
}
