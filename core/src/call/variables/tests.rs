use super::*;

#[test]
fn every_variable_is_said_as_it_is_known() {
    let variables = variables("+441632960999");

    for (variable, said) in [
        (Variable::LineName, "Charlotte Office"),
        (Variable::CallerNumber, "4 4 1 6 3 2 9 6 0 9 9 9"),
        (Variable::CallerCity, "San Francisco"),
        (Variable::CallerState, "CA"),
        (Variable::CallerCountry, "US"),
    ] {
        assert_eq!(heard(&variables, variable.clone(), None), said, "{variable:?}");
        assert_eq!(heard(&variables, variable, Some("none")), said);
    }
}

#[test]
fn what_is_not_known_is_said_to_be_so_or_as_the_words_themselves_say() {
    let unknown = Variables::new(CallerId::read("client:ana"), Known::default());

    for (variable, said) in [
        (Variable::CallerNumber, NO_NUMBER),
        (Variable::CallerCity, NO_CITY),
        (Variable::CallerState, NO_STATE),
        (Variable::CallerCountry, NO_COUNTRY),
        (Variable::Found("company".into()), ""),
    ] {
        assert_eq!(heard(&unknown, variable.clone(), None), said, "{variable:?}");
        assert_eq!(heard(&unknown, variable, Some("somewhere")), "somewhere");
    }
}

#[test]
fn withheld_number_is_never_spoken_nor_the_place_of_the_digits_that_stand_for_it() {
    // Carrier contract §1.5, every form.
    let forms = [
        "anonymous",
        "Restricted",
        "UNAVAILABLE",
        "unknown",
        "private",
        "",
        "+266696687",
        "+7378742833",
        "+17378742833",
        "+2562533",
        "+8656696",
        "+86282452253",
    ];
    for from in forms {
        let variables = variables(from);

        assert_eq!(heard(&variables, Variable::CallerNumber, None), WITHHELD, "{from}");
        assert_eq!(heard(&variables, Variable::CallerCity, None), NO_CITY, "{from}");
        assert_eq!(heard(&variables, Variable::CallerCountry, Some("far away")), "far away", "{from}");
    }
}

#[test]
fn what_is_found_late_changes_what_is_said_later() {
    let mut variables = variables("+441632960999");
    let company = || Variable::Found("company".into());
    assert_eq!(heard(&variables, company(), Some("a new customer")), "a new customer");

    variables.set_found([("company".into(), "Example Ltd".into())].into());
    assert_eq!(heard(&variables, company(), Some("a new customer")), "Example Ltd");

    variables.set_found(BTreeMap::new());
    assert_eq!(heard(&variables, company(), None), "");
}

#[test]
fn found_fields_are_cut_and_hold_nothing_that_cannot_be_spoken() {
    let mut variables = variables("+441632960999");
    let long = "a".repeat(5 * 1024 * 1024);
    variables.set_found(
        [
            ("long", long.as_str()),
            ("odd", " Ann\u{0}a\n\u{202E}\u{200B}\tLee \u{7} "),
            ("empty", "\u{0}\u{200B} "),
            ("braces", "{caller.number} <Say>"),
        ]
        .map(|(field, value)| (field.into(), value.into()))
        .into(),
    );

    assert_eq!(heard(&variables, Variable::Found("long".into()), None).len(), LONGEST_FOUND);
    assert_eq!(heard(&variables, Variable::Found("odd".into()), None), "Ann a Lee");
    assert_eq!(heard(&variables, Variable::Found("empty".into()), Some("nothing")), "nothing");
    assert_eq!(heard(&variables, Variable::Found("braces".into()), None), "{caller.number} <Say>", "said, not read");
    let many = (0..1000).map(|nth| (format!("{nth}").into(), "x".into())).collect();
    variables.set_found(many);
    assert_eq!(variables.found().len(), MOST_FOUND);
}

#[test]
fn places_are_cut_and_not_shouted() {
    let city = |city: &str| {
        let known = Known { origin: Origin::read(Some(city), None, None), ..Known::default() };
        heard(&Variables::new(CallerId::read("+441632960999"), known), Variable::CallerCity, Some("-"))
    };

    assert_eq!(
        (city("LONDON"), city("ST. LOUIS"), city("Bad Homburg")),
        ("London".into(), "St. Louis".into(), "Bad Homburg".into())
    );
    assert_eq!((city(""), city(" \n ")), ("-".to_owned(), "-".to_owned()));
    assert_eq!(city(&"ö".repeat(1000)).chars().count(), LONGEST_PLACE);
}

#[test]
fn caller_hears_the_language_they_chose_and_members_the_lines() {
    let hello = several(&[("en", "Hello"), ("de", "Hallo")]);
    let mut variables = variables("+441632960999");
    assert_eq!(variables.for_caller(&hello), "Hello".into());

    variables.speak(language("de-AT"));

    assert_eq!(variables.for_caller(&hello), spoken_in("de-AT", "Hallo"));
    assert_eq!(variables.for_member(&hello), "Hello".into());
    assert_eq!(variables.for_caller(&"Hello".into()), "Hello".into(), "what is there once is in the line's language");
}

#[test]
fn language_that_is_missing_falls_back_to_the_lines_and_then_to_any() {
    let mut variables = variables("+441632960999");
    variables.speak(language("fr"));

    assert_eq!(variables.for_caller(&several(&[("de", "Hallo"), ("en-US", "Hello")])), spoken_in("en-US", "Hello"));
    assert_eq!(variables.for_caller(&several(&[("de", "Hallo"), ("en", "Hello")])), "Hello".into());
    assert_eq!(variables.for_caller(&several(&[("de", "Hallo"), ("it", "Ciao")])), spoken_in("de", "Hallo"));
    let sound = Words::Sound { url: "a.wav".into(), name: "a.wav".into() };
    let sounds = Words::Several(Arc::new([(language("fr"), sound.clone())].into()));
    assert_eq!(variables.for_caller(&sounds), sound);
}

#[test]
fn nothing_about_the_caller_is_printed() {
    let mut variables = variables("+441632960999");
    variables.set_found([("company".into(), "Example Ltd".into())].into());
    let words = Words::Template(Template::new([
        place(Variable::CallerNumber, None),
        place(Variable::Found("company".into()), None),
    ]));

    let printed = format!("{variables:?} {:?} {words}", variables.known);

    assert!(!printed.contains("Example") && !printed.contains("San") && !printed.contains("632"), "{printed}");
    assert!(printed.starts_with(r#"Variables { found: ["company"], language: None"#), "{printed}");
    assert!(printed.ends_with("{caller.number}{lookup.company}"), "{printed}");
    let origin = Origin { city: Some("Leeds".into()), ..Origin::default() };
    assert_eq!(format!("{origin:?}"), "Origin((true, false, false))");
}

#[test]
fn what_stands_behind_many_signs_that_cannot_be_spoken_is_heard_all_the_same() {
    assert_eq!(spoken(&format!("Ana{}Jones", "\u{200B}".repeat(25)), 10).as_deref(), Some("Ana Jones"));
    assert_eq!(spoken(&format!("Ana{}Jones", "\u{200B}".repeat(40)), 10).as_deref(), Some("Ana"), "four times as many");
}

fn variables(from: &str) -> Variables {
    let origin = Origin::read(Some("SAN FRANCISCO"), Some("CA"), Some("US"));
    let known = Known { line_name: "Charlotte Office".into(), language: language("en-GB"), origin };
    Variables::new(CallerId::read(from), known)
}

fn heard(variables: &Variables, variable: Variable, otherwise: Option<&str>) -> String {
    let words = variables.for_caller(&Words::Template(Template::new([place(variable, otherwise)])));
    let Words::Spoken(words) = words else { panic!("{words:?}") };
    words.to_string()
}

fn place(variable: Variable, otherwise: Option<&str>) -> Part {
    Part::Place { variable, otherwise: otherwise.map(Into::into) }
}

fn several(words: &[(&str, &str)]) -> Words {
    Words::Several(Arc::new(words.iter().map(|(own, words)| (language(own), (*words).into())).collect()))
}

fn spoken_in(own: &str, words: &str) -> Words {
    Words::SpokenIn { language: language(own), words: words.into() }
}

fn language(text: &str) -> Language {
    text.parse().unwrap()
}
