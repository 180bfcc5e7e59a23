//! Opening hours: what good ones become, and what is said about the mistakes that people make with them.

use ringall_core::{
    flow::{Exit, hours::Moments},
    time::Timestamp,
};

use super::{
    messages::{problems, warnings},
    *,
};

#[test]
fn hours_are_a_step_of_their_own_with_words_for_when_it_is_closed() {
    let (config, warnings) = parse(&with_hours(
        r#"
        desk = { hours = "office", open = "first" }
        first = { ring = "organisers" }
        "#,
    ));

    assert_eq!(warnings, []);
    let line = only_line(&config);
    let names: Vec<_> = line.flow.steps().iter().map(|named| &*named.name).collect();
    assert_eq!(names, ["desk", "first", "(closed)", "(nobody)", "(end)"]);
    let exits = line.flow.step(StepIndex(0)).exits();
    assert_eq!(exits, [(Exit::Open, StepIndex(1)), (Exit::Closed, StepIndex(2))]);
    let closed = "Sorry, Hotline is closed at the moment. Please call again when we are open. Goodbye.";
    assert_eq!(line.flow.step(StepIndex(2)), &Step::Say { words: closed.into(), next: StepIndex(4) });
    assert_eq!(line.zone.as_ref().map(Zone::name), Some("Europe/London"));
}

#[test]
fn hours_beside_anything_else_are_a_gate_before_it_under_its_name() {
    let (config, warnings) = parse(&with_hours(
        r#"
        desk = { say = "Hello.", next = "first" }
        first = { ring = "organisers", nobody = "first", hours = "office", closed = "sorry" }
        sorry = { say = "Closed.", hours = "office" }
        "#,
    ));

    assert_eq!(warnings, []);
    let flow = &only_line(&config).flow;
    let names: Vec<_> = flow.steps().iter().map(|named| &*named.name).collect();
    assert_eq!(names, ["desk", "first", "first", "sorry", "sorry", "(closed)", "(end)"]);
    assert_eq!(flow.step(StepIndex(0)).exits(), [(Exit::Next, StepIndex(1))]);
    assert_eq!(flow.step(StepIndex(1)).exits(), [(Exit::Open, StepIndex(2)), (Exit::Closed, StepIndex(3))]);
    assert_eq!(flow.step(StepIndex(2)).exits(), [(Exit::Nobody, StepIndex(1))]);
    assert_eq!(flow.step(StepIndex(3)).exits(), [(Exit::Open, StepIndex(4)), (Exit::Closed, StepIndex(5))]);
}

#[test]
fn hours_are_read_in_every_way_in_which_they_can_be_written() {
    let text = with_line(
        r#"
        start = "desk"
        zone = "Europe/London"
        [hours.office]
        mon = ["09:00-12:30", "13:30-17:00"]
        tue-thu = "09:00-17:00"
        fri = "22:00-06:00"
        sat = "all day"
        sun = "closed"
        except = { "2026-12-24" = ["09:00-12:00"], "12-25" = "closed", 2026-12-31 = "all day" }
        [steps]
        desk = { ring = "organisers", hours = "office" }
        "#,
    );
    let (config, warnings) = parse(&text);

    assert_eq!(warnings, []);
    let Step::Hours { hours, .. } = only_line(&config).flow.step(StepIndex(0)) else { panic!("no hours") };
    for (local, why) in [
        ("2026-11-23 10:00", "Monday has 09:00-12:30 and 13:30-17:00"),
        ("2026-11-24 10:00", "Tuesday has 09:00-17:00"),
        ("2026-11-26 10:00", "Thursday has 09:00-17:00"),
        ("2026-11-28 05:00", "Friday has 22:00-06:00"),
        ("2026-11-28 10:00", "Saturday is open all day"),
        ("2026-11-29 10:00", "Sunday is closed"),
        ("2026-12-24 18:05", "24 December 2026 has 09:00-12:00"),
        ("2026-12-25 10:00", "25 December is closed"),
        ("2026-12-31 23:00", "31 December 2026 is open all day"),
    ] {
        assert_eq!(hours.at(in_london(local)).why(), why, "{local}");
    }
}

#[test]
fn hours_in_no_zone_of_their_own_are_on_the_walls_of_each_line() {
    let text = with_hours(r#"desk = { ring = "organisers", hours = "office" }"#)
        .replace("zone = \"Europe/London\"", "")
        .replace("start = \"desk\"", "start = \"desk\"\nzone = \"America/New_York\"");
    let second = "[lines.\"+441632960001\"]\nname = \"Two\"\nstart = \"desk\"\nzone = \"Asia/Tokyo\"\n[steps]";

    let (config, _) = parse(&text.replace("[steps]", second));

    let zones: Vec<_> = config.lines.values().map(|line| line.zone.as_ref().unwrap().name()).collect();
    assert_eq!(zones, ["America/New_York", "Asia/Tokyo"]);
    let zone_of = |line: &Line| {
        let Step::Hours { hours, .. } = line.flow.step(StepIndex(0)) else { panic!("no hours") };
        hours.zone.name().to_owned()
    };
    assert_eq!(config.lines.values().map(|line| zone_of(line)).collect::<Vec<_>>(), zones);
    insta::assert_snapshot!(problems(&text.replace("zone = \"America/New_York\"", "")), @r#"lines."…00".zone: missing; the hours `office` have none of their own, such as "Europe/London""#);
}

#[test]
fn mistakes_in_hours_are_told_all_at_once() {
    insta::assert_snapshot!(problems(&with_line(HOURS_MISTAKES)), @r#"
    lines."…00".zone: no time zone of the IANA database, such as "Europe/London"; did you mean "Europe/London"?
    hours."my office": a name has letters, digits, `-` and `_` only
    hours.closed: never open; expected hours on some day, such as `mon-fri = "09:00-17:00"`
    hours.closed.zone: no time zone of the IANA database, such as "Europe/London"; did you mean "Europe/Berlin"?
    hours.empty: never open; expected hours on some day, such as `mon-fri = "09:00-17:00"`
    hours.empty.zone: no time zone of the IANA database, such as "Europe/London"
    hours.text: expected a table, found a text
    hours.east.zone: no time zone of the IANA database, such as "Europe/London"; did you mean "America/New_York"?
    hours.offset.zone: no time zone of the IANA database, such as "Europe/London"
    hours.number.zone: expected a time zone such as "Europe/London", found the integer 1
    steps.desk.hours: no hours are named `offcie`
    steps.ring.hours: no hours are named `txt`; did you mean `text`?
    "#);
}

#[test]
fn mistakes_in_days_and_dates_are_told_with_what_may_be_meant() {
    insta::assert_snapshot!(problems(&with_line(DAY_MISTAKES)), @r#"
    hours.office.monday: unknown key; expected weekdays such as `mon` or `mon-fri`, `zone` or `except`; did you mean `mon`?
    hours.office.Tue: unknown key; expected weekdays such as `mon` or `mon-fri`, `zone` or `except`; did you mean `tue`?
    hours.office.Wednesday-Friday: unknown key; expected weekdays such as `mon` or `mon-fri`, `zone` or `except`; did you mean `wed-fri`?
    hours.office.mo-fr: unknown key; expected weekdays such as `mon` or `mon-fri`, `zone` or `except`; did you mean `mon-fri`?
    hours.office.holidays: unknown key; expected weekdays such as `mon` or `mon-fri`, `zone` or `except`; did you mean `except`?
    hours.office.timezone: unknown key; expected weekdays such as `mon` or `mon-fri`, `zone` or `except`; did you mean `zone`?
    hours.office.mon: expected a range such as "09:00-17:00"
    hours.office.tue: expected a range such as "09:00-17:00"; did you mean `closed`?
    hours.office.wed[2]: there is no such time of day; hours go from 00:00 to 24:00
    hours.office.thu: 09:00-17:00 and 16:00-18:00 overlap
    hours.office.fri[0]: "all day" stands alone, in place of the list
    hours.office.sat: empty; expected ranges such as "09:00-17:00", or "closed" in place of the list
    hours.office.sun: expected "closed", "all day", a range such as "09:00-17:00", or a list of ranges, found the integer 9
    hours.office.sat-sun: begins and ends at the same time; write "all day" or "closed"
    hours.office.sat-sun: Saturday has hours already, by `sat`
    hours.office.except."2026-02-29": the calendar has no such day; expected a date such as "2026-12-24", or "12-24" for every year
    hours.office.except."24.12.": expected a date such as "2026-12-24", or "12-24" for every year
    hours.office.except."24-12": the calendar has no such day; expected a date such as "2026-12-24", or "12-24" for every year
    hours.office.except."2026-12-24": expected a range such as "09:00-17:00"; did you mean `all day`?
    hours.office.except."12-25"[0]: expected a range such as "09:00-17:00", found the integer 9
    hours.office.except."12-25"[1]: expected a range such as "09:00-17:00"
    hours.office.except."…01": expected a date such as "2026-12-24", or "12-24" for every year
    "#);
}

#[test]
fn mistakes_in_steps_with_hours_are_told() {
    insta::assert_snapshot!(problems(&with_hours(STEP_MISTAKES)), @r#"
    steps.desk.open: no step is named `frist`; did you mean `first`?
    steps.first.open: missing; expected the name of the step that follows while it is open
    steps.second.open: cannot stand here: while it is open, this step does the rest of what it says
    steps.third.closed: only a step with `hours` has `closed`
    steps.fourth.hours: expected a text in quotes, found the integer 7
    steps.fifth: expected exactly one of `ring`, `say`, `hangup`, `hours`, `menu`, `reject`, `goto`, `forward`, `queue`, `lookup`, `branch`, `language` and `voicemail`, found `ring` and `say`
    "#);
}

#[test]
fn hours_at_a_line_are_told_where_they_belong() {
    let text = with_line("ring = \"organisers\"\nhours = \"office\"");

    insta::assert_snapshot!(problems(&text), @r#"lines."…00".hours: stands in steps only: use `start`, and a step with both `ring` and `hours`"#);
}

#[test]
fn hours_that_lead_in_a_circle_are_a_problem_unless_somebody_rings_there() {
    let circle = with_hours(r#"desk = { ring = "organisers", hours = "office", closed = "desk" }"#);
    let through_words = with_hours(
        r#"
        desk = { say = "Hello.", next = "first" }
        first = { hours = "office", open = "ring", closed = "desk" }
        ring = { ring = "organisers", nobody = "desk" }
        "#,
    );
    let with_ring = with_hours(
        r#"
        desk = { ring = "organisers", nobody = "desk", hours = "office" }
        "#,
    );

    insta::assert_snapshot!(problems(&circle), @"steps.desk: steps lead to steps in a circle, which never rings anybody and never ends");
    insta::assert_snapshot!(problems(&through_words), @"steps.desk: steps lead to steps in a circle, which never rings anybody and never ends");
    assert_eq!(parse(&with_ring).1, []);
}

#[test]
fn hours_that_may_not_be_meant_are_warned_of() {
    let text = with_hours(
        r#"
        desk = { ring = "organisers", hours = "office", closed = "end" }
        end = { hangup = true }
        [hours.night]
        zone = "Europe/London"
        mon-sun = "20:00-08:00"
        "#,
    );

    insta::assert_snapshot!(warnings(&text), @"
    steps.desk.closed: the caller is cut off here without a word
    hours.night: no step asks for these hours
    ");
}

#[test]
fn words_for_when_it_is_closed_are_missed_in_another_language_only_where_they_are_heard() {
    let german = |step: &str| {
        let text = with_hours(step);
        text.replace("start = \"desk\"", "start = \"desk\"\nlanguage = \"de-DE\"\nwords = { closed = \"Zu.\" }")
    };
    let heard = german(r#"desk = { ring = "organisers", hours = "office" }"#).replace("closed = \"Zu.\"", "");
    let not_heard = german(r#"desk = { ring = "organisers" }"#).replace("closed = \"Zu.\"", "");

    assert!(warnings(&heard).contains("failure, closed"), "{}", warnings(&heard));
    assert!(!warnings(&not_heard).contains("closed"), "{}", warnings(&not_heard));
    let (config, _) = parse(&german(r#"desk = { ring = "organisers", hours = "office" }"#));
    assert_eq!(only_line(&config).words.closed, "Zu.".into());
}

fn with_hours(steps: &str) -> String {
    with_line(&format!("{OFFICE}{steps}"))
}

fn in_london(local: &str) -> Timestamp {
    let zone = Zone::named("Europe/London").unwrap();
    let Moments::Once(moment) = zone.moments(local.parse().unwrap()) else { panic!("{local} is a usual time") };
    moment
}

const OFFICE: &str = r#"
start = "desk"
[hours.office]
zone = "Europe/London"
mon-fri = "09:00-17:00"
[steps]
"#;

const HOURS_MISTAKES: &str = r#"
start = "desk"
zone = "Europe/Lodnon"
[hours]
"my office" = { mon = "all day" }
closed = { zone = "berlin", mon = "closed", except = { "12-24" = "closed" } }
empty = { zone = "CEST" }
text = "09:00-17:00"
east = { zone = "New York", mon = "all day" }
offset = { zone = "GMT+1", mon = "all day" }
number = { zone = 1, mon = "all day" }
[steps]
desk = { hours = "offcie", open = "ring" }
ring = { ring = "organisers", hours = "txt" }
"#;

const DAY_MISTAKES: &str = r#"
start = "desk"
[hours.office]
zone = "Europe/London"
monday = "09:00-17:00"
Tue = "09:00-17:00"
Wednesday-Friday = "09:00-17:00"
mo-fr = "09:00-17:00"
holidays = "closed"
timezone = "Europe/London"
mon = "9-17"
tue = "Closed"
wed = ["09:00-17:00", "16:00-18:00", "20:00-25:00"]
thu = ["09:00-17:00", "16:00-18:00"]
fri = ["all day"]
sat = []
sun = 9
sat-sun = "10:00-10:00"
[hours.office.except]
"2026-02-29" = "closed"
"02-29" = "closed"
"24.12." = "closed"
"24-12" = "closed"
"2026-12-24" = "half day"
"12-25" = [9, "09:00 to 17:00"]
"+447700900001" = "closed"
[steps]
desk = { ring = "organisers", hours = "office" }
"#;

const STEP_MISTAKES: &str = r#"
desk = { hours = "office", open = "frist", closed = "second" }
first = { hours = "office" }
second = { ring = "organisers", hours = "office", open = "first" }
third = { ring = "organisers", closed = "first" }
fourth = { say = "Hello.", hours = 7, next = "fifth" }
fifth = { say = "Hello.", ring = "organisers", hours = "office" }
"#;
