//! Who should get the call, worked out from the plot alone and without the program: the earliest human acceptance.

use std::{collections::BTreeSet, time::Duration};

use ringall_core::screen::Screen;

use super::plot::Plot;
use crate::simulator::{Character, Human};

/// How a call should end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expected {
    /// The caller talks with exactly one of these: with whom, if several accept in one instant, is the claim's to say.
    OneOf(BTreeSet<String>),
    /// Nobody would accept, and a caller who waits is told so.
    ToldThatNobodyCan,
    /// The caller gives up before anything comes of the call.
    GivesUp,
}

/// The carrier's webhooks of one instant reach the program in any order within this time.
const ONE_INSTANT: Duration = Duration::from_millis(50);
/// A key comes two seconds after the one that did not count.
const NEXT_KEY: Duration = Duration::from_secs(2);
const DECLINE_KEY: char = '9';

impl Expected {
    pub(super) fn of(plot: &Plot) -> Self {
        let acceptances = acceptances(plot);
        let first = acceptances.iter().flatten().min().copied();
        let in_time = first.filter(|first| plot.gives_up_after.is_none_or(|gives_up| *first < gives_up));
        match (in_time, plot.gives_up_after) {
            (Some(first), _) => {
                let is_first = |at: &Option<Duration>| at.is_some_and(|at| at <= first + ONE_INSTANT);
                let winners = plot.roles.iter().zip(&acceptances).filter(|(_, at)| is_first(at));
                Self::OneOf(winners.map(|(role, _)| role.name.clone()).collect())
            }
            (None, Some(_)) => Self::GivesUp,
            (None, None) => Self::ToldThatNobodyCan,
        }
    }

    /// What went right.
    pub(super) fn in_words(&self, talks: &[(String, BTreeSet<String>)]) -> String {
        let winner = |names: &BTreeSet<String>| {
            talks.iter().find(|(name, _)| names.contains(name)).map(|(name, _)| name.clone()).unwrap_or_default()
        };
        match self {
            Self::OneOf(names) => {
                format!("the caller talked with {} and nobody else, and every phone is quiet", winner(names))
            }
            Self::ToldThatNobodyCan => "nobody took the call, the caller was told, and every phone is quiet".to_owned(),
            Self::GivesUp => "the caller gave up, nobody talked, and every phone is quiet".to_owned(),
        }
    }
}

/// When each person would accept, counted from the moment of the call; `None` for who never does.
pub(super) fn acceptances(plot: &Plot) -> Vec<Option<Duration>> {
    let rings_at = |index: usize| plot.switches.setup + dialled_at(plot, index);
    let together_at = |group: u32| {
        let belongs = |index: &usize| human(plot, *index).is_some_and(|human| human.together == Some(group));
        let moments = (0..plot.roles.len()).filter(belongs);
        moments.filter_map(|index| human(plot, index).map(|human| rings_at(index) + human.answers_after)).min()
    };
    let accepts_at = |index: usize| {
        let human = human(plot, index)?;
        let own = rings_at(index) + human.answers_after;
        let answers_at = human.together.and_then(together_at).unwrap_or(own);
        Some(answers_at + accepts_after(human, plot.screen, plot.switches.detection_delay)?)
    };
    (0..plot.roles.len()).map(accepts_at).collect()
}

/// How long after the answer a person accepts.
fn accepts_after(human: &Human, screen: Screen, detection: Duration) -> Option<Duration> {
    let accepts = match screen {
        Screen::None => Duration::ZERO,
        Screen::Amd => detection,
        Screen::Key | Screen::AmdAndKey => {
            let counts = |key: &char| key.is_ascii_digit();
            let nth = human.presses.iter().position(counts).filter(|nth| human.presses[*nth] != DECLINE_KEY)?;
            human.thinks_for + NEXT_KEY * u32::try_from(nth).ok()?
        }
    };
    human.hangs_up_after.is_none_or(|hangs_up| accepts < hangs_up).then_some(accepts)
}

fn dialled_at(plot: &Plot, index: usize) -> Duration {
    let place = u32::try_from(index).unwrap_or(u32::MAX);
    if plot.calls_per_second > 0.0 {
        Duration::from_secs_f64(f64::from(place) / plot.calls_per_second)
    } else {
        Duration::ZERO
    }
}

fn human(plot: &Plot, index: usize) -> Option<&Human> {
    match &plot.roles[index].character {
        Character::Human(human) => Some(human),
        Character::Manual
        | Character::Voicemail(_)
        | Character::Screening { .. }
        | Character::Busy
        | Character::Off
        | Character::Declines { .. }
        | Character::RingsOut => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        demo::{auto::plot::Role, stage::Stage},
        simulator::Switches,
    };

    #[test]
    fn the_earliest_key_has_the_call_and_not_the_earliest_answer() {
        let silent = Character::human(seconds(1));
        let plot =
            plot(Screen::Key, [silent, Character::presses(seconds(5), '1'), Character::presses(seconds(3), '1')]);

        assert_eq!(Expected::of(&plot), one_of(["Carla"]));
    }

    #[test]
    fn where_the_carrier_listens_the_earliest_answer_has_the_call() {
        let silent = Character::human(seconds(1));
        let plot = plot(Screen::Amd, [silent, Character::presses(seconds(5), '1'), Character::voicemail()]);

        assert_eq!(Expected::of(&plot), one_of(["Ana"]));
    }

    #[test]
    fn of_several_in_one_instant_any_one_may_have_it() {
        let together = || Character::together(1, seconds(5), Some('1'));
        let plot = plot(Screen::AmdAndKey, [together(), Character::RingsOut, together()]);

        assert_eq!(Expected::of(&plot), one_of(["Ana", "Carla"]));
    }

    #[test]
    fn a_key_that_does_not_count_costs_time_and_the_decline_key_the_call() {
        let wrong_first = Character::wrong_key_first(seconds(1), '*', '1');
        let plot =
            plot(Screen::Key, [wrong_first, Character::presses(seconds(1), '9'), Character::presses(seconds(2), '2')]);

        assert_eq!(acceptances(&plot), [Some(millis(5000)), None, Some(millis(4000))]);
    }

    #[test]
    fn who_hangs_up_before_the_verdict_does_not_count() {
        let plot = plot(
            Screen::Amd,
            [
                Character::hangs_up(seconds(1), millis(800)),
                Character::Busy,
                Character::Declines { after: seconds(1), mailbox: None },
            ],
        );

        assert_eq!(Expected::of(&plot), Expected::ToldThatNobodyCan);
    }

    #[test]
    fn a_caller_who_gives_up_first_talks_with_nobody() {
        let mut plot = plot(Screen::Key, [Character::presses(seconds(5), '1'), Character::Off, Character::Off]);
        plot.gives_up_after = Some(seconds(4));

        assert_eq!(Expected::of(&plot), Expected::GivesUp);
    }

    #[test]
    fn who_is_dialled_later_rings_later() {
        let mut plot = plot(Screen::Key, [Character::Off, Character::Off, Character::presses(seconds(5), '1')]);
        plot.calls_per_second = 1.0;

        assert_eq!(acceptances(&plot), [None, None, Some(millis(9000))]);
    }

    fn plot(screen: Screen, characters: [Character; 3]) -> Plot {
        let stage = Stage::build(([127, 0, 0, 1], 7000).into(), ([127, 0, 0, 1], 7001).into()).unwrap();
        let mut plot = Plot::draw(1, &stage);
        plot.roles =
            plot.roles.into_iter().zip(characters).map(|(role, character)| Role { character, ..role }).collect();
        plot.switches = Switches::default();
        (plot.screen, plot.gives_up_after, plot.calls_per_second) = (screen, None, 0.0);
        plot
    }

    fn one_of<const N: usize>(names: [&str; N]) -> Expected {
        Expected::OneOf(names.map(str::to_owned).into())
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }
}
