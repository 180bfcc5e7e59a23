//! The call before the first scenario: can this server be tried at all, how many phones does it ring, and how does it
//! tell a human from a mailbox?

use std::{net::SocketAddr, sync::Arc, time::Duration};

use http::StatusCode;
use tokio::time::{sleep, timeout};

use super::{
    scene::{Scene, talks},
    stage::{House, Stage},
};
use crate::simulator::{Caller, Hearing, Outcome, Purpose};

/// What the first call has shown.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// How many phones ring at the same time.
    pub(super) phones: usize,
    /// How long it took until the last of them was dialled.
    pub(super) dialling_takes: Duration,
    /// Whether whoever picks up is asked for a key.
    pub(super) asks_for_key: bool,
}

/// Why the server cannot be tried.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotBegin {
    /// Nobody listens.
    #[error(
        "nobody listens at {url}. Start your server first; if it listens elsewhere than its webhooks' address says, \
         name the place with --connect-to HOST:PORT"
    )]
    Unreachable {
        /// The webhook's address.
        url: String,
    },
    /// Every webhook is refused.
    #[error(
        "{url} answers {status} to a webhook that is signed as the carrier signs. Check that your server has the same \
         auth token and account SID ({account}) as this suite, and that it checks signatures against exactly this \
         address: scheme, host, port and path; behind a proxy that is the address outside"
    )]
    Refused {
        /// The webhook's address.
        url: String,
        /// What the server answered.
        status: u16,
        /// The account that the suite plays.
        account: String,
    },
    /// The webhook is not there, or fails.
    #[error("{url} answers {status} to the webhook of an incoming call. Check --inbound and --method")]
    Fails {
        /// The webhook's address.
        url: String,
        /// What the server answered.
        status: u16,
    },
    /// The webhook is not answered as it must be.
    #[error("{url} does not answer the webhook of an incoming call: {why}")]
    NoAnswer {
        /// The webhook's address.
        url: String,
        /// What came instead.
        why: String,
    },
    /// No order reached us.
    #[error(
        "somebody called {line}, and no request came to the carrier's REST API at http://{rest}. Set your server's \
         address of the REST API (often called API base) to it, and check that {line} is a number which your server \
         rings somebody for (--line){said}"
    )]
    NeverAsks {
        /// The number that was called.
        line: String,
        /// Where we listen.
        rest: SocketAddr,
        /// What the caller heard.
        said: String,
    },
    /// Our REST API refused what the server wants.
    #[error(
        "somebody called {line}, and no phone was rung, because the REST API refused your server's requests:\n{requests}\n{hint}"
    )]
    OrdersRefused {
        /// The number that was called.
        line: String,
        /// The requests and the answers.
        requests: String,
        /// What to look at.
        hint: &'static str,
    },
    /// Somebody was dialled, but nobody's phone rang.
    #[error("somebody called {line}, and no phone rang:\n{conversation}")]
    NobodyRings {
        /// The number that was called.
        line: String,
        /// What happened.
        conversation: String,
    },
}

/// How long a server may take until the first phone rings; the carrier gives its webhook 15 s.
const FIRST_RING: Duration = Duration::from_secs(16);
/// Without any request for so long, none will come.
const FIRST_REQUEST: Duration = Duration::from_secs(8);
/// When no other phone has been dialled for so long, all have been.
const ALL_DIALLED: Duration = Duration::from_millis(1500);
const LONGEST_DIALLING: Duration = Duration::from_secs(20);
/// How long words at the end may take; people speak quickly here.
const LAST_WORDS: Duration = Duration::from_secs(3);
const STEP: Duration = Duration::from_millis(50);

/// Plays the first call.
pub(super) async fn look_around(house: &House, rest: SocketAddr) -> Result<Known, CannotBegin> {
    let scene = Stage::new(house, &Arc::default()).open();
    let caller = scene.call();
    let known = match find_phones(&scene, &caller, rest).await {
        Ok(()) => Ok(find_manner(&scene, &caller).await),
        Err(trouble) => Err(trouble),
    };
    caller.hang_up();
    for phone in scene.carrier.newcomers() {
        phone.hang_up();
    }
    if known.is_ok() && timeout(scene.soon() * 2 + LAST_WORDS, scene.carrier.until_quiet()).await.is_err() {
        scene.carrier.end_everything();
    }
    known
}

/// Waits until a phone rings, or says why none will.
async fn find_phones(scene: &Scene, caller: &Caller, rest: SocketAddr) -> Result<(), CannotBegin> {
    let mut waited = Duration::ZERO;
    while scene.ringing().is_empty() {
        let asked = !scene.house.exchange.requests().is_empty();
        let patience = if asked { FIRST_RING } else { FIRST_REQUEST };
        if waited >= patience || caller.status().is_final() || first_webhook_failed(scene) {
            return Err(diagnosis(scene, caller, rest));
        }
        sleep(STEP).await;
        waited += STEP;
    }
    Ok(())
}

/// Counts the phones, and takes the call at the first.
async fn find_manner(scene: &Scene, caller: &Caller) -> Known {
    let (mut known, mut quiet, mut waited) = (Known::default(), Duration::ZERO, Duration::ZERO);
    while quiet < ALL_DIALLED && waited < LONGEST_DIALLING {
        let ringing = scene.ringing().len();
        if ringing > known.phones {
            (known.phones, known.dialling_takes, quiet) = (ringing, waited, Duration::ZERO);
        }
        sleep(STEP).await;
        (quiet, waited) = (quiet + STEP, waited + STEP);
    }
    let Some(phone) = scene.ringing().first().cloned() else { return known };
    phone.answer();
    known.asks_for_key = scene.until("", scene.soon() * 2, || phone.is_asked_for_key() || talks(caller)).await.is_ok()
        && phone.is_asked_for_key();
    if known.asks_for_key {
        phone.press(scene.house.target.key);
    }
    // Whether it comes to a talk is not judged here: the first scenario says that better.
    if scene.until("", scene.soon() * 2, || talks(caller)).await.is_ok() {
        scene.house.remember_usual_words(&phone);
    }
    known
}

fn first_webhook_failed(scene: &Scene) -> bool {
    let good = |outcome: &Outcome| matches!(outcome, Outcome::Answered(200..=299));
    first_outcome(scene).is_some_and(|outcome| !good(&outcome))
}

fn first_outcome(scene: &Scene) -> Option<Outcome> {
    let log = scene.carrier.webhook_log();
    // The carrier connects a second time if the first time fails.
    log.iter().rev().find(|entry| entry.purpose == Purpose::Voice).and_then(|entry| entry.outcome.clone())
}

/// What the caller has got in place of ringing phones, as the end of a sentence.
fn what_was_said(scene: &Scene, caller: &Caller) -> String {
    if first_outcome(scene).is_none() {
        return ". Your server has not answered the webhook of the call either".to_owned();
    }
    let said = caller.heard().into_iter().find_map(|heard| match heard.what {
        Hearing::Words(words) => Some(format!(". Your server told the caller: “{words}”")),
        Hearing::ErrorMessage => Some(". The carrier could not use your server's answer".to_owned()),
        Hearing::NetworkRinging
        | Hearing::Rings
        | Hearing::Ringback(_)
        | Hearing::Silence
        | Hearing::Music
        | Hearing::Talking(_)
        | Hearing::Ended(_)
        | Hearing::Recorded => None,
    });
    said.unwrap_or_default()
}

fn diagnosis(scene: &Scene, caller: &Caller, rest: SocketAddr) -> CannotBegin {
    let target = &scene.house.target;
    let (url, line) = (target.inbound.to_string(), target.line.expose());
    let account = target.account_sid.clone();
    match first_outcome(scene) {
        Some(Outcome::NotConnected) => return CannotBegin::Unreachable { url },
        Some(Outcome::Answered(status @ (401 | 403))) => return CannotBegin::Refused { url, status, account },
        Some(Outcome::Answered(status)) if !(200..300).contains(&status) => return CannotBegin::Fails { url, status },
        Some(Outcome::TimedOut) => return CannotBegin::NoAnswer { url, why: "nothing came within 15 s".to_owned() },
        Some(Outcome::Broken(why)) => return CannotBegin::NoAnswer { url, why },
        Some(Outcome::Answered(_) | Outcome::Closed | Outcome::Lost) | None => {}
    }
    let requests = scene.house.exchange.requests();
    if requests.is_empty() && scene.carrier.newcomers().is_empty() {
        return CannotBegin::NeverAsks { line, rest, said: what_was_said(scene, caller) };
    }
    let refused: Vec<_> = requests.iter().filter(|asked| !asked.status.is_success()).collect();
    if refused.is_empty() {
        return CannotBegin::NobodyRings { line, conversation: scene.carrier.conversation() };
    }
    let hint = match refused[0].status {
        StatusCode::UNAUTHORIZED => "Your server's account SID or auth token is not this suite's.",
        StatusCode::NOT_FOUND => "Your server asks for another account, or for what this carrier does not have.",
        _ => "Is the number that your server shows to its phones the one of --line?",
    };
    let lines = refused.iter().map(|asked| format!("  {} {} → {}", asked.method, asked.path, asked.status.as_u16()));
    CannotBegin::OrdersRefused { line, requests: lines.collect::<Vec<_>>().join("\n"), hint }
}
