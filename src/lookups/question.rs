//! The question about a caller: what the user's own address is told, and how it can know that we ask.

use std::{
    fmt::{self, Write as _},
    sync::Arc,
};

use hmac::{Hmac, KeyInit as _, Mac as _};
use ringall_core::{
    id::CallSid,
    phone::{CallerId, PhoneNumber},
};
use serde::Serialize;
use sha2::Sha256;

use crate::secret::Secret;

/// A call whose caller is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The call.
    pub call: CallSid,
    /// The line that was called.
    pub line: PhoneNumber,
    /// What the line is called.
    pub line_name: Arc<str>,
    /// Who calls.
    pub caller: CallerId,
    /// Where they are.
    pub geography: Geography,
}

/// Where a caller's number belongs, where the carrier says so. Never prints.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Geography {
    /// The city.
    pub city: Option<Arc<str>>,
    /// The state or province.
    pub state: Option<Arc<str>>,
    /// The postal code.
    pub zip: Option<Arc<str>>,
    /// The country, in two letters.
    pub country: Option<Arc<str>>,
}

impl fmt::Debug for Geography {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

#[derive(Serialize)]
struct Written<'a> {
    call: &'a str,
    line: String,
    line_name: &'a str,
    caller: Option<String>,
    city: Option<&'a str>,
    state: Option<&'a str>,
    zip: Option<&'a str>,
    country: Option<&'a str>,
}

impl Question {
    /// The body of the request.
    pub(super) fn to_json(&self) -> String {
        let Geography { city, state, zip, country } = &self.geography;
        let written = Written {
            call: self.call.as_str(),
            line: self.line.expose(),
            line_name: &self.line_name,
            caller: match &self.caller {
                CallerId::Number(number) => Some(number.expose()),
                CallerId::Other(address) => Some(address.to_string()),
                CallerId::Withheld => None,
            },
            city: city.as_deref(),
            state: state.as_deref(),
            zip: zip.as_deref(),
            country: country.as_deref(),
        };
        serde_json::to_string(&written).expect("texts are always JSON")
    }
}

/// The signature of a body: HMAC-SHA256 over the timestamp, a point and the body, in hexadecimal digits. Without the
/// timestamp whoever has seen one question could ask it for ever.
pub(super) fn sign(secret: &Secret, timestamp: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("any length is a key");
    for part in [timestamp, ".", body] {
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_tells_who_calls_which_line_and_from_where() {
        let geography = Geography { city: Some("LONDON".into()), country: Some("GB".into()), ..Geography::default() };
        let question = Question { geography, ..question("+447700900007") };

        assert_eq!(
            question.to_json(),
            r#"{"call":"CA7","line":"+441632960000","line_name":"Office \"One\"","caller":"+447700900007","city":"LONDON","state":null,"zip":null,"country":"GB"}"#
        );
    }

    #[test]
    fn withheld_callers_are_nobody() {
        for from in ["anonymous", "+266696687", ""] {
            assert!(question(from).to_json().contains(r#""caller":null"#), "{from}");
        }
        assert!(question("sip:ana@example.org").to_json().contains(r#""caller":"sip:ana@example.org""#));
    }

    #[test]
    fn no_question_prints_whom_it_is_about() {
        let geography = Geography { city: Some("LONDON".into()), ..Geography::default() };
        let printed = format!("{:?}", Question { geography, ..question("+447700900007") });

        assert!(!printed.contains("LONDON") && !printed.contains("7700900"), "{printed}");
    }

    /// As `printf '1767225600.{"a":1}' | openssl dgst -sha256 -hmac hush` says.
    #[test]
    fn a_signature_is_what_everybody_elses_hmac_says() {
        let signature = sign(&Secret::new("hush"), "1767225600", r#"{"a":1}"#);

        assert_eq!(signature, VECTOR);
    }

    const VECTOR: &str = "efb991a89809e1c80505d0cd55486486c8bc9f449ad5726c47e370797057695b";

    fn question(from: &str) -> Question {
        Question {
            call: "CA7".parse().unwrap(),
            line: "+441632960000".parse().unwrap(),
            line_name: "Office \"One\"".into(),
            caller: CallerId::read(from),
            geography: Geography::default(),
        }
    }
}
