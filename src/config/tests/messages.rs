//! What is said about a file that is wrong, or that works in a way that may not be meant.

use super::*;

#[test]
fn ten_mistakes_are_reported_at_once_in_the_order_of_the_file() {
    let text = r#"
        public_url = "hotline.example.org"
        [server]
        listen = "7000"
        [carrier]
        account_sid = "AC123"
        auth_token = ""
        [people]
        ana = { name = "Ana", phnoe = "+447700900001" }
        ben = { name = "Ben", phone = "07700 900002" }
        [groups.x]
        members = ["bne", 7]
        ring_for = 30
        [lines."+441632960000"]
        name = "Hotline"
        ring = "y"
        [tyop]
    "#;

    insta::assert_snapshot!(problems(text), @r#"
    public_url: expected an address that begins with `https://`, or "ngrok"
    server.listen: expected an address and a port such as "127.0.0.1:7000"
    carrier.account_sid: expected `AC` and 32 hexadecimal digits
    carrier.auth_token: the secret is empty
    people.ana.phone: missing; expected a number such as "+4930123456"
    people.ana.phnoe: unknown key; did you mean `phone`?
    people.ben.phone: not an E.164 number such as `+4930123456`
    groups.x.members[0]: nobody is named `bne`; did you mean `ben`?
    groups.x.members[1]: expected a text in quotes, found the integer 7
    groups.x.ring_for: expected a duration such as "30s", found the integer 30
    lines."…00".ring: no group is named `y`
    tyop: unknown key
    "#);
}

#[test]
fn a_file_that_is_no_toml_is_one_problem_without_its_words() {
    insta::assert_snapshot!(problems("public_url = \"x\"\n[carrier]\nauth_token = \"hush"), @r#"line 3, column 19: not TOML: invalid basic string, expected `"`"#);
    insta::assert_snapshot!(problems("a = 1\na = 2"), @"line 2, column 1: not TOML: duplicate key");
}

#[test]
fn an_empty_file_lacks_what_is_required() {
    insta::assert_snapshot!(problems(""), @r#"
    public_url: missing; expected an address such as "https://hotline.example.org", or "ngrok"
    carrier.account_sid: missing; expected `AC` and 32 hexadecimal digits
    carrier.auth_token: missing; expected a text in quotes, { env = "NAME" } or { file = "/path" }
    lines: missing; expected at least one number, as in [lines."+4930123456"]
    "#);
}

#[test]
fn a_file_that_is_not_there_is_told_in_a_sentence() {
    let missing = Config::load(Path::new("nowhere/ringall.toml"), Strictness::Check).unwrap_err();

    insta::assert_snapshot!(missing, @"nowhere/ringall.toml: there is no such file; begin with a copy of `config/ringall.example.toml`");
}

#[test]
fn addresses_are_checked() {
    let text = |url| SMALLEST.replace("https://hotline.example.org", url);

    insta::assert_snapshot!(problems(&text("ngork")), @r#"public_url: expected an address that begins with `https://`, or "ngrok"; did you mean `ngrok`?"#);
    insta::assert_snapshot!(problems(&text("ftp://example.org")), @"public_url: expected an address that begins with `https://`");
    insta::assert_snapshot!(problems(&text("https://example.org/?a=b")), @"public_url: expected an address without `?` and `#`");
    insta::assert_snapshot!(problems(&text("https://me:hush@example.org")), @"public_url: expected an address without a user and a password");
    insta::assert_snapshot!(warnings(&text("http://a_b.example.org")), @"
    public_url: callers' numbers travel unprotected over http; the carrier may insist on https
    public_url: the carrier does not report to a host with an underscore in its name
    ");
    insta::assert_snapshot!(warnings(&text("http://localhost:7000")), @"public_url: the carrier cannot reach this machine under this address");
}

#[test]
fn the_carrier_is_checked() {
    let text = SMALLEST.replace("provider = \"twilio\"", CARRIER_MISTAKES);

    insta::assert_snapshot!(problems(&text), @r#"
    carrier.provider: expected "twilio"
    carrier.api_secret: missing; `api_key` and `api_secret` go together
    carrier.api_base: expected an address such as "https://example.org", found the integer 7
    carrier.trial: expected `true` or `false`, found a text
    carrier.reply_budget: expected 1s to 14s, found 15s
    carrier.calls_per_second: expected a number above 0, found the integer 0
    carrier.concurrent_requests: expected a whole number from 1 to 1024, found the integer 5000
    carrier.auth_tokn: unknown key; did you mean `auth_token`?
    "#);
}

#[test]
fn the_carriers_warnings_are_given() {
    let text = SMALLEST.replace(
        "provider = \"twilio\"",
        "trial = true\nreply_budget = \"8s\"\napi_base = \"http://carrier.example.org\"",
    );

    insta::assert_snapshot!(warnings(&text), @"
    carrier.reply_budget: the carrier waits only 5s for a trial account
    carrier.api_base: secrets and telephone numbers travel unprotected over http
    ");
}

#[test]
fn secrets_are_checked_without_being_shown() {
    for (token, expected) in [
        ("12345", "carrier.auth_token: expected a text in quotes, { env = \"NAME\" } or { file = \"/path\" }"),
        ("\" \"", "carrier.auth_token: the secret is empty"),
        ("\"a\\nb\"", "carrier.auth_token: the secret has several lines or control characters"),
        ("{}", "carrier.auth_token: expected either `env` or `file`"),
        ("{ env = \"A\", file = \"b\" }", "carrier.auth_token: expected either `env` or `file`"),
        ("{ env = \"RINGALL_NO\" }", "carrier.auth_token.env: the environment variable `RINGALL_NO` is not set"),
        ("{ env = \"hush\" }", "carrier.auth_token.env: the environment variable is not set"),
        ("{ env = \"a=b\" }", "carrier.auth_token.env: expected the name of an environment variable"),
        ("{ file = \"/nowhere\" }", "carrier.auth_token.file: there is no such file"),
    ] {
        assert_eq!(problems(&with_token(token)), expected);
    }
}

#[test]
fn people_are_checked() {
    let text = SMALLEST.replace(
        "ben = { name = \"Ben\", phone = \"+447700900002\" }",
        "\"b n\" = { name = \"\", phone = 447700900002, phone_for = \"1s\" }\nben = \"+447700900002\"",
    );

    insta::assert_snapshot!(problems(&text), @r#"
    people."b n": a name has letters, digits, `-` and `_` only
    people."b n".name: empty
    people."b n".phone: expected a number in quotes such as "+4930123456", found an integer
    people."b n".phone_for: expected 5s to 10m, found 1s
    people.ben: expected a table, found a text
    "#);
}

#[test]
fn groups_are_checked() {
    let text = with_group(GROUP_MISTAKES);

    insta::assert_snapshot!(problems(&text), @r#"
    groups.organisers.members[1]: nobody is named `bne`; did you mean `ben`?
    groups.organisers.members[2]: nobody is named `…02`
    groups.organisers.ring_for: expected 5s to 10m, found 1s
    groups.organisers.phone_for: expected a duration such as "30s" or "2m"
    groups.organisers.wait_for: expected 0s to 1h, found 2h
    groups.organisers.passes: expected a whole number from 1 to 10, found the integer 11
    groups.organisers.screen: expected "amd", "key", "amd+key" or "none"; did you mean `amd+key`?
    groups.organisers.decline_key: expected one digit in quotes such as "9"
    groups.organisers.ring_busy: expected `true` or `false`, found the integer 1
    groups.organisers.detection.timeout: expected whole seconds
    groups.organisers.detection.speech_end_threshold: expected 500ms to 5s, found 10ms
    groups.organisers.detection.silence_timeout: expected a duration such as "30s", found the integer 5
    "#);
    insta::assert_snapshot!(problems(&with_group("members = []")), @"groups.organisers.members: empty; a group needs somebody to ring");
    insta::assert_snapshot!(problems(&with_group("")), @"groups.organisers.members: missing; expected a list of people");
}

#[test]
fn groups_that_may_not_be_meant_are_warned_of() {
    let text = with_group(
        r#"
        members = ["ana"]
        screen = "none"
        phone_for = "40s"
        passes = 2
        detection = { timeout = "5s" }
        "#,
    );

    insta::assert_snapshot!(warnings(&text), @"
    groups.organisers.screen: whatever picks up has the call, also a mailbox
    groups.organisers.phone_for: longer than `ring_for`, at whose end all phones stop
    groups.organisers.passes: the first pass may take all of `ring_for`; a shorter `phone_for` leaves room for more
    groups.organisers.detection: nothing listens for a machine with this `screen`
    ");
}

#[test]
fn lines_are_checked() {
    insta::assert_snapshot!(problems(&with_line(LINE_MISTAKES)), @r#"
    lines."…00": expected exactly one of `ring` and `start`
    lines."…00".max_calls: expected a whole number from 0 to 100000, found the integer -1
    lines."…00".max_calls_per_caller: expected a whole number from 0 to 100000, found a number with a point
    lines."…00".ringback: expected "tone", "carrier" or "dial"
    lines."…00".country: expected the two letters of a country such as "GB"
    lines."…00".language: expected a language such as "en-GB"
    lines."…00".voice: empty
    lines."…00".word: unknown key; did you mean `words`?
    "#);
    insta::assert_snapshot!(problems(&with_line("ring = \"organizers\"")), @r#"lines."…00".ring: no group is named `organizers`; did you mean `organisers`?"#);
    insta::assert_snapshot!(problems(SMALLEST.split_once("[lines").unwrap().0), @r#"lines: missing; expected at least one number, as in [lines."+4930123456"]"#);
    insta::assert_snapshot!(problems(&SMALLEST.replace("+441632960000", "01632 960000")), @r#"lines."…00": not an E.164 number such as "+4930123456", in quotes"#);
}

#[test]
fn lines_that_end_alike_are_told_apart() {
    let text =
        with_line("ring = \"organisers\"\n[lines.\"+441632961100\"]\nname = \"Two\"\n[lines.\"+441632962200\"]\n");

    insta::assert_snapshot!(problems(&text), @r#"
    lines."…00 (2)": expected exactly one of `ring` and `start`
    lines."…00 (3)".name: missing; expected a text in quotes
    lines."…00 (3)": expected exactly one of `ring` and `start`
    "#);
}

#[test]
fn a_line_may_not_ring_itself() {
    insta::assert_snapshot!(problems(&SMALLEST.replace("+447700900002", "+441632960000")), @"people.ben.phone: one of the lines, which would call itself");
}

#[test]
fn words_in_another_language_are_asked_for() {
    let text = with_line("ring = \"organisers\"\nlanguage = \"de-DE\"\nnobody = \"Niemand.\"");

    insta::assert_snapshot!(warnings(&text), @r#"lines."…00".words: still in English, though the language is de-DE: whisper, connecting, somebody_else, caller_left, moved_on, not_accepted, declined, could_not_connect, busy, failure"#);
}

#[test]
fn words_are_checked() {
    let text = with_line(WORD_MISTAKES).replace("LONG", &"a".repeat(1001));

    insta::assert_snapshot!(problems(&text), @r#"
    lines."…00".spoken_name: no placeholder can stand here
    lines."…00".nobody: too long to be listened to; expected at most 1000 characters
    lines."…00".words.whisper: unknown placeholder `{key}`; the placeholders here are `{line}` and `{decline_key}`
    lines."…00".words.connecting: unknown placeholder `{decline_key}`; the only placeholder here is `{line}`
    lines."…00".words.busy: a lonely brace; one that is meant is written twice, as `{{` or `}}`
    lines."…00".words.declined: control characters cannot be spoken
    lines."…00".words.wisper: unknown key; did you mean `whisper`?
    words.failure: no placeholder can stand here
    "#);
}

#[test]
fn steps_are_checked() {
    insta::assert_snapshot!(problems(&with_line(STEP_MISTAKES)), @r#"
    steps.a.next: no step is named `bb`
    steps.a.nobody: only a step with `ring` or `queue` has `nobody`
    steps.b.ring: no group is named `nobody`
    steps.b.next: only a step with `say` or `language` has `next`
    steps.c: expected exactly one of `ring`, `say`, `hangup`, `hours`, `menu`, `reject`, `goto`, `forward`, `queue`, `lookup`, `branch`, `language` and `voicemail`, found `ring` and `say`
    steps.d.hangup: expected `true`, or the last words
    steps.e: expected exactly one of `ring`, `say`, `hangup`, `hours`, `menu`, `reject`, `goto`, `forward`, `queue`, `lookup`, `branch`, `language` and `voicemail`, found none
    steps.f: expected a table, found a text
    "#);
    insta::assert_snapshot!(problems(&with_line("start = \"helo\"\nsteps = 1\n[steps]\nhello.hangup = true")), @r#"
    lines."…00".start: no step is named `helo`; did you mean `hello`?
    lines."…00".steps: unknown key
    "#);
}

#[test]
fn names_of_steps_that_are_not_there_are_told_also_where_the_step_itself_is_wrong() {
    let text = with_line(
        r#"
        start = "ring"
        [steps]
        ring = { ring = "organizers", nobody = "sya", hours = "ofice", closed = "menuu" }
        say = { say = 7, next = "rnig" }
        menu = { menu = "", keys = { 1 = "siy" }, no_input = "q" }
        q = { queue = "x", gave_up = "sey", full = "mnu" }
        out = { forward = "07", busy = "vocemail" }
        voicemail = { voicemail = false, done = "sax" }
        who = { lookup = "crm", found = "brnch", not_found = "say" }
        branch = { branch = "", cases = { a = "b" }, otherwise = "c" }
        hours = { hours = "x", open = "opn" }
        tongue = { language = "german", next = "sag" }
        "#,
    );

    insta::assert_snapshot!(problems(&text), @r#"
    steps.ring.ring: no group is named `organizers`; did you mean `organisers`?
    steps.ring.nobody: no step is named `sya`; did you mean `say`?
    steps.ring.hours: no hours are named `ofice`
    steps.ring.closed: no step is named `menuu`; did you mean `menu`?
    steps.say.say: expected a text in quotes, found the integer 7
    steps.say.next: no step is named `rnig`; did you mean `ring`?
    steps.menu.menu: empty
    steps.menu.keys.1: no step is named `siy`; did you mean `say`?
    steps.q.queue: no group is named `x`
    steps.q.gave_up: no step is named `sey`; did you mean `say`?
    steps.q.full: no step is named `mnu`; did you mean `menu`?
    steps.out.forward: expected an E.164 number such as "+4930123456", or "{lookup.FIELD}"
    steps.out.busy: no step is named `vocemail`; did you mean `voicemail`?
    steps.voicemail.voicemail: expected the greeting, or `true` for the usual one
    steps.voicemail.done: no step is named `sax`; did you mean `say`?
    steps.who.lookup: no lookup is named `crm`
    steps.who.found: no step is named `brnch`; did you mean `branch`?
    steps.branch.branch: empty
    steps.branch.cases.a: no step is named `b`
    steps.branch.otherwise: no step is named `c`
    steps.hours.hours: no hours are named `x`
    steps.hours.open: no step is named `opn`
    steps.tongue.language: expected a language such as "en-GB"
    steps.tongue.next: no step is named `sag`; did you mean `say`?
    "#);
}

#[test]
fn a_caller_who_is_cut_off_without_a_word_is_warned_of() {
    let text = with_line(
        r#"
        start = "a"
        [steps]
        a = { ring = "organisers", nobody = "b" }
        b = { hangup = true }
        "#,
    );

    insta::assert_snapshot!(warnings(&text), @"steps.a.nobody: the caller is cut off here without a word");
}

#[test]
fn a_caller_who_is_cut_off_behind_steps_that_take_no_time_is_warned_of() {
    let after_ringing = |tables: &str| {
        let start = "start = \"a\"\n[steps]\na = { ring = \"organisers\", nobody = \"b\" }\nend = { hangup = true }\n";
        let hours = "[hours.day]\nzone = \"UTC\"\nmon = \"all day\"\n";
        let lookup = "[lookups.crm]\nurl = \"https://crm.example.org/\"\nsecret = \"s3cret-s3cret-s3cret\"\n";
        warnings(&with_line(&format!("{start}{tables}\n{hours}{lookup}")))
    };
    let cut_off = "steps.a.nobody: the caller is cut off here without a word";

    for silent in [
        "b = { goto = \"end\" }",
        "b = { language = \"en\", next = \"end\" }",
        "b = { hours = \"day\", open = \"end\" }",
        "b = { lookup = \"crm\", found = \"c\", not_found = \"end\" }\nc = { say = \"Sorry.\" }",
        "b = { lookup = \"crm\", found = \"c\", not_found = \"d\" }\nd = { say = \"Sorry.\" }\n\
         c = { branch = \"tier\", cases = { gold = \"end\" }, otherwise = \"d\" }",
    ] {
        assert!(after_ringing(silent).contains(cut_off), "{silent}: {}", after_ringing(silent));
    }
    let told = "b = { goto = \"c\" }\nc = { say = \"Sorry.\", next = \"end\" }";
    assert!(!after_ringing(told).contains("cut off"));
    let given_up =
        "start = \"a\"\n[steps]\na = { queue = \"organisers\", leave_key = \"1\", gave_up = \"b\" }\nb.hangup = true";
    assert!(warnings(&with_line(given_up)).contains("steps.a.gave_up: the caller is cut off here without a word"));
    let at_once = "start = \"a\"\n[steps]\na = { goto = \"b\" }\nb = { hangup = true }";
    insta::assert_snapshot!(warnings(&with_line(at_once)), @r#"lines."…00".start: the caller is cut off here without a word"#);
}

#[test]
fn a_circle_of_words_is_a_problem_once_and_an_unreached_step_a_warning() {
    let circle = with_line(
        r#"
        start = "a"
        [lines."+441632960001"]
        name = "Other"
        start = "a"
        [steps]
        a = { say = "A", next = "b" }
        b = { say = "B", next = "a" }
        "#,
    );
    let unreached = with_line(
        r#"
        ring = "organisers"
        nobody = "over"
        [steps]
        over = { hangup = true }
        "#,
    );

    insta::assert_snapshot!(problems(&circle), @"steps.a: steps lead to steps in a circle, which never rings anybody and never ends");
    insta::assert_snapshot!(warnings(&unreached), @r#"
    lines."…00".nobody: these words are spoken; to go on with the step of this name, use `start`
    steps.over: no line leads to this step
    "#);
}

pub(super) fn problems(text: &str) -> String {
    let all = Config::parse(text, Strictness::Serve).expect_err("something is wrong");
    only_problems(&all)
}

pub(super) fn only_problems(all: &Problems) -> String {
    shown(&all.iter().filter(|problem| problem.severity() == Severity::Problem).cloned().collect::<Vec<_>>())
}

#[test]
fn warnings_are_told_beside_problems() {
    let text = with_line("ring = \"nobody-here\"");
    let text = text.replace("[people]", "previous_auth_token = { env = \"RINGALL_NOT_SET\" }\n[people]");
    let all = Config::parse(&text, Strictness::Check).expect_err("something is wrong").to_string();

    assert!(all.lines().any(|line| line.starts_with("warning: carrier.previous_auth_token")), "{all}");
}

pub(super) fn warnings(text: &str) -> String {
    shown(&parse(text).1)
}

const CARRIER_MISTAKES: &str = r#"
provider = "twillio"
api_key = "SK1"
api_base = 7
trial = "yes"
reply_budget = "15s"
calls_per_second = 0
concurrent_requests = 5000
auth_tokn = "hush"
"#;

const GROUP_MISTAKES: &str = r#"
members = ["ana", "bne", "447700900002"]
ring_for = "1s"
phone_for = "soon"
wait_for = "2h"
passes = 11
screen = "amd+kye"
decline_key = "99"
ring_busy = 1
detection = { timeout = "6500ms", speech_threshold = "1s 1ms", speech_end_threshold = "10ms", silence_timeout = 5 }
"#;

const LINE_MISTAKES: &str = r#"
ring = "organisers"
start = "hello"
max_calls = -1
max_calls_per_caller = 1.5
ringback = "music"
country = "GBR"
language = "english please"
voice = ""
word = {}
"#;

const WORD_MISTAKES: &str = r#"
ring = "organisers"
spoken_name = "{line}"
nobody = "LONG"
[lines."+441632960000".words]
whisper = "Press {key}."
connecting = "Press {decline_key}."
busy = "a { b"
declined = "\u0007"
wisper = "x"
[words]
failure = "{line} failed"
"#;

const STEP_MISTAKES: &str = r#"
start = "a"
[steps]
a = { say = "A", next = "bb", nobody = "c" }
b = { ring = "nobody", next = "a" }
c = { ring = "organisers", say = "C" }
d = { hangup = false }
e = {}
f = "a"
"#;
