//! A carrier in a box, at the wire: REST requests come in, signed webhooks go out, and telephones with characters ring.
//!
//! It follows the documented behaviour of the carrier (carrier contract, above all §14), has a switch for everything that
//! is not documented ([`Switches`]) and can do everything badly ([`Faults`]). It reads no clock but tokio's, so it runs
//! under a paused clock as well as in real time, and everything random follows from one seed.
//!
//! It shares no code with the program's own side of the protocol, so that a mistake cannot cancel itself out.

mod callbacks;
mod caller;
mod character;
mod checker;
mod conference;
mod date;
mod dial_queue;
mod dialing;
#[doc(hidden)]
pub mod door;
mod error;
mod faults;
mod form;
mod hearing;
mod interpreter;
mod leg;
mod messages;
mod newcomers;
mod own_number;
mod phone;
mod places;
mod plug;
mod recordings;
mod records;
mod rest;
mod server_link;
mod settings;
mod signing;
mod snapshot;
mod stranger;
mod switches;
mod transcript;
mod twiml;
mod warning;
mod webhook;
mod world;

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ringall_core::phone::PhoneNumber;
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};
use tokio_util::task::TaskTracker;

pub use self::{
    caller::{Caller, Moment},
    character::{Character, Human, Mailbox},
    checker::{Violation, Wrong},
    faults::{Faults, RestFault},
    hearing::{End, EndedBy, Heard, Hearing},
    leg::Status,
    messages::TextMessage,
    newcomers::Newcomer,
    phone::Phone,
    places::NumberPlace,
    plug::Plug,
    recordings::RecordingRecord,
    records::{LegKind, LegRecord, Listening, RestEntry, Stay, WhoAnswered},
    rest::{ConnectionLost, serve},
    server_link::ServerLink,
    settings::{Allowed, Method, Number, Settings},
    snapshot::{Party, Snapshot},
    stranger::{Knock, Signed},
    switches::{
        AloneAgain, CompletedUnanswered, Either, FullRoom, GaveUp, Profile, RobotVerdict, SilentRecord, Switches,
        Unanswered, WhisperFailed, WhisperRefused,
    },
    warning::Warning,
    webhook::{Outcome, Purpose, WebhookEntry},
};
use self::{
    leg::LegKey,
    phone::PhoneState,
    webhook::Source,
    world::{Errand, World},
};

/// The simulated carrier and everybody at its telephones. Cheap to clone.
#[derive(Clone)]
pub struct Simulator {
    shared: Arc<Shared>,
}

struct Shared {
    world: Mutex<World>,
    changes: watch::Sender<u64>,
    /// Counts how often the program's connections were broken.
    severed: watch::Sender<u64>,
    tasks: TaskTracker,
}

/// How long a test waits for something to happen before it gives up.
const PATIENCE: Duration = Duration::from_secs(900);

impl Simulator {
    /// A carrier that reaches the program under test over this link. Like everything it does, this belongs inside a
    /// tokio runtime.
    pub fn new(settings: Settings, server: ServerLink) -> Self {
        let world = Mutex::new(World::new(settings, server));
        let (changes, severed) = (watch::Sender::new(0), watch::Sender::new(0));
        Self { shared: Arc::new(Shared { world, changes, severed, tasks: TaskTracker::new() }) }
    }

    /// Changes how the program is reached: after a restart, or [`ServerLink::down`].
    pub fn reconnect(&self, server: ServerLink) {
        self.change(|world| world.server = server);
    }

    /// Breaks every connection on which the program owes an answer, as its sudden death does.
    pub fn sever(&self) {
        self.shared.severed.send_modify(|count| *count += 1);
    }

    /// Puts a telephone into the world.
    pub fn add_phone(&self, name: &str, number: PhoneNumber, character: Character) -> Phone {
        self.change(|world| {
            let order = world.phones.len();
            world.phones.insert(number, PhoneState { name: name.to_owned(), character, order });
        });
        Phone::new(self.clone(), number)
    }

    /// The telephone of this number, if there is one.
    pub fn phone(&self, number: PhoneNumber) -> Option<Phone> {
        self.look(|world| world.phones.contains_key(&number)).then(|| Phone::new(self.clone(), number))
    }

    /// Changes how a telephone behaves, from its next ringing on.
    pub fn set_character(&self, number: PhoneNumber, character: Character) {
        self.change(|world| {
            if let Some(phone) = world.phones.get_mut(&number) {
                phone.character = character;
            }
        });
    }

    /// From now on webhooks say where this number belongs.
    pub fn locate(&self, number: &str, place: NumberPlace) {
        self.change(|world| world.places.insert(number.to_owned(), place));
    }

    /// Somebody calls one of the account's numbers. `from` is what the carrier passes on, such as `anonymous`.
    pub fn call(&self, from: &str, to: PhoneNumber) -> Caller {
        let key = self.change(|world| world.call_in(from, to));
        Caller::new(self.clone(), key)
    }

    /// The caller whose leg has this sid.
    pub fn caller(&self, sid: &str) -> Option<Caller> {
        let key = self.look(|world| {
            let key = world.leg_by_sid(sid)?;
            (world.leg(key).kind == leg::Kind::Inbound).then_some(key)
        })?;
        Some(Caller::new(self.clone(), key))
    }

    /// Lets the next REST request fail, whatever it asks for.
    pub fn fail_next_rest(&self, fault: RestFault) {
        self.change(|world| world.planned.next.push_back(fault));
    }

    /// Lets every order to dial this number fail.
    pub fn fail_dialling(&self, number: PhoneNumber, fault: RestFault) {
        self.change(|world| world.planned.numbers.push((number, fault)));
    }

    /// Lets the next telephone that wants to enter a conference find it full.
    pub fn refuse_next_participant(&self) {
        self.change(|world| world.planned.full_room = true);
    }

    /// Ends every leg, as a network does that breaks down.
    pub fn end_everything(&self) {
        self.change(|world| {
            for key in (0..world.legs.len()).map(LegKey) {
                world.hang_up(key, EndedBy::Network);
            }
        });
    }

    /// Whether a leg or a conference of this carrier has this sid.
    pub fn knows(&self, sid: &str) -> bool {
        self.look(|world| world.sids.contains_key(sid) || world.rooms.iter().any(|room| room.sid == sid))
    }

    /// Changes what goes wrong from now on.
    pub fn set_faults(&self, faults: Faults) {
        self.change(|world| world.settings.faults = faults);
    }

    /// Everything that must not happen and did.
    pub fn violations(&self) -> Vec<Violation> {
        self.look(World::violations)
    }

    /// The names of the telephones that ring now.
    pub fn still_ringing(&self) -> Vec<String> {
        self.look(|world| {
            let ringing = world.legs.iter().filter(|leg| leg.phone.is_some() && leg.rings());
            ringing.map(|leg| world.name_of(leg.key)).collect()
        })
    }

    /// The sids of all legs that are not over.
    pub fn live_legs(&self) -> Vec<String> {
        self.look(|world| world.legs.iter().filter(|leg| leg.is_live()).map(|leg| leg.sid.clone()).collect())
    }

    /// Everybody who has been in a room with others, and with whom, in the order of the legs.
    pub fn talks(&self) -> Vec<(String, BTreeSet<String>)> {
        self.look(|world| {
            let heard =
                world.legs.iter().flat_map(|leg| leg.hearing.entries().iter().map(move |heard| (leg.key, heard)));
            let talks = heard.filter_map(|(key, heard)| {
                let Hearing::Talking(with) = &heard.what else { return None };
                Some((world.name_of(key), with.clone()))
            });
            talks.collect()
        })
    }

    /// What the carrier's debugger would show.
    pub fn warnings(&self) -> Vec<Warning> {
        self.look(|world| world.warnings.clone())
    }

    /// Every webhook so far, in the order of sending.
    pub fn webhook_log(&self) -> Vec<WebhookEntry> {
        self.look(|world| world.webhooks.clone())
    }

    /// The conversation so far, a line for each thing that somebody did or heard.
    pub fn conversation(&self) -> String {
        self.look(World::conversation)
    }

    /// Everybody at a glance.
    pub fn snapshot(&self) -> Snapshot {
        self.look(World::snapshot)
    }

    /// Tells when a new [`Snapshot`] is worth taking.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changes.subscribe()
    }

    /// Waits until the world is so; panics with the conversation if that takes too long.
    pub async fn until(&self, what: &str, is_so: impl Fn(&Snapshot) -> bool) {
        self.await_world(what, |world| is_so(&world.snapshot()).then_some(())).await;
    }

    /// Waits until no call is left and no webhook is under way, late ones included.
    pub async fn until_quiet(&self) {
        self.await_world("the world to be quiet", |world| {
            let calls = world.legs.iter().any(leg::Leg::is_live);
            (!calls && world.under_way == 0).then_some(())
        })
        .await;
    }

    async fn await_world<T>(&self, what: &str, find: impl Fn(&World) -> Option<T>) -> T {
        let mut changes = self.shared.changes.subscribe();
        let finding = async {
            loop {
                if let Some(found) = self.look(&find) {
                    return found;
                }
                // The sender lives as long as this simulator.
                let _ = changes.changed().await;
            }
        };
        let Ok(found) = timeout(PATIENCE, finding).await else {
            panic!("waited {} s for {what}:\n{}", PATIENCE.as_secs(), self.conversation());
        };
        found
    }

    /// Waits until a leg is so.
    async fn until_leg<T>(&self, key: LegKey, find: impl Fn(&World) -> Option<T>) -> T {
        let mut touched = self.look(|world| world.leg(key).touched.subscribe());
        loop {
            if let Some(found) = self.look(&find) {
                return found;
            }
            let _ = touched.changed().await;
        }
    }

    async fn until_over(&self, key: LegKey) {
        self.until_leg(key, |world| (!world.leg(key).is_live()).then_some(())).await;
    }

    /// Reads the world.
    fn look<T>(&self, read: impl FnOnce(&World) -> T) -> T {
        let mut world = self.shared.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.now = Instant::now();
        read(&world)
    }

    /// Changes the world, then does what follows from it outside the lock.
    fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let (result, errands) = {
            let mut world = self.shared.world.lock().unwrap_or_else(PoisonError::into_inner);
            world.now = Instant::now();
            let result = change(&mut world);
            let errands = std::mem::take(&mut world.errands);
            let webhooks = |errand: &&Errand| matches!(errand, Errand::Deliver(_) | Errand::FetchInVain(..));
            world.under_way += errands.iter().filter(webhooks).count();
            (result, errands)
        };
        for errand in errands {
            self.run(errand);
        }
        self.shared.changes.send_modify(|count| *count = count.wrapping_add(1));
        result
    }

    fn run(&self, errand: Errand) {
        let simulator = self.clone();
        let tasks = &self.shared.tasks;
        match errand {
            Errand::Dial(key) => drop(tasks.spawn(simulator.dial_out(key))),
            Errand::RunInbound(key) => drop(tasks.spawn(simulator.run_inbound(key))),
            Errand::RunQueue => drop(tasks.spawn(simulator.run_queue())),
            Errand::Behave(key) => drop(tasks.spawn(simulator.behave(key))),
            Errand::Detect(key) => drop(tasks.spawn(simulator.detect(key))),
            Errand::Deliver(request) => drop(tasks.spawn(simulator.deliver(request))),
            Errand::FetchInVain(key, source, after) => {
                drop(tasks.spawn(simulator.fetch_in_vain(key, source, after)));
            }
            Errand::Mirror(outbound, inbound) => drop(tasks.spawn(simulator.mirror(outbound, inbound))),
            Errand::CancelLater(key, after) => drop(tasks.spawn(async move {
                sleep(after).await;
                simulator.change(|world| world.cancel_now(key));
            })),
        }
    }

    async fn deliver(self, request: webhook::Request) {
        let _arriving = UnderWay(&self);
        let url = request.url.clone();
        if let Err(error) = self.fetch(request).await {
            self.change(|world| world.warn(15003, format!("{url}: {}", error.message)));
        }
    }

    async fn fetch_in_vain(self, key: LegKey, source: Source, after: Duration) {
        let _arriving = UnderWay(&self);
        sleep(after).await;
        let request = self.change(|world| world.request_for(key, &source));
        let _ = self.fetch(request).await;
    }
}

/// Stands for one webhook that was counted as being under way.
struct UnderWay<'simulator>(&'simulator Simulator);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.change(|world| world.under_way -= 1);
    }
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
