//! Twilio's REST interface as a [`Carrier`]: which request each wish becomes, and what its answer means. How requests
//! are sent and repeated is in `exchange`, what a refusal means in `refusal`.

mod exchange;
mod messages;
mod order;
mod recordings;
mod refusal;
mod trial;

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use form_urlencoded::Serializer;
use futures_util::future::BoxFuture;
use http::{HeaderValue, Method};
use ringall_core::{id::CallSid, phone::CallerId};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use self::exchange::{Exchange, Prepared, Repeat};
pub use self::trial::{ListedCall, TrialCall};
use super::form::read_call_status;
use crate::{
    carrier::{
        CallStatus, Carrier, CarrierError, CreateCall, CreatedCall, End, RecordedSound, RecordingSid, SendMessage,
        Wanted, transport::HttpService,
    },
    current::Current,
    secret::Secret,
};

/// Whose telephone service is used, and how to log in there.
#[derive(Debug, Clone)]
pub struct TwilioAccount {
    /// Where the interface is; a path is kept, such as `/api/laml` of another cloud.
    pub api_base: Url,
    /// The account, `AC…`.
    pub account_sid: String,
    /// Who logs in: the account itself, or an API key, `SK…`.
    pub user: String,
    /// The account's token, or the key's secret.
    pub secret: Secret,
}

/// The account's settings cannot be written into a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAccount {
    /// The address has no host or no path.
    #[error("expected an address such as `https://api.twilio.com`")]
    ApiBase,
}

/// A [`Carrier`] that speaks Twilio's REST protocol. Cheap to share, not to clone: put it into an `Arc`.
pub struct TwilioClient {
    exchange: Exchange,
    /// The address of the account's calls, without `.json`.
    calls: String,
    /// The address of the account's conferences, without `.json`.
    conferences: String,
    /// The address of the account's messages, without `.json`.
    messages: String,
    /// The address of the account's recordings, without `.json`.
    recordings: String,
}

impl TwilioClient {
    /// A client of this account that sends its requests through `http`.
    pub fn new(account: &TwilioAccount, http: HttpService) -> Result<Self, BadAccount> {
        let authorization = Current::new(authorization(&account.user, &account.secret));
        Ok(Self {
            exchange: Exchange { http, authorization },
            calls: address(account, "Calls")?,
            conferences: address(account, "Conferences")?,
            messages: address(account, "Messages")?,
            recordings: address(account, "Recordings")?,
        })
    }

    /// From now on requests log in with this; those under way go on with what they have.
    pub fn log_in_with(&self, user: &str, secret: &Secret) {
        self.exchange.authorization.replace(authorization(user, secret));
    }

    async fn create(&self, order: CreateCall, is_wanted: Wanted<'_>) -> Result<CreatedCall, CarrierError> {
        let request = post(&format!("{}.json", self.calls), order::form(&order));
        let body =
            self.exchange.carry_out_while(&request, Repeat::IfCertainlyNotCarriedOut, is_wanted).await?.done()?;
        let call: CallResource<'_> = read(&body)?;

        Ok(CreatedCall {
            sid: call.sid.parse().map_err(|_| unreadable())?,
            queue_time: std::time::Duration::from_millis(order::millis(&call.queue_time)),
        })
    }

    async fn end(&self, sid: CallSid, how: End, is_wanted: Wanted<'_>) -> Result<CallStatus, CarrierError> {
        let form = match how {
            End::IfUnanswered => "Status=canceled",
            End::AtOnce => "Status=completed",
        };
        let request = post(&self.call(&sid), Bytes::from_static(form.as_bytes()));
        let answer = self.exchange.carry_out_while(&request, Repeat::Always, is_wanted).await?;
        match answer.done_with_leg() {
            Ok(body) => read_status(&body),
            // The leg is over already, which was the wish.
            Err(CarrierError::NotInState | CarrierError::Unknown) => Ok(CallStatus::Completed),
            Err(error) => Err(error),
        }
    }

    async fn redirect(&self, sid: CallSid, url: String, is_wanted: Wanted<'_>) -> Result<(), CarrierError> {
        let form = Serializer::new(String::new()).append_pair("Url", &url).append_pair("Method", "POST").finish();
        let request = post(&self.call(&sid), form.into());
        // A second redirect tears the leg out of where the first has led it: whoever wants it knows whether it came.
        let answer = self.exchange.carry_out_while(&request, Repeat::IfCertainlyNotCarriedOut, is_wanted).await?;
        answer.done_with_leg()?;
        Ok(())
    }

    async fn look_up(&self, sid: CallSid) -> Result<Option<CallStatus>, CarrierError> {
        let answer = self.exchange.carry_out(&get(&self.call(&sid)), Repeat::Always).await?;
        match answer.done_with_leg() {
            Ok(body) => read_status(&body).map(Some),
            Err(CarrierError::Unknown) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A conference that has not started shows apart from those in progress (carrier contract §3.4).
    async fn everybody(&self, name: String) -> Result<Vec<CallSid>, CarrierError> {
        let mut legs = self.room(&name, "init").await?;
        legs.append(&mut self.room(&name, "in-progress").await?);
        Ok(legs)
    }

    async fn room(&self, name: &str, status: &str) -> Result<Vec<CallSid>, CarrierError> {
        let query =
            Serializer::new(String::new()).append_pair("FriendlyName", name).append_pair("Status", status).finish();
        let request = get(&format!("{}.json?{query}", self.conferences));
        let body = self.exchange.carry_out(&request, Repeat::Always).await?.done()?;
        let rooms: Rooms<'_> = read(&body)?;
        // The carrier keeps at most one conference of a name in progress (carrier contract §3.4).
        let Some(room) = rooms.conferences.first() else { return Ok(Vec::new()) };
        if !is_sid(&room.sid) {
            return Err(unreadable());
        }

        self.participants(&room.sid).await
    }

    async fn participants(&self, room: &str) -> Result<Vec<CallSid>, CarrierError> {
        // A room holds two people, so the first page is all.
        let request = get(&format!("{}/{room}/Participants.json", self.conferences));
        let body = match self.exchange.carry_out(&request, Repeat::Always).await?.done_with_leg() {
            Ok(body) => body,
            // The room is over since it was found.
            Err(CarrierError::Unknown) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let people: Participants<'_> = read(&body)?;

        Ok(people.participants.iter().filter_map(|person| person.call_sid.parse().ok()).collect())
    }

    /// The address of one call.
    fn call(&self, sid: &CallSid) -> String {
        format!("{}/{sid}.json", self.calls)
    }
}

impl Carrier for TwilioClient {
    fn create_call<'a>(
        &'a self,
        order: CreateCall,
        is_wanted: Wanted<'a>,
    ) -> BoxFuture<'a, Result<CreatedCall, CarrierError>> {
        Box::pin(self.create(order, is_wanted))
    }

    fn end_call<'a>(
        &'a self,
        sid: CallSid,
        how: End,
        is_wanted: Wanted<'a>,
    ) -> BoxFuture<'a, Result<CallStatus, CarrierError>> {
        Box::pin(self.end(sid, how, is_wanted))
    }

    fn redirect_call<'a>(
        &'a self,
        sid: CallSid,
        url: String,
        is_wanted: Wanted<'a>,
    ) -> BoxFuture<'a, Result<(), CarrierError>> {
        Box::pin(self.redirect(sid, url, is_wanted))
    }

    fn look_up_call(&self, sid: CallSid) -> BoxFuture<'_, Result<Option<CallStatus>, CarrierError>> {
        Box::pin(self.look_up(sid))
    }

    fn look_up_room(&self, name: String) -> BoxFuture<'_, Result<Vec<CallSid>, CarrierError>> {
        Box::pin(async move { self.room(&name, "in-progress").await })
    }

    fn look_up_everybody(&self, name: String) -> BoxFuture<'_, Result<Vec<CallSid>, CarrierError>> {
        Box::pin(self.everybody(name))
    }

    fn send_message(&self, message: SendMessage) -> BoxFuture<'_, Result<(), CarrierError>> {
        Box::pin(self.message(message))
    }

    fn look_up_caller(&self, sid: CallSid) -> BoxFuture<'_, Result<Option<CallerId>, CarrierError>> {
        Box::pin(self.caller_of(sid))
    }

    fn open_recording(
        &self,
        recording: RecordingSid,
        range: Option<String>,
    ) -> BoxFuture<'_, Result<RecordedSound, CarrierError>> {
        Box::pin(self.sound_of(recording, range))
    }

    fn record_call(&self, sid: CallSid, report_to: String) -> BoxFuture<'_, Result<(), CarrierError>> {
        Box::pin(self.record(sid, report_to))
    }
}

/// What counts of a call in an answer.
#[derive(Deserialize)]
struct CallResource<'a> {
    #[serde(borrow)]
    sid: Cow<'a, str>,
    #[serde(borrow)]
    status: Cow<'a, str>,
    /// Milliseconds; Twilio writes them as a string.
    #[serde(default)]
    queue_time: Value,
}

#[derive(Deserialize)]
struct Rooms<'a> {
    #[serde(borrow)]
    conferences: Vec<Room<'a>>,
}

#[derive(Deserialize)]
struct Room<'a> {
    #[serde(borrow)]
    sid: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Participants<'a> {
    #[serde(borrow)]
    participants: Vec<Participant<'a>>,
}

#[derive(Deserialize)]
struct Participant<'a> {
    #[serde(borrow)]
    call_sid: Cow<'a, str>,
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, CarrierError> {
    serde_json::from_slice(body).map_err(|_| unreadable())
}

fn read_status(body: &[u8]) -> Result<CallStatus, CarrierError> {
    let call: CallResource<'_> = read(body)?;
    read_call_status(&call.status).ok_or_else(unreadable)
}

/// Whether a name can stand in an address as it is, which is built of it unchecked.
fn is_sid(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (1..=LONGEST_SID).contains(&text.len()) && plain
}

/// The carrier said yes in words that make no sense.
fn unreadable() -> CarrierError {
    CarrierError::AnswerLost("the carrier's answer cannot be read".to_owned())
}

fn authorization(user: &str, secret: &Secret) -> HeaderValue {
    let pair = STANDARD.encode(format!("{user}:{}", secret.expose()));
    let mut authorization = HeaderValue::from_maybe_shared(format!("Basic {pair}")).expect("base64 is plain ASCII");
    authorization.set_sensitive(true);
    authorization
}

fn address(account: &TwilioAccount, resource: &str) -> Result<String, BadAccount> {
    let mut url = account.api_base.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Credentials belong into the header alone.
    url.set_username("").and_then(|()| url.set_password(None)).map_err(|()| BadAccount::ApiBase)?;
    url.path_segments_mut().map_err(|()| BadAccount::ApiBase)?.pop_if_empty().extend([
        "2010-04-01",
        "Accounts",
        &account.account_sid,
        resource,
    ]);
    url.as_str().parse::<http::Uri>().map_err(|_| BadAccount::ApiBase)?;

    Ok(url.into())
}

fn post(address: &str, form: Bytes) -> Prepared {
    Prepared { method: Method::POST, uri: uri(address), form }
}

fn get(address: &str) -> Prepared {
    Prepared { method: Method::GET, uri: uri(address), form: Bytes::new() }
}

fn uri(address: &str) -> http::Uri {
    address.parse().expect("a checked address, with sids and an encoded query behind it")
}

const LONGEST_SID: usize = 64;

#[cfg(test)]
mod tests;
