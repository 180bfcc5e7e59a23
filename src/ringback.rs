//! Ringback: what the caller hears while phones ring, as a sound file of our own in the cadence of the line's country.
//!
//! A file begins with the tone and holds whole cycles of the cadence, so that a carrier that plays it in a loop never
//! breaks the rhythm. Which country rings how stands here; how it becomes sound in `ringback/wav.rs`.

mod wav;

use std::sync::OnceLock;

use bytes::Bytes;
use ringall_core::phone::PhoneNumber;

/// The media type of every tone.
pub const CONTENT_TYPE: &str = "audio/wav";

/// The file that rings as `country` does, in either case of letters; unknown ones ring as most of Europe does.
///
/// Made at the first use and shared ever after.
pub fn tone(country: &str) -> Bytes {
    let ringing = COUNTRIES.iter().find(|known| known.code.eq_ignore_ascii_case(country));

    ringing.map_or(&EUROPEAN, |known| known.ringing).file()
}

/// The last segment of a tone's URL, such as `gb.wav`, or `default.wav` for a country that is not listed.
pub fn file_name(country: &str) -> String {
    let known = COUNTRIES.iter().find(|known| known.code.eq_ignore_ascii_case(country));

    format!("{}.wav", known.map_or(DEFAULT, |known| known.code))
}

/// The tone behind the last segment of a URL, as [`file_name`] writes it.
pub fn tone_of_file(file_name: &str) -> Option<Bytes> {
    let country = file_name.strip_suffix(".wav")?;
    let known = country == DEFAULT || COUNTRIES.iter().any(|known| known.code == country);

    known.then(|| tone(country))
}

/// The countries with a ringing of their own, as two small letters each (ISO 3166).
pub fn countries() -> impl Iterator<Item = &'static str> {
    COUNTRIES.iter().map(|known| known.code)
}

/// The country whose ringing a caller expects of this number; `None` where [`tone`] would use its default.
///
/// `+1` is one ringing for all of North America.
pub fn country_of(line: PhoneNumber) -> Option<&'static str> {
    COUNTRIES.iter().find(|known| line.begins_with(known.calling_code)).map(|known| known.code)
}

struct Country {
    code: &'static str,
    calling_code: &'static str,
    ringing: &'static Ringing,
}

/// A way to ring that one or more countries share.
struct Ringing {
    sound: Sound,
    /// Milliseconds of tone and of pause by turns, beginning with the tone and ending with a pause.
    cadence: &'static [u16],
    /// How many cycles make a file of about half a minute.
    cycles: usize,
    file: OnceLock<Bytes>,
}

/// What the tone is made of; all frequencies in hertz.
#[derive(Clone, Copy)]
enum Sound {
    Pure(f64),
    Pair(f64, f64),
    /// A tone whose loudness swings.
    Swinging {
        tone: f64,
        swing: f64,
    },
}

impl Ringing {
    const fn new(sound: Sound, cadence: &'static [u16], cycles: usize) -> Self {
        Self { sound, cadence, cycles, file: OnceLock::new() }
    }

    fn file(&self) -> Bytes {
        self.file.get_or_init(|| wav::file(self.sound, self.cadence, self.cycles)).clone()
    }
}

// From ITU-T E.180's list of national tones; where a country lists several, the one its public network uses today.
static EUROPEAN: Ringing = Ringing::new(Sound::Pure(425.0), &[1_000, 4_000], 6);
static BRITISH: Ringing = Ringing::new(Sound::Pair(400.0, 450.0), &[400, 200, 400, 2_000], 10);
static NORTH_AMERICAN: Ringing = Ringing::new(Sound::Pair(440.0, 480.0), &[2_000, 4_000], 5);
static FRENCH: Ringing = Ringing::new(Sound::Pure(440.0), &[1_500, 3_500], 6);
static SPANISH: Ringing = Ringing::new(Sound::Pure(425.0), &[1_500, 3_000], 7);
static BELGIAN: Ringing = Ringing::new(Sound::Pure(425.0), &[1_000, 3_000], 7);
static AUSTRIAN: Ringing = Ringing::new(Sound::Pure(420.0), &[1_000, 5_000], 5);
static SWEDISH: Ringing = Ringing::new(Sound::Pure(425.0), &[1_000, 5_000], 5);
static AUSTRALIAN: Ringing = Ringing::new(Sound::Swinging { tone: 425.0, swing: 25.0 }, &[400, 200, 400, 2_000], 10);
static JAPANESE: Ringing = Ringing::new(Sound::Swinging { tone: 400.0, swing: 16.0 }, &[1_000, 2_000], 10);

const fn country(code: &'static str, calling_code: &'static str, ringing: &'static Ringing) -> Country {
    Country { code, calling_code, ringing }
}

/// No calling code begins with another one; of two countries that share one, the first stands for both.
static COUNTRIES: [Country; 23] = [
    country("us", "1", &NORTH_AMERICAN),
    country("ca", "1", &NORTH_AMERICAN),
    country("gb", "44", &BRITISH),
    country("ie", "353", &BRITISH),
    country("nz", "64", &BRITISH),
    country("au", "61", &AUSTRALIAN),
    country("fr", "33", &FRENCH),
    country("es", "34", &SPANISH),
    country("be", "32", &BELGIAN),
    country("at", "43", &AUSTRIAN),
    country("se", "46", &SWEDISH),
    country("pt", "351", &SWEDISH),
    country("jp", "81", &JAPANESE),
    country("de", "49", &EUROPEAN),
    country("ch", "41", &EUROPEAN),
    country("it", "39", &EUROPEAN),
    country("nl", "31", &EUROPEAN),
    country("no", "47", &EUROPEAN),
    country("fi", "358", &EUROPEAN),
    country("dk", "45", &EUROPEAN),
    country("pl", "48", &EUROPEAN),
    country("cz", "420", &EUROPEAN),
    country("gr", "30", &EUROPEAN),
];

const DEFAULT: &str = "default";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_has_a_file_of_its_own_name() {
        for country in countries() {
            assert_eq!(file_name(country), format!("{country}.wav"));
            assert_eq!(tone_of_file(&file_name(country)), Some(tone(country)));
        }
    }

    #[test]
    fn an_unknown_country_rings_as_most_of_europe() {
        assert_eq!(tone("zz"), tone("de"));
        assert_eq!(file_name("../../etc/passwd"), "default.wav");
        assert_eq!(tone_of_file("default.wav"), Some(tone("de")));
    }

    #[test]
    fn only_our_own_names_lead_to_a_tone() {
        for wrong in ["gb", "gb.mp3", "GB.wav", "zz.wav", "", ".wav"] {
            assert_eq!(tone_of_file(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_country_is_known_in_either_case_of_letters() {
        assert_eq!(tone("GB"), tone("gb"));
        assert_eq!(file_name("GB"), "gb.wav");
        assert_ne!(tone("gb"), tone("us"));
    }

    #[test]
    fn a_tone_is_made_once() {
        assert_eq!(tone("gb").as_ptr(), tone("ie").as_ptr());
    }

    #[test]
    fn a_number_rings_as_its_country() {
        let country = |number: &str| country_of(number.parse().unwrap());

        assert_eq!(country("+441632960000"), Some("gb"));
        assert_eq!(country("+353201234567"), Some("ie"));
        assert_eq!(country("+14165550123"), Some("us"));
        assert_eq!(country("+493012345678"), Some("de"));
        assert_eq!(country("+8613912345678"), None);
    }

    #[test]
    fn no_calling_code_hides_another() {
        for (index, one) in COUNTRIES.iter().enumerate() {
            for other in &COUNTRIES[index + 1..] {
                let same = one.calling_code == other.calling_code;
                assert!(same || !other.calling_code.starts_with(one.calling_code), "{} {}", one.code, other.code);
            }
        }
    }

    #[test]
    fn a_file_is_about_half_a_minute_of_whole_cycles_that_end_in_a_pause() {
        for known in &COUNTRIES {
            let cycle: usize = known.ringing.cadence.iter().copied().map(usize::from).sum();
            let millis = cycle * known.ringing.cycles;

            assert!((28_000..=32_000).contains(&millis), "{}: {millis} ms", known.code);
            assert!(known.ringing.cadence.len().is_multiple_of(2), "{}", known.code);
            assert!(tone(known.code).len() <= 300_000, "{}", known.code);
        }
    }
}
