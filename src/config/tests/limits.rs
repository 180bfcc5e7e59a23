//! What is said about the carrier's own ring, and about the limit against cost.

use super::*;

#[test]
fn what_the_carrier_cannot_do_when_it_rings_a_group_itself_is_told() {
    let eleven: Vec<_> = (10..21).map(|nth| format!("\"+4477009000{nth}\"")).collect();
    let text = with_line(&format!(
        "start = \"a\"\nringback = \"dial\"\n[steps]\na = {{ ring = \"crowd\", nobody = \"b\" }}\n\
         b = {{ ring = \"pair\", tiers = [{{ ring = \"crowd\", after = \"10s\" }}] }}\n\
         [groups.crowd]\nmembers = [{}]\nscreen = \"key\"\nring_busy = true\n\
         [groups.pair]\nmembers = [\"ana\", \"ben\"]\n",
        eleven.join(", ")
    ));

    insta::assert_snapshot!(Config::parse(&text, Strictness::Check).unwrap_err().to_string(), @r#"
    lines."…00".ringback: with "dial" the carrier rings ten phones at the most, and group `crowd` has 11
    lines."…00".ringback: with "dial" no tiers can join in, as in step `b`; let steps follow each other
    warning: lines."…00".ringback: with "dial" a key is asked for, and the carrier does not listen; say `screen = "key"` in group `pair`
    warning: lines."…00".ringback: with "dial" people ring also while they talk with another caller; say `ring_busy = true` in group `pair` if that is meant
    "#);
}

#[test]
fn ten_who_are_asked_for_a_key_can_be_rung_by_the_carrier() {
    let ten: Vec<_> = (10..20).map(|nth| format!("\"+4477009000{nth}\"")).collect();
    let group = format!("[groups.crowd]\nmembers = [{}]\nscreen = \"key\"\nring_busy = true", ten.join(", "));

    let (config, warnings) = parse(&with_line(&format!("ring = \"crowd\"\nringback = \"dial\"\n{group}")));

    assert_eq!(warnings, []);
    assert_eq!(only_line(&config).ringback, Ringback::Dial);
}

#[test]
fn limit_against_cost_is_a_number_of_phones_and_zero_is_none() {
    let limit =
        |keys: &str| only_line(&parse(&with_line(&format!("ring = \"organisers\"\n{keys}"))).0).max_dials_per_day;
    let wrong = with_line("ring = \"organisers\"\nmax_dials_per_day = \"many\"");

    assert_eq!(limit(""), None, "nobody loses a call to a limit that nobody has set");
    assert_eq!(limit("max_dials_per_day = 50"), NonZeroUsize::new(50));
    assert_eq!(limit("max_dials_per_day = 0"), None);
    insta::assert_snapshot!(Config::parse(&wrong, Strictness::Check).unwrap_err().to_string(), @r#"
    lines."…00".max_dials_per_day: expected a whole number from 0 to 100000, found a text
    "#);
}

#[test]
fn people_are_told_of_the_limit_in_words_of_the_files_own() {
    let keys = "ring = \"organisers\"\nmax_dials_per_day = 50";
    let fill = |config: &Config| config.notices.over_limit_text.fill("Hotline", 50, "Europe/London");
    let (alone, _) = parse(&with_line(keys));
    let (config, warnings) = parse(&with_line(&format!(
        "{keys}\n[notices]\nover_limit = [\"ana\", \"organisers\"]\nover_limit_text = \"{{limit}} of {{line}} till {{zone}}\""
    )));

    assert_eq!(warnings, []);
    let names: Vec<_> = config.notices.over_limit.iter().map(|told| &*told.name).collect();
    assert_eq!(names, ["Ana", "Ben"], "each once");
    assert_eq!(fill(&config), "50 of Hotline till Europe/London");
    assert_eq!(alone.notices.over_limit.len(), 0);
    insta::assert_snapshot!(fill(&alone), @"Hotline has dialled 50 phones today, as many as it may. Until midnight (Europe/London) callers are told so and no phone rings. Is somebody running up costs?");
}

#[test]
fn what_is_wrong_with_notices_of_the_limit_is_told() {
    let limited = "ring = \"organisers\"\nmax_dials_per_day = 50\n";
    let wrong = with_line(&format!(
        "{limited}[notices]\nover_limit = [\"anna\", \"+44 77\"]\nover_limit_text = \"{{line}}: {{link}}\""
    ));
    let unlimited = with_line("ring = \"organisers\"\n[notices]\nover_limit = []");

    insta::assert_snapshot!(Config::parse(&wrong, Strictness::Check).unwrap_err().to_string(), @"
    notices.over_limit[0]: nobody is named `anna`; did you mean `ana`?
    notices.over_limit[1]: not an E.164 number such as `+4930123456`
    notices.over_limit_text: unknown placeholder or lonely brace; the placeholders here are `{line}`, `{limit}` and `{zone}`
    ");
    insta::assert_snapshot!(shown(&parse(&unlimited).1), @"
    notices.over_limit: no line has `max_dials_per_day`, so that nobody is ever told
    notices.over_limit: names nobody, so that nobody is told
    ");
}

#[test]
fn what_a_trial_account_does_badly_is_warned_of_where_it_is_said_to_be_one() {
    let text = with_line(
        r#"
        start = "ring"
        max_dials_per_day = 50
        [lines."+441632960001"]
        name = "Dialled"
        ring = "dialled"
        ringback = "dial"
        [groups.dialled]
        members = ["ana"]
        screen = "key"
        ring_busy = true
        [directory]
        "+441632960002" = { name = "Office", to = "+441632960888" }
        [notices]
        over_limit = ["ana"]
        [steps]
        ring = { ring = "organisers", nobody = "recorded" }
        recorded = { ring = "organisers", record = true, nobody = "wait" }
        wait = { queue = "organisers", too_long = "out" }
        out = { forward = "+441632960999", busy = "mailbox" }
        mailbox = { voicemail = true, notify = ["ana"] }
        "#,
    );
    let trial = text.replace("provider = \"twilio\"", "trial = true");

    assert_ne!(text, trial);
    assert_eq!(parse(&text).1, []);
    insta::assert_snapshot!(shown(&parse(&trial).1), @r#"
    lines."…01".ringback: a trial account does not connect callers with numbers that the carrier dials for them
    directory."…02": a trial account does not connect callers with numbers that the carrier dials for them
    notices.over_limit: a trial account sends text messages to verified numbers only
    steps.recorded: a trial account cannot record; talks are not recorded
    steps.wait: a trial account ends a call after ten documents in a row: after some five minutes of waiting
    steps.out: a trial account does not connect callers with numbers that the carrier dials for them
    steps.mailbox: a trial account cannot record, so that nobody can leave a message here; and it sends text messages to verified numbers only
    "#);
}
