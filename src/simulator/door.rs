//! A door for programs that try to break the protocol: the simulator's own side of it, without a call around it. What
//! the simulator says and hears here is what it says and hears at the wire.

use super::{
    form, signing,
    twiml::{self, Target, Verb},
    warning::Warning,
};

/// A document as the simulated carrier reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Each verb's name and what stands in it, in order; what a Gather prompts with follows the Gather.
    pub verbs: Vec<(&'static str, String)>,
    /// What was strange about it.
    pub warnings: Vec<Warning>,
}

/// Reads a document; an `Err` says why it is none.
pub fn read_document(text: &str) -> Result<Reading, String> {
    let document = twiml::read(text).map_err(|error| error.0)?;
    let mut verbs = Vec::new();
    for verb in &document.verbs {
        list(verb, &mut verbs);
    }
    Ok(Reading { verbs, warnings: document.warnings })
}

/// The signature of a request; `form` is empty for a GET. A default port may be spelled out in what is signed.
pub fn sign(auth_token: &str, url: &str, form: &[(String, String)], spell_out_port: bool) -> String {
    signing::signature(auth_token, &signing::signed_url(url, spell_out_port), form)
}

/// Writes a form.
pub fn encode_form(form: &[(String, String)]) -> String {
    form::encode(form)
}

/// Reads a form.
pub fn decode_form(text: &str) -> Vec<(String, String)> {
    form::decode(text)
}

fn list(verb: &Verb, verbs: &mut Vec<(&'static str, String)>) {
    match verb {
        Verb::Say(say) => verbs.push(("Say", say.text.clone())),
        Verb::Play(play) => verbs.push(("Play", play.url.clone())),
        Verb::Pause(length) => verbs.push(("Pause", length.as_secs().to_string())),
        Verb::Gather(gather) => {
            verbs.push(("Gather", gather.action.url.clone()));
            for prompt in &gather.prompts {
                list(prompt, verbs);
            }
        }
        Verb::Redirect(link) => verbs.push(("Redirect", link.url.clone())),
        Verb::Hangup => verbs.push(("Hangup", String::new())),
        Verb::Reject { .. } => verbs.push(("Reject", String::new())),
        Verb::Record(record) => {
            verbs.push(("Record", record.action.as_ref().map(|link| link.url.clone()).unwrap_or_default()));
        }
        Verb::Dial(dial) => match &dial.target {
            Target::Conference(room) => verbs.push(("Conference", room.name.clone())),
            Target::Numbers(numbers) => {
                verbs.extend(numbers.iter().map(|number| ("Number", number.number.clone())));
            }
        },
    }
}
