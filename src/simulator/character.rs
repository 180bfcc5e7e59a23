//! What people and machines do when their telephone rings.

use std::time::Duration;

use tokio::time::{sleep, sleep_until};

use super::{
    Simulator,
    hearing::{EndedBy, Hearing},
    leg::{Answerer, LegKey, Status},
};

/// How a telephone behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Character {
    /// It does what its [`Phone`](super::Phone) is told to do.
    Manual,
    /// A person picks up.
    Human(Human),
    /// Nobody does, and a mailbox takes the call.
    Voicemail(Mailbox),
    /// The telephone answers by itself and asks who is calling; its owner may pick up after that.
    Screening {
        /// How long it rings before the robot answers.
        answers_after: Duration,
        /// What its owner does; `answers_after` counts from the robot's answer.
        owner: Option<Human>,
    },
    /// It is engaged.
    Busy,
    /// It is switched off: the network gives up with `failed`.
    Off,
    /// Its owner pushes the call away.
    Declines {
        /// After ringing for this long.
        after: Duration,
        /// The mailbox that takes the call then; without one the network says busy.
        mailbox: Option<Mailbox>,
    },
    /// It rings and nobody comes.
    RingsOut,
}

/// A person who picks up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Human {
    /// How long the telephone rings before.
    pub answers_after: Duration,
    /// Telephones of the same group are picked up in the same instant: when the first of them has rung this long.
    pub together: Option<u32>,
    /// The keys that are pressed when words ask for one, one after another, two seconds apart.
    pub presses: Vec<char>,
    /// How long the words are listened to before the first key.
    pub thinks_for: Duration,
    /// How long after picking up the person loses patience, talking or not.
    pub hangs_up_after: Option<Duration>,
    /// How long a conversation takes before the person ends it.
    pub talks_for: Option<Duration>,
}

/// A mailbox. It ignores keys, and ends the call a minute after its greeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mailbox {
    /// How long the telephone rings before.
    pub answers_after: Duration,
    /// How long the greeting takes.
    pub greeting: Duration,
}

const BETWEEN_KEYS: Duration = Duration::from_secs(2);
const MAILBOX_RECORDS: Duration = Duration::from_secs(60);
const ROBOT_ASKS: Duration = Duration::from_secs(25);

impl Human {
    /// Picks up after this time, presses nothing, and stays on the line.
    pub fn after(answers_after: Duration) -> Self {
        Self {
            answers_after,
            together: None,
            presses: Vec::new(),
            thinks_for: Duration::from_millis(1500),
            hangs_up_after: None,
            talks_for: None,
        }
    }
}

impl Default for Mailbox {
    fn default() -> Self {
        Self { answers_after: Duration::from_secs(22), greeting: Duration::from_secs(6) }
    }
}

impl Character {
    /// Picks up after this time and presses nothing.
    pub fn human(answers_after: Duration) -> Self {
        Self::Human(Human::after(answers_after))
    }

    /// Picks up after this time and presses this key when asked.
    pub fn presses(answers_after: Duration, key: char) -> Self {
        Self::Human(Human { presses: vec![key], ..Human::after(answers_after) })
    }

    /// Picks up after this time and presses a wrong key before the right one.
    pub fn wrong_key_first(answers_after: Duration, wrong: char, right: char) -> Self {
        Self::Human(Human { presses: vec![wrong, right], ..Human::after(answers_after) })
    }

    /// Picks up after this time and hangs up again before anything is decided.
    pub fn hangs_up(answers_after: Duration, hangs_up_after: Duration) -> Self {
        Self::Human(Human { hangs_up_after: Some(hangs_up_after), ..Human::after(answers_after) })
    }

    /// Picks up, and presses, in the same instant as the others of the group.
    pub fn together(group: u32, answers_after: Duration, key: Option<char>) -> Self {
        let human = Human::after(answers_after);
        Self::Human(Human { together: Some(group), presses: key.into_iter().collect(), ..human })
    }

    /// A mailbox takes the call after 22 s.
    pub fn voicemail() -> Self {
        Self::Voicemail(Mailbox::default())
    }

    /// A random character, as one meets them.
    pub fn random(rng: &mut fastrand::Rng) -> Self {
        let after = Duration::from_millis(rng.u64(500..=25_000));
        let mailbox = Mailbox {
            answers_after: Duration::from_millis(rng.u64(20_000..=25_000)),
            greeting: Duration::from_millis(rng.u64(3000..=12_000)),
        };
        match rng.u32(..12) {
            0..=2 => Self::presses(after, '1'),
            3 => Self::wrong_key_first(after, '*', '1'),
            4 => Self::human(after),
            5 => Self::voicemail(),
            6 => {
                let owner = rng.bool().then(|| Human { presses: vec!['1'], ..Human::after(after) });
                Self::Screening { answers_after: Duration::from_millis(rng.u64(0..=1000)), owner }
            }
            7 => Self::Busy,
            8 => Self::Off,
            9 => Self::Declines { after, mailbox: rng.bool().then_some(mailbox) },
            10 => Self::hangs_up(after, Duration::from_millis(rng.u64(500..=12_000))),
            _ => Self::RingsOut,
        }
    }

    /// One word for a page or a transcript.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Human(_) => "human",
            Self::Voicemail(_) => "voicemail",
            Self::Screening { .. } => "screening",
            Self::Busy => "busy",
            Self::Off => "off",
            Self::Declines { .. } => "declines",
            Self::RingsOut => "rings-out",
        }
    }
}

impl Simulator {
    /// Does what the character of a leg's telephone does, until the leg is over.
    pub(super) async fn behave(self, key: LegKey) {
        let character = self.look(|world| {
            let phone = world.leg(key).phone.and_then(|number| world.phones.get(&number));
            phone.map(|phone| phone.character.clone())
        });
        let Some(character) = character else { return };
        tokio::select! {
            biased;
            () = self.until_over(key) => {}
            () = self.act_out(key, character) => {}
        }
    }

    async fn act_out(&self, key: LegKey, character: Character) {
        match character {
            Character::Human(human) => {
                self.wait_to_answer(&human).await;
                self.change(|world| world.answer(key, Answerer::Human));
                self.act_on_the_line(key, human).await;
            }
            Character::Voicemail(mailbox) => self.act_mailbox(key, mailbox).await,
            Character::Screening { answers_after, owner } => self.act_screening(key, answers_after, owner).await,
            Character::Declines { after, mailbox } => {
                sleep(after).await;
                self.change(|world| world.note(key, "is declined"));
                match mailbox {
                    Some(mailbox) => {
                        self.act_mailbox(key, Mailbox { answers_after: Duration::from_secs(1), ..mailbox }).await;
                    }
                    None => self.change(|world| world.end(key, Status::Busy, EndedBy::Person)),
                }
            }
            // The network has dealt with the ones that cannot ring.
            Character::Manual | Character::RingsOut | Character::Busy | Character::Off => {}
        }
    }

    async fn wait_to_answer(&self, human: &Human) {
        let Some(group) = human.together else {
            sleep(human.answers_after).await;
            return;
        };
        let moment = self.change(|world| {
            let now = world.now;
            let moment = world.instants.entry(group).or_insert(now);
            if *moment <= now {
                *moment = now + human.answers_after;
            }
            *moment
        });
        sleep_until(moment).await;
    }

    async fn act_mailbox(&self, key: LegKey, mailbox: Mailbox) {
        sleep(mailbox.answers_after).await;
        self.change(|world| world.answer(key, Answerer::Machine { greeting: mailbox.greeting }));
        sleep(mailbox.greeting + MAILBOX_RECORDS).await;
        self.change(|world| world.hang_up(key, EndedBy::Person));
    }

    async fn act_screening(&self, key: LegKey, answers_after: Duration, owner: Option<Human>) {
        sleep(answers_after).await;
        self.change(|world| world.answer(key, Answerer::Robot));
        let Some(owner) = owner else {
            sleep(ROBOT_ASKS).await;
            self.change(|world| world.hang_up(key, EndedBy::Person));
            return;
        };
        sleep(owner.answers_after).await;
        self.change(|world| {
            world.note(key, "is taken over by its owner");
            world.leg_mut(key).answerer = Some(Answerer::Human);
        });
        self.act_on_the_line(key, owner).await;
    }

    async fn act_on_the_line(&self, key: LegKey, human: Human) {
        tokio::select! {
            biased;
            () = async {
                match human.hangs_up_after {
                    Some(patience) => sleep(patience).await,
                    None => std::future::pending().await,
                }
            } => {}
            () = self.talk(key, human.talks_for) => {}
            () = self.press_when_asked(key, &human.presses, human.thinks_for) => {}
        }
        self.change(|world| world.hang_up(key, EndedBy::Person));
    }

    /// Presses the keys once words ask for them; never returns.
    async fn press_when_asked(&self, key: LegKey, keys: &[char], thinks_for: Duration) {
        for (nth, digit) in keys.iter().enumerate() {
            loop {
                self.until_asked(key).await;
                sleep(if nth == 0 { thinks_for } else { BETWEEN_KEYS }).await;
                if self.look(|world| world.leg(key).gathering.is_some()) {
                    break;
                }
            }
            self.change(|world| world.press(key, *digit));
        }
        std::future::pending::<()>().await;
    }

    async fn until_asked(&self, key: LegKey) {
        self.until_leg(key, |world| {
            let leg = world.leg(key);
            let asked = leg.hearing.entries().iter().any(|heard| matches!(heard.what, Hearing::Words(_)));
            (asked && leg.gathering.is_some()).then_some(())
        })
        .await;
    }

    async fn talk(&self, key: LegKey, talks_for: Option<Duration>) {
        let Some(talks_for) = talks_for else { std::future::pending().await };
        self.until_leg(key, |world| (!world.company(key).is_empty()).then_some(())).await;
        sleep(talks_for).await;
    }
}
