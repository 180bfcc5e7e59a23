//! Asking the user's own addresses who a caller is. The question is signed; the answer has two seconds, 64 KiB, and no
//! redirect. Neither caller nor answer gets into a log: the address that fails is named, and why.

mod answer;
mod cache;
mod question;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, header};
use ringall_core::call::Answer;
use tokio::{sync::Semaphore, time::timeout};
use tower::{ServiceExt as _, service_fn, util::BoxCloneSyncService};
use tracing::{debug, warn};

pub use self::question::{Geography, Question};
use self::{
    answer::{Told, Unusable},
    cache::{Cache, Key},
};
use crate::{
    carrier::transport::{HttpService, Limits, NoNetwork, TransportError, over_network_within},
    clock::Clock,
    config::{Config, LookupConfig},
    current::Current,
};

/// All addresses, and what they have answered lately.
pub struct Lookups {
    addresses: Current<BTreeMap<String, LookupConfig>>,
    http: HttpService,
    clock: Clock,
    cache: Mutex<Cache>,
    under_way: Semaphore,
}

/// Carries the moment of a question, in seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "ringall-timestamp";
/// Carries the question's signature.
pub const SIGNATURE_HEADER: &str = "ringall-signature";
/// The largest answer that is read, in bytes.
pub const LARGEST_ANSWER: usize = 64 * 1024;
/// For all of it: the connection, the question, and the last byte of the answer. A caller waits.
const ANSWER_TAKES: Duration = Duration::from_secs(2);
/// More wait for their turn, within their two seconds.
const MOST_AT_ONCE: usize = 64;

/// The network for lookups.
pub fn over_network() -> Result<HttpService, NoNetwork> {
    over_network_within(Limits { connect: ANSWER_TAKES, total: ANSWER_TAKES, answer_bytes: LARGEST_ANSWER })
}

/// How many questions are under way at once at the most.
pub fn at_once(config: &Config) -> usize {
    if config.lookups.is_empty() { 0 } else { MOST_AT_ONCE }
}

/// No network at all: every question fails. For programs whose configuration has no lookups.
pub fn nowhere() -> HttpService {
    let refuse = |_: Request<Bytes>| async { Err(TransportError::NotConnected("there is no network".to_owned())) };
    BoxCloneSyncService::new(service_fn(refuse))
}

impl Lookups {
    /// These addresses, asked through `http`.
    pub fn new(addresses: BTreeMap<String, LookupConfig>, http: HttpService, clock: Clock) -> Self {
        let (cache, under_way) = (Mutex::default(), Semaphore::new(MOST_AT_ONCE));
        Self { addresses: Current::new(addresses), http, clock, cache, under_way }
    }

    /// From now on these addresses are asked. What others have answered is forgotten.
    pub fn reload(&self, addresses: &BTreeMap<String, LookupConfig>) {
        if *self.addresses.get() != *addresses {
            self.addresses.replace(addresses.clone());
            *self.cache.lock().unwrap_or_else(PoisonError::into_inner) = Cache::default();
        }
    }

    /// What the address of this name has said lately about the caller.
    pub fn remembered(&self, name: &str, question: &Question) -> Option<Answer> {
        let key = Key::of(name, question)?;
        let answer = self.cache.lock().unwrap_or_else(PoisonError::into_inner).get(&key, self.clock.now())?;
        debug!(lookup = name, "answered from memory");
        Some(answer)
    }

    /// Asks the address of this name. There is always an answer, two seconds later at the latest.
    pub async fn ask(&self, name: &str, question: &Question) -> Answer {
        let addresses = self.addresses.get();
        let Some(address) = addresses.get(name) else { return Answer::Failed };
        let answer = match timeout(ANSWER_TAKES, self.exchange(address, question)).await {
            Ok(Ok(told)) => {
                if told.left_out > 0 {
                    warn!(
                        lookup = name,
                        left_out = told.left_out,
                        "a lookup tells too many fields; only the first count"
                    );
                }
                told.answer
            }
            Ok(Err(unusable)) => {
                warn!(lookup = name, why = %unusable, "a lookup has no usable answer; the call goes on at its `failed` exit");
                return Answer::Failed;
            }
            Err(_) => {
                warn!(
                    lookup = name,
                    "a lookup has no answer within two seconds; the call goes on at its `failed` exit"
                );
                return Answer::Failed;
            }
        };
        if let Some(key) = Key::of(name, question).filter(|_| !address.cache_for.is_zero()) {
            let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
            // Whoever was asked may be nobody's address any more. A reload forgets after it has replaced, so that nothing
            // of theirs comes in between.
            if !Arc::ptr_eq(&addresses, &self.addresses.get()) {
                return answer;
            }
            cache.put(key, answer.clone(), self.clock.now(), address.cache_for);
        }
        answer
    }

    async fn exchange(&self, address: &LookupConfig, question: &Question) -> Result<Told, Unusable> {
        // Never closed, so never refused.
        let _turn = self.under_way.acquire().await.map_err(|_| Unusable::TimedOut)?;
        let request = self.request(address, question);
        let response = self.http.clone().oneshot(request).await.map_err(|error| match error {
            TransportError::NotConnected(_) => Unusable::NotConnected,
            TransportError::TimedOut => Unusable::TimedOut,
            // Also an answer that is too large.
            TransportError::Broken(_) => Unusable::Broken,
        })?;
        answer::read(&response)
    }

    fn request(&self, address: &LookupConfig, question: &Question) -> Request<Bytes> {
        let body = question.to_json();
        let timestamp = (self.clock.now().as_millis() / 1000).to_string();
        let signature = question::sign(&address.secret, &timestamp, &body);
        let plain = |text: String| HeaderValue::try_from(text).expect("digits and letters");
        let mut request = Request::post(address.url.as_str()).body(Bytes::from(body)).expect("a checked address");
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(header::USER_AGENT, HeaderValue::from_static(concat!("Ringall/", env!("CARGO_PKG_VERSION"))));
        headers.insert(HeaderName::from_static(TIMESTAMP_HEADER), plain(timestamp));
        headers.insert(HeaderName::from_static(SIGNATURE_HEADER), plain(signature));
        request
    }
}

#[cfg(test)]
mod tests;
