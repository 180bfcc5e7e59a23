//! Calls at the points from which the examples start, and short words for what happens to them.

use std::{sync::Arc, time::Duration};

use ringall_core::{
    call::{Call, CallSetup, Dialled, Effect, Event, Known, LegNews, Returning, Ringback, RoomNews},
    flow::{Callback, Flow, Member, NamedStep, Order, RingGroup, Show, Step, StepIndex},
    id::{CallSid, LegId, LookId, RoundId},
    phone::{CallerId, PhoneNumber},
    screen::Screen,
    time::Timestamp,
};

pub(crate) const ANA: u32 = 1;
pub(crate) const BEN: u32 = 2;
pub(crate) const CLEO: u32 = 3;
/// As a telephone.
pub(crate) const CALLER: u32 = 9;

/// `seconds` after the call came in.
pub(crate) fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000) + Duration::from_secs(seconds)
}

pub(crate) fn sid(text: &str) -> CallSid {
    text.parse().expect("a well-formed name")
}

pub(crate) fn caller() -> CallSid {
    sid("CAcaller")
}

/// People are dialled in order, so a person's number is their first leg's too.
pub(crate) fn leg(number: u32) -> LegId {
    number.to_string().parse().expect("a well-formed name")
}

pub(crate) fn leg_sid(number: u32) -> CallSid {
    sid(&format!("CA{number}"))
}

pub(crate) fn round(number: u32) -> RoundId {
    number.to_string().parse().expect("a well-formed name")
}

pub(crate) fn look(number: u32) -> LookId {
    number.to_string().parse().expect("a well-formed name")
}

/// The answer to the call's so-manieth look into the conference.
pub(crate) fn room_seen(number: u32, present: Option<Vec<CallSid>>) -> Event {
    Event::RoomLookedUp { look: look(number), present }
}

pub(crate) fn phone(person: u32) -> PhoneNumber {
    format!("+44770090000{person}").parse().expect("a well-formed name")
}

pub(crate) fn name(person: u32) -> &'static str {
    ["Ana", "Ben", "Cleo"][person as usize - 1]
}

pub(crate) fn from_leg(person: u32, news: LegNews) -> Event {
    Event::FromLeg { leg: leg(person), sid: leg_sid(person), news }
}

pub(crate) fn granted<const N: usize>(number: u32, people: [u32; N]) -> Event {
    Event::PeopleGranted { round: round(number), phones: people.map(phone).into() }
}

pub(crate) fn group<const N: usize>(people: [u32; N]) -> RingGroup {
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
        order: Order::default(),
        whisper: None,
        show: Show::Line,
        callback_to_same: Callback::default(),
    }
}

pub(crate) fn setup(group: RingGroup, ringback: Ringback) -> Arc<CallSetup> {
    Arc::new(CallSetup {
        sid: caller(),
        flow: Arc::new(Flow::ring_then_say(Arc::new(group), "Sorry.".into())),
        ringback,
        reply_budget: Duration::from_secs(12),
        failure_words: "We failed.".into(),
        is_answered: false,
        caller: CallerId::Number(phone(CALLER)),
        is_blocked: false,
        known: Known::default(),
        returning: Returning::default(),
    })
}

/// Keeps every deadline until then, and nothing else happens; with what the last one brought.
pub(crate) fn run_until(mut call: Call, seconds: u64) -> (Call, Vec<Effect>) {
    let mut last = Vec::new();
    while let Some(due) = call.deadline().filter(|due| *due <= at(seconds)) {
        (call, last) = call.handle(due, Event::DeadlineReached);
    }
    (call, last)
}

/// A call after these events, one second apart.
pub(crate) fn after(call: Call, events: impl IntoIterator<Item = Event>) -> Call {
    (1..).zip(events).fold(call, |call, (seconds, event)| call.handle(at(seconds), event).0)
}

pub(crate) fn begin(group: RingGroup, ringback: Ringback) -> Call {
    Call::begin(at(0), setup(group, ringback)).0
}

/// The carrier is being asked to dial them.
pub(crate) fn dialling<const N: usize>(people: [u32; N]) -> Call {
    begin(group(people), Ringback::Tone).handle(at(0), granted(1, people)).0
}

/// Their phones ring.
pub(crate) fn ringing<const N: usize>(people: [u32; N]) -> Call {
    people.into_iter().fold(dialling(people), |call, person| call.handle(at(1), from_leg(person, LegNews::Rings)).0)
}

/// They have picked up, and are asked for a key.
pub(crate) fn screened<const N: usize>(people: [u32; N]) -> Call {
    let asked = people.map(|person| from_leg(person, LegNews::AskedForKey));
    let call = ringing(people).handle(at(12), Event::DeadlineReached).0;
    asked.into_iter().fold(call, |call, event| call.handle(at(20), event).0)
}

/// The first of them has taken the call, and nobody is in the room yet.
pub(crate) fn joining<const N: usize>(people: [u32; N]) -> Call {
    ringing(people).handle(at(5), from_leg(people[0], LegNews::Accepted)).0
}

/// The first of them and the caller talk.
pub(crate) fn bridged<const N: usize>(people: [u32; N]) -> Call {
    joining(people).handle(at(6), Event::Room(RoomNews::Started)).0
}

/// Nobody took the call, and the caller hears so.
pub(crate) fn speaking() -> Call {
    run_until(dialling([ANA]), 30).0.handle(at(30), Event::ClaimClosed { round: round(1) }).0
}

/// The caller hears a welcome, then phones ring, then there are two more texts.
pub(crate) fn welcomed() -> Call {
    let say = |words: &str, next| Step::Say { words: words.into(), next: StepIndex(next) };
    let ring = Step::ring(Arc::new(group([ANA])), StepIndex(2));
    let steps = [say("Welcome.", 1), ring, say("Sorry.", 3), say("Good bye.", 4), Step::HangUp];
    let steps = steps.map(|step| NamedStep { name: "step".into(), step });
    let flow = Flow::new(steps.into(), StepIndex(0)).expect("a sound flow");
    let setup = CallSetup { flow: Arc::new(flow), ..CallSetup::clone(&setup(group([ANA]), Ringback::Tone)) };
    Call::begin(at(0), Arc::new(setup)).0
}

/// They have talked, and the winner has hung up.
pub(crate) fn over() -> Call {
    bridged([ANA]).handle(at(7), from_leg(ANA, LegNews::Ended(ringall_core::call::LegEnd::Completed))).0
}

/// The carrier has the leg in its queue for so many seconds.
pub(crate) fn queued(person: u32, seconds: u64) -> Event {
    let result = Dialled::Accepted { sid: leg_sid(person), queue_time: Duration::from_secs(seconds) };
    Event::Dialled { leg: leg(person), result }
}
