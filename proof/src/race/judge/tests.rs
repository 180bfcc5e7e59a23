//! The judge finds what is wrong: records of rounds that never happened like this, one thing wrong in each.

use super::{
    super::record::{Ended, Who::Caller},
    *,
};

#[test]
fn a_round_in_which_all_is_well_is_passed() {
    assert_eq!(judge(&good()), Vec::<String>::new());
}

#[test]
fn two_winners_are_found() {
    let doctored = replace(good(), 9, hears(2, room()));

    finds(&doctored, "2 legs have the call of round 1");
}

#[test]
fn a_loser_who_is_never_told_is_found() {
    let doctored = without(good(), 9);

    finds(&doctored, "leg 2 was never told");
}

#[test]
fn a_loser_whose_line_goes_dead_is_found() {
    for document in [Document::HangUp, Document::Nothing, Document::Odd("502".to_owned())] {
        let doctored = replace(good(), 9, hears(2, document));

        finds(&doctored, "leg 2");
    }
}

#[test]
fn false_words_are_found() {
    for (words, complaint) in [
        (Words::CallerLeft, "leg 2 was told CallerLeft, and the caller is there"),
        (Words::MovedOn, "leg 2 was told MovedOn, and the call has not moved on"),
        (Words::Declined, "leg 2 was told Declined, and they have not declined"),
        (Words::NotAccepted, "leg 2 was told NotAccepted, and they pressed one"),
        (Words::CouldNotConnect, "leg 2 was told CouldNotConnect, and they never had the call"),
        (Words::Failure, "which is not for them"),
    ] {
        finds(&replace(good(), 9, hears(2, Document::Words(words))), complaint);
    }
}

#[test]
fn somebody_else_is_a_lie_when_there_is_nobody() {
    let doctored = replace(good(), 8, hears(1, Document::Words(Words::SomebodyElse)));

    finds(&doctored, "leg 1 was told SomebodyElse, and nobody else has it");
    finds(&doctored, "2 accepted in round 1, and nobody has the call");
}

#[test]
fn a_phone_that_rings_on_is_found() {
    // Leg 3 was canceled.
    let doctored = without(good(), 14);

    finds(&doctored, "leg 3 was left ringing");
}

#[test]
fn a_phone_that_rings_on_for_long_is_found() {
    let mut doctored = good();
    doctored[14].at = 13_000_000;

    finds(&doctored, "leg 3 was let go 12");
}

#[test]
fn a_caller_who_is_joined_with_a_loser_is_found() {
    let doctored = replace(good(), 13, What::TalkBegins(2));

    finds(&doctored, "joined with leg 2, which never had the call");
    finds(&doctored, "leg 1 has the call, and neither talks nor was told why");
}

#[test]
fn a_caller_who_waits_for_ever_is_found() {
    let doctored = without(without(without(good(), 16), 13), 11);

    finds(&doctored, "the caller was left on the line");
}

#[test]
fn a_caller_who_is_sent_in_twice_is_found() {
    let doctored = replace(good(), 12, What::Hears(Caller, Asked::Now, room()));

    finds(&doctored, "the caller was sent into the conference 2 times");
}

#[test]
fn a_dial_after_the_end_is_found() {
    let mut doctored = good();
    let at = 2_000_000;
    doctored.push(Entry { at, what: What::Dialled { leg: 4, round: 2, person: 0 } });
    doctored.push(Entry { at, what: What::Ended(Who::Leg(4), Ended::Canceled) });

    finds(&doctored, "leg 4 was dialled after the call was over");
}

#[test]
fn a_call_that_is_not_handed_back_to_everybody_is_found() {
    // The winner hangs up with the document in hand, and only one of three rings again, and takes it.
    let mut doctored = without(good(), 13);
    doctored[10].what = What::Ended(Who::Leg(1), Ended::ByOwner);
    let at = 600_000;
    for what in [
        What::Dialled { leg: 4, round: 2, person: 0 },
        What::PickedUp(4),
        What::Accepts(4),
        hears(4, room()),
        What::TalkBegins(4),
        What::Ended(Who::Leg(4), Ended::AfterDocument),
    ] {
        doctored.push(Entry { at, what });
    }
    doctored.retain(|entry| entry.what != What::Ended(Caller, Ended::ByOwner));
    doctored.push(Entry { at: 900_000, what: What::Ended(Caller, Ended::ByOwner) });

    finds(&doctored, "leg 1 gave the call back, and 1 of 3 rang again");
}

#[test]
fn a_webhook_that_comes_twice_and_is_answered_differently_is_found() {
    let mut doctored = good();
    doctored.push(Entry { at: 301, what: What::AcceptsAgain(1) });
    doctored.push(Entry { at: 402, what: What::Hears(Who::Leg(1), Asked::Repeat, Document::HangUp) });
    doctored.sort_by_key(|entry| entry.at);

    finds(&doctored, "was given two answers");
}

#[test]
fn an_error_of_the_server_is_found() {
    finds(&replace(good(), 12, What::Fault("http://a/voice: status 500".to_owned())), "status 500");
}

#[test]
fn a_phone_that_is_rung_twice_is_found() {
    finds(&replace(good(), 12, What::RungTwice { leg: 3 }), "leg 3 rings somebody whom another leg of ours engages");
}

/// Two of three accept; leg 1 has the call, leg 2 is told, leg 3 stops ringing.
fn good() -> Vec<Entry> {
    let whats = [
        What::Called { people: 3 },
        What::Dialled { leg: 1, round: 1, person: 0 },
        What::Dialled { leg: 2, round: 1, person: 1 },
        What::Dialled { leg: 3, round: 1, person: 2 },
        What::PickedUp(1),
        What::PickedUp(2),
        What::Accepts(1),
        What::Accepts(2),
        hears(1, room()),
        hears(2, Document::Words(Words::SomebodyElse)),
        What::Enters(Who::Leg(1)),
        What::Hears(Caller, Asked::Now, room()),
        What::Enters(Caller),
        What::TalkBegins(1),
        What::Ended(Who::Leg(3), Ended::Canceled),
        What::Ended(Who::Leg(2), Ended::AfterDocument),
        What::Ended(Caller, Ended::ByOwner),
        What::Ended(Who::Leg(1), Ended::AfterDocument),
    ];
    (0..).step_by(50).zip(whats).map(|(at, what)| Entry { at, what }).collect()
}

fn finds(entries: &[Entry], complaint: &str) {
    let violations = judge(entries);

    assert!(violations.iter().any(|violation| violation.contains(complaint)), "{complaint}: {violations:#?}");
}

fn replace(mut entries: Vec<Entry>, index: usize, what: What) -> Vec<Entry> {
    entries[index].what = what;
    entries
}

fn without(mut entries: Vec<Entry>, index: usize) -> Vec<Entry> {
    entries.remove(index);
    entries
}

fn hears(leg: u32, document: Document) -> What {
    What::Hears(Who::Leg(leg), Asked::Now, document)
}

fn room() -> Document {
    let text = || "http://a".to_owned();
    Document::Room { name: text(), wait: text(), status: text(), action: text() }
}
