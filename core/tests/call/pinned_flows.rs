//! Rules of forwards and flows that everything else would keep without: each was pinned down when a change of it went
//! unnoticed.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use ringall_core::{
    call::{Asked, Call, CallSetup, Effect, Event, ForwardNews, LegEnd, LegNews, Ringback},
    claim::Closed,
    fact::Fact,
    flow::{Flow, Forward, Menu, NamedStep, RingGroup, Step, StepIndex, Tier},
};

use super::{
    forwarding::{begin_with, dialled, forward, hands_on, keyed, news, office},
    scene::*,
    tiers::{also, begin_tiers},
};

#[test]
fn a_call_knows_its_winner_and_nobody_else_for_one() {
    let call = joining([ANA, BEN]);

    assert_eq!((call.knows_winner(leg(ANA)), call.knows_winner(leg(BEN))), (true, false));
}

#[test]
fn two_calls_are_told_apart_by_their_names() {
    let hash = |setup: &CallSetup| {
        let mut hasher = DefaultHasher::new();
        setup.hash(&mut hasher);
        hasher.finish()
    };
    let one = CallSetup::clone(&setup(group([ANA]), Ringback::Tone));
    let other = CallSetup { sid: sid("CAother"), ..one.clone() };

    assert_ne!(hash(&one), hash(&other));
}

#[test]
fn two_groups_are_told_apart_by_their_names() {
    let hash = |group: &RingGroup| {
        let mut hasher = DefaultHasher::new();
        group.hash(&mut hasher);
        hasher.finish()
    };
    let other = RingGroup { name: "others".into(), ..group([ANA]) };

    assert_ne!(hash(&group([ANA])), hash(&other));
}

#[test]
fn a_flow_shows_its_steps_and_the_menus_that_come_back_without_a_key() {
    let menu = |no_input| Menu {
        prompt: "Press one.".into(),
        keys: BTreeMap::from([("1".into(), StepIndex(1))]),
        pause: Duration::from_secs(4),
        repeats: 2,
        no_input_words: "Please press.".into(),
        wrong_key_words: "Not that one.".into(),
        no_input: StepIndex(no_input),
        wrong_key: StepIndex(1),
    };
    let step = |name: &str, step| NamedStep { name: name.into(), step };
    let flow = |no_input| {
        let steps = vec![step("menu", Step::Menu(Arc::new(menu(no_input)))), step("end", Step::HangUp)];
        Flow::new(steps, StepIndex(0)).expect("a sound flow")
    };
    let names = |flow: &Flow| flow.steps().iter().map(|named| named.name.to_string()).collect::<Vec<_>>();
    let circles = |flow: &Flow| flow.keyless_circles().map(|named| named.name.to_string()).collect::<Vec<_>>();

    assert_eq!((names(&flow(0)), circles(&flow(0))), (vec!["menu".into(), "end".into()], vec!["menu".to_owned()]));
    assert_eq!(circles(&flow(1)), Vec::<String>::new());
}

#[test]
fn a_caller_who_is_in_no_room_any_more_is_dialled_for_at_once() {
    let (_, effects) = dialled().handle(at(3), Event::CallerAsked(Asked::DialEnded));

    assert_eq!(effects, [hands_on(&forward(), None, 1)]);
}

#[test]
fn a_number_is_picked_up_when_it_is_and_not_before() {
    let mut call = dialled();
    let told = [ForwardNews::Dialled, ForwardNews::Rings, ForwardNews::Answered, ForwardNews::Accepted];
    let mut effects = Vec::new();
    for told in told {
        let next = call.handle(at(3), news(1, told));
        call = next.0;
        effects.push(next.1);
    }

    let noted = |fact| vec![Effect::Note(fact)];
    let (answered, accepted) = (Fact::ForwardAnswered(office()), Fact::ForwardAccepted(office()));
    assert_eq!(effects, [vec![], vec![], noted(answered), noted(accepted)]);
}

#[test]
fn a_number_is_looked_for_when_its_ringing_its_whisper_or_a_long_talk_should_be_over() {
    let whispered = Forward { whisper: Some("For you.".into()), ..forward() };
    for (forward, dialled, answered) in [(forward(), 45, 610), (keyed(), 105, 70), (whispered, 105, 70)] {
        let deadline = |told: &[ForwardNews]| {
            let call = told.iter().fold(begin_with(forward.clone()), |call, told| tell(call, *told));
            call.deadline()
        };

        assert_eq!(deadline(&[]), Some(at(dialled)));
        assert_eq!(deadline(&[ForwardNews::Rings]), Some(at(dialled)), "a telephone that rings does not talk");
        assert_eq!(deadline(&[ForwardNews::Rings, ForwardNews::Answered]), Some(at(answered)));
        assert_eq!(deadline(&[ForwardNews::Answered, ForwardNews::Accepted]), Some(at(610)));
    }
}

#[test]
fn a_caller_whose_winner_drops_is_not_given_up_because_a_later_tier_has_stopped() {
    let call = begin_tiers([ANA, CLEO], [for_five_seconds([BEN])]).handle(at(0), granted(1, [ANA, CLEO])).0;
    let call = run_until(call, 20).0.handle(at(20), granted(1, [BEN])).0;
    let call = run_until(call, 26).0.handle(at(26), from_leg(ANA, LegNews::Accepted)).0;

    let (_, back) = call.handle(at(27), from_leg(ANA, LegNews::Ended(LegEnd::Completed)));

    let phones = vec![phone(ANA), phone(CLEO)];
    let seeks_first = Effect::Seek { round: round(2), phones, ring_busy: false };
    assert!(back.ends_with(&[Effect::OpenRound(round(2)), seeks_first]), "{back:?}");
}

#[test]
fn a_caller_whose_last_chance_hangs_up_has_the_last_tier_rung_again_and_not_only_that_one_person() {
    let call = begin_tiers([ANA], [for_five_seconds([BEN])]).handle(at(0), granted(1, [ANA])).0;
    let call = run_until(call, 20).0.handle(at(20), granted(1, [BEN])).0;
    let call = run_until(call, 28).0.handle(at(28), from_leg(ANA, LegNews::AskedForKey)).0;
    // Both tiers are over, and she has picked up before.
    let call = run_until(call, 34).0.handle(at(35), from_leg(ANA, LegNews::Accepted)).0;

    let (_, back) = call.handle(at(36), from_leg(ANA, LegNews::Ended(LegEnd::Completed)));

    assert!(back.ends_with(&[Effect::OpenRound(round(2)), seeks(ANA), seeks(BEN)]), "{back:?}");
}

#[test]
fn who_declines_at_their_last_ringing_while_the_next_one_rings_is_not_rung_a_third_time() {
    let mut group = RingGroup { passes: 3, ..group([ANA]) };
    group.members[0].phone_for = Duration::from_secs(8);
    let call = begin(group, Ringback::Tone).handle(at(0), granted(1, [ANA])).0;
    let first = |news| Event::FromLeg { leg: leg(1), sid: leg_sid(1), news };
    let second = |news| Event::FromLeg { leg: leg(2), sid: leg_sid(2), news };
    let call = call.handle(at(1), first(LegNews::Rings)).0;
    let call = run_until(call, 11).0.handle(at(11), granted(1, [ANA])).0;
    let call = call.handle(at(12), second(LegNews::Rings)).0;

    let call = call.handle(at(13), first(LegNews::Declined)).0;
    let call = call.handle(at(14), second(LegNews::Ended(LegEnd::NoAnswer))).0;
    let (_, effects) = run_until(call, 17).0.handle(at(17), granted(1, [ANA]));

    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Dial { .. })), "{effects:?}");
    let closes = Effect::CloseClaim(round(1), Closed::MovedOn);
    assert!(effects.ends_with(&[Effect::FreePhone(phone(ANA)), closes]), "nobody is left to ring: {effects:?}");
}

/// A tier that joins in after twenty seconds, and stops before the first one does.
fn for_five_seconds<const N: usize>(people: [u32; N]) -> Tier {
    let brief = RingGroup { ring_for: Duration::from_secs(5), ..group(people) };
    Tier { group: Arc::new(brief), ..also(people, 20) }
}

fn seeks(person: u32) -> Effect {
    Effect::Seek { round: round(2), phones: vec![phone(person)], ring_busy: false }
}

/// Ten seconds after the call came in.
fn tell(call: Call, told: ForwardNews) -> Call {
    call.handle(at(10), news(1, told)).0
}
