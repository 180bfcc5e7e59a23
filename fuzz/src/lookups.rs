//! What the user's own address answers about a caller: whatever it is, the caller hears a document that the carrier takes,
//! and only numbers of allowed countries are dialled.
//!
//! An input is a line with the status and the type of an answer, and the answer.

use std::sync::LazyLock;

use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::BodyExt as _;
use ringall::{
    carrier::transport::{HttpService, TransportError},
    config::{Config, Strictness},
    simulator::door::{Reading, read_document, sign},
};
use tower::{ServiceExt as _, service_fn, util::BoxCloneSyncService};
use url::Url;

use crate::service::{in_paused_time, start_with_lookups};

pub(crate) fn run(input: &[u8]) {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let head = String::from_utf8_lossy(&input[..end]).into_owned();
    let (status, kind) = head.split_once(' ').unwrap_or((&head, "application/json"));
    let status: u16 = status.parse().ok().filter(|status| (200..600).contains(status)).unwrap_or(200);
    let body = Bytes::copy_from_slice(input.get(end + 1..).unwrap_or_default());
    let Ok(answer) = Response::builder().status(status).header(header::CONTENT_TYPE, kind).body(body) else { return };

    in_paused_time(async {
        let url = Url::parse(PUBLIC_URL).expect("an address");
        let router = start_with_lookups(&CONFIG, &url, that_answers(answer)).router();
        for line in ["%2B441632960000", "%2B441632960001"] {
            let form = format!(
                "AccountSid={ACCOUNT}&CallSid=CA{:0>32}&From=%2B447700900009&To={line}&CallStatus=ringing&Direction=inbound",
                &line[3..]
            );
            let signed = ringall::simulator::door::decode_form(&form);
            let request = Request::post("/voice")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header("X-Twilio-Signature", sign(TOKEN, &format!("{PUBLIC_URL}/voice"), &signed, false))
                .body(Body::from(form));
            let answered = router.clone().oneshot(request.expect("a request")).await;
            let body = answered.unwrap_or_else(|never| match never {}).into_body();
            let document = body.collect().await.expect("a whole answer").to_bytes();
            judge(&String::from_utf8_lossy(&document));
        }
    });
}

fn judge(document: &str) {
    let Reading { warnings, .. } = read_document(document).unwrap_or_else(|error| panic!("{error}: {document}"));
    assert!(warnings.is_empty(), "{warnings:?}: {document}");
    if let Some((_, number)) = document.split_once("<Number") {
        let dialled = number.split_once('>').map_or("", |(_, number)| number);
        assert!(dialled.starts_with("+44"), "{document}");
    }
}

/// The user's own address.
fn that_answers(answer: Response<Bytes>) -> HttpService {
    BoxCloneSyncService::new(service_fn(move |_: Request<Bytes>| {
        let answer = answer.clone();
        async move { Ok::<_, TransportError>(answer) }
    }))
}

static CONFIG: LazyLock<Config> = LazyLock::new(|| {
    let (config, _) = Config::parse(&FILE.replace("{TOKEN}", TOKEN), Strictness::Serve).expect("a configuration");
    config
});

const PUBLIC_URL: &str = "https://shop.example.org";
const ACCOUNT: &str = "AC00000000000000000000000000000000";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const FILE: &str = r#"
public_url = "https://shop.example.org"
carrier = { account_sid = "AC00000000000000000000000000000000", auth_token = "{TOKEN}" }
people.ana = { name = "Ana", phone = "+447700900001" }
groups.ana = { members = ["ana"], screen = "key" }
lookups.who = { url = "https://shop.example.org/who-calls", secret = "0123456789abcdef" }
lines."+441632960000" = { name = "Desk", start = "who" }
lines."+441632960001" = { name = "Theirs", start = "where" }
steps.who = { lookup = "who", found = "branch", not_found = "ring", failed = "sorry" }
steps.branch = { branch = "tier", cases = { gold = "hello", banned = "no" }, otherwise = "hello" }
steps.hello = { say = "Hello {lookup.name}, of {lookup.city}.", next = "ring" }
steps.ring = { ring = "ana" }
steps.no = { reject = "busy" }
steps.sorry = { say = "Sorry." }
steps.where = { lookup = "who", found = "theirs", not_found = "sorry", failed = "sorry" }
steps.theirs = { forward = "{lookup.phone}", countries = ["44"], screen = "key" }
"#;
