//! Links to recordings: one that we have made is read as it was meant, until it ends; no other is believed.
//!
//! An input is four lines: a link as a stranger may have it, a ticket as they may have it, what they change about ours (a
//! place and a sign), and the seconds until ours ends and the name of its line.

use std::time::Duration;

use ringall::{
    carrier::RecordingSid,
    links::{BadLink, Link, Links},
    secret::Secret,
};
use ringall_core::time::Timestamp;

pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut parts = text.splitn(4, '\n');
    let mut next = || parts.next().unwrap_or_default();
    let (token, ticket, change, ours) = (next(), next(), next(), next());
    let links = Links::new(&[Secret::new("one token"), Secret::new("the one before")]);

    assert_eq!(links.read(token, NOW), Err(BadLink::Invalid), "{token}");
    assert!(!links.admits(token, ticket, NOW), "{ticket}");

    let link = link(ours);
    let signed = links.sign(&link);
    let until = link.expires;
    let expected = if until <= NOW { Err(BadLink::Expired) } else { Ok(link) };
    assert_eq!(links.read(&signed, NOW), expected, "{signed}");
    assert!(!links.admits(&signed, ticket, NOW), "{ticket}");
    assert!(links.admits(&signed, &links.ticket(&signed, NOW), NOW));
    if let Some(changed) = changed(&signed, change) {
        assert_eq!(links.read(&changed, NOW), Err(BadLink::Invalid), "{changed} is not {signed}");
    }
    let strangers = Links::new(&[Secret::new("another token")]);
    assert_eq!(strangers.read(&signed, NOW), Err(BadLink::Invalid));
}

/// A link of ours; moments in it count in seconds.
fn link(text: &str) -> Link {
    let (lasts, line) = text.split_once(' ').unwrap_or((text, ""));
    let lasts = Duration::from_secs(lasts.parse::<u32>().unwrap_or(0).into());
    Link {
        recording: RecordingSid::read("RE0123456789abcdef0123456789abcdef").expect("a recording's name"),
        line: line.chars().filter(char::is_ascii_hexdigit).take(LONGEST_LINE).collect(),
        at: NOW,
        length: (!lasts.is_zero()).then(|| Duration::from_secs(lasts.as_secs() / 2)),
        expires: NOW + lasts,
    }
}

fn changed(token: &str, change: &str) -> Option<String> {
    let (at, sign) = change.split_once(' ')?;
    let at = at.parse::<usize>().ok()? % token.len();
    let changed = format!("{}{}{}", &token[..at], sign, &token[at + 1..]);
    (changed != token).then_some(changed)
}

const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);
const LONGEST_LINE: usize = 32;
