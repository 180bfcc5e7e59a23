//! What the rules of a call cost: events per second through the machine of a typical call, a crowd in the roster, and
//! the claim.

use std::{hint::black_box, sync::Arc, time::Duration};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use ringall_core::{
    call::{Asked, Call, CallSetup, Dialled, Event, Known, LegEnd, LegNews, Returning, Ringback, RoomNews},
    claim::Claim,
    flow::{Callback, Flow, Member, Order, RingGroup, Show},
    id::{CallSid, LegId, RoundId},
    phone::{CallerId, PhoneNumber},
    roster::{Roster, RosterEvent},
    screen::Screen,
    time::Timestamp,
};

criterion_group!(benches, whole_call, crowded_roster, claim);
criterion_main!(benches);

/// Five phones ring, the first is picked up and takes the call, they talk, everybody goes.
fn whole_call(criterion: &mut Criterion) {
    let setup = setup(5);
    let events = events_of_a_call(5);
    let mut group = criterion.benchmark_group("call");
    group.throughput(Throughput::Elements(events.len() as u64));
    group.bench_function("five phones, from the first webhook to the last", |bencher| {
        bencher.iter_batched(
            || (setup.clone(), events.clone()),
            |(setup, events)| {
                let mut call = Call::begin(T0, setup).0;
                for (at, event) in events {
                    let (next, effects) = call.handle(at, event);
                    call = next;
                    black_box(effects);
                }
                assert!(call.is_finished());
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

/// Fifty people, all engaged by one caller while nine others wait; then the first caller goes.
fn crowded_roster(criterion: &mut Criterion) {
    let phones: Vec<_> = (0..50).map(phone).collect();
    let seek = |number: u64| RosterEvent::Sought {
        call: sid(&format!("CA{number}")),
        since: T0 + Duration::from_millis(number),
        round: RoundId::FIRST,
        phones: phones.clone(),
        ring_busy: false,
        order: Order::default(),
    };
    let crowd = (0..10).fold(Roster::default(), |roster, number| roster.handle(T0, seek(number)).0);
    let over = RosterEvent::CallOver(sid("CA0"));
    criterion.bench_function("roster: fifty phones go from one caller to the next", |bencher| {
        bencher.iter_batched(
            || (crowd.clone(), over.clone()),
            |(roster, over)| black_box(roster.handle(T0, over)),
            BatchSize::SmallInput,
        );
    });
}

fn claim(criterion: &mut Criterion) {
    let (first, second) = (LegId::FIRST, LegId::FIRST.next());
    criterion.bench_function("claim: one takes it, one comes too late", |bencher| {
        bencher.iter(|| {
            let claim = Claim::new();
            (claim.try_take(black_box(first)), claim.try_take(black_box(second)))
        });
    });
}

const T0: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn events_of_a_call(people: u32) -> Vec<(Timestamp, Event)> {
    let legs: Vec<LegId> =
        std::iter::successors(Some(LegId::FIRST), |leg| Some(leg.next())).take(people as usize).collect();
    let from = |leg: LegId, news| Event::FromLeg { leg, sid: sid(&format!("CA{leg}")), news };
    let phones = (0..people).map(phone).collect();
    let mut events = vec![(0, Event::PeopleGranted { round: RoundId::FIRST, phones })];
    for leg in &legs {
        let result = Dialled::Accepted { sid: sid(&format!("CA{leg}")), queue_time: Duration::ZERO };
        events.push((100, Event::Dialled { leg: *leg, result }));
        events.push((400, from(*leg, LegNews::Rings)));
    }
    let winner = LegId::FIRST;
    events.push((5_000, from(winner, LegNews::Answered)));
    events.push((5_001, from(winner, LegNews::AskedForKey)));
    events.push((7_000, from(winner, LegNews::Accepted)));
    for leg in legs.iter().filter(|leg| **leg != winner) {
        events.push((7_200, from(*leg, LegNews::Ended(LegEnd::NoAnswer))));
    }
    events.push((7_300, Event::Room(RoomNews::Joined(sid("CA1")))));
    events.push((7_400, Event::Room(RoomNews::Joined(sid("CAcaller")))));
    events.push((7_400, Event::Room(RoomNews::Started)));
    events.push((60_000, Event::CallerAsked(Asked::DialEnded)));
    events.push((60_100, from(winner, LegNews::Ended(LegEnd::Completed))));
    events.push((60_200, Event::CallerLeft));
    events.into_iter().map(|(millis, event)| (T0 + Duration::from_millis(millis), event)).collect()
}

fn setup(people: u32) -> Arc<CallSetup> {
    let ring_for = Duration::from_secs(30);
    let members = (0..people).map(|person| Member {
        name: format!("person {person}").into(),
        phone: phone(person),
        phone_for: ring_for,
    });
    let group = RingGroup {
        name: "everybody".into(),
        members: members.collect(),
        ring_for,
        wait_for: ring_for,
        passes: 1,
        screen: Screen::Key,
        decline_key: '9',
        ring_busy: false,
        order: Order::default(),
        whisper: None,
        show: Show::Line,
        callback_to_same: Callback::default(),
    };
    Arc::new(CallSetup {
        sid: sid("CAcaller"),
        flow: Arc::new(Flow::ring_then_say(Arc::new(group), "Nobody is there.".into())),
        ringback: Ringback::Tone,
        reply_budget: Duration::from_secs(12),
        failure_words: "We are sorry.".into(),
        is_answered: false,
        caller: CallerId::Withheld,
        is_blocked: false,
        known: Known::default(),
        returning: Returning::default(),
    })
}

fn phone(person: u32) -> PhoneNumber {
    format!("+4477009000{person:02}").parse().expect("a number")
}

fn sid(text: &str) -> CallSid {
    text.parse().expect("a sid")
}
