//! Addresses that are asked who calls, and steps that go by their answers.

use std::time::Duration;

use ringall_core::flow::{Exit, Flow, Step, StepIndex};

use super::{messages::problems, messages::warnings, *};

#[test]
fn a_lookup_is_read_with_all_that_belongs_to_it() {
    let (config, warnings) = parse(&with_lookup(
        "cache_for = \"1h\"\nask_withheld = true",
        r#"
        who = { lookup = "crm", found = "tier", not_found = "sorry", failed = "end" }
        tier = { branch = "tier", cases = { Gold = "theirs", "2" = "sorry" }, otherwise = "end" }
        theirs = { forward = "{lookup.phone}", countries = ["44", "1"], ring_for = "20s", failed = "sorry" }
        sorry = { say = "Sorry." }
        end = { hangup = "Bye." }
        "#,
    ));

    assert_eq!(warnings, []);
    let crm = &config.lookups["crm"];
    assert_eq!(crm.url.as_str(), "https://crm.example.org/who?team=1");
    assert_eq!((crm.secret.expose(), crm.cache_for, crm.ask_withheld), ("hush", Duration::from_secs(3600), true));
    let flow = &only_line(&config).flow;
    assert_eq!(leads(flow, "who"), ["found: tier", "not_found: sorry", "failed: end"]);
    assert_eq!(leads(flow, "tier"), ["2: sorry", "gold: theirs", "otherwise: end"]);
    let Step::ForwardToFound(forward) = step(flow, "theirs") else { panic!("{flow:?}") };
    assert_eq!((&*forward.to.field, &*forward.to.countries), ("phone", &["44".into(), "1".into()][..]));
    assert_eq!((forward.ring_for, forward.to.lines.len()), (Duration::from_secs(20), 1));
}

#[test]
fn a_lookup_alone_remembers_for_ten_minutes_and_costs_nobody_their_call() {
    let (config, warnings) =
        parse(&with_lookup("", "who = { lookup = \"crm\", found = \"all\" }\nall.ring = \"organisers\""));

    assert_eq!(warnings, []);
    let crm = &config.lookups["crm"];
    assert_eq!((crm.cache_for, crm.ask_withheld), (Duration::from_secs(600), false));
    assert_eq!(leads(&only_line(&config).flow, "who"), ["found: all", "not_found: all", "failed: all"]);
}

#[test]
fn who_is_unknown_goes_where_the_step_says_and_so_does_who_could_not_be_asked_about() {
    let (config, _) = parse(&with_lookup(
        "",
        "who = { lookup = \"crm\", found = \"a\", not_found = \"b\" }\na.ring = \"organisers\"\nb.say = \"Hello.\"",
    ));

    assert_eq!(leads(&only_line(&config).flow, "who"), ["found: a", "not_found: b", "failed: b"]);
}

#[test]
fn what_is_wrong_with_lookups_is_told_all_at_once() {
    let text = with_line(
        r#"
        start = "who"
        [lookups]
        plain = { url = "http://crm.example.org/who", secret = "hush" }
        ftp = { url = "ftp://crm.example.org", secret = "hush", cache_for = "2d" }
        user = { url = "https://me:hush@crm.example.org", secret = "" }
        part = { url = "https://crm.example.org/#hush" }
        nothing = { }
        text = "https://crm.example.org"
        odd = { url = "crm", secret = "hush", cache = "1m", ask_withheld = "yes" }
        [steps]
        who = { lookup = "plian", found = "tier" }
        a = { lookup = "plain" }
        b = { lookup = "odd", found = "nowhere", nobody = "a" }
        tier = { branch = "tier", cases = { gold = "x", GOLD = "who", " " = "who" } }
        c = { branch = 7, cases = { }, otherwise = "who" }
        d = { branch = "tier" }
        e = { ring = "organisers", cases = { a = "b" } }
        f = { forward = "{lookup.phone}" }
        g = { forward = "{lookup.phone}", countries = [] }
        h = { forward = "{lookup.phone}", countries = ["+44", "0049", "", 44] }
        i = { forward = "+441632960999", countries = ["44"] }
        j = { forward = "{phone}" }
        "#,
    );

    insta::assert_snapshot!(problems(&text), @r#"
    lookups.plain.url: expected an address that begins with `https://`: callers' numbers are sent there
    lookups.ftp.url: expected an address that begins with `https://`: callers' numbers are sent there
    lookups.ftp.cache_for: expected 0s to 1day, found 2days
    lookups.user.url: expected an address without a user and a password; the signature tells who asks
    lookups.user.secret: the secret is empty
    lookups.part.secret: missing; expected a text in quotes, { env = "NAME" } or { file = "/path" }
    lookups.part.url: expected an address without `#`
    lookups.nothing.url: missing; expected an address such as "https://crm.example.org/who-calls"
    lookups.nothing.secret: missing; expected a text in quotes, { env = "NAME" } or { file = "/path" }
    lookups.text: expected a table, found a text
    lookups.odd.url: expected an address such as "https://crm.example.org/who-calls"
    lookups.odd.cache: unknown key
    lookups.odd.ask_withheld: expected `true` or `false`, found a text
    steps.who.lookup: no lookup is named `plian`; did you mean `plain`?
    steps.a.found: missing; expected the name of the step that follows
    steps.b.found: no step is named `nowhere`
    steps.b.nobody: only a step with `ring` or `queue` has `nobody`
    steps.tier.otherwise: missing; expected the name of the step that follows in every other case
    steps.tier.cases.gold: no step is named `x`
    steps.tier.cases.GOLD: `gold` is there already: capitals make no difference
    steps.tier.cases." ": empty; `otherwise` is for callers of whom nothing was found
    steps.c.branch: expected a text in quotes, found the integer 7
    steps.c.cases: expected at least one value, and the step that it leads to
    steps.d.cases: missing; expected a table such as { gold = "STEP" }
    steps.d.otherwise: missing; expected the name of the step that follows in every other case
    steps.e.cases: only a step with `branch` has `cases`
    steps.f.countries: missing; expected what numbers may begin with, such as ["44", "1"]
    steps.g.countries: empty; expected what numbers may begin with, such as ["44", "1"]
    steps.h.countries[0]: expected the digits that numbers of a country begin with, such as "44"
    steps.h.countries[1]: expected the digits that numbers of a country begin with, such as "44"
    steps.h.countries[2]: expected the digits that numbers of a country begin with, such as "44"
    steps.h.countries[3]: expected the digits that numbers of a country begin with, such as "44", found the integer 44
    steps.i.countries: stands beside a number that a lookup gives: `forward = "{lookup.FIELD}"`
    steps.j.forward: expected an E.164 number such as "+4930123456", or "{lookup.FIELD}"
    "#);
}

#[test]
fn an_address_on_this_machine_may_be_without_tls_and_is_warned_of() {
    let text = with_lookup("", "who = { lookup = \"crm\", found = \"all\" }\nall.ring = \"organisers\"")
        .replace("https://crm.example.org/who?team=1", "http://127.0.0.1:8080/who");

    insta::assert_snapshot!(warnings(&text), @"lookups.crm.url: callers' numbers travel unprotected over http, though only on this machine");
}

#[test]
fn steps_that_go_by_what_nobody_looked_up_and_lookups_that_nobody_asks_are_warned_of() {
    let text = with_lookup(
        "",
        r#"
        who = { branch = "tier", cases = { gold = "theirs" }, otherwise = "all" }
        theirs = { forward = "{lookup.phone}", countries = ["44"] }
        all = { ring = "organisers" }
        "#,
    );

    insta::assert_snapshot!(warnings(&text), @r#"
    lookups.crm: no step asks this lookup
    steps.who: no lookup comes before this step, so that nothing was ever found here
    steps.theirs: no lookup comes before this step, so that nothing was ever found here
    "#);
}

#[test]
fn lookups_that_only_lead_to_each_other_are_a_circle() {
    let text =
        with_lookup("", "who = { lookup = \"crm\", found = \"all\", failed = \"who\" }\nall.ring = \"organisers\"");

    insta::assert_snapshot!(problems(&text), @"steps.who: steps lead to steps in a circle, which never rings anybody and never ends");
}

#[test]
fn an_address_and_its_secret_do_not_print() {
    let (config, _) = parse(&with_lookup("", "who = { lookup = \"crm\", found = \"all\" }\nall.ring = \"organisers\""));

    let printed = format!("{:?}", config.lookups);
    assert!(!printed.contains("hush") && !printed.contains("team"), "{printed}");
    assert!(printed.contains("crm.example.org"), "{printed}");
}

/// A line that starts at `who`, the lookup `crm` with these keys, and these steps.
fn with_lookup(keys: &str, steps: &str) -> String {
    with_line(&format!(
        "start = \"who\"\n[lookups.crm]\nurl = \"https://crm.example.org/who?team=1\"\nsecret = \"hush\"\n{keys}\n[steps]\n{steps}"
    ))
}

fn step<'a>(flow: &'a Flow, name: &str) -> &'a Step {
    &flow.steps().iter().find(|named| &*named.name == name).unwrap().step
}

fn leads(flow: &Flow, name: &str) -> Vec<String> {
    let named = |(exit, to): (Exit, StepIndex)| format!("{}: {}", exit.name(), flow.steps()[to.0].name);
    step(flow, name).exits().into_iter().map(named).collect()
}
