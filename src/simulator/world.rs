//! Everything the carrier knows, behind one lock that is never held across an await. What has to be done outside the
//! lock is put down as errands.

use std::{collections::BTreeMap, time::Duration};

use ringall_core::phone::PhoneNumber;
use tokio::{sync::watch, time::Instant};

use super::{
    checker::Violation,
    conference::Room,
    dial_queue::DialQueue,
    hearing::{Hearing, Timeline},
    leg::{Kind, Leg, LegKey, Order, Status},
    messages::TextMessage,
    newcomers::Newcomers,
    phone::PhoneState,
    places::NumberPlace,
    recordings::Recording,
    records::RestEntry,
    rest::Planned,
    server_link::ServerLink,
    settings::Settings,
    transcript::Line,
    warning::Warning,
    webhook::{Request, Source, WebhookEntry},
};

/// The state of the carrier and of everybody at its telephones.
#[derive(Debug)]
pub(super) struct World {
    pub(super) settings: Settings,
    pub(super) start: Instant,
    /// The moment of the change that is being made.
    pub(super) now: Instant,
    pub(super) legs: Vec<Leg>,
    pub(super) sids: BTreeMap<String, LegKey>,
    pub(super) phones: BTreeMap<PhoneNumber, PhoneState>,
    pub(super) rooms: Vec<Room>,
    /// Who gets a telephone when a number is dialled that nobody has; nobody does without this.
    pub(super) newcomers: Option<Newcomers>,
    pub(super) queue: DialQueue,
    /// When the telephones that pick up together do so, by their group.
    pub(super) instants: BTreeMap<u32, Instant>,
    /// Lengths of recordings, by address.
    pub(super) recordings: BTreeMap<String, Duration>,
    pub(super) planned: Planned,
    /// Where numbers belong; of the others nothing is known.
    pub(super) places: BTreeMap<String, NumberPlace>,
    /// What the carrier has recorded.
    pub(super) recorded: Vec<Recording>,
    pub(super) messages: Vec<TextMessage>,
    /// Whom text messages do not reach, and the carrier's error for that.
    pub(super) unreached: BTreeMap<PhoneNumber, u32>,
    pub(super) server: ServerLink,
    pub(super) warnings: Vec<Warning>,
    pub(super) webhooks: Vec<WebhookEntry>,
    pub(super) rest: Vec<RestEntry>,
    pub(super) lines: Vec<Line>,
    /// What the checker saw when it happened.
    pub(super) seen_wrong: Vec<Violation>,
    pub(super) rng: fastrand::Rng,
    pub(super) errands: Vec<Errand>,
    /// How many webhooks are being sent, or are held up before that.
    pub(super) under_way: usize,
}

/// Something to be done outside the lock.
#[derive(Debug)]
pub(super) enum Errand {
    /// Let an outbound leg's telephone be dialled.
    Dial(LegKey),
    /// Let an inbound leg run its documents.
    RunInbound(LegKey),
    /// Take the next calls off the queue.
    RunQueue,
    /// Let a telephone behave as its character does.
    Behave(LegKey),
    /// Report detection's verdict later.
    Detect(LegKey),
    /// Send a callback.
    Deliver(Request),
    /// Request a document after this time and throw the answer away.
    FetchInVain(LegKey, Source, Duration),
    /// Cancel a leg that may be picked up until then.
    CancelLater(LegKey, Duration),
    /// Let the first leg, which called one of the account's numbers, and the second, which came in there, go together.
    Mirror(LegKey, LegKey),
}

/// What a new leg starts with.
pub(super) struct NewLeg {
    pub(super) kind: Kind,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) phone: Option<PhoneNumber>,
    pub(super) order: Order,
    pub(super) status: Status,
}

impl World {
    pub(super) fn new(settings: Settings, server: ServerLink) -> Self {
        let start = Instant::now();
        let rng = fastrand::Rng::with_seed(settings.seed);
        Self {
            settings,
            start,
            now: start,
            legs: Vec::new(),
            sids: BTreeMap::new(),
            phones: BTreeMap::new(),
            rooms: Vec::new(),
            newcomers: None,
            queue: DialQueue::new(start),
            instants: BTreeMap::new(),
            recordings: BTreeMap::new(),
            planned: Planned::default(),
            places: BTreeMap::new(),
            recorded: Vec::new(),
            messages: Vec::new(),
            unreached: BTreeMap::new(),
            server,
            warnings: Vec::new(),
            webhooks: Vec::new(),
            rest: Vec::new(),
            lines: Vec::new(),
            seen_wrong: Vec::new(),
            rng,
            errands: Vec::new(),
            under_way: 0,
        }
    }

    pub(super) fn add_leg(&mut self, new: NewLeg) -> LegKey {
        let key = LegKey(self.legs.len());
        let sid = self.new_sid("CA");
        self.sids.insert(sid.clone(), key);
        self.legs.push(Leg {
            key,
            sid,
            kind: new.kind,
            from: new.from,
            to: new.to,
            phone: new.phone,
            order: new.order,
            status: new.status,
            history: vec![(self.now, new.status)],
            answered_at: None,
            dialing_at: None,
            alerts: false,
            answerer: None,
            answered_by: None,
            verdict_errs: false,
            sequence: 0,
            redirect: None,
            gathering: None,
            recording: None,
            voice: Vec::new(),
            dial: None,
            room: None,
            stays: Vec::new(),
            listened: Vec::new(),
            hops: 0,
            chunks: 0,
            spin: (self.now, 0),
            hearing: Timeline::default(),
            read_up_to: 0,
            // Each leg draws from its own sequence, so that what one leg draws does not change another's.
            rng: self.rng.fork(),
            touched: watch::Sender::new(()),
        });
        key
    }

    pub(super) fn leg(&self, key: LegKey) -> &Leg {
        &self.legs[key.0]
    }

    /// The leg to be changed; whoever waits for it looks again.
    pub(super) fn leg_mut(&mut self, key: LegKey) -> &mut Leg {
        let leg = &mut self.legs[key.0];
        leg.touched.send_replace(());
        leg
    }

    pub(super) fn leg_by_sid(&self, sid: &str) -> Option<LegKey> {
        self.sids.get(sid).copied()
    }

    /// Milliseconds since the simulator's start.
    pub(super) fn millis(&self) -> u64 {
        self.millis_at(self.now)
    }

    pub(super) fn millis_at(&self, moment: Instant) -> u64 {
        whole_millis(moment.saturating_duration_since(self.start))
    }

    /// The date of a moment as the carrier writes it.
    pub(super) fn date_at(&self, moment: Instant) -> String {
        super::date::rfc_2822(self.settings.epoch_millis + self.millis_at(moment))
    }

    /// Lets somebody hear something from now on.
    pub(super) fn hear(&mut self, key: LegKey, what: Hearing) {
        if matches!(self.leg(key).hearing.now(), Some(Hearing::Ended(_))) {
            return;
        }
        let at = self.millis();
        let words = super::transcript::of_hearing(&what);
        if self.leg_mut(key).hearing.hear(at, what)
            && let Some(words) = words
        {
            self.note(key, &words);
        }
    }

    pub(super) fn warn(&mut self, code: u32, message: impl Into<String>) {
        let warning = Warning { code, message: message.into() };
        self.warnings.push(warning);
    }

    pub(super) fn new_sid(&mut self, prefix: &str) -> String {
        format!("{prefix}{:016x}{:016x}", self.rng.u64(..), self.rng.u64(..))
    }
}

pub(super) fn whole_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
