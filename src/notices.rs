//! Telling people of what callers have left: one text message to each, with a link to the recording; and of lines that
//! may dial nobody any more today.
//!
//! What is told, and to whom, is decided in [`Notices::message_left`] and carried out by tasks of their own, so that
//! neither a webhook nor a call waits for it. A text message is repeated as long as it is certain that it was not taken;
//! when that is uncertain, once more: to be told twice is better than not to be told.

mod delivery;
mod over_limit;
mod told;

use std::{fmt::Write as _, sync::Arc, time::Duration};

use ringall_core::{
    call::Recorded,
    id::CallSid,
    phone::{CallerId, PhoneNumber},
};
use tokio::time::sleep;
use tracing::{debug, error, info, warn};

use self::{
    delivery::{About, Notice},
    told::Told,
};
use crate::{
    carrier::{Carrier, RecordingSid, SendMessage},
    clock::Clock,
    config::{self, Line, NoticeConfig, Recipient},
    current::Current,
    links::{Link, Links},
    switchboard::Switchboard,
    tasks::Tasks,
    urls::{Urls, line_segment},
};

/// Whoever tells people. Cheap to clone.
#[derive(Clone)]
pub struct Notices(Arc<Shared>);

/// What telling needs.
pub struct Parts {
    /// Who sends the text messages, and knows who called.
    pub carrier: Arc<dyn Carrier>,
    /// Knows who called, too, and keeps timelines.
    pub switchboard: Switchboard,
    /// Our own addresses.
    pub urls: Urls,
    /// Signs links.
    pub links: Arc<Links>,
    /// When a link ends.
    pub clock: Clock,
    /// Where the telling goes on by itself.
    pub tasks: Tasks,
}

struct Shared {
    /// How people are told.
    config: Current<NoticeConfig>,
    parts: Parts,
    told: Told,
}

/// A message that a caller has left.
#[derive(Clone)]
pub struct Message {
    /// The carrier's name of its recording.
    pub recording: RecordingSid,
    /// The line that was called.
    pub line: Arc<Line>,
    /// The step that took it.
    pub step: Arc<str>,
    /// The call, if the carrier names it.
    pub call: Option<CallSid>,
    /// How long it is.
    pub length: Option<Duration>,
}

/// How long after a message the carrier's report of it may take. Then what the call itself was told must do.
const REPORT_TAKES: Duration = Duration::from_secs(90);

impl Notices {
    /// Tells nobody anything yet.
    pub fn new(config: NoticeConfig, parts: Parts) -> Self {
        let told = Told::new(parts.clock);
        let notices = Self(Arc::new(Shared { config: Current::new(config), parts, told }));
        notices.watch_limits();
        notices
    }

    /// From now on people are told like this.
    pub fn reload(&self, config: NoticeConfig) {
        self.0.config.replace(config);
    }

    /// The carrier has a message ready: everybody who is to know is told, once.
    pub fn message_left(&self, message: Message) {
        if !self.0.told.is_first(&message.recording) {
            debug!(recording = %message.recording, "a message that was told already");
            return;
        }
        if let Some(call) = &message.call {
            let length = message.length.unwrap_or_default();
            self.0.parts.switchboard.recording_ready(call, Recorded::Message, length);
        }
        let Some(recipients) = message.line.recipients.get(&message.step).cloned() else {
            return report_unknown_step(&message.recording, &message.step, message.call.as_ref());
        };
        if recipients.is_empty() {
            info!(
                line = %message.line.number, step = &*message.step, recording = %message.recording,
                "a caller left a message; nobody is to be told, it lies at the carrier"
            );
            return;
        }
        let notices = self.clone();
        self.0.parts.tasks.spawn("notices", async move { notices.tell_all(message, &recipients).await });
    }

    /// A call was told of a message. If the carrier's own report of it is lost, people are told all the same.
    pub fn expect(&self, message: Message) {
        let (notices, stopping) = (self.clone(), self.0.parts.tasks.stopping());
        self.0.parts.tasks.spawn("expected message", async move {
            tokio::select! {
                () = sleep(REPORT_TAKES) => {}
                // Nobody would be there to hear the report.
                () = stopping.cancelled() => {}
            }
            if !notices.0.told.contains(&message.recording) {
                warn!(recording = %message.recording, "the carrier has not reported a message; people are told without that");
                notices.message_left(message);
            }
        });
    }

    /// The carrier says that there is no message after all.
    pub fn nothing_left(&self, recording: &RecordingSid) {
        self.0.told.is_first(recording);
    }

    /// The carrier has the recording of a talk ready: for the call's timeline.
    pub fn talk_recorded(&self, recording: &RecordingSid, call: &CallSid, length: Duration) {
        if self.0.told.is_first(recording) {
            self.0.parts.switchboard.recording_ready(call, Recorded::Talk, length);
        }
    }

    async fn tell_all(self, message: Message, recipients: &[Recipient]) {
        let caller = self.caller_of(message.call.as_ref()).await;
        for to in recipients {
            let notice = self.notice(&message, &caller, to.clone());
            let notices = self.clone();
            self.0.parts.tasks.spawn("notice", async move { notices.deliver(notice).await });
        }
    }

    fn notice(&self, message: &Message, caller: &str, to: Recipient) -> Notice {
        let Parts { urls, links, clock, .. } = &self.0.parts;
        let config = self.0.config.get();
        let now = clock.now();
        let token = links.sign(&Link {
            recording: message.recording.clone(),
            line: line_segment(message.line.number),
            at: now,
            length: message.length,
            expires: now + config.links_last,
        });
        let text = message.line.notice_texts.get(&message.step).unwrap_or(&config.text);
        let body = text.fill(config::Told {
            line: &message.line.name,
            caller,
            length: &in_words(message.length),
            link: &urls.recording_page(&token),
        });
        let send = SendMessage {
            to: to.phone,
            from: config.from.unwrap_or(message.line.number),
            body,
            status_callback: urls.notice_status(message.recording.as_str()),
        };
        Notice { to, message: send, about: About::Message(message.recording.clone()) }
    }

    /// Who called, whole: they want to be called back.
    async fn caller_of(&self, call: Option<&CallSid>) -> String {
        let Some(call) = call else { return UNKNOWN.to_owned() };
        if let Some(caller) = self.0.parts.switchboard.caller_of(call) {
            return name_of(&caller);
        }
        // The call began before this program, or is long over.
        match self.0.parts.carrier.look_up_caller(call.clone()).await {
            Ok(Some(caller)) => name_of(&caller),
            Ok(None) => UNKNOWN.to_owned(),
            Err(error) => {
                warn!(call.id = %call, %error, "the carrier does not say who left a message; people are told without that");
                UNKNOWN.to_owned()
            }
        }
    }
}

/// A message lies at the carrier, and nobody knows who is to hear of it.
pub fn report_unknown_step(recording: &RecordingSid, step: &str, call: Option<&CallSid>) {
    error!(
        %recording, step, call.id = ?call,
        "a caller's message cannot be told to anybody, because its line or its step is not configured any more: listen to \
         the recording in the carrier's console, and call back"
    );
}

fn name_of(caller: &CallerId) -> String {
    match caller {
        CallerId::Number(number) => PhoneNumber::expose(*number),
        CallerId::Withheld => "a withheld number".to_owned(),
        CallerId::Other(address) => name_in(address).unwrap_or("a caller without a number").to_owned(),
    }
}

/// What a caller without a number calls themselves, if that is a plain name. A stranger writes it, and a telephone makes a
/// link of whatever looks like an address.
fn name_in(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once(':')?;
    let name = rest.split(['@', ';', '?']).next().unwrap_or_default();
    let is_plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '+' | '-' | '_');
    ((1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(is_plain)).then_some(name)
}

/// A length as people say it.
pub fn in_words(length: Option<Duration>) -> String {
    let Some(seconds) = length.map(|length| length.as_secs()) else { return "of unknown length".to_owned() };
    let mut words = String::new();
    if seconds >= 60 {
        let _ = write!(words, "{} min ", seconds / 60);
    }
    if seconds < 60 || seconds % 60 > 0 {
        let _ = write!(words, "{} s", seconds % 60);
    }
    words.trim_end().to_owned()
}

/// Of a caller who has a name and no number.
const LONGEST_NAME: usize = 32;
const UNKNOWN: &str = "an unknown number";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_of_a_strangers_choice_is_a_link_in_an_owners_text_message() {
        for (from, told) in [
            ("sip:+447700900007@example.org", "+447700900007"),
            ("sips:front-desk@192.0.2.1:5060;transport=tls", "front-desk"),
            ("client:ana_b", "ana_b"),
            ("sip:evil.example@evil.example", "a caller without a number"),
            ("sip:https%3A%2F%2Fevil.example%2Fbank@x", "a caller without a number"),
            ("sip:tap//evil@evil.example", "a caller without a number"),
            ("client:your bank\nhttps://evil.example", "a caller without a number"),
            ("client:аna", "a caller without a number"),
        ] {
            assert_eq!(name_of(&CallerId::read(from)), told, "{from}");
        }
        let long = format!("client:{}", "x".repeat(33));
        assert_eq!(name_of(&CallerId::read(&long)), "a caller without a number");
    }

    #[test]
    fn lengths_are_said_as_people_say_them() {
        for (seconds, words) in [(0, "0 s"), (59, "59 s"), (60, "1 min"), (61, "1 min 1 s"), (600, "10 min")] {
            assert_eq!(in_words(Some(Duration::from_secs(seconds))), words);
        }
        assert_eq!(in_words(None), "of unknown length");
    }
}
