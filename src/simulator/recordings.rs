//! Recordings that the carrier keeps: when they are ready, what is reported of them, and their sound (carrier contract §8).

use std::time::Duration;

use tokio::time::Instant;

use super::{
    Simulator,
    faults::RestFault,
    form::{self, Form, push},
    leg::LegKey,
    settings::Method,
    webhook::{Purpose, Request},
    world::World,
};

/// One recording.
#[derive(Debug, Clone)]
pub(super) struct Recording {
    pub(super) sid: String,
    pub(super) leg: LegKey,
    /// The carrier's word for what has made it.
    pub(super) source: &'static str,
    pub(super) channels: Channels,
    pub(super) since: Instant,
    pub(super) length: Duration,
    pub(super) status: RecordingStatus,
    /// Before this its sound cannot be had.
    pub(super) ready_at: Instant,
    pub(super) callback: Option<(String, Method)>,
    pub(super) events: Vec<String>,
}

/// Whether each side has a channel of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channels {
    One,
    Two,
}

/// Where a recording stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RecordingStatus {
    InProgress,
    Completed,
    /// Nothing was said.
    Absent,
    Deleted,
}

/// A recording as a test sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingRecord {
    /// The carrier's name of it.
    pub sid: String,
    /// The leg that was recorded.
    pub call: String,
    /// The carrier's word for what has made it.
    pub source: &'static str,
    /// How many channels it has.
    pub channels: u8,
    /// Its length in whole seconds.
    pub seconds: u64,
    /// The carrier's word for where it stands.
    pub status: &'static str,
    /// Where it is reported.
    pub reported_to: Option<String>,
    /// When it began, in milliseconds since the simulator's start.
    pub since: u64,
    /// When it ended, or will, as far as is known.
    pub until: u64,
    /// When its sound can be had, in milliseconds since the simulator's start.
    pub ready_at: u64,
}

/// Bytes of sound in a second.
const BYTES_PER_SECOND: u64 = 4000;

impl Simulator {
    /// Every recording so far.
    pub fn recordings(&self) -> Vec<RecordingRecord> {
        self.look(|world| {
            let record = |recording: &Recording| RecordingRecord {
                sid: recording.sid.clone(),
                call: world.leg(recording.leg).sid.clone(),
                source: recording.source,
                channels: recording.channels.count(),
                seconds: recording.seconds(),
                status: recording.status.as_str(),
                reported_to: recording.callback.as_ref().map(|(url, _)| url.clone()),
                since: world.millis_at(recording.since),
                until: match recording.status {
                    RecordingStatus::InProgress => u64::MAX,
                    RecordingStatus::Completed | RecordingStatus::Absent | RecordingStatus::Deleted => {
                        world.millis_at(recording.since + recording.length)
                    }
                },
                ready_at: world.millis_at(recording.ready_at),
            };
            world.recorded.iter().map(record).collect()
        })
    }

    /// Lets every order to record a call fail; `None` mends that.
    pub fn fail_recordings(&self, fault: Option<RestFault>) {
        self.change(|world| world.planned.recordings = fault);
    }

    /// How often the sound of any recording was asked for.
    pub fn times_listened(&self) -> usize {
        self.rest_log().iter().filter(|entry| is_sound(&entry.path)).count()
    }
}

impl Recording {
    /// Rounded up: what was said is never of no length.
    pub(super) fn seconds(&self) -> u64 {
        if self.status == RecordingStatus::Absent {
            0
        } else {
            self.length.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)
        }
    }

    /// The sound, which says whose it is.
    pub(super) fn sound(&self) -> Vec<u8> {
        let size = usize::try_from(self.seconds() * BYTES_PER_SECOND).unwrap_or(0);
        let name = format!("ID3 {} ", self.sid);
        name.bytes().cycle().take(size.max(name.len())).collect()
    }
}

impl Channels {
    pub(super) fn count(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }
}

impl RecordingStatus {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
            Self::Absent => "absent",
            Self::Deleted => "deleted",
        }
    }
}

impl World {
    /// Keeps a recording that is over. Its sound can be had a little later, and then that is reported.
    pub(super) fn add_recording(&mut self, mut recording: Recording) {
        let takes = self.settings.switches.recording_takes;
        recording.ready_at = self.now + takes;
        self.report_recording(&recording, takes);
        self.recorded.push(recording);
    }

    /// Begins to record a talk; answers with the recording's name.
    pub(super) fn begin_talk_recording(
        &mut self,
        leg: LegKey,
        source: &'static str,
        channels: Channels,
        callback: Option<(String, Method)>,
        events: Vec<String>,
    ) -> String {
        let (sid, now) = (self.new_sid("RE"), self.now);
        self.note(leg, "is recorded");
        let recording = Recording {
            sid: sid.clone(),
            leg,
            source,
            channels,
            since: now,
            length: Duration::ZERO,
            status: RecordingStatus::InProgress,
            ready_at: now,
            callback,
            events,
        };
        self.recorded.push(recording);
        sid
    }

    /// Ends every recording of talks of this leg.
    pub(super) fn end_talk_recordings(&mut self, leg: LegKey) {
        let (now, takes) = (self.now, self.settings.switches.recording_takes);
        for place in 0..self.recorded.len() {
            let recording = &mut self.recorded[place];
            if recording.leg != leg || recording.status != RecordingStatus::InProgress {
                continue;
            }
            recording.status = RecordingStatus::Completed;
            recording.length = now.saturating_duration_since(recording.since);
            recording.ready_at = now + takes;
            let recording = recording.clone();
            self.report_recording(&recording, takes);
        }
    }

    pub(super) fn recording_url(&self, sid: &str) -> String {
        format!("https://api.twilio.com/2010-04-01/Accounts/{}/Recordings/{sid}", self.settings.account_sid)
    }

    fn report_recording(&mut self, recording: &Recording, after: Duration) {
        let Some((url, method)) = recording.callback.clone() else { return };
        let wanted = |event: &String| event == recording.status.as_str();
        let by_default = recording.events.is_empty() && recording.status == RecordingStatus::Completed;
        if !(by_default || recording.events.iter().any(wanted)) {
            return;
        }
        let mut form = Form::new();
        push(&mut form, "AccountSid", &self.settings.account_sid);
        push(&mut form, "CallSid", &self.leg(recording.leg).sid);
        push(&mut form, "RecordingSid", &recording.sid);
        push(&mut form, "RecordingUrl", self.recording_url(&recording.sid));
        push(&mut form, "RecordingStatus", recording.status.as_str());
        push(&mut form, "RecordingDuration", recording.seconds().to_string());
        push(&mut form, "RecordingChannels", recording.channels.count().to_string());
        push(&mut form, "RecordingStartTime", self.date_at(recording.since));
        push(&mut form, "RecordingSource", recording.source);
        push(&mut form, "RecordingTrack", "both");
        let mut request = Request::new(Purpose::RecordingReport, url, method, form);
        request.held_up = after;
        self.send_callback(request);
    }
}

/// Whether a path asks for the sound of a recording rather than for what is known of it.
pub(super) fn is_sound(path: &str) -> bool {
    let suffix = path.strip_prefix("Recordings/").and_then(|file| file.split_once('.')).map(|(_, suffix)| suffix);
    matches!(suffix, Some("mp3" | "wav"))
}

/// The part of a sound that a request asks for, as (from, until); `None` for the whole.
pub(super) fn part(range: Option<&str>, size: usize) -> Option<(usize, usize)> {
    let (from, to) = range?.strip_prefix("bytes=")?.split_once('-')?;
    let from: usize = from.parse().ok()?;
    let until = if to.is_empty() { size } else { to.parse::<usize>().ok()?.saturating_add(1).min(size) };
    (from < until).then_some((from, until))
}

/// The events that a REST request subscribes to.
pub(super) fn events(form: &Form) -> Vec<String> {
    let words = form.iter().filter(|(name, _)| name == "RecordingStatusCallbackEvent");
    words.map(|(_, value)| value.clone()).collect()
}

/// Whether each side is to have a channel of its own.
pub(super) fn channels(form: &Form) -> Channels {
    if form::first(form, "RecordingChannels") == Some("dual") { Channels::Two } else { Channels::One }
}
