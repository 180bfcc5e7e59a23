//! Tiers of one ring step: who joins in when, who rings on, and that one claim decides over all of them.

use std::{sync::Arc, time::Duration};

use ringall_core::{
    call::{Call, CallSetup, CallerDocument, Effect, Event, Ignored, LegEnd, LegNews, Phase, Ringback, Told},
    claim::Closed,
    fact::Fact,
    flow::{Flow, NamedStep, RingGroup, Step, StepIndex, Tier, Tiers},
    screen::Screen,
};

use super::scene::*;

#[test]
fn the_next_tier_joins_in_at_its_time_and_the_earlier_one_rings_on_and_may_win() {
    let call = begin_tiers([ANA], [also([BEN], 20)]).handle(at(0), granted(1, [ANA])).0;
    let call = call.handle(at(1), from_leg(ANA, LegNews::Rings)).0;

    let (call, joins) = run_until(call, 20);
    let (call, rung) = call.handle(at(20), granted(1, [BEN]));
    let (call, won) = call.handle(at(25), from_leg(ANA, LegNews::Accepted));

    assert_eq!(joins, [began("tier 1"), seek(1, [BEN])]);
    assert_eq!(rung, [dial(2, BEN, 30), Effect::Note(Fact::Dialled("Ben".into()))]);
    assert_eq!(
        won,
        [
            Effect::Note(Fact::Accepted("Ana".into())),
            Effect::Note(Fact::Withdrawn("Ben".into(), Told::SomebodyElseHasIt)),
            Effect::StopSeeking,
        ]
    );
    assert_eq!(call.phase(), Phase::Joining);
}

#[test]
fn a_tier_that_takes_over_stops_the_phones_before_it() {
    let call = begin_tiers([ANA], [instead([BEN], 20)]).handle(at(0), granted(1, [ANA])).0;
    let call = call.handle(at(1), from_leg(ANA, LegNews::Rings)).0;

    let (_, effects) = run_until(call, 20);

    assert_eq!(
        effects,
        [
            began("tier 1"),
            Effect::StopSeeking,
            Effect::Note(Fact::DidNotAnswer("Ana".into())),
            Effect::CancelLeg { leg: leg(ANA), sid: leg_sid(ANA) },
            Effect::FreePhoneSoon(phone(ANA)),
            Effect::Note(Fact::Withdrawn("Ana".into(), Told::MovedOn)),
            seek(1, [BEN]),
        ]
    );
}

#[test]
fn who_had_picked_up_before_a_tier_took_over_may_still_accept() {
    let call = begin_tiers([ANA], [instead([BEN], 20)]).handle(at(0), granted(1, [ANA])).0;
    let call = call.handle(at(19), from_leg(ANA, LegNews::AskedForKey)).0;

    let (call, effects) = call.handle(at(20), Event::DeadlineReached);
    let (call, _) = call.handle(at(25), from_leg(ANA, LegNews::Accepted));

    assert!(effects.ends_with(&[began("tier 1"), Effect::StopSeeking, seek(1, [BEN])]), "{effects:?}");
    assert_eq!(call.phase(), Phase::Joining);
}

#[test]
fn who_picks_up_in_the_moment_in_which_a_tier_takes_over_may_still_accept() {
    let call = begin_tiers([ANA], [instead([BEN], 20)]).handle(at(0), granted(1, [ANA])).0;
    let call = call.handle(at(1), from_leg(ANA, LegNews::Rings)).0;
    let call = run_until(call, 20).0;

    let (call, kept) = call.handle(at(20), from_leg(ANA, LegNews::AskedForKey));
    let (call, _) = call.handle(at(22), from_leg(ANA, LegNews::Accepted));

    assert_eq!(kept, [Effect::KeepPhone(phone(ANA))]);
    assert_eq!(call.phase(), Phase::Joining);
}

#[test]
fn tiers_in_which_everybody_is_busy_are_skipped_at_once_and_the_last_one_is_waited_for() {
    let call = begin_tiers([ANA], [also([BEN], 20), also([ANA, CLEO], 40)]);

    let (call, first) = call.handle(at(0), granted::<0>(1, []));
    let (call, second) = call.handle(at(0), granted::<0>(1, []));
    let (call, third) = call.handle(at(0), granted::<0>(1, []));
    let (call, last) = run_until(call, 30);

    assert_eq!(first, [began("tier 1"), seek(1, [BEN])]);
    assert_eq!(second, [began("tier 2"), seek(1, [ANA, CLEO])]);
    assert_eq!(third, [Effect::Note(Fact::EverybodyBusy)]);
    assert_eq!(last, [Effect::StopSeeking, Effect::CloseClaim(round(1), Closed::MovedOn)]);
    assert_eq!(call.phase(), Phase::Ringing);
}

#[test]
fn somebody_busy_who_becomes_free_is_rung_while_a_later_tier_rings() {
    let call = begin_tiers([ANA], [also([BEN], 20)]).handle(at(0), granted::<0>(1, [])).0;
    let call = call.handle(at(0), granted(1, [BEN])).0;

    let (_, effects) = call.handle(at(10), granted(1, [ANA]));

    assert_eq!(effects, [dial(2, ANA, 30), Effect::Note(Fact::Dialled("Ana".into()))]);
}

#[test]
fn the_next_tier_begins_at_once_when_nobody_is_left_to_ring() {
    for end in [LegEnd::Busy, LegEnd::Failed, LegEnd::NoAnswer, LegEnd::Completed] {
        let call = begin_tiers([ANA], [also([BEN], 20)]).handle(at(0), granted(1, [ANA])).0;

        let (_, effects) = call.handle(at(5), from_leg(ANA, LegNews::Ended(end)));

        assert!(effects.ends_with(&[began("tier 1"), seek(1, [BEN])]), "{effects:?}");
    }
}

#[test]
fn who_declined_or_was_engaged_is_not_rung_by_a_later_tier_and_who_did_not_answer_is() {
    let call = begin_tiers([ANA, BEN, CLEO], [also([ANA, BEN, CLEO], 20)]);
    let call = call.handle(at(0), granted(1, [ANA, BEN, CLEO])).0;
    let call = call.handle(at(2), from_leg(ANA, LegNews::AskedForKey)).0;
    let call = call.handle(at(3), from_leg(ANA, LegNews::Declined)).0;
    let call = call.handle(at(4), from_leg(BEN, LegNews::Ended(LegEnd::Busy))).0;

    let (_, effects) = call.handle(at(5), from_leg(CLEO, LegNews::Ended(LegEnd::NoAnswer)));

    assert!(effects.ends_with(&[began("tier 1"), seek(1, [CLEO])]), "{effects:?}");
}

#[test]
fn a_step_whose_tiers_have_all_declined_is_over_at_once() {
    let call = begin_tiers([ANA], [also([ANA], 20), instead([ANA], 40)]).handle(at(0), granted(1, [ANA])).0;
    let call = call.handle(at(2), from_leg(ANA, LegNews::AskedForKey)).0;

    let (_, effects) = call.handle(at(3), from_leg(ANA, LegNews::Declined));

    assert_eq!(
        effects,
        [
            Effect::Note(Fact::Declined("Ana".into())),
            began("tier 1"),
            began("tier 2"),
            Effect::StopSeeking,
            Effect::CloseClaim(round(1), Closed::MovedOn),
        ]
    );
}

#[test]
fn who_rings_already_is_not_rung_again_by_the_tier_that_begins() {
    for tier in [also([ANA, BEN], 20), instead([ANA, BEN], 20)] {
        let call = begin_tiers([ANA], [tier]).handle(at(0), granted(1, [ANA])).0;
        let call = call.handle(at(1), from_leg(ANA, LegNews::Rings)).0;

        let (call, effects) = run_until(call, 20);
        let (call, ends) = run_until(call.handle(at(20), granted(1, [BEN])).0, 30);

        assert!(effects.ends_with(&[seek(1, [BEN])]), "{effects:?}");
        let stops_ana = Effect::CancelLeg { leg: leg(ANA), sid: leg_sid(ANA) };
        assert!(!effects.contains(&stops_ana), "she rings on to her own time");
        assert!(ends.contains(&stops_ana), "{ends:?}");
        assert_eq!(call.phase(), Phase::Ringing);
    }
}

#[test]
fn each_tiers_ringing_time_counts_from_its_own_first_offer() {
    let call = begin_tiers([ANA], [also([BEN, CLEO], 20)]).handle(at(0), granted(1, [ANA])).0;
    let call = run_until(call, 20).0.handle(at(22), granted(1, [BEN])).0;

    let (call, late) = run_until(call, 40).0.handle(at(40), granted(1, [CLEO]));
    let (call, _) = run_until(call, 51);
    let (_, over) = call.handle(at(52), Event::DeadlineReached);

    assert_eq!(late[0], dial(3, CLEO, 12));
    assert!(over.contains(&Effect::CloseClaim(round(1), Closed::MovedOn)), "{over:?}");
}

#[test]
fn each_tier_has_passes_of_its_own() {
    let twice = Tier { group: Arc::new(RingGroup { passes: 2, ..named("twice", [BEN]) }), ..also([BEN], 20) };
    let call = begin_tiers([ANA], [twice]).handle(at(0), granted(1, [ANA])).0;
    let call = run_until(call, 20).0.handle(at(20), granted(1, [BEN])).0;

    let call = call.handle(at(24), from_leg(BEN, LegNews::Ended(LegEnd::NoAnswer))).0;
    let (_, effects) = run_until(call, 27);

    assert_eq!(effects, [Effect::Note(Fact::NextPass(2)), seek(1, [BEN])]);
}

#[test]
fn when_one_tiers_time_is_over_the_others_still_wait_for_who_is_busy() {
    let call = begin_tiers([ANA], [also([BEN, CLEO], 20)]).handle(at(0), granted(1, [ANA])).0;
    let call = call.handle(at(1), from_leg(ANA, LegNews::Rings)).0;
    let call = run_until(call, 20).0.handle(at(20), granted(1, [BEN])).0;

    let (_, effects) = run_until(call, 30);

    assert!(effects.ends_with(&[Effect::StopSeeking, seek(1, [CLEO])]), "{effects:?}");
}

#[test]
fn a_winner_who_drops_gives_the_call_back_to_the_tiers_that_rang_and_the_next_one_begins_at_its_time() {
    let call = begin_tiers([ANA], [also([BEN], 20), also([CLEO], 40)]).handle(at(0), granted(1, [ANA])).0;
    let call = run_until(call, 20).0.handle(at(20), granted(1, [BEN])).0;
    let call = call.handle(at(25), from_leg(BEN, LegNews::Accepted)).0;

    let (call, back) = call.handle(at(26), from_leg(BEN, LegNews::Ended(LegEnd::Completed)));
    let (call, rung) = call.handle(at(26), granted(2, [ANA]));
    let call = call.handle(at(26), granted(2, [BEN])).0;
    let (_, joins) = run_until(call, 40);

    let handed_back = Effect::Note(Fact::HandedBack("Ben".into()));
    assert_eq!(
        back,
        [Effect::FreePhone(phone(BEN)), handed_back, Effect::OpenRound(round(2)), seek(2, [ANA]), seek(2, [BEN]),]
    );
    let ring_for = Duration::from_secs(15);
    assert_eq!(rung[0], Effect::Dial { leg: leg(3), round: round(2), phone: phone(ANA), ring_for });
    assert!(joins.ends_with(&[began("tier 2"), seek(2, [CLEO])]), "{joins:?}");
}

#[test]
fn a_tier_that_had_stopped_does_not_ring_again_for_a_winner_who_drops() {
    let call = begin_tiers([ANA], [instead([BEN], 20)]).handle(at(0), granted(1, [ANA])).0;
    let call = run_until(call, 20).0.handle(at(20), granted(1, [BEN])).0;
    let call = call.handle(at(25), from_leg(BEN, LegNews::Accepted)).0;

    let (_, back) = call.handle(at(26), from_leg(BEN, LegNews::Ended(LegEnd::Completed)));

    assert!(back.ends_with(&[Effect::OpenRound(round(2)), seek(2, [BEN])]), "{back:?}");
}

#[test]
fn a_winner_of_a_tier_that_had_stopped_is_rung_again_too_when_they_drop() {
    let call = begin_tiers([ANA], [instead([BEN], 20)]).handle(at(0), granted(1, [ANA])).0;
    let call = call.handle(at(19), from_leg(ANA, LegNews::AskedForKey)).0;
    let call = run_until(call, 20).0.handle(at(20), granted(1, [BEN])).0;
    let call = call.handle(at(22), from_leg(ANA, LegNews::Accepted)).0;

    let (_, back) = call.handle(at(23), from_leg(ANA, LegNews::Ended(LegEnd::Completed)));

    assert!(back.ends_with(&[Effect::OpenRound(round(2)), seek(2, [ANA]), seek(2, [BEN])]), "{back:?}");
}

#[test]
fn a_winner_who_picked_up_as_their_tier_stopped_is_rung_again_too_when_they_drop() {
    let call = begin_tiers([ANA], [instead([BEN], 20)]).handle(at(0), granted(1, [ANA])).0;
    let call = call.handle(at(1), from_leg(ANA, LegNews::Rings)).0;
    let call = run_until(call, 20).0.handle(at(20), from_leg(ANA, LegNews::AskedForKey)).0;
    let call = call.handle(at(22), from_leg(ANA, LegNews::Accepted)).0;

    let (_, back) = call.handle(at(23), from_leg(ANA, LegNews::Ended(LegEnd::Completed)));

    assert!(back.ends_with(&[Effect::OpenRound(round(2)), seek(2, [ANA]), seek(2, [BEN])]), "{back:?}");
}

#[test]
fn a_leg_goes_by_the_rules_of_the_group_it_was_dialled_for() {
    let keys = Tier { group: Arc::new(RingGroup { screen: Screen::Amd, ..named("keys", [ANA, BEN]) }), ..also([], 20) };
    let call = begin_tiers([ANA], [keys]).handle(at(0), granted(1, [ANA])).0;
    let call = run_until(call, 20).0.handle(at(20), granted(1, [BEN])).0;

    let group_of = |number| call.group_of(leg(number)).map(|group| (&*group.name, group.screen));

    assert_eq!(group_of(1), Some(("tier 0", Screen::Key)));
    assert_eq!(group_of(2), Some(("keys", Screen::Amd)));
    assert_eq!((group_of(3), call.tiers().map(Tiers::count)), (None, Some(2)));
}

#[test]
fn a_grant_that_comes_before_the_timer_does_not_ring_for_a_tier_that_gives_way() {
    let call = begin_tiers([ANA, BEN], [instead([CLEO], 20)]).handle(at(0), granted(1, [ANA])).0;

    let (_, effects) = call.handle(at(20), granted(1, [BEN]));

    assert!(effects.contains(&seek(1, [CLEO])), "{effects:?}");
    assert!(effects.ends_with(&[Effect::Ignore(Ignored::OldRound), Effect::FreePhone(phone(BEN))]), "{effects:?}");
}

#[test]
fn a_caller_who_leaves_between_tiers_stops_every_phone() {
    let call = begin_tiers([ANA], [also([BEN], 20), also([CLEO], 40)]).handle(at(0), granted(1, [ANA])).0;
    let call = run_until(call, 20).0.handle(at(20), granted(1, [BEN])).0;

    let (call, effects) = call.handle(at(25), Event::CallerLeft);
    let (call, over) = call.handle(at(25), Event::ClaimClosed { round: round(1) });

    assert_eq!(effects.last(), Some(&Effect::CloseClaim(round(1), Closed::CallerLeft)));
    let withdrawn = |name: &str| Effect::Note(Fact::Withdrawn(name.into(), Told::CallerLeft));
    assert!(over.contains(&withdrawn("Ana")) && over.contains(&withdrawn("Ben")), "{over:?}");
    assert_eq!(call.phase(), Phase::Over);
}

#[test]
fn the_caller_hears_ringing_without_a_break_between_tiers() {
    let call = begin_tiers([ANA], [also([BEN], 20)]).handle(at(0), granted(1, [ANA])).0;

    let (call, at_budget) = call.handle(at(12), Event::DeadlineReached);
    let (_, at_tier) = call.handle(at(20), Event::DeadlineReached);

    assert!(at_budget.contains(&Effect::Reply(CallerDocument::EnterRoom)), "{at_budget:?}");
    assert_eq!(at_tier, [began("tier 1"), seek(1, [BEN])], "nothing is said to the caller");
}

/// A call whose step rings these people, and then others.
pub(crate) fn begin_tiers<const N: usize, const M: usize>(first: [u32; N], later: [Tier; M]) -> Call {
    let mut number = 0;
    let later = later.map(|tier| {
        number += 1;
        let unnamed = &*tier.group.name == "everybody";
        let name = if unnamed { format!("tier {number}").into() } else { tier.group.name.clone() };
        Tier { group: Arc::new(RingGroup { name, ..RingGroup::clone(&tier.group) }), ..tier }
    });
    let ring = Step::Ring { tiers: Tiers::new(Arc::new(named("tier 0", first)), later), nobody: StepIndex(1) };
    let steps = [ring, Step::Say { words: "Sorry.".into(), next: StepIndex(2) }, Step::HangUp];
    let steps = steps.map(|step| NamedStep { name: "step".into(), step });
    let flow = Flow::new(steps.into(), StepIndex(0)).expect("a sound flow");
    let setup = CallSetup { flow: Arc::new(flow), ..CallSetup::clone(&setup(group([ANA]), Ringback::Tone)) };
    Call::begin(at(0), Arc::new(setup)).0
}

/// A tier that joins in after so many seconds.
pub(crate) fn also<const N: usize>(people: [u32; N], after: u64) -> Tier {
    Tier { group: Arc::new(group(people)), after: Duration::from_secs(after), keeps_earlier: true }
}

/// A tier that takes over after so many seconds.
fn instead<const N: usize>(people: [u32; N], after: u64) -> Tier {
    Tier { keeps_earlier: false, ..also(people, after) }
}

fn named<const N: usize>(name: &str, people: [u32; N]) -> RingGroup {
    RingGroup { name: name.into(), ..group(people) }
}

fn began(tier: &str) -> Effect {
    Effect::Note(Fact::TierBegan(tier.into()))
}

fn seek<const N: usize>(number: u32, people: [u32; N]) -> Effect {
    Effect::Seek { round: round(number), phones: people.map(phone).into(), ring_busy: false }
}

fn dial(number: u32, person: u32, seconds: u64) -> Effect {
    let ring_for = Duration::from_secs(seconds);
    Effect::Dial { leg: leg(number), round: round(1), phone: phone(person), ring_for }
}
