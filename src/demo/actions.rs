//! What visitors do with the telephones.

use super::{
    Demo,
    cast::{CALLERS, CallerRole, Manner},
};
use crate::{
    config::Person,
    simulator::{Caller, Phone},
};

/// Why nothing was done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    /// There is no such telephone, key or manner.
    #[error("There is nothing of this name.")]
    Unknown,
    /// It makes no sense as things are.
    #[error("{0}")]
    NotNow(String),
}

impl Demo {
    pub(super) fn caller_calls(&self, id: &str) -> Result<(), Refused> {
        let (index, role) = caller(id)?;
        // Held until the new call stands here, so that no snapshot misses it.
        let mut calls = self.callers();
        if calls[index].as_ref().is_some_and(is_live) {
            return Err(Refused::NotNow(format!("{} is in a call already.", role.name)));
        }
        calls[index] = Some(self.simulator.call(role.number, self.stage.line.number));
        Ok(())
    }

    pub(super) fn caller_hangs_up(&self, id: &str) -> Result<(), Refused> {
        self.live_caller(id)?.hang_up();
        Ok(())
    }

    pub(super) fn caller_presses(&self, id: &str, key: char) -> Result<(), Refused> {
        self.live_caller(id)?.press(key);
        Ok(())
    }

    pub(super) fn phone_answers(&self, id: &str) -> Result<(), Refused> {
        self.if_ringing(id, Phone::answer)
    }

    pub(super) fn phone_declines(&self, id: &str) -> Result<(), Refused> {
        self.if_ringing(id, Phone::decline)
    }

    pub(super) fn phone_goes_to_mailbox(&self, id: &str) -> Result<(), Refused> {
        self.if_ringing(id, Phone::let_mailbox_answer)
    }

    pub(super) fn phone_hangs_up(&self, id: &str) -> Result<(), Refused> {
        self.if_answered(id, Phone::hang_up)
    }

    pub(super) fn phone_presses(&self, id: &str, key: char) -> Result<(), Refused> {
        self.if_answered(id, |phone| phone.press(key))
    }

    pub(super) fn phone_behaves(&self, id: &str, manner: &str) -> Result<(), Refused> {
        let (index, person) = self.person(id)?;
        let manner = Manner::read(manner).ok_or(Refused::Unknown)?;
        if let Some(own) = self.manners().get_mut(index) {
            *own = manner;
        }
        self.simulator.set_character(person.phone, manner.character());
        Ok(())
    }

    fn live_caller(&self, id: &str) -> Result<Caller, Refused> {
        let (index, role) = caller(id)?;
        let call = self.callers()[index].clone().filter(is_live);
        call.ok_or_else(|| Refused::NotNow(format!("{} is in no call now.", role.name)))
    }

    fn if_ringing(&self, id: &str, act: impl FnOnce(&Phone) -> bool) -> Result<(), Refused> {
        self.at_phone(id, act, "does not ring now")
    }

    fn if_answered(&self, id: &str, act: impl FnOnce(&Phone) -> bool) -> Result<(), Refused> {
        self.at_phone(id, act, "is in no call now")
    }

    fn at_phone(&self, id: &str, act: impl FnOnce(&Phone) -> bool, otherwise: &str) -> Result<(), Refused> {
        let (_, person) = self.person(id)?;
        let phone = self.simulator.phone(person.phone).ok_or(Refused::Unknown)?;
        if act(&phone) { Ok(()) } else { Err(Refused::NotNow(format!("{}’s phone {otherwise}.", person.name))) }
    }

    fn person(&self, id: &str) -> Result<(usize, &Person), Refused> {
        let people = self.people();
        let index = people.iter().position(|(own, _)| own == id).ok_or(Refused::Unknown)?;
        Ok((index, &people[index].1))
    }
}

/// Reads a key of a telephone.
pub(super) fn key(text: &str) -> Result<char, Refused> {
    let mut signs = text.chars();
    let key = signs.next().filter(|key| key.is_ascii_digit() || matches!(key, '*' | '#'));
    key.filter(|_| signs.next().is_none()).ok_or(Refused::Unknown)
}

fn caller(id: &str) -> Result<(usize, &'static CallerRole), Refused> {
    CALLERS.iter().enumerate().find(|(_, role)| role.id == id).ok_or(Refused::Unknown)
}

fn is_live(call: &Caller) -> bool {
    !call.status().is_final()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::tests::demo_in_process;

    #[tokio::test(start_paused = true)]
    async fn what_makes_no_sense_now_is_said_in_a_sentence() {
        let demo = demo_in_process();
        let sentence = |refused: Result<(), Refused>| refused.unwrap_err().to_string();

        assert_eq!(sentence(demo.phone_answers("ana")), "Ana’s phone does not ring now.");
        assert_eq!(sentence(demo.phone_presses("ana", '1')), "Ana’s phone is in no call now.");
        assert_eq!(sentence(demo.caller_hangs_up("caller-2")), "Caller 2 is in no call now.");
        demo.caller_calls("caller-2").unwrap();
        assert_eq!(sentence(demo.caller_calls("caller-2")), "Caller 2 is in a call already.");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_there_is_unknown() {
        let demo = demo_in_process();

        assert_eq!(demo.caller_calls("caller-3"), Err(Refused::Unknown));
        assert_eq!(demo.phone_answers("zoe"), Err(Refused::Unknown));
        assert_eq!(demo.phone_behaves("ana", "sings"), Err(Refused::Unknown));
        assert_eq!(
            (key("1"), key("#"), key("12"), key("a")),
            (Ok('1'), Ok('#'), Err(Refused::Unknown), Err(Refused::Unknown))
        );
    }
}
