//! Telephones for numbers that are not known beforehand: whoever is dialled gets one, in the order of dialling.

use std::collections::VecDeque;

use ringall_core::phone::PhoneNumber;

use super::{
    Simulator,
    character::Character,
    faults::RestFault,
    phone::{Phone, PhoneState},
    world::World,
};

/// A telephone that is there once its number is dialled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newcomer {
    /// How it behaves.
    pub character: Character,
    /// How every order to dial it fails, if they do.
    pub fault: Option<RestFault>,
}

/// The telephones that are to come, and those that have come.
#[derive(Debug)]
pub(super) struct Newcomers {
    expected: VecDeque<Newcomer>,
    arrived: Vec<PhoneNumber>,
}

impl Newcomer {
    /// Does what its [`Phone`] is told to do.
    pub fn manual() -> Self {
        Self { character: Character::Manual, fault: None }
    }
}

impl Simulator {
    /// From now on every number that is dialled has a telephone: these first, then ones that wait for a hand.
    pub fn expect_newcomers(&self, newcomers: impl IntoIterator<Item = Newcomer>) {
        let expected = newcomers.into_iter().collect();
        self.change(|world| world.newcomers = Some(Newcomers { expected, arrived: Vec::new() }));
    }

    /// The telephones that have come, in the order in which they were dialled first.
    pub fn newcomers(&self) -> Vec<Phone> {
        let arrived = self.look(|world| world.newcomers.as_ref().map(|newcomers| newcomers.arrived.clone()));
        arrived.into_iter().flatten().map(|number| Phone::new(self.clone(), number)).collect()
    }
}

impl World {
    /// Gives a number that is dialled its telephone, unless somebody has it.
    pub(super) fn welcome(&mut self, number: PhoneNumber) {
        let Some(newcomers) = self.newcomers.as_mut().filter(|_| !self.phones.contains_key(&number)) else { return };
        let Newcomer { character, fault } = newcomers.expected.pop_front().unwrap_or_else(Newcomer::manual);
        newcomers.arrived.push(number);
        let order = self.phones.len();
        let name = format!("phone {}", newcomers.arrived.len());
        self.phones.insert(number, PhoneState { name, character, order });
        self.planned.numbers.extend(fault.map(|fault| (number, fault)));
    }
}
