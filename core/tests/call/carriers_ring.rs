//! The carrier rings a group on the caller's own leg: whoever picks up first is the only one who is asked.

use std::sync::Arc;

use ringall_core::{
    call::{Asked, Call, CallSetup, CallerDocument, DialEnd, Effect, Event, ForwardNews, Phase, Ringback},
    fact::{Fact, Outcome},
    flow::{Flow, Forward, NamedStep, RingGroup, Show, Step, StepIndex, Tiers},
    id::VisitId,
};

use super::scene::*;

#[test]
fn whole_group_is_handed_to_the_carrier_and_asked_for_a_key() {
    let (call, effects) = Call::begin(at(0), setup(group([ANA, BEN]), Ringback::Dial));

    let forward = Forward::to_group(&group([ANA, BEN]), StepIndex(1)).expect("a group");
    assert!(forward.speaks_first() && forward.numbers().eq([phone(ANA), phone(BEN)]));
    assert_eq!(
        effects,
        [
            Effect::Note(Fact::Arrived),
            Effect::Note(Fact::Dialled("Ana".into())),
            Effect::Note(Fact::Dialled("Ben".into())),
            handed(forward, VisitId::FIRST),
        ]
    );
    assert_eq!(call.phase(), Phase::Forwarding);
}

#[test]
fn whole_group_is_shown_who_calls_where_it_is_to_be_and_the_line_if_the_carrier_refuses() {
    let shown = |effects: &[Effect]| {
        let shown = effects.iter().find_map(|effect| {
            let Effect::Reply(CallerDocument::Forward { show, .. }) = effect else { return None };
            Some(*show)
        });
        shown.expect("a group that is rung")
    };
    let group = RingGroup { show: Show::Caller, ..group([ANA, BEN]) };

    let (call, effects) = Call::begin(at(0), setup(group, Ringback::Dial));
    let (_, again) = call.handle(at(1), ended(DialEnd::Failed));

    assert_eq!((shown(&effects), shown(&again)), (Some(phone(CALLER)), None));
}

#[test]
fn caller_who_was_told_that_they_are_recorded_is_recorded_where_the_carrier_rings() {
    let tiers = Tiers::new(Arc::new(group([ANA, BEN])), []).recorded();
    let ring = NamedStep { name: "ring".into(), step: Step::Ring { tiers, nobody: StepIndex(1) } };
    let end = NamedStep { name: "end".into(), step: Step::HangUp };
    let flow = Flow::new(vec![ring, end], StepIndex(0)).expect("a flow");
    let setup = CallSetup { flow: Arc::new(flow), ..CallSetup::clone(&setup(group([ANA]), Ringback::Dial)) };

    let (_, effects) = Call::begin(at(0), Arc::new(setup));

    let recorded =
        |effect: &Effect| matches!(effect, Effect::Reply(CallerDocument::Forward { forward, .. }) if forward.records);
    assert!(effects.iter().any(recorded), "{effects:?}");
}

#[test]
fn others_ring_again_for_the_time_that_is_left_after_one_who_declines() {
    let call = after(dialled(), [news(ForwardNews::PickedUpBy(phone(ANA))), news(ForwardNews::Declined)]);

    let (_, effects) = call.handle(at(9), ended(DialEnd::Completed { bridged: Some(false) }));

    let ben = Forward::to_group(&group([BEN]), StepIndex(1)).expect("a group");
    let ben = Forward { ring_for: std::time::Duration::from_secs(21), ..ben };
    let again = VisitId::FIRST.next();
    let declined = Effect::Note(Fact::Declined("Ana".into()));
    assert_eq!(effects, [declined, Effect::Note(Fact::Dialled("Ben".into())), handed(ben, again)]);
}

#[test]
fn others_get_some_seconds_at_the_least_after_a_mailbox_that_took_all_the_time() {
    let call = after(dialled(), [news(ForwardNews::PickedUpBy(phone(ANA)))]);

    let (_, effects) = call.handle(at(50), ended(DialEnd::Completed { bridged: Some(false) }));

    let ring_for = effects.iter().find_map(|effect| {
        let Effect::Reply(CallerDocument::Forward { forward, .. }) = effect else { return None };
        Some(forward.ring_for.as_secs())
    });
    assert_eq!(ring_for, Some(15));
}

#[test]
fn nobody_who_picks_up_leads_on_and_a_talk_ends_the_call() {
    let (_, effects) = dialled().handle(at(40), ended(DialEnd::NoAnswer));
    assert_eq!(effects[0], Effect::Note(Fact::NobodyTookIt));

    let accepted = [news(ForwardNews::PickedUpBy(phone(BEN))), news(ForwardNews::Accepted)];
    let (call, _) = after(dialled(), accepted).handle(at(60), ended(DialEnd::Completed { bridged: Some(true) }));
    assert_eq!(call.outcome(), Some(Outcome::Talked));
}

#[test]
fn second_who_picks_up_at_a_carrier_that_asks_several_changes_nothing() {
    let call = after(dialled(), [news(ForwardNews::PickedUpBy(phone(ANA)))]);

    let (next, effects) = call.clone().handle(at(2), news(ForwardNews::PickedUpBy(phone(BEN))));

    assert!(matches!(effects.as_slice(), [Effect::Ignore(_)]), "{effects:?}");
    assert_eq!(next.deadline(), call.deadline());
}

/// Ana's and Ben's phones ring by the carrier's hand.
pub(crate) fn dialled() -> Call {
    Call::begin(at(0), setup(group([ANA, BEN]), Ringback::Dial)).0
}

fn handed(forward: Forward, visit: VisitId) -> Effect {
    Effect::Reply(CallerDocument::Forward { forward: forward.into(), show: None, visit })
}

fn news(news: ForwardNews) -> Event {
    Event::FromForward { visit: VisitId::FIRST, news }
}

fn ended(end: DialEnd) -> Event {
    Event::CallerAsked(Asked::Forwarded { visit: VisitId::FIRST, end, answered: false })
}
