//! Requests to the program that are no part of a call: signed by the wrong hand, sent once more, or no webhook at all.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use url::Url;

use super::{
    Simulator,
    form::{self, Form},
    signing,
};

/// One request of a stranger.
#[derive(Debug, Clone)]
pub struct Knock {
    /// How it is sent; a form travels in the query of a GET.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// The fields.
    pub form: Form,
    /// Whose signature it carries.
    pub signed: Signed,
    /// The idempotency token, as a repeated webhook carries one.
    pub token: Option<String>,
    /// Sent as it is in place of the form.
    pub body: Option<(&'static str, Bytes)>,
}

/// Whose signature a request carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signed {
    /// The carrier's.
    Rightly,
    /// That of somebody who guesses the token.
    With(String),
    /// Nobody's.
    Not,
}

/// How long a connection may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Largest answer, in bytes.
const LARGEST_ANSWER: usize = 64 * 1024;

impl Knock {
    /// A form by POST, signed as the carrier signs.
    pub fn new(url: Url, form: Form) -> Self {
        Self { method: Method::POST, url, form, signed: Signed::Rightly, token: None, body: None }
    }
}

impl Simulator {
    /// Sends the request; answers with the status and the text of the answer, or with why there is none.
    pub async fn knock(&self, knock: Knock) -> Result<(StatusCode, String), String> {
        let request = self.request_of(knock)?;
        let server = self.look(|world| world.server.clone());
        let answer = server.send(request, CONNECT_WITHIN, LARGEST_ANSWER).await;
        let answer = answer.map_err(|error| format!("{error:?}"))?;
        Ok((answer.status(), String::from_utf8_lossy(answer.body()).into_owned()))
    }

    fn request_of(&self, knock: Knock) -> Result<Request<Bytes>, String> {
        let encoded = form::encode(&knock.form);
        let in_query = matches!(knock.method, Method::GET | Method::HEAD);
        let mut url = knock.url.to_string();
        if in_query && !encoded.is_empty() {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(&encoded);
        }
        let form_type = "application/x-www-form-urlencoded; charset=UTF-8";
        let (kind, body) = knock.body.unwrap_or((form_type, Bytes::from(encoded)));
        let signature = self.look(|world| {
            let token = match &knock.signed {
                Signed::Rightly => Some(&world.settings.auth_token),
                Signed::With(token) => Some(token),
                Signed::Not => None,
            };
            let signed_url = signing::signed_url(&url, world.settings.switches.signs_default_port);
            let fields: &[(String, String)] = if in_query { &[] } else { &knock.form };
            token.map(|token| signing::signature(token, &signed_url, fields))
        });

        let mut request = Request::builder()
            .method(knock.method)
            .uri(signing::signed_url(&url, false))
            .header(header::HOST, knock.url.authority().rsplit('@').next().unwrap_or_default())
            .header(header::USER_AGENT, "TwilioProxy/1.1");
        if let Some(signature) = signature {
            request = request.header("X-Twilio-Signature", signature);
        }
        if let Some(token) = knock.token {
            request = request.header("I-Twilio-Idempotency-Token", token);
        }
        let body = if in_query { Bytes::new() } else { body };
        if !in_query {
            request = request.header(header::CONTENT_TYPE, kind).header(header::CONTENT_LENGTH, body.len());
        }
        request.body(body).map_err(|error| error.to_string())
    }
}
