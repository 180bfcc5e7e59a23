//! Which conference a report is about. The carrier makes a new one under a call's name whenever the last was left
//! (carrier contract §3.4), and its reports come late and out of order: what is told of an earlier one must not be taken
//! for the one in which the caller and the present winner meet.

use ringall_core::{call::RoomNews, id::CallSid};

/// What is known of a call's conferences.
#[derive(Debug, Default)]
pub(super) struct Conferences {
    past: Vec<Box<str>>,
    /// Where the caller was last reported to have come in.
    caller_in: Option<Box<str>>,
    /// The same of a winner, who is told apart by their leg.
    winner_in: Option<(CallSid, Box<str>)>,
}

/// The two who are to meet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) caller: &'a CallSid,
    pub(super) winner: Option<&'a CallSid>,
}

impl Conferences {
    /// What a report of `conference` means for the call; nothing if it comes late from another one.
    pub(super) fn sort(&mut self, conference: &str, news: RoomNews, pair: Pair<'_>) -> Vec<RoomNews> {
        let is_past = self.past.iter().any(|past| **past == *conference);
        match &news {
            RoomNews::Ended => {
                if !is_past {
                    self.past.push(conference.into());
                }
                vec![news]
            }
            RoomNews::Started | RoomNews::Joined(_) if is_past => Vec::new(),
            RoomNews::Started if self.is_elsewhere(conference, pair) => Vec::new(),
            RoomNews::Started | RoomNews::Left(_) => vec![news],
            RoomNews::Joined(who) if who == pair.caller => {
                if self.is_elsewhere(conference, pair) {
                    return Vec::new();
                }
                self.caller_in = Some(conference.into());
                vec![news]
            }
            RoomNews::Joined(who) => {
                if Some(who) != pair.winner {
                    return vec![news];
                }
                self.winner_in = Some((who.clone(), conference.into()));
                // The caller was reported into another one than this: they are not there with the winner.
                let apart = self.caller_in.as_deref().is_some_and(|caller_in| caller_in != conference);
                let not_there = apart.then(|| RoomNews::Left(pair.caller.clone()));
                not_there.into_iter().chain([news]).collect()
            }
        }
    }

    /// Whether the present winner is known to be in another conference than this.
    fn is_elsewhere(&self, conference: &str, pair: Pair<'_>) -> bool {
        let winner_in = self.winner_in.as_ref().filter(|(who, _)| Some(who) == pair.winner);
        winner_in.is_some_and(|(_, winner_in)| **winner_in != *conference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_present_conference_reports_is_told_as_it_is() {
        let all = [
            joined("CAcaller"),
            joined("CAana"),
            RoomNews::Started,
            RoomNews::Left(sid("CAana")),
            joined("CAstranger"),
            RoomNews::Ended,
        ];

        assert_eq!(heard(all.clone().map(|news| ("CF1", news))), all);
    }

    #[test]
    fn a_talk_is_not_taken_to_have_begun_because_the_conference_before_reports_late() {
        let late = [
            ("CF1", RoomNews::Ended),
            ("CF1", RoomNews::Started),
            ("CF1", joined("CAcaller")),
            ("CF1", RoomNews::Left(sid("CAcaller"))),
            ("CF2", joined("CAana")),
        ];

        assert_eq!(heard(late), [RoomNews::Ended, RoomNews::Left(sid("CAcaller")), joined("CAana")]);
    }

    #[test]
    fn a_winner_who_waits_is_not_taken_to_talk_because_a_conference_starts_in_which_they_are_not() {
        let late = [("CF2", joined("CAana")), ("CF1", joined("CAcaller")), ("CF1", RoomNews::Started)];

        assert_eq!(heard(late), [joined("CAana")]);
    }

    #[test]
    fn a_caller_who_came_into_another_conference_is_not_with_the_winner() {
        let late = [("CF1", joined("CAcaller")), ("CF2", joined("CAana"))];

        assert_eq!(heard(late), [joined("CAcaller"), RoomNews::Left(sid("CAcaller")), joined("CAana")]);
    }

    #[test]
    fn where_an_earlier_winner_was_says_nothing_about_the_present_one() {
        let (caller, ana, ben) = (sid("CAcaller"), sid("CAana"), sid("CAben"));
        let mut conferences = Conferences::default();
        let first = Pair { caller: &caller, winner: Some(&ana) };
        assert_eq!(conferences.sort("CF1", joined("CAana"), first), [joined("CAana")]);

        let second = Pair { caller: &caller, winner: Some(&ben) };

        assert_eq!(conferences.sort("CF2", RoomNews::Started, second), [RoomNews::Started]);
    }

    fn heard<const N: usize>(reports: [(&str, RoomNews); N]) -> Vec<RoomNews> {
        let (caller, ana) = (sid("CAcaller"), sid("CAana"));
        let pair = Pair { caller: &caller, winner: Some(&ana) };
        let mut conferences = Conferences::default();
        reports.into_iter().flat_map(|(conference, news)| conferences.sort(conference, news, pair)).collect()
    }

    fn joined(who: &str) -> RoomNews {
        RoomNews::Joined(sid(who))
    }

    fn sid(text: &str) -> CallSid {
        text.parse().unwrap()
    }
}
