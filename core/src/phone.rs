//! Telephone numbers, and who a caller says they are. A number prints as its last two digits everywhere; only
//! [`PhoneNumber::expose`] gives the whole.

use std::{fmt, str::FromStr, sync::Arc};

/// A number in E.164 form: `+`, then 7 to 15 digits, the first not zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneNumber(u64);

/// A text that is no E.164 number. It does not repeat the text, which may be a mistyped private number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an E.164 number such as `+4930123456`")]
pub struct NotAPhoneNumber;

impl PhoneNumber {
    const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

    /// The whole number with its `+`, for the carrier's API and nowhere else: never for a log or a message.
    pub fn expose(self) -> String {
        format!("+{}", self.0)
    }

    /// Whether the number begins with these digits, such as `"44"` for the United Kingdom.
    pub fn begins_with(self, digits: &str) -> bool {
        self.0.to_string().starts_with(digits)
    }
}

impl FromStr for PhoneNumber {
    type Err = NotAPhoneNumber;

    fn from_str(text: &str) -> Result<Self, NotAPhoneNumber> {
        let digits = text.strip_prefix('+').ok_or(NotAPhoneNumber)?;
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        if !plain || digits.starts_with('0') || !Self::DIGITS.contains(&digits.len()) {
            return Err(NotAPhoneNumber);
        }
        digits.parse().map(Self).map_err(|_| NotAPhoneNumber)
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "…{:02}", self.0 % 100)
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Who calls, as far as the carrier tells.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallerId {
    /// A telephone number that may be used as an identity.
    Number(PhoneNumber),
    /// The number is withheld, in any of the forms of carrier contract §1.5. Never an identity, never dialled.
    Withheld,
    /// A SIP address or a client name: an identity, but no telephone.
    Other(Arc<str>),
}

impl CallerId {
    /// Reads the carrier's `From`.
    pub fn read(from: &str) -> Self {
        if let Ok(number) = from.parse::<PhoneNumber>() {
            return if WITHHELD_NUMBERS.contains(&number.0) { Self::Withheld } else { Self::Number(number) };
        }
        match ["client:", "sip:", "sips:"].iter().find_map(|scheme| from.strip_prefix(scheme)) {
            Some(address) if !is_nobody(address) => Self::Other(from.into()),
            Some(_) | None => Self::Withheld,
        }
    }
}

impl fmt::Display for CallerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => fmt::Display::fmt(number, f),
            Self::Withheld => f.write_str("withheld"),
            Self::Other(_) => f.write_str("another address"),
        }
    }
}

impl fmt::Debug for CallerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Whether an address names nobody: in whichever form a number can be withheld, before an `@` or alone.
fn is_nobody(address: &str) -> bool {
    let address = address.to_ascii_lowercase();
    let user = address.split(['@', ';', '?']).next().unwrap_or_default();
    let is_word = user.is_empty() || WITHHELD_WORDS.contains(&user) || address.contains("anonymous");
    is_word || user.parse().is_ok_and(|number: PhoneNumber| WITHHELD_NUMBERS.contains(&number.0))
}

/// What carriers send instead of a withheld number (carrier contract §1.5).
const WITHHELD_WORDS: [&str; 5] = ["anonymous", "restricted", "unavailable", "unknown", "private"];
/// Words spelled on a keypad that carriers send instead of a withheld number (carrier contract §1.5).
const WITHHELD_NUMBERS: [u64; 6] = [
    266_696_687,    // ANONYMOUS
    7_378_742_833,  // RESTRICTED
    17_378_742_833, // RESTRICTED, as a North American number
    2_562_533,      // BLOCKED
    8_656_696,      // UNKNOWN
    86_282_452_253, // UNAVAILABLE
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_prints_as_its_last_two_digits() {
        let number: PhoneNumber = "+447700900007".parse().unwrap();

        assert_eq!(format!("{number} {number:?}"), "…07 …07");
        assert_eq!(number.expose(), "+447700900007");
    }

    #[test]
    fn a_number_is_known_by_how_it_begins() {
        let number: PhoneNumber = "+447700900007".parse().unwrap();

        assert!(number.begins_with("44") && number.begins_with(""));
        assert!(!number.begins_with("1") && !number.begins_with("7700") && !number.begins_with("+44"));
    }

    #[test]
    fn a_caller_prints_as_no_more_than_the_end_of_their_number() {
        let printed = |from| (CallerId::read(from).to_string(), format!("{:?}", CallerId::read(from)));

        assert_eq!(printed("+447700900007"), ("…07".into(), "…07".into()));
        assert_eq!(printed("anonymous"), ("withheld".into(), "withheld".into()));
        for address in ["client:ana", "sip:ana@example.org", "sips:ana@example.org"] {
            assert_eq!(printed(address), ("another address".into(), "another address".into()), "{address}");
        }
    }

    #[test]
    fn what_is_not_e164_is_refused() {
        for wrong in ["", "+", "447700900001", "+0447700900", "+44 7700", "+1234567890123456", "+12345", "+٤٤٧٧٠٠٩٠٠"]
        {
            assert_eq!(wrong.parse::<PhoneNumber>(), Err(NotAPhoneNumber), "{wrong}");
        }
    }

    #[test]
    fn withheld_callers_have_no_identity() {
        let words =
            ["anonymous", "restricted", "unavailable", "unknown", "private", "anonymous caller", "no number", ""];
        for word in words {
            for from in [
                word.to_owned(),
                word.to_uppercase(),
                word[..1.min(word.len())].to_uppercase() + &word[1.min(word.len())..],
            ] {
                assert_eq!(CallerId::read(&from), CallerId::Withheld, "{from}");
            }
        }
        for number in ["+266696687", "+7378742833", "+17378742833", "+2562533", "+8656696", "+86282452253"] {
            assert_eq!(CallerId::read(number), CallerId::Withheld, "{number}");
        }
    }

    #[test]
    fn addresses_that_name_nobody_are_withheld_too() {
        for from in [
            "sip:anonymous@anonymous.invalid",
            "sip:Anonymous@example.org",
            "sips:unknown@example.org;user=phone",
            "sip:+266696687@example.org",
            "sip:restricted@192.0.2.1:5060",
            "client:anonymous",
            "sip:@example.org",
            "client:",
        ] {
            assert_eq!(CallerId::read(from), CallerId::Withheld, "{from}");
        }
    }

    #[test]
    fn callers_who_say_who_they_are_have_an_identity() {
        for address in ["sip:private.eye@example.org", "sip:+447700900007@example.org", "client:unknown-soldier"] {
            assert_eq!(CallerId::read(address), CallerId::Other(address.into()));
        }
        assert_eq!(CallerId::read("client:ana"), CallerId::Other("client:ana".into()));
        assert!(matches!(CallerId::read("+441632960001"), CallerId::Number(_)));
    }
}
