//! Who is let in: only forms that carry our carrier's signature and our account (promise 9).

use std::{sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use ringall_core::{
    fact::LegReport,
    id::CallSid,
    phone::{CallerId, PhoneNumber},
    screen::AnsweredBy,
};
use tokio::time::timeout;
use tracing::{debug, trace, warn};

use super::{App, Health, refused::Refused, server::Place};
use crate::{
    carrier::{
        CallStatus, RecordingSid,
        twilio::{
            Validator, WebhookForm,
            form::{DialStatus, RecordingStatus, RoomEvent},
            signature::{SIGNATURE_HEADER, SignatureError, SignedBody, SignedRequest},
        },
    },
    clock::Clock,
    current::Current,
    lookups::Geography,
    secret::Secret,
    switchboard::Carried,
};

/// Checks signatures and accounts, and counts who was turned away.
pub struct Gate {
    validator: Current<Validator>,
    account_sid: String,
    health: Arc<Health>,
    clock: Clock,
    refused: Refused,
}

/// The fields of a webhook that was let in. Any may be missing: a signature does not make a form complete.
#[derive(Debug, Clone)]
pub(super) struct Webhook {
    pub(super) call: Option<CallSid>,
    pub(super) from: Option<CallerId>,
    pub(super) from_number: Option<PhoneNumber>,
    pub(super) to: Option<PhoneNumber>,
    pub(super) status: Option<CallStatus>,
    pub(super) answered_by: Option<AnsweredBy>,
    pub(super) digits: String,
    pub(super) room_event: Option<RoomEvent>,
    pub(super) conference: Option<String>,
    pub(super) error_code: Option<u32>,
    pub(super) error_url: Option<String>,
    /// How a Dial ended; `None` also for a word that we do not know.
    pub(super) dial_status: Option<DialStatus>,
    /// Whether the carrier says how, in whatever word.
    pub(super) says_dial_status: bool,
    /// Whether the caller was ever connected in that Dial.
    pub(super) dial_bridged: Option<bool>,
    /// What counts if this brings a call.
    pub(super) carried: Carried,
    /// What the carrier says at the end of a leg.
    pub(super) lasted: Option<Duration>,
    pub(super) sip_code: Option<u16>,
    /// The recording that this is about.
    pub(super) recording: Option<RecordingSid>,
    pub(super) recording_status: Option<RecordingStatus>,
    pub(super) recording_length: Option<Duration>,
    /// Whether the carrier says how a recording ended, in whatever words.
    pub(super) says_recording: bool,
    /// The carrier's word for where a text message is.
    pub(super) message_status: Option<String>,
}

/// Why a request is turned away before anything looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("a form is expected, of type application/x-www-form-urlencoded")]
    NotAForm,
    #[error("the form is larger than any that a carrier sends")]
    TooLarge,
    #[error("the form did not arrive in time")]
    TooSlow,
    #[error("the signature does not fit")]
    Unsigned,
    #[error("the form belongs to another account")]
    ForeignAccount,
    #[error("the form names no account")]
    NoAccount,
}

/// A carrier sends its form in one piece.
const BODY_TAKES: Duration = Duration::from_secs(10);
/// No name of a place is longer, in bytes.
const LONGEST_PART: usize = 200;
/// In bytes. Those that were seen have some hundreds, and some with signed identities.
const LONGEST_TOKEN: usize = 16 * 1024;
const FORM: &str = "application/x-www-form-urlencoded";

impl Gate {
    /// A gate that lets in what `validator` accepts and `account_sid` owns.
    pub fn new(validator: Validator, account_sid: String, health: Arc<Health>, clock: Clock) -> Self {
        Self { validator: Current::new(validator), account_sid, health, clock, refused: Refused::default() }
    }

    /// From now on signatures must please this validator.
    pub fn reload(&self, validator: Validator) {
        self.validator.replace(validator);
    }

    /// How many requests were turned away.
    pub fn refused(&self) -> u64 {
        self.refused.all()
    }

    async fn read(&self, request: Request, app: &Arc<App>) -> Result<Webhook, Refusal> {
        let by_get = request.method() == Method::GET;
        if !by_get && !is_form(&request) {
            return Err(Refusal::NotAForm);
        }
        let Some(signature) = signature_of(&request).map(str::to_owned) else {
            // Most of what strangers send ends here: before a byte of the body is read, and without a copy of anything.
            self.on_bad_signature(|| self.validator.get().unsigned(target_of(&request)));
            return Err(Refusal::Unsigned);
        };
        let target = target_of(&request).to_owned();
        let place = request.extensions().get::<Arc<Place>>().cloned();
        let webhook = if by_get {
            let query = request.uri().query().unwrap_or_default();
            self.check(&target, &signature, query.as_bytes(), false)?
        } else {
            let body = timeout(BODY_TAKES, Bytes::from_request(request, app)).await.map_err(|_| Refusal::TooSlow)?;
            let body = body.map_err(|_| Refusal::TooLarge)?;
            self.check(&target, &signature, &body, true)?
        };
        if let Some(place) = place {
            place.signature_held();
        }
        Ok(webhook)
    }

    fn check(&self, target: &str, signature: &str, encoded: &[u8], post: bool) -> Result<Webhook, Refusal> {
        let form = WebhookForm::parse(encoded).map_err(|_| Refusal::TooLarge)?;
        let body = if post { SignedBody::Form(form.fields()) } else { SignedBody::None };
        let request = SignedRequest { path_and_query: target, signature: Some(signature), body };
        if let Err(error) = self.validator.get().check(&request) {
            self.on_bad_signature(|| error);
            return Err(Refusal::Unsigned);
        }
        self.health.signature_held();
        match form.account_sid() {
            Some(account) if account == self.account_sid => {}
            Some(_) => {
                warn!("a signed webhook of another account is turned away; is a subaccount's number pointed here?");
                return Err(Refusal::ForeignAccount);
            }
            None => {
                warn!("a signed webhook without an AccountSid does nothing; the carrier names the account in each");
                return Err(Refusal::NoAccount);
            }
        }
        trace!(path = target.split('?').next(), ?form, "webhook");
        Ok(Webhook::read(&form))
    }

    fn on_bad_signature(&self, why: impl FnOnce() -> SignatureError) {
        self.refused.for_signature(self.clock.now(), &self.health, why);
    }
}

impl FromRequest<Arc<App>> for Webhook {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Response> {
        app.gate.read(request, app).await.map_err(|refusal| {
            app.gate.refused.count();
            debug!(%refusal, "turned away");
            match refusal {
                // Signed, so it is our carrier who waits for a document, perhaps with somebody on the line.
                Refusal::NoAccount => app.current.get().failure().into_response(),
                Refusal::NotAForm
                | Refusal::TooLarge
                | Refusal::TooSlow
                | Refusal::Unsigned
                | Refusal::ForeignAccount => refusal.into_response(),
            }
        })
    }
}

impl Webhook {
    fn read(form: &WebhookForm<'_>) -> Self {
        Self {
            call: form.call_sid(),
            from: form.from(),
            from_number: form.text("From").and_then(|from| from.parse().ok()),
            to: form.to(),
            status: form.call_status(),
            answered_by: form.answered_by(),
            digits: form.digits().unwrap_or_default().chars().take(8).collect(),
            room_event: form.room_event(),
            conference: form.conference_sid().map(str::to_owned),
            error_code: form.error_code(),
            error_url: form.error_url().map(str::to_owned),
            dial_status: form.dial_call_status(),
            says_dial_status: form.text("DialCallStatus").is_some(),
            dial_bridged: form.dial_bridged(),
            carried: Carried { geography: geography(form), origin: form.origin(), call_token: call_token(form) },
            lasted: form.call_duration(),
            sip_code: form.sip_code(),
            recording: form.recording(),
            recording_status: form.recording_status(),
            recording_length: form.recording_length(),
            says_recording: form.text("RecordingUrl").is_some() || form.text("RecordingDuration").is_some(),
            message_status: form.text("MessageStatus").map(|status| status.chars().take(32).collect()),
        }
    }

    /// The carrier's account of a leg that is over.
    pub(super) fn leg_report(&self) -> Option<LegReport> {
        let status = self.status.filter(|status| status.is_final())?.name();
        Some(LegReport { status, lasted: self.lasted, sip_code: self.sip_code })
    }

    /// Whether the carrier says that this leg was picked up, or that a caller's leg was answered.
    pub(super) fn is_in_progress(&self) -> bool {
        self.status == Some(CallStatus::InProgress)
    }
}

/// Unknown parts are empty or missing (carrier contract §1.1).
fn geography(form: &WebhookForm<'_>) -> Geography {
    let part = |name| {
        let text = form.text(name).map(str::trim).filter(|text| !text.is_empty() && text.len() <= LONGEST_PART);
        text.map(Arc::from)
    };
    Geography { city: part("FromCity"), state: part("FromState"), zip: part("FromZip"), country: part("FromCountry") }
}

/// Opaque; a program that keeps it for each call keeps no more than this.
fn call_token(form: &WebhookForm<'_>) -> Option<Secret> {
    form.text("CallToken").filter(|token| !token.is_empty() && token.len() <= LONGEST_TOKEN).map(Secret::from)
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self {
            Self::NotAForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Unsigned | Self::ForeignAccount | Self::NoAccount => StatusCode::FORBIDDEN,
        };
        (status, [(header::CACHE_CONTROL, "no-store")], format!("{self}\n")).into_response()
    }
}

fn signature_of(request: &Request) -> Option<&str> {
    request.headers().get(SIGNATURE_HEADER)?.to_str().ok()
}

fn target_of(request: &Request) -> &str {
    request.uri().path_and_query().map_or("", http::uri::PathAndQuery::as_str)
}

fn is_form(request: &Request) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(FORM))
}
