//! Who is in a group: people, everybody in other groups, everybody at all, and numbers that stand for themselves.

use std::{collections::BTreeMap, time::Duration};

use ringall_core::{flow::Member, phone::PhoneNumber, roster::Presence};

use crate::config::{
    people::{People, Person},
    problem::{Place, Report, did_you_mean, shown},
    reader::{Text, Value},
};

/// The list of a group as written; never empty.
#[derive(Debug)]
pub(super) struct Members(Vec<Text>);

/// What the list of one group may refer to.
pub(super) struct Everybody<'a> {
    pub(super) people: &'a People,
    /// Every group, also one that is wrong.
    pub(super) names: Vec<&'a str>,
    pub(super) lists: BTreeMap<&'a str, &'a Members>,
    pub(super) report: &'a Report,
}

/// The members of one group that have been found so far.
struct Found<'a> {
    /// The group.
    name: &'a str,
    /// How long the group rings one phone.
    phone_for: Duration,
    members: Vec<Member>,
    /// Who stands in the list itself, by phone.
    listed: Vec<(PhoneNumber, String)>,
}

/// Everybody in `[people]`.
const ALL: &str = "*";

impl Members {
    pub(super) fn read(value: Value<'_>, report: &Report) -> Option<Self> {
        let place = value.place.clone();
        let members = value.list()?;
        if members.is_empty() {
            report.problem(&place, "empty; a group needs somebody to ring");
            return None;
        }
        Some(Self(members.into_iter().filter_map(Value::text).collect()))
    }

    /// The members that are given by their number, and where.
    pub(super) fn numbers(&self) -> impl Iterator<Item = (Place, PhoneNumber)> {
        self.0.iter().filter_map(|member| Some((member.place.clone(), member.text.parse().ok()?)))
    }
}

impl<'a> Everybody<'a> {
    /// Everybody whom a group rings, each once and at the first place; `None` for a group without a list. Whoever is
    /// there but wrong was reported already and is left out.
    pub(super) fn members_of(&self, name: &'a str, phone_for: Duration) -> Option<Vec<Member>> {
        let mut found = Found { name, phone_for, members: Vec::new(), listed: Vec::new() };
        self.add_list(&mut found, &mut vec![name]);
        self.lists.contains_key(name).then_some(found.members)
    }

    /// Whether nobody of them can be rung when the program starts.
    pub(super) fn are_all_away(&self, members: &[Member]) -> bool {
        let people = || self.people.values().filter_map(|entry| entry.person.as_ref());
        let away = |member: &Member| {
            let mut same = people().filter(|person| person.phone == member.phone);
            same.any(|person| person.presence == Presence::Away)
        };
        !members.is_empty() && members.iter().all(away)
    }

    /// Adds the list of the last group of `path`, which leads there from the group whose members are looked for.
    fn add_list(&self, found: &mut Found<'a>, path: &mut Vec<&'a str>) {
        let Some(list) = path.last().and_then(|name| self.lists.get(name)) else { return };
        for member in &list.0 {
            self.add(found, path, member);
        }
    }

    fn add(&self, found: &mut Found<'a>, path: &mut Vec<&'a str>, member: &'a Text) {
        let itself = path.len() == 1;
        if let Some(entry) = self.people.get(&member.text) {
            if itself && self.is_another_group(&member.text) && member.text != found.name {
                self.report.warning(&member.place, "a person and a group have this name; it stands for the person");
            }
            if let Some(person) = &entry.person {
                found.add_person(person, itself.then_some((member, self.report)));
            }
            return;
        }
        if self.names.contains(&member.text.as_str()) {
            return self.add_group(found, path, member);
        }
        if member.text == ALL {
            let mut everybody: Vec<_> = self.people.values().collect();
            everybody.sort_by_key(|entry| entry.place.offset);
            everybody
                .iter()
                .filter_map(|entry| entry.person.as_ref())
                .for_each(|person| found.add_person(person, None));
        } else if member.text.starts_with('+') {
            self.add_number(found, member, itself);
        } else if itself {
            let names = self.people.keys().map(String::as_str).chain(self.names.iter().copied());
            let nearest = did_you_mean(&member.text, names);
            self.report.problem(&member.place, format!("nobody is named `{}`{nearest}", shown(&member.text)));
        }
    }

    /// Whether a group has this person's name and other members.
    fn is_another_group(&self, name: &str) -> bool {
        self.lists.get(name).is_some_and(|list| list.0.iter().any(|member| member.text != name))
    }

    fn add_group(&self, found: &mut Found<'a>, path: &mut Vec<&'a str>, member: &'a Text) {
        let name = member.text.as_str();
        if let Some(from) = path.iter().position(|group| *group == name) {
            // Told once, where its first name stands.
            let circle = &path[from..];
            if from == 0 && circle.iter().min() == Some(&name) {
                let way: Vec<_> = circle.iter().chain([&name]).map(|group| shown(group)).collect();
                self.report
                    .problem(&member.place, format!("groups lead to each other in a circle: {}", way.join(" → ")));
            }
            return;
        }
        path.push(name);
        self.add_list(found, path);
        path.pop();
    }

    /// A number that is a person's stands for that person.
    fn add_number(&self, found: &mut Found<'a>, member: &'a Text, itself: bool) {
        let Ok(phone) = member.text.parse::<PhoneNumber>() else {
            if itself {
                self.report.problem(&member.place, "not an E.164 number such as \"+4930123456\"");
            }
            return;
        };
        let mut people = self.people.values().filter_map(|entry| entry.person.as_ref());
        let nobody =
            || Person { name: phone.to_string().into(), phone, phone_for: None, presence: Presence::Available };
        let person = people.find(|person| person.phone == phone).cloned().unwrap_or_else(nobody);
        found.add_person(&person, itself.then_some((member, self.report)));
    }
}

impl Found<'_> {
    /// Adds somebody who is not there yet. Who stands twice in the list itself is told of; who is in several of its
    /// groups is meant to be.
    fn add_person(&mut self, person: &Person, listed: Option<(&Text, &Report)>) {
        if let Some((member, report)) = listed {
            match self.listed.iter().find(|(phone, _)| *phone == person.phone) {
                Some((_, first)) => report.warning(&member.place, twice(&member.text, first, person)),
                None => self.listed.push((person.phone, member.text.clone())),
            }
        }
        if self.members.iter().all(|member| member.phone != person.phone) {
            let phone_for = person.phone_for.unwrap_or(self.phone_for);
            self.members.push(Member { name: person.name.clone(), phone: person.phone, phone_for });
        }
    }
}

fn twice(id: &str, first: &str, person: &Person) -> String {
    if id == first {
        return format!("`{}` is in this list already and is rung once", shown(id));
    }
    format!("`{}` has the same number as `{}` ({}), which is rung once", shown(id), shown(first), person.phone)
}
