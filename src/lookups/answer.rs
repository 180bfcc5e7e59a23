//! What the user's own address may answer. Whatever else comes is unusable, and nothing of it is repeated anywhere.

use std::{collections::BTreeMap, fmt, sync::Arc};

use bytes::Bytes;
use http::{Response, StatusCode, header};
use ringall_core::{
    call::Answer,
    findings::{Findings, MOST_FIELDS},
};
use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// Why an answer cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unusable {
    #[error("the address cannot be reached")]
    NotConnected,
    #[error("no whole answer came in time")]
    TimedOut,
    #[error("the connection broke, or the answer is larger than 64 KiB")]
    Broken,
    #[error("a redirect, which is not followed")]
    Redirect,
    #[error("status {0}, expected 200 or 404")]
    Status(u16),
    #[error("the answer's type is not application/json")]
    NotJson,
    #[error("expected an object of texts, numbers, `true` and `false`")]
    NotFields,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    /// Fields, or that the caller is not known.
    pub(super) answer: Answer,
    /// How many fields came besides, more than anybody needs.
    pub(super) left_out: usize,
}

/// Reads an answer.
pub(super) fn read(response: &Response<Bytes>) -> Result<Told, Unusable> {
    match response.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND => return Ok(Told { answer: Answer::NotFound, left_out: 0 }),
        status if status.is_redirection() => return Err(Unusable::Redirect),
        status => return Err(Unusable::Status(status.as_u16())),
    }
    if !is_json(response) {
        return Err(Unusable::NotJson);
    }
    // What is wrong may quote what was said.
    let Fields { is_found, kept, left_out } =
        serde_json::from_slice(response.body()).map_err(|_| Unusable::NotFields)?;
    let answer = match is_found {
        Some(false) => Answer::NotFound,
        None if kept.is_empty() => Answer::NotFound,
        Some(true) | None => Answer::Found(kept.into_iter().collect::<Findings>()),
    };
    Ok(Told { answer, left_out })
}

fn is_json(response: &Response<Bytes>) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// The object that is expected.
struct Fields {
    /// What `found` says, if it stands there.
    is_found: Option<bool>,
    /// The others, without those that are `null`.
    kept: BTreeMap<Arc<str>, Arc<str>>,
    /// How many are too many.
    left_out: usize,
}

impl Fields {
    /// The first ones count; of two values of one name the later one does.
    fn add(&mut self, name: String, value: String) {
        if self.kept.len() < MOST_FIELDS || self.kept.contains_key(name.as_str()) {
            self.kept.insert(name.into(), value.into());
        } else {
            self.left_out += 1;
        }
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut read = Fields { is_found: None, kept: BTreeMap::new(), left_out: 0 };
        while let Some(name) = map.next_key::<String>()? {
            match (name.as_str(), map.next_value::<Scalar>()?) {
                ("found", Scalar::Flag(found)) => read.is_found = Some(found),
                ("found", _) => return Err(Error::custom("`found` is no flag")),
                (_, Scalar::Null) => {}
                (_, Scalar::Flag(flag)) => read.add(name, flag.to_string()),
                (_, Scalar::Text(text)) => read.add(name, text),
            }
        }
        Ok(read)
    }
}

/// A value that is no list and no object. A number is kept as it is written out.
enum Scalar {
    Null,
    Flag(bool),
    Text(String),
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number, `true` or `false`")
    }

    fn visit_unit<E: Error>(self) -> Result<Scalar, E> {
        Ok(Scalar::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Scalar, E> {
        Ok(Scalar::Flag(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Scalar, E> {
        Ok(Scalar::Text(number.to_string()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Scalar, E> {
        Ok(Scalar::Text(number.to_string()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Scalar, E> {
        Ok(Scalar::Text(number.to_string()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Scalar, A::Error> {
        Err(Error::custom("a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
        let _ = map.next_entry::<IgnoredAny, IgnoredAny>();
        Err(Error::custom("an object"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_numbers_and_flags_become_fields() {
        let body = r#"{"name":"Mr \u00d6z","visits":12,"debt":-0.5,"vip":true,"note":"","gone":null,"found":true}"#;

        let found = [("name", "Mr Öz"), ("visits", "12"), ("debt", "-0.5"), ("vip", "true"), ("note", "")];
        assert_eq!(answer(200, JSON, body), Ok(Answer::Found(found.into_iter().collect())));
    }

    #[test]
    fn nobody_is_known_by_404_by_an_empty_object_and_by_found_false() {
        assert_eq!(answer(404, "text/html", "<h1>+447700900007"), Ok(Answer::NotFound));
        for body in ["{}", " { } ", r#"{"found":false}"#, r#"{"found":false,"name":"Jones"}"#, r#"{"name":null}"#] {
            assert_eq!(answer(200, JSON, body), Ok(Answer::NotFound), "{body}");
        }
    }

    #[test]
    fn found_alone_is_an_answer_too() {
        assert_eq!(answer(200, JSON, r#"{"found":true}"#), Ok(Answer::Found(Findings::default())));
    }

    #[test]
    fn every_other_status_is_unusable() {
        for status in [201, 204, 400, 401, 403, 410, 429, 500, 503] {
            assert_eq!(answer(status, JSON, "{}"), Err(Unusable::Status(status)));
        }
        for status in [301, 302, 307, 308] {
            assert_eq!(answer(status, JSON, "{}"), Err(Unusable::Redirect));
        }
    }

    #[test]
    fn an_answer_says_that_it_is_json() {
        for kind in ["application/json", "Application/JSON; charset=utf-8"] {
            assert_eq!(answer(200, kind, "{}"), Ok(Answer::NotFound), "{kind}");
        }
        for kind in ["text/html", "text/plain", "", "application/jsonp"] {
            assert_eq!(answer(200, kind, "{}"), Err(Unusable::NotJson), "{kind}");
        }
    }

    #[test]
    fn what_is_no_plain_object_is_unusable() {
        let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
        let deep_objects = format!("{}1{}", r#"{"a":"#.repeat(9_000), "}".repeat(9_000));
        for body in [
            "",
            "null",
            "true",
            "\"Jones\"",
            "[]",
            r#"{"name":"Jones""#,
            r#"{"name":"Jones"} and more"#,
            r#"{"name":["Jones"]}"#,
            r#"{"name":{"first":"Mr"}}"#,
            r#"{"found":"yes"}"#,
            r#"{"found":null}"#,
            "{name:1}",
            &deep,
            &deep_objects,
        ] {
            assert_eq!(answer(200, JSON, body), Err(Unusable::NotFields), "{}", &body[..body.len().min(40)]);
        }
        let not_utf8 =
            Response::builder().header(header::CONTENT_TYPE, JSON).body(Bytes::from_static(b"{\"a\":\"\xff\"}"));
        assert_eq!(read(&not_utf8.unwrap()), Err(Unusable::NotFields));
    }

    #[test]
    fn ten_thousand_fields_are_not_kept_for_the_whole_call() {
        let field = |nth: usize| format!("\"f{nth:04}\":1");
        let body = |fields: &[String]| format!("{{{}}}", fields.join(","));
        let many: Vec<_> = (0..5_000).map(field).collect();

        let Told { answer, left_out } = told(200, JSON, &body(&many)).unwrap();

        let kept: Findings = (0..MOST_FIELDS).map(|nth| (format!("f{nth:04}"), "1")).collect();
        assert_eq!((answer, left_out), (Answer::Found(kept.clone()), 5_000 - MOST_FIELDS));
        let just_enough = body(&many[..MOST_FIELDS]);
        assert_eq!(told(200, JSON, &just_enough), Ok(Told { answer: Answer::Found(kept), left_out: 0 }));
        let twice = body(&vec![field(1); 5_000]);
        assert_eq!(told(200, JSON, &twice).unwrap().left_out, 0, "one field, however often it is told");
    }

    const JSON: &str = "application/json";

    fn answer(status: u16, kind: &str, body: &str) -> Result<Answer, Unusable> {
        told(status, kind, body).map(|told| told.answer)
    }

    fn told(status: u16, kind: &str, body: &str) -> Result<Told, Unusable> {
        let response = Response::builder().status(status).header(header::CONTENT_TYPE, kind);
        read(&response.body(Bytes::from(body.to_owned())).unwrap())
    }
}
