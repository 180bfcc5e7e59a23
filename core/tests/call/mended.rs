//! What once went wrong, or nearly did, for somebody on the telephone.

use std::time::Duration;

use ringall_core::{
    call::{
        Asked, Call, CallerDocument, Dialled, Effect, Event, Ignored, LegDocument, LegEnd, LegNews, Phase, Ringback,
        RoomNews, Standing, Told,
    },
    claim::Closed,
    fact::{Fact, Outcome},
    flow::RingGroup,
};

use super::scene::*;

#[test]
fn a_phone_whose_create_is_still_under_way_is_not_rung_for_another_caller() {
    let call = dialling([ANA, BEN]);

    let (_, effects) = call.handle(at(30), Event::DeadlineReached);

    assert!(!effects.contains(&Effect::FreePhoneSoon(phone(ANA))), "{effects:?}");
    assert!(!effects.contains(&Effect::FreePhone(phone(ANA))), "{effects:?}");
}

#[test]
fn a_winner_who_was_being_sent_away_in_that_very_moment_gives_the_call_back_at_once() {
    let call = joining([ANA, BEN]);

    let (call, effects) = call.handle(at(6), from_leg(ANA, LegNews::ToldWhy));

    assert_eq!(
        effects,
        [
            Effect::Note(Fact::HandedBack("Ana".into())),
            Effect::OpenRound(round(2)),
            Effect::Seek { round: round(2), phones: vec![phone(ANA), phone(BEN)], ring_busy: false },
        ]
    );
    assert_eq!(call.phase(), Phase::Ringing);
}

#[test]
fn a_leg_that_was_told_why_does_not_keep_the_caller_waiting_after_the_time_is_over() {
    let call = screened([ANA]);
    let (call, _) = call.handle(at(30), Event::DeadlineReached);

    let (_, effects) = call.handle(at(31), from_leg(ANA, LegNews::ToldWhy));

    assert_eq!(effects, [Effect::CloseClaim(round(1), Closed::MovedOn)]);
}

#[test]
fn the_late_end_of_an_older_leg_does_not_let_another_caller_ring_the_same_phone() {
    let group = RingGroup { passes: 2, ring_for: Duration::from_secs(60), ..group([ANA]) };
    let call = begin(group, Ringback::Tone).handle(at(0), granted(1, [ANA])).0;
    let call = call.handle(at(1), from_leg(ANA, LegNews::Rings)).0;
    let (call, effects) = call.handle(at(30), Event::DeadlineReached);
    assert!(effects.contains(&Effect::FreePhoneSoon(phone(ANA))), "{effects:?}");
    let call = call.handle(at(33), Event::DeadlineReached).0;
    let call = call.handle(at(33), granted(1, [ANA])).0;

    let (call, completed) = call.handle(at(35), Event::DeadlineReached);
    let (_, ended) = call.handle(at(36), from_leg(ANA, LegNews::Ended(LegEnd::NoAnswer)));

    assert_eq!(completed, [Effect::CompleteLeg { leg: leg(ANA), sid: leg_sid(ANA) }]);
    assert_eq!(ended, []);
}

#[test]
fn a_member_does_not_stay_alone_in_the_conference_when_the_carrier_is_out_of_reach_for_two_minutes() {
    let call = after(joining([ANA]), [Event::Room(RoomNews::Started), Event::CallerLeft]);

    let (call, last) = run_until(call, 130);

    assert_eq!(last, [Effect::CompleteLeg { leg: leg(ANA), sid: leg_sid(ANA) }]);
    assert!(!call.is_finished());
}

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
    assert_eq!(effects, [Effect::CompleteLeg { leg: leg(BEN), sid: leg_sid(BEN) }, Effect::LookUpRoom]);

    let (call, effects) = call.handle(at(11), Event::RoomLookedUp(Some(vec![caller()])));

    assert!(effects.contains(&Effect::Note(Fact::HandedBack("Ana".into()))), "{effects:?}");
    assert_eq!(call.phase(), Phase::Ringing);
}

#[test]
fn a_winner_whom_only_the_claim_has_named_is_told_that_the_caller_left() {
    let call = dialling([ANA]).handle(at(5), Event::CallerLeft).0;
    let call = call.handle(at(5), Event::ClaimHeldBy { round: round(1), leg: leg(ANA) }).0;

    let (_, effects) = call.handle(at(5), from_leg(ANA, LegNews::Accepted));

    assert_eq!(effects, [Effect::TellLeg { leg: leg(ANA), sid: leg_sid(ANA), why: Told::CallerLeft }]);
}

#[test]
fn a_winner_who_hangs_up_in_one_breath_leaves_no_phone_ringing_for_a_round_that_nobody_can_win() {
    let call = ringing([ANA, BEN]).handle(at(5), from_leg(ANA, LegNews::Ended(LegEnd::Completed))).0;

    let (_, effects) = call.handle(at(5), from_leg(ANA, LegNews::Accepted));

    assert_eq!(
        effects,
        [
            Effect::Reply(CallerDocument::EnterRoom),
            Effect::CancelLeg { leg: leg(BEN), sid: leg_sid(BEN) },
            Effect::FreePhoneSoon(phone(BEN)),
            Effect::Note(Fact::Withdrawn("Ben".into(), Told::SomebodyElseHasIt)),
            Effect::Note(Fact::HandedBack("somebody".into())),
            Effect::OpenRound(round(2)),
            Effect::Seek { round: round(2), phones: vec![phone(ANA), phone(BEN)], ring_busy: false },
        ]
    );
}

#[test]
fn the_accept_of_a_winner_who_is_gone_does_not_end_the_round_that_rings_for_the_caller_now() {
    let call = joining([ANA, BEN]).handle(at(6), from_leg(ANA, LegNews::Ended(LegEnd::Completed))).0;
    let call = call.handle(at(8), granted(2, [ANA, BEN])).0;

    let (_, effects) = call.handle(at(9), from_leg(ANA, LegNews::Accepted));

    assert_eq!(effects, [Effect::Ignore(Ignored::Repeated)]);
}

#[test]
fn a_winner_who_cannot_be_joined_hears_why_to_the_end() {
    let out = || from_leg(ANA, LegNews::DialEnded);
    let (call, first) = joining([ANA]).handle(at(6), out());
    let (call, second) = call.handle(at(6), out());
    let again = [Effect::ReplyLeg { leg: leg(ANA), document: LegDocument::EnterRoom }];
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
    assert_eq!(effects, [Effect::LookUpRoom]);
    let call = call.handle(at(16), Event::Room(RoomNews::Started)).0;

    let (call, effects) = call.handle(at(17), Event::RoomLookedUp(Some(vec![caller()])));

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

    let (call, effects) = call.handle(at(18), Event::RoomLookedUp(Some(vec![caller()])));

    assert_eq!(effects, [Effect::Ignore(Ignored::TooLate)]);
    assert_eq!(call.phase(), Phase::Joining);
}

#[test]
fn a_caller_who_is_up_but_does_not_ask_is_fetched_and_not_hung_up_on() {
    let call = begin(group([ANA]), Ringback::Tone).handle(at(1), Event::CallerConnectionClosed).0;
    let (call, effects) = call.handle(at(11), Event::DeadlineReached);
    assert_eq!(effects, [Effect::LookUpCaller]);

    let (_, effects) = call.handle(at(12), Event::CallerLookedUp(Standing::Up));

    assert_eq!(effects, [Effect::RedirectCaller]);
}

#[test]
fn a_phone_that_rings_since_before_a_restart_is_not_left_ringing_a_second_time() {
    let old = sid("CAold");
    let call = dialling([ANA, BEN]);
    let rings = Event::FromLeg { leg: leg(ANA), sid: old, news: LegNews::Rings };
    let call = call.handle(at(1), rings).0;

    let result = Dialled::Accepted { sid: leg_sid(ANA), queue_time: Duration::ZERO };
    let (_, effects) = call.handle(at(1), Event::Dialled { leg: leg(ANA), result });

    assert_eq!(effects, [Effect::CancelStray(leg_sid(ANA))]);
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
    assert_eq!(effects, [Effect::ReplyLeg { leg: leg(ANA), document: LegDocument::EnterRoom }]);
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

#[test]
fn a_caller_whose_winner_accepts_as_the_reply_budget_ends_is_not_fetched_out_of_the_talk() {
    let call = begin(group([ANA]), Ringback::Carrier).handle(at(0), granted(1, [ANA])).0;
    let call = call.handle(at(1), from_leg(ANA, LegNews::Rings)).0;
    let (call, effects) = call.handle(at(12), Event::DeadlineReached);
    assert_eq!(effects, [Effect::Reply(CallerDocument::KeepRinging)]);
    let (call, effects) = call.handle(at(12), Event::CallerBroughtIn);
    assert_eq!(effects, [Effect::LookUpCaller]);
    let call = call.handle(at(12), from_leg(ANA, LegNews::Accepted)).0;
    let call = call.handle(at(13), Event::Room(RoomNews::Started)).0;

    let (call, last) = run_until(call, 500);

    assert_eq!(last, []);
    assert_eq!(call.phase(), Phase::Bridged);
}

#[test]
fn a_phone_that_was_picked_up_as_it_was_canceled_is_not_rung_for_another_caller_nor_cut_off_while_it_listens() {
    let call = joining([ANA, BEN]);

    let (call, effects) = call.handle(at(6), Event::LegLookedUp { leg: leg(BEN), standing: Standing::Up });
    let (_, later) = call.handle(at(10), Event::DeadlineReached);

    assert_eq!(effects, [Effect::KeepPhone(phone(BEN))]);
    assert_eq!(later, [Effect::Ignore(Ignored::NotDue)]);
}

#[test]
fn a_winner_who_picked_up_as_the_ringing_ended_is_not_rung_for_another_caller_while_they_talk() {
    let call = ringing([ANA]);
    let (call, effects) = run_until(call, 30);
    assert!(effects.contains(&Effect::FreePhoneSoon(phone(ANA))), "{effects:?}");

    let (_, effects) = call.handle(at(30), Event::ClaimHeldBy { round: round(1), leg: leg(ANA) });

    assert!(effects.contains(&Effect::KeepPhone(phone(ANA))), "{effects:?}");
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
fn who_picks_up_in_the_moment_of_the_cancel_is_told_although_the_pick_up_is_never_reported() {
    let call = ringing([ANA]).handle(at(5), Event::CallerLeft).0;
    let call = call.handle(at(5), Event::ClaimClosed { round: round(1) }).0;

    let (call, effects) = call.handle(at(6), Event::LegLookedUp { leg: leg(ANA), standing: Standing::Up });
    let (_, last) = run_until(call, 20);

    assert_eq!(effects, [Effect::KeepPhone(phone(ANA))]);
    assert_eq!(last, [], "the verdict takes its time, and then she is told");
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
fn who_picks_up_in_the_moment_of_the_cancel_and_is_asked_for_a_key_is_not_cut_off_while_listening() {
    let call = ringing([ANA, BEN]);
    let (call, canceled) = call.handle(at(30), Event::DeadlineReached);
    assert!(canceled.contains(&Effect::CancelLeg { leg: leg(ANA), sid: leg_sid(ANA) }), "{canceled:?}");

    let call = call.handle(at(31), from_leg(ANA, LegNews::AskedForKey)).0;
    let (_, effects) = call.handle(at(51), Event::DeadlineReached);

    let told = Effect::TellLeg { leg: leg(ANA), sid: leg_sid(ANA), why: Told::NotAccepted };
    assert!(effects.contains(&told), "{effects:?}");
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
    let call = run_until(call, 9).0.handle(at(9), Event::RoomLookedUp(Some(Vec::new()))).0;
    let (call, _) = run_until(call, 23);

    let (call, effects) = call.handle(at(24), Event::RoomLookedUp(Some(Vec::new())));

    assert!(effects.contains(&Effect::LookUpCaller), "{effects:?}");
    assert!(effects.contains(&Effect::Note(Fact::HandedBack("Ana".into()))), "{effects:?}");
    assert_eq!(call.phase(), Phase::Ringing);
}

#[test]
fn a_winner_who_is_sent_in_again_as_the_caller_hangs_up_is_told_and_does_not_sit_there_alone() {
    let again = [Effect::ReplyLeg { leg: leg(ANA), document: LegDocument::EnterRoom }];
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
    assert_eq!(effects, [Effect::LookUpRoom]);
    let call = call.handle(at(9), Event::RoomLookedUp(Some(vec![caller(), leg_sid(ANA)]))).0;

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
    assert_eq!(effects, [Effect::LookUpRoom]);

    let call = call.handle(at(9), Event::RoomLookedUp(Some(vec![caller(), leg_sid(ANA)]))).0;

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
fn a_caller_whose_winner_accepts_as_our_ringback_begins_anew_is_not_torn_out_of_the_talk() {
    let asks = || Event::CallerAsked(Asked::Now { answered: true });
    let call = ringing([ANA]).handle(at(12), Event::DeadlineReached).0;
    let call = call.handle(at(13), Event::CallerAsked(Asked::DialEnded)).0;
    let (call, effects) = call.handle(at(20), asks());
    assert_eq!(effects, [Effect::Reply(CallerDocument::HearRingback)]);

    let (call, found) = call.handle(at(20), Event::CallerBroughtIn);
    let (call, accepted) = call.handle(at(20), from_leg(ANA, LegNews::Accepted));

    assert_eq!(found, [Effect::LookUpCaller]);
    assert!(!accepted.contains(&Effect::RedirectCaller), "{accepted:?}");
    assert_eq!(call.handle(at(21), Event::Room(RoomNews::Started)).0.phase(), Phase::Bridged);
}
