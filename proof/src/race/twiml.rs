//! What a document makes somebody hear, read without any code of the program.

use std::fmt;

/// A document as the carrier would carry it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Document {
    /// Into the conference of this name.
    Room {
        /// The conference.
        name: String,
        /// Asked for when alone in there.
        wait: String,
        /// Where it reports.
        status: String,
        /// Asked for after it.
        action: String,
    },
    /// Words, then the end.
    Words(Words),
    /// A key is awaited, and sent there.
    Key(String),
    /// A pause, then there: the network rings on.
    Pause(String),
    /// A sound over and over.
    Tone,
    /// The winner's words while alone in the conference.
    Connecting,
    /// The end, without a word.
    HangUp,
    /// Nothing at all.
    Nothing,
    /// Anything else.
    Odd(String),
}

/// What is said, by the words of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Words {
    /// Somebody else has the call.
    SomebodyElse,
    /// The caller has left.
    CallerLeft,
    /// The call has moved on.
    MovedOn,
    /// No key was pressed.
    NotAccepted,
    /// Thanks for declining.
    Declined,
    /// The two could not be joined.
    CouldNotConnect,
    /// To the caller: nobody took it.
    Nobody,
    /// To the caller: we failed.
    Failure,
    /// Anything else.
    Other(String),
}

/// The words that each line is given, and what they mean.
pub(super) const WORDS: [(&str, Words); 8] = [
    ("somebody_else", Words::SomebodyElse),
    ("caller_left", Words::CallerLeft),
    ("moved_on", Words::MovedOn),
    ("not_accepted", Words::NotAccepted),
    ("declined", Words::Declined),
    ("could_not_connect", Words::CouldNotConnect),
    ("nobody", Words::Nobody),
    ("failure", Words::Failure),
];

/// What stands in the configuration for one of [`WORDS`].
pub(super) fn sentence(key: &str) -> String {
    format!("These are the words {}.", key.replace('_', " "))
}

/// Reads a document.
pub(super) fn read(text: &str) -> Document {
    let Some(verbs) = verbs(text) else { return Document::Odd(text.to_owned()) };
    let names: Vec<_> = verbs.iter().map(|verb| verb.name).collect();
    match names.as_slice() {
        [] => Document::Nothing,
        ["Dial", "Conference"] => Document::Room {
            name: verbs[1].text.clone(),
            wait: verbs[1].attribute("waitUrl"),
            status: verbs[1].attribute("statusCallback"),
            action: verbs[0].attribute("action"),
        },
        ["Say", "Hangup"] => Document::Words(words(&verbs[0].text)),
        ["Gather", "Say", ..] => Document::Key(verbs[0].attribute("action")),
        ["Pause", "Redirect"] => Document::Pause(verbs[1].text.clone()),
        // A winner who falls out of the room goes in again after a breath.
        ["Pause", "Dial", "Conference"] => Document::Room {
            name: verbs[2].text.clone(),
            wait: verbs[2].attribute("waitUrl"),
            status: verbs[2].attribute("statusCallback"),
            action: verbs[1].attribute("action"),
        },
        ["Play"] | ["Play", "Redirect"] => Document::Tone,
        ["Say", "Pause"] => Document::Connecting,
        ["Hangup"] => Document::HangUp,
        _ => Document::Odd(text.to_owned()),
    }
}

fn words(said: &str) -> Words {
    let known = WORDS.iter().find(|(key, _)| sentence(key) == said);
    known.map_or_else(|| Words::Other(said.to_owned()), |(_, words)| words.clone())
}

struct Verb<'a> {
    name: &'a str,
    attributes: &'a str,
    text: String,
}

impl Verb<'_> {
    fn attribute(&self, name: &str) -> String {
        let value = self.attributes.split_once(&format!("{name}=\"")).and_then(|(_, rest)| rest.split_once('"'));
        plain(value.map_or("", |(value, _)| value))
    }
}

/// All elements inside the response in the order in which they open; `None` if this is no document.
fn verbs(text: &str) -> Option<Vec<Verb<'_>>> {
    let (_, inside) = text.split_once("<Response")?;
    if inside.starts_with("/>") {
        return Some(Vec::new());
    }
    let (inside, _) = inside.strip_prefix('>')?.split_once("</Response>")?;
    let mut verbs = Vec::new();
    for piece in inside.split('<').filter(|piece| !piece.is_empty() && !piece.starts_with('/')) {
        let (tag, text) = piece.split_once('>')?;
        let tag = tag.trim_end_matches('/');
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        verbs.push(Verb { name, attributes, text: plain(text) });
    }
    Some(verbs)
}

fn plain(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Room { .. } => f.write_str("the conference"),
            Self::Words(words) => write!(f, "the words {words:?}"),
            Self::Key(_) => f.write_str("the whisper, and a key is awaited"),
            Self::Pause(_) => f.write_str("ringing for another second"),
            Self::Tone => f.write_str("a tone"),
            Self::Connecting => f.write_str("that they are being connected"),
            Self::HangUp => f.write_str("the end, without a word"),
            Self::Nothing => f.write_str("nothing"),
            Self::Odd(text) => write!(f, "something odd: {text}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_read_for_what_they_make_one_hear() {
        let said = "<?xml version=\"1.0\"?><Response><Say language=\"en-US\">These are the words somebody else.</Say>\
                    <Hangup/></Response>";
        assert_eq!(read(said), Document::Words(Words::SomebodyElse));
        let room = "<Response><Dial action=\"http://a/x\"><Conference beep=\"false\" waitUrl=\"http://a/w\" \
                    statusCallback=\"http://a/r\">CA1</Conference></Dial></Response>";
        let Document::Room { name, wait, status, action } = read(room) else { panic!("no room: {:?}", read(room)) };
        assert_eq!([name, wait, status, action], ["CA1", "http://a/w", "http://a/r", "http://a/x"]);
    }

    #[test]
    fn nothing_and_nonsense_are_never_taken_for_words() {
        assert_eq!(read("<Response></Response>"), Document::Nothing);
        assert_eq!(read("<Response/>"), Document::Nothing);
        assert!(matches!(read(""), Document::Odd(_)));
        assert!(matches!(read("<Response><Say>hm</Say></Response>"), Document::Odd(_)));
    }
}
