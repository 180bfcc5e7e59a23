//! A leg in a conference: the wait document, joining, staying, and what comes after (carrier contract §3.4).

use tokio::time::sleep;

use super::{
    super::{
        Simulator,
        conference::{Joining, Participant, Refused},
        form::Form,
        hearing::{EndedBy, Hearing},
        leg::LegKey,
        switches::{AloneAgain, FullRoom},
        twiml::{ConferenceNoun, Dial, Verb, Wait},
        webhook::{Purpose, Source},
        world::World,
    },
    Loaded, Next, document_at, source_at,
};

/// Whether a leg is in its room, and with whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    Alone,
    Talking,
    Left,
}

/// What a participant hears while alone.
enum Waiting {
    Music,
    Silence,
    Document(Loaded),
}

/// The wait document has verbs that it must not have.
struct WrongVerb;

impl Simulator {
    /// Joins a conference and stays until it is over for this leg.
    pub(super) async fn dial_conference(
        &self,
        key: LegKey,
        dial: &Dial,
        noun: &ConferenceNoun,
        base: &str,
    ) -> Option<Next> {
        self.change(|world| {
            world.answer_caller(key);
            world.hush(key);
        });
        self.enter_dial(key, dial, base, "answered");
        let Some(waiting) = self.waiting(key, noun, base).await else {
            return self.after_dial(key, dial, base, "failed", Form::new());
        };
        let joined = self.change(|world| {
            let joined = world.join(joining(key, noun, base));
            if let Err(refused) = joined {
                world.warn(refused.code(), refused.to_string());
            }
            joined.map_err(|refused| (refused, world.settings.switches.full_room))
        });
        match joined {
            Err((Refused::Full, FullRoom::HangsUp)) => return Some(Next::Over),
            Err(_) => return self.after_dial(key, dial, base, "failed", Form::new()),
            Ok(_) => self.stay(key, waiting).await,
        }
        self.after_dial(key, dial, base, "answered", Form::new())
    }

    /// What will be heard while waiting; `None` if the wait document cannot be had and so the conference fails.
    async fn waiting(&self, key: LegKey, noun: &ConferenceNoun, base: &str) -> Option<Waiting> {
        let link = match &noun.wait {
            Wait::Music => return Some(Waiting::Music),
            Wait::Silence => return Some(Waiting::Silence),
            Wait::Document(link) => link,
        };
        if !self.look(|world| world.would_wait(&noun.name, noun.start_on_enter)) {
            return Some(Waiting::Silence);
        }
        self.load_wait(key, &source_at(Purpose::Wait, base, link, Form::new())).await.map(Waiting::Document)
    }

    async fn load_wait(&self, key: LegKey, source: &Source) -> Option<Loaded> {
        if self.change(|world| world.is_spinning(key)) {
            return None;
        }
        match self.load(key, source).await {
            Ok(loaded) if self.may_wait_with(&loaded).is_ok() => Some(loaded),
            Ok(_) => None,
            Err(error) => {
                self.change(|world| world.warn(error.code, format!("wait document: {}", error.message)));
                None
            }
        }
    }

    fn may_wait_with(&self, loaded: &Loaded) -> Result<(), WrongVerb> {
        let allowed = |verb: &Verb| matches!(verb, Verb::Say(_) | Verb::Play(_) | Verb::Pause(_) | Verb::Redirect(_));
        if loaded.verbs.iter().all(allowed) {
            return Ok(());
        }
        self.change(|world| world.warn(13238, "the wait document has other verbs than Say, Play, Pause, Redirect"));
        Err(WrongVerb)
    }

    async fn stay(&self, key: LegKey, mut waiting: Waiting) {
        loop {
            match self.look(|world| world.presence(key)) {
                Presence::Left => return,
                Presence::Talking => {
                    self.until_presence_is_not(key, Presence::Talking).await;
                    if self.look(|world| world.settings.switches.alone_again) == AloneAgain::Silence {
                        waiting = Waiting::Silence;
                    }
                }
                Presence::Alone => {
                    tokio::select! {
                        biased;
                        () = self.until_presence_is_not(key, Presence::Alone) => {}
                        broken = self.wait(key, &waiting) => {
                            let Err(WrongVerb) = broken;
                            self.change(|world| world.leave_room(key, EndedBy::Carrier));
                        }
                    }
                }
            }
        }
    }

    async fn until_presence_is_not(&self, key: LegKey, presence: Presence) {
        self.until_leg(key, |world| (world.presence(key) != presence).then_some(())).await;
    }

    /// Plays what is heard while alone; never ends well.
    async fn wait(&self, key: LegKey, waiting: &Waiting) -> Result<std::convert::Infallible, WrongVerb> {
        match waiting {
            Waiting::Music => self.change(|world| world.hear(key, Hearing::Music)),
            Waiting::Silence => self.change(|world| world.hush(key)),
            Waiting::Document(first) => {
                let mut redirect = self.play_wait(key, first).await;
                while let Some(source) = redirect {
                    redirect = match self.load_wait_again(key, &source).await? {
                        Some(loaded) => self.play_wait(key, &loaded).await,
                        None => None,
                    };
                }
                self.change(|world| world.hush(key));
            }
        }
        std::future::pending().await
    }

    /// A wait document that cannot be had any more is silence; one with wrong verbs ends the conference for the leg.
    async fn load_wait_again(&self, key: LegKey, source: &Source) -> Result<Option<Loaded>, WrongVerb> {
        if self.change(|world| world.is_spinning(key)) {
            return Ok(None);
        }
        match self.load(key, source).await {
            Ok(loaded) => {
                self.may_wait_with(&loaded)?;
                Ok(Some(loaded))
            }
            Err(error) => {
                self.change(|world| world.warn(error.code, format!("wait document: {}", error.message)));
                Ok(None)
            }
        }
    }

    async fn play_wait(&self, key: LegKey, Loaded { verbs, base }: &Loaded) -> Option<Source> {
        for verb in verbs {
            match verb {
                Verb::Say(say) => self.say(key, say).await,
                Verb::Play(play) => self.play(key, play, base).await,
                Verb::Pause(length) => {
                    self.change(|world| world.hush(key));
                    sleep(*length).await;
                }
                Verb::Redirect(link) => {
                    let mut source = document_at(base, link);
                    if let Source::Url { purpose, .. } = &mut source {
                        *purpose = Purpose::Wait;
                    }
                    return Some(source);
                }
                Verb::Gather(_) | Verb::Hangup | Verb::Reject { .. } | Verb::Dial(_) | Verb::Record(_) => {}
            }
        }
        None
    }
}

impl World {
    fn presence(&self, key: LegKey) -> Presence {
        match self.leg(key).room {
            None => Presence::Left,
            Some(_) if self.company(key).is_empty() => Presence::Alone,
            Some(_) => Presence::Talking,
        }
    }
}

fn joining(key: LegKey, noun: &ConferenceNoun, base: &str) -> Joining {
    let callback = noun.callback.as_ref().map(|link| {
        let url = super::webhook::resolve(base, &link.url).unwrap_or_else(|_| link.url.clone());
        (url, link.method)
    });
    Joining {
        name: Some(noun.name.clone()),
        participant: Participant {
            leg: key,
            start_on_enter: noun.start_on_enter,
            end_on_exit: noun.end_on_exit,
            muted: noun.muted,
            label: noun.label.clone(),
        },
        max_participants: noun.max_participants,
        callback,
        events: noun.events.clone(),
    }
}
