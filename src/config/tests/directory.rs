//! `[directory]`: every office becomes a line.

use std::{num::NonZeroUsize, time::Duration};

use ringall_core::{
    flow::{ForwardScreen, Step},
    screen::Screen,
};

use super::*;

#[test]
fn every_office_becomes_a_line_with_what_all_share() {
    let (config, warnings) = parse(&with_directory(
        r#"
        "+441632960001" = { name = "Charlotte Office", to = "ana" }
        "+441632960002" = { name = "Denver Office", to = "+441632960888", language = "en-GB", screen = "none" }
        "+441632960003" = { name = "Head Office", to = "all", whisper = "Call for {line.name}", spoken_name = "the head office" }
        "+441632960004" = { name = "Ben's number", to = "+447700900002" }

        [directory.defaults]
        whisper = "New lead for {line.name}"
        then = "sorry"
        screen = "key"
        ring_for = "20s"
        max_calls = 3
        "#,
    ));

    assert_eq!(warnings, []);
    assert_eq!(config.lines.len(), 4);
    let step = |nth: usize| config.lines.values().nth(nth).unwrap().flow.steps()[0].step.clone();
    let Step::Ring { tiers, .. } = step(0) else { panic!("{:?}", step(0)) };
    let ring = tiers.first();
    let members: Vec<_> = ring.members.iter().map(|member| (&*member.name, member.phone_for.as_secs())).collect();
    assert_eq!(members, [("Ana", 20)]);
    assert_eq!((ring.screen, ring.ring_for, ring.wait_for.as_secs()), (Screen::Key, Duration::from_secs(20), 20));
    assert_eq!(ring.whisper.as_ref().unwrap().to_string(), "New lead for {line.name}");
    let Step::Forward(forward) = step(1) else { panic!("{:?}", step(1)) };
    assert_eq!(
        (forward.screen, forward.whisper.clone()),
        (ForwardScreen::None, Some("New lead for Denver Office".into()))
    );
    let Step::Ring { tiers, .. } = step(2) else { panic!("{:?}", step(2)) };
    let group = tiers.first();
    assert_eq!(
        (group.ring_for.as_secs(), group.members[0].phone_for.as_secs(), group.members[1].phone_for.as_secs()),
        (20, 20, 12)
    );
    assert_eq!(group.whisper.as_ref().unwrap().to_string(), "Call for {line.name}");
    let Step::Ring { tiers, .. } = step(3) else { panic!("{:?}", step(3)) };
    assert_eq!(&*tiers.first().members[0].name, "Ben");
    for line in config.lines.values() {
        assert_eq!(line.max_calls.map(NonZeroUsize::get), Some(3));
        let detection = line.detection.values().all(|tuning| tuning.timeout == Some(Duration::from_secs(6)));
        assert!(detection, "{:?}", line.detection);
    }
    assert_eq!(config.groups["all"].ring_for.as_secs(), 30, "the group of others stays as it is");
}

#[test]
fn offices_are_told_as_what_they_do() {
    let (config, _) = parse(&with_directory("\"+441632960001\" = { name = \"Office\", to = \"+441632960888\" }"));

    let Step::Forward(forward) = &config.lines.values().next().unwrap().flow.steps()[0].step else { panic!() };
    assert_eq!(forward.screen, ForwardScreen::Key, "nobody can tell who picks up there");
    assert_eq!(forward.whisper, None);
}

#[test]
fn mistakes_in_a_directory_are_told_all_at_once() {
    let text = with_directory(
        r#"
        "+441632960001" = { name = "Unknown", to = "anna" }
        "+441632960002" = { name = "Number", to = "+44 1632" }
        "+441632960003" = { name = "Itself", to = "+441632960004" }
        "+441632960004" = { name = "Own", to = "+441632960004", then = "sory" }
        "+441632960005" = { to = "ana" }
        "+441632960006" = { name = "Nobody" }
        "+441632960000" = { name = "Twice", to = "ben" }
        "441632960007" = { name = "No plus", to = "ana" }
        "+441632960008" = "ana"
        "+441632960009" = { name = "Private", to = "+441632960888", screen = "none", whisper = "{caller.city}" }
        "+441632960010" = { name = "Detected", to = "+441632960888", screen = "amd", ring = "all" }
        "+441632960011" = { name = "Open", to = "ben", screen = "none", whisper = "{caller.city}", nmae = 1 }
        "+441632960013" = { name = "Tells", to = "tells", screen = "none" }
        [directory.defaults]
        wisper = "New lead"
        ring_for = "1h"
        [groups.tells]
        members = ["ben"]
        whisper = "From {caller.city}."
        [lines."+441632960000"]
        name = "Line"
        ring = "all"
        "#,
    );

    insta::assert_snapshot!(Config::parse(&text, Strictness::Serve).unwrap_err(), @r#"
    directory."…01".to: no person and no group is named `anna`; did you mean `ana`?
    directory."…02".to: not an E.164 number such as "+4930123456"
    directory."…03".to: one of the lines, which would call itself
    directory."…04".to: one of the lines, which would call itself
    directory."…04".then: no step is named `sory`; did you mean `sorry`?
    directory."…05".name: missing; expected a text in quotes
    directory."…06".to: missing; expected a person, a group, or a number such as "+4930123456"
    directory."…00": stands in `[lines]` too; a number is one or the other
    directory."…07": not an E.164 number such as "+4930123456", in quotes, nor `defaults`
    directory."…08": expected a table, found a text
    directory."…09".whisper: tells of the caller to whatever picks up; that needs `screen = "key"`
    directory."…10".screen: the carrier does not listen who picks up an outside number; expected "key", "amd+key" or "none"
    directory."…10".ring: unknown key
    directory."…11".whisper: tells of the caller to whatever picks up; that needs another `screen` than "none"
    directory."…11".nmae: unknown key; did you mean `name`?
    directory."…13".screen: tells of the caller to whatever picks up; that needs another `screen` than "none"
    directory.defaults.wisper: unknown key; did you mean `whisper`?
    directory.defaults.ring_for: expected 5s to 10m, found 1h
    "#);
}

#[test]
fn whoever_answers_an_office_is_told_of_messages_unless_the_mailbox_says_otherwise() {
    let (config, warnings) = parse(&with_directory(
        r#"
        "+441632960001" = { name = "Charlotte Office", to = "ana", then = "mailbox" }
        "+441632960002" = { name = "Denver Office", to = "+441632960888", then = "mailbox" }
        "+441632960003" = { name = "Head Office", to = "all", then = "mailbox" }
        "+441632960004" = { name = "Back Office", to = "ana", then = "bens" }
        [steps.mailbox]
        voicemail = true
        done = "sorry"
        [steps.bens]
        voicemail = true
        notify = ["ben"]
        "#,
    ));

    assert_eq!(warnings, []);
    let told: Vec<_> = config.lines.values().map(|line| &line.recipients).collect();
    let told = told.iter().map(|told| told.values().flat_map(|told| told.iter()).map(|told| &*told.name).collect());
    let told: Vec<Vec<_>> = told.collect();
    assert_eq!(told, [vec!["Ana"], vec!["…88"], vec!["Ana", "Carla"], vec!["Ben"]]);
}

#[test]
fn numbers_that_call_themselves_through_a_person_are_told() {
    let text = with_directory("\"+447700900001\" = { name = \"Office\", to = \"ben\" }");

    insta::assert_snapshot!(Config::parse(&text, Strictness::Serve).unwrap_err(), @r#"
    people.ana.phone: one of the lines, which would call itself
    warning: steps.sorry: no line leads to this step
    "#);
}

#[test]
fn directory_of_nothing_but_defaults_is_a_problem() {
    let text = with_directory("defaults = { then = \"sorry\" }");

    insta::assert_snapshot!(Config::parse(&text, Strictness::Serve).unwrap_err(), @r#"
    lines: missing; expected at least one number, as in [lines."+4930123456"]
    warning: steps.sorry: no line leads to this step
    directory.defaults: no number stands beside these defaults, as in "+4930123456" = { name = "Office", to = "ana" }
    "#);
}

#[test]
fn talks_of_offices_are_recorded_and_announced_as_those_of_steps() {
    let (config, warnings) = parse(&with_directory(
        r#"
        "+441632960001" = { name = "Charlotte Office", to = "ana", then = "sorry" }
        "+441632960002" = { name = "Denver Office", to = "+441632960888", words = { recording_notice = "{line} records." } }
        "+441632960003" = { name = "Head Office", to = "all", record = false }
        "+441632960004" = { name = "Told Office", to = "ana", recording_notice = false }
        [directory.defaults]
        record = true
        "#,
    ));

    assert_eq!(warnings, []);
    let steps = config.lines.values().map(|line| line.flow.steps().iter().map(|named| &named.step).collect());
    let [ring, forward, silent, told] = <[Vec<&Step>; 4]>::try_from(steps.collect::<Vec<_>>()).unwrap();
    assert!(
        matches!(ring[0], Step::Say { words, .. } if words.to_string() == "This call will be recorded."),
        "{ring:?}"
    );
    assert!(matches!(ring[1], Step::Ring { tiers, .. } if tiers.is_recorded()), "{ring:?}");
    assert!(
        matches!(forward[0], Step::Say { words, .. } if words.to_string() == "Denver Office records."),
        "{forward:?}"
    );
    assert!(matches!(forward[1], Step::Forward(forward) if forward.records), "{forward:?}");
    assert!(matches!(silent[0], Step::Ring { tiers, .. } if !tiers.is_recorded()), "{silent:?}");
    assert!(matches!(told[0], Step::Ring { tiers, .. } if tiers.is_recorded()), "{told:?}");
}

#[test]
fn what_is_wrong_with_recordings_of_offices_is_told() {
    let text = with_directory(
        r#"
        "+441632960001" = { name = "Charlotte Office", to = "ana", record = true, recording_notice = false, then = "sorry" }
        "+441632960002" = { name = "Denver Office", to = "+441632960888", record = "yes" }
        "+441632960003" = { name = "Head Office", to = "all", recording_notice = true }
        "#,
    );
    let required = format!("require_recording_notice = true\n{text}");
    let defaults = with_directory(
        "defaults = { recording_notice = false, then = \"sorry\" }\n\"+441632960001\" = { name = \"Office\", to = \"ana\" }",
    );

    insta::assert_snapshot!(Config::parse(&required, Strictness::Check).unwrap_err(), @r#"
    directory."…01": records talks of callers who were not told; `require_recording_notice` wants that everybody hears so before
    directory."…02".record: expected `true` or `false`, found a text
    warning: directory."…03".recording_notice: nothing is recorded here without `record = true`
    "#);
    assert_eq!(parse(&defaults).1, [], "the defaults are for those that record");
}

fn with_directory(directory: &str) -> String {
    let (before, _) = SMALLEST.split_once("[groups.organisers]").unwrap();
    format!(
        "{before}\n[groups.all]\nmembers = [\"ana\", \"carla\"]\n[people.carla]\nname = \"Carla\"\nphone = \"+447700900003\"\n\
         phone_for = \"12s\"\n[steps]\nsorry.say = \"Sorry.\"\n[directory]\n{directory}"
    )
}
