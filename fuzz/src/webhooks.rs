//! Webhooks through the whole program: whatever is signed is answered in time, with a document that the carrier takes, and
//! whatever is not signed changes nothing.
//!
//! An input is a line for each webhook: the method, the target, and the form as it is encoded. `POST` and `GET` are
//! completed with our account, `post` and `get` are not; both are signed, `forge` is not. `wait` lets as many milliseconds
//! pass as its target says.

use std::{sync::LazyLock, time::Duration};

use axum::{Router, body::Body};
use http::{HeaderMap, Method, Request, StatusCode, header, uri::PathAndQuery};
use http_body_util::BodyExt as _;
use ringall::{
    config::{Config, Strictness},
    simulator::door::{decode_form, read_document, sign},
};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};
use tower::ServiceExt as _;
use url::Url;

use crate::service::{in_paused_time, start};

pub(crate) fn run(input: &[u8]) {
    in_paused_time(async {
        let service = start(&CONFIG, &Url::parse(PUBLIC_URL).expect("an address"));
        let router = service.router();
        let mut answers = JoinSet::new();
        for line in input.split(|byte| *byte == b'\n').take(MOST_LINES) {
            let mut words = line.splitn(3, |byte| *byte == b' ');
            let mut next = || words.next().unwrap_or_default();
            let (verb, target, form) = (next(), String::from_utf8_lossy(next()), next());
            if verb == b"wait" {
                sleep(Duration::from_millis(target.parse().unwrap_or(0).min(MOST_WAITED_MS))).await;
            } else if let Some(webhook) = Webhook::read(verb, &target, form) {
                answers.spawn(webhook.send(router.clone()));
                tokio::task::yield_now().await;
            }
        }
        while let Some(answered) = answers.join_next().await {
            answered.expect("an answer that keeps its promises");
        }
    });
}

struct Webhook {
    request: Request<Body>,
    is_signed: bool,
    names_account: bool,
}

impl Webhook {
    fn read(verb: &[u8], target: &str, form: &[u8]) -> Option<Self> {
        let (method, completed, is_signed) = match verb {
            b"POST" => (Method::POST, true, true),
            b"GET" => (Method::GET, true, true),
            b"post" => (Method::POST, false, true),
            b"get" => (Method::GET, false, true),
            b"forge" => (Method::POST, true, false),
            _ => return None,
        };
        let mut form = form.to_vec();
        if completed {
            form.splice(0..0, format!("AccountSid={ACCOUNT}&").into_bytes());
        }
        let mut target = target.to_owned();
        if method == Method::GET {
            target.push(if target.contains('?') { '&' } else { '?' });
            target.push_str(&String::from_utf8_lossy(&form));
            form.clear();
        }
        let seen: PathAndQuery = target.parse().ok()?;
        if seen.as_str() != target || !target.starts_with('/') {
            return None;
        }
        let signed = decode_form(&String::from_utf8_lossy(&form));
        let token = if is_signed { TOKEN } else { "stranger" };
        let signature = sign(token, &format!("{PUBLIC_URL}{target}"), &signed, false);
        let request = Request::builder()
            .method(method)
            .uri(seen.as_str())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded; charset=UTF-8")
            .header("X-Twilio-Signature", signature);
        Some(Self { request: request.body(Body::from(form)).ok()?, is_signed, names_account: completed })
    }

    async fn send(self, router: Router) {
        let path = self.request.uri().path().to_owned();
        let answer = timeout(CARRIER_WAITS, router.oneshot(self.request)).await;
        let answer = answer.unwrap_or_else(|_| panic!("{path} is not answered in time"));
        let (parts, body) = answer.unwrap_or_else(|never| match never {}).into_parts();
        let body = body.collect().await.expect("a whole answer").to_bytes();

        let is_webhook = path.starts_with("/voice") || path == "/sms";
        assert!(!parts.status.is_server_error() || path == "/readyz", "{path}: {}", parts.status);
        assert!(self.is_signed || !is_webhook || !parts.status.is_success(), "{path} lets a stranger in");
        if parts.status == StatusCode::OK && is_webhook {
            assert!(self.names_account || has_kind(&parts.headers, "text/xml") || body.is_empty(), "{path}");
            assert_eq!(
                parts.headers.get(header::CACHE_CONTROL).map(header::HeaderValue::as_bytes),
                Some(&b"no-store"[..])
            );
        }
        if has_kind(&parts.headers, "text/xml") {
            let document = String::from_utf8_lossy(&body);
            let reading = read_document(&document).unwrap_or_else(|error| panic!("{path}: {error}: {document}"));
            assert!(reading.warnings.is_empty(), "{path}: {:?}: {document}", reading.warnings);
        }
    }
}

fn has_kind(headers: &HeaderMap, kind: &str) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(kind.as_bytes()))
}

static CONFIG: LazyLock<Config> = LazyLock::new(|| {
    let (config, _) = Config::parse(&FILE.replace("{TOKEN}", TOKEN), Strictness::Serve).expect("a configuration");
    config
});

const PUBLIC_URL: &str = "https://hotline.example.org";
const ACCOUNT: &str = "AC00000000000000000000000000000000";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";
/// The carrier gives up after this (carrier contract §1.4).
const CARRIER_WAITS: Duration = Duration::from_secs(15);
const MOST_LINES: usize = 16;
const MOST_WAITED_MS: u64 = 60_000;
const FILE: &str = r##"
public_url = "https://hotline.example.org"
carrier = { account_sid = "AC00000000000000000000000000000000", auth_token = "{TOKEN}" }
people.ana = { name = "Ana", phone = "+447700900001" }
people.ben = { name = "Ben", phone = "+447700900002" }
groups.keys = { members = ["ana", "ben"], screen = "key" }
groups.verdicts = { members = ["ben", "ana"], screen = "amd", ring_for = "20s" }
groups.both = { members = ["ana"], screen = "amd+key" }
lines."+441632960000" = { name = "Hotline", ring = "keys" }
lines."+441632960001" = { name = "Desk", start = "hello", ringback = "carrier" }
lines."+441632960002" = { name = "Both", ring = "both", max_calls = 1 }
steps.hello = { say = "Hello.", next = "ring" }
steps.ring = { ring = "verdicts", nobody = "sorry" }
steps.sorry = { say = "Sorry." }
lines."+441632960003" = { name = "Office", start = "menu" }
lines."+441632960004" = { name = "Support", start = "wait" }
lookups.who = { url = "https://hotline.example.org/who", secret = "0123456789abcdef" }
steps.menu = { menu = { en = "Press one.", de = "Die Eins." }, keys = { 1 = "german", 2 = "office", 3 = "mailbox", 42 = "who" }, no_input = "mailbox", wrong_key = "no", repeats = 1 }
steps.german = { language = "de", next = "menu" }
steps.office = { forward = "+441632960099", screen = "key", whisper = "A call from {caller.city}.", record = true, busy = "mailbox", no_answer = "mailbox", failed = "no", canceled = "no" }
steps.mailbox = { voicemail = "Please leave a message.", notify = ["ana"], finish_key = "#" }
steps.no = { reject = "not in service" }
steps.who = { lookup = "who", found = "tiers", not_found = "tiers", failed = "tiers" }
steps.tiers = { ring = "keys", tiers = [{ ring = "verdicts", after = "5s" }, { ring = "both", after = "10s", keep = false }], nobody = "mailbox" }
steps.wait = { queue = "keys", place_words = "You are number {place}.", announce_every = "30s", leave_key = "1", gave_up = "mailbox", too_long = "mailbox", full = "sorry", nobody = "sorry" }
"##;
