//! Recordings and text messages over REST (carrier contract §8, §9).

use axum::{body::Body, response::Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::{
    super::{
        error::ApiError,
        form::Form,
        recordings::{self, Recording, RecordingStatus},
        world::World,
    },
    Answer,
    create::link,
    resources::page,
};

impl World {
    /// The sound of a recording.
    pub(super) fn sound(&self, path: &[&str], headers: &HeaderMap) -> Result<Response, ApiError> {
        let file = path.last().copied().unwrap_or_default();
        let (sid, suffix) = file.split_once('.').unwrap_or((file, ""));
        let kind = if suffix == "mp3" { "audio/mpeg" } else { "audio/x-wav" };
        let found = self
            .find_recording(sid)
            .filter(|recording| recording.status == RecordingStatus::Completed && recording.ready_at <= self.now);
        let recording = found.ok_or_else(|| ApiError::not_found(file))?;
        let range = headers.get(header::RANGE).filter(|_| self.settings.switches.serves_ranges);
        Ok(respond(recording.sound(), kind, range.and_then(|range| range.to_str().ok())))
    }

    pub(super) fn show_recording(&self, sid: &str) -> Answer {
        let recording = self.find_recording(sid).ok_or_else(|| ApiError::not_found(sid))?;
        Ok((StatusCode::OK, self.recording_resource(recording)))
    }

    pub(super) fn list_recordings(&self, call: &str) -> Answer {
        let key = self.leg_by_sid(call).ok_or_else(|| ApiError::not_found(call))?;
        let recordings = self.recorded.iter().filter(|recording| recording.leg == key);
        Ok((StatusCode::OK, page("recordings", recordings.map(|it| self.recording_resource(it)).collect())))
    }

    pub(super) fn delete_recording(&mut self, sid: &str) -> Answer {
        let recording = self.recorded.iter_mut().find(|recording| recording.sid == sid);
        let recording = recording.ok_or_else(|| ApiError::not_found(sid))?;
        recording.status = RecordingStatus::Deleted;
        Ok((StatusCode::NO_CONTENT, Value::Null))
    }

    /// Records a call that is under way.
    pub(super) fn start_recording(&mut self, call: &str, form: &Form) -> Answer {
        let key = self.leg_by_sid(call).ok_or_else(|| ApiError::not_found(call))?;
        if !self.leg(key).is_answered() {
            return Err(ApiError::bad(21220, "Requested resource is not eligible for recording"));
        }
        let callback = link(form, "RecordingStatusCallback", "RecordingStatusCallbackMethod", 20422)?;
        let (channels, events) = (recordings::channels(form), recordings::events(form));
        let sid = self.begin_talk_recording(key, "StartCallRecordingAPI", channels, callback, events);
        let resource = self.find_recording(&sid).map(|recording| self.recording_resource(recording));
        Ok((StatusCode::CREATED, resource.unwrap_or_default()))
    }

    pub(super) fn send_message(&mut self, form: &Form) -> Answer {
        let (message, status) = self.take_message(form)?;
        let account = &self.settings.account_sid;
        Ok((
            StatusCode::CREATED,
            json!({
                "sid": message.sid,
                "account_sid": account,
                "to": message.to.expose(),
                "from": message.from,
                "body": message.body,
                "status": status,
                "num_segments": message.body.chars().count().div_ceil(153).to_string(),
                "num_media": "0",
                "direction": "outbound-api",
                "error_code": null,
                "error_message": null,
                "price": null,
                "api_version": "2010-04-01",
                "date_created": self.date_at(self.now),
                "uri": format!("/2010-04-01/Accounts/{account}/Messages/{}.json", message.sid),
            }),
        ))
    }

    fn find_recording(&self, sid: &str) -> Option<&Recording> {
        self.recorded.iter().find(|recording| recording.sid == sid)
    }

    fn recording_resource(&self, recording: &Recording) -> Value {
        json!({
            "sid": recording.sid,
            "account_sid": self.settings.account_sid,
            "call_sid": self.leg(recording.leg).sid,
            "status": if recording.status == RecordingStatus::Completed && recording.ready_at > self.now {
                "processing"
            } else {
                recording.status.as_str()
            },
            "duration": recording.seconds().to_string(),
            "channels": recording.channels.count(),
            "source": recording.source,
            "start_time": self.date_at(recording.since),
            "api_version": "2010-04-01",
            "uri": format!("/2010-04-01/Accounts/{}/Recordings/{}.json", self.settings.account_sid, recording.sid),
        })
    }
}

fn respond(sound: Vec<u8>, kind: &'static str, range: Option<&str>) -> Response {
    let size = sound.len();
    let mut response = Response::new(Body::empty());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let bytes = match recordings::part(range, size) {
        Some((from, until)) => {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let told = format!("bytes {from}-{}/{size}", until - 1);
            if let Ok(told) = HeaderValue::try_from(told) {
                response.headers_mut().insert(header::CONTENT_RANGE, told);
            }
            sound[from..until].to_vec()
        }
        None => sound,
    };
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    *response.body_mut() = Body::from(bytes);
    response
}
