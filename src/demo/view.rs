//! What the page shows, from what the simulated carrier's people hear.

use serde::Serialize;

use super::{
    Demo,
    cast::{CALLERS, CallerRole, Manner},
};
use crate::{
    config::Person,
    simulator::{Caller, Hearing, Party},
};

/// Everybody at one moment.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Snapshot {
    line: LineView,
    callers: Vec<CallerView>,
    phones: Vec<PhoneView>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct LineView {
    number: String,
    name: String,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct CallerView {
    id: &'static str,
    name: &'static str,
    number: &'static str,
    state: CallerState,
    hears: String,
    talking_with: Vec<String>,
    /// For how long the caller calls, or talks.
    since_ms: u64,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct PhoneView {
    id: String,
    name: String,
    number: String,
    state: PhoneState,
    /// The caller for whom it rings.
    rings_for: Option<String>,
    hears: String,
    talking_with: Vec<String>,
    character: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum CallerState {
    Idle,
    Calling,
    Connected,
    Ended,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum PhoneState {
    Idle,
    Ringing,
    Answered,
    Talking,
    Mailbox,
}

impl Demo {
    /// Everybody at this moment.
    pub(super) fn snapshot(&self) -> Snapshot {
        let calls = self.callers().clone();
        let manners = self.manners().clone();
        let world = self.simulator.snapshot();
        let callers = CALLERS.iter().zip(calls).map(|(role, call)| caller_view(role, call.as_ref(), world.at));
        let phones = self.people().iter().zip(&world.phones).zip(manners);
        let phones = phones.map(|(((id, person), party), manner)| self.phone_view(id, person, party, manner));
        let line = LineView { number: self.stage.line.number.expose(), name: self.stage.line.name.to_string() };
        Snapshot { line, callers: callers.collect(), phones: phones.collect() }
    }

    fn phone_view(&self, id: &str, person: &Person, party: &Party, manner: Manner) -> PhoneView {
        let state = phone_state(party);
        // One who answers or talks is still there for whom the phone rang.
        let rings_for = if state == PhoneState::Idle { None } else { self.facts.dialled_for(&person.name) };
        let hears = self.simulator.phone(person.phone).and_then(|phone| phone.hears());
        PhoneView {
            id: id.to_owned(),
            name: person.name.to_string(),
            number: person.phone.to_string(),
            state,
            rings_for,
            hears: hears.map(|what| in_words(&what)).unwrap_or_default(),
            talking_with: party.talking_with.iter().map(|name| name_of_party(name)).collect(),
            character: manner.as_str(),
        }
    }
}

fn caller_view(role: &CallerRole, call: Option<&Caller>, now: u64) -> CallerView {
    let heard = call.map(Caller::heard).unwrap_or_default();
    let state = caller_state(heard.last().map(|heard| &heard.what));
    let since = match state {
        CallerState::Idle | CallerState::Ended => None,
        CallerState::Calling => heard.first(),
        CallerState::Connected => heard.last(),
    };
    CallerView {
        id: role.id,
        name: role.name,
        number: role.number,
        state,
        hears: heard.last().map(|heard| in_words(&heard.what)).unwrap_or_default(),
        talking_with: match heard.last().map(|heard| &heard.what) {
            Some(Hearing::Talking(with)) => with.iter().cloned().collect(),
            Some(_) | None => Vec::new(),
        },
        since_ms: since.map_or(0, |heard| now.saturating_sub(heard.at)),
    }
}

fn caller_state(hears: Option<&Hearing>) -> CallerState {
    match hears {
        None => CallerState::Idle,
        Some(Hearing::Ended(_)) => CallerState::Ended,
        Some(Hearing::Talking(_)) => CallerState::Connected,
        Some(
            Hearing::NetworkRinging
            | Hearing::Rings
            | Hearing::Ringback(_)
            | Hearing::Words(_)
            | Hearing::Silence
            | Hearing::Music
            | Hearing::ErrorMessage
            | Hearing::Recorded,
        ) => CallerState::Calling,
    }
}

fn phone_state(party: &Party) -> PhoneState {
    match party.state {
        "ringing" => PhoneState::Ringing,
        "screening" | "talking" if party.machine => PhoneState::Mailbox,
        "screening" => PhoneState::Answered,
        "talking" => PhoneState::Talking,
        _ => PhoneState::Idle,
    }
}

/// What the page writes after "hears"; nothing for what it shows otherwise.
fn in_words(what: &Hearing) -> String {
    match what {
        Hearing::NetworkRinging => "ringing".to_owned(),
        Hearing::Ringback(_) => "our ringback tone".to_owned(),
        Hearing::Words(words) => format!("“{words}”"),
        Hearing::Silence => "silence".to_owned(),
        Hearing::Music => "music".to_owned(),
        Hearing::ErrorMessage => "an error message".to_owned(),
        Hearing::Recorded => "a beep, and is recorded".to_owned(),
        Hearing::Rings | Hearing::Talking(_) | Hearing::Ended(_) => String::new(),
    }
}

/// The page's name for somebody; the carrier knows a caller by the last digits of the number.
fn name_of_party(name: &str) -> String {
    let is_it = |role: &&CallerRole| name.strip_prefix('…').is_some_and(|digits| role.number.ends_with(digits));
    CALLERS.iter().find(is_it).map_or_else(|| name.to_owned(), |role| role.name.to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::sleep;

    use super::*;
    use crate::demo::{cast::CALLERS, tests::demo_in_process};

    #[tokio::test(start_paused = true)]
    async fn before_the_first_call_everything_is_quiet() {
        let demo = demo_in_process();

        let snapshot = demo.snapshot();

        assert_eq!(snapshot.line.number, "+441632960000");
        assert!(snapshot.callers.iter().all(|caller| caller.state == CallerState::Idle && caller.hears.is_empty()));
        assert_eq!(states(&snapshot), [PhoneState::Idle; 5]);
        insta::assert_snapshot!(serde_json::to_string(&snapshot.phones[0]).unwrap(), @r#"{"id":"ana","name":"Ana","number":"…01","state":"idle","rings_for":null,"hears":"","talking_with":[],"character":"manual"}"#);
    }

    #[tokio::test(start_paused = true)]
    async fn the_page_follows_a_call_from_ringing_to_talking_to_its_end() {
        let demo = demo_in_process();
        demo.caller_calls(CALLERS[0].id).unwrap();
        sleep(Duration::from_secs(2)).await;

        let ringing = demo.snapshot();
        demo.phone_answers("ben").unwrap();
        demo.phone_goes_to_mailbox("eva").unwrap();
        sleep(Duration::from_secs(1)).await;
        let answered = demo.snapshot();
        demo.phone_presses("ben", '1').unwrap();
        sleep(Duration::from_secs(5)).await;
        let talking = demo.snapshot();
        demo.caller_hangs_up(CALLERS[0].id).unwrap();
        sleep(Duration::from_secs(10)).await;
        let over = demo.snapshot();

        assert_eq!(states(&ringing), [PhoneState::Ringing; 5]);
        assert_eq!(ringing.phones[0].rings_for.as_deref(), Some("Caller 1"));
        assert_eq!((ringing.callers[0].state, ringing.callers[0].since_ms), (CallerState::Calling, 2000));
        assert_eq!((answered.phones[1].state, answered.phones[4].state), (PhoneState::Answered, PhoneState::Mailbox));
        assert!(answered.phones[1].hears.starts_with("“Call for"), "{}", answered.phones[1].hears);
        assert_eq!(talking.callers[0].talking_with, ["Ben"]);
        assert_eq!(talking.phones[1].talking_with, ["Caller 1"]);
        assert_eq!(talking.phones[0].state, PhoneState::Idle);
        assert_eq!(over.callers[0].state, CallerState::Ended);
        assert_eq!(states(&over), [PhoneState::Idle; 5]);
    }

    fn states(snapshot: &Snapshot) -> Vec<PhoneState> {
        snapshot.phones.iter().map(|phone| phone.state).collect()
    }
}
