//! What the carrier means when it says no (carrier contract §12), and its words without telephone numbers.

use std::borrow::Cow;

use http::StatusCode;
use serde::Deserialize;

use crate::carrier::CarrierError;

/// An answer other than success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    /// The carrier's error code; 0 if it gave none.
    pub(super) code: u32,
    /// The carrier's words, without telephone numbers.
    pub(super) message: String,
}

/// What can be done about a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// This number cannot be rung.
    BadNumber,
    /// Somebody has to mend the configuration or the account.
    Configuration,
    /// The leg is over, or not yet far enough.
    NotInState,
    /// So many calls wait at the carrier that this one would come a day late.
    QueueFull,
    /// Too many requests at once; this one was not processed.
    TooMany,
}

impl Refusal {
    /// Reads the answer's body; one that is not the carrier's own is kept out of messages.
    pub(super) fn read(status: StatusCode, body: &[u8]) -> Self {
        let Ok(words) = serde_json::from_slice::<Words<'_>>(body) else {
            return Self { status, code: 0, message: "no reason given".to_owned() };
        };
        let message = words.message.as_deref().unwrap_or("no reason given");
        Self { status, code: words.code.unwrap_or(0), message: without_numbers(message) }
    }

    /// What it means, if this program knows. The code counts before the status, whose value is not always documented.
    pub(super) fn meaning(&self) -> Option<Meaning> {
        by_code(self.code).or(match self.status {
            StatusCode::TOO_MANY_REQUESTS => Some(Meaning::TooMany),
            StatusCode::UNAUTHORIZED => Some(Meaning::Configuration),
            _ => None,
        })
    }

    /// The error for whoever sent the request.
    pub(super) fn into_error(self) -> CarrierError {
        let Self { status, code, message } = &self;
        match self.meaning() {
            Some(Meaning::BadNumber) => CarrierError::BadNumber { code: *code, message: self.message },
            Some(Meaning::Configuration) => CarrierError::Configuration { code: *code, message: self.message },
            Some(Meaning::NotInState) => CarrierError::NotInState,
            Some(Meaning::QueueFull | Meaning::TooMany) => {
                CarrierError::Unavailable(format!("status {status}, code {code}: {message}"))
            }
            None if status.is_server_error() => {
                CarrierError::AnswerLost(format!("status {status}, code {code}: {message}"))
            }
            None => CarrierError::Refused { status: status.as_u16(), code: *code, message: self.message },
        }
    }
}

/// The table of carrier contract §12.
fn by_code(code: u32) -> Option<Meaning> {
    match code {
        21211 | 21214 | 21216 | 21217 => Some(Meaning::BadNumber),
        10001..=10004 | 20003 | 20404 | 20422 | 21210 | 21212 | 21215 | 21219 | 21405 => Some(Meaning::Configuration),
        20009 | 21220 => Some(Meaning::NotInState),
        20429 => Some(Meaning::TooMany),
        22005 => Some(Meaning::QueueFull),
        _ => None,
    }
}

#[derive(Deserialize)]
struct Words<'a> {
    code: Option<u32>,
    #[serde(borrow)]
    message: Option<Cow<'a, str>>,
}

/// The text in one line, not too long, with only the last two digits of whatever may be a telephone number: seven
/// digits or more, which spaces, dashes, dots and brackets may group.
fn without_numbers(text: &str) -> String {
    let mut rest = beginning(text);
    let mut clean = String::with_capacity(rest.len().min(LONGEST_MESSAGE));
    while let Some(first) = rest.chars().next() {
        if clean.len() >= LONGEST_MESSAGE {
            break;
        }
        let run = if first.is_ascii_digit() || first == '+' || first == '(' { grouped_digits(rest) } else { "" };
        let digits: Vec<char> = run.chars().filter(char::is_ascii_digit).collect();
        if let [_, _, _, _, _, .., tens, ones] = digits[..] {
            clean.extend(['…', tens, ones]);
            rest = &rest[run.len()..];
        } else if run.is_empty() {
            clean.push(if first.is_control() { ' ' } else { first });
            rest = &rest[first.len_utf8()..];
        } else {
            clean.extend(run.chars().map(|char| if char.is_control() { ' ' } else { char }));
            rest = &rest[run.len()..];
        }
    }
    clean
}

/// As much of `text` as is looked at, which does not end within a number.
fn beginning(text: &str) -> &str {
    match text.char_indices().find(|(at, _)| *at >= LONGEST_LOOKED_AT) {
        Some((end, _)) => text[..end].trim_end_matches(may_stand_in_a_number),
        None => text,
    }
}

/// The digits at the beginning of `text` with what groups them, up to the last digit.
fn grouped_digits(text: &str) -> &str {
    let end = text.find(|char| !may_stand_in_a_number(char)).unwrap_or(text.len());
    text[..end].trim_end_matches(|char: char| !char.is_ascii_digit())
}

fn may_stand_in_a_number(char: char) -> bool {
    char.is_ascii_digit()
        || char.is_whitespace()
        || char.is_control()
        || matches!(char, '+' | '-' | '.' | '(' | ')' | '/' | '\u{2010}'..='\u{2015}')
}

const LONGEST_MESSAGE: usize = 300;
/// A longer message has nothing more to say, and would be looked at for each of its signs.
const LONGEST_LOOKED_AT: usize = 2000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_do_not_get_into_messages() {
        for (said, kept) in [
            ("The number +447700900007 is not valid", "The number …07 is not valid"),
            ("to: (415) 867-5309, from 4158675309.", "to: …09, from …09."),
            ("+44 7700 900 007 and %2B447700900007", "…07 and %2B…07"),
            ("call 123456 is fine, 12 345 67 is not", "call 123456 is fine, …67 is not"),
            ("code 21211, status 400", "code 21211, status 400"),
            ("two\r\nlines + (nothing)", "two  lines + (nothing)"),
            ("12\t34\r\n567 and +44\u{a0}7700\u{2011}900\u{2011}007", "…67 and …07"),
            ("12\t34", "12 34"),
            ("+", "+"),
            ("", ""),
        ] {
            assert_eq!(without_numbers(said), kept, "{said}");
        }
    }

    #[test]
    fn messages_end_somewhere() {
        let message = without_numbers(&"é".repeat(10_000));

        assert!(message.len() <= LONGEST_MESSAGE + 1, "{}", message.len());
        let cut_within_a_number = format!("{} +447700900007", "+44 7700 900007 ".repeat(124));
        assert!(!without_numbers(&cut_within_a_number).ends_with(['+', '4']));
    }

    #[test]
    fn the_code_decides_before_the_status() {
        for (status, code, meaning) in [
            (400, 21211, Some(Meaning::BadNumber)),
            (401, 20003, Some(Meaning::Configuration)),
            (401, 0, Some(Meaning::Configuration)),
            (429, 10004, Some(Meaning::Configuration)),
            (429, 0, Some(Meaning::TooMany)),
            (503, 20429, Some(Meaning::TooMany)),
            (400, 21220, Some(Meaning::NotInState)),
            (429, 22005, Some(Meaning::QueueFull)),
            (500, 20500, None),
            (422, 0, None),
        ] {
            let refusal = Refusal { status: StatusCode::from_u16(status).unwrap(), code, message: String::new() };

            assert_eq!(refusal.meaning(), meaning, "{status} {code}");
        }
    }

    #[test]
    fn an_answer_that_is_not_the_carriers_is_not_repeated() {
        let refusal = Refusal::read(StatusCode::BAD_GATEWAY, b"<html>+447700900007</html>");

        assert_eq!((refusal.code, refusal.message.as_str()), (0, "no reason given"));
    }

    #[test]
    fn a_code_counts_without_words() {
        let refusal = Refusal::read(StatusCode::BAD_REQUEST, br#"{"code":21211,"message":null,"more_info":7}"#);

        assert_eq!((refusal.code, refusal.meaning()), (21211, Some(Meaning::BadNumber)));
    }
}
