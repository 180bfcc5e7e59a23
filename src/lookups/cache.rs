//! Answers that are remembered for a while: for each address, line and caller, and never more than fit into a bounded
//! room. Whoever withholds their number is nobody in particular, and not remembered.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use ringall_core::{
    call::Answer,
    phone::{CallerId, PhoneNumber},
    time::Timestamp,
};

use super::Question;

/// What an answer was about.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    lookup: String,
    line: PhoneNumber,
    caller: CallerId,
}

/// Answers, and the order in which they came.
#[derive(Default)]
pub(super) struct Cache {
    answers: HashMap<Key, Remembered>,
    by_age: VecDeque<(u64, Key)>,
    bytes: usize,
    /// Tells an answer from an older one about the same caller.
    count: u64,
    swept: Timestamp,
}

struct Remembered {
    answer: Answer,
    until: Timestamp,
    bytes: usize,
    number: u64,
}

const MOST_ANSWERS: usize = 10_000;
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// What is too old is looked for no more often than this.
const BETWEEN_SWEEPS: Duration = Duration::from_secs(60);

impl Key {
    /// `None` for callers who cannot be told apart.
    pub(super) fn of(lookup: &str, question: &Question) -> Option<Self> {
        match &question.caller {
            CallerId::Withheld => None,
            caller @ (CallerId::Number(_) | CallerId::Other(_)) => {
                Some(Self { lookup: lookup.to_owned(), line: question.line, caller: caller.clone() })
            }
        }
    }
}

impl Cache {
    /// What is remembered and not too old.
    pub(super) fn get(&mut self, key: &Key, now: Timestamp) -> Option<Answer> {
        self.sweep(now);
        self.answers.get(key).filter(|remembered| remembered.until > now).map(|remembered| remembered.answer.clone())
    }

    /// Remembers an answer; if there is no room the oldest ones are forgotten.
    pub(super) fn put(&mut self, key: Key, answer: Answer, now: Timestamp, lasts: Duration) {
        let bytes = match &answer {
            Answer::Found(found) => found.iter().map(|(name, value)| name.len() + value.len()).sum(),
            Answer::NotFound => 0,
            // The next call has another try.
            Answer::Failed => return,
        };
        self.sweep(now);
        self.count += 1;
        let remembered = Remembered { answer, until: now + lasts, bytes, number: self.count };
        self.by_age.push_back((self.count, key.clone()));
        self.bytes += bytes;
        if let Some(older) = self.answers.insert(key, remembered) {
            self.bytes -= older.bytes;
        }
        while self.by_age.len() > MOST_ANSWERS || self.bytes > MOST_BYTES {
            let Some((number, oldest)) = self.by_age.pop_front() else { break };
            if self.answers.get(&oldest).is_some_and(|remembered| remembered.number == number)
                && let Some(forgotten) = self.answers.remove(&oldest)
            {
                self.bytes -= forgotten.bytes;
            }
        }
    }

    fn sweep(&mut self, now: Timestamp) {
        if now.since(self.swept) < BETWEEN_SWEEPS {
            return;
        }
        self.swept = now;
        self.answers.retain(|_, remembered| remembered.until > now);
        self.by_age.retain(|(number, key)| self.answers.get(key).is_some_and(|it| it.number == *number));
        self.bytes = self.answers.values().map(|remembered| remembered.bytes).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::from_millis(1_767_225_600_000);
    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn an_answer_is_remembered_for_its_time_and_no_longer() {
        let mut cache = Cache::default();
        cache.put(key(7), found("Jones"), T0, MINUTE);

        assert_eq!(cache.get(&key(7), T0 + MINUTE - Duration::from_millis(1)), Some(found("Jones")));
        assert_eq!((cache.get(&key(8), T0), cache.get(&key(7), T0 + MINUTE)), (None, None));
        assert_eq!((cache.answers.len(), cache.by_age.len(), cache.bytes), (0, 0, 0), "nothing is left of it");
    }

    #[test]
    fn failures_are_not_remembered_and_who_is_unknown_is() {
        let mut cache = Cache::default();
        cache.put(key(7), Answer::Failed, T0, MINUTE);
        cache.put(key(8), Answer::NotFound, T0, MINUTE);

        assert_eq!((cache.get(&key(7), T0), cache.get(&key(8), T0)), (None, Some(Answer::NotFound)));
    }

    #[test]
    fn the_newer_answer_counts_and_the_older_ones_age_does_not() {
        let mut cache = Cache::default();
        cache.put(key(0), found("Jones"), T0, MINUTE);
        cache.put(key(0), found("Smith"), T0 + MINUTE / 2, MINUTE);

        assert_eq!(cache.get(&key(0), T0 + MINUTE), Some(found("Smith")));
        assert_eq!((cache.answers.len(), cache.by_age.len(), cache.bytes), (1, 1, 9));
    }

    #[test]
    fn there_is_room_for_so_many_and_the_oldest_go_first() {
        let mut cache = Cache::default();
        for number in 0..u32::try_from(MOST_ANSWERS).unwrap() + 2 {
            cache.put(key(number), Answer::NotFound, T0, MINUTE);
        }

        assert_eq!((cache.answers.len(), cache.by_age.len()), (MOST_ANSWERS, MOST_ANSWERS));
        assert_eq!([0, 1, 2].map(|number| cache.get(&key(number), T0).is_some()), [false, false, true]);
    }

    #[test]
    fn large_answers_take_the_room_of_many() {
        let mut cache = Cache::default();
        let large = "x".repeat(64 * 1024);
        for number in 0..1000 {
            cache.put(key(number), found(&large), T0, MINUTE);
            // The same caller again and again takes no more room.
            cache.put(key(number), found(&large), T0, MINUTE);
        }

        assert!(cache.bytes <= MOST_BYTES && cache.answers.len() > 200, "{} bytes", cache.bytes);
        assert_eq!(cache.get(&key(999), T0), Some(found(&large)));
    }

    #[test]
    fn who_withholds_their_number_is_not_remembered_and_an_address_is() {
        let question = |from: &str| Question {
            call: "CA7".parse().unwrap(),
            line: "+441632960000".parse().unwrap(),
            line_name: "Office".into(),
            caller: CallerId::read(from),
            geography: crate::lookups::Geography::default(),
        };

        assert!(Key::of("crm", &question("Anonymous")).is_none());
        assert!(Key::of("crm", &question("sip:ana@example.org")).is_some());
        assert!(Key::of("crm", &question("+447700900007")) != Key::of("other", &question("+447700900007")));
    }

    fn key(number: u32) -> Key {
        let number: PhoneNumber = format!("+4477{number:08}").parse().unwrap();
        let line = "+441632960000".parse().unwrap();
        Key { lookup: "crm".to_owned(), line, caller: CallerId::Number(number) }
    }

    fn found(name: &str) -> Answer {
        Answer::Found([("name", name)].into_iter().collect())
    }
}
