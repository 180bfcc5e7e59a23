//! Text messages, and who called (carrier contract §9, §4).

use std::borrow::Cow;

use form_urlencoded::Serializer;
use ringall_core::{id::CallSid, phone::CallerId};
use serde::Deserialize;

use super::{TwilioClient, exchange::Repeat, get, post, read};
use crate::carrier::{CarrierError, SendMessage};

impl TwilioClient {
    pub(super) async fn message(&self, message: SendMessage) -> Result<(), CarrierError> {
        let form = Serializer::new(String::new())
            .append_pair("To", &message.to.expose())
            .append_pair("From", &message.from.expose())
            .append_pair("Body", &message.body)
            .append_pair("StatusCallback", &message.status_callback)
            .finish();
        let request = post(&format!("{}.json", self.messages), form.into());
        // Whoever sends it knows how often a message may come twice.
        self.exchange.carry_out(&request, Repeat::IfCertainlyNotCarriedOut).await?.done()?;
        Ok(())
    }

    pub(super) async fn caller_of(&self, sid: CallSid) -> Result<Option<CallerId>, CarrierError> {
        let answer = self.exchange.carry_out(&get(&self.call(&sid)), Repeat::Always).await?;
        match answer.done_with_leg() {
            Ok(body) => {
                let call: Caller<'_> = read(&body)?;
                Ok(Some(CallerId::read(&call.from)))
            }
            Err(CarrierError::Unknown) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[derive(Deserialize)]
struct Caller<'a> {
    #[serde(borrow)]
    from: Cow<'a, str>,
}
