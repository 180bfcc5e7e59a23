//! Steps that take messages, who is told of them, and talks that are recorded.

use std::time::Duration;

use ringall_core::flow::{Exit, Step, Words as Heard};

use super::{messages::problems, messages::warnings, *};
use crate::config::{NoticeConfig, Told};

#[test]
fn a_mailbox_is_read_with_all_that_stands_beside_it() {
    let (config, warnings) = parse(&with_line(
        r#"
        start = "mailbox"
        [steps.mailbox]
        voicemail = "This is {line}. Speak."
        notify = ["ana", "organisers", "+447700900077"]
        silence = "8s"
        longest = "90s"
        finish_key = "none"
        nothing_heard = "Nothing."
        goodbye = "Bye."
        done = "thanks"
        [steps]
        thanks.say = "Thank you."
        [notices]
        from = "+441632960009"
        text = "{caller} {length} {line} {link}"
        links_last = "2days"
        "#,
    ));

    assert_eq!(warnings, []);
    let line = only_line(&config);
    let Step::Voicemail(voicemail) = line.flow.step(line.flow.start()) else { panic!("{:?}", line.flow) };
    assert_eq!((&*voicemail.name, &voicemail.greeting), ("mailbox", &Heard::Spoken("This is Hotline. Speak.".into())));
    assert_eq!((voicemail.silence, voicemail.longest), (Duration::from_secs(8), Duration::from_secs(90)));
    assert_eq!(voicemail.finish_key, None);
    assert_eq!((&voicemail.nothing_heard, &voicemail.goodbye), (&"Nothing.".into(), &"Bye.".into()));
    let recipients = &line.recipients["mailbox"];
    let phones: Vec<_> = recipients.iter().map(|recipient| recipient.phone.expose()).collect();
    assert_eq!(phones, ["+447700900001", "+447700900002", "+447700900077"], "each once");
    assert_eq!(config.notices.from.map(PhoneNumber::expose), Some("+441632960009".to_owned()));
    assert_eq!(config.notices.links_last, Duration::from_secs(2 * 86_400));
    assert_eq!(config.notices.text.fill(told()), "+44 7 s Office https://x/y");
}

#[test]
fn a_mailbox_alone_has_good_words_and_hangs_up_afterwards() {
    let (config, warnings) = parse(&with_line("start = \"a\"\n[steps]\na = { voicemail = true, notify = [\"ana\"] }"));

    assert_eq!(warnings, []);
    let flow = &only_line(&config).flow;
    let Step::Voicemail(voicemail) = flow.step(flow.start()) else { panic!("{flow:?}") };
    assert!(voicemail.greeting.to_string().starts_with("You have reached Hotline."), "{}", voicemail.greeting);
    assert_eq!((voicemail.silence, voicemail.longest), (Duration::from_secs(5), Duration::from_secs(180)));
    assert_eq!(voicemail.finish_key, Some('#'));
    let exits: Vec<_> = flow.step(flow.start()).exits().into_iter().map(|(exit, to)| (exit, flow.step(to))).collect();
    assert_eq!(exits, [(Exit::Done, &Step::HangUp)]);
    assert_eq!(config.notices, NoticeConfig::default());
    assert_eq!(config.notices.text.fill(told()), "Office: a message from +44, 7 s. Listen: https://x/y");
}

#[test]
fn what_is_wrong_with_mailboxes_is_told_all_at_once() {
    let text = with_line(
        r#"
        start = "a"
        [steps]
        a = { voicemail = false, notify = ["anna", "+1", 7], silence = "1s", longest = "2h", finish_key = "ab", done = "bb" }
        b = { voicemail = "From {caller}.", notify = "ana", goodbye = "" }
        c = { say = "Hello.", notify = ["ana"], longest = "1m" }
        d = { voicemail = true, notify = ["ana"], silence = "2500ms" }
        [notices]
        from = "office"
        text = "{callers}"
        links_last = "1s"
        "#,
    );

    insta::assert_snapshot!(problems(&text), @r#"
    steps.a.voicemail: expected the greeting, or `true` for the usual one
    steps.a.notify[0]: nobody is named `anna`; did you mean `ana`?
    steps.a.notify[1]: not an E.164 number such as `+4930123456`
    steps.a.notify[2]: expected a text in quotes, found the integer 7
    steps.a.silence: expected 2s to 1m, found 1s
    steps.a.longest: expected 5s to 30m, found 2h
    steps.a.finish_key: expected one of the digits 0 to 9, `*` and `#`, or "none"
    steps.a.done: no step is named `bb`
    steps.b.voicemail: unknown placeholder `{caller}`; the placeholders here are `{line.name}`, `{caller.number}`, `{caller.city}`, `{caller.state}`, `{caller.country}` and `{lookup.FIELD}`
    steps.b.notify: expected a list, found a text
    steps.b.goodbye: empty
    steps.c.notify: only a step with `voicemail` has `notify`
    steps.c.longest: only a step with `voicemail` has `longest`
    steps.d.silence: expected whole seconds
    notices.from: expected an E.164 number such as "+4930123456", one of the account's
    notices.text: unknown placeholder or lonely brace; the placeholders here are `{line}`, `{caller}`, `{length}` and `{link}`
    notices.links_last: expected 5m to 30days, found 1s
    "#);
}

#[test]
fn mailboxes_that_tell_nobody_or_speak_the_wrong_language_are_warned_of() {
    let text = with_line(
        r#"
        start = "a"
        language = "de-DE"
        [steps]
        a = { voicemail = true, goodbye = "Danke.", done = "b" }
        b = { voicemail = "Hallo.", notify = [] }
        [notices]
        text = "Neue Nachricht von {caller}."
        "#,
    );

    let told = warnings(&text);
    let told: Vec<_> = told.lines().filter(|line| !line.contains(".words:")).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    steps.a: still in English, though the language is de-DE: voicemail, nothing_heard
    steps.a: nobody is told of a message; `notify` takes people and groups
    steps.b: still in English, though the language is de-DE: nothing_heard, goodbye
    steps.b.notify: names nobody, so that nobody is told
    notices.text: without `{link}` nobody can hear the message but in the carrier's console
    "#);
}

#[test]
fn a_recorded_talk_is_announced_before_its_phones_ring() {
    let (config, warnings) = parse(&with_line(
        r#"
        start = "a"
        [lines."+441632960000".words]
        recording_notice = "{line} records."
        [steps]
        a = { ring = "organisers", record = true, nobody = "b" }
        b = { forward = "+441632960999", record = true, recording_notice = false }
        "#,
    ));

    assert_eq!(warnings, []);
    let flow = &only_line(&config).flow;
    let Step::Say { words, next } = flow.step(flow.start()) else { panic!("{flow:?}") };
    assert_eq!(words, &Heard::Spoken("Hotline records.".into()));
    let Step::Ring { tiers, nobody } = flow.step(*next) else { panic!("{flow:?}") };
    assert!(tiers.is_recorded());
    let Step::Forward(forward) = flow.step(*nobody) else { panic!("{flow:?}") };
    assert!(forward.records, "who comes here has heard it already");
}

#[test]
fn a_way_to_a_recording_without_a_notice_is_a_problem_where_one_is_required() {
    let steps = r#"
        start = "menu"
        [steps]
        menu = { menu = "Press.", keys = { 1 = "told", 2 = "silent", 3 = "said", 4 = "own" } }
        told = { ring = "organisers", record = true, nobody = "silent" }
        silent = { forward = "+441632960999", record = true, recording_notice = false }
        said = { say = "We record all calls.", recording_notice = true, next = "behind" }
        behind = { ring = "organisers", record = true, recording_notice = false, nobody = "end" }
        own = { ring = "organisers", record = true, nobody = "end" }
        end = { hangup = "Bye." }
    "#;

    insta::assert_snapshot!(problems(&format!("require_recording_notice = true\n{}", with_line(steps))), @"steps.silent: records talks of callers who were not told; `require_recording_notice` wants that everybody hears so before");
    assert!(parse(&with_line(steps)).1.is_empty(), "elsewhere it is for the configuration to say");
}

#[test]
fn keys_of_recordings_stand_where_something_is_recorded() {
    let text = with_line(
        r#"
        start = "a"
        [steps]
        a = { ring = "organisers", recording_notice = true, nobody = "b" }
        b = { voicemail = true, notify = ["ana"], record = true, done = "c" }
        c = { ring = "organisers", record = "yes" }
        "#,
    );

    insta::assert_snapshot!(problems(&text), @r#"
    steps.b.record: only a step with `ring` or `forward` has `record`
    steps.c.record: expected `true` or `false`, found a text
    "#);
}

#[test]
fn a_notice_that_no_carrier_would_take_gives_way_to_the_usual_one() {
    let wordy = format!("[notices]\ntext = \"{}\"", "{link} {line}".repeat(40));
    let (config, _) = parse(&format!("{SMALLEST}\n{wordy}"));
    let name = "long ".repeat(100);

    let text = config.notices.text.fill(Told { line: &name, ..told() });

    assert!(text.ends_with(": a message from +44, 7 s. Listen: https://x/y"), "{text}");
    assert!(text.chars().count() < 200, "a name is cut");
}

#[test]
fn a_mailbox_may_say_itself_what_people_are_told() {
    let (config, warnings) = parse(&with_line(
        r#"
        start = "a"
        [steps]
        a = { voicemail = true, notify = ["ana"], notice_text = "Sales: {caller}, {length}. {link}", done = "b" }
        b = { voicemail = true, notify = ["ben"] }
        [notices]
        text = "{line}: {link}"
        "#,
    ));

    assert_eq!(warnings, []);
    let line = only_line(&config);
    let texts: Vec<_> = line.notice_texts.iter().map(|(step, text)| (&**step, text.fill(told()))).collect();
    assert_eq!(texts, [("a", "Sales: +44, 7 s. https://x/y".to_owned())]);
}

#[test]
fn what_is_wrong_with_the_notices_of_a_mailbox_is_told() {
    let text = with_line(
        r#"
        start = "a"
        [steps]
        a = { voicemail = true, notify = ["ana"], notice_text = "From {caler}.", done = "b" }
        b = { voicemail = true, notify = ["ana"], notice_text = "A message.", done = "c" }
        c = { say = "Bye.", notice_text = "{link}" }
        "#,
    );

    insta::assert_snapshot!(Config::parse(&text, Strictness::Check).unwrap_err(), @r#"
    steps.a.notice_text: unknown placeholder or lonely brace; the placeholders here are `{line}`, `{caller}`, `{length}` and `{link}`
    warning: steps.b.notice_text: without `{link}` nobody can hear the message but in the carrier's console
    steps.c.notice_text: only a step with `voicemail` has `notice_text`
    "#);
}

fn told() -> Told<'static> {
    Told { line: "Office", caller: "+44", length: "7 s", link: "https://x/y" }
}
