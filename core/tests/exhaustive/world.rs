//! One state of everything: the calls' machines, the roster, what is true at the carrier, and what is under way.

use std::hash::{Hash, Hasher};

use ringall_core::{
    call::{AfterWords, Asked, Call, Event, Phase, Talk, Told},
    claim::{Claim, Closed},
    flow::ForwardScreen,
    id::{InquiryId, LegId, LookId, RoundId, VisitId},
    roster::Roster,
    time::Timestamp,
};

use super::{
    picture::Seen,
    plan::{Plan, T0},
};

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) plan: &'static Plan,
    pub(crate) now: Timestamp,
    pub(crate) calls: Vec<Line>,
    /// Members' legs that exist at the carrier.
    pub(crate) legs: Vec<Leg>,
    pub(crate) roster: Roster,
    /// Sorted: it does not matter in which order things were sent.
    pub(crate) under_way: Vec<UnderWay>,
    /// What may still go wrong.
    pub(crate) troubles: u8,
    pub(crate) shut_down: bool,
    /// A deadline has come while word of a webhook was on its way to the task: they fall into one moment.
    pub(crate) in_one_moment: bool,
    /// What the last step came to; no part of the state.
    pub(crate) found: Found,
}

/// What a step brings to light.
#[derive(Clone, Default)]
pub(crate) struct Found {
    pub(crate) broken: Option<&'static str>,
    pub(crate) seen: Vec<Seen>,
    /// Events and effects in words, if somebody reads them.
    pub(crate) said: Option<Vec<String>>,
}

/// One inbound call: its machine, and what the switchboard and the carrier have beside it.
#[derive(Clone, Hash)]
pub(crate) struct Line {
    pub(crate) machine: Option<Call>,
    pub(crate) ended: bool,
    pub(crate) round: Option<Round>,
    /// Word of the program itself for the call's task, in the order in which it was sent: of webhooks and of the roster.
    /// It is heard before the carrier does anything more about this call.
    pub(crate) inbox: Vec<Event>,
    /// Requests of the caller that only the call's task can answer.
    pub(crate) owed: u8,
    pub(crate) caller: Caller,
    pub(crate) room: Vec<Who>,
    /// The outside number that the carrier dials for the caller.
    pub(crate) outside: Option<Outside>,
    /// Whom the call waits for at the roster, one bit for each person.
    pub(crate) wants: u8,
    /// Whom the roster was told that the caller talks to.
    pub(crate) talk: Option<Talk>,
}

#[derive(Clone, Hash)]
pub(crate) struct Round {
    pub(crate) id: RoundId,
    pub(crate) claim: ClaimIs,
    /// Requests of the caller that an accept answers.
    pub(crate) held: u8,
    pub(crate) woken: bool,
    /// The first leg that was told that it has the call.
    pub(crate) joined: Option<LegId>,
}

/// A claim's word, as a state can hold it; each decision is made by a true [`Claim`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ClaimIs {
    Free,
    Held(LegId),
    Closed(Closed),
}

#[derive(Clone, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "each is a truth of its own")]
pub(crate) struct Caller {
    pub(crate) doing: Doing,
    pub(crate) answered: bool,
    pub(crate) heard_words: bool,
    pub(crate) talked: bool,
    pub(crate) hung_up: bool,
    /// When they came to hear somebody.
    pub(crate) talks_since: Option<Timestamp>,
    /// Who talked to them has hung up.
    pub(crate) parted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Doing {
    NotYet,
    Fetches(Asked),
    Asks,
    GoesIn,
    InRoom,
    OnRingback,
    OnWords(AfterWords),
    /// Hears a menu, or has heard it and may press a key.
    OnMenu(VisitId),
    /// Hears what a queue plays, and may press the key that leaves.
    OnHold(VisitId),
    /// Hears a beep and is recorded.
    Records(VisitId),
    /// Is in a Dial of an outside number, and hears it ring, or talks.
    Dials,
    Gone,
}

/// The leg of an outside number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Outside {
    pub(crate) visit: VisitId,
    pub(crate) screen: ForwardScreen,
    pub(crate) is: OutsideIs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum OutsideIs {
    Rings,
    AskedForKey,
    Talks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    Caller,
    Leg(LegId),
}

#[derive(Debug, Clone, Hash)]
pub(crate) struct Leg {
    pub(crate) call: usize,
    pub(crate) id: LegId,
    pub(crate) round: RoundId,
    pub(crate) person: usize,
    pub(crate) is: LegIs,
    pub(crate) won: bool,
    /// When the call first asked the carrier to end it.
    pub(crate) end_asked: Option<Timestamp>,
    /// Its call has sent it to its last words.
    pub(crate) sent_away: bool,
    /// A request about it has failed, or its callback was lost: its call cannot know better for a while.
    pub(crate) excused: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum LegIs {
    Ringing,
    /// Picked up; the carrier listens for a machine.
    Up,
    AskedForKey,
    HearsWhy,
    GoesIn,
    InRoom,
    /// Out of the room, and waits for what comes next.
    DialEnded,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum UnderWay {
    /// Word to a call's task.
    Word { call: usize, event: Event, from: From },
    /// A request to the carrier.
    Request(Request),
}

/// Where a word comes from, which says what can become of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum From {
    /// An answer of the carrier to a request.
    Answer,
    /// A callback of the carrier, which may be lost.
    Callback,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Request {
    Create {
        call: usize,
        leg: LegId,
        round: RoundId,
        person: usize,
    },
    Cancel {
        call: usize,
        leg: LegId,
        known: bool,
    },
    Complete(usize, LegId),
    Tell(usize, LegId, Told),
    LookUpLeg(usize, LegId),
    LookUpCaller(usize),
    RedirectCaller(usize),
    EndCaller(usize),
    LookUpRoom(usize, LookId),
    /// Not to the carrier: to the user's own address.
    Inquire(usize, InquiryId),
}

impl World {
    pub(crate) fn new(plan: &'static Plan) -> Self {
        let mut world = Self {
            plan,
            now: T0,
            calls: plan.setups.iter().map(|_| Line::default()).collect(),
            legs: Vec::new(),
            roster: Roster::default(),
            under_way: Vec::new(),
            troubles: plan.trouble.most,
            shut_down: false,
            in_one_moment: false,
            found: Found::default(),
        };
        world.arrives(0);
        world
    }

    pub(crate) fn send(&mut self, request: Request) {
        self.put(UnderWay::Request(request));
    }

    /// A webhook's handler, or the roster, sends word to a call's task.
    pub(crate) fn post(&mut self, call: usize, event: Event) {
        if !self.calls[call].ended {
            self.calls[call].inbox.push(event);
        }
    }

    /// The carrier sends word, which takes its time and keeps no order.
    pub(crate) fn send_word(&mut self, from: From, call: usize, event: Event) {
        if !self.calls[call].ended || matters_after_the_end(&event) {
            self.put(UnderWay::Word { call, event, from });
        }
    }

    fn put(&mut self, it: UnderWay) {
        let at = self.under_way.partition_point(|other| *other < it);
        self.under_way.insert(at, it);
    }

    /// Drops word that a call that has ended will not hear.
    pub(crate) fn forget_words(&mut self, ended: usize) {
        self.calls[ended].inbox.clear();
        self.under_way.retain(|it| match it {
            UnderWay::Word { call, event, .. } => *call != ended || matters_after_the_end(event),
            UnderWay::Request(_) => true,
        });
    }

    pub(crate) fn leg(&self, call: usize, id: LegId) -> Option<usize> {
        self.legs.iter().position(|leg| leg.call == call && leg.id == id)
    }

    /// Somebody of this call has begun to talk, if nobody did before.
    pub(crate) fn talk_begins(&mut self, call: usize) {
        if self.talks(call) {
            let now = self.now;
            let caller = &mut self.calls[call].caller;
            caller.talked = true;
            caller.talks_since = Some(now);
        }
    }

    /// Caller and winner hear each other.
    pub(crate) fn talks(&self, call: usize) -> bool {
        let room = &self.calls[call].room;
        room.contains(&Who::Caller) && room.len() > 1 || self.talks_outside(call)
    }

    /// The caller and an outside number hear each other.
    pub(crate) fn talks_outside(&self, call: usize) -> bool {
        self.calls[call].outside.is_some_and(|outside| outside.is == OutsideIs::Talks)
    }

    pub(crate) fn phase(&self, call: usize) -> Option<Phase> {
        self.calls[call].machine.as_ref().map(Call::phase)
    }

    /// Nothing is left to do: every call that came in is over.
    pub(crate) fn is_finished(&self) -> bool {
        self.calls.iter().all(|line| line.ended || line.caller.doing == Doing::NotYet)
    }

    /// As far as it goes without people: over, or people talk.
    pub(crate) fn is_at_rest(&self) -> bool {
        (0..self.calls.len()).all(|call| {
            let line = &self.calls[call];
            line.ended
                || line.caller.doing == Doing::NotYet
                || (self.talks(call) && matches!(self.phase(call), Some(Phase::Bridged | Phase::Forwarding)))
        })
    }

    pub(crate) fn check(&mut self, holds: bool, promise: &'static str) {
        if !holds {
            self.found.broken.get_or_insert(promise);
        }
    }

    pub(crate) fn say(&mut self, text: impl FnOnce() -> String) {
        if let Some(said) = &mut self.found.said {
            said.push(text());
        }
    }
}

fn matters_after_the_end(event: &Event) -> bool {
    use ringall_core::call::LegNews;
    matches!(event, Event::FromLeg { news: LegNews::Rings, .. })
}

impl Hash for World {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // The walk's own hasher counts moments from now, so two states that differ only in the hour are one.
        let Self { plan: _, now: _, calls, legs, roster, under_way, troubles, shut_down, in_one_moment, found: _ } =
            self;
        (calls, legs, roster, under_way, troubles, shut_down, in_one_moment).hash(state);
    }
}

impl Default for Line {
    fn default() -> Self {
        let doing = Doing::NotYet;
        let caller = Caller {
            doing,
            answered: false,
            heard_words: false,
            talked: false,
            hung_up: false,
            talks_since: None,
            parted: false,
        };
        Self {
            machine: None,
            ended: false,
            round: None,
            inbox: Vec::new(),
            owed: 0,
            caller,
            room: Vec::new(),
            outside: None,
            wants: 0,
            talk: None,
        }
    }
}

impl ClaimIs {
    /// A claim that has come to this word.
    pub(crate) fn claim(self) -> Claim {
        let claim = Claim::new();
        match self {
            Self::Free => {}
            Self::Held(leg) => {
                let _ = claim.try_take(leg);
            }
            Self::Closed(why) => {
                let _ = claim.close(why);
            }
        }
        claim
    }
}
