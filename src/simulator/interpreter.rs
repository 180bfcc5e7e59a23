//! Runs a leg's documents, one verb after another, until the leg is over (carrier contract §1.3, §2, §3).

mod dial;
mod gather;
pub(super) mod record;
mod room;
mod sound;

use std::time::Duration;

use tokio::time::sleep;

use super::{
    Simulator,
    form::{Form, push},
    hearing::{EndedBy, Hearing},
    leg::{LegKey, OpenDial, Status},
    settings::Method,
    switches::{Profile, Unanswered},
    twiml::{self, Document, Link, Play, Say, Verb},
    webhook::{self, FetchError, Purpose, Reply, Request, Source},
    world::{Errand, World},
};

/// How a leg goes on.
#[derive(Debug)]
enum Next {
    /// With another document.
    Go(Source),
    /// Not at all: the document ended or hung up.
    Over,
    /// Not at all: the carrier has said that an application error occurred.
    CutOff,
    /// With a document that the API asked for.
    Redirected(Source),
}

/// A document with the address that its relative links belong to.
#[derive(Debug)]
struct Loaded {
    verbs: Vec<Verb>,
    base: String,
}

/// How long the carrier's error message takes.
const ERROR_MESSAGE: Duration = Duration::from_secs(4);
/// A redirect of a leg inside a Dial: first the Dial's action is requested, then the new document (§5).
const ACTION_AFTER_REDIRECT: Duration = Duration::from_millis(300);
const DOCUMENT_AFTER_REDIRECT: Duration = Duration::from_millis(700);
/// So many documents within one millisecond are an endless loop.
const DOCUMENT_LOOP: u32 = 50;

impl Simulator {
    /// Runs a leg's documents until the leg is over.
    pub(super) async fn converse(&self, key: LegKey, first: Source) {
        let mut source = first;
        loop {
            let next = tokio::select! {
                biased;
                () = self.until_over(key) => return,
                to = self.until_redirected(key) => Next::Redirected(to),
                next = self.run_source(key, source) => next,
            };
            source = match next {
                Next::Go(next) if self.change(|world| world.count_hop(key)) => next,
                Next::Go(_) | Next::CutOff => return self.change(|world| world.hang_up(key, EndedBy::Carrier)),
                Next::Redirected(to) => {
                    if self.leave_verb(key).await {
                        return;
                    }
                    to
                }
                Next::Over => return self.change(|world| world.hang_up(key, EndedBy::Document)),
            };
        }
    }

    async fn until_redirected(&self, key: LegKey) -> Source {
        self.until_leg(key, |world| world.leg(key).redirect.is_some().then_some(())).await;
        self.change(|world| world.leg_mut(key).redirect.take()).unwrap_or(Source::Inline("<Response/>".to_owned()))
    }

    /// Breaks off what a redirected leg was doing; answers whether the leg is over.
    async fn leave_verb(&self, key: LegKey) -> bool {
        let was_in_dial = self.change(|world| {
            let dial = world.stop_verb(key);
            world.leave_room(key, EndedBy::Api);
            for child in world.children(key) {
                world.end_child(child, EndedBy::Api);
            }
            world.hush(key);
            let Some(OpenDial { action }) = dial else { return false };
            if let Some(action) = action {
                world.errands.push(Errand::FetchInVain(key, action, ACTION_AFTER_REDIRECT));
            }
            true
        });
        was_in_dial && self.is_over_within(key, DOCUMENT_AFTER_REDIRECT).await
    }

    async fn run_source(&self, key: LegKey, source: Source) -> Next {
        if let Some(loaded) = self.load_or_fall_back(key, source).await {
            return self.run_verbs(key, loaded).await;
        }
        self.change(|world| {
            world.answer_caller(key);
            world.hear(key, Hearing::ErrorMessage);
        });
        sleep(ERROR_MESSAGE).await;
        Next::CutOff
    }

    async fn load_or_fall_back(&self, key: LegKey, source: Source) -> Option<Loaded> {
        if self.change(|world| world.is_spinning(key)) {
            return None;
        }
        let failed_url = match &source {
            Source::Inline(_) => String::new(),
            Source::Url { url, .. } => url.clone(),
        };
        let error = match self.load(key, &source).await {
            Ok(loaded) => return Some(loaded),
            Err(error) => error,
        };
        let (url, method) = self.change(|world| {
            world.warn(error.code, format!("{failed_url}: {}", error.message));
            world.leg(key).order.fallback.clone()
        })?;

        let mut extra = match source {
            Source::Inline(_) => Form::new(),
            Source::Url { extra, .. } => extra,
        };
        push(&mut extra, "ErrorCode", error.code.to_string());
        push(&mut extra, "ErrorUrl", failed_url);
        let fallback = Source::Url { purpose: Purpose::Fallback, url: url.clone(), method, extra };
        match self.load(key, &fallback).await {
            Ok(loaded) => Some(loaded),
            Err(error) => {
                self.change(|world| world.warn(error.code, format!("{url}: {}", error.message)));
                None
            }
        }
    }

    async fn load(&self, key: LegKey, source: &Source) -> Result<Loaded, FetchError> {
        let (document, base) = match source {
            Source::Inline(text) => (read(text)?, String::new()),
            Source::Url { .. } => {
                let reply = self.fetch_apart(self.change(|world| world.request_for(key, source))).await?;
                (interpret(&reply)?, reply.url)
            }
        };
        self.change(|world| world.warnings.extend(document.warnings));
        Ok(Loaded { verbs: document.verbs, base })
    }

    /// Trial accounts cannot record (§11).
    fn may_record(&self) -> bool {
        let may = self.look(|world| world.settings.switches.profile != Profile::Trial);
        if !may {
            self.change(|world| world.warn(0, "a trial account cannot record; the verb was skipped"));
        }
        may
    }

    async fn run_verbs(&self, key: LegKey, Loaded { verbs, base }: Loaded) -> Next {
        for verb in verbs {
            let next = match verb {
                Verb::Pause(length) => {
                    self.change(|world| world.hush(key));
                    sleep(length).await;
                    None
                }
                Verb::Redirect(link) => {
                    self.change(|world| world.count_chunk(key));
                    Some(Next::Go(document_at(&base, &link)))
                }
                Verb::Reject { busy } => Some(self.change(|world| world.reject(key, busy))),
                Verb::Hangup => break,
                Verb::Say(say) => {
                    self.change(|world| world.answer_caller(key));
                    self.say(key, &say).await;
                    None
                }
                Verb::Play(play) => {
                    self.change(|world| world.answer_caller(key));
                    self.play(key, &play, &base).await;
                    None
                }
                Verb::Gather(gather) => {
                    self.change(|world| world.answer_caller(key));
                    self.gather(key, &gather, &base).await
                }
                Verb::Dial(dial) => self.dial(key, &dial, &base).await,
                Verb::Record(record) if self.may_record() => {
                    self.change(|world| world.answer_caller(key));
                    self.record(key, &record, &base).await
                }
                Verb::Record(_) => None,
            };
            if let Some(next) = next {
                return next;
            }
        }
        self.change(|world| world.answer_caller(key));
        Next::Over
    }
}

impl World {
    /// Silence, if the leg is answered: an unanswered caller goes on hearing their network.
    pub(super) fn hush(&mut self, key: LegKey) {
        if self.leg(key).is_answered() {
            self.hear(key, Hearing::Silence);
        }
    }

    /// The webhook that requests a document for a leg, as the leg is now.
    pub(super) fn request_for(&mut self, key: LegKey, source: &Source) -> Request {
        let mut form = self.leg_form(key);
        let (purpose, url, method) = match source {
            Source::Inline(_) => (Purpose::Document, String::new(), Method::Post),
            Source::Url { purpose, url, method, extra } => {
                form.extend(extra.iter().cloned());
                (*purpose, url.clone(), *method)
            }
        };
        let mut request = Request::new(purpose, url, method, form);
        if purpose == Purpose::Voice {
            let most = self.settings.faults.voice_delay;
            request.held_up = super::faults::delay(&mut self.leg_mut(key).rng, most);
        }
        request
    }

    fn reject(&mut self, key: LegKey, busy: bool) -> Next {
        if !self.leg(key).is_answered() {
            let status = if busy { Status::Busy } else { Status::NoAnswer };
            self.end(key, status, EndedBy::Document);
        }
        Next::Over
    }

    /// Counts a Redirect verb, which may answer an unanswered call (§2).
    fn count_chunk(&mut self, key: LegKey) {
        let rule = self.settings.switches.unanswered;
        let leg = self.leg_mut(key);
        leg.chunks += 1;
        let answers = match rule {
            Unanswered::KeepsRinging => false,
            Unanswered::AnswersOnRedirect => true,
            Unanswered::AnswersAfterChunks(chunks) => leg.chunks >= chunks,
        };
        if answers {
            self.answer_caller(key);
        }
    }

    /// Counts an action or redirect; answers whether the call may follow it.
    fn count_hop(&mut self, key: LegKey) -> bool {
        let limit = self.settings.switches.hop_limit;
        let leg = self.leg_mut(key);
        leg.hops += 1;
        let fits = limit.is_none_or(|limit| leg.hops <= limit);
        if !fits {
            self.warn(0, "the call has followed more actions and redirects than a trial allows");
        }
        fits
    }

    fn is_spinning(&mut self, key: LegKey) -> bool {
        let now = self.now;
        let leg = self.leg_mut(key);
        leg.spin = if leg.spin.0 == now { (now, leg.spin.1 + 1) } else { (now, 0) };
        let spins = leg.spin.1 >= DOCUMENT_LOOP;
        if spins {
            self.warn(0, format!("{DOCUMENT_LOOP} documents in one moment: the documents redirect in a circle"));
        }
        spins
    }
}

/// What a webhook's answer means, by its content type (§1.3).
fn interpret(reply: &Reply) -> Result<Document, FetchError> {
    let content_type = reply.content_type.as_deref().unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let text = || std::str::from_utf8(&reply.body).map_err(|why| webhook::error(12100, why.to_string()));
    match essence.as_str() {
        "text/xml" | "application/xml" | "text/html" => read(text()?),
        "text/plain" => {
            let text = text()?;
            let spoken = Verb::Say(Say { text: text.to_owned(), times: 1 });
            Ok(twiml::read(text).unwrap_or_else(|_| hang_up_after(spoken)))
        }
        essence if essence.starts_with("audio/") => {
            Ok(hang_up_after(Verb::Play(Play { url: reply.url.clone(), times: 1, digits: String::new() })))
        }
        _ => Err(webhook::error(12300, format!("the content type is `{content_type}`, expected `text/xml`"))),
    }
}

fn hang_up_after(verb: Verb) -> Document {
    Document { verbs: vec![verb, Verb::Hangup], warnings: Vec::new() }
}

fn read(text: &str) -> Result<Document, FetchError> {
    twiml::read(text).map_err(|twiml::NotTwiml(why)| webhook::error(12100, why))
}

/// The document that a link leads to.
fn document_at(base: &str, link: &Link) -> Source {
    source_at(Purpose::Document, base, link, Form::new())
}

fn source_at(purpose: Purpose, base: &str, link: &Link, extra: Form) -> Source {
    let link_url = if link.url.is_empty() { base } else { &link.url };
    // What cannot be resolved fails when it is requested, with the carrier's code.
    let url = webhook::resolve(base, link_url).unwrap_or_else(|_| link_url.to_owned());
    Source::Url { purpose, url, method: link.method, extra }
}
