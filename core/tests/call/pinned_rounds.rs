//! Rules of a round and of its winner's way into the room, pinned down when a change of them went unnoticed.

use std::{sync::Arc, time::Duration};

use ringall_core::{
    call::{
        AfterWords, Asked, Call, CallSetup, CallerDocument, Effect, Event, Ignored, LegEnd, LegNews, Phase, Ringback,
        RoomNews, Standing, Told,
    },
    claim::Closed,
    fact::{Fact, Outcome},
    flow::{Flow, NamedStep, RingGroup, Step, StepIndex},
};

use super::scene::*;

fn too_late() -> Vec<Effect> {
    vec![Effect::Ignore(Ignored::TooLate)]
}

fn ended(person: u32, end: LegEnd) -> Event {
    from_leg(person, LegNews::Ended(end))
}

/// A call whose flow rings the group, and leads where `nobody` says.
fn begin_with(group: RingGroup, nobody: usize) -> Call {
    let steps = [Step::ring(Arc::new(group.clone()), StepIndex(nobody)), Step::HangUp];
    let steps = steps.map(|step| NamedStep { name: "step".into(), step });
    let flow = Arc::new(Flow::new(steps.into(), StepIndex(0)).expect("a sound flow"));
    Call::begin(at(0), Arc::new(CallSetup { flow, ..CallSetup::clone(&setup(group, Ringback::Tone)) })).0
}

#[test]
fn a_flow_that_rings_in_a_circle_ends_after_a_hundred_steps() {
    let mut call = begin_with(group::<0>([]), 0);
    let mut rounds = 1;
    while call.phase() == Phase::Ringing && rounds < 1_000 {
        let (next, effects) = call.handle(at(1), Event::ClaimClosed { round: round(rounds) });
        rounds += u32::from(effects.contains(&Effect::OpenRound(round(rounds + 1))));
        call = next;
    }

    assert_eq!((rounds, call.outcome()), (100, Some(Outcome::NobodyTookIt)));
}

#[test]
fn a_caller_whom_nobody_took_is_fetched_out_of_the_room_at_once_to_be_hung_up() {
    let call = begin_with(group([ANA]), 1).handle(at(0), granted(1, [ANA])).0;
    let call = run_until(call, 30).0;

    let (_, effects) = call.handle(at(30), Event::ClaimClosed { round: round(1) });

    assert_eq!(effects.last(), Some(&Effect::RedirectCaller));
}

#[test]
fn a_caller_who_does_not_come_out_of_the_room_after_the_talk_is_ended_after_five_seconds() {
    let call = over();
    assert_eq!(call.deadline(), Some(at(12)));

    let (_, effects) = call.handle(at(12), Event::DeadlineReached);

    assert_eq!(effects, [Effect::EndCaller]);
}

#[test]
fn a_call_that_is_handed_back_late_rings_for_another_fifteen_seconds() {
    let call = ringing([ANA]).handle(at(28), from_leg(ANA, LegNews::Accepted)).0;
    let call = call.handle(at(29), ended(ANA, LegEnd::Completed)).0;

    let (_, effects) = call.handle(at(29), granted(2, [ANA]));

    let ring_for = Duration::from_secs(15);
    assert_eq!(effects[0], Effect::Dial { leg: leg(2), round: round(2), phone: phone(ANA), ring_for });
}

#[test]
fn a_call_that_is_taken_before_anybody_was_offered_it_keeps_its_whole_time() {
    let call = begin(group([ANA]), Ringback::Tone).handle(at(3), from_leg(ANA, LegNews::Accepted)).0;
    assert_eq!(call.phase(), Phase::Ringing);

    let (_, effects) = call.handle(at(3), granted(2, [ANA]));

    let ring_for = Duration::from_secs(30);
    assert_eq!(effects[0], Effect::Dial { leg: leg(1), round: round(2), phone: phone(ANA), ring_for });
}

#[test]
fn phones_that_are_granted_too_late_are_given_back_unless_a_leg_of_ours_is_on_them() {
    let given_back = [Effect::Ignore(Ignored::OldRound), Effect::FreePhone(phone(BEN))];

    let (_, while_they_talk) = bridged([ANA]).handle(at(8), granted(1, [ANA, BEN]));
    let handed_back = joining([ANA]).handle(at(6), ended(ANA, LegEnd::Completed)).0;
    let (_, of_the_round_before) = handed_back.handle(at(7), granted(1, [BEN]));
    let closing = ringing([ANA, BEN]).handle(at(3), Event::ShuttingDown).0;
    let (_, while_it_closes) = closing.handle(at(4), granted::<0>(1, []));
    let (_, when_its_time_is_over) = dialling([ANA]).handle(at(30), granted(1, [BEN]));
    let (_, twice) = dialling([ANA, BEN]).handle(at(1), granted(1, [BEN]));

    assert_eq!(while_they_talk, given_back);
    assert_eq!(of_the_round_before, given_back);
    assert_eq!(while_it_closes, [Effect::Ignore(Ignored::OldRound)]);
    assert_eq!(when_its_time_is_over, given_back);
    assert_eq!(twice, [Effect::Ignore(Ignored::OldRound)]);
}

#[test]
fn a_round_that_is_being_closed_waits_for_the_claim_and_for_nothing_else() {
    let call = ringing([ANA]).handle(at(3), ended(ANA, LegEnd::Busy)).0;
    let call = call.handle(at(12), Event::DeadlineReached).0;

    assert_eq!((call.phase(), call.deadline()), (Phase::Ringing, None));
}

#[test]
fn a_caller_who_leaves_outweighs_every_other_reason_and_the_first_of_the_others_stays() {
    let closed = || Event::ClaimClosed { round: round(1) };
    let stopping = ringing([ANA]).handle(at(3), Event::ShuttingDown).0;
    let left = stopping.handle(at(4), Event::CallerLeft).0.handle(at(4), closed()).0;
    let nobody = ringing([ANA]).handle(at(3), ended(ANA, LegEnd::Busy)).0;
    let (nobody, again) = nobody.handle(at(4), Event::ShuttingDown);
    let nobody = nobody.handle(at(4), closed()).0;

    assert_eq!(left.outcome(), Some(Outcome::CallerGaveUp));
    assert_eq!((again, nobody.phase()), (vec![], Phase::Speaking));
}

#[test]
fn phones_are_tried_again_only_if_there_is_time_and_somebody_who_did_not_answer() {
    let ringing = |passes| {
        let group = RingGroup { passes, ..group([ANA]) };
        begin(group, Ringback::Tone).handle(at(0), granted(1, [ANA])).0
    };
    let close = Effect::CloseClaim(round(1), Closed::MovedOn);
    let closes = |effects: Vec<Effect>| effects.contains(&close);

    assert!(closes(ringing(2).handle(at(3), ended(ANA, LegEnd::Busy)).1), "nobody rests");
    assert!(closes(ringing(2).handle(at(27), ended(ANA, LegEnd::NoAnswer)).1), "the time is over in three seconds");
    assert!(!closes(ringing(2).handle(at(26), ended(ANA, LegEnd::NoAnswer)).1), "there is a second left");
    let second = ringing(2).handle(at(3), ended(ANA, LegEnd::NoAnswer)).0.handle(at(6), Event::DeadlineReached).0;
    let second = second.handle(at(6), granted(1, [ANA])).0;
    let news = LegNews::Ended(LegEnd::NoAnswer);
    assert!(closes(second.handle(at(9), Event::FromLeg { leg: leg(2), sid: leg_sid(2), news }).1), "a third pass");
}

#[test]
fn a_pass_that_is_due_when_the_time_is_over_rings_nobody() {
    let group = RingGroup { passes: 2, ..group([ANA]) };
    let call = begin(group, Ringback::Tone).handle(at(0), granted(1, [ANA])).0;
    let call = call.handle(at(2), ended(ANA, LegEnd::NoAnswer)).0;
    let call = call.handle(at(4), Event::CallerConnectionClosed).0;

    let (_, effects) = call.handle(at(31), Event::DeadlineReached);

    let close = Effect::CloseClaim(round(1), Closed::MovedOn);
    assert_eq!(effects, [Effect::LookUpCaller, Effect::StopSeeking, close]);
}

#[test]
fn a_phone_that_still_waits_in_the_carriers_queue_is_called_off_when_the_ringing_time_is_over() {
    let call = run_until(dialling([ANA]).handle(at(1), queued(ANA, 40)).0, 29).0;

    let (_, effects) = call.handle(at(30), Event::DeadlineReached);

    assert!(effects.contains(&Effect::CancelLeg { leg: leg(ANA), sid: leg_sid(ANA) }), "{effects:?}");
    assert!(effects.contains(&Effect::CloseClaim(round(1), Closed::MovedOn)), "{effects:?}");
}

#[test]
fn the_end_of_the_ringing_time_is_acted_on_once() {
    let call = screened([ANA]).handle(at(30), Event::DeadlineReached).0;

    let (_, effects) = call.handle(at(35), Event::DeadlineReached);

    assert_eq!(effects, [Effect::Ignore(Ignored::NotDue)]);
}

#[test]
fn a_single_phone_that_could_not_be_joined_rings_again_because_there_is_nobody_else() {
    let out = || from_leg(ANA, LegNews::DialEnded);

    let (_, effects) = after(joining([ANA]), [out(), out()]).handle(at(6), out());

    let seek = Effect::Seek { round: round(2), phones: vec![phone(ANA)], ring_busy: false };
    assert!(effects.contains(&seek), "{effects:?}");
}

#[test]
fn a_caller_who_is_being_fetched_out_of_the_room_has_not_fallen_out_of_it() {
    let call = joining([ANA]).handle(at(15), Event::DeadlineReached).0;
    let call = call.handle(at(16), room_seen(1, Some(vec![leg_sid(ANA)]))).0;
    let call = call.handle(at(17), ended(ANA, LegEnd::Completed)).0;
    let in_the_room = ringing([ANA]).handle(at(12), Event::DeadlineReached).0;

    let (_, fetched) = call.handle(at(17), Event::Room(RoomNews::Left(caller())));
    let (_, coming) = in_the_room.handle(at(13), Event::Room(RoomNews::Joined(caller())));

    assert_eq!((fetched, coming), (too_late(), too_late()));
}

#[test]
fn the_end_of_a_leg_that_came_too_late_does_not_take_the_call_from_the_winner() {
    let over = Event::LegLookedUp { leg: leg(BEN), standing: Standing::Over };
    let call = joining([ANA, BEN]).handle(at(6), over).0;
    let call = call.handle(at(6), from_leg(BEN, LegNews::Accepted)).0;

    let (call, effects) = call.handle(at(7), ended(BEN, LegEnd::Completed));

    assert_eq!(effects, [Effect::Ignore(Ignored::TooLate)]);
    assert_eq!(call.phase(), Phase::Joining);
}

#[test]
fn both_must_be_in_the_room_at_the_same_time() {
    let joined = |who| Event::Room(RoomNews::Joined(who));
    let left = |who| Event::Room(RoomNews::Left(who));
    for (one, other) in [(caller(), leg_sid(ANA)), (leg_sid(ANA), caller())] {
        let call = after(joining([ANA]), [joined(one.clone()), left(one.clone()), joined(other.clone())]);
        assert_eq!(call.phase(), Phase::Joining, "{one} left before {other} came");

        assert_eq!(call.handle(at(8), joined(one)).0.phase(), Phase::Bridged);
    }
    let asked_again = [joined(caller()), Event::CallerAsked(Asked::DialEnded), joined(leg_sid(ANA))];
    assert_eq!(after(joining([ANA]), asked_again).phase(), Phase::Joining, "the caller is out of the room");

    for stranger in [joined(sid("CAstranger")), left(sid("CAstranger"))] {
        let (call, effects) = joining([ANA]).handle(at(6), stranger);
        assert_eq!((effects, call.phase()), (vec![Effect::Ignore(Ignored::Stranger)], Phase::Joining));
    }
}

/// Looks for both in the room for the time number `check`, and sees this.
fn check_room(call: Call, check: u64, seen: Option<Vec<ringall_core::id::CallSid>>) -> (Call, Vec<Effect>) {
    let (call, _) = run_until(call, 5 + 10 * check);
    call.handle(at(5 + 10 * check), room_seen(check.try_into().expect("a small number"), seen))
}

#[test]
fn both_of_whom_the_carrier_cannot_say_anything_are_left_to_talk_after_three_looks() {
    let (call, first) = check_room(joining([ANA]), 1, None);
    let (call, second) = check_room(call, 2, None);
    assert_eq!((first, second, call.phase()), (vec![], vec![], Phase::Joining));

    let (call, third) = check_room(call, 3, None);

    assert_eq!((third, call.phase()), (vec![Effect::Note(Fact::Bridged("Ana".into()))], Phase::Bridged));
    assert_eq!(call.deadline(), Some(at(65)));
    assert_eq!(call.handle(at(65), Event::DeadlineReached).1, [Effect::LookUpRoom(look(4))]);
}

#[test]
fn a_winner_who_is_alone_in_the_room_for_three_looks_is_told_and_the_caller_hears_words() {
    let alone = || Some(vec![leg_sid(ANA)]);
    let (call, first) = check_room(joining([ANA]), 1, alone());
    let (call, second) = check_room(call, 2, alone());
    assert_eq!((first, second), (vec![Effect::RedirectCaller], vec![]));
    assert_eq!(call.phase(), Phase::Joining);

    let (call, third) = check_room(call, 3, alone());

    assert_eq!(third[0], Effect::TellLeg { leg: leg(ANA), sid: leg_sid(ANA), why: Told::CouldNotConnect });
    assert_eq!(call.phase(), Phase::Speaking);
    let words = CallerDocument::Say { words: "Sorry.".into(), then: AfterWords::HangUp };
    assert_eq!(call.handle(at(36), Event::CallerAsked(Asked::DialEnded)).1, [Effect::Reply(words)]);
}

#[test]
fn nobody_else_is_rung_for_a_caller_who_has_left_unnoticed() {
    let (call, asked) = joining([ANA]).handle(at(15), Event::DeadlineReached);
    assert_eq!(asked, [Effect::LookUpCaller, Effect::LookUpRoom(look(1))]);

    let (call, told) = call.handle(at(16), Event::CallerLookedUp(Standing::Over));
    let (_, late) = call.handle(at(16), room_seen(1, Some(vec![])));

    assert!(told.contains(&Effect::TellLeg { leg: leg(ANA), sid: leg_sid(ANA), why: Told::CallerLeft }), "{told:?}");
    assert_eq!(late, [Effect::Ignore(Ignored::TooLate)]);
}
