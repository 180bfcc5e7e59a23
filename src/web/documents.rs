//! What is heard, as TwiML. Every document ends in something: words, a room, a redirect or a hang-up.

use std::time::Duration;

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use ringall_core::{
    call::{AfterWords, CallerDocument, Told},
    flow::{self, Forward, ForwardScreen, Language, Menu, Rejection, Voicemail},
    id::{CallSid, LegId, RoundId, VisitId},
    phone::PhoneNumber,
};

use crate::{
    carrier::twilio::{
        Twiml, language_code,
        twiml::{self, Conference, Gather, GatherChoice, Prompt, Record, RejectReason, Verbs, Voice},
    },
    config::{Line, Voices, Words, voice_for},
    ringback,
    room::Room,
    urls::Urls,
};

/// One leg of one round of one call.
#[derive(Debug, Clone, Copy)]
pub(super) struct LegRef<'a> {
    pub(super) room: &'a Room,
    pub(super) round: RoundId,
    pub(super) leg: LegId,
}

/// How often the whisper is said. With its pauses it lasts longer than the call waits for a key, and then speaks too.
const WHISPERS: usize = 6;
const KEY_PAUSE: Duration = Duration::from_secs(3);
/// Where the carrier itself has dialled, no call watches how long a key is waited for: the document does.
const KEY_TAKES: Duration = Duration::from_secs(20);
/// About as fast as carriers speak.
const MILLIS_PER_CHARACTER: usize = 70;
/// How long a sound of the user's own is taken to be.
const SOUND_TAKES: Duration = Duration::from_secs(5);
/// The least that a carrier can be told to wait for a key when a sound is over: all of it is silence.
const HOLD_PAUSE: Duration = Duration::from_secs(1);
/// Tones of half a minute each, after which the leg asks again: only so does a program that has been started anew hear of
/// a caller whom its predecessor left ringing. Seldom, because a request that fails is silence.
const RINGBACK_TONES: u64 = 2;
/// A winner waits no longer than this alone: by then the call has asked the carrier and gone on.
const ALONE: Duration = Duration::from_secs(120);

/// What the caller hears.
pub(super) fn for_caller(document: &CallerDocument, room: &Room, line: &Line, urls: &Urls) -> Twiml {
    let call = room.call();
    match document {
        CallerDocument::EnterRoom => Twiml::begin().join(Conference {
            name: &room.to_string(),
            wait_url: &urls.caller_wait(room),
            status_callback: &urls.room(room),
            action: &urls.caller_dial_ended(call),
        }),
        CallerDocument::KeepRinging => Twiml::begin().pause(Duration::from_secs(1)).redirect(&urls.caller_now(call)),
        CallerDocument::HearRingback => {
            Twiml::begin().play_times(&tone(line, urls), RINGBACK_TONES).redirect(&urls.caller_now(call))
        }
        CallerDocument::Say { words, then: AfterWords::HangUp } => heard(Twiml::begin(), words, line, urls).hang_up(),
        CallerDocument::Say { words, then: AfterWords::Ask(visit) } => {
            heard(Twiml::begin(), words, line, urls).redirect(&urls.caller_after(call, *visit))
        }
        CallerDocument::HangUp => hang_up(),
        CallerDocument::Choose { before, menu, visit } => {
            choose(before.as_ref(), menu, &Place { call, visit: *visit, line, urls })
        }
        CallerDocument::Reject(Rejection::Busy) => Twiml::begin().reject(RejectReason::Busy),
        CallerDocument::Reject(Rejection::NotInService) => Twiml::begin().reject(RejectReason::Rejected),
        CallerDocument::HandOver(url) => Twiml::begin().redirect(url),
        CallerDocument::Forward { forward, show, visit } => hand_on(forward, *show, (call, *visit), line, urls),
        CallerDocument::Hold { words, sound, visit } => {
            hold(words.as_ref(), sound.as_ref(), &Place { call, visit: *visit, line, urls })
        }
        CallerDocument::Record { words, voicemail, visit } => {
            take_message(words, voicemail, &Place { call, visit: *visit, line, urls })
        }
    }
}

/// Where a document belongs.
struct Place<'a> {
    call: &'a CallSid,
    visit: VisitId,
    line: &'a Line,
    urls: &'a Urls,
}

/// Everything is said while keys are listened for, so that who knows the menu need not wait. Without a key the document
/// goes on to say so.
fn choose(before: Option<&flow::Words>, menu: &Menu, place: &Place<'_>) -> Twiml {
    let said = before.into_iter().chain([&menu.prompt]);
    let prompt = said.fold(Prompt::new(), |prompt, words| prompted(prompt, words, place.line, place.urls));
    let gather = GatherChoice {
        action: &place.urls.caller_chosen(place.call, place.visit),
        most_keys: menu.most_keys(),
        ends_with_hash: menu.ends_with_hash(),
        timeout: menu.pause,
    };
    Twiml::begin().gather_choice(gather, &prompt).redirect(&place.urls.caller_after(place.call, place.visit))
}

/// What is heard in a queue, with keys listened for all the time. When the sound is over the caller asks again: that is
/// when they are told their place, and how a program that has been started anew hears of them.
fn hold(words: Option<&flow::Words>, sound: Option<&flow::Words>, place: &Place<'_>) -> Twiml {
    let prompt = words.into_iter().fold(Prompt::new(), |prompt, words| prompted(prompt, words, place.line, place.urls));
    let prompt = match sound {
        Some(sound) => prompted(prompt, sound, place.line, place.urls),
        None => prompt.play(&tone(place.line, place.urls)),
    };
    let gather = Gather { action: &place.urls.caller_chosen(place.call, place.visit), timeout: HOLD_PAUSE };
    Twiml::begin().gather(gather, &prompt).redirect(&place.urls.caller_after(place.call, place.visit))
}

/// Behind mere silence the carrier goes on with the document: then too they ask what comes next.
fn take_message(words: &flow::Words, voicemail: &Voicemail, place: &Place<'_>) -> Twiml {
    let Place { call, visit, line, urls } = *place;
    heard(Twiml::begin(), words, line, urls)
        .record(Record {
            action: &urls.recorded(call, visit, &voicemail.name),
            status_callback: &urls.message_report(line.number, &voicemail.name),
            silence: voicemail.silence,
            longest: voicemail.longest,
            finish_key: voicemail.finish_key,
        })
        .redirect(&urls.caller_after(call, visit))
}

fn hand_on(
    forward: &Forward,
    show: Option<PhoneNumber>,
    (call, visit): (&CallSid, VisitId),
    line: &Line,
    urls: &Urls,
) -> Twiml {
    let whisper = forward.speaks_first().then(|| urls.forward_whisper(call, visit));
    let also: Vec<_> = forward.also.iter().map(|number| number.expose()).collect();
    let recording = forward.records.then(|| urls.talk_report(call));
    Twiml::begin().forward(twiml::Forward {
        to: &forward.to.expose(),
        also: &also,
        show: &show.unwrap_or(line.number).expose(),
        ring_for: forward.ring_for,
        whisper: whisper.as_deref(),
        status_callback: &urls.forward_status(call, visit),
        action: &urls.forwarded(call, visit),
        recording: recording.as_deref(),
    })
}

/// What an outside number hears before the caller: nothing but the step's own `words`, or the line's name. Where a key is
/// asked for, whoever presses none is hung up on; and what tells of the caller follows the key.
pub(super) fn forward_whisper(
    forward: &Forward,
    words: Option<&flow::Words>,
    (call, visit): (&CallSid, VisitId),
    line: &Line,
    urls: &Urls,
) -> Twiml {
    let words = words.filter(|_| !forward.whispers_behind_key());
    match (words, forward.screen) {
        (Some(words), ForwardScreen::None) => heard(Twiml::begin(), words, line, urls).end(),
        (None, ForwardScreen::None) => Twiml::begin().end(),
        (words, ForwardScreen::Key) => {
            let (prompt, takes) = match words {
                Some(words) => {
                    let press = line.words.take_or_decline(forward.decline_key);
                    let takes = length_of(words) + spoken(&press);
                    (prompted(Prompt::new(), words, line, urls).say(voice(line), &press), takes)
                }
                None => asked_by_name(forward.decline_key, line),
            };
            ask_for_key(&urls.forward_key(call, visit), &prompt, line, whispers_of(takes))
        }
    }
}

/// The line's own whisper, and how long it takes.
fn asked_by_name(decline_key: char, line: &Line) -> (Prompt, Duration) {
    let whisper = line.words.whisper(decline_key);
    (Prompt::new().say(voice(line), &whisper), spoken(&whisper))
}

/// How often a whisper of this length is said until a key has been waited for long enough; more than once in any case.
fn whispers_of(takes: Duration) -> usize {
    (2..WHISPERS)
        .find(|times| (takes + KEY_PAUSE).as_millis() * (*times as u128) >= KEY_TAKES.as_millis())
        .unwrap_or(WHISPERS)
}

fn length_of(words: &flow::Words) -> Duration {
    match words {
        flow::Words::Spoken(text) | flow::Words::SpokenIn { words: text, .. } => spoken(text),
        // What stands in a template is known elsewhere, and of several languages one is heard.
        flow::Words::Sound { .. } | flow::Words::Template(_) | flow::Words::Several(_) => SOUND_TAKES,
    }
}

fn spoken(text: &str) -> Duration {
    Duration::from_millis((text.chars().count() * MILLIS_PER_CHARACTER).try_into().unwrap_or(u64::MAX))
}

/// An outside number has pressed the key that takes the call: it may hear of the caller now, and then them.
pub(super) fn taken(forward: &Forward, words: Option<&flow::Words>, line: &Line, urls: &Urls) -> Twiml {
    match words.filter(|_| forward.whispers_behind_key()) {
        Some(words) => heard(Twiml::begin(), words, line, urls).end(),
        None => connect(),
    }
}

/// The same after a restart, when nothing is known of the forward but the line that its number was shown: a key is asked
/// for in any case, for a mailbox may be listening.
pub(super) fn unknown_forward_whisper(call: &CallSid, visit: VisitId, line: &Line, urls: &Urls) -> Twiml {
    let (prompt, takes) = asked_by_name(flow::DECLINE_KEY, line);
    ask_for_key(&urls.forward_key(call, visit), &prompt, line, whispers_of(takes))
}

/// Whoever picked up has the call: behind their document the carrier connects them.
pub(super) fn connect() -> Twiml {
    Twiml::begin().end()
}

fn ask_for_key(action: &str, prompt: &Prompt, line: &Line, times: usize) -> Twiml {
    let mut document = Twiml::begin();
    for _ in 0..times {
        document = document.gather(Gather { action, timeout: KEY_PAUSE }, prompt);
    }
    document.say(voice(line), &line.words.not_accepted).hang_up()
}

/// What a caller hears who is alone in the room: ringing, not music.
pub(super) fn caller_waits(room: &Room, country: &str, urls: &Urls) -> Twiml {
    let tone = urls.ringback(&ringback::file_name(country));
    Twiml::begin().play_times(&tone, RINGBACK_TONES).redirect(&urls.caller_wait(room))
}

/// The winner's way into the room. What they hear of the caller comes first; the caller, who goes there at once, hears
/// ringing meanwhile.
pub(super) fn winner_joins(leg: LegRef<'_>, whisper: Option<&flow::Words>, line: &Line, urls: &Urls) -> Twiml {
    let before = Twiml::begin();
    let before = match whisper {
        Some(words) => heard(before, words, line, urls),
        None => before,
    };
    join(before, leg, urls)
}

/// The same once more, after a breath: the room may just have been full (carrier contract §3.4, 16020).
pub(super) fn winner_joins_again(leg: LegRef<'_>, urls: &Urls) -> Twiml {
    join(Twiml::begin().pause(Duration::from_secs(1)), leg, urls)
}

fn join(before: Verbs, LegRef { room, round, leg }: LegRef<'_>, urls: &Urls) -> Twiml {
    let call = room.call();
    before.join(Conference {
        name: &room.to_string(),
        wait_url: &urls.leg_wait(call, round, leg),
        status_callback: &urls.room(room),
        action: &urls.leg_dial_ended(call, round, leg),
    })
}

/// What a winner hears who is in the room before the caller.
pub(super) fn winner_waits(line: &Line) -> Twiml {
    Twiml::begin().say(voice(line), &line.words.connecting).pause(ALONE).end()
}

/// Names the line and asks for a key. Before acceptance nothing else is said: a family member may be listening.
pub(super) fn whisper(leg: LegRef<'_>, decline_key: char, line: &Line, urls: &Urls) -> Twiml {
    let action = urls.leg_key(leg.room.call(), leg.round, leg.leg);
    let prompt = Prompt::new().say(voice(line), &line.words.whisper(decline_key));
    ask_for_key(&action, &prompt, line, WHISPERS)
}

/// Why somebody who picked up does not have the call.
pub(super) fn told(why: Told, line: &Line) -> Twiml {
    say_and_hang_up(words_for(why, &line.words), line)
}

/// Words in the line's voice, then the end.
pub(super) fn say_and_hang_up(words: &str, line: &Line) -> Twiml {
    Twiml::begin().say(voice(line), words).hang_up()
}

/// Words for a caller of whose call nothing is known, then the end.
pub(super) fn say_last(words: &flow::Words, line: &Line, urls: &Urls) -> Twiml {
    heard(Twiml::begin(), words, line, urls).hang_up()
}

/// Words of the flow in the line's voice, then the end.
pub(super) fn hear_and_hang_up(words: &flow::Words, line: &Line, urls: &Urls) -> Twiml {
    heard(Twiml::begin(), words, line, urls).hang_up()
}

/// Words where no line is known, and so no language either: in each in which they are given.
pub(super) fn plain_words(words: &flow::Words, voices: &Voices) -> Twiml {
    let document = match words {
        flow::Words::Several(several) => several.iter().fold(Twiml::begin(), |document, (language, words)| {
            let voice = Voice { voice: voice_for(language, voices), language: Some(language_code(language)) };
            document.say(voice, &words.to_string())
        }),
        // There are no sounds among them, and nothing to be filled.
        flow::Words::Spoken(_)
        | flow::Words::SpokenIn { .. }
        | flow::Words::Sound { .. }
        | flow::Words::Template(_) => Twiml::begin().say(Voice::default(), &words.to_string()),
    };
    document.hang_up()
}

/// The end without a word.
pub(super) fn hang_up() -> Twiml {
    Twiml::begin().hang_up()
}

impl IntoResponse for Twiml {
    fn into_response(self) -> Response {
        let headers = [(header::CONTENT_TYPE, Twiml::CONTENT_TYPE), (header::CACHE_CONTROL, "no-store")];
        (headers, self.into_bytes()).into_response()
    }
}

/// The answer to a callback that only tells something (carrier contract §4.2).
pub(super) fn noted() -> Response {
    (StatusCode::NO_CONTENT, [(header::CACHE_CONTROL, "no-store")]).into_response()
}

fn words_for(why: Told, words: &Words) -> &str {
    match why {
        Told::SomebodyElseHasIt => &words.somebody_else,
        Told::CallerLeft => &words.caller_left,
        Told::MovedOn => &words.moved_on,
        Told::NotAccepted => &words.not_accepted,
        Told::Declined => &words.declined,
        Told::CouldNotConnect => &words.could_not_connect,
    }
}

fn heard(document: Verbs, words: &flow::Words, line: &Line, urls: &Urls) -> Verbs {
    match words {
        flow::Words::Spoken(words) => document.say(voice(line), words),
        flow::Words::SpokenIn { language, words } => document.say(voice_of(language, line), words),
        flow::Words::Sound { url, .. } => document.play(&address(url, urls)),
        // Whatever belongs to a call was filled there.
        flow::Words::Template(_) | flow::Words::Several(_) => heard(document, &line.said(words), line, urls),
    }
}

/// A sound's address; a bare name is that of a file of ours.
fn address(url: &str, urls: &Urls) -> String {
    if url.contains("://") { url.to_owned() } else { urls.audio(url) }
}

fn prompted(prompt: Prompt, words: &flow::Words, line: &Line, urls: &Urls) -> Prompt {
    match words {
        flow::Words::Spoken(words) => prompt.say(voice(line), words),
        flow::Words::SpokenIn { language, words } => prompt.say(voice_of(language, line), words),
        flow::Words::Sound { url, .. } => prompt.play(&address(url, urls)),
        flow::Words::Template(_) | flow::Words::Several(_) => prompted(prompt, &line.said(words), line, urls),
    }
}

fn tone(line: &Line, urls: &Urls) -> String {
    urls.ringback(&ringback::file_name(&line.country))
}

fn voice(line: &Line) -> Voice<'_> {
    Voice { voice: line.voice.as_deref(), language: Some(language_code(&line.language)) }
}

/// Who speaks a language that is not the line's.
fn voice_of<'a>(language: &'a Language, line: &'a Line) -> Voice<'a> {
    Voice { voice: line.voice_for(language), language: Some(language_code(language)) }
}

#[cfg(test)]
mod tests;
