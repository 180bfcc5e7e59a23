//! Steps in which callers wait, orders of groups, and who is away.

use std::time::Duration;

use ringall_core::{
    flow::{Exit, Flow, Order, Queue, Step, StepIndex, Words as Heard},
    roster::Presence,
};

use super::{messages::problems, messages::warnings, *};

#[test]
fn a_queue_is_read_with_all_that_stands_beside_it() {
    let (config, warnings) = parse(&with_line(
        r#"
        start = "wait"
        [steps.wait]
        queue = "organisers"
        offer_for = "15s"
        wrap_up = "45s"
        max_wait = "8m"
        max_waiting = 3
        hold = { play = "https://example.org/music.mp3" }
        announce_every = "90s"
        next_words = "Next at {line}."
        place_words = "Place {place} at {line}."
        minute_words = "One minute."
        minutes_words = "{minutes} minutes."
        leave_words = "Key {key}."
        leave_key = "*"
        gave_up = "a"
        too_long = "b"
        full = "c"
        nobody = "a"
        [steps]
        a.say = "A."
        b.say = "B."
        c.say = "C."
        "#,
    ));

    assert_eq!(warnings, []);
    let (flow, queue) = queue_of(&config);
    assert_eq!((queue.offer_for, queue.wrap_up), (Duration::from_secs(15), Duration::from_secs(45)));
    assert_eq!((queue.max_wait, queue.max_waiting), (Duration::from_secs(480), Some(3)));
    assert!(matches!(&queue.hold, Some(Heard::Sound { name, .. }) if &**name == "music.mp3"));
    assert_eq!(queue.announce_every, Some(Duration::from_secs(90)));
    let words = &queue.words;
    let words = [&words.next, &words.place, &words.minute, &words.minutes, &words.leave].map(ToString::to_string);
    let place = "Place {place} at Hotline.";
    assert_eq!(words, ["Next at Hotline.", place, "One minute.", "{minutes} minutes.", "Key {key}."]);
    assert_eq!(queue.leave.map(|(key, _)| key), Some('*'));
    assert_eq!(leads(flow), ["gave_up: a", "too_long: b", "full: c", "nobody: a"]);
}

#[test]
fn a_queue_alone_rings_each_for_twenty_seconds_and_ends_in_words() {
    let (config, warnings) = parse(&with_line("start = \"a\"\n[steps]\na.queue = \"organisers\""));

    assert_eq!(warnings, []);
    let (flow, queue) = queue_of(&config);
    assert_eq!((queue.offer_for, queue.wrap_up), (Duration::from_secs(20), Duration::ZERO));
    assert_eq!((queue.max_wait, queue.max_waiting), (Duration::from_secs(900), Some(20)));
    assert_eq!((queue.hold.clone(), queue.announce_every), (None, Some(Duration::from_secs(60))));
    assert!(only_line(&config).detection.contains_key("organisers"), "the group's own detection");
    assert_eq!(queue.leave, None, "without a way out there is no key to tell of");
    assert_eq!(leads(flow), ["too_long: (waited too long)", "full: (queue full)", "nobody: (nobody on duty)"]);
}

#[test]
fn a_way_out_has_a_key_and_a_key_has_a_way_out() {
    let lead = |keys: &str| {
        let (config, _) = parse(&with_line(&format!("start = \"a\"\n[steps.a]\nqueue = \"organisers\"\n{keys}")));
        let (flow, queue) = queue_of(&config);
        (queue.leave.map(|(key, _)| key), leads(flow).remove(0))
    };

    assert_eq!(lead("leave_key = \"9\""), (Some('9'), "gave_up: (gave up)".to_owned()));
    assert_eq!(lead("gave_up = \"b\"\n[steps.b]\nsay = \"B.\""), (Some('1'), "gave_up: b".to_owned()));
}

#[test]
fn a_place_that_is_never_told_is_written_as_no_time() {
    let (config, _) = parse(&with_line(
        "start = \"a\"\n[steps.a]\nqueue = \"organisers\"\nannounce_every = \"0s\"\nhold = \"ringing\"",
    ));

    let (_, queue) = queue_of(&config);
    assert_eq!((queue.announce_every, queue.hold.clone()), (None, None));
}

#[test]
fn what_is_wrong_with_queues_is_told_all_at_once() {
    let text = with_line(
        r#"
        start = "a"
        [steps]
        a = { queue = "organizers", offer_for = "1s", wrap_up = "2h", max_wait = "5s", max_waiting = 0, hold = "music" }
        b = { queue = "organisers", announce_every = "5s", leave_key = "11", place_words = "Place {minutes}.", full = "bb" }
        c = { queue = "organisers", next = "a", hold = { play = "../music.mp3" } }
        d = { ring = "organisers", wrap_up = "5s", too_long = "a" }
        "#,
    );

    insta::assert_snapshot!(problems(&text), @r#"
    steps.a.queue: no group is named `organizers`; did you mean `organisers`?
    steps.a.offer_for: expected 5s to 2m, found 1s
    steps.a.wrap_up: expected 0s to 1h, found 2h
    steps.a.max_wait: expected 10s to 4h, found 5s
    steps.a.max_waiting: expected a whole number from 1 to 1000, found the integer 0
    steps.a.hold: expected "ringing", or a sound such as { play = "music.mp3" }
    steps.b.announce_every: expected "0s" for never, or 15s to 10m
    steps.b.leave_key: expected one key in quotes such as "1" or "*"
    steps.b.place_words: unknown placeholder `{minutes}`; the placeholders here are `{line.name}`, `{caller.number}`, `{caller.city}`, `{caller.state}`, `{caller.country}`, `{lookup.FIELD}` and `{place}`
    steps.b.full: no step is named `bb`
    steps.c.next: only a step with `say` or `language` has `next`
    steps.c.hold.play: expected the bare name of a file beside the configuration, or an address
    steps.d.wrap_up: only a step with `queue` has `wrap_up`
    steps.d.too_long: only a step with `queue` has `too_long`
    "#);
}

#[test]
fn what_may_not_be_meant_by_a_queue_is_warned_of() {
    let text = with_line(
        r#"
        start = "a"
        language = "de-DE"
        [lines."+441632960000".words]
        [steps]
        a = { queue = "busy", max_wait = "15s", place_words = "Platz.", leave_words = "Taste {key}.", too_long = "end" }
        end.hangup = true
        [groups.busy]
        members = ["ana"]
        ring_busy = true
        "#,
    );

    insta::assert_snapshot!(warnings(&text), @r#"
    lines."…00".words: still in English, though the language is de-DE: whisper, connecting, somebody_else, caller_left, moved_on, not_accepted, declined, could_not_connect, nobody, busy, failure
    steps.a: still in English, though the language is de-DE: next_words, minute_words, minutes_words, full, nobody
    steps.a.queue: a queue waits for who is busy; the `ring_busy` of this group counts for `ring` only
    steps.a.max_wait: shorter than `offer_for`, so that nobody is rung for as long as that
    steps.a.place_words: without `{place}`, the caller does not hear it
    steps.a.leave_words: nobody hears these words
    steps.a.too_long: the caller is cut off here without a word
    "#);
}

#[test]
fn a_queue_that_leads_back_to_itself_without_a_key_is_warned_of() {
    let way = |steps: &str| with_line(&format!("start = \"a\"\n[steps]\n{steps}"));
    let endless = [
        "a = { queue = \"organisers\", too_long = \"a\" }",
        "a = { queue = \"organisers\", too_long = \"b\" }\nb = { say = \"Please wait on.\", next = \"a\" }",
        "a = { queue = \"organisers\", too_long = \"b\" }\nb = { queue = \"organisers\", too_long = \"a\" }",
    ];
    let sound = [
        "a = { queue = \"organisers\", too_long = \"a\", gave_up = \"b\" }\nb = { hangup = \"Bye.\" }",
        "a = { queue = \"organisers\", too_long = \"b\" }\nb = { ring = \"organisers\", nobody = \"a\" }",
        "a = { queue = \"organisers\", too_long = \"b\" }\nb = { queue = \"organisers\", too_long = \"a\", leave_key = \"1\" }",
        "a = { queue = \"organisers\", too_long = \"b\" }\nb = { menu = \"Press 1 to wait on.\", keys = { 1 = \"a\" } }",
    ];

    let told: Vec<_> = endless.iter().map(|steps| shown(&parse(&way(steps)).1)).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    steps.a: a caller whom nobody answers waits here again and again, with no key to leave by; `gave_up` gives them one
    steps.a: a caller whom nobody answers waits here again and again, with no key to leave by; `gave_up` gives them one
    steps.a: a caller whom nobody answers waits here again and again, with no key to leave by; `gave_up` gives them one
    steps.b: a caller whom nobody answers waits here again and again, with no key to leave by; `gave_up` gives them one
    ");
    for steps in sound {
        assert_eq!(parse(&way(steps)).1, [], "{steps}");
    }
}

#[test]
fn a_group_says_who_of_it_comes_first() {
    let order = |keys: &str| parse(&with_group(&format!("members = [\"ana\"]\n{keys}"))).0.groups["organisers"].order;

    assert_eq!((order(""), order("order = \"longest-idle\"")), (Order::AsWritten, Order::LongestIdle));
    assert_eq!(order("order = \"as-written\""), Order::AsWritten);
    insta::assert_snapshot!(problems(&with_group("members = [\"ana\"]\norder = \"random\"")), @r#"groups.organisers.order: expected "as-written" or "longest-idle""#);
}

#[test]
fn a_person_may_be_away_when_the_program_starts() {
    let with = |presence: &str| {
        SMALLEST.replace("\"+447700900001\" }", &format!("\"+447700900001\", presence = \"{presence}\" }}"))
    };
    let (config, told) = parse(&with("away"));
    assert_eq!(told, []);
    assert_eq!((config.people["ana"].presence, config.people["ben"].presence), (Presence::Away, Presence::Available));

    insta::assert_snapshot!(problems(&with("gone")), @r#"people.ana.presence: expected "available" or "away""#);
    insta::assert_snapshot!(warnings(&with("away").replace("\"+447700900002\" }", "\"+447700900002\", presence = \"away\" }")), @"groups.organisers: everybody in it is away; nobody is rung until somebody comes back");
}

fn queue_of(config: &Config) -> (&Flow, &Queue) {
    let flow = &only_line(config).flow;
    let Step::Queue(queue) = flow.step(flow.start()) else { panic!("{flow:?}") };
    (flow, queue)
}

/// The exits of the first step.
fn leads(flow: &Flow) -> Vec<String> {
    let named = |(exit, to): (Exit, StepIndex)| format!("{}: {}", exit.name(), flow.steps()[to.0].name);
    flow.step(flow.start()).exits().into_iter().map(named).collect()
}
