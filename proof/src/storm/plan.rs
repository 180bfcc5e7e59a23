//! A storm as a plan: everything that is decided beforehand. The rest follows from its dice.

use std::{collections::BTreeMap, fmt, str::FromStr, time::Duration};

use ringall::simulator::{Character, Faults, Human, Mailbox};
use serde::{Deserialize, Serialize};

pub use super::{
    acts::{Absence, Says, Then},
    flow::{Answer, Branch, Forward, Hours, Lookup, Menu, Press, Queue, Step, Tier, Told, Voicemail},
    terms::{Blocked, Terms},
};

/// One storm. Its text is one line of JSON, without what is as usual.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// What the carrier and the program draw by themselves follows from this.
    #[serde(default)]
    pub dice: u64,
    /// The numbers that people dial.
    pub lines: Vec<Line>,
    /// Who rings together.
    pub groups: Vec<Group>,
    /// Who can be rung.
    pub people: Vec<Person>,
    /// Who calls.
    pub callers: Vec<Caller>,
    /// What goes wrong at the carrier.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub mishaps: Mishaps,
    /// The carrier's switches that do not stand as the contract assumes, each with its position.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub switches: BTreeMap<String, usize>,
    /// When the program ends and starts again.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub stops: Vec<Stop>,
    /// How many calls the carrier starts per second; zero is no limit.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub cps: u32,
    /// How many requests to the carrier may be under way; zero is the program's own limit.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub concurrent: u32,
    /// What the way from the carrier to the program does to a request.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub net: Net,
    /// How the words of the lines are spoken, if not as usual.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub speech: Speech,
    /// What is at the outside numbers that callers are handed on to.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub outside: Vec<Does>,
    /// What the server says that is asked who a caller is, one answer after the other and from the beginning again.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub answers: Vec<Answer>,
    /// Who goes away, and comes back.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub absences: Vec<Absence>,
    /// The telephones of all groups are shown the caller's number.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub show_caller: bool,
}

/// The way from the carrier to the program.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Net {
    /// A request lets up to so many other things of the same moment go first: within a millisecond any order is possible.
    #[serde(skip_serializing_if = "is_usual")]
    pub jostle: u32,
    /// One request in four takes up to so many milliseconds, in steps of a hundred: it may be overtaken, or meet another.
    #[serde(skip_serializing_if = "is_usual")]
    pub late: u64,
    /// So many thousandths of the caller's requests lose their connection before the answer is out.
    #[serde(skip_serializing_if = "is_usual")]
    pub breaks: u32,
    /// How long after the sending that happens at most, in steps of half a second; zero is in the same moment.
    #[serde(skip_serializing_if = "is_usual")]
    pub breaks_after: u64,
}

/// How the words of the lines are spoken; zero is as usual.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Speech {
    /// So many characters in a second.
    #[serde(skip_serializing_if = "is_usual")]
    pub pace: u64,
    /// The words of a line's steps have so many characters.
    #[serde(skip_serializing_if = "is_usual")]
    pub length: usize,
}

/// A number that people dial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// What happens to a call, in this order; nobody's words come last.
    pub steps: Vec<Step>,
    /// The caller's own network goes on ringing, where the carrier lets it.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub by_carrier: bool,
    /// How many calls at once; zero is no limit.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub most: u32,
    /// How many calls of one caller at once; zero is no limit.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub most_of_one: u32,
    /// The carrier itself rings its groups, on the caller's leg.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub by_dial: bool,
    /// What it says besides.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub terms: Terms,
}

/// Who rings together; times in seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The people, by their place in the plan.
    pub members: Vec<usize>,
    /// What it takes to accept.
    pub screen: Screen,
    /// How long the group rings.
    pub ring_for: u64,
    /// How long one telephone rings.
    pub phone_for: u64,
    /// How long a caller waits while everybody is busy.
    pub wait_for: u64,
    /// How often the group is tried.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub passes: u32,
    /// People are rung although they are busy.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub ring_busy: bool,
}

/// What it takes to accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Screen {
    /// The carrier's verdict.
    #[serde(rename = "amd")]
    Amd,
    /// A key.
    #[serde(rename = "key")]
    Key,
    /// A key, and the carrier listens beside.
    #[serde(rename = "amd+key")]
    AmdAndKey,
    /// Nothing.
    #[serde(rename = "none")]
    None,
}

/// Somebody who can be rung.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Which telephone; two people of one telephone are one person under two names.
    pub phone: usize,
    /// What they do when it rings. The first of a telephone counts.
    pub does: Does,
}

/// What somebody does whose telephone rings; times in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Does {
    /// Picks up.
    Answers(Hand),
    /// Lets the mailbox take it.
    Mailbox {
        /// How long it rings before.
        after: u64,
        /// How long the greeting takes.
        greeting: u64,
    },
    /// Has a telephone that asks who is calling.
    Screens {
        /// How long it rings before the robot answers.
        after: u64,
        /// What the owner does then.
        #[serde(default, skip_serializing_if = "is_usual")]
        owner: Option<Hand>,
    },
    /// Is engaged.
    Busy,
    /// Has switched the telephone off.
    Off,
    /// Pushes the call away.
    Declines {
        /// How long it rings before.
        after: u64,
        /// The greeting of the mailbox that takes it then.
        #[serde(default, skip_serializing_if = "is_usual")]
        mailbox: Option<u64>,
    },
    /// Does not come.
    RingsOut,
}

/// A hand at a telephone; times in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hand {
    /// How long it rings before.
    pub after: u64,
    /// The keys that are pressed when words ask for one.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub keys: String,
    /// How long the words are listened to before.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub thinks: u64,
    /// Picks up in the same instant as all others with such a hand.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub together: bool,
    /// How long after picking up the person loses patience.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub leaves: Option<u64>,
    /// How long a conversation takes.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub talks: Option<u64>,
}

/// Somebody who calls; times in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caller {
    /// When.
    pub at: u64,
    /// Which line.
    pub line: usize,
    /// Which number is shown; zero shows none.
    pub from: usize,
    /// When they give up.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub leaves: Leaves,
    /// How long they talk before they hang up.
    pub talks: u64,
    /// What they press, one after the other, each time they are asked for a key.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub presses: Vec<Press>,
    /// What they do behind each beep.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub says: Vec<Says>,
}

/// When a caller gives up; so many milliseconds after that.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Leaves {
    /// Never.
    #[default]
    Never,
    /// They called.
    Called(u64),
    /// Somebody picked up for them.
    PickedUp(u64),
    /// Somebody entered the conference.
    Joined(u64),
    /// They heard words.
    Words(u64),
}

/// What goes wrong at the carrier: rates in thousandths, times in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "they are those of the simulator's faults")]
pub struct Mishaps {
    #[serde(skip_serializing_if = "is_usual")]
    pub callback_lost: u32,
    #[serde(skip_serializing_if = "is_usual")]
    pub callback_twice: u32,
    #[serde(skip_serializing_if = "is_usual")]
    pub callback_late: u32,
    #[serde(skip_serializing_if = "is_usual")]
    pub callback_delay: u64,
    #[serde(skip_serializing_if = "is_usual")]
    pub connect_failed: u32,
    #[serde(skip_serializing_if = "is_usual")]
    pub voice_delay: u64,
    #[serde(skip_serializing_if = "is_usual")]
    pub rest_refused: u32,
    #[serde(skip_serializing_if = "is_usual")]
    pub rest_reset: u32,
    #[serde(skip_serializing_if = "is_usual")]
    pub rest_answer_lost: u32,
    #[serde(skip_serializing_if = "is_usual")]
    pub rest_hang: u32,
    #[serde(skip_serializing_if = "is_usual")]
    pub rest_delay: u64,
    #[serde(skip_serializing_if = "is_usual")]
    pub cancel_delay: u64,
    #[serde(skip_serializing_if = "is_usual")]
    pub wrong_verdict: u32,
}

/// The program ends, and starts again with nothing in its memory; times in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// When.
    pub at: u64,
    /// It is asked to and waits so long for its callers; without this it is killed.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub drains_for: Option<u64>,
    /// How long nothing answers.
    pub away: u64,
}

impl Plan {
    /// The telephone numbers of the plan's people, each once.
    pub fn phones(&self) -> BTreeMap<usize, &Does> {
        let mut phones = BTreeMap::new();
        for person in &self.people {
            phones.entry(person.phone).or_insert(&person.does);
        }
        phones
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Plan {
    type Err = serde_json::Error;

    fn from_str(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

impl Screen {
    /// The configuration's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Amd => "amd",
            Self::Key => "key",
            Self::AmdAndKey => "amd+key",
            Self::None => "none",
        }
    }
}

impl Does {
    /// The simulator's character.
    pub fn character(&self) -> Character {
        match self {
            Self::Answers(hand) => Character::Human(hand.human()),
            Self::Mailbox { after, greeting } => {
                Character::Voicemail(Mailbox { answers_after: millis(*after), greeting: millis(*greeting) })
            }
            Self::Screens { after, owner } => {
                Character::Screening { answers_after: millis(*after), owner: owner.as_ref().map(Hand::human) }
            }
            Self::Busy => Character::Busy,
            Self::Off => Character::Off,
            Self::Declines { after, mailbox } => Character::Declines {
                after: millis(*after),
                mailbox: mailbox.map(|greeting| Mailbox { answers_after: millis(1000), greeting: millis(greeting) }),
            },
            Self::RingsOut => Character::RingsOut,
        }
    }
}

impl Hand {
    fn human(&self) -> Human {
        Human {
            answers_after: millis(self.after),
            together: self.together.then_some(1),
            presses: self.keys.chars().collect(),
            thinks_for: millis(self.thinks),
            hangs_up_after: Some(millis(self.leaves.unwrap_or(PATIENCE_MS))),
            talks_for: self.talks.map(millis),
        }
    }
}

impl Mishaps {
    /// The simulator's faults.
    pub fn faults(&self) -> Faults {
        let rate = |thousandths: u32| f64::from(thousandths) / 1000.0;
        Faults {
            callback_lost: rate(self.callback_lost),
            callback_twice: rate(self.callback_twice),
            callback_late: rate(self.callback_late),
            callback_delay: millis(self.callback_delay),
            connect_failed: rate(self.connect_failed),
            voice_delay: millis(self.voice_delay),
            rest_refused: rate(self.rest_refused),
            rest_reset: rate(self.rest_reset),
            rest_answer_lost: rate(self.rest_answer_lost),
            rest_hang: rate(self.rest_hang),
            rest_delay: millis(self.rest_delay),
            cancel_delay: millis(self.cancel_delay),
            wrong_verdict: rate(self.wrong_verdict),
        }
    }
}

/// Nobody holds a telephone longer than this.
pub const PATIENCE_MS: u64 = 1_800_000;

/// So many milliseconds.
pub const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

const fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands fields on by reference")]
const fn is_one(passes: &u32) -> bool {
    *passes == 1
}

pub(super) fn is_usual<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
