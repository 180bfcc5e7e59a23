//! Sound as a telephone carries it: 8,000 samples a second of 8-bit µ-law (ITU-T G.711) in a RIFF file.

use std::f64::consts::{PI, TAU};

use bytes::{BufMut, Bytes, BytesMut};

use super::Sound;

/// A file that plays `sound` in `cadence` (milliseconds of tone and of pause by turns), `cycles` times.
pub(super) fn file(sound: Sound, cadence: &[u16], cycles: usize) -> Bytes {
    let cycle = cycle(sound, cadence);
    let samples = u32::try_from(cycle.len() * cycles).expect("half a minute of samples is countable in 32 bits");
    let mut file = BytesMut::with_capacity(HEADER_BYTES + cycle.len() * cycles);

    put_header(&mut file, samples);
    for _ in 0..cycles {
        file.put_slice(&cycle);
    }
    file.freeze()
}

/// The RIFF header of µ-law: other than plain PCM it owes an extension length and a `fact` chunk.
fn put_header(file: &mut BytesMut, samples: u32) {
    file.put_slice(b"RIFF");
    file.put_u32_le(RIFF_REST_BYTES + samples);
    file.put_slice(b"WAVE");

    file.put_slice(b"fmt ");
    file.put_u32_le(18);
    file.put_u16_le(MU_LAW);
    file.put_u16_le(1); // one channel
    file.put_u32_le(RATE);
    file.put_u32_le(RATE); // a byte a sample
    file.put_u16_le(1); // bytes of one sample of all channels
    file.put_u16_le(8); // bits of a sample
    file.put_u16_le(0); // no extension

    file.put_slice(b"fact");
    file.put_u32_le(4);
    file.put_u32_le(samples);

    file.put_slice(b"data");
    file.put_u32_le(samples);
}

fn cycle(sound: Sound, cadence: &[u16]) -> Vec<u8> {
    let mut samples = Vec::new();
    for (turn, &millis) in cadence.iter().enumerate() {
        let count = u32::from(millis) * SAMPLES_PER_MILLI;
        if turn.is_multiple_of(2) {
            samples.extend((0..count).map(|index| encode(loudness(index, count) * sound.at(index))));
        } else {
            samples.extend((0..count).map(|_| SILENCE));
        }
    }
    samples
}

/// How loud sample `index` of a burst is, between 0 and 1: it swells and fades, because a hard edge clicks.
fn loudness(index: u32, count: u32) -> f64 {
    let to_the_edge = index.min(count - 1 - index);
    if to_the_edge >= RAMP_SAMPLES {
        return 1.0;
    }

    0.5 - 0.5 * (PI * f64::from(to_the_edge) / f64::from(RAMP_SAMPLES)).cos()
}

impl Sound {
    /// The sample at `index`, between -1 and 1, at [`POWER`] whatever the tone is made of.
    fn at(self, index: u32) -> f64 {
        let turn = TAU * f64::from(index) / f64::from(RATE);
        match self {
            Self::Pure(tone) => (2.0 * POWER).sqrt() * (tone * turn).sin(),
            Self::Pair(low, high) => POWER.sqrt() * ((low * turn).sin() + (high * turn).sin()),
            Self::Swinging { tone, swing } => {
                // A full swing of the loudness carries one and a half times the power of the tone alone.
                (POWER / 0.75).sqrt() * (1.0 - (swing * turn).cos()) * (tone * turn).sin()
            }
        }
    }
}

/// A sample between -1 and 1 in µ-law: a sign, the power of two that the sample lies in, and four bits of where.
fn encode(sample: f64) -> u8 {
    #[expect(clippy::cast_possible_truncation, reason = "a float beyond the range becomes its end, which is meant")]
    let linear = (sample * f64::from(i16::MAX)) as i16;
    let size = linear.unsigned_abs().min(LOUDEST) + BIAS;
    // The bias makes the highest bit one of 7 to 14.
    let segment = size.ilog2() - 7;
    let step = (size >> (segment + 3)) & 0x0F;
    let bits = u8::try_from(segment << 4 | u32::from(step)).expect("three bits of segment and four of step");
    let sign = if linear < 0 { 0x80 } else { 0 };

    !(sign | bits)
}

const RATE: u32 = 8_000;
const SAMPLES_PER_MILLI: u32 = RATE / 1_000;
const RAMP_SAMPLES: u32 = 5 * SAMPLES_PER_MILLI;
const MU_LAW: u16 = 7;
const SILENCE: u8 = 0xFF;
const BIAS: u16 = 132;
const LOUDEST: u16 = 32_635;
const HEADER_BYTES: usize = 58;
const RIFF_REST_BYTES: u32 = 50;

/// The mean square of a tone, 19 dB below the loudest sine that µ-law carries, which is about the −16 dBm0 that
/// exchanges send: as loud as a voice, and never a shock to an ear.
const POWER: f64 = 0.006;

#[cfg(test)]
mod tests {
    use super::{super::*, *};

    #[test]
    fn the_header_says_what_follows() {
        let file = tone("gb");
        let number = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
        let small = |at: usize| u16::from_le_bytes(file[at..at + 2].try_into().unwrap());
        let samples = u32::try_from(file.len() - HEADER_BYTES).unwrap();

        assert_eq!(
            (&file[0..4], &file[8..16], &file[38..42], &file[50..54]),
            (&b"RIFF"[..], &b"WAVEfmt "[..], &b"fact"[..], &b"data"[..])
        );
        assert_eq!(number(4) as usize, file.len() - 8);
        assert_eq!((number(16), number(42)), (18, 4));
        assert_eq!([20, 22, 32, 34, 36].map(small), [7, 1, 1, 8, 0]);
        assert_eq!([24, 28].map(number), [8_000, 8_000]);
        assert_eq!([46, 54].map(number), [samples, samples]);
        assert_eq!(samples, 30 * 8_000);
    }

    #[test]
    fn tone_and_pause_follow_the_cadence_through_the_whole_file() {
        for country in &COUNTRIES {
            let file = tone(country.code);
            let mut rest = decoded(&file);

            for _ in 0..country.ringing.cycles {
                for (turn, &millis) in country.ringing.cadence.iter().enumerate() {
                    let (part, after) = rest.split_at(usize::from(millis) * 8);
                    let power = mean_square(part);
                    let fits = if turn % 2 == 0 { (0.0055..0.0065).contains(&power) } else { power == 0.0 };
                    assert!(fits, "{} part {turn}: {power}", country.code);
                    rest = after.to_vec();
                }
            }
            assert!(rest.is_empty(), "{}", country.code);
        }
    }

    #[test]
    fn the_caller_hears_the_tone_at_once() {
        for country in countries() {
            let first_20_ms = &decoded(&tone(country))[..160];
            let loudest = first_20_ms.iter().fold(0.0, |loudest, sample| f64::max(loudest, sample.abs()));

            assert!(loudest > 0.01, "{country}: {loudest}");
        }
    }

    #[test]
    fn a_burst_swells_and_fades_without_a_click() {
        for country in countries() {
            let samples = decoded(&tone(country));
            let loudest = samples.iter().fold(0.0, |loudest, sample| f64::max(loudest, sample.abs()));
            let steps = samples.windows(2).map(|pair| (pair[1] - pair[0]).abs());
            let steepest = steps.fold(0.0, f64::max);

            assert_eq!((samples[0], samples.last().copied()), (0.0, Some(0.0)), "{country}");
            // The steepest slope of a sine at 480 Hz, with room for the coarse steps of µ-law.
            assert!(steepest < 0.42 * loudest, "{country}: {steepest} of {loudest}");
        }
    }

    #[test]
    fn a_tone_has_its_frequencies_and_no_others() {
        let british = decoded(&tone("gb"));
        let burst = &british[..3_200];

        let [low, high, german, american] = [400.0, 450.0, 425.0, 500.0].map(|hertz| strength(burst, hertz));

        assert!(low > 0.07 && high > 0.07, "{low} {high}");
        assert!(german < 0.01 && american < 0.01, "{german} {american}");
    }

    #[test]
    fn known_samples_have_their_known_codes() {
        assert_eq!([0.0, 1.0, -1.0, 9.0].map(encode), [SILENCE, 0x80, 0x00, 0x80]);
        for code in 0..=u8::MAX {
            // Minus zero becomes zero; every other code comes back.
            let expected = if code == 0x7F { SILENCE } else { code };
            assert_eq!(
                encode((decode(code) + decode(code).signum() * 0.00001).clamp(-1.0, 1.0)),
                expected,
                "{code:#x}"
            );
        }
    }

    fn decoded(file: &[u8]) -> Vec<f64> {
        file[HEADER_BYTES..].iter().copied().map(decode).collect()
    }

    fn decode(code: u8) -> f64 {
        let bits = !code;
        let step = i32::from(bits & 0x0F);
        let segment = i32::from((bits >> 4) & 0x07);
        let size = (((step << 3) + 132) << segment) - 132;
        let linear = if bits & 0x80 == 0 { size } else { -size };
        f64::from(linear) / f64::from(i16::MAX)
    }

    fn mean_square(samples: &[f64]) -> f64 {
        samples.iter().map(|sample| sample * sample).sum::<f64>() / float(samples.len())
    }

    /// How much of one frequency there is, as the height of its sine.
    fn strength(samples: &[f64], hertz: f64) -> f64 {
        let turn = |index: usize| TAU * hertz * float(index) / 8_000.0;
        let across: f64 = samples.iter().enumerate().map(|(index, sample)| sample * turn(index).cos()).sum();
        let up: f64 = samples.iter().enumerate().map(|(index, sample)| sample * turn(index).sin()).sum();
        2.0 * across.hypot(up) / float(samples.len())
    }

    fn float(count: usize) -> f64 {
        u32::try_from(count).unwrap().into()
    }
}
