//! Words with places and in several languages: what is read, and what is wrong with them.

use ringall_core::flow::{Language, Step, Words};

use super::*;

#[test]
fn names_that_no_placeholder_has_are_told_with_what_was_meant() {
    let text = with_line(
        r#"
        start = "a"
        words = { whisper = "{caller.city} calls", nobody = "Sorry, {caller.naem}.", moved_on = { en = "a" }, busy = "{caller.city}" }
        [steps]
        a = { say = "Hello {caller.ctiy} in {line.nmae}.", next = "b" }
        b = { say = "{lookup.} {lookup.company}", next = "c" }
        c = { say = "{lookup.company name}", next = "d" }
        d = { say = "A { brace", next = "e" }
        e = { say = "{caller.number|a { b}", next = "f" }
        f = { say = "{{fine}} {lookup.company|nobody} {line} {line.name|x}", next = "g" }
        g = { say = "{+447700900001}" }
        "#,
    );

    insta::assert_snapshot!(problems(&text), @r#"
    lines."…00".words.whisper: `{caller.city}` cannot stand here; the placeholders here are `{line}` and `{decline_key}`
    lines."…00".words.nobody: unknown placeholder `{caller.naem}`; did you mean `caller.number`?
    lines."…00".words.moved_on: expected a text in quotes, found a table
    lines."…00".words.busy: `{caller.city}` cannot stand here; the only placeholder here is `{line}`
    steps.a.say: unknown placeholder `{caller.ctiy}`; did you mean `caller.city`?
    steps.b.say: expected the name of a field, as in `{lookup.company}`
    steps.c.say: expected the name of a field, as in `{lookup.company}`
    steps.d.say: a lonely brace; one that is meant is written twice, as `{{` or `}}`
    steps.e.say: a lonely brace; one that is meant is written twice, as `{{` or `}}`
    steps.g.say: unknown placeholder `{…01}`; the placeholders here are `{line.name}`, `{caller.number}`, `{caller.city}`, `{caller.state}`, `{caller.country}` and `{lookup.FIELD}`
    "#);
}

#[test]
fn whisper_that_tells_of_the_caller_wants_somebody_who_has_accepted() {
    let group = r#"
        members = ["ana"]
        screen = "none"
        whisper = "From {caller.city}."
        [groups.listens]
        members = ["ana"]
        screen = "amd"
        whisper = { en = "From {lookup.company}.", de = "Von {lookup.company}." }
        [groups.name_only]
        members = ["ana"]
        screen = "none"
        whisper = "Call for {line.name}."
        [groups.long]
        members = ["ana"]
        whisper = "LONG"
        [groups.sound]
        members = ["ana"]
        whisper = { play = "a.wav" }
        [steps]
        a = { forward = "+441632960999", whisper = "From {caller.number}.", busy = "b" }
        b = { forward = "+441632960998", whisper = { en = "x", de = "{lookup.x}" }, screen = "none", busy = "c" }
        c = { forward = "+441632960997", whisper = "From {caller.number}.", screen = "key", busy = "d" }
        d = { forward = "+441632960996", whisper = "For {line}." }
        "#;
    let text = with_group(&group.replace("LONG", &"long ".repeat(60)));
    let text = text.replace("ring = \"organisers\"  ", "start = \"a\"  ");

    insta::assert_snapshot!(problems(&text), @r#"
    warning: groups.organisers.screen: whatever picks up has the call, also a mailbox
    groups.organisers.whisper: tells of the caller to whatever picks up; that needs another `screen` than "none"
    warning: groups.name_only.screen: whatever picks up has the call, also a mailbox
    groups.long.whisper: too long while the caller waits; expected at most 250 characters
    groups.sound.whisper.play: there is no such file beside the configuration
    steps.a.whisper: tells of the caller to whatever picks up; that needs `screen = "key"`
    steps.b.whisper: tells of the caller to whatever picks up; that needs `screen = "key"`
    "#);
}

#[test]
fn languages_are_checked_wherever_they_stand() {
    let text = with_line(
        r#"
        start = "a"
        language = "english"
        words = { nobody = { en = "a", deutsch = "b", play = "c.wav" }, closed = {} }
        [voices]
        de = "Polly.Vicki"
        german = "Polly.Hans"
        fr = 7
        [steps]
        a = { say = { en = "Hello.", german = "Hallo." }, next = "b" }
        b = { language = "german", next = "c" }
        c = { language = "de" }
        d = { language = "de", say = "x", next = "e" }
        e = { say = { en = { play = "none.wav" }, de = { en = "x" } }, next = "nowhere" }
        "#,
    );

    insta::assert_snapshot!(problems(&text), @r#"
    lines."…00".language: expected a language such as "en-GB"
    lines."…00".words.nobody.deutsch: not a language such as `en`; each key here is one
    lines."…00".words.nobody.play: expected words; a sound cannot stand here
    lines."…00".words.closed: empty; expected words, or words for each language such as { en = "…", de = "…" }
    voices.german: not a language such as `en`; each key here is one
    voices.fr: expected a text in quotes, found the integer 7
    steps.a.say.german: not a language such as `en`; each key here is one
    steps.b.language: expected a language such as "en-GB"
    steps.c.next: missing; expected the step that goes on in this language
    steps.d: expected exactly one of `ring`, `say`, `hangup`, `hours`, `menu`, `reject`, `goto`, `forward`, `queue`, `lookup`, `branch`, `language` and `voicemail`, found `say` and `language`
    steps.d.next: unknown key
    steps.e.say.en.play: there is no such file beside the configuration
    steps.e.say.de.play: missing; expected the address of a sound, or the name of a file beside the configuration
    steps.e.say.de.en: unknown key
    steps.e.next: no step is named `nowhere`
    "#);
}

#[test]
fn words_that_a_caller_can_come_to_in_a_language_without_them_are_a_warning() {
    let (config, warnings) = parse(&with_line(
        r#"
        start = "menu"
        [steps]
        menu = { menu = { en = "For English press 1.", de = "Deutsch: 2." }, keys = { 1 = "hello", 2 = "german" } }
        german = { language = "de", next = "hello" }
        hello = { say = { en = "Hello.", fr = "Bonjour." }, next = "ring" }
        ring = { ring = "organisers", nobody = "again" }
        again = { menu = { en = "Press 1.", de = "Drücken Sie 1." }, keys = { 1 = "ring", 2 = "tune" }, no_input = "sorry", no_input_words = { en = "No key.", de = "Keine Taste." } }
        tune = { say = { play = "https://example.org/a.mp3" }, next = "sorry" }
        sorry = { hangup = { en = "Sorry.", de = "Leider nicht." } }
        "#,
    ));

    insta::assert_snapshot!(shown(&warnings), @r#"
    lines."…00".words: not given in de, which callers can hear here: the end of a menu without `wrong_key`
    steps.hello: not given in de, which callers can hear here: say
    steps.again: not given in de, which callers can hear here: wrong_key_words
    "#);
    let step = only_line(&config).flow.steps().iter().find(|named| &*named.name == "german").unwrap();
    assert!(matches!(&step.step, Step::Language { language, .. } if *language == language_of("de")));
}

#[test]
fn english_in_the_middle_of_another_language_is_a_warning() {
    let (_, warnings) = parse(&with_line(
        r#"
        start = "a"
        language = "de"
        [lines."+441632960000".words]
        whisper = "a"
        connecting = "a"
        somebody_else = "a"
        caller_left = "a"
        moved_on = "a"
        not_accepted = "a"
        declined = "a"
        could_not_connect = "a"
        nobody = "a"
        busy = "a"
        failure = "a"
        [steps]
        a = { say = "Aus {caller.city}.", next = "b" }
        b = { say = "Aus {caller.city|dort}, {line}, {lookup.firma}.", next = "c" }
        c = { say = { de = "Von {caller.number}.", en = "From {caller.number}." } }
        "#,
    ));

    insta::assert_snapshot!(shown(&warnings), @r#"
    steps.a: if `caller.city` is not known that is said in English; expected other words for it, as in `{caller.city|…}`
    steps.c.say.de: if `caller.number` is not known that is said in English; expected other words for it, as in `{caller.number|…}`
    "#);
}

#[test]
fn line_that_speaks_one_language_is_warned_of_nothing() {
    let (_, warnings) = parse(&with_line(
        r#"
        start = "hello"
        language = "en-GB"
        [steps]
        hello = { say = { en = "Hello.", de = "Hallo." }, next = "ring" }
        ring = { ring = "organisers" }
        "#,
    ));

    assert_eq!(warnings, []);
}

#[test]
fn voices_are_given_by_language_and_the_lines_own_goes_first() {
    let (config, _) = parse(&with_line(
        r#"
        ring = "organisers"
        language = "en-GB"
        [voices]
        en = "Polly.Joanna"
        de = "Polly.Vicki"
        de-AT = "Polly.Hannah"
        "#,
    ));
    let line = only_line(&config);

    assert_eq!(line.voice.as_deref(), Some("Polly.Joanna"));
    let voice = |language: &str| line.voice_for(&language_of(language));
    assert_eq!(
        (voice("de"), voice("de-AT"), voice("de-CH")),
        (Some("Polly.Vicki"), Some("Polly.Hannah"), Some("Polly.Vicki"))
    );
    assert_eq!((voice("fr"), voice("DE-at")), (None, Some("Polly.Hannah")));
    let (config, _) =
        parse(&with_line("ring = \"organisers\"\nvoice = \"Polly.Amy\"\n[voices]\nen = \"Polly.Joanna\""));
    assert_eq!(only_line(&config).voice.as_deref(), Some("Polly.Amy"));
}

#[test]
fn words_of_a_line_are_given_by_language_where_its_callers_hear_them() {
    let (config, _) = parse(&with_line(
        "ring = \"organisers\"\nnobody = { en = \"Nobody at {line}.\", de = \"Niemand.\" }\nwords.busy = { de = \"Besetzt.\" }",
    ));
    let line = only_line(&config);

    assert_eq!(line.said(&line.words.nobody), "Nobody at Hotline.".into());
    assert_eq!(line.said(&line.words.busy), Words::SpokenIn { language: language_of("de"), words: "Besetzt.".into() });
}

#[test]
fn words_for_whoever_has_no_line_are_given_by_language_and_are_those_of_lines_without_their_own() {
    let (config, warnings) = parse(&with_line(
        r#"
        start = "german"
        [steps]
        german = { language = "de", next = "ring" }
        ring = { ring = "organisers", record = true, nobody = "no" }
        no = { reject = "not in service" }
        [lines."+441632960000".words]
        nobody = { en = "Sorry.", de = "Leider nicht." }
        [words]
        unknown_number = { en = "Nobody is here. {{x}}", de = "Hier ist niemand." }
        failure = { en = "Our fault.", de = "Unser Fehler." }
        recording_notice = { en = "We record.", de = "Wir zeichnen auf." }
        "#,
    ));
    let line = only_line(&config);

    insta::assert_snapshot!(shown(&warnings), @"steps.no: a call can come here that was answered on the way; it hears words then, and is not free of charge");
    assert_eq!(config.unknown_number_words.to_string(), "de: Hier ist niemand. / en: Nobody is here. {x}");
    assert_eq!(config.failure_words.to_string(), "de: Unser Fehler. / en: Our fault.");
    assert_eq!(line.words.failure, config.failure_words);
    assert_eq!(line.words.recording_notice.to_string(), "de: Wir zeichnen auf. / en: We record.");
    let refusal = line
        .flow
        .steps()
        .iter()
        .find_map(|named| if let Step::Reject { words, .. } = &named.step { Some(words) } else { None });
    assert_eq!(refusal, Some(&config.unknown_number_words));
}

#[test]
fn mistakes_in_words_for_whoever_has_no_line_are_told() {
    let text = with_line(
        r#"
        ring = "organisers"
        [words]
        unknown_number = { en = "Nobody at {line}.", play = "a.wav", deutsch = "x" }
        failure = {}
        recording_notice = 7
        "#,
    );

    insta::assert_snapshot!(problems(&text), @r#"
    words.unknown_number.en: no placeholder can stand here
    words.unknown_number.play: expected words; a sound cannot stand here
    words.unknown_number.deutsch: not a language such as `en`; each key here is one
    words.failure: empty; expected words, or words for each language such as { en = "…", de = "…" }
    words.recording_notice: expected a text in quotes, found the integer 7
    "#);
}

fn language_of(text: &str) -> Language {
    text.parse().unwrap()
}

fn problems(text: &str) -> String {
    Config::parse(text, Strictness::Serve).unwrap_err().to_string()
}
