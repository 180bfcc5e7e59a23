//! Lists of whoever is told by a text message.

use std::sync::Arc;

use ringall_core::phone::PhoneNumber;

use super::{
    groups::Groups,
    notices::Recipient,
    people::People,
    problem::{Report, did_you_mean, shown},
    reader::{Text, Value},
};

/// Everybody who is named, each telephone once; `None` if none is.
pub(super) fn read(list: Value<'_>, people: &People, groups: &Groups) -> Option<Arc<[Recipient]>> {
    let (place, report) = (list.place.clone(), list.report);
    let mut recipients: Vec<Recipient> = Vec::new();
    let written = list.list()?;
    if written.is_empty() {
        report.warning(&place, "names nobody, so that nobody is told");
    }
    for name in written.into_iter().filter_map(Value::text) {
        for recipient in read_recipient(&name, people, groups, report) {
            if recipients.iter().all(|known| known.phone != recipient.phone) {
                recipients.push(recipient);
            }
        }
    }
    Some(recipients.into())
}

fn read_recipient(name: &Text, people: &People, groups: &Groups, report: &Report) -> Vec<Recipient> {
    if let Some(entry) = people.get(&name.text) {
        let person = entry.person.iter();
        return person.map(|person| Recipient { name: person.name.clone(), phone: person.phone }).collect();
    }
    if let Some(group) = groups.get(&name.text) {
        let members = group.iter().flat_map(|group| &group.ring.members);
        return members.map(|member| Recipient { name: member.name.clone(), phone: member.phone }).collect();
    }
    if name.text.starts_with('+') {
        return match name.text.parse::<PhoneNumber>() {
            Ok(phone) => vec![Recipient { name: phone.to_string().into(), phone }],
            Err(error) => {
                report.problem(&name.place, error.to_string());
                Vec::new()
            }
        };
    }
    let names = people.keys().chain(groups.keys()).map(String::as_str);
    let nearest = did_you_mean(&name.text, names);
    report.problem(&name.place, format!("nobody is named `{}`{nearest}", shown(&name.text)));
    Vec::new()
}
