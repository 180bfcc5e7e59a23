//! Webhooks that no carrier sends: sent once more, signed by the wrong hand, or signed and odd.

use axum::body::Body;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use form_urlencoded::Serializer;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use ringall::simulator::WebhookEntry;
use sha1::Sha1;
use tower::ServiceExt as _;

use super::{ACCOUNT, LINE, TOKEN, World};

/// What the program answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: String,
    pub(crate) body: String,
}

/// The fields of a webhook.
pub(crate) type Fields = Vec<(String, String)>;

impl World {
    /// A webhook of our account, signed as the carrier signs.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = vec![("AccountSid".to_owned(), ACCOUNT.to_owned())];
        form.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.post_form(path, &form, TOKEN).await
    }

    /// A form, signed with this secret.
    pub(crate) async fn post_form(&self, path: &str, form: &Fields, token: &str) -> Answer {
        let signature = signature(token, &self.address(path), form);
        let request = post(path, &encode(form)).header("X-Twilio-Signature", signature);
        self.send(request.body(Body::from(encode(form))).expect("a request")).await
    }

    /// A webhook that the carrier asks for by GET.
    pub(crate) async fn get(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form: Fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let target = format!("{path}?{}", encode(&form));
        let signature = signature(TOKEN, &self.address(&target), &Vec::new());
        let request = Request::get(target).header("X-Twilio-Signature", signature);
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    /// A webhook of the carrier once more.
    pub(crate) async fn repeat(&self, entry: &WebhookEntry) -> Answer {
        assert_eq!(entry.method, Method::POST, "what is repeated here is a form");
        self.post_form(self.path_of(entry), &entry.form, TOKEN).await
    }

    /// The webhooks that were sent to paths with this ending.
    pub(crate) fn webhooks_to(&self, ending: &str) -> Vec<WebhookEntry> {
        self.carrier.webhook_log().into_iter().filter(|entry| self.path_of(entry).ends_with(ending)).collect()
    }

    /// Ends a leg over the carrier's API, as somebody else than the program does; answers with the status.
    pub(crate) async fn end_leg(&self, sid: &str) -> u16 {
        let user = STANDARD.encode(format!("{ACCOUNT}:{TOKEN}"));
        let request = post(&format!("/2010-04-01/Accounts/{ACCOUNT}/Calls/{sid}.json"), "Status=completed")
            .header(header::AUTHORIZATION, format!("Basic {user}"));
        let request = request.body(Body::from("Status=completed")).expect("a request");
        match self.carrier.rest().oneshot(request).await {
            Ok(response) => response.status().as_u16(),
            Err(never) => match never {},
        }
    }

    /// Deletes a recording over the carrier's API, as somebody at its console does; answers with the status.
    pub(crate) async fn delete_recording(&self, sid: &str) -> u16 {
        let user = STANDARD.encode(format!("{ACCOUNT}:{TOKEN}"));
        let request = Request::delete(format!("/2010-04-01/Accounts/{ACCOUNT}/Recordings/{sid}.json"))
            .header(header::AUTHORIZATION, format!("Basic {user}"));
        match self.carrier.rest().oneshot(request.body(Body::empty()).expect("a request")).await {
            Ok(response) => response.status().as_u16(),
            Err(never) => match never {},
        }
    }

    /// Any request at all.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = match self.program.router().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let status = response.status();
        let content_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or_default().to_owned();
        let body = response.into_body().collect().await.expect("a whole answer").to_bytes();
        Answer { status, content_type, body: String::from_utf8_lossy(&body).into_owned() }
    }

    pub(crate) fn path_of<'entry>(&self, entry: &'entry WebhookEntry) -> &'entry str {
        // What stands behind a `#` is between the carrier and us, and is not sent.
        let (url, _) = entry.url.split_once('#').unwrap_or((&entry.url, ""));
        url.strip_prefix(self.public_url.as_str().trim_end_matches('/')).unwrap_or_default()
    }

    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.as_str().trim_end_matches('/'))
    }
}

impl Answer {
    /// Whether it is a document that the carrier can use, and contains this.
    pub(crate) fn says(&self, words: &str) -> bool {
        self.status == StatusCode::OK && self.content_type.starts_with("text/xml") && self.body.contains(words)
    }
}

/// The fields of a call's first webhook.
pub(crate) fn incoming<'a>(sid: &'a str, from: &'a str) -> [(&'a str, &'a str); 4] {
    [("CallSid", sid), ("From", from), ("To", LINE), ("CallStatus", "ringing")]
}

/// A POST of a form without its signature.
pub(crate) fn post(path: &str, form: &str) -> http::request::Builder {
    Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::CONTENT_LENGTH, form.len())
}

fn encode(form: &Fields) -> String {
    Serializer::new(String::new()).extend_pairs(form).finish()
}

fn signature(token: &str, address: &str, form: &Fields) -> String {
    let mut fields: Vec<_> = form.iter().collect();
    fields.sort_unstable();
    fields.dedup();
    let mut hash = Hmac::<Sha1>::new_from_slice(token.as_bytes()).expect("any length is a key");
    hash.update(address.as_bytes());
    for (name, value) in fields {
        hash.update(name.as_bytes());
        hash.update(value.as_bytes());
    }
    STANDARD.encode(hash.finalize().into_bytes())
}
