//! Rules of the members' legs, pinned down when a change of them went unnoticed.

use std::time::Duration;

use ringall_core::{
    call::{Dialled, Effect, Event, Ignored, LegDocument, LegEnd, LegNews, Phase, Ringback, Told},
    claim::Closed,
    fact::Fact,
    flow::{Member, RingGroup},
};

use super::scene::*;

/// Ana's phone rings for ten seconds at the most, though the group rings for thirty.
fn ringing_for_ten_seconds() -> RingGroup {
    let mut group = group([ANA]);
    group.members = group.members.into_iter().map(|m| Member { phone_for: Duration::from_secs(10), ..m }).collect();
    group
}

#[test]
fn a_phone_is_freed_by_its_legs_end_until_it_has_become_free_by_itself() {
    let ended = |millis| {
        let now = at(5) + Duration::from_millis(millis);
        joining([ANA, BEN]).handle(now, from_leg(BEN, LegNews::Ended(LegEnd::NoAnswer))).1
    };

    assert_eq!(ended(1_000), [Effect::FreePhone(phone(BEN))]);
    assert_eq!(ended(1_899), [Effect::FreePhone(phone(BEN))]);
    assert_eq!(ended(1_900), []);
    assert_eq!(ended(2_500), []);
}

#[test]
fn a_phone_that_is_picked_up_after_its_cancel_is_kept_until_it_has_become_free_by_itself() {
    let answered = |millis| {
        let now = at(5) + Duration::from_millis(millis);
        joining([ANA, BEN]).handle(now, from_leg(BEN, LegNews::Answered)).1
    };

    assert_eq!(answered(1_000), [Effect::KeepPhone(phone(BEN))]);
    assert_eq!(answered(1_899), [Effect::KeepPhone(phone(BEN))]);
    assert_eq!(answered(1_900), []);
    assert_eq!(answered(2_500), []);
}

#[test]
fn who_hears_why_keeps_their_phone_engaged_unless_they_are_being_hung_up() {
    let (_, canceled) = joining([ANA, BEN]).handle(at(6), from_leg(BEN, LegNews::ToldWhy));
    let told = screened([ANA, BEN]).handle(at(21), from_leg(ANA, LegNews::Accepted)).0;
    let completed = told.handle(at(22), Event::LegRedirectFailed { leg: leg(BEN) }).0;
    let (_, hung_up) = completed.handle(at(23), from_leg(BEN, LegNews::ToldWhy));

    assert_eq!(canceled, [Effect::KeepPhone(phone(BEN))]);
    assert_eq!(hung_up, []);
}

#[test]
fn a_leg_whose_name_is_never_learned_is_waited_for_until_ten_seconds_after_it_would_have_stopped_ringing() {
    let call = dialling([ANA]).handle(at(3), Event::CallerLeft).0;
    let call = call.handle(at(3), Event::ClaimClosed { round: round(1) }).0;
    assert_eq!(call.deadline(), Some(at(40)));

    let (call, effects) = call.handle(at(40), Event::DeadlineReached);

    assert_eq!(effects, [Effect::FreePhone(phone(ANA))]);
    assert!(call.is_finished());
}

#[test]
fn the_time_in_the_carriers_queue_does_not_count_as_ringing() {
    let call = begin(ringing_for_ten_seconds(), Ringback::Tone).handle(at(0), granted(1, [ANA])).0;
    let call = call.handle(at(1), queued(ANA, 5)).0;
    let call = call.handle(at(12), Event::DeadlineReached).0;
    assert_eq!(call.deadline(), Some(at(15)));

    let (_, effects) = call.handle(at(15), Event::DeadlineReached);

    assert_eq!(effects[0], Effect::Note(Fact::DidNotAnswer("Ana".into())));
}

#[test]
fn a_leg_that_the_carrier_does_not_queue_rings_from_the_start() {
    let call = begin(ringing_for_ten_seconds(), Ringback::Tone).handle(at(0), granted(1, [ANA])).0;

    let (call, effects) = call.handle(at(1), queued(ANA, 0));

    assert_eq!((effects, call.deadline()), (vec![], Some(at(10))));
    let queued_first = joining_with_two_who_ring_and_one_in_the_queue();
    assert_eq!(queued_first, [BEN, CLEO].map(|person| Effect::CancelLeg { leg: leg(person), sid: leg_sid(person) }));
}

/// Neither is in the queue any more, so they are canceled in the order in which they were dialled.
fn joining_with_two_who_ring_and_one_in_the_queue() -> Vec<Effect> {
    let call = dialling([ANA, BEN, CLEO]).handle(at(1), queued(CLEO, 0)).0;
    let call = call.handle(at(1), from_leg(BEN, LegNews::Rings)).0;
    let call = call.handle(at(2), from_leg(ANA, LegNews::Rings)).0;
    let (_, effects) = call.handle(at(3), from_leg(ANA, LegNews::Accepted));
    effects.into_iter().filter(|effect| matches!(effect, Effect::CancelLeg { .. })).collect()
}

#[test]
fn an_order_that_is_refused_takes_the_person_out_unless_their_phone_has_shown_that_it_rings() {
    let refused = || Event::Dialled { leg: leg(ANA), result: Dialled::Refused };

    let (_, effects) = dialling([ANA]).handle(at(2), refused());
    let (_, although_it_rings) = ringing([ANA]).handle(at(2), refused());
    let ending = dialling([ANA]).handle(at(2), Event::CallerLeft).0;
    let ending = ending.handle(at(2), Event::ClaimClosed { round: round(1) }).0;
    let (over, when_it_is_let_go) = ending.handle(at(3), refused());

    let free = Effect::FreePhone(phone(ANA));
    let unreachable = Effect::Note(Fact::WasUnreachable("Ana".into()));
    assert_eq!(effects, [free.clone(), unreachable.clone(), Effect::CloseClaim(round(1), Closed::MovedOn)]);
    assert_eq!(although_it_rings, [Effect::Ignore(Ignored::Repeated)]);
    assert_eq!(when_it_is_let_go, [free, unreachable]);
    assert!(over.is_finished());
}

#[test]
fn the_carriers_verdict_is_awaited_for_ten_seconds_and_a_key_for_twenty_from_when_it_is_asked_for() {
    let answered = ringing([ANA]).handle(at(5), from_leg(ANA, LegNews::Answered)).0;
    let (answered, again) = answered.handle(at(8), from_leg(ANA, LegNews::Answered));
    assert_eq!(again, [Effect::Ignore(Ignored::Repeated)]);
    let answered = answered.handle(at(12), Event::DeadlineReached).0;
    assert_eq!(answered.deadline(), Some(at(15)));

    let (asked, effects) = answered.handle(at(13), from_leg(ANA, LegNews::AskedForKey));
    assert_eq!(effects, []);
    let asked = asked.handle(at(30), Event::DeadlineReached).0;
    let (_, again) = asked.clone().handle(at(31), from_leg(ANA, LegNews::AskedForKey));

    assert_eq!(again, [Effect::Ignore(Ignored::Repeated)]);
    assert_eq!(asked.deadline(), Some(at(33)));
}

#[test]
fn what_a_phone_that_has_the_call_or_was_let_go_says_about_itself_takes_nothing_back() {
    for news in [LegNews::Declined, LegNews::WasMachine] {
        let (call, winner) = joining([ANA, BEN]).handle(at(6), from_leg(ANA, news));
        let (call, loser) = call.handle(at(6), from_leg(BEN, news));

        let too_late = [Effect::Ignore(Ignored::TooLate)];
        assert_eq!((winner.as_slice(), loser.as_slice()), (&too_late[..], &too_late[..]));
        assert_eq!(call.phase(), Phase::Joining);
    }
}

#[test]
fn a_leg_of_which_nothing_is_heard_is_hung_up_twenty_times_and_then_taken_for_gone() {
    let mut call = joining([ANA, BEN]).handle(at(6), from_leg(ANA, LegNews::ToldWhy)).0;
    let complete = Effect::CompleteLeg { leg: leg(BEN), sid: leg_sid(BEN) };
    let mut times = 0;
    while let Some(due) = call.deadline().filter(|due| *due < at(400)) {
        let (next, effects) = call.handle(due, Event::DeadlineReached);
        times += effects.iter().filter(|effect| **effect == complete).count();
        call = next;
    }

    assert_eq!(times, 20);
}

#[test]
fn a_phone_that_was_asked_for_a_key_is_told_why_it_was_too_late() {
    let call = screened([ANA, BEN]).handle(at(21), from_leg(ANA, LegNews::Accepted)).0;

    let (_, effects) = call.handle(at(22), from_leg(BEN, LegNews::DialEnded));

    let document = LegDocument::Tell(Told::SomebodyElseHasIt);
    assert_eq!(effects, [Effect::ReplyLeg { leg: leg(BEN), document }]);
}

#[test]
fn a_winner_who_hears_that_they_could_not_be_joined_is_hung_up_after_twenty_seconds() {
    let out = || from_leg(ANA, LegNews::DialEnded);
    let call = after(joining([ANA, BEN]), [out(), out()]).handle(at(6), out()).0;

    let (call, effects) = call.handle(at(25), Event::DeadlineReached);
    assert!(!effects.contains(&Effect::CompleteLeg { leg: leg(ANA), sid: leg_sid(ANA) }), "{effects:?}");
    let (_, effects) = call.handle(at(26), Event::DeadlineReached);

    assert!(effects.contains(&Effect::CompleteLeg { leg: leg(ANA), sid: leg_sid(ANA) }), "{effects:?}");
}

#[test]
fn a_leg_from_before_a_restart_is_stopped_unless_its_human_has_already_taken_the_call() {
    let old = |news| Event::FromLeg { leg: leg(ANA), sid: sid("CAold"), news };

    let (call, rings) = ringing([ANA]).handle(at(2), old(LegNews::Rings));
    let (call, falls_out) = call.handle(at(2), old(LegNews::DialEnded));
    let (call, is_over) = call.handle(at(2), old(LegNews::Ended(LegEnd::Completed)));
    assert_eq!(rings, [Effect::CancelStray(sid("CAold"))]);
    assert_eq!(falls_out, [Effect::ReplyLeg { leg: leg(ANA), document: LegDocument::HangUp }]);
    assert_eq!(is_over, [Effect::Ignore(Ignored::Stranger)]);

    let (call, accepts) = call.handle(at(3), old(LegNews::Accepted));
    let (_, leaves) = call.handle(at(4), Event::CallerLeft);

    assert_eq!(accepts[0], Effect::CancelStray(leg_sid(ANA)));
    let told = Effect::TellLeg { leg: leg(ANA), sid: sid("CAold"), why: Told::CallerLeft };
    assert!(leaves.contains(&told), "{leaves:?}");
}

#[test]
fn a_mailbox_that_is_found_out_while_it_is_asked_for_a_key_is_hung_up_and_the_others_ring_on() {
    let (call, effects) = screened([ANA, BEN]).handle(at(21), from_leg(ANA, LegNews::FoundMachine));

    assert_eq!(
        effects,
        [Effect::Note(Fact::WasMachine("Ana".into())), Effect::CompleteLeg { leg: leg(ANA), sid: leg_sid(ANA) },]
    );
    assert_eq!(call.phase(), Phase::Ringing);
}
