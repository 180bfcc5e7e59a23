//! A Record verb: a beep, and then the caller's voice until silence, a key, the longest length or the end of the leg
//! (carrier contract §3.1).

use tokio::time::{Instant, sleep_until};

use super::{
    super::{
        Simulator,
        form::{Form, push},
        hearing::Hearing,
        leg::LegKey,
        recordings::{Channels, Recording, RecordingStatus},
        switches::SilentRecord,
        twiml::Record,
        webhook::{self, Purpose, Source},
        world::{Errand, World},
    },
    Next, source_at,
};

/// The recording that a leg's document makes.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct OpenRecording {
    verb: Record,
    base: String,
    since: Instant,
    /// The key that has ended it.
    finished_by: Option<char>,
}

impl Simulator {
    pub(super) async fn record(&self, key: LegKey, verb: &Record, base: &str) -> Option<Next> {
        self.change(|world| world.begin_record(key, verb, base));
        loop {
            let (until, voices) = self.look(|world| world.record_ends(key))?;
            let changed = self.until_leg(key, |world| {
                let leg = world.leg(key);
                let finished = leg.recording.as_ref().is_none_or(|open| open.finished_by.is_some());
                (finished || leg.voice.len() != voices).then_some(finished)
            });
            tokio::select! {
                biased;
                finished = changed => if finished { break },
                () = sleep_until(until) => break,
            }
        }
        self.change(|world| world.end_record(key))
    }
}

impl World {
    fn begin_record(&mut self, key: LegKey, verb: &Record, base: &str) {
        let since = self.now;
        let open = OpenRecording { verb: verb.clone(), base: base.to_owned(), since, finished_by: None };
        self.leg_mut(key).recording = Some(open);
        self.hear(key, if verb.beep { Hearing::Recorded } else { Hearing::Silence });
    }

    /// When the recording ends if nothing more happens, and how often the caller has spoken.
    fn record_ends(&self, key: LegKey) -> Option<(Instant, usize)> {
        let leg = self.leg(key);
        let open = leg.recording.as_ref()?;
        let last_sound = leg.voice.iter().map(|(_, until)| *until).fold(open.since, Instant::max);
        let longest = open.since + open.verb.longest;
        let silent = if open.verb.silence.is_zero() { longest } else { last_sound + open.verb.silence };
        Some((longest.min(silent), leg.voice.len()))
    }

    /// The recording is over, and the leg is still there.
    fn end_record(&mut self, key: LegKey) -> Option<Next> {
        let open = self.leg_mut(key).recording.take()?;
        self.hush(key);
        let recording = self.keep_record(key, &open);
        let mut extra = Form::new();
        if let Some(key) = open.finished_by {
            push(&mut extra, "Digits", key.to_string());
        }
        match recording {
            Some(told) => extra.extend(told),
            None if self.settings.switches.silent_record == SilentRecord::FallsThrough => return None,
            None => push(&mut extra, "RecordingDuration", "0"),
        }
        Some(Next::Go(action_of(&open, extra)))
    }

    /// The leg has ended, or was led elsewhere, while it was recorded.
    pub(in crate::simulator) fn break_off_record(&mut self, key: LegKey, hung_up: bool) {
        let Some(open) = self.leg_mut(key).recording.take() else { return };
        let recording = self.keep_record(key, &open);
        if hung_up {
            let mut extra = Form::new();
            push(&mut extra, "Digits", "hangup");
            extra.extend(recording.unwrap_or_default());
            self.errands.push(Errand::FetchInVain(key, action_of(&open, extra), std::time::Duration::ZERO));
        }
    }

    /// A key during a recording; answers whether it has ended it.
    pub(in crate::simulator) fn press_in_record(&mut self, key: LegKey, digit: char) -> bool {
        let Some(open) = self.leg_mut(key).recording.as_mut() else { return false };
        let ends = open.verb.finish_on.contains(digit);
        if ends {
            open.finished_by = Some(digit);
        }
        ends
    }

    /// Keeps what was said; what the action tells of it comes back, nothing if nothing was said.
    fn keep_record(&mut self, key: LegKey, open: &OpenRecording) -> Option<Form> {
        let now = self.now;
        let spoken = self.leg(key).voice.iter().filter(|(from, until)| *until > open.since && *from < now);
        let bounds = spoken.fold(None, |bounds: Option<(Instant, Instant)>, (from, until)| {
            let (first, last) = bounds.unwrap_or((*from, *until));
            Some((first.min(*from).max(open.since), last.max(*until).min(now)))
        });
        let callback =
            open.verb.callback.as_ref().map(|link| {
                (webhook::resolve(&open.base, &link.url).unwrap_or_else(|_| link.url.clone()), link.method)
            });
        let whole = (open.since, now);
        let (from, until) = bounds.map_or(whole, |trimmed| if open.verb.trims { trimmed } else { whole });
        let recording = Recording {
            sid: self.new_sid("RE"),
            leg: key,
            source: "RecordVerb",
            channels: Channels::One,
            since: from,
            length: until.saturating_duration_since(from),
            status: if bounds.is_some() { RecordingStatus::Completed } else { RecordingStatus::Absent },
            ready_at: now,
            callback,
            events: open.verb.events.clone(),
        };
        let mut told = Form::new();
        push(&mut told, "RecordingUrl", self.recording_url(&recording.sid));
        push(&mut told, "RecordingSid", recording.sid.clone());
        push(&mut told, "RecordingDuration", recording.seconds().to_string());
        self.add_recording(recording);
        bounds.map(|_| told)
    }
}

fn action_of(open: &OpenRecording, extra: Form) -> Source {
    let link = open.verb.action.clone().unwrap_or_default();
    source_at(Purpose::Action, &open.base, &link, extra)
}
