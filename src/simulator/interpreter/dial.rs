//! A Dial: several telephones at once, the first that is picked up is bridged (carrier contract §3.2, §3.3).

use std::time::Duration;

use tokio::time::Instant;

use super::{
    super::{
        Simulator,
        form::{Form, push},
        hearing::{EndedBy, Hearing},
        leg::{Event, Kind, LegKey, OpenDial, Order, Status},
        recordings::Channels,
        switches::WhisperFailed,
        twiml::{Dial, DialNumber, Target},
        webhook::{self, Purpose, Source},
        world::{NewLeg, World},
    },
    Next, source_at,
};

/// What a Dial rings longer than it was asked to.
const EXTRA_RING: Duration = Duration::from_secs(5);
/// The address under which the carrier's own ringback is heard.
const OWN_RINGBACK: &str = "carrier:ringback";

impl Simulator {
    pub(super) async fn dial(&self, key: LegKey, dial: &Dial, base: &str) -> Option<Next> {
        match &dial.target {
            Target::Conference(noun) => self.dial_conference(key, dial, noun, base).await,
            Target::Numbers(numbers) => self.dial_numbers(key, dial, numbers, base).await,
        }
    }

    async fn dial_numbers(&self, key: LegKey, dial: &Dial, numbers: &[DialNumber], base: &str) -> Option<Next> {
        if let Some(refused) = self.change(|world| world.refuse_caller_id(key, dial)) {
            self.change(|world| world.warn(refused.0, refused.1));
            return self.after_dial(key, dial, base, Status::Failed.as_str(), self.bridged(false));
        }
        self.enter_dial(key, dial, base, "completed");
        let children = self.change(|world| {
            let is_later = world.leg(key).hops > 0;
            if !dial.answer_on_bridge || (is_later && world.settings.switches.later_dial_answers) {
                world.answer_caller(key);
            }
            if world.leg(key).is_answered() {
                world.hear(key, Hearing::Ringback(OWN_RINGBACK.to_owned()));
            }
            numbers.iter().map(|number| world.add_child(key, dial, number, base)).collect::<Vec<_>>()
        });
        for child in &children {
            let (simulator, child) = (self.clone(), *child);
            let timeout = dial.timeout + EXTRA_RING;
            self.shared.tasks.spawn(async move { simulator.ring(child, timeout).await });
        }

        let Some(winner) = self.until_first(key, &children).await else {
            let status = self.look(|world| world.leg(*children.last().unwrap_or(&key)).status);
            return self.after_dial(key, dial, base, status.as_str(), self.bridged(false));
        };
        self.drop_losers(key, winner);
        let whisper = children.iter().position(|child| *child == winner).and_then(|nth| numbers[nth].whisper.as_ref());
        if let Some(link) = whisper {
            let source = source_at(Purpose::Whisper, base, link, Form::new());
            self.whisper(winner, &source).await;
        }
        if self.look(|world| !world.leg(winner).is_live()) {
            let status = self.look(|world| world.settings.switches.whisper_refused);
            return self.after_dial(key, dial, base, status.as_str(), self.bridged(false));
        }

        let since = Instant::now();
        self.change(|world| {
            world.answer_caller(key);
            world.bridge(key, winner);
            world.record_dial(key, dial, base);
        });
        self.until_leg(key, |world| world.leg(key).room.is_none().then_some(())).await;
        self.change(|world| {
            world.end_child(winner, EndedBy::Network);
            world.end_talk_recordings(key);
        });
        let mut extra = self.bridged(true);
        push(&mut extra, "DialCallSid", self.look(|world| world.leg(winner).sid.clone()));
        push(&mut extra, "DialCallDuration", since.elapsed().as_secs().to_string());
        self.after_dial(key, dial, base, "completed", extra)
    }

    /// Waits for the first telephone to be picked up; `None` if all have failed.
    async fn until_first(&self, key: LegKey, children: &[LegKey]) -> Option<LegKey> {
        self.until_leg(key, |world| {
            let answered = |child: &LegKey| world.leg(*child).is_answered();
            if let Some(winner) = children.iter().copied().find(answered) {
                return Some(Some(winner));
            }
            children.iter().all(|child| !world.leg(*child).is_live()).then_some(None)
        })
        .await
    }

    fn drop_losers(&self, key: LegKey, winner: LegKey) {
        self.change(|world| {
            for loser in world.children(key) {
                if loser != winner {
                    world.end_child(loser, EndedBy::Network);
                }
            }
        });
    }

    /// Runs the callee's document before the bridge. Whatever it leads to, its end is the bridge, or the callee's end.
    async fn whisper(&self, child: LegKey, source: &Source) {
        let whispering = async {
            let loaded = match self.load(child, source).await {
                Ok(loaded) => loaded,
                Err(error) => return self.change(|world| world.fail_whisper(child, &error)),
            };
            let hangs_up = loaded.verbs.contains(&super::Verb::Hangup);
            match Box::pin(self.run_verbs(child, loaded)).await {
                Next::Go(next) => Box::pin(self.whisper(child, &next)).await,
                Next::Over if hangs_up => self.change(|world| world.end(child, Status::Completed, EndedBy::Document)),
                Next::Over | Next::CutOff | Next::Redirected(_) => {}
            }
        };
        tokio::select! {
            biased;
            () = self.until_over(child) => {}
            () = whispering => {}
        }
    }

    fn bridged(&self, bridged: bool) -> Form {
        let mut form = Form::new();
        if self.look(|world| world.settings.switches.says_bridged) {
            push(&mut form, "DialBridged", bridged.to_string());
        }
        form
    }

    /// Remembers that the leg is in a Dial, with the action that follows even if the leg is redirected.
    pub(super) fn enter_dial(&self, key: LegKey, dial: &Dial, base: &str, status: &str) {
        let action = action_of(dial, base, status, Form::new());
        self.change(|world| world.leg_mut(key).dial = Some(OpenDial { action }));
    }

    /// Goes on to the Dial's action; without one, to the next verb.
    pub(super) fn after_dial(&self, key: LegKey, dial: &Dial, base: &str, status: &str, extra: Form) -> Option<Next> {
        self.change(|world| {
            world.leg_mut(key).dial = None;
            world.hush(key);
        });
        action_of(dial, base, status, extra).map(Next::Go)
    }
}

impl World {
    /// Why a Dial cannot show this number: the request's own two and the account's can be (carrier contract §3.2).
    fn refuse_caller_id(&self, key: LegKey, dial: &Dial) -> Option<(u32, &'static str)> {
        let shown = dial.caller_id.as_deref()?;
        let leg = self.leg(key);
        if self.settings.numbers.iter().any(|number| number.number.expose() == shown) || leg.to == shown {
            return None;
        }
        if leg.from != shown {
            return Some((13214, "<Dial>: the callerId is neither the account's nor the call's"));
        }
        if shown.parse::<ringall_core::phone::PhoneNumber>().is_err() {
            return Some((13214, "<Dial>: the callerId is no number"));
        }
        (!self.settings.switches.lends_caller_id).then_some((32224, "the network refuses the caller's number"))
    }

    fn record_dial(&mut self, key: LegKey, dial: &Dial, base: &str) {
        let Some(recording) = &dial.recording else { return };
        let callback = recording.callback.as_ref();
        let callback =
            callback.map(|link| (webhook::resolve(base, &link.url).unwrap_or_else(|_| link.url.clone()), link.method));
        let channels = if recording.dual { Channels::Two } else { Channels::One };
        self.begin_talk_recording(key, "DialVerb", channels, callback, recording.events.clone());
    }

    fn fail_whisper(&mut self, child: LegKey, error: &webhook::FetchError) {
        self.warn(error.code, format!("the whisper cannot be had: {}", error.message));
        match self.settings.switches.whisper_failed {
            WhisperFailed::Connects => {}
            WhisperFailed::HangsUp => self.end(child, Status::Completed, EndedBy::Carrier),
        }
    }

    fn add_child(&mut self, parent: LegKey, dial: &Dial, to: &DialNumber, base: &str) -> LegKey {
        let from = dial.caller_id.clone().unwrap_or_else(|| self.leg(parent).from.clone());
        let callback = to
            .callback
            .as_ref()
            .map(|link| (webhook::resolve(base, &link.url).unwrap_or_else(|_| link.url.clone()), link.method));
        let mut events: Vec<Event> = to.events.iter().filter_map(|event| Event::read(event)).collect();
        if events.is_empty() {
            events.push(Event::Completed);
        }
        if let Ok(number) = to.number.parse() {
            self.welcome(number);
        }
        let key = self.add_leg(NewLeg {
            kind: Kind::Child(parent),
            from,
            to: to.number.clone(),
            phone: to.number.parse().ok().filter(|number| self.phones.contains_key(number)),
            order: Order { callback, events, ..Order::default() },
            status: Status::Queued,
        });
        let now = self.now;
        self.leg_mut(key).dialing_at = Some(now);
        self.set_status(key, Status::Initiated);
        key
    }
}

fn action_of(dial: &Dial, base: &str, status: &str, extra: Form) -> Option<Source> {
    let mut form = Form::new();
    push(&mut form, "DialCallStatus", status);
    form.extend(extra);
    dial.action.as_ref().map(|link| source_at(Purpose::Action, base, link, form))
}
