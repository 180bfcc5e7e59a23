//! Tiers of a step, and groups in groups: what they become, and what is said about bad ones.

use super::*;

#[test]
fn tiers_join_in_or_take_over_in_their_order() {
    let (config, warnings) = parse(&with_tiers(
        r#"{ ring = "ben", after = "20s" }, { ring = "everybody", after = "40s", keep = false }, { ring = "outside" }"#,
    ));

    assert_eq!(warnings, []);
    let line = only_line(&config);
    let Step::Ring { tiers, nobody } = line.flow.step(line.flow.start()) else { panic!("a ring step") };
    assert_eq!((&*tiers.first().name, *nobody), ("ana", StepIndex(1)));
    let later: Vec<_> =
        tiers.later().iter().map(|it| (&*it.group.name, it.after.as_secs(), it.keeps_earlier)).collect();
    assert_eq!(later, [("ben", 20, true), ("everybody", 40, false), ("outside", 70, true)]);
    let detection: Vec<_> = line.detection.keys().map(|name| &**name).collect();
    assert_eq!(detection, ["ana", "ben", "everybody", "outside"]);
}

#[test]
fn tiers_are_checked() {
    let mistakes =
        r#"{ ring = "bne", after = "20s" }, { ring = "ben", after = "0s" }, { after = "1s", kep = true }, "ben""#;

    insta::assert_snapshot!(problems(&with_tiers(mistakes)), @"
    steps.first.tiers[0].ring: no group is named `bne`; did you mean `ben`?
    steps.first.tiers[1].after: expected 1s to 1h, found 0s
    steps.first.tiers[2].ring: missing; expected the name of a group
    steps.first.tiers[2].kep: unknown key; did you mean `keep`?
    steps.first.tiers[3]: expected a table, found a text
    ");
    insta::assert_snapshot!(problems(&with_tiers("")), @"steps.first.tiers: empty; leave it out, or name a group that joins in");
    insta::assert_snapshot!(problems(&with_tiers(r#"{ ring = "ben", after = "20s" }, { ring = "outside", after = "10s" }"#)), @"steps.first.tiers[1].after: sooner than the tier before it");
    insta::assert_snapshot!(problems(&with_line("start = \"a\"\n[steps]\na = { say = \"A\", tiers = [] }")), @"steps.a.tiers: only a step with `ring` has `tiers`");
}

#[test]
fn tiers_that_may_not_be_meant_are_warned_of() {
    let late = r#"{ ring = "ben", after = "31s" }"#;
    let same = r#"{ ring = "everybody", after = "5s" }, { ring = "ben", after = "20s" }"#;
    let stopped = r#"{ ring = "everybody", after = "5s" }, { ring = "ben", after = "20s", keep = false }"#;

    insta::assert_snapshot!(warnings(&with_tiers(late)), @"steps.first.tiers[0].after: the phones before it have stopped after 30s; it begins then");
    insta::assert_snapshot!(warnings(&with_tiers(same)), @"steps.first.tiers[1].ring: everybody in this group rings already by then");
    insta::assert_snapshot!(warnings(&with_tiers(stopped)), @"");
}

#[test]
fn members_are_people_groups_numbers_or_everybody_each_once_at_the_first_place() {
    let (config, warnings) = parse(&with_tiers(r#"{ ring = "mixed", after = "20s" }"#));

    assert_eq!(warnings, []);
    let members = |group: &str| {
        let names = config.groups[group].members.iter().map(|it| format!("{} {}", it.name, it.phone_for.as_secs()));
        names.collect::<Vec<_>>()
    };
    assert_eq!(members("mixed"), ["Ben 10", "…99 10", "Ana 10"]);
    assert_eq!(members("everybody"), ["Ben 30", "Ana 30"], "in the order of the file");
    assert_eq!(members("outside"), ["…99 30"]);
}

#[test]
fn a_number_that_is_a_persons_stands_for_that_person() {
    let text = with_group(r#"members = ["+447700900002", "ben", "ana"]"#);

    let (config, told) = parse(&text);

    let names: Vec<_> = config.groups["organisers"].members.iter().map(|member| &*member.name).collect();
    assert_eq!(names, ["Ben", "Ana"]);
    insta::assert_snapshot!(shown(&told), @"groups.organisers.members[1]: `ben` has the same number as `…02` (…02), which is rung once");
}

#[test]
fn members_that_lead_nowhere_or_in_circles_are_problems_with_their_path() {
    let circle = "members = [\"ana\", \"b\"]\n[groups.b]\nmembers = [\"c\"]\n[groups.c]\nmembers = [\"b\", \"+12\"]";
    let itself = "members = [\"organisers\"]";
    let unknown = "members = [\"organizers\"]";
    let line = "members = [\"ana\", \"+441632960000\"]";

    insta::assert_snapshot!(problems(&with_group(circle)), @r#"
    groups.c.members[0]: groups lead to each other in a circle: b → c → b
    groups.c.members[1]: not an E.164 number such as "+4930123456"
    "#);
    insta::assert_snapshot!(problems(&with_group(itself)), @"groups.organisers.members[0]: groups lead to each other in a circle: organisers → organisers");
    insta::assert_snapshot!(problems(&with_group(unknown)), @"groups.organisers.members[0]: nobody is named `organizers`; did you mean `organisers`?");
    insta::assert_snapshot!(problems(&with_group(line)), @"groups.organisers.members[1]: one of the lines, which would call itself");
}

#[test]
fn a_name_that_is_a_persons_and_a_groups_stands_for_the_person_and_is_warned_of() {
    let text = with_group("members = [\"ana\"]\n[groups.ana]\nmembers = [\"ben\"]");

    insta::assert_snapshot!(warnings(&text), @"groups.organisers.members[0]: a person and a group have this name; it stands for the person");
}

fn problems(text: &str) -> String {
    shown(&Config::parse(text, Strictness::Serve).expect_err("something is wrong").iter().cloned().collect::<Vec<_>>())
}

fn warnings(text: &str) -> String {
    shown(&parse(text).1)
}

/// A line whose step rings Ana, and these tiers.
fn with_tiers(tiers: &str) -> String {
    let (before, _) = SMALLEST.split_once("[people]").unwrap();
    format!("{before}{PEOPLE}\nfirst = {{ ring = \"ana\", tiers = [{tiers}] }}\n")
}

const PEOPLE: &str = r#"
[people]
ben = { name = "Ben", phone = "+447700900002" }
ana = { name = "Ana", phone = "+447700900001" }

[groups]
ana = { members = ["ana"] }
ben = { members = ["ben"] }
everybody = { members = ["*"] }
outside = { members = ["+441632960999"], screen = "key" }
mixed = { members = ["ben", "outside", "*"], ring_for = "30s", phone_for = "10s" }

[lines."+441632960000"]
name = "Hotline"
start = "first"

[steps]
"#;
