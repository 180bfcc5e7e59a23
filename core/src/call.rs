//! The machine of one call: events in, effects out, nothing else. It never waits, reads no clock and cannot fail.
//!
//! A [`Call`] has two sides that are looked after in every state: the caller's leg (`caller.rs`) and the members' legs
//! (`legs.rs`). What an event means beyond them is for the state that the call is in, one file each: `ringing`,
//! `joining`, `bridged`, `speaking`, `choosing`, `forwarding`, `queueing`, `inquiring`, `recording`, `over`.

mod bridged;
mod caller;
mod choosing;
mod common;
mod effect;
mod event;
mod forwarding;
mod hours;
mod inquiring;
mod joining;
mod legs;
mod over;
mod queueing;
mod recording;
mod returning;
mod ringing;
mod speaking;
mod spent;
mod variables;

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
    time::Duration,
};

pub use self::returning::Returning;
pub use self::variables::{Known, Origin, Variables};
pub use effect::{AfterWords, CallerDocument, Effect, Ignored, LegDocument, Told};
pub use event::{
    Answer, Asked, DialEnd, Dialled, Event, ForwardNews, LegEnd, LegNews, Recorded, RecordingEnd, Redirected, RoomNews,
    Standing,
};

use self::{
    bridged::Bridged,
    choosing::Choosing,
    common::{Common, Turn},
    forwarding::Forwarding,
    inquiring::Inquiring,
    joining::Joining,
    over::Over,
    queueing::Queueing,
    recording::Recording,
    ringing::Ringing,
    speaking::Speaking,
};
use crate::{
    fact::{Fact, Outcome},
    flow::{Flow, Forward, Order, RingGroup, Step, StepIndex, Tiers, Words},
    id::{CallSid, LegId, VisitId},
    phone::{CallerId, PhoneNumber},
    time::Timestamp,
};

/// What a call is born with; nothing here changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallSetup {
    /// The caller's leg, which names the call.
    pub sid: CallSid,
    /// The line's flow, kept to the end even if the configuration changes.
    pub flow: Arc<Flow>,
    /// What goes on ringing when the reply budget is spent.
    pub ringback: Ringback,
    /// How long a request of the caller may wait for its answer: less than the carrier's limit (contract §1.4).
    pub reply_budget: Duration,
    /// What the caller hears when the program itself has to give up.
    pub failure_words: Words,
    /// The carrier had answered the caller before the call began, because it began under an earlier program.
    pub is_answered: bool,
    /// Who calls.
    pub caller: CallerId,
    /// The line takes no calls of theirs as it takes others; the flow is the one for them.
    pub is_blocked: bool,
    /// What words can tell.
    pub known: Known,
    /// Who has talked to them just before.
    pub returning: Returning,
}

/// A call is told apart by its name; what it was born with comes along.
impl Hash for CallSetup {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.sid.hash(state);
    }
}

/// How the ringing goes on after the reply budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Ringback {
    /// The caller is answered and hears a ringing tone of ours in the conference.
    #[default]
    Tone,
    /// The caller stays unanswered as long as the carrier lets them: their own network rings.
    Carrier,
    /// The carrier itself rings the group, on the caller's own leg; whoever picks up first is the only one who is asked.
    Dial,
}

/// One call, from its first webhook until every leg's end is confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Call {
    common: Common,
    state: State,
}

/// A talk, as far as it concerns others who wait for the same person.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Talk {
    /// Whom the caller talks to.
    pub phone: PhoneNumber,
    /// How long they are left alone afterwards.
    pub wrap_up: Duration,
    /// The queue that the caller came from.
    pub queue: Option<Arc<str>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum State {
    Ringing(Ringing),
    Joining(Joining),
    Bridged(Bridged),
    Speaking(Speaking),
    Over(Over),
    Choosing(Choosing),
    Forwarding(Forwarding),
    Queueing(Queueing),
    Inquiring(Inquiring),
    Recording(Recording),
}

/// Which state a call is in, for logs, consoles and tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Phones ring, or everybody is busy and the caller waits.
    Ringing,
    /// Somebody has the call and both are being joined.
    Joining,
    /// They talk.
    Bridged,
    /// The caller hears words.
    Speaking,
    /// Decided; legs may still be on their way out.
    Over,
    /// The caller hears a menu and presses keys.
    Choosing,
    /// The carrier dials an outside number for the caller, or they talk.
    Forwarding,
    /// The caller waits in a queue; members are rung one at a time.
    Queueing,
    /// The user's own address is asked who the caller is.
    Inquiring,
    /// The caller leaves a message.
    Recording,
}

impl Phase {
    /// In the order in which a call usually comes to them.
    pub const ALL: [Self; 10] = [
        Self::Ringing,
        Self::Joining,
        Self::Bridged,
        Self::Speaking,
        Self::Over,
        Self::Choosing,
        Self::Forwarding,
        Self::Queueing,
        Self::Inquiring,
        Self::Recording,
    ];

    /// One word, for traces, diagrams, and for counting what a test has reached.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ringing => "Ringing",
            Self::Joining => "Joining",
            Self::Bridged => "Bridged",
            Self::Speaking => "Speaking",
            Self::Over => "Over",
            Self::Choosing => "Choosing",
            Self::Forwarding => "Forwarding",
            Self::Queueing => "Queueing",
            Self::Inquiring => "Inquiring",
            Self::Recording => "Recording",
        }
    }
}

impl Call {
    /// Begins a call at the start of its flow. The first request that waits is the one that brought the call.
    #[must_use]
    pub fn begin(now: Timestamp, setup: Arc<CallSetup>) -> (Self, Vec<Effect>) {
        let start = setup.flow.start();
        let mut common = Common::new(setup, now);
        let is_blocked = common.setup.is_blocked;
        common.note(Fact::Arrived);
        if is_blocked {
            common.note(Fact::Blocked);
        }
        let state = State::enter(&mut common, start);
        let effects = std::mem::take(&mut common.effects);
        (Self { common, state }, effects)
    }

    /// Advances the call by one event and lists what the switchboard must do, in order.
    #[must_use]
    pub fn handle(mut self, now: Timestamp, event: Event) -> (Self, Vec<Effect>) {
        self.common.now = self.common.now.max(now);
        let timer = event == Event::DeadlineReached;
        let mut state = self.state;
        for turn in self.common.observe(event) {
            state = state.handle(&mut self.common, turn);
        }
        let mut effects = std::mem::take(&mut self.common.effects);
        if timer && effects.is_empty() {
            effects.push(Effect::Ignore(Ignored::NotDue));
        }
        (Self { common: self.common, state }, effects)
    }

    /// The next moment at which the call must be told [`Event::DeadlineReached`]; none once it is finished.
    pub fn deadline(&self) -> Option<Timestamp> {
        let state = match &self.state {
            State::Ringing(ringing) => ringing.deadline(),
            State::Joining(joining) => Some(joining.deadline()),
            State::Bridged(bridged) => Some(bridged.deadline()),
            // The caller's side watches the words.
            State::Speaking(_) | State::Choosing(_) | State::Recording(_) => None,
            State::Over(over) => over.deadline(),
            State::Forwarding(forwarding) => Some(forwarding.deadline()),
            State::Queueing(queueing) => queueing.deadline(),
            State::Inquiring(inquiring) => Some(inquiring.deadline()),
        };
        [state, self.common.deadline()].into_iter().flatten().min()
    }

    /// Whether every leg is gone and nothing is owed to anybody.
    pub fn is_finished(&self) -> bool {
        matches!(self.state, State::Over(_)) && self.common.caller.is_gone() && self.common.legs.is_empty()
    }

    /// Whether two talk and every other leg is gone: the carrier needs nothing more from us.
    pub fn is_only_a_talk(&self) -> bool {
        match &self.state {
            State::Bridged(_) => self.common.legs.are_all_winners(),
            State::Forwarding(forwarding) => forwarding.talks() && self.common.legs.is_empty(),
            State::Ringing(_)
            | State::Joining(_)
            | State::Speaking(_)
            | State::Over(_)
            | State::Choosing(_)
            | State::Queueing(_)
            | State::Inquiring(_)
            | State::Recording(_) => false,
        }
    }

    /// The state the call is in.
    pub fn phase(&self) -> Phase {
        match &self.state {
            State::Ringing(_) => Phase::Ringing,
            State::Joining(_) => Phase::Joining,
            State::Bridged(_) => Phase::Bridged,
            State::Speaking(_) => Phase::Speaking,
            State::Over(_) => Phase::Over,
            State::Choosing(_) => Phase::Choosing,
            State::Forwarding(_) => Phase::Forwarding,
            State::Queueing(_) => Phase::Queueing,
            State::Inquiring(_) => Phase::Inquiring,
            State::Recording(_) => Phase::Recording,
        }
    }

    /// What became of the call; `None` while it goes on.
    pub fn outcome(&self) -> Option<Outcome> {
        if let State::Over(over) = &self.state { Some(over.outcome()) } else { None }
    }

    /// The groups of the step that rings.
    pub fn tiers(&self) -> Option<&Tiers> {
        if let State::Queueing(queueing) = &self.state {
            return Some(queueing.tiers());
        }
        Some(self.ringing()?.tiers())
    }

    /// The group that a leg rings for: how it is screened, and for how long it rings.
    pub fn group_of(&self, leg: LegId) -> Option<&Arc<RingGroup>> {
        if let State::Queueing(queueing) = &self.state {
            return Some(queueing.group());
        }
        self.ringing()?.group_of(leg)
    }

    /// Who comes first among people of whom the step that rings wants this one.
    pub fn order_for(&self, phone: PhoneNumber) -> Order {
        self.ringing().and_then(|ringing| ringing.group_for(phone)).map_or(Order::default(), |group| group.order)
    }

    /// Whom the caller talks to, and what that means for others who wait for them.
    pub fn talk(&self) -> Option<Talk> {
        if let State::Bridged(bridged) = &self.state { bridged.talk(&self.common) } else { None }
    }

    fn ringing(&self) -> Option<&Ringing> {
        if let State::Ringing(ringing) = &self.state { Some(ringing) } else { None }
    }

    /// The outside number that the carrier dials for this call, and the visit that dials it.
    pub fn forward(&self) -> Option<(VisitId, &Arc<Forward>)> {
        let State::Forwarding(forwarding) = &self.state else { return None };
        Some((forwarding.visit, &forwarding.forward))
    }

    /// What people call whoever has the telephone of this leg.
    pub fn name_of(&self, leg: LegId) -> Arc<str> {
        self.common.legs.name(leg)
    }

    /// Whether the call has been told that this leg has it, or had it.
    pub fn knows_winner(&self, leg: LegId) -> bool {
        self.common.legs.is_known_winner(leg)
    }

    /// What words are filled with at this moment.
    pub fn variables(&self) -> &Arc<Variables> {
        &self.common.variables
    }

    /// When the caller began to wait: their place in the line for people who are busy.
    pub fn since(&self) -> Timestamp {
        // Who comes into a queue later is behind, however long they have been in a menu before.
        if let State::Queueing(queueing) = &self.state { queueing.since() } else { self.common.since }
    }
}

impl State {
    fn handle(self, common: &mut Common, turn: Turn) -> Self {
        match self {
            Self::Ringing(ringing) => ringing.handle(common, turn),
            Self::Joining(joining) => joining.handle(common, turn),
            Self::Bridged(bridged) => bridged.handle(common, turn),
            Self::Speaking(speaking) => speaking.handle(common, turn),
            Self::Over(over) => over.handle(common, turn),
            Self::Choosing(choosing) => choosing.handle(common, turn),
            Self::Forwarding(forwarding) => forwarding.handle(common, turn),
            Self::Queueing(queueing) => queueing.handle(common, turn),
            Self::Inquiring(inquiring) => inquiring.handle(common, turn),
            Self::Recording(recording) => recording.handle(common, turn),
        }
    }

    /// Enters a step of the flow.
    fn enter(common: &mut Common, index: StepIndex) -> Self {
        if let Some(words) = common.take_owed_words() {
            let Some(visit) = common.take_visit() else { return Over::give_up(common) };
            return Speaking::begin(common, visit, words, index);
        }
        // Hours decide at once: nobody has visited them.
        let index = hours::look(common, index);
        let Some(visit) = common.take_visit() else { return Over::give_up(common) };
        let flow = common.setup.flow.clone();
        match flow.step(index) {
            Step::Ring { tiers, nobody } if common.setup.ringback == Ringback::Dial => {
                Forwarding::ring(common, visit, tiers, *nobody)
            }
            Step::Ring { tiers, nobody } => {
                common.records_talk = tiers.is_recorded();
                Ringing::begin(common, tiers.clone(), *nobody)
            }
            Step::Say { words, next } => Speaking::begin(common, visit, words.clone(), *next),
            // `hours::look` has left the hours.
            Step::HangUp | Step::Hours { .. } => {
                let outcome = common.outcome;
                Over::begin(common, outcome)
            }
            Step::Menu(menu) => Choosing::begin(common, visit, menu.clone()),
            // Never deep: every step that is entered is counted.
            Step::GoTo { next } => Self::enter(common, *next),
            Step::Reject { reason, words } => Over::reject(common, *reason, words.clone()),
            Step::HandOver { url } => Over::hand_over(common, url.clone()),
            Step::Forward(forward) => Forwarding::begin(common, visit, forward.clone()),
            Step::Queue(queue) => Queueing::begin(common, queue.clone()),
            Step::Lookup(lookup) => Inquiring::begin(common, lookup.clone()),
            Step::Branch(branch) => {
                let next = inquiring::choose(common, branch);
                Self::enter(common, next)
            }
            Step::ForwardToFound(forward) => match inquiring::forward_to_found(common, forward) {
                Ok(forward) => Forwarding::begin(common, visit, forward),
                Err(failed) => Self::enter(common, failed),
            },
            Step::Language { language, next } => {
                common.note(Fact::LanguageChosen(language.clone()));
                common.variables_mut().speak(language.clone());
                Self::enter(common, *next)
            }
            Step::Voicemail(voicemail) => Recording::begin(common, visit, voicemail.clone()),
        }
    }
}
