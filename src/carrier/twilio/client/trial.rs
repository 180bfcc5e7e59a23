//! A call that somebody places to try a line: its order, and what the carrier's list of calls says meanwhile.

use std::{borrow::Cow, time::Duration};

use form_urlencoded::Serializer;
use ringall_core::{id::CallSid, phone::PhoneNumber};
use serde::Deserialize;

use super::{CallResource, TwilioClient, exchange::Repeat, get, post, read, unreadable};
use crate::{
    carrier::twilio::Twiml,
    carrier::{CallStatus, CarrierError, twilio::form::read_call_status},
};

/// An order for a call from one number of the account to another.
#[derive(Debug)]
pub struct TrialCall {
    /// The line that is tried.
    pub to: PhoneNumber,
    /// The number that calls.
    pub from: PhoneNumber,
    /// What the calling leg says once the line answers (carrier contract §4: sent along, at most 4000 characters).
    pub document: Twiml,
    /// How long the carrier lets it ring.
    pub timeout: Duration,
    /// How long the call may last at the longest, whatever happens to whoever placed it.
    pub time_limit: Duration,
}

/// A call as the carrier lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedCall {
    /// Its name.
    pub sid: CallSid,
    /// The leg whose Dial has made it, if one has.
    pub parent: Option<CallSid>,
    /// The number that was dialled; nothing for what is no number.
    pub to: Option<PhoneNumber>,
    /// Somebody has called one of the account's numbers.
    pub is_inbound: bool,
    /// Where it stands.
    pub status: CallStatus,
}

impl TwilioClient {
    /// Places the call. Not repeated if it may have been placed.
    pub async fn place(&self, call: &TrialCall) -> Result<CallSid, CarrierError> {
        let form = Serializer::new(String::new())
            .append_pair("To", &call.to.expose())
            .append_pair("From", &call.from.expose())
            .append_pair("Twiml", call.document.as_str())
            .append_pair("Timeout", &call.timeout.as_secs().to_string())
            .append_pair("TimeLimit", &call.time_limit.as_secs().to_string())
            .finish();
        let request = post(&format!("{}.json", self.calls), form.into());
        let body = self.exchange.carry_out(&request, Repeat::IfCertainlyNotCarriedOut).await?.done()?;
        let call: CallResource<'_> = read(&body)?;
        call.sid.parse().map_err(|_| unreadable())
    }

    /// The latest calls from a number to another, or from it at all; the latest first.
    pub async fn list_calls(
        &self,
        from: PhoneNumber,
        to: Option<PhoneNumber>,
    ) -> Result<Vec<ListedCall>, CarrierError> {
        let mut query = Serializer::new(String::new());
        query.append_pair("From", &from.expose()).append_pair("PageSize", MOST_LISTED);
        if let Some(to) = to {
            query.append_pair("To", &to.expose());
        }
        let request = get(&format!("{}.json?{}", self.calls, query.finish()));
        let body = self.exchange.carry_out(&request, Repeat::Always).await?.done()?;
        let page: Page<'_> = read(&body)?;
        Ok(page.calls.iter().filter_map(Listed::read).collect())
    }
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    calls: Vec<Listed<'a>>,
}

#[derive(Deserialize)]
struct Listed<'a> {
    #[serde(borrow)]
    sid: Cow<'a, str>,
    #[serde(borrow, default)]
    parent_call_sid: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    to: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    direction: Option<Cow<'a, str>>,
    #[serde(borrow)]
    status: Cow<'a, str>,
}

impl Listed<'_> {
    fn read(&self) -> Option<ListedCall> {
        Some(ListedCall {
            sid: self.sid.parse().ok()?,
            parent: self.parent_call_sid.as_ref().and_then(|sid| sid.parse().ok()),
            to: self.to.as_ref().and_then(|to| to.parse().ok()),
            is_inbound: self.direction.as_deref() == Some("inbound"),
            status: read_call_status(&self.status)?,
        })
    }
}

/// As many as one test call can bring about.
const MOST_LISTED: &str = "100";
