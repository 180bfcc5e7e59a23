//! Reads documents as strictly as the carrier does (carrier contract §1.3, §3): an unknown verb or attribute is a warning
//! and is skipped, anything that is not well formed is an error. What the verbs do is the interpreter's business.

mod attributes;

use std::time::Duration;

use roxmltree::{Document as Xml, Node};

use self::attributes::Attributes;
use super::{settings::Method, warning::Warning};

/// A document that was read, and what was strange about it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Document {
    pub(super) verbs: Vec<Verb>,
    pub(super) warnings: Vec<Warning>,
}

/// One instruction of a document.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verb {
    Say(Say),
    Play(Play),
    Pause(Duration),
    Gather(Gather),
    Redirect(Link),
    Hangup,
    Reject { busy: bool },
    Dial(Box<Dial>),
    Record(Record),
}

/// Words; `times` is zero for endless.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Say {
    pub(super) text: String,
    pub(super) times: u32,
}

/// A recording, or keys; `times` is zero for endless.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Play {
    pub(super) url: String,
    pub(super) times: u32,
    pub(super) digits: String,
}

/// An address within a document, perhaps relative.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Link {
    pub(super) url: String,
    pub(super) method: Method,
}

/// Waits for keys.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Gather {
    pub(super) prompts: Vec<Verb>,
    pub(super) action: Link,
    pub(super) digits: Option<usize>,
    pub(super) timeout: Duration,
    pub(super) finish_on: Option<char>,
    pub(super) action_on_empty: bool,
}

/// Records the caller.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Record {
    pub(super) action: Option<Link>,
    /// So long a silence ends it; zero is off.
    pub(super) silence: Duration,
    pub(super) longest: Duration,
    /// The keys that end it.
    pub(super) finish_on: String,
    pub(super) beep: bool,
    pub(super) trims: bool,
    pub(super) callback: Option<Link>,
    pub(super) events: Vec<String>,
}

/// How a Dial records.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DialRecording {
    pub(super) dual: bool,
    pub(super) callback: Option<Link>,
    pub(super) events: Vec<String>,
}

/// Connects with somebody else.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Dial {
    pub(super) action: Option<Link>,
    pub(super) answer_on_bridge: bool,
    pub(super) timeout: Duration,
    pub(super) caller_id: Option<String>,
    pub(super) recording: Option<DialRecording>,
    pub(super) target: Target,
}

/// Whom a Dial connects with.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Target {
    Numbers(Vec<DialNumber>),
    Conference(ConferenceNoun),
}

/// One telephone of a Dial.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DialNumber {
    pub(super) number: String,
    pub(super) whisper: Option<Link>,
    pub(super) callback: Option<Link>,
    pub(super) events: Vec<String>,
}

/// A conference and how to join it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ConferenceNoun {
    pub(super) name: String,
    pub(super) start_on_enter: bool,
    pub(super) end_on_exit: bool,
    pub(super) muted: bool,
    pub(super) max_participants: usize,
    pub(super) label: Option<String>,
    pub(super) wait: Wait,
    pub(super) callback: Option<Link>,
    pub(super) events: Vec<String>,
}

/// What a participant hears until the conference starts.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wait {
    /// The carrier's own music, because the document does not say anything else.
    Music,
    /// Nothing: `waitUrl=""`.
    Silence,
    /// A document of its own.
    Document(Link),
}

/// Why a text is no document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NotTwiml(pub(super) String);

/// Reads a document. An `Err` is error 12100.
pub(super) fn read(text: &str) -> Result<Document, NotTwiml> {
    let xml = Xml::parse(text).map_err(|error| NotTwiml(error.to_string()))?;
    let root = xml.root_element();
    if root.tag_name().name() != "Response" {
        return Err(NotTwiml(format!("the root is <{}>, expected <Response>", root.tag_name().name())));
    }
    let mut reader = Reader::default();
    let verbs = reader.verbs(root, VERBS);
    Ok(Document { verbs, warnings: reader.warnings })
}

const VERBS: &[&str] = &["Say", "Play", "Pause", "Gather", "Redirect", "Hangup", "Reject", "Dial", "Record"];
const PROMPTS: &[&str] = &["Say", "Play", "Pause"];
/// Verbs of the carrier that this simulator does not play.
const NOT_SIMULATED: &[&str] = &["Enqueue", "Leave", "Sms", "Refer", "Pay", "Connect", "Start", "Stop"];
/// Longest recording in seconds (§3.1).
const LONGEST_RECORDING: u32 = 14_400;
/// Longest words in bytes (§3.1).
const LONGEST_SAY: usize = 4096;

#[derive(Default)]
struct Reader {
    warnings: Vec<Warning>,
}

impl Reader {
    fn verbs(&mut self, parent: Node<'_, '_>, known: &[&str]) -> Vec<Verb> {
        parent.children().filter(Node::is_element).filter_map(|node| self.verb(node, known)).collect()
    }

    fn verb(&mut self, node: Node<'_, '_>, known: &[&str]) -> Option<Verb> {
        let name = node.tag_name().name();
        if NOT_SIMULATED.contains(&name) {
            self.warn(0, format!("<{name}> is not simulated and was skipped"));
            return None;
        }
        if !known.contains(&name) {
            self.warn(12200, format!("<{name}> is not allowed in <{}>", parent_name(node)));
            return None;
        }
        match name {
            "Say" => self.say(node),
            "Play" => Some(self.play(node)),
            "Pause" => Some(self.pause(node)),
            "Gather" => Some(self.gather(node)),
            "Redirect" => {
                let mut attributes = self.attributes(node, &["method"]);
                let method = attributes.method("method");
                Some(Verb::Redirect(Link { url: text(node), method }))
            }
            "Hangup" => {
                self.attributes(node, &[]);
                Some(Verb::Hangup)
            }
            "Reject" => {
                let mut attributes = self.attributes(node, &["reason"]);
                Some(Verb::Reject { busy: attributes.one_of("reason", &["rejected", "busy"]) == "busy" })
            }
            "Record" => Some(self.record(node)),
            _ => self.dial(node),
        }
    }

    fn say(&mut self, node: Node<'_, '_>) -> Option<Verb> {
        let times = self.attributes(node, &["voice", "language", "loop"]).number("loop", 1);
        let words: String = node.descendants().filter(Node::is_text).filter_map(|node| node.text()).collect();
        let text = words.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.len() > LONGEST_SAY {
            self.warn(13521, format!("<Say> has {} bytes, expected at most {LONGEST_SAY}", text.len()));
            return None;
        }
        Some(Verb::Say(Say { text, times }))
    }

    fn play(&mut self, node: Node<'_, '_>) -> Verb {
        let mut attributes = self.attributes(node, &["loop", "digits"]);
        let times = attributes.number("loop", 1);
        let digits = attributes.text("digits").unwrap_or_default().to_owned();
        Verb::Play(Play { url: text(node), times, digits })
    }

    fn pause(&mut self, node: Node<'_, '_>) -> Verb {
        let seconds = self.attributes(node, &["length"]).at_least_one("length", 1);
        Verb::Pause(Duration::from_secs(seconds.into()))
    }

    fn gather(&mut self, node: Node<'_, '_>) -> Verb {
        let prompts = self.verbs(node, PROMPTS);
        let mut attributes = self.attributes(node, attributes::GATHER);
        let finish_on = attributes.text("finishOnKey").unwrap_or("#").chars().next();
        Verb::Gather(Gather {
            prompts,
            action: Link {
                url: attributes.text("action").unwrap_or_default().to_owned(),
                method: attributes.method("method"),
            },
            digits: attributes.optional_number("numDigits").and_then(|count| usize::try_from(count).ok()),
            timeout: Duration::from_secs(attributes.number("timeout", 5).into()),
            finish_on,
            action_on_empty: attributes.flag("actionOnEmptyResult", false),
        })
    }

    fn record(&mut self, node: Node<'_, '_>) -> Verb {
        let mut attributes = self.attributes(node, attributes::RECORD);
        let longest = attributes.at_least_one("maxLength", 3600);
        if longest > LONGEST_RECORDING {
            attributes.warn(12200, &format!("maxLength is {longest}, expected at most {LONGEST_RECORDING}"));
        }
        let finish_on = attributes.text("finishOnKey").unwrap_or("1234567890*#").to_owned();
        let silence = attributes.number("timeout", 5);
        Verb::Record(Record {
            action: attributes.link("action", "method"),
            silence: Duration::from_secs(silence.into()),
            longest: Duration::from_secs(longest.min(LONGEST_RECORDING).into()),
            finish_on,
            beep: attributes.flag("playBeep", true),
            trims: attributes.one_of("trim", &["trim-silence", "do-not-trim"]) == "trim-silence",
            callback: attributes.link("recordingStatusCallback", "recordingStatusCallbackMethod"),
            events: attributes.words("recordingStatusCallbackEvent"),
        })
    }

    fn dial(&mut self, node: Node<'_, '_>) -> Option<Verb> {
        let target = self.dial_target(node)?;
        let mut attributes = self.attributes(node, attributes::DIAL);
        let records = attributes.one_of("record", attributes::DIAL_RECORD);
        Some(Verb::Dial(Box::new(Dial {
            action: attributes.link("action", "method"),
            answer_on_bridge: attributes.flag("answerOnBridge", false),
            timeout: Duration::from_secs(attributes.number("timeout", 30).clamp(5, 600).into()),
            caller_id: attributes.text("callerId").map(str::to_owned),
            recording: (records != "do-not-record").then(|| DialRecording {
                dual: records.ends_with("-dual"),
                callback: attributes.link("recordingStatusCallback", "recordingStatusCallbackMethod"),
                events: attributes.words("recordingStatusCallbackEvent"),
            }),
            target,
        })))
    }

    fn dial_target(&mut self, node: Node<'_, '_>) -> Option<Target> {
        let mut numbers = Vec::new();
        for noun in node.children().filter(Node::is_element) {
            match noun.tag_name().name() {
                "Conference" => return Some(Target::Conference(self.conference(noun))),
                "Number" => numbers.push(self.number(noun)),
                name @ ("Client" | "Sip" | "Queue" | "Sim" | "Application") => {
                    self.warn(0, format!("<{name}> is not simulated and was skipped"));
                }
                name => self.warn(12200, format!("<{name}> is not allowed in <Dial>")),
            }
        }
        let plain = text(node);
        if numbers.is_empty() && !plain.is_empty() {
            numbers.push(DialNumber { number: plain, whisper: None, callback: None, events: Vec::new() });
        }
        if numbers.len() > 10 {
            self.warn(12200, format!("<Dial> names {} numbers, expected at most 10", numbers.len()));
            numbers.truncate(10);
        }
        if numbers.is_empty() {
            self.warn(12200, "<Dial> names nobody".to_owned());
            return None;
        }
        Some(Target::Numbers(numbers))
    }

    fn number(&mut self, node: Node<'_, '_>) -> DialNumber {
        let mut attributes = self.attributes(node, attributes::NUMBER);
        DialNumber {
            number: text(node),
            whisper: attributes.link("url", "method"),
            callback: attributes.link("statusCallback", "statusCallbackMethod"),
            events: attributes.words("statusCallbackEvent"),
        }
    }

    fn conference(&mut self, node: Node<'_, '_>) -> ConferenceNoun {
        let mut attributes = self.attributes(node, attributes::CONFERENCE);
        attributes.one_of("beep", &["true", "false", "onEnter", "onExit"]);
        let wait = match attributes.text("waitUrl") {
            None => Wait::Music,
            Some("") => Wait::Silence,
            Some(url) => {
                let url = url.to_owned();
                Wait::Document(Link { url, method: attributes.method("waitMethod") })
            }
        };
        let max_participants = attributes.number("maxParticipants", 250);
        if !(2..=250).contains(&max_participants) {
            attributes.warn(16002, &format!("maxParticipants is {max_participants}, expected 2 to 250"));
        }
        ConferenceNoun {
            name: text(node),
            start_on_enter: attributes.flag("startConferenceOnEnter", true),
            end_on_exit: attributes.flag("endConferenceOnExit", false),
            muted: attributes.flag("muted", false),
            max_participants: usize::try_from(max_participants).unwrap_or(250),
            label: attributes.text("participantLabel").map(str::to_owned),
            wait,
            callback: attributes.link("statusCallback", "statusCallbackMethod"),
            events: attributes.words("statusCallbackEvent"),
        }
    }

    fn attributes<'a>(&'a mut self, node: Node<'a, 'a>, known: &[&str]) -> Attributes<'a> {
        Attributes::of(node, known, &mut self.warnings)
    }

    fn warn(&mut self, code: u32, message: String) {
        self.warnings.push(Warning { code, message });
    }
}

fn text(node: Node<'_, '_>) -> String {
    node.text().unwrap_or_default().trim().to_owned()
}

fn parent_name<'xml>(node: Node<'_, 'xml>) -> &'xml str {
    node.parent().map_or("", |parent| parent.tag_name().name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_without_response_is_12100() {
        for wrong in ["", "<Response>", "<response/>", "hello", "<Response/><Response/>"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert_eq!(read("<Response/>"), Ok(Document::default()));
    }

    #[test]
    fn unknown_verbs_and_attributes_are_12200_and_skipped() {
        let document = read(r#"<Response><say>a</say><Say loud="1">b</Say><Pause length="x"/></Response>"#).unwrap();

        assert_eq!(codes(&document), [12200, 12200, 12200]);
        let pause = Verb::Pause(Duration::from_secs(1));
        assert_eq!(document.verbs, [Verb::Say(Say { text: "b".to_owned(), times: 1 }), pause]);
    }

    #[test]
    fn a_dial_inside_a_gather_is_12200() {
        let document = read("<Response><Gather><Dial>+441632960000</Dial></Gather></Response>").unwrap();

        assert_eq!(codes(&document), [12200]);
    }

    #[test]
    fn words_longer_than_the_limit_are_13521() {
        let document = read(&format!("<Response><Say>{}</Say></Response>", "ab ".repeat(1400))).unwrap();

        assert_eq!(codes(&document), [13521]);
        assert!(document.verbs.is_empty());
    }

    #[test]
    fn a_conference_keeps_its_settings() {
        let document = read(
            r#"<Response><Dial action="/after"><Conference beep="false" startConferenceOnEnter="false"
                endConferenceOnExit="true" maxParticipants="2" waitUrl="" statusCallback="/c"
                statusCallbackEvent="start end">room</Conference></Dial></Response>"#,
        )
        .unwrap();

        assert_eq!(codes(&document), [0_u32; 0]);
        let [Verb::Dial(dial)] = &document.verbs[..] else { panic!("{:?}", document.verbs) };
        let Target::Conference(conference) = &dial.target else { panic!("{dial:?}") };
        assert_eq!((conference.name.as_str(), conference.max_participants), ("room", 2));
        assert_eq!((conference.start_on_enter, conference.end_on_exit), (false, true));
        assert_eq!((&conference.wait, conference.events.len()), (&Wait::Silence, 2));
    }

    #[test]
    fn an_explicitly_empty_finish_key_is_none() {
        let document = read(r#"<Response><Gather finishOnKey="" numDigits="1"/><Gather/></Response>"#).unwrap();

        let [Verb::Gather(without), Verb::Gather(default)] = &document.verbs[..] else {
            panic!("{:?}", document.verbs)
        };
        let keys = [without, default].map(|gather| (gather.finish_on, gather.digits));
        assert_eq!(keys, [(None, Some(1)), (Some('#'), None)]);
    }

    fn codes(document: &Document) -> Vec<u32> {
        document.warnings.iter().map(|warning| warning.code).collect()
    }
}
