//! What once went wrong, or nearly did, for somebody on the telephone.

use std::time::Duration;

use ringall_core::{
    call::{
        Asked, CallerDocument, Dialled, Effect, Event, Ignored, LegDocument, LegEnd, LegNews, Phase, Ringback,
        RoomNews, Standing, Told,
    },
    claim::Closed,
    fact::Fact,
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

    let (call, _) = call.handle(at(35), Event::DeadlineReached);
    let (call, completed) = call.handle(at(35), Event::LegRedirectFailed { leg: leg(ANA) });
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
fn a_caller_whose_winner_accepts_as_our_ringback_begins_anew_is_not_torn_out_of_the_talk() {
    let asks = || Event::CallerAsked(Asked::Now { answered: true });
    let call = ringing([ANA]).handle(at(12), Event::DeadlineReached).0;
    let call = call.handle(at(13), Event::CallerAsked(Asked::DialEnded)).0;
    let (call, effects) = call.handle(at(20), asks());
    assert_eq!(effects, [Effect::Reply(CallerDocument::EnterRoom)]);

    let (call, found) = call.handle(at(20), Event::CallerBroughtIn);
    let (call, accepted) = call.handle(at(20), from_leg(ANA, LegNews::Accepted));

    assert_eq!(found, [Effect::LookUpCaller]);
    assert!(!accepted.contains(&Effect::RedirectCaller), "{accepted:?}");
    assert_eq!(call.handle(at(21), Event::Room(RoomNews::Started)).0.phase(), Phase::Bridged);
}

#[test]
fn who_declines_in_the_moment_their_phone_stops_is_not_rung_in_the_next_pass() {
    let mut group = RingGroup { passes: 2, ..group([ANA]) };
    group.members[0].phone_for = Duration::from_secs(10);
    let call = begin(group, Ringback::Tone).handle(at(0), granted(1, [ANA])).0;
    let call = call.handle(at(1), from_leg(ANA, LegNews::Rings)).0;
    let call = call.handle(at(10), Event::DeadlineReached).0;
    let call = call.handle(at(10), from_leg(ANA, LegNews::AskedForKey)).0;

    let (call, effects) = call.handle(at(12), from_leg(ANA, LegNews::Declined));
    let (_, late) = call.handle(at(13), granted(1, [ANA]));

    let declined = Effect::Note(Fact::Declined("Ana".into()));
    assert_eq!(effects, [declined, Effect::CloseClaim(round(1), Closed::MovedOn)]);
    assert_eq!(late, [Effect::Ignore(Ignored::OldRound)], "her leg engages her phone");
}

#[test]
fn who_declines_while_the_next_pass_waits_for_their_phone_is_not_rung_by_it() {
    let mut group = RingGroup { passes: 2, ..group([ANA, BEN]) };
    group.members[0].phone_for = Duration::from_secs(10);
    let call = begin(group, Ringback::Tone).handle(at(0), granted(1, [ANA, BEN])).0;
    let call = call.handle(at(1), from_leg(ANA, LegNews::Rings)).0;
    let call = call.handle(at(2), from_leg(BEN, LegNews::Ended(LegEnd::NoAnswer))).0;
    let call = call.handle(at(10), Event::DeadlineReached).0;
    let call = call.handle(at(10), from_leg(ANA, LegNews::AskedForKey)).0;
    let (call, sought) = call.handle(at(13), Event::DeadlineReached);
    let phones = vec![phone(ANA), phone(BEN)];
    assert!(sought.contains(&Effect::Seek { round: round(1), phones, ring_busy: false }), "{sought:?}");

    let call = call.handle(at(14), from_leg(ANA, LegNews::Declined)).0;
    let (_, effects) = call.handle(at(15), granted(1, [ANA, BEN]));

    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Dial { phone: it, .. } if *it == phone(ANA))));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Dial { phone: it, .. } if *it == phone(BEN))));
}

#[test]
fn a_phone_whose_mailbox_cannot_be_hung_up_on_is_not_rung_for_another_caller() {
    let found = Event::FromLeg { leg: leg(ANA), sid: leg_sid(ANA), news: LegNews::FoundMachine };
    let (call, effects) = screened([ANA, BEN]).handle(at(21), found);
    assert!(!effects.contains(&Effect::FreePhoneSoon(phone(ANA))), "{effects:?}");
    // The carrier refuses, and is asked again.
    let (call, effects) = run_until(call, 31);
    assert_eq!(effects[0], Effect::CompleteLeg { leg: leg(ANA), sid: leg_sid(ANA) });
    assert!(!effects.contains(&Effect::FreePhoneSoon(phone(ANA))), "{effects:?}");

    let (_, effects) = call.handle(at(32), from_leg(ANA, LegNews::Ended(LegEnd::Completed)));

    assert_eq!(effects, [Effect::FreePhone(phone(ANA))]);
}

#[test]
fn who_picks_up_in_the_moment_of_the_cancel_is_told_although_the_answer_to_the_cancel_is_late() {
    let call = ringing([ANA]).handle(at(5), Event::CallerLeft).0;
    let call = call.handle(at(5), Event::ClaimClosed { round: round(1) }).0;

    // The carrier does not say that she picked up, and its answer is from before that.
    let call = call.handle(at(9), Event::LegLookedUp { leg: leg(ANA), standing: Standing::Unanswered }).0;
    let (call, effects) = run_until(call, 10);
    let (_, told) = call.handle(at(11), from_leg(ANA, LegNews::ToldWhy));

    assert_eq!(effects, [Effect::TellLeg { leg: leg(ANA), sid: leg_sid(ANA), why: Told::CallerLeft }]);
    assert_eq!(told, []);
}

#[test]
fn who_picks_up_as_their_telephone_is_stopped_and_takes_the_call_is_not_torn_out_of_it_by_our_word() {
    let mut group = group([ANA, BEN]);
    group.members[0].phone_for = Duration::from_secs(10);
    let call = begin(group, Ringback::Tone).handle(at(0), granted(1, [ANA, BEN])).0;
    let rings = [ANA, BEN].map(|person| from_leg(person, LegNews::Rings));
    let call = rings.into_iter().fold(call, |call, rings| call.handle(at(1), rings).0);
    let (call, stopped) = call.handle(at(10), Event::DeadlineReached);
    assert!(stopped.contains(&Effect::CancelLeg { leg: leg(ANA), sid: leg_sid(ANA) }), "{stopped:?}");
    let call = call.handle(at(12), Event::DeadlineReached).0;

    let (call, told) = call.handle(at(15), Event::DeadlineReached);
    let call = call.handle(at(15), from_leg(ANA, LegNews::Accepted)).0;
    let (_, out) = call.handle(at(15), from_leg(ANA, LegNews::DialEnded));

    // This word, and no other, leads a leg that has the call back into the conference.
    assert_eq!(told, [Effect::TellLeg { leg: leg(ANA), sid: leg_sid(ANA), why: Told::NotAccepted }]);
    assert_eq!(out[0], Effect::ReplyLeg { leg: leg(ANA), document: LegDocument::EnterRoom });
}
