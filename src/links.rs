//! Links that lead to one recording for some days. Nobody can make one, or change what it names or how long it lasts,
//! without the account's token; nothing about them is kept anywhere.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use ringall_core::time::Timestamp;
use sha2::Sha256;

use crate::{carrier::RecordingSid, current::Current, secret::Secret};

/// Signs links and reads them again.
pub struct Links {
    /// Of the present token first, then of the previous one: links outlive a change of the token.
    keys: Current<Vec<Key>>,
}

/// What a link leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The recording.
    pub recording: RecordingSid,
    /// The line whose caller was recorded, as addresses call it.
    pub line: String,
    /// When it was recorded, to the second.
    pub at: Timestamp,
    /// How long it is, if that is known.
    pub length: Option<Duration>,
    /// When the link ends, to the second.
    pub expires: Timestamp,
}

/// Why a link leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLink {
    /// Nobody here has made it, or something about it was changed.
    #[error("this is no link of ours")]
    Invalid,
    /// It was good once.
    #[error("this link has expired")]
    Expired,
}

/// One key for each thing that is signed: what is good for one is worth nothing for the other.
struct Key {
    page: Hmac<Sha256>,
    sound: Hmac<Sha256>,
}

impl Links {
    /// Links under these tokens; the first signs, all are believed.
    pub fn new(tokens: &[Secret]) -> Self {
        Self { keys: Current::new(keys_of(tokens)) }
    }

    /// From now on links are signed by the first of these tokens, and all of them are believed.
    pub fn reload(&self, tokens: &[Secret]) {
        self.keys.replace(keys_of(tokens));
    }

    /// The part of an address that names this recording and nothing else.
    pub fn sign(&self, link: &Link) -> String {
        let mut bytes = write(link);
        if let Some(key) = self.keys.get().first() {
            bytes.extend_from_slice(&tag(&key.page, &bytes));
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What a link leads to.
    pub fn read(&self, token: &str, now: Timestamp) -> Result<Link, BadLink> {
        if token.len() > LONGEST_TOKEN {
            return Err(BadLink::Invalid);
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| BadLink::Invalid)?;
        let (written, signed) = bytes.split_at_checked(bytes.len().wrapping_sub(TAG)).ok_or(BadLink::Invalid)?;
        if !self.keys.get().iter().any(|key| is_signed(&key.page, written, signed)) {
            return Err(BadLink::Invalid);
        }
        let link = read(written).ok_or(BadLink::Invalid)?;
        if link.expires <= now { Err(BadLink::Expired) } else { Ok(link) }
    }

    /// What opens the sound behind a link for a while: only who has pressed the button has it.
    pub fn ticket(&self, token: &str, now: Timestamp) -> String {
        let until = seconds_of(now + TICKET_LASTS);
        let mut bytes = until.to_be_bytes().to_vec();
        if let Some(key) = self.keys.get().first() {
            bytes.extend_from_slice(&tag(&key.sound, &admission(until, token)));
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Whether a ticket opens the sound behind this link now.
    pub fn admits(&self, token: &str, ticket: &str, now: Timestamp) -> bool {
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(ticket) else { return false };
        let Some((until, signed)) = bytes.split_first_chunk() else { return false };
        let until = u64::from_be_bytes(*until);
        let admission = admission(until, token);
        self.keys.get().iter().any(|key| is_signed(&key.sound, &admission, signed)) && seconds_of(now) < until
    }
}

fn keys_of(tokens: &[Secret]) -> Vec<Key> {
    tokens.iter().map(Key::of).collect()
}

impl Key {
    fn of(token: &Secret) -> Self {
        let derived = |label: &str| {
            let mut mac = keyed(token.expose().as_bytes());
            mac.update(label.as_bytes());
            keyed(&mac.finalize().into_bytes())
        };
        Self { page: derived("ringall recording page 1"), sound: derived("ringall recording sound 1") }
    }
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("any length is a key")
}

fn tag(key: &Hmac<Sha256>, bytes: &[u8]) -> [u8; TAG] {
    let mut tag = [0; TAG];
    tag.copy_from_slice(&key.clone().chain_update(bytes).finalize().into_bytes()[..TAG]);
    tag
}

/// In constant time.
fn is_signed(key: &Hmac<Sha256>, bytes: &[u8], tag: &[u8]) -> bool {
    tag.len() == TAG && key.clone().chain_update(bytes).verify_truncated_left(tag).is_ok()
}

fn admission(until: u64, token: &str) -> Vec<u8> {
    [&until.to_be_bytes(), token.as_bytes()].concat()
}

fn write(link: &Link) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(&seconds_of(link.at).to_be_bytes());
    bytes.extend_from_slice(&seconds_of(link.expires).to_be_bytes());
    let length = link.length.map_or(UNKNOWN_LENGTH, |it| u32::try_from(it.as_secs()).unwrap_or(UNKNOWN_LENGTH));
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.push(u8::try_from(link.line.len()).unwrap_or(u8::MAX));
    bytes.extend(link.line.bytes().take(usize::from(u8::MAX)));
    bytes.extend_from_slice(link.recording.as_str().as_bytes());
    bytes
}

/// Reads what [`write`] has written, which is signed: whatever else it is comes from another version.
fn read(bytes: &[u8]) -> Option<Link> {
    let rest = bytes.strip_prefix(&[VERSION])?;
    let (at, rest) = rest.split_first_chunk()?;
    let (expires, rest) = rest.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (line_length, rest) = rest.split_first()?;
    let (line, recording) = rest.split_at_checked(usize::from(*line_length))?;
    let length = u32::from_be_bytes(*length);
    Some(Link {
        recording: RecordingSid::read(std::str::from_utf8(recording).ok()?)?,
        line: std::str::from_utf8(line).ok()?.to_owned(),
        at: moment(u64::from_be_bytes(*at)),
        length: (length != UNKNOWN_LENGTH).then(|| Duration::from_secs(length.into())),
        expires: moment(u64::from_be_bytes(*expires)),
    })
}

fn seconds_of(moment: Timestamp) -> u64 {
    moment.as_millis() / 1000
}

fn moment(seconds: u64) -> Timestamp {
    Timestamp::from_millis(seconds.saturating_mul(1000))
}

const VERSION: u8 = 1;
/// 128 bits.
const TAG: usize = 16;
const UNKNOWN_LENGTH: u32 = u32::MAX;
const LONGEST_TOKEN: usize = 400;
/// Long enough to hear the longest message twice, and to go back in it.
const TICKET_LASTS: Duration = Duration::from_secs(60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_its_recording_until_it_expires() {
        let links = links(&["token"]);
        let token = links.sign(&link());

        assert_eq!(links.read(&token, at(999)), Ok(link()));
        assert_eq!(links.read(&token, at(1000)), Err(BadLink::Expired));
        let unknown_length = Link { length: None, ..link() };
        assert_eq!(links.read(&links.sign(&unknown_length), at(0)), Ok(unknown_length));
    }

    #[test]
    fn no_sign_of_a_link_can_be_changed() {
        let links = links(&["token"]);
        let token = links.sign(&link());

        for place in 0..token.len() {
            for sign in ["A", "B", "_", "=", "%"] {
                let mut altered = token.clone();
                altered.replace_range(place..=place, sign);
                let expected = if altered == token { Ok(link()) } else { Err(BadLink::Invalid) };
                assert_eq!(links.read(&altered, at(0)), expected, "{altered}");
            }
            assert_eq!(links.read(&token[..place], at(0)), Err(BadLink::Invalid));
        }
        for wrong in [format!("{token}A"), "A".repeat(401), String::new(), "../../etc".to_owned()] {
            assert_eq!(links.read(&wrong, at(0)), Err(BadLink::Invalid));
        }
    }

    #[test]
    fn links_outlive_one_change_of_the_token() {
        let token = links(&["old"]).sign(&link());

        assert_eq!(links(&["new", "old"]).read(&token, at(0)), Ok(link()));
        assert_eq!(links(&["new"]).read(&token, at(0)), Err(BadLink::Invalid));
        assert_eq!(links(&[]).read(&token, at(0)), Err(BadLink::Invalid));
        assert_eq!(links(&["new"]).read(&links(&["new", "old"]).sign(&link()), at(0)), Ok(link()));
    }

    #[test]
    fn a_ticket_opens_the_sound_of_its_own_link_for_an_hour() {
        let links = links(&["token"]);
        let token = links.sign(&link());
        let ticket = links.ticket(&token, at(10));

        assert!(links.admits(&token, &ticket, at(10)));
        assert!(links.admits(&token, &ticket, at(3609)));
        assert!(!links.admits(&token, &ticket, at(3610)));
        let another = links.sign(&Link { line: "cafe".to_owned(), ..link() });
        assert!(!links.admits(&another, &ticket, at(10)));
        assert!(!links.admits(&token, &token, at(10)), "a link is no ticket");
        assert!(!links.admits(&token, "", at(10)));
        assert!(self::links(&["new", "token"]).admits(&token, &ticket, at(10)));
        assert!(!self::links(&["new"]).admits(&token, &ticket, at(10)));
    }

    fn links(tokens: &[&str]) -> Links {
        Links::new(&tokens.iter().map(|token| Secret::new(*token)).collect::<Vec<_>>())
    }

    fn link() -> Link {
        Link {
            recording: RecordingSid::read("RE0123456789abcdef0123456789abcdef").unwrap(),
            line: "0123456789abcdef".to_owned(),
            at: at(7),
            length: Some(Duration::from_secs(42)),
            expires: at(1000),
        }
    }

    fn at(seconds: u64) -> Timestamp {
        moment(seconds)
    }
}
