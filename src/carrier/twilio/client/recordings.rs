//! Recordings: their sound, and recording a call that is under way (carrier contract §8).

use bytes::Bytes;
use form_urlencoded::Serializer;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use ringall_core::id::CallSid;

use super::{
    TwilioClient,
    exchange::{Opened, Repeat},
    get, post,
};
use crate::carrier::{CarrierError, RecordedSound, RecordingSid, transport::Streamed};

impl TwilioClient {
    pub(super) async fn sound_of(
        &self,
        recording: RecordingSid,
        range: Option<String>,
    ) -> Result<RecordedSound, CarrierError> {
        // A tenth of the bytes of the other form that there is, and every browser plays it.
        let request = get(&format!("{}/{recording}.mp3", self.recordings));
        let range = range.and_then(|range| HeaderValue::try_from(range).ok());
        let answer = match self.exchange.open(&request, range).await? {
            Opened::Body(answer) => answer,
            // It may not be ready yet, or was deleted.
            Opened::Refused(refusal) if refusal.status == StatusCode::NOT_FOUND => return Err(CarrierError::Unknown),
            Opened::Refused(refusal) => return Err(refusal.into_error()),
        };
        let content_type = text(answer.headers(), header::CONTENT_TYPE).filter(|kind| kind.starts_with("audio/"));
        Ok(RecordedSound {
            status: answer.status(),
            content_type: content_type.unwrap_or_else(|| "audio/mpeg".to_owned()),
            length: text(answer.headers(), header::CONTENT_LENGTH).and_then(|length| length.parse().ok()),
            content_range: text(answer.headers(), header::CONTENT_RANGE),
            bytes: Streamed::of(answer),
        })
    }

    pub(super) async fn record(&self, sid: CallSid, report_to: String) -> Result<(), CarrierError> {
        let form = Serializer::new(String::new())
            .append_pair("RecordingChannels", "dual")
            .append_pair("RecordingStatusCallback", &report_to)
            .append_pair("RecordingStatusCallbackMethod", "POST")
            .append_pair("RecordingStatusCallbackEvent", "completed")
            .append_pair("RecordingStatusCallbackEvent", "absent")
            .finish();
        let request = post(&format!("{}/{sid}/Recordings.json", self.calls), Bytes::from(form));
        // A second recording of the same talk costs twice and helps nobody.
        self.exchange.carry_out(&request, Repeat::IfCertainlyNotCarriedOut).await?.done_with_leg()?;
        Ok(())
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}
