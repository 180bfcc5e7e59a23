//! What is wrong with the command line, or with the server as a whole, is said once and plainly.

use std::{fs, net::TcpListener, thread};

use axum::{Router, http::StatusCode, routing::any};
use ringall::conformance::all;

use super::{
    process::{Places, ringall},
    wrong_servers::serve,
};

#[test]
fn wrong_usage_is_told_with_exit_code_2() {
    let given = ["conformance", "--inbound=http://127.0.0.1:1/voice", "--status=http://127.0.0.1:1/status"];
    let with = |more: &[&'static str]| ringall(&[&given[..], more].concat());

    for (run, words) in [
        (ringall(&["conformance"]), "--inbound"),
        (with(&["--line=0123"]), "not an E.164 number"),
        (with(&["--line=+441632960000", "--only=no-such-thing"]), "no scenario's name contains `no-such-thing`"),
        (with(&["--line=+441632960000", "--auth-token-env=NO_SUCH_NAME"]), "NO_SUCH_NAME is not set"),
        (with(&["--line=+441632960000", "--fallback=https://example.org/"]), "--connect-to"),
        (with(&["--line=+441632960000", "--method=put"]), "invalid value"),
    ] {
        assert_eq!(run.code, Some(2), "{run:#?}");
        assert!(run.err.contains(words), "{words}: {run:#?}");
    }
}

#[test]
fn server_that_is_not_there_is_told_once() {
    let run = Places::free().conformance(&[]);

    assert_eq!(run.code, Some(1));
    assert!(run.err.contains("nobody listens at http://127.0.0.1:") && run.err.contains("--connect-to"), "{run:#?}");
    assert_eq!(run.names("FAIL"), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn server_that_refuses_every_signature_is_told_what_to_check() {
    let places = Places::free();
    serve(places, Router::new().fallback(any(StatusCode::FORBIDDEN))).await;

    let run = tokio::task::spawn_blocking(move || places.conformance(&[])).await.expect("a run");

    assert_eq!(run.code, Some(1));
    assert!(run.err.contains("answers 403") && run.err.contains("same auth token"), "{run:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn server_that_never_asks_the_carrier_for_anything_is_told_where_to_ask() {
    let places = Places::free();
    let words = ([("content-type", "text/xml")], "<Response><Say>Hello.</Say></Response>");
    serve(places, Router::new().fallback(any(words))).await;

    let run = tokio::task::spawn_blocking(move || places.conformance(&[])).await.expect("a run");

    assert_eq!(run.code, Some(1));
    let rest = format!("http://{}", places.rest);
    assert!(run.err.contains("no request came to the carrier's REST API at ") && run.err.contains(&rest), "{run:#?}");
    assert!(run.err.contains("told the caller: “Hello.”"), "{run:#?}");
}

#[test]
fn server_that_says_nothing_is_told_so() {
    let places = Places::free();
    let listener = TcpListener::bind(places.server).expect("the port is still free");
    // Connections are taken and never answered.
    thread::spawn(move || listener.incoming().collect::<Vec<_>>());

    let run = places.conformance(&[]);

    assert_eq!(run.code, Some(1));
    assert!(run.err.contains("has not answered the webhook of the call either"), "{run:#?}");
}

#[test]
fn handbook_shows_the_scenarios_as_the_program_lists_them() {
    let handbook = fs::read_to_string("docs/conformance.md").expect("the handbook");
    let table = handbook.lines().skip_while(|line| *line != "## The scenarios").skip(1);
    let rows = table.take_while(|line| !line.starts_with("## ")).filter(|line| line.starts_with("| `"));
    let expected = all().into_iter().map(|scenario| {
        format!("| `{}` | {} | {} |", scenario.name, scenario.promise, scenario.needs.in_words().join(", "))
    });
    let (rows, expected): (Vec<_>, Vec<_>) = (rows.map(str::to_owned).collect(), expected.collect());
    assert!(rows == expected, "the table should be:\n{}", expected.join("\n"));

    let list = ringall(&["conformance", "--list"]);
    assert_eq!(list.code, Some(0));
    let listed: Vec<_> = list.out.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(listed, all().iter().map(|scenario| scenario.name).collect::<Vec<_>>());
}
