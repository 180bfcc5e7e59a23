//! Whoever has just talked to a caller is rung first when they call again.

use std::{sync::Arc, time::Duration};

use ringall_core::{
    call::{Call, CallSetup, Effect, Event, LegEnd, LegNews, Phase, Returning, Ringback, RoomNews, Told},
    fact::Fact,
    flow::{Callback, Flow, NamedStep, RingGroup, Step, StepIndex, Tier, Tiers},
};

use super::scene::*;

#[test]
fn whoever_talked_before_is_rung_alone_and_then_with_everybody() {
    let (call, effects) = Call::begin(at(0), returning(BEN, group([ANA, BEN]), []));
    assert_eq!(effects, [Effect::Note(Fact::Arrived), first("Ben"), Effect::OpenRound(round(1)), seek(1, [BEN])]);

    let (call, effects) = call.handle(at(0), granted(1, [BEN]));
    assert_eq!(effects[0], dial(1, BEN, 30), "not only for the time alone");
    let (call, effects) = run_until(call.handle(at(1), from_leg(1, LegNews::Rings)).0, 15);
    assert_eq!(effects, [began("everybody"), seek(1, [ANA])], "whose phone rings rings on");

    let call = call.handle(at(15), granted(1, [ANA])).0;
    let (call, effects) = call.handle(at(16), from_leg(1, LegNews::Accepted));
    assert!(effects.contains(&Effect::Note(Fact::Withdrawn("Ana".into(), Told::SomebodyElseHasIt))), "{effects:?}");
    assert_eq!(call.phase(), Phase::Joining);
}

#[test]
fn everybody_is_rung_at_once_if_that_person_is_busy() {
    let call = Call::begin(at(0), returning(BEN, group([ANA, BEN]), [])).0;

    let (_, effects) = call.handle(at(0), granted::<0>(1, []));

    assert_eq!(effects, [began("everybody"), seek(1, [ANA, BEN])]);
}

#[test]
fn everybody_else_is_rung_at_once_if_that_person_declines_or_is_engaged() {
    for (news, sought) in [(LegNews::Declined, vec![ANA]), (LegNews::Ended(LegEnd::Busy), vec![ANA])] {
        let call = alone().handle(at(1), from_leg(1, LegNews::AskedForKey)).0;

        let (_, effects) = call.handle(at(3), from_leg(1, news));

        let seeks = Effect::Seek { round: round(1), phones: sought.into_iter().map(phone).collect(), ring_busy: false };
        assert!(effects.ends_with(&[began("everybody"), seeks]), "{news:?}: {effects:?}");
    }
}

#[test]
fn that_person_is_not_disturbed_in_another_talk_even_where_the_group_rings_the_busy() {
    let busy = |round_number, people: &[u32], ring_busy| Effect::Seek {
        round: round(round_number),
        phones: people.iter().map(|person| phone(*person)).collect(),
        ring_busy,
    };
    let group = RingGroup { ring_busy: true, ..group([ANA, BEN]) };

    let (call, effects) = Call::begin(at(0), returning(BEN, group, []));
    assert!(effects.ends_with(&[busy(1, &[BEN], false)]), "{effects:?}");
    let (_, effects) = call.handle(at(0), granted::<0>(1, []));

    assert_eq!(effects, [began("everybody"), busy(1, &[ANA, BEN], true)]);
}

#[test]
fn later_tiers_count_their_time_from_when_everybody_is_rung() {
    let cleo = || [Tier { group: named("cleo", [CLEO]), after: Duration::from_secs(20), keeps_earlier: true }];
    let begin = || Call::begin(at(0), returning(BEN, group([ANA, BEN]), cleo())).0;
    let when = |call: Call, seconds: u64| run_until(call, seconds).1;

    let busy = begin().handle(at(0), granted::<0>(1, [])).0.handle(at(0), granted(1, [ANA])).0;
    assert_eq!(when(busy, 20), [began("cleo"), seek(1, [CLEO])]);

    let rings = begin().handle(at(0), granted(1, [BEN])).0.handle(at(1), from_leg(1, LegNews::Rings)).0;
    let rings = run_until(rings, 15).0.handle(at(15), granted(1, [ANA])).0;
    assert!(!when(rings.clone(), 34).contains(&began("cleo")));
    assert!(run_all(rings, 35).contains(&began("cleo")));
}

#[test]
fn whoever_is_in_no_group_of_the_step_is_not_rung_first() {
    let (_, effects) = Call::begin(at(0), returning(CLEO, group([ANA, BEN]), []));

    let seeks = seek(1, [ANA, BEN]);
    assert_eq!(effects, [Effect::Note(Fact::Arrived), Effect::OpenRound(round(1)), seeks]);
}

#[test]
fn nobody_is_rung_first_where_neither_line_nor_group_says_so() {
    let group = group([ANA, BEN]);
    let plain = setup(group.clone(), Ringback::Tone);
    let to = |alone_for| Returning { is_wanted: true, to: Some(phone(BEN)), alone_for };
    let begin =
        |alone_for| Call::begin(at(0), Arc::new(CallSetup { returning: to(alone_for), ..CallSetup::clone(&plain) })).1;

    assert!(begin(None).ends_with(&[seek(1, [ANA, BEN])]));
    let never = setup(RingGroup { callback_to_same: Callback::Never, ..group }, Ringback::Tone);
    let returning = to(Some(Duration::from_secs(5)));
    let effects = Call::begin(at(0), Arc::new(CallSetup { returning, ..CallSetup::clone(&never) })).1;
    assert!(effects.ends_with(&[seek(1, [ANA, BEN])]), "whatever the line says: {effects:?}");
    assert!(begin(Some(Duration::from_secs(5))).ends_with(&[seek(1, [BEN])]));
}

#[test]
fn that_person_is_rung_first_once_in_a_call() {
    let steps = [
        Step::ring(Arc::new(with_time(group([ANA, BEN]))), StepIndex(1)),
        Step::ring(Arc::new(with_time(group([ANA, BEN]))), StepIndex(2)),
        Step::HangUp,
    ];
    let steps = steps.map(|step| NamedStep { name: "step".into(), step });
    let flow = Arc::new(Flow::new(steps.into(), StepIndex(0)).expect("a sound flow"));
    let returning = Returning { is_wanted: true, to: Some(phone(BEN)), alone_for: None };
    let setup = CallSetup { flow, returning, ..CallSetup::clone(&setup(group([ANA]), Ringback::Tone)) };
    let call = Call::begin(at(0), Arc::new(setup)).0.handle(at(0), granted::<0>(1, [])).0;
    let call = run_until(call.handle(at(0), granted::<0>(1, [])).0, 40).0;

    let (_, effects) = call.handle(at(40), Event::ClaimClosed { round: round(1) });

    let expected = [Effect::OpenRound(round(2)), Effect::LookUpCaller, seek(2, [ANA, BEN])];
    assert!(effects.ends_with(&expected), "{effects:?}");
}

#[test]
fn who_is_gone_before_both_are_joined_gives_the_call_back_to_everybody() {
    let call = alone().handle(at(1), from_leg(1, LegNews::Rings)).0.handle(at(5), from_leg(1, LegNews::Accepted)).0;

    let (call, effects) = call.handle(at(6), from_leg(1, LegNews::Ended(LegEnd::Completed)));
    assert_eq!(call.phase(), Phase::Ringing);
    assert!(effects.contains(&Effect::Note(Fact::HandedBack("Ben".into()))), "{effects:?}");

    let call = call.handle(at(6), granted::<0>(2, [])).0;
    assert!(!call.is_finished() && call.deadline().is_some());
}

#[test]
fn who_talks_is_to_be_remembered_only_where_it_is_wanted() {
    let talks = |is_wanted| {
        let returning = Returning { is_wanted, ..Returning::default() };
        let setup = CallSetup { returning, ..CallSetup::clone(&setup(group([ANA]), Ringback::Tone)) };
        let call = Call::begin(at(0), Arc::new(setup)).0.handle(at(0), granted(1, [ANA])).0;
        let call = call.handle(at(1), from_leg(ANA, LegNews::Rings)).0;
        call.handle(at(2), from_leg(ANA, LegNews::Accepted)).0.handle(at(3), Event::Room(RoomNews::Started)).1
    };

    let bridged = Effect::Note(Fact::Bridged("Ana".into()));
    assert_eq!(talks(true)[..2], [bridged.clone(), Effect::RememberTalk(phone(ANA))]);
    assert!(talks(false).contains(&bridged) && !talks(false).contains(&Effect::RememberTalk(phone(ANA))));
}

#[test]
fn that_persons_phone_rings_through_their_time_alone_and_the_groups_if_it_may_ring_so_long() {
    let mut patient = group([ANA, BEN]);
    patient.members.iter_mut().for_each(|member| member.phone_for = Duration::from_secs(60));

    let (_, effects) = Call::begin(at(0), returning(BEN, patient, [])).0.handle(at(0), granted(1, [BEN]));

    assert_eq!(effects[0], dial(1, BEN, 45));
}

#[test]
fn the_others_do_not_wait_while_that_person_is_tried_again_and_again() {
    let mut hasty = RingGroup { passes: 3, ..group([ANA, BEN]) };
    hasty.members.iter_mut().for_each(|member| member.phone_for = Duration::from_secs(2));
    let call = Call::begin(at(0), returning(BEN, hasty, [])).0.handle(at(0), granted(1, [BEN])).0;
    let call = call.handle(at(1), from_leg(1, LegNews::Rings)).0;

    let (_, effects) = call.handle(at(2), from_leg(1, LegNews::Ended(LegEnd::NoAnswer)));

    assert!(effects.ends_with(&[began("everybody"), seek(1, [ANA, BEN])]), "{effects:?}");
}

#[test]
fn a_phone_that_the_roster_does_not_give_is_not_sought_longer_than_its_word_takes() {
    let call = Call::begin(at(0), returning(BEN, group([ANA, BEN]), [])).0;

    let (call, effects) = run_until(call, 1);
    assert_eq!(effects, [Effect::StopSeeking]);
    let (_, effects) = run_until(call, 15);
    assert_eq!(effects, [began("everybody"), seek(1, [ANA, BEN])]);
}

/// Ben talked to the caller, and is rung alone.
pub(crate) fn alone() -> Call {
    Call::begin(at(0), returning(BEN, group([ANA, BEN]), [])).0.handle(at(0), granted(1, [BEN])).0
}

/// A call of somebody who has just talked to this person.
fn returning<const N: usize>(person: u32, group: RingGroup, later: [Tier; N]) -> Arc<CallSetup> {
    let plain = setup(group.clone(), Ringback::Tone);
    let tiers = Tiers::new(Arc::new(with_time(group)), later);
    let steps = [Step::Ring { tiers, nobody: StepIndex(1) }, Step::HangUp];
    let steps = steps.map(|step| NamedStep { name: "step".into(), step });
    let flow = Arc::new(Flow::new(steps.into(), StepIndex(0)).expect("a sound flow"));
    let returning = Returning { is_wanted: true, to: Some(phone(person)), alone_for: None };
    Arc::new(CallSetup { flow, returning, ..CallSetup::clone(&plain) })
}

fn with_time(group: RingGroup) -> RingGroup {
    RingGroup { callback_to_same: Callback::For(Duration::from_secs(15)), ..group }
}

fn named<const N: usize>(name: &str, people: [u32; N]) -> Arc<RingGroup> {
    Arc::new(RingGroup { name: name.into(), ..group(people) })
}

/// Everything that the deadlines until then bring about.
fn run_all(mut call: Call, seconds: u64) -> Vec<Effect> {
    let mut all = Vec::new();
    while let Some(due) = call.deadline().filter(|due| *due <= at(seconds)) {
        let effects;
        (call, effects) = call.handle(due, Event::DeadlineReached);
        all.extend(effects);
    }
    all
}

fn first(name: &str) -> Effect {
    Effect::Note(Fact::OfferedFirst(name.into()))
}

fn began(group: &str) -> Effect {
    Effect::Note(Fact::TierBegan(group.into()))
}

fn seek<const N: usize>(number: u32, people: [u32; N]) -> Effect {
    Effect::Seek { round: round(number), phones: people.map(phone).into(), ring_busy: false }
}

fn dial(number: u32, person: u32, seconds: u64) -> Effect {
    let ring_for = Duration::from_secs(seconds);
    Effect::Dial { leg: leg(number), round: round(1), phone: phone(person), ring_for }
}
