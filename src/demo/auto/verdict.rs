//! Compares what was expected with what the carrier's rooms and telephones have seen.

use std::collections::BTreeSet;

use super::expectation::Expected;

/// What the carrier has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    /// The carrier's name for the caller.
    pub(super) caller: String,
    /// Who was in a room, and with whom.
    pub(super) talks: Vec<(String, BTreeSet<String>)>,
    pub(super) told_that_nobody_can: bool,
    pub(super) still_ringing: Vec<String>,
    pub(super) live_legs: usize,
}

/// Everything that is not as expected.
pub(super) fn wrongs(expected: &Expected, seen: &Seen) -> Vec<String> {
    let mut wrong = Vec::new();
    match expected {
        Expected::OneOf(winners) => wrong.extend(wrong_talk(winners, seen)),
        Expected::ToldThatNobodyCan | Expected::GivesUp if !seen.talks.is_empty() => {
            wrong.push(format!("nobody was to talk, but {}", talks(seen)));
        }
        Expected::ToldThatNobodyCan if !seen.told_that_nobody_can => {
            wrong.push("the caller was not told that nobody can take the call".to_owned());
        }
        Expected::ToldThatNobodyCan | Expected::GivesUp => {}
    }
    if !seen.still_ringing.is_empty() {
        wrong.push(format!("still rings: {}", seen.still_ringing.join(", ")));
    }
    if seen.live_legs > 0 {
        wrong.push(format!("{} legs are not over", seen.live_legs));
    }
    wrong
}

fn wrong_talk(winners: &BTreeSet<String>, seen: &Seen) -> Option<String> {
    let pair = |winner: &String| -> BTreeSet<_> {
        let with = |name: &String| BTreeSet::from([name.clone()]);
        [(seen.caller.clone(), with(winner)), (winner.clone(), with(&seen.caller))].into()
    };
    let talked: BTreeSet<_> = seen.talks.iter().cloned().collect();
    let is_right = seen.talks.len() == 2 && winners.iter().any(|winner| talked == pair(winner));
    let names: Vec<_> = winners.iter().map(String::as_str).collect();
    (!is_right).then(|| format!("the caller was to talk with {}, but {}", names.join(" or "), talks(seen)))
}

fn talks(seen: &Seen) -> String {
    let with = |names: &BTreeSet<String>| names.iter().map(String::as_str).collect::<Vec<_>>().join(" and ");
    let talks: Vec<_> =
        seen.talks.iter().map(|(name, others)| format!("{name} talked with {}", with(others))).collect();
    if talks.is_empty() { "nobody talked".to_owned() } else { talks.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALLER: &str = "…11";

    #[test]
    fn the_right_two_and_silence_afterwards_are_right() {
        let seen = seen([(CALLER, ["Ana"].as_slice()), ("Ana", &[CALLER])]);

        assert_eq!(wrongs(&one_of(["Ana", "Ben"]), &seen), Vec::<String>::new());
    }

    #[test]
    fn the_wrong_winner_is_told_by_name() {
        let seen = seen([(CALLER, ["Eva"].as_slice()), ("Eva", &[CALLER])]);

        let wrong = wrongs(&one_of(["Ana"]), &seen);

        assert_eq!(wrong, ["the caller was to talk with Ana, but …11 talked with Eva, Eva talked with …11"]);
    }

    #[test]
    fn a_third_voice_is_wrong_even_beside_the_right_ones() {
        let seen =
            seen([(CALLER, ["Ana"].as_slice()), ("Ana", &[CALLER]), (CALLER, &["Ana", "Ben"]), ("Ben", &[CALLER])]);

        assert_eq!(wrongs(&one_of(["Ana"]), &seen).len(), 1);
    }

    #[test]
    fn a_caller_for_whom_nobody_came_must_be_told() {
        let mut seen = seen([]);

        assert_eq!(wrongs(&Expected::ToldThatNobodyCan, &seen).len(), 1);
        assert_eq!(wrongs(&Expected::GivesUp, &seen).len(), 0);
        seen.told_that_nobody_can = true;
        assert_eq!(wrongs(&Expected::ToldThatNobodyCan, &seen).len(), 0);
    }

    #[test]
    fn what_rings_on_or_stays_up_is_wrong() {
        let mut seen = seen([]);
        seen.still_ringing.push("Ben".to_owned());
        seen.live_legs = 2;

        assert_eq!(wrongs(&Expected::GivesUp, &seen), ["still rings: Ben", "2 legs are not over"]);
    }

    fn one_of<const N: usize>(names: [&str; N]) -> Expected {
        Expected::OneOf(names.map(str::to_owned).into())
    }

    fn seen<const N: usize>(talks: [(&str, &[&str]); N]) -> Seen {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Seen {
            caller: CALLER.to_owned(),
            talks: talks.into_iter().map(|(name, with)| (name.to_owned(), names(with))).collect(),
            told_that_nobody_can: false,
            still_ringing: Vec::new(),
            live_legs: 0,
        }
    }
}
