//! Every event in every phase: nothing panics, and what means nothing changes nothing.

use std::{collections::BTreeSet, time::Duration};

use ringall_core::{
    call::{
        Answer, Asked, Call, DialEnd, Dialled, Effect, Event, ForwardNews, LegEnd, LegNews, Phase, Recorded,
        Redirected, RoomNews, Standing,
    },
    flow::{QueuePlace, QueueRefusal},
    id::{LegId, VisitId},
};

use super::{
    carriers_ring, forwarding, lookups, menu, queue, returning,
    scene::*,
    tiers::{also, begin_tiers},
    voicemail,
};

#[test]
fn every_event_is_taken_in_every_phase() {
    for call in every_phase() {
        for event in every_event() {
            let (next, effects) = call.clone().handle(now(), event.clone());

            let next = settle(next, &effects);
            assert!(next.is_finished() || next.deadline().is_some(), "{:?} after {event:?}", call.phase());
        }
    }
}

#[test]
fn two_events_after_each_other_are_taken_in_every_phase() {
    for call in every_phase() {
        for first in every_event() {
            let (between, effects) = call.clone().handle(now(), first.clone());
            let between = settle(between, &effects);
            for second in every_event() {
                // It tells of an accept of which the machine has yet to hear: phones ring then, and no menu is said.
                if second == Event::CallerBroughtIn && matches!(between.phase(), Phase::Choosing | Phase::Recording) {
                    continue;
                }
                let (next, effects) = between.clone().handle(now(), second.clone());

                let next = settle(next, &effects);
                let kept = next.is_finished() || next.deadline().is_some();
                assert!(kept, "{:?} after {first:?} and {second:?}", call.phase());
            }
        }
    }
}

#[test]
fn what_means_nothing_is_ignored_and_changes_nothing() {
    for call in every_phase() {
        for event in meaningless() {
            let (next, effects) = call.clone().handle(now(), event.clone());

            let ignored = matches!(effects.as_slice(), [Effect::Ignore(_)]);
            assert!(ignored, "{:?}: {event:?} gave {effects:?}", call.phase());
            assert_eq!(next, call, "{event:?}");
        }
    }
}

#[test]
fn a_leg_that_nobody_counts_on_is_stopped_and_changes_nothing() {
    for call in every_phase() {
        let accepted = Dialled::Accepted { sid: sid("CAstranger"), queue_time: Duration::ZERO };
        for event in [from_stranger(LegNews::Rings), Event::Dialled { leg: stranger(), result: accepted.clone() }] {
            let (next, effects) = call.clone().handle(now(), event);

            assert_eq!(effects, [Effect::CancelStray(sid("CAstranger"))]);
            assert_eq!(next, call);
        }
    }
}

#[test]
fn every_phase_is_among_them() {
    let mut phases: Vec<Phase> = every_phase().iter().map(Call::phase).collect();
    phases.sort_unstable();
    phases.dedup();

    assert_eq!(phases, Phase::ALL);
}

#[test]
fn every_event_is_among_them_and_has_its_own_name() {
    let names: BTreeSet<_> = every_event().iter().map(Event::name).collect();

    assert_eq!(names, BTreeSet::from(Event::NAMES));
}

fn every_phase() -> Vec<Call> {
    let people = [ANA, BEN];
    let handed_back = joining(people).handle(at(6), from_leg(ANA, LegNews::Ended(LegEnd::Completed))).0;
    vec![
        dialling(people),
        begin_tiers([ANA], [also([BEN], 20), also(people, 40)]).handle(at(0), granted(1, [ANA])).0,
        ringing(people),
        screened(people),
        joining(people),
        handed_back,
        bridged(people),
        speaking(),
        over(),
        after(ringing(people), [Event::CallerLeft, Event::ClaimClosed { round: round(1) }]),
        after(ringing(people), [Event::ShuttingDown, Event::ClaimClosed { round: round(1) }]),
        menu::choosing(),
        menu::asked_again(),
        forwarding::dialled(),
        forwarding::talking(),
        queue::asking(),
        queue::waiting(),
        queue::offered(),
        queue::screened(),
        queue::handed_back(),
        lookups::asking(),
        lookups::asking_after_words(),
        returning::alone(),
        carriers_ring::dialled(),
        voicemail::recording(),
        voicemail::asked_again(),
    ]
}

/// The claim answers at once, as it does in the program.
fn settle(call: Call, effects: &[Effect]) -> Call {
    effects.iter().fold(call, |call, effect| {
        if let Effect::CloseClaim(round, _) = effect {
            return call.handle(now(), Event::ClaimClosed { round: *round }).0;
        }
        call
    })
}

fn every_event() -> Vec<Event> {
    let mut events = meaningless();
    events.extend([
        Event::CallerAsked(Asked::Now { answered: false }),
        Event::CallerAsked(Asked::Now { answered: true }),
        Event::CallerAsked(Asked::WordsEnded(VisitId::FIRST)),
        Event::CallerAsked(Asked::WordsEnded(VisitId::FIRST.next())),
        Event::CallerAsked(Asked::DialEnded),
        menu::pressed(1, "1"),
        menu::pressed(2, "7"),
        menu::pressed(2, ""),
        Event::CallerConnectionClosed,
        Event::ReplyFoundNobody,
        Event::CallerBroughtIn,
        Event::CallerLeft,
        Event::ShuttingDown,
        Event::DialsSpent("No more today.".into()),
        granted(1, [ANA, BEN]),
        granted(2, [ANA, BEN]),
        room_seen(1, None),
        room_seen(1, Some(vec![])),
        room_seen(1, Some(vec![caller(), leg_sid(ANA)])),
        Event::Room(RoomNews::Started),
        Event::Room(RoomNews::Ended),
    ]);
    for why in [QueueRefusal::Full, QueueRefusal::NobodyOnDuty] {
        events.push(Event::QueueRefused { round: round(1), why });
    }
    let wait = Some(Duration::from_secs(90));
    events.push(Event::PlaceTold(Some(QueuePlace { place: 2, wait })));
    events.push(Event::PeopleAway { round: round(1), phones: vec![phone(ANA)] });
    for visit in [VisitId::FIRST, VisitId::FIRST.next()] {
        let forwarded = |end| Event::CallerAsked(Asked::Forwarded { visit, end, answered: false });
        events.extend(forwarding::every_end().map(forwarded));
        events.extend(every_forward_news().map(|news| Event::FromForward { visit, news }));
    }
    for number in [1, 2] {
        events.extend(voicemail::every_end().map(|end| voicemail::ended(number, end)));
    }
    events.push(Event::RecordingReady { what: Recorded::Message, length: Duration::from_secs(9) });
    events.extend(every_standing().map(Event::CallerLookedUp));
    events.extend([Redirected::Done, Redirected::NotInState, Redirected::Failed].map(Event::CallerRedirected));
    for who in [caller(), leg_sid(ANA), leg_sid(BEN)] {
        events.extend([Event::Room(RoomNews::Joined(who.clone())), Event::Room(RoomNews::Left(who))]);
    }
    for person in [ANA, BEN] {
        let leg = leg(person);
        events.extend(every_news().map(|news| from_leg(person, news)));
        events.extend([Dialled::Refused, Dialled::AnswerLost].map(|result| Event::Dialled { leg, result }));
        events.push(queued(person, 0));
        events.push(queued(person, 3));
        events.extend(every_standing().map(|standing| Event::LegLookedUp { leg, standing }));
        events.push(Event::ClaimHeldBy { round: round(1), leg });
        events.push(Event::LegRedirectFailed { leg });
    }
    events.extend(lookups::every_answer().map(|answer| lookups::answered(1, answer)));
    events
}

/// What can come at any time, in any phase, and must not count.
fn meaningless() -> Vec<Event> {
    let mut events = vec![
        Event::ClaimClosed { round: round(900) },
        Event::Dialled { leg: stranger(), result: Dialled::Refused },
        Event::Dialled { leg: stranger(), result: Dialled::AnswerLost },
        Event::LegLookedUp { leg: stranger(), standing: Standing::Over },
        Event::LegRedirectFailed { leg: stranger() },
        Event::Room(RoomNews::Joined(sid("CAstranger"))),
        Event::Room(RoomNews::Left(sid("CAstranger"))),
        Event::CallerLookedUp(Standing::Unclear),
        granted::<0>(900, []),
        Event::QueueRefused { round: round(900), why: QueueRefusal::Full },
        Event::PeopleAway { round: round(900), phones: vec![phone(ANA)] },
        Event::DeadlineReached,
        Event::FromForward { visit: "900".parse().expect("a well-formed name"), news: ForwardNews::Answered },
        lookups::answered(900, Answer::NotFound),
    ];
    let unheard = [LegNews::Rings, LegNews::Accepted, LegNews::DialEnded, LegNews::NotLetIn];
    events.extend(every_news().into_iter().filter(|news| !unheard.contains(news)).map(from_stranger));
    events
}

fn every_standing() -> [Standing; 4] {
    [Standing::Unanswered, Standing::Up, Standing::Over, Standing::Unclear]
}

fn every_news() -> [LegNews; 14] {
    [
        LegNews::Rings,
        LegNews::Answered,
        LegNews::AskedForKey,
        LegNews::Accepted,
        LegNews::Declined,
        LegNews::WasMachine,
        LegNews::FoundMachine,
        LegNews::ToldWhy,
        LegNews::DialEnded,
        LegNews::Ended(LegEnd::Completed),
        LegNews::Ended(LegEnd::NoAnswer),
        LegNews::Ended(LegEnd::Busy),
        LegNews::Ended(LegEnd::Failed),
        LegNews::NotLetIn,
    ]
}

fn every_forward_news() -> [ForwardNews; 8] {
    [
        ForwardNews::Dialled,
        ForwardNews::Rings,
        ForwardNews::Answered,
        ForwardNews::Accepted,
        ForwardNews::Declined,
        ForwardNews::Ended(DialEnd::Completed { bridged: None }),
        ForwardNews::NotAllowed,
        ForwardNews::PickedUpBy(phone(ANA)),
    ]
}

fn from_stranger(news: LegNews) -> Event {
    Event::FromLeg { leg: stranger(), sid: sid("CAstranger"), news }
}

fn stranger() -> LegId {
    leg(4000)
}

/// A call's clock never runs backwards, so this is the moment of its last event: nothing new is due.
fn now() -> ringall_core::time::Timestamp {
    at(0)
}
