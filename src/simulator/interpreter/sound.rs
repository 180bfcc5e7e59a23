//! Words and recordings: how long they take, and that somebody hears them.

use std::time::Duration;

use tokio::time::sleep;

use super::{
    super::{
        Simulator,
        form::Form,
        hearing::Hearing,
        leg::LegKey,
        settings::Method,
        switches::Profile,
        webhook::{self, Purpose, Request},
        world::World,
    },
    Play, Say,
};

/// Largest recording, in bytes.
const LARGEST_RECORDING: usize = 16 * 1024 * 1024;
/// How often a recording is repeated at the most.
const MOST_REPEATS: u32 = 1000;
const MOST_REPEATS_ON_TRIAL: u32 = 10;

impl Simulator {
    pub(super) async fn say(&self, key: LegKey, say: &Say) {
        let length = duration_of_words(&say.text, self.look(|world| world.settings.speech));
        let mut spoken = 0;
        while say.times == 0 || spoken < say.times {
            self.change(|world| world.hear(key, Hearing::Words(say.text.clone())));
            sleep(length).await;
            spoken += 1;
        }
        self.change(|world| world.hush(key));
    }

    pub(super) async fn play(&self, key: LegKey, play: &Play, base: &str) {
        if !play.digits.is_empty() {
            sleep(Duration::from_millis(250 * u64::try_from(play.digits.len()).unwrap_or(0))).await;
        }
        if play.url.is_empty() {
            return;
        }
        let url = webhook::resolve(base, &play.url).unwrap_or_else(|_| play.url.clone());
        let length = self.length_of(&url).await;
        let most = self.look(|world| match world.settings.switches.profile {
            Profile::Trial => MOST_REPEATS_ON_TRIAL,
            Profile::Twilio | Profile::SignalWire => MOST_REPEATS,
        });
        let times = if play.times == 0 { most } else { play.times.min(most) };
        if length.is_zero() {
            return;
        }
        for _ in 0..times {
            self.change(|world| world.hear(key, Hearing::Ringback(url.clone())));
            sleep(length).await;
        }
        self.change(|world| world.hush(key));
    }

    /// How long a recording is; zero for one that cannot be had, which is silence.
    async fn length_of(&self, url: &str) -> Duration {
        if let Some(known) = self.look(|world| world.recordings.get(url).copied()) {
            return known;
        }
        let mut request = Request::new(Purpose::Recording, url.to_owned(), Method::Get, Form::new());
        request.largest = LARGEST_RECORDING;
        let length = match self.fetch_apart(request).await {
            Ok(reply) => length_of_wav(&reply.body).ok_or_else(|| "not a WAV recording".to_owned()),
            Err(error) => Err(error.message),
        };
        self.change(|world: &mut World| match length {
            Ok(length) => {
                world.recordings.insert(url.to_owned(), length);
                length
            }
            Err(why) => {
                world.warn(11200, format!("{url} cannot be played: {why}"));
                Duration::ZERO
            }
        })
    }
}

/// How long it takes to speak a text, at so many characters a second.
fn duration_of_words(text: &str, speech: u64) -> Duration {
    let characters = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
    Duration::from_millis((characters.saturating_mul(1000) / speech.max(1)).max(100))
}

/// The length of a WAV file, from its `fmt ` and `data` chunks.
fn length_of_wav(bytes: &[u8]) -> Option<Duration> {
    let mut rest = bytes.strip_prefix(b"RIFF")?.get(4..)?.strip_prefix(b"WAVE")?;
    let mut bytes_per_second = None;
    while let Some((header, body)) = rest.split_at_checked(8) {
        let size = usize::try_from(u32::from_le_bytes(header[4..].try_into().ok()?)).ok()?;
        if &header[..4] == b"fmt " {
            let field = body.get(8..12)?;
            bytes_per_second = Some(u64::from(u32::from_le_bytes(field.try_into().ok()?)));
        }
        if &header[..4] == b"data" {
            let size = u64::try_from(size.min(body.len())).ok()?;
            return Some(Duration::from_millis(size.checked_mul(1000)?.checked_div(bytes_per_second?)?));
        }
        rest = body.get(size + size % 2..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{super::super::tests::wav, *};

    #[test]
    fn a_recording_is_as_long_as_its_data() {
        assert_eq!(length_of_wav(&wav(2500)), Some(Duration::from_millis(2500)));
        assert_eq!(length_of_wav(b"ID3 is no WAV"), None);
        assert_eq!(length_of_wav(&wav(100)[..30]), None);
    }

    #[test]
    fn fourteen_characters_take_a_second() {
        assert_eq!(duration_of_words(&"a".repeat(28), 14), Duration::from_secs(2));
    }
}
