//! Menus, sounds, and the ends of calls: what they become, and what is said about wrong ones.

use std::{fs, path::Path, time::Duration};

use ringall_core::flow::{Exit, Menu, Rejection, Step, Words as Heard};

use super::{
    super::*,
    messages::{only_problems, problems},
    only_line, parse, shown, with_line,
};

#[test]
fn a_menu_has_good_defaults_and_ends_in_words() {
    let (config, warnings) = parse(&menu("welcome = { menu = \"Press 1 for {line}.\", keys = { 1 = \"bye\" } }"));

    assert_eq!(warnings, []);
    let line = only_line(&config);
    let names: Vec<_> = line.flow.steps().iter().map(|named| &*named.name).collect();
    assert_eq!(names, ["welcome", "bye", "(no input)", "(wrong key)", "(end)"]);
    let menu = first_menu(&config);
    assert_eq!((menu.prompt.to_string(), menu.repeats), ("Press 1 for Hotline.".to_owned(), 2));
    assert_eq!((menu.pause, menu.most_keys(), menu.ends_with_hash()), (Duration::from_secs(4), 1, false));
    assert_eq!(menu.no_input_words, "No key was pressed.".into());
    for at in [menu.no_input, menu.wrong_key] {
        assert!(
            matches!(line.flow.step(at), Step::Say { words: Heard::Spoken(words), .. } if words.ends_with("Goodbye."))
        );
    }
}

#[test]
fn a_menu_says_everything_itself() {
    let (config, warnings) = parse(&menu(
        r##"
        welcome = { menu = "Press.", keys = { 1 = "bye", 12 = "welcome", "*" = "end", "#" = "bye" }, repeats = 0, pause = "9s", no_input_words = "Well?", wrong_key_words = "No.", no_input = "bye", wrong_key = "welcome" }
        end.hangup = true
        "##,
    ));

    assert_eq!(warnings, []);
    let flow = &only_line(&config).flow;
    let exits: Vec<_> = flow.step(flow.start()).exits().into_iter().map(|(exit, _)| exit).collect();
    let key = |keys: &str| Exit::Key(keys.into());
    assert_eq!(exits, [key("#"), key("*"), key("1"), key("12"), Exit::NoInput, Exit::WrongKey]);
    let menu = first_menu(&config);
    assert_eq!((menu.repeats, menu.pause, menu.most_keys()), (0, Duration::from_secs(9), 2));
    assert_eq!((menu.no_input_words.clone(), menu.wrong_key_words.clone()), ("Well?".into(), "No.".into()));
}

#[test]
fn menus_are_checked() {
    insta::assert_snapshot!(problems(&menu(MENU_MISTAKES)), @r#"
    steps.welcome.keys.a: no key of a telephone; expected up to 6 of the digits 0 to 9, `*` and `#`, such as 1, 12 or "*"
    steps.welcome.keys."…67": no key of a telephone; expected up to 6 of the digits 0 to 9, `*` and `#`, such as 1, 12 or "*"
    steps.welcome.keys.2: expected a text in quotes, found the integer 3
    steps.welcome.repeats: expected a whole number from 0 to 9, found the integer 10
    steps.welcome.pause: expected 1s to 20s, found 300ms
    steps.welcome.no_input: no step is named `slaes`; did you mean `sales`?
    steps.welcome.wrong_key_words: empty
    steps.sales.keys: missing; expected where each key leads, such as { 1 = "sales", 2 = "support" }
    steps.sales.menu: unknown placeholder `{caller}`; the placeholders here are `{line.name}`, `{caller.number}`, `{caller.city}`, `{caller.state}`, `{caller.country}` and `{lookup.FIELD}`
    steps.support.menu: expected a text in quotes, found the integer 7
    steps.support.keys: empty; a menu needs a key to press
    steps.support.pause: expected whole seconds
    steps.support.nobody: only a step with `ring` or `queue` has `nobody`
    steps.other.keys: only a step with `menu` has `keys`
    steps.refused.reject: expected "busy" or "not in service"; did you mean `busy`?
    steps.gone.hangup: empty
    "#);
}

#[test]
fn a_menu_that_nobody_can_leave_without_a_key_is_told_of() {
    let doubts = r#"
        welcome = { menu = "Press.", keys = { 1 = "bye" }, no_input = "again", wrong_key = "silent" }
        again = { say = "Once more.", next = "welcome" }
        silent = { hangup = true }
    "#;

    insta::assert_snapshot!(shown(&parse(&menu(doubts)).1), @"
    steps.welcome: a caller who presses no key comes back here again and again
    steps.welcome.wrong_key: the caller is cut off here without a word
    ");

    let with_ring = doubts.replace(r#"say = "Once more.", next"#, r#"ring = "organisers", nobody"#);
    assert_eq!(parse(&menu(&with_ring)).1.len(), 1, "phones ring in between");
}

#[test]
fn english_words_of_a_menu_are_told_of_in_other_languages() {
    let german = "welcome = { menu = \"Bitte wählen.\", keys = { 1 = \"bye\" }, no_input = \"bye\" }";
    let text = menu(german).replace("start =", "language = \"de-DE\"\nstart =");

    let (_, warnings) = parse(&text);

    insta::assert_snapshot!(warnings[1], @"steps.welcome: still in English, though the language is de-DE: no_input_words, wrong_key_words, wrong_key");
}

#[test]
fn calls_end_in_words_are_refused_or_are_handed_over() {
    let (config, warnings) = parse(&format!(
        "allowed_urls = [\"https://twiml.example.org/flows/\"]\n{}",
        menu(
            r#"
            welcome = { menu = "Press.", keys = { 1 = "bye", 2 = "over", 3 = "no", 4 = "first" } }
            over = { goto = "https://twiml.example.org/flows/one?token=hush" }
            no = { reject = "not in service" }
            first = { goto = "welcome" }
            "#,
        )
    ));

    insta::assert_snapshot!(shown(&warnings), @"steps.no: a call can come here that was answered on the way; it hears words then, and is not free of charge");
    let flow = &only_line(&config).flow;
    let step = |name: &str| &flow.steps().iter().find(|named| &*named.name == name).unwrap().step;
    assert!(matches!(step("bye"), Step::Say { .. }));
    assert!(matches!(step("over"), Step::HandOver { url } if url.ends_with("/flows/one?token=hush")));
    assert!(matches!(step("no"), Step::Reject { reason: Rejection::NotInService, .. }));
    assert!(matches!(step("first"), Step::GoTo { next } if *next == flow.start()));
}

#[test]
fn a_refusal_that_nothing_has_answered_is_no_doubt() {
    let (config, warnings) =
        parse(&with_line("start = \"a\"\n[steps]\na = { goto = \"b\" }\nb = { reject = \"busy\" }"));

    assert_eq!(warnings, []);
    let line = only_line(&config);
    let busy = Step::Reject { reason: Rejection::Busy, words: line.words.busy.clone() };
    assert_eq!(line.flow.steps()[1].step, busy);
}

#[test]
fn callers_are_handed_over_only_to_allowed_addresses() {
    let allowed =
        r#"allowed_urls = ["https://twiml.example.org/flows", "http://10.0.0.1:8080", "ftp://x", "https://a?b"]"#;
    let steps = r#"
        welcome = { menu = "Press.", keys = { 1 = "a", 2 = "b", 3 = "c", 4 = "d", 5 = "e", 6 = "f", 7 = "g", 8 = "bye" } }
        a = { goto = "https://twiml.example.org.evil.example/flows/x" }
        b = { goto = "https://twiml.example.org/flowsx" }
        c = { goto = "http://twiml.example.org/flows/x" }
        d = { goto = "https://ana:hush@twiml.example.org/flows/x" }
        e = { goto = "mailto:ana@example.org" }
        f = { goto = "http://10.0.0.1:8080/x" }
        g = { goto = "walcome" }
    "#;

    insta::assert_snapshot!(problems(&format!("{allowed}\n{}", menu(steps))), @"
    allowed_urls[2]: expected an address that begins with `https://`
    allowed_urls[3]: expected an address without `?` and `#`
    steps.a.goto: begins with none of `allowed_urls`, to which callers may be handed over
    steps.b.goto: begins with none of `allowed_urls`, to which callers may be handed over
    steps.c.goto: begins with none of `allowed_urls`, to which callers may be handed over
    steps.d.goto: expected the name of a step, or an address that begins with `https://`
    steps.e.goto: expected the name of a step, or an address that begins with `https://`
    steps.g.goto: no step is named `walcome`; did you mean `welcome`?
    ");
}

#[test]
fn a_sound_is_an_address_or_a_file_beside_the_configuration_which_is_read() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("hello.wav"), b"RIFF\0\0\0\0WAVEfmt ").unwrap();
    fs::write(directory.path().join("bye.MP3"), b"ID3").unwrap();
    let text = with_line(
        r#"
        start = "hello"
        [steps]
        hello = { say = { play = "hello.wav" }, next = "more" }
        more = { say = { play = "https://cdn.example.org/a/more.mp3?token=hush" }, next = "bye" }
        bye = { hangup = { play = "bye.MP3" } }
        "#,
    );

    let (config, warnings) = Config::parse_beside(directory.path(), &text, Strictness::Serve).unwrap();

    assert_eq!(warnings, []);
    let kept: Vec<_> = config.sounds.iter().map(|(name, sound)| (name.as_str(), format!("{sound:?}"))).collect();
    let expected = [("bye.MP3", "3 bytes of audio/mpeg".to_owned()), ("hello.wav", "16 bytes of audio/wav".to_owned())];
    assert_eq!(kept, expected);
    let heard = only_line(&config).flow.steps().iter().filter_map(|named| {
        let Step::Say { words, .. } = &named.step else { return None };
        Some(words.to_string())
    });
    assert_eq!(heard.collect::<Vec<_>>(), ["[hello.wav]", "[more.mp3]", "[bye.MP3]"], "no token is shown");
}

#[test]
fn a_sound_that_cannot_be_played_is_a_problem_and_no_path_leads_elsewhere() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(directory.path().join(name), bytes).unwrap();
    write("empty.wav", b"");
    write("no.wav", b"ID3 and so on, and on");
    fs::create_dir(directory.path().join("folder.mp3")).unwrap();
    fs::File::create(directory.path().join("large.mp3")).unwrap().set_len(17 * 1024 * 1024).unwrap();
    let names = ["there-is-none.mp3", "empty.wav", "no.wav", "folder.mp3", "large.mp3", "notes.txt", "../secret.wav"];
    let others =
        ["/etc/passwd", "a/b.wav", "a\\\\b.wav", ".hidden.wav", "https://", "ftp://example.org/a.wav", "x.mp3 "];
    let steps: Vec<_> = (0..)
        .zip(names.iter().chain(&others))
        .map(|(nth, name)| format!("s{nth} = {{ say = {{ play = \"{name}\" }}, next = \"s{}\" }}", nth + 1))
        .collect();
    let text = with_line(&format!("start = \"s0\"\n[steps]\n{}\ns14.hangup = {{ paly = 1 }}", steps.join("\n")));

    let found = Config::parse_beside(directory.path(), &text, Strictness::Check).unwrap_err();

    insta::assert_snapshot!(only_problems(&found), @r#"
    steps.s0.say.play: there is no such file beside the configuration
    steps.s1.say.play: the file is empty
    steps.s2.say.play: named as a WAV recording, but it is none
    steps.s3.say.play: no file, though something else has this name
    steps.s4.say.play: larger than 16 MiB, which is too much to be fetched in a call
    steps.s5.say.play: expected a sound whose name ends in `.wav`, `.mp3`, `.aiff`, `.aif`, `.gsm` or `.ulaw`
    steps.s6.say.play: expected the bare name of a file beside the configuration, or an address
    steps.s7.say.play: expected the bare name of a file beside the configuration, or an address
    steps.s8.say.play: expected the bare name of a file beside the configuration, or an address
    steps.s9.say.play: expected the bare name of a file beside the configuration, or an address
    steps.s10.say.play: expected the bare name of a file beside the configuration, or an address
    steps.s11.say.play: expected an address such as "https://example.org/welcome.mp3"
    steps.s12.say.play: expected an address such as "https://example.org/welcome.mp3"
    steps.s13.say.play: there is no such file beside the configuration
    steps.s14.hangup.play: missing; expected the address of a sound, or the name of a file beside the configuration
    steps.s14.hangup.paly: unknown key; did you mean `play`?
    "#);
}

#[test]
fn whispers_may_be_sounds_which_are_read_and_checked_like_any_other() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("lead.mp3"), b"ID3").unwrap();
    let text = |file: &str| {
        let group = format!("members = [\"ana\"]\nscreen = \"none\"\nwhisper = {{ play = \"{file}\" }}");
        let office = format!(
            "\"+441632960001\" = {{ name = \"Office\", to = \"ben\", whisper = {{ en = \"Hello.\", de = {{ play = \"{file}\" }} }} }}"
        );
        super::with_group(&format!("{group}\n[directory]\n{office}"))
    };

    let (config, _) = Config::parse_beside(directory.path(), &text("lead.mp3"), Strictness::Serve).unwrap();
    let wrong = Config::parse_beside(directory.path(), &text("laed.mp3"), Strictness::Serve).unwrap_err();

    assert_eq!(config.groups["organisers"].whisper.as_ref().unwrap().to_string(), "[lead.mp3]");
    let office = config.lines.values().find(|line| &*line.name == "Office").unwrap();
    let Step::Ring { tiers, .. } = office.flow.step(office.flow.start()) else { panic!("{:?}", office.flow) };
    assert_eq!(tiers.first().whisper.as_ref().unwrap().to_string(), "de: [lead.mp3] / en: Hello.");
    assert!(config.sounds.contains_key("lead.mp3"), "it is served");
    insta::assert_snapshot!(only_problems(&wrong), @r#"
    groups.organisers.whisper.play: there is no such file beside the configuration
    directory."…01".whisper.de.play: there is no such file beside the configuration
    "#);
}

#[test]
fn files_lie_beside_the_configuration_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ringall.toml");
    fs::write(&path, with_line("start = \"a\"\n[steps.a]\nsay = { play = \"a.mp3\" }")).unwrap();
    assert!(Config::load(&path, Strictness::Check).is_err());

    fs::write(directory.path().join("a.mp3"), "ID3").unwrap();

    assert!(Config::load(&path, Strictness::Check).is_ok());
    assert!(Config::load(Path::new("a.mp3"), Strictness::Check).is_err());
}

const MENU_MISTAKES: &str = r#"
welcome = { menu = "Press.", keys = { 1 = "sales", a = "bye", 1234567 = "bye", 2 = 3 }, repeats = 10, pause = "300ms", no_input = "slaes", wrong_key_words = "" }
sales = { menu = "Press {caller}." }
support = { menu = 7, keys = {}, pause = "1500ms", nobody = "bye" }
other = { say = "x", keys = { 1 = "bye" } }
refused = { reject = "bussy" }
gone = { hangup = "" }
"#;

fn first_menu(config: &Config) -> &Menu {
    let flow = &only_line(config).flow;
    let Step::Menu(menu) = flow.step(flow.start()) else { panic!("{flow:?}") };
    menu
}

/// A line that starts at `welcome`, with a step `bye` besides these.
fn menu(steps: &str) -> String {
    with_line(&format!("start = \"welcome\"\n[steps]\n{steps}\nbye = {{ hangup = \"Good bye.\" }}"))
}
