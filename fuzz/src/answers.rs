//! The carrier's answers to our requests, or those of whatever stands between.
//!
//! An input is a line that says what is asked for (`create`, `cancel`, `end`, `redirect`, `find`, `room`) and the
//! answers, separated by a line of `---`: each a line with the status, and perhaps how long to wait, then the body. Status
//! 0 is no answer, 1 no connection, and any other below 200 a connection that breaks.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, header};
use ringall::{
    carrier::{
        Carrier, CarrierError, CreateCall, End,
        transport::{HttpService, TransportError},
        twilio::{TwilioAccount, TwilioClient},
    },
    secret::Secret,
};
use tokio::time::Instant;
use tower::{service_fn, util::BoxCloneSyncService};

use crate::{
    secrecy::{SECRET, assert_no_number},
    service::in_paused_time,
};

pub(crate) fn run(input: &[u8]) {
    let line_end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (wish, answers) = input.split_at(line_end);
    let answers = split(answers.get(1..).unwrap_or_default());
    let wish = String::from_utf8_lossy(wish);
    let sent = Sent::default();

    let (result, took) = in_paused_time(async {
        let begun = Instant::now();
        let result = ask(&client(&answers, sent.clone()), &wish).await;
        (result, begun.elapsed())
    });

    let asked = sent.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(took <= Duration::from_secs(if wish == "room" { 60 } else { 30 }), "{wish} took {took:?}");
    assert!(asked.len() <= if wish == "room" { 8 } else { 4 }, "{asked:?}");
    assert!(asked.iter().all(|path| is_ours(path)), "{asked:?}");
    if wish == "create" {
        assert_nobody_is_rung_twice(&answers, asked.len());
    }
    if let Err(error) = result {
        assert_is_discreet(&error);
    }
}

/// An answer: status, how long to wait, and body.
#[derive(Clone, Copy)]
struct Answer<'a> {
    status: u16,
    retry_after: &'a [u8],
    body: &'a [u8],
}

/// The paths that were asked for.
type Sent = Arc<Mutex<Vec<String>>>;

fn split(mut rest: &[u8]) -> Vec<Answer<'_>> {
    const SEPARATOR: &[u8] = b"\n---\n";
    let mut answers = Vec::new();
    while !rest.is_empty() && answers.len() < 8 {
        let end = rest.windows(SEPARATOR.len()).position(|bytes| bytes == SEPARATOR);
        answers.push(read_answer(&rest[..end.unwrap_or(rest.len())]));
        rest = end.map_or(&[], |end| &rest[end + SEPARATOR.len()..]);
    }
    answers
}

fn read_answer(text: &[u8]) -> Answer<'_> {
    let head_end = text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
    let (head, body) = (&text[..head_end], text.get(head_end + 1..).unwrap_or_default());
    let (status, retry_after) = head.split_at(head.len().min(3));
    let status = str::from_utf8(status).ok().and_then(|status| status.parse().ok()).unwrap_or(200);
    Answer { status, retry_after: retry_after.trim_ascii(), body }
}

async fn ask(client: &TwilioClient, wish: &str) -> Result<(), CarrierError> {
    let sid = "CA0123456789abcdef0123456789abcdef".parse().expect("a sid");
    match wish {
        "create" => client.create_call(order(), &|| true).await.map(drop),
        "cancel" => client.end_call(sid, End::IfUnanswered, &|| true).await.map(drop),
        "end" => client.end_call(sid, End::AtOnce, &|| true).await.map(drop),
        "redirect" => client.redirect_call(sid, "https://hotline.example.org/x".to_owned(), &|| true).await,
        "room" => client.look_up_room("CA1".to_owned()).await.map(drop),
        _ => client.look_up_call(sid).await.map(drop),
    }
}

fn order() -> CreateCall {
    CreateCall {
        to: "+447700900001".parse().expect("a number"),
        from: "+441632960000".parse().expect("a number"),
        url: "https://hotline.example.org/leg".to_owned(),
        fallback_url: "https://hotline.example.org/fallback".to_owned(),
        status_callback: "https://hotline.example.org/status".to_owned(),
        timeout: Duration::from_secs(30),
        detection: None,
        call_token: None,
    }
}

fn client(answers: &[Answer<'_>], sent: Sent) -> TwilioClient {
    let answers: Vec<_> =
        answers.iter().map(|answer| (answer.status, answer.retry_after.to_vec(), answer.body.to_vec())).collect();
    let answers = Arc::new(Mutex::new(answers.into_iter()));
    let http: HttpService = BoxCloneSyncService::new(service_fn(move |request: Request<Bytes>| {
        let path = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
        sent.lock().unwrap_or_else(PoisonError::into_inner).push(path);
        let next = answers.lock().unwrap_or_else(PoisonError::into_inner).next();
        async move {
            match next {
                None | Some((1, ..)) => Err(TransportError::NotConnected("nobody listens".to_owned())),
                Some((0, ..)) => std::future::pending().await,
                Some((2..=199, ..)) => Err(TransportError::Broken("in the middle".to_owned())),
                Some((status, retry_after, body)) => Ok(respond(status, &retry_after, body)),
            }
        }
    }));
    let account = TwilioAccount {
        api_base: "https://api.twilio.com".parse().expect("an address"),
        account_sid: ACCOUNT.to_owned(),
        user: ACCOUNT.to_owned(),
        secret: Secret::new(SECRET),
    };
    TwilioClient::new(&account, http).expect("an account")
}

fn respond(status: u16, retry_after: &[u8], body: Vec<u8>) -> Response<Bytes> {
    let mut response = Response::builder().status(status);
    if !retry_after.is_empty() {
        response = response.header(header::RETRY_AFTER, retry_after);
    }
    let whole = response.body(Bytes::from(body));
    // A header that HTTP cannot carry never arrives.
    whole.unwrap_or_default()
}

/// Whatever the carrier named, we ask below our account, for something with a name.
fn is_ours(path: &str) -> bool {
    let below = path.strip_prefix("/2010-04-01/Accounts/").and_then(|path| path.strip_prefix(ACCOUNT));
    below.is_some_and(|below| below.starts_with(['/']) && !below.contains("//") && !below.contains(".."))
}

/// An order to dial goes out again only after an answer that says it was not carried out.
fn assert_nobody_is_rung_twice(answers: &[Answer<'_>], asked: usize) {
    for answer in answers.iter().take(asked.saturating_sub(1)) {
        let said_so = answer.body.windows(5).any(|bytes| bytes == b"20429");
        let not_carried_out = matches!(answer.status, 1 | 429) || (said_so && answer.status >= 300);
        assert!(not_carried_out, "asked {asked} times, though the answer was {}", answer.status);
    }
}

/// The carrier's words are cut, and have no telephone number in them.
fn assert_is_discreet(error: &CarrierError) {
    let printed = error.to_string();
    assert!(printed.len() < 500 && !printed.contains(char::is_control), "{printed}");
    assert!(!printed.contains(SECRET), "{printed}");
    match error {
        CarrierError::BadNumber { message, .. }
        | CarrierError::Configuration { message, .. }
        | CarrierError::Refused { message, .. } => assert_no_number(message),
        CarrierError::Unavailable(words) | CarrierError::AnswerLost(words) => {
            assert_no_number(words.split_once(": ").map_or(words, |(_, message)| message));
        }
        CarrierError::NotInState | CarrierError::Unknown => {}
    }
}

const ACCOUNT: &str = "AC00000000000000000000000000000000";
