//! A menu of keys, and the keys that a caller presses.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use super::{StepIndex, Words};

/// A prompt, and where each key leads.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Menu {
    /// What the caller can choose from.
    pub prompt: Words,
    /// Where the call goes for what is pressed: digits, `*` and `#`, one or several.
    pub keys: BTreeMap<Arc<str>, StepIndex>,
    /// How long a key is waited for, behind the prompt and behind each key that may not be the last.
    pub pause: Duration,
    /// How often the prompt is said again at the most.
    pub repeats: u8,
    /// What is heard before the prompt when no key was pressed.
    pub no_input_words: Words,
    /// What is heard before the prompt when a key was pressed that leads nowhere.
    pub wrong_key_words: Words,
    /// Where the call goes when at last no key was pressed.
    pub no_input: StepIndex,
    /// Where the call goes when at last a key was pressed that leads nowhere.
    pub wrong_key: StepIndex,
}

/// What a caller has pressed. It prints as how much that was: callers type secrets too.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Keys {
    pressed: [u8; Keys::MOST],
    count: u8,
}

impl Menu {
    /// How many keys the longest choice has; nobody has to press more.
    pub fn most_keys(&self) -> usize {
        self.keys.keys().map(|keys| keys.len()).max().unwrap_or(1)
    }

    /// Whether `#` says that there is no more to come: only where it does not stand in a choice, and where the carrier
    /// has to be told at all.
    pub fn ends_with_hash(&self) -> bool {
        self.most_keys() > 1 && !self.keys.keys().any(|keys| keys.contains('#'))
    }
}

impl Keys {
    /// No choice is longer; what is pressed beyond this is forgotten.
    const MOST: usize = 8;
    /// The longest choice that a menu can have. Shorter than what is remembered, so that a longer number whose end is
    /// forgotten is no choice.
    pub const LONGEST_CHOICE: usize = 6;

    /// What a carrier says was pressed. What is no key becomes something that leads nowhere.
    pub fn read(text: &str) -> Self {
        let mut keys = Self::default();
        for sign in text.chars().take(Self::MOST) {
            keys.pressed[usize::from(keys.count)] = if is_key(sign) { sign as u8 } else { b'?' };
            keys.count += 1;
        }
        keys
    }

    /// As a menu has them.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.pressed[..usize::from(self.count)]).unwrap_or_default()
    }

    /// Whether nothing was pressed.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// Whether a telephone has this key.
pub fn is_key(sign: char) -> bool {
    sign.is_ascii_digit() || matches!(sign, '*' | '#')
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pressed_is_kept_as_far_as_a_choice_can_be_long_and_prints_as_its_length() {
        let keys = Keys::read("12*#");

        assert_eq!((keys.as_str(), keys.is_empty(), format!("{keys:?}")), ("12*#", false, "Keys(4)".to_owned()));
        assert!(Keys::read("").is_empty());
        assert!(Keys::read("4111111111111111").as_str().len() > Keys::LONGEST_CHOICE);
        assert_eq!(Keys::read("1é<").as_str(), "1??");
    }

    #[test]
    fn hash_ends_a_choice_only_where_it_is_none_and_where_choices_are_long() {
        let ends = |keys: &[&str]| menu(keys).ends_with_hash();

        assert_eq!((ends(&["1", "2"]), ends(&["1", "12"]), ends(&["1", "12", "#"])), (false, true, false));
        assert_eq!((menu(&["1"]).most_keys(), menu(&["1", "123", "12"]).most_keys()), (1, 3));
    }

    fn menu(keys: &[&str]) -> Menu {
        Menu {
            prompt: "Press.".into(),
            keys: keys.iter().map(|keys| ((*keys).into(), StepIndex(0))).collect(),
            pause: Duration::from_secs(4),
            repeats: 2,
            no_input_words: "Nothing.".into(),
            wrong_key_words: "Wrong.".into(),
            no_input: StepIndex(0),
            wrong_key: StepIndex(0),
        }
    }
}
