//! Documents as the program writes them, whatever the words are: each reads back as the same words, and nothing breaks
//! out of them.
//!
//! An input is a list of orders, separated by [`END`]: a letter for the verb, then its words.

use std::time::Duration;

use ringall::{
    carrier::twilio::{
        Twiml,
        twiml::{Conference, Gather, GatherChoice, Prompt, Verbs, Voice},
    },
    simulator::door::{Reading, read_document},
};
use roxmltree::{Document, Node};

/// Ends an order; XML has no such character.
const END: char = '\u{1e}';

pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut writer = Writer { verbs: Some(Twiml::begin()), ..Writer::default() };
    for order in text.split(END).take(MOST_ORDERS) {
        let mut words = order.chars();
        let Some(verb) = words.next() else { continue };
        writer.write(verb, words.as_str());
    }
    let document = writer.finished.unwrap_or_else(|| writer.verbs.take().expect("not finished").end());

    read_as_xml(document.as_str(), &writer.expected);
    read_as_carrier(document.as_str(), &writer.expected);
}

#[derive(Default)]
struct Writer<'a> {
    voice: Option<&'a str>,
    verbs: Option<Verbs>,
    finished: Option<Twiml>,
    expected: Vec<Expected<'a>>,
}

/// An element that must be in the document: its name, and the words and the voice that were asked for.
struct Expected<'a> {
    name: &'static str,
    words: &'a str,
    voice: Option<&'a str>,
}

impl<'a> Writer<'a> {
    fn write(&mut self, verb: char, words: &'a str) {
        // Signs that XML forbids count among as many words as the carrier speaks; the configuration lets none in.
        if words.len() > SHORTEST_CUT && legal(words) != words {
            return;
        }
        let Some(verbs) = self.verbs.take() else { return };
        let voice = Voice { voice: self.voice, language: self.voice };
        match verb {
            'v' => {
                self.voice = Some(words);
                self.verbs = Some(verbs);
            }
            's' => self.go_on(verbs.say(voice, words), "Say", words),
            'p' => self.go_on(verbs.play(words), "Play", words),
            'l' => self.go_on(verbs.play_times(words, 2), "Play", words),
            'g' => {
                self.expect("Gather", words);
                let prompt = Prompt::new().say(voice, words).play(words).pause(Duration::ZERO);
                let gather = Gather { action: words, timeout: Duration::from_secs(5) };
                self.expect("Say", words);
                self.expect("Play", words);
                self.go_on(verbs.gather(gather, &prompt), "Pause", "");
            }
            'm' => {
                self.expect("Gather", words);
                let prompt = Prompt::new().say(voice, words);
                let (most_keys, ends_with_hash, timeout) = (2, true, Duration::from_secs(5));
                self.expect("Say", words);
                let gather = GatherChoice { action: words, most_keys, ends_with_hash, timeout };
                self.verbs = Some(verbs.gather_choice(gather, &prompt));
            }
            'c' => {
                let room = Conference { name: words, wait_url: words, status_callback: words, action: words };
                self.expect("Conference", words);
                self.finished = Some(verbs.join(room));
            }
            'r' => {
                self.expect("Redirect", words);
                self.finished = Some(verbs.redirect(words));
            }
            _ => self.verbs = Some(verbs),
        }
    }

    fn go_on(&mut self, verbs: Verbs, name: &'static str, words: &'a str) {
        self.expect(name, words);
        self.verbs = Some(verbs);
    }

    fn expect(&mut self, name: &'static str, words: &'a str) {
        // Words that say nothing are not spoken: a Say without words is an error to the carrier.
        if name != "Say" || legal(words).chars().any(|sign| !sign.is_whitespace()) {
            self.expected.push(Expected { name, words, voice: self.voice });
        }
    }
}

/// Read by a parser that is nobody's: the same elements, attributes and texts, sign by sign.
fn read_as_xml(document: &str, expected: &[Expected<'_>]) {
    let xml = Document::parse(document).unwrap_or_else(|error| panic!("{error} in {document}"));
    let elements = xml.root_element().descendants().filter(Node::is_element).skip(1);
    let elements: Vec<_> = elements.filter(|node| !node.has_tag_name("Dial")).collect();

    assert_eq!(elements.len(), expected.len(), "{document}");
    for (element, expected) in elements.iter().zip(expected) {
        assert!(element.has_tag_name(expected.name), "{document}");
        let words = legal(expected.words);
        let text = element.text().unwrap_or_default();
        match expected.name {
            "Say" => {
                assert!(is_beginning(text, &words), "{text:?} of {words:?}");
                let voice = expected.voice.map(legal);
                assert_eq!(element.attribute("voice"), voice.as_deref(), "{document}");
            }
            "Gather" => assert_eq!(element.attribute("action"), Some(&*words), "{document}"),
            "Pause" => assert_eq!(element.attribute("length"), Some("1"), "{document}"),
            "Conference" => {
                let addresses = [element.attribute("waitUrl"), element.attribute("statusCallback")];
                assert_eq!((text, addresses), (&*words, [Some(&*words); 2]), "{document}");
            }
            _ => assert_eq!(text, words, "{document}"),
        }
    }
}

/// Read by the simulated carrier: the same words, and nothing to complain about.
fn read_as_carrier(document: &str, expected: &[Expected<'_>]) {
    let Reading { verbs, warnings } = read_document(document).unwrap_or_else(|error| panic!("{error} in {document}"));

    assert!(warnings.is_empty(), "{warnings:?} in {document}");
    let names: Vec<_> = expected.iter().map(|expected| expected.name).collect();
    assert_eq!(verbs.iter().map(|(name, _)| *name).collect::<Vec<_>>(), names, "{document}");
}

/// What XML can carry of a text.
fn legal(text: &str) -> String {
    let forbidden =
        |sign: char| (sign < ' ' && !matches!(sign, '\t' | '\n' | '\r')) || matches!(sign, '\u{FFFE}' | '\u{FFFF}');
    text.chars().filter(|sign| !forbidden(*sign)).collect()
}

/// Whether these are the words, or as many of them as the carrier speaks.
fn is_beginning(spoken: &str, words: &str) -> bool {
    let words = words.trim();
    let is_whole = spoken.trim() == words;
    is_whole || (words.starts_with(spoken.trim_start()) && spoken.len() > SHORTEST_CUT)
}

const MOST_ORDERS: usize = 64;
/// Nothing shorter is cut: 4500 signs of a URL are 500 signs of three bytes at the least.
const SHORTEST_CUT: usize = 1400;
