//! The configuration: any text is either a configuration with which the program starts, or problems that say where they
//! are and nothing private.

use std::fs;

use http::{Request, StatusCode};
use ringall::config::{Config, Problem, PublicUrl, Strictness};
use toml::{Table, Value};
use tower::ServiceExt as _;
use url::Url;

use crate::{
    secrecy::{SECRET, assert_no_run_of_digits},
    service::{in_paused_time, start},
};

pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    if leads_to_a_device(&text) {
        return;
    }
    let checked = Config::parse(&text, Strictness::Check);
    let served = Config::parse(&text, Strictness::Serve);
    for problem in checked.as_ref().map_or_else(|problems| problems.iter(), |(_, warnings)| warnings.iter()) {
        assert_is_discreet(problem);
    }
    match &served {
        Ok((config, warnings)) => {
            warnings.iter().for_each(assert_is_discreet);
            assert!(checked.is_ok(), "what serves passes a check");
            assert_hides_secrets(config, &text);
            assert_starts(config);
        }
        Err(problems) => {
            assert!(problems.iter().count() > 0);
            problems.iter().for_each(assert_is_discreet);
        }
    }
}

/// A secret may come from any file that the user names; a device may never end, which is the user's doing.
fn leads_to_a_device(text: &str) -> bool {
    text.parse::<Table>().is_ok_and(|table| has_device(&Value::Table(table)))
}

fn has_device(value: &Value) -> bool {
    match value {
        Value::Table(table) => {
            table.iter().any(|(key, value)| (key == "file" && is_device(value)) || has_device(value))
        }
        Value::Array(values) => values.iter().any(has_device),
        Value::String(_) | Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => false,
    }
}

fn is_device(value: &Value) -> bool {
    let metadata = value.as_str().and_then(|path| fs::metadata(path.trim()).ok());
    metadata.is_some_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

/// It says where, and what, in one line, without a number or a secret.
fn assert_is_discreet(problem: &Problem) {
    let printed = problem.to_string();
    assert!(!problem.path().is_empty() && !problem.text().is_empty(), "{printed}");
    assert!(!printed.contains(char::is_control), "{printed:?}");
    assert!(!printed.contains(SECRET), "{printed}");
    assert_no_run_of_digits(&printed.replace(SAMPLE, "").replace(&"0".repeat(32), ""));
}

/// What stands in the file once does not stand in what is printed of the configuration.
fn assert_hides_secrets(config: &Config, text: &str) {
    let printed = format!("{config:?}");
    let secrets = config.carrier.auth_tokens.iter().map(|secret| secret.expose().to_owned());
    let numbers = config.lines.keys().map(|number| number.expose()[1..].to_owned());
    let phones = config.people.values().map(|person| person.phone.expose()[1..].to_owned());
    for hidden in secrets.filter(|secret| secret.len() > 16).chain(numbers).chain(phones) {
        assert!(text.matches(&hidden).count() != 1 || !printed.contains(&hidden), "{hidden} in {printed}");
    }
}

/// The program is put together and answers under its address.
fn assert_starts(config: &Config) {
    let public_url = match &config.public_url {
        PublicUrl::Url(url) => url.clone(),
        PublicUrl::Ngrok => Url::parse("https://some.ngrok.app").expect("an address"),
    };
    in_paused_time(async {
        let router = start(config, &public_url).router();
        let path = format!("{}/voice", public_url.path().trim_end_matches('/'));
        let request = Request::post(&path).body(axum::body::Body::empty()).expect("a request");
        let answer = router.oneshot(request).await.unwrap_or_else(|never| match never {});
        assert_eq!(answer.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{path}");
    });
}

/// The number that messages give as an example.
const SAMPLE: &str = "+4930123456";
