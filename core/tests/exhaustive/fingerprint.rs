//! States told apart by 128 bits: all that they hold, with every moment counted from now.

use std::hash::{Hash, Hasher};

use ringall_core::time::Timestamp;

use super::{plan::T0, world::World};

/// Two states with the same fingerprint are taken for one; among a hundred million states a false match has a chance of
/// one in 10^22.
pub(crate) fn fingerprint(world: &World) -> u128 {
    let mut hasher = FromNow { now: world.now, low: 0x9E37_79B9_7F4A_7C15, high: 0xC2B2_AE3D_27D4_EB4F };
    world.hash(&mut hasher);
    u128::from(mixed(hasher.high, hasher.low)) << 64 | u128::from(mixed(hasher.low, !hasher.high))
}

/// Hashes a moment, which no other number is as high as, by its distance from now. What lies longer back than anybody
/// remembers is all the same.
struct FromNow {
    now: Timestamp,
    low: u64,
    high: u64,
}

/// Nothing in a call or in the roster looks back further: the reply budget is the longest.
const MEMORY_MS: u64 = 15_000;

impl FromNow {
    fn word(&mut self, word: u64) {
        self.low = mixed(self.low ^ word, 0xA076_1D64_78BD_642F);
        self.high = mixed(self.high ^ word.rotate_left(32), 0xE703_7ED1_A0B4_28DB);
    }
}

impl Hasher for FromNow {
    fn write_u64(&mut self, number: u64) {
        if number < T0.as_millis() / 2 {
            return self.word(number);
        }
        let ahead = number.wrapping_sub(self.now.as_millis()).cast_signed();
        let known = ahead.max(-MEMORY_MS.cast_signed());
        self.word(known.cast_unsigned() ^ 0x5555_5555_5555_5555);
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word));
        }
        self.word(bytes.len() as u64);
    }

    fn write_u8(&mut self, number: u8) {
        self.word(number.into());
    }

    fn write_u16(&mut self, number: u16) {
        self.word(number.into());
    }

    fn write_u32(&mut self, number: u32) {
        self.word(number.into());
    }

    fn write_usize(&mut self, number: usize) {
        self.word(number as u64);
    }

    fn write_isize(&mut self, number: isize) {
        // What tells an enum's variants apart.
        self.word(number.cast_unsigned() as u64);
    }

    fn finish(&self) -> u64 {
        mixed(self.low, self.high)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "both halves are in the one that is kept")]
fn mixed(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    (product ^ (product >> 64)) as u64
}
