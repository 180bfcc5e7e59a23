//! What a leg is told to do next. Only what Ringall says is understood, by looking for it: this reader is meant to be
//! quick, the simulated carrier's is meant to be strict.

use std::time::Duration;

/// The part of a document that leads on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    /// Into the conference.
    Room(Room),
    /// Somewhere else, after a pause.
    Redirect { after: Duration, url: String },
    /// Words, and then the end.
    Words(String),
    /// The end without a word.
    HangUp,
    /// Nothing of this.
    Other(String),
}

/// A conference, as one leg is sent there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Room {
    pub(super) name: String,
    pub(super) wait: String,
    pub(super) events: String,
    pub(super) action: String,
}

impl Heard {
    pub(super) fn read(document: &str) -> Self {
        if let Some(room) = Room::read(document) {
            return Self::Room(room);
        }
        if let Some(url) = text(document, "Redirect") {
            let seconds = attribute(document, "<Pause", "length").and_then(|length| length.parse().ok()).unwrap_or(0);
            return Self::Redirect { after: Duration::from_secs(seconds), url };
        }
        match (text(document, "Say"), document.contains("<Hangup/>")) {
            (Some(words), true) => Self::Words(words),
            (None, true) => Self::HangUp,
            (_, false) => Self::Other(document.chars().take(200).collect()),
        }
    }
}

impl Room {
    fn read(document: &str) -> Option<Self> {
        Some(Self {
            name: text(document, "Conference")?,
            wait: attribute(document, "<Conference", "waitUrl")?,
            events: attribute(document, "<Conference", "statusCallback")?,
            action: attribute(document, "<Dial", "action")?,
        })
    }
}

fn attribute(document: &str, tag: &str, name: &str) -> Option<String> {
    let (_, behind) = document.split_once(tag)?;
    let (attributes, _) = behind.split_once('>')?;
    let (_, value) = attributes.split_once(&format!(" {name}=\""))?;
    Some(plain(value.split_once('"')?.0))
}

fn text(document: &str, tag: &str) -> Option<String> {
    let (_, behind) = document.split_once(&format!("<{tag}"))?;
    let (_, inside) = behind.split_once('>')?;
    Some(plain(inside.split_once(&format!("</{tag}>"))?.0))
}

fn plain(escaped: &str) -> String {
    escaped
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_read_with_all_its_addresses() {
        let document = r#"<Response><Dial action="http://h/a?x=1&amp;y=2" method="POST"><Conference beep="false" waitUrl="http://h/w" statusCallback="http://h/s" statusCallbackEvent="start end">CA1</Conference></Dial></Response>"#;

        let room = Room {
            name: "CA1".to_owned(),
            wait: "http://h/w".to_owned(),
            events: "http://h/s".to_owned(),
            action: "http://h/a?x=1&y=2".to_owned(),
        };
        assert_eq!(Heard::read(document), Heard::Room(room));
    }

    #[test]
    fn words_redirects_and_ends_are_told_apart() {
        let read = |verbs: &str| Heard::read(&format!("<Response>{verbs}</Response>"));

        assert_eq!(read("<Say>Bye</Say><Hangup/>"), Heard::Words("Bye".to_owned()));
        assert_eq!(read("<Hangup/>"), Heard::HangUp);
        let after = Duration::from_secs(1);
        assert_eq!(
            read(r#"<Pause length="1"/><Redirect>u</Redirect>"#),
            Heard::Redirect { after, url: "u".to_owned() }
        );
        assert!(matches!(read("<Gather/>"), Heard::Other(_)));
    }
}
