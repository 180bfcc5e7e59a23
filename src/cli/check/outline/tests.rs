use super::*;
use crate::config::Strictness;

#[test]
fn a_line_that_rings_one_group_is_told_in_two_lines() {
    let config = config(
        r#"
        [lines."+441632960001"]
        name = "Hotline"
        nobody = "Sorry."
        ring = "organisers"
        "#,
    );

    insta::assert_snapshot!(of(&config), @r#"
    …01  Hotline
      ring organisers: Ana …01, Ben …02 (30 s, amd)
        nobody → says "Sorry." → hangs up
    "#);
}

#[test]
fn steps_are_told_in_the_order_of_a_call_and_a_circle_is_told_once() {
    let config = config(
        r#"
        [lines."+441632960001"]
        name = "Office"
        start = "hello"
        [steps]
        hello = { say = "Hello from {line}.", next = "first" }
        first = { ring = "organisers", nobody = "patience" }
        patience = { say = "One moment.", next = "second" }
        second = { ring = "ben", nobody = "first" }
        [lines."+441632960002"]
        name = "Closed"
        start = "bye"
        [steps.bye]
        hangup = true
        "#,
    );

    insta::assert_snapshot!(of(&config), @r#"
    …01  Office
      says "Hello from Office." → ring organisers: Ana …01, Ben …02 (30 s, amd)
        nobody → says "One moment." → ring ben: Ben …02 (30 s, 2 passes, amd+key)
          nobody → again from `first`

    …02  Closed
      hangs up
    "#);
}

#[test]
fn every_key_of_a_menu_is_told_in_a_line_of_its_own() {
    let config = config(
        r##"
        [lines."+441632960001"]
        name = "Office"
        start = "hello"
        [steps]
        hello = { menu = "Press.", keys = { 1 = "ring", 12 = "over", "*" = "hello", "#" = "no" }, no_input = "ring" }
        ring = { ring = "ben", nobody = "bye" }
        over = { goto = "https://twiml.example.org/a?token=hush" }
        no = { reject = "busy" }
        bye = { hangup = "Good bye." }
        "##,
    );

    insta::assert_snapshot!(of(&config), @r#"
    …01  Office
      asks "Press." (again 2 times, waits 4 s)
        # → refuses the call: busy
        * → again from `hello`
        1 → ring ben: Ben …02 (30 s, 2 passes, amd+key)
          nobody → says "Good bye." → hangs up
        12 → hands the caller over to https://twiml.example.org/a
        no_input → again from `ring`
        wrong_key → says "Sorry, there is nothing behind that key. Please call again whenever you like. Goodbye." → hangs up
    "#);
}

#[test]
fn tiers_are_told_in_their_order_with_their_times_and_an_outside_number_by_its_end() {
    let config = config(
        r#"
        [lines."+441632960001"]
        name = "Sales"
        start = "first"
        [steps]
        first = { ring = "ben", nobody = "sorry", tiers = [
            { ring = "organisers", after = "20s" },
            { ring = "outside", after = "40s", keep = false },
        ] }
        sorry = { say = "Sorry." }
        [groups.outside]
        members = ["+441632960999"]
        screen = "key"
        "#,
    );

    insta::assert_snapshot!(of(&config), @r#"
    …01  Sales
      ring ben: Ben …02 (30 s, 2 passes, amd+key)
        after 20 s also ring organisers: Ana …01, Ben …02 (30 s, amd)
        after 40 s instead ring outside: …99 (30 s, key)
        nobody → says "Sorry." → hangs up
    "#);
}

#[test]
fn an_outside_number_is_told_with_each_of_its_exits() {
    let config = config(
        r#"
        [lines."+441632960001"]
        name = "Night"
        start = "night"
        [lines."+441632960001".words]
        nobody = "Sorry."
        [steps]
        night = { forward = "+441632960999", screen = "key", show = "caller", no_answer = "ben" }
        ben.ring = "ben"
        "#,
    );

    insta::assert_snapshot!(of(&config), @r#"
    …01  Night
      forward to …99 (30 s, key, shows the caller)
        busy → says "Sorry." → hangs up
        no_answer → ring ben: Ben …02 (30 s, 2 passes, amd+key)
          nobody → again from `(nobody)`
        failed → again from `(nobody)`
        canceled → again from `(nobody)`
        done → hangs up
    "#);
}

#[test]
fn a_lookup_is_told_with_what_follows_from_its_answer() {
    let config = config(
        r#"
        [lines."+441632960001"]
        name = "Office"
        start = "who"
        [lookups]
        crm = { url = "https://crm.example.org/who", secret = "hush" }
        [steps]
        who = { lookup = "crm", found = "tier", failed = "ben" }
        tier = { branch = "tier", cases = { gold = "theirs" }, otherwise = "ben" }
        theirs = { forward = "{lookup.phone}", countries = ["44", "1"], failed = "ben" }
        ben.ring = "ben"
        "#,
    );

    insta::assert_snapshot!(of(&config), @r#"
    …01  Office
      asks lookup crm who calls
        found → goes by the field tier
          gold → forward to the number in the field phone, if it begins with +44 or +1 (30 s, no screening, shows the line)
            busy → says "Sorry, nobody can take your call right now. Please try again later. Goodbye." → hangs up
            no_answer → again from `(nobody)`
            failed → ring ben: Ben …02 (30 s, 2 passes, amd+key)
              nobody → again from `(nobody)`
            canceled → again from `(nobody)`
            done → hangs up
          otherwise → again from `ben`
        not_found → again from `tier`
        failed → again from `ben`
    "#);
}

#[test]
fn the_way_of_blocked_callers_is_told_below_that_of_the_others() {
    let config = config(
        r#"
        [blocklists]
        pests = { callers = ["+447700900666", "+44777*"] }
        [lines."+441632960001"]
        name = "Office"
        ring = "ben"
        nobody = "Sorry."
        block = ["pests", "withheld"]
        [lines."+441632960002"]
        name = "Other"
        start = "ben"
        block = ["+447700900667"]
        blocked = "no"
        [steps]
        ben.ring = "ben"
        no.hangup = "You are not welcome."
        "#,
    );

    insta::assert_snapshot!(of(&config), @r#"
    …01  Office
      ring ben: Ben …02 (30 s, 2 passes, amd+key)
        nobody → says "Sorry." → hangs up
      blocked (1 number, 1 prefix, withheld numbers) → refuses the call: busy

    …02  Other
      ring ben: Ben …02 (30 s, 2 passes, amd+key)
        nobody → says "Sorry, nobody can take your call right now. Please try again later. Goodbye." → hangs up
      blocked (1 number) → says "You are not welcome." → hangs up
    "#);
}

#[test]
fn offices_and_languages_are_told_like_any_other_way() {
    let config = config(
        r#"
        [directory]
        "+441632960001" = { name = "Charlotte Office", to = "ana", then = "german" }
        "+441632960002" = { name = "Denver Office", to = "+441632960999" }
        [steps]
        german = { language = "de", next = "sorry" }
        sorry = { say = { de = "Leider, {caller.city|dort}, {line}.", en = "Sorry." } }
        "#,
    );

    insta::assert_snapshot!(of(&config), @r#"
    …01  Charlotte Office
      ring ana: Ana …01 (30 s, amd)
        nobody → speaks de → says "de: Leider, {caller.city}, Charlotte Office. / en: Sorry." → hangs up

    …02  Denver Office
      forward to …99 (30 s, key, shows the line)
        busy → says "Sorry, nobody can take your call right now. Please try again later. Goodbye." → hangs up
        no_answer → again from `(nobody)`
        failed → again from `(nobody)`
        canceled → again from `(nobody)`
        done → hangs up
    "#);
}

#[test]
fn a_queue_is_told_with_its_members_its_times_and_each_of_its_exits() {
    let config = config(
        r#"
        [lines."+441632960001"]
        name = "Support"
        start = "wait"
        [steps]
        wait = { queue = "organisers", wrap_up = "30s", gave_up = "ben", nobody = "ben" }
        ben.ring = "idle"
        [groups.idle]
        members = ["ben"]
        order = "longest-idle"
        "#,
    );

    insta::assert_snapshot!(of(&config), @r#"
    …01  Support
      wait for organisers: Ana …01, Ben …02 (one after the other, 20 s each, 30 s rest after a talk; 20 callers at most, 15 min at most)
        gave_up → ring idle: Ben …02 (30 s, amd, longest idle first)
          nobody → says "Sorry, nobody can take your call right now. Please try again later. Goodbye." → hangs up
        too_long → says "Sorry that you have waited in vain. Nobody can take your call right now. Please try again later. Goodbye." → hangs up
        full → says "Sorry, too many callers are waiting already. Please try again in a few minutes. Goodbye." → hangs up
        nobody → again from `ben`
    "#);
}

#[test]
fn a_mailbox_and_a_recorded_talk_are_told_with_the_words_before_them() {
    let config = config(
        r#"
        [lines."+441632960001"]
        name = "Office"
        start = "first"
        [steps]
        first = { ring = "ben", record = true, nobody = "mailbox" }
        mailbox = { voicemail = "Speak.", notify = ["ana"] }
        "#,
    );

    insta::assert_snapshot!(of(&config), @r#"
    …01  Office
      says "This call will be recorded." → ring ben: Ben …02 (30 s, 2 passes, amd+key), recorded
        nobody → takes a message after "Speak." (at most 3 min, # ends it), tells Ana …01
          done → hangs up
    "#);
}

#[test]
fn whispers_and_keys_that_decline_are_told() {
    let config = config(
        r#"
        [lines."+441632960001"]
        name = "Office"
        start = "first"
        [groups.leads]
        members = ["ana"]
        screen = "key"
        decline_key = "5"
        whisper = "New lead for {line.name} from {caller.city}."
        [steps]
        first = { ring = "ben", nobody = "out", tiers = [{ ring = "leads", after = "20s" }] }
        out = { forward = "+441632960999", screen = "key", decline_key = "0", whisper = "For {line}.", busy = "wait" }
        wait = { queue = "leads" }
        "#,
    );

    insta::assert_snapshot!(of(&config), @r#"
    …01  Office
      ring ben: Ben …02 (30 s, 2 passes, amd+key)
        after 20 s also ring leads: Ana …01 (30 s, key, 5 declines, whispers "New lead for Office from {caller.city}.")
        nobody → forward to …99 (30 s, key, 0 declines, shows the line, whispers "For Office.")
          busy → wait for leads: Ana …01 (one after the other, 20 s each, 5 declines, whispers "New lead for Office from {caller.city}."; 20 callers at most, 15 min at most)
            too_long → says "Sorry that you have waited in vain. Nobody can take your call right now. Please try again later. Goodbye." → hangs up
            full → says "Sorry, too many callers are waiting already. Please try again in a few minutes. Goodbye." → hangs up
            nobody → says "Sorry, nobody is on duty at the moment. Please try again later. Goodbye." → hangs up
          no_answer → says "Sorry, nobody can take your call right now. Please try again later. Goodbye." → hangs up
          failed → again from `(nobody)`
          canceled → again from `(nobody)`
          done → hangs up
    "#);
}

/// The configuration of these lines, with two people and two groups.
pub(in crate::cli::check) fn config(lines: &str) -> Config {
    let text = format!("{BASE}\n{lines}");
    Config::parse(&text, Strictness::Serve).unwrap_or_else(|problems| panic!("{problems}")).0
}

const BASE: &str = r#"
    allowed_urls = ["https://twiml.example.org"]
    public_url = "https://hotline.example.org"
    [carrier]
    account_sid = "AC00000000000000000000000000000000"
    auth_token = "hush"
    [people]
    ana = { name = "Ana", phone = "+447700900001" }
    ben = { name = "Ben", phone = "+447700900002" }
    [groups]
    organisers = { members = ["ana", "ben"] }
    ben = { members = ["ben"], passes = 2, screen = "amd+key" }
"#;
