//! Exact examples of what a call does, one event at a time.

use std::{sync::Arc, time::Duration};

use ringall_core::{
    call::{
        AfterWords, Asked, Call, CallSetup, CallerDocument, Dialled, Effect, Event, Ignored, LegDocument, LegEnd,
        LegNews, Phase, Redirected, Ringback, RoomNews, Standing, Told,
    },
    claim::Closed,
    fact::{Fact, Outcome},
    flow::{Flow, Member, RingGroup},
    id::{CallSid, LegId, RoundId},
    phone::PhoneNumber,
    screen::Screen,
    time::Timestamp,
};

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

const ANA: u32 = 1;
const BEN: u32 = 2;
const CLEO: u32 = 3;

/// `seconds` after the call came in.
fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000) + Duration::from_secs(seconds)
}

fn sid(text: &str) -> CallSid {
    text.parse().unwrap()
}

fn caller() -> CallSid {
    sid("CAcaller")
}

/// People are dialled in order, so a person's number is their first leg's too.
fn leg(number: u32) -> LegId {
    number.to_string().parse().unwrap()
}

fn leg_sid(number: u32) -> CallSid {
    sid(&format!("CA{number}"))
}

fn round(number: u32) -> RoundId {
    number.to_string().parse().unwrap()
}

fn phone(person: u32) -> PhoneNumber {
    format!("+44770090000{person}").parse().unwrap()
}

fn name(person: u32) -> &'static str {
    ["Ana", "Ben", "Cleo"][person as usize - 1]
}

fn from_leg(person: u32, news: LegNews) -> Event {
    Event::FromLeg { leg: leg(person), sid: leg_sid(person), news }
}

fn granted<const N: usize>(number: u32, people: [u32; N]) -> Event {
    Event::PeopleGranted { round: round(number), phones: people.map(phone).into() }
}

fn group<const N: usize>(people: [u32; N]) -> RingGroup {
    let ring_for = Duration::from_secs(30);
    let members = people.map(|person| Member { name: name(person).into(), phone: phone(person), phone_for: ring_for });
    RingGroup {
        name: "everybody".into(),
        members: members.into(),
        ring_for,
        wait_for: ring_for,
        passes: 1,
        screen: Screen::Key,
        decline_key: '9',
        ring_busy: false,
    }
}

fn setup(group: RingGroup, ringback: Ringback) -> Arc<CallSetup> {
    Arc::new(CallSetup {
        sid: caller(),
        flow: Arc::new(Flow::ring_then_say(Arc::new(group), "Sorry.".into())),
        ringback,
        reply_budget: Duration::from_secs(12),
        failure_words: "We failed.".into(),
    })
}

/// A call after these events, one second apart.
fn after(call: Call, events: impl IntoIterator<Item = Event>) -> Call {
    (1..).zip(events).fold(call, |call, (seconds, event)| call.handle(at(seconds), event).0)
}

fn begin(group: RingGroup, ringback: Ringback) -> Call {
    Call::begin(at(0), setup(group, ringback)).0
}

/// The carrier is being asked to dial them.
fn dialling<const N: usize>(people: [u32; N]) -> Call {
    begin(group(people), Ringback::Tone).handle(at(0), granted(1, people)).0
}

/// Their phones ring.
fn ringing<const N: usize>(people: [u32; N]) -> Call {
    people.into_iter().fold(dialling(people), |call, person| call.handle(at(1), from_leg(person, LegNews::Rings)).0)
}

/// They have picked up, and are asked for a key.
fn screened<const N: usize>(people: [u32; N]) -> Call {
    let asked = people.map(|person| from_leg(person, LegNews::AskedForKey));
    asked.into_iter().fold(ringing(people), |call, event| call.handle(at(20), event).0)
}

/// The first of them has taken the call, and nobody is in the room yet.
fn joining<const N: usize>(people: [u32; N]) -> Call {
    ringing(people).handle(at(5), from_leg(people[0], LegNews::Accepted)).0
}
