//! What a good file becomes. What is said about bad ones is in `messages`, what is never said in `privacy`.

mod blocks;
mod callers;
mod directory;
mod forward;
mod hours;
mod limits;
mod lookups;
mod menus;
mod messages;
mod pages;
mod privacy;
mod queues;
mod reference;
mod tiers;
mod voicemail;
mod words;

use std::{fs, time::Duration};

use ringall_core::{
    flow::{Step, StepIndex},
    screen::Screen,
};

use super::*;

#[test]
fn the_smallest_configuration_loads_with_all_defaults() {
    let (config, warnings) = parse(SMALLEST);

    assert_eq!(warnings, []);
    assert_eq!(config.public_url, PublicUrl::Url(Url::parse("https://hotline.example.org").unwrap()));
    assert_eq!(config.listen.to_string(), "127.0.0.1:7000");
    assert_eq!(config.drain_for, Duration::from_secs(30));
    assert_eq!(config.store_path, Path::new("ringall.db"));
    let carrier = &config.carrier;
    assert_eq!(carrier.auth_tokens, [Secret::new("…")]);
    assert_eq!((&carrier.rest_user, carrier.rest_secret.expose()), (&carrier.account_sid, "…"));
    assert_eq!(carrier.api_base.as_str(), "https://api.twilio.com/");
    assert_eq!(carrier.reply_budget, Duration::from_secs(12));
    assert_eq!((carrier.calls_per_second, carrier.concurrent_requests), (None, 64));
    let line = only_line(&config);
    assert_eq!((&*line.name, &*line.spoken_name), ("Code of conduct hotline", "Code of conduct hotline"));
    assert_eq!((line.ringback, &*line.country, line.language.as_str()), (Ringback::Tone, "GB", "en-US"));
    assert_eq!(line.max_calls, NonZeroUsize::new(20));
    assert_eq!(line.max_calls_per_caller, NonZeroUsize::new(2));
    let expected = DetectionTuning { timeout: Some(Duration::from_secs(6)), ..DetectionTuning::default() };
    assert_eq!(line.detection.get("organisers"), Some(&expected));
}

#[test]
fn a_group_without_words_rings_for_half_a_minute_with_detection() {
    let (config, _) = parse(&with_group(r#"members = ["ana", "ben"]"#));
    let group = &config.groups["organisers"];

    let times = (group.ring_for, group.wait_for, group.passes);
    assert_eq!(times, (Duration::from_secs(30), Duration::from_secs(30), 1));
    assert_eq!((group.screen, group.decline_key, group.ring_busy), (Screen::Amd, '9', false));
    let names: Vec<_> = group.members.iter().map(|member| &*member.name).collect();
    assert_eq!(names, ["Ana", "Ben"]);
    assert!(group.members.iter().all(|member| member.phone_for == group.ring_for));
}

#[test]
fn the_persons_own_ringing_time_goes_before_the_groups() {
    let text = with_group("members = [\"ana\", \"ben\"]\nphone_for = \"20s\"")
        .replace(r#"name = "Ben""#, r#"name = "Ben", phone_for = "10s""#);

    let (config, _) = parse(&text);

    let times: Vec<_> = config.groups["organisers"].members.iter().map(|member| member.phone_for.as_secs()).collect();
    assert_eq!(times, [20, 10]);
}

#[test]
fn one_number_under_two_names_is_rung_once() {
    let text = with_group(r#"members = ["ana", "ben", "ana"]"#).replace("+447700900002", "+447700900001");

    let (config, warnings) = parse(&text);

    assert_eq!(config.groups["organisers"].members.len(), 1);
    insta::assert_snapshot!(shown(&warnings), @"
    groups.organisers.members[1]: `ben` has the same number as `ana` (…01), which is rung once
    groups.organisers.members[2]: `ana` is in this list already and is rung once
    ");
}

#[test]
fn keys_of_the_api_and_the_previous_token_stand_beside_the_token() {
    let text = SMALLEST.replace(
        "# previous_auth_token",
        "api_key = \"SK1\"\napi_secret = \"hush\"\ntrial = true\ncalls_per_second = 1\nprevious_auth_token",
    );

    let (config, _) = parse(&text);

    let carrier = &config.carrier;
    assert_eq!(carrier.auth_tokens.len(), 2);
    assert_eq!((&*carrier.rest_user, carrier.rest_secret.expose()), ("SK1", "hush"));
    assert_eq!(carrier.reply_budget, Duration::from_secs(3));
    assert_eq!(carrier.calls_per_second, Some(1.0));
}

#[test]
fn a_secret_comes_from_the_environment_or_a_file_without_its_last_newline() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "hush\n").unwrap();
    let from_file = with_token(&format!("{{ file = '{}' }}", file.path().display()));
    let from_environment = with_token("{ env = \"PATH\" }");

    assert_eq!(parse(&from_file).0.carrier.rest_secret.expose(), "hush");
    assert_eq!(parse(&from_environment).0.carrier.rest_secret.expose(), std::env::var("PATH").unwrap());
}

#[test]
fn a_secret_that_is_elsewhere_stops_serving_but_not_a_check() {
    for source in ["{ env = \"RINGALL_TEST_UNSET\" }", "{ file = \"/nowhere/token\" }"] {
        let text = with_token(source);

        assert!(Config::parse(&text, Strictness::Serve).is_err(), "{source}");
        let (_, warnings) = Config::parse(&text, Strictness::Check).unwrap();
        assert_eq!(warnings.len(), 1, "{source}");
    }
}

#[test]
fn steps_become_a_chain_with_an_end_of_its_own() {
    let (config, warnings) = parse(&with_line(
        r#"
        start = "hello"
        [steps]
        first = { ring = "organisers" }
        hello = { say = "Welcome to {line}.", next = "first" }
        "#,
    ));

    assert_eq!(warnings, []);
    let line = only_line(&config);
    let names: Vec<_> = line.flow.steps().iter().map(|named| &*named.name).collect();
    assert_eq!(names, ["hello", "first", "(nobody)", "(end)"]);
    let welcome = Step::Say { words: "Welcome to Hotline.".into(), next: StepIndex(1) };
    assert_eq!(line.flow.step(line.flow.start()), &welcome);
    let sorry = Step::Say { words: line.words.nobody.clone(), next: StepIndex(3) };
    assert_eq!(line.flow.step(StepIndex(2)), &sorry);
    assert!(line.detection.contains_key("organisers"));
}

#[test]
fn ringing_may_go_round_in_a_circle() {
    let (config, _) = parse(&with_line(
        r#"
        start = "first"
        [steps]
        first = { ring = "organisers", nobody = "patience" }
        patience = { say = "One moment.", next = "first" }
        "#,
    ));

    assert_eq!(only_line(&config).flow.steps().len(), 2);
}

#[test]
fn words_are_the_lines_own_or_the_english_ones() {
    let (config, _) = parse(&with_line(
        r#"
        ring = "organisers"
        spoken_name = "the team"
        nobody = "Nobody at {line}."
        max_calls = 0
        country = "ch"
        words = { whisper = "{line}? {decline_key} is no.", busy = "Busy." }
        [words]
        failure = "Our fault."
        "#,
    ));

    let line = only_line(&config);
    assert_eq!(line.words.whisper('9'), "the team? 9 is no.");
    assert_eq!(line.words.nobody, "Nobody at the team.".into());
    assert_eq!((&line.words.busy, &*line.words.connecting), (&"Busy.".into(), "Connecting you now."));
    assert_eq!((&line.words.failure, &config.failure_words), (&"Our fault.".into(), &"Our fault.".into()));
    assert_eq!((line.max_calls, &*line.country), (None, "CH"));
}

#[test]
fn the_country_of_the_tone_is_found_from_the_number() {
    for (number, country) in
        [("+12025550100", "US"), ("+493023125000", "DE"), ("+819012345678", "JP"), ("+41440000000", "ZZ")]
    {
        let (config, _) = parse(&SMALLEST.replace("+441632960000", number));

        assert_eq!(only_line(&config).country, country, "{number}");
    }
}

#[test]
fn a_public_address_may_have_a_path_or_be_ngroks() {
    let with_path = parse(&SMALLEST.replace("example.org\"", "example.org/calls/\"")).0.public_url;
    let ngrok = parse(&SMALLEST.replace("https://hotline.example.org", "ngrok")).0.public_url;

    assert_eq!(with_path, PublicUrl::Url(Url::parse("https://hotline.example.org/calls").unwrap()));
    assert_eq!(ngrok, PublicUrl::Ngrok);
}

#[test]
fn everything_in_the_example_is_true_also_what_is_commented_out() {
    let example = fs::read_to_string(in_config("ringall.example.toml")).unwrap();
    let uncommented: Vec<_> = example.lines().map(uncomment).collect();

    let (as_it_stands, warnings) = parse(&example);
    assert_eq!(warnings, []);
    let (with_all, warnings) = parse(&uncommented.join("\n"));
    assert_eq!(warnings, []);
    assert_eq!(only_words(&as_it_stands), only_words(&with_all), "the defaults in the example are the real ones");
    assert_eq!(as_it_stands.groups["deputies"], with_all.groups["deputies"]);
}

#[test]
fn every_example_loads_without_a_warning_but_for_its_secrets() {
    let mut paths: Vec<_> = fs::read_dir(in_config("examples")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.push(in_config("demo.toml"));
    assert!(paths.len() > 4);
    for path in paths {
        let (_, warnings) =
            Config::load(&path, Strictness::Check).unwrap_or_else(|problems| panic!("{}: {problems}", path.display()));
        let is_secret = |path: &str| path.starts_with("carrier.") || path.ends_with(".secret.env");
        let others: Vec<_> = warnings.iter().filter(|warning| !is_secret(warning.path())).collect();

        assert!(others.is_empty(), "{}: {others:?}", path.display());
    }
}

/// `#key = …` and `#[section]` are examples; `# Words` are words.
fn uncomment(line: &str) -> &str {
    line.strip_prefix('#').filter(|rest| !rest.is_empty() && !rest.starts_with(' ')).unwrap_or(line)
}

fn in_config(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config").join(name)
}

fn parse(text: &str) -> (Config, Vec<Problem>) {
    Config::parse(text, Strictness::Serve).unwrap_or_else(|problems| panic!("{problems}"))
}

fn shown(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn only_line(config: &Config) -> &Line {
    assert_eq!(config.lines.len(), 1);
    config.lines.values().next().unwrap()
}

fn only_words(config: &Config) -> Vec<&Words> {
    config.lines.values().map(|line| &line.words).collect()
}

/// The smallest configuration with another group.
fn with_group(group: &str) -> String {
    let (before, after) = SMALLEST.split_once("[groups.organisers]").unwrap();
    let (_, after) = after.split_once("[lines").unwrap();
    format!("{before}[groups.organisers]\n{group}\n[lines{after}")
}

/// The smallest configuration with another line.
fn with_line(line: &str) -> String {
    let (before, _) = SMALLEST.split_once("[lines").unwrap();
    format!("{before}[lines.\"+441632960000\"]\nname = \"Hotline\"\n{line}")
}

/// The smallest configuration with another token.
fn with_token(token: &str) -> String {
    SMALLEST.replace("auth_token = \"…\"   ", &format!("auth_token = {token}"))
}

/// The smallest configuration that does the main job.
const SMALLEST: &str = r#"
public_url = "https://hotline.example.org"       # what the carrier calls, and what signatures are checked against; http is allowed, with a warning

[server]
listen = "127.0.0.1:7000"

[carrier]
provider = "twilio"
account_sid = "AC00000000000000000000000000000000"
auth_token = "…"                                  # or { env = "TWILIO_AUTH_TOKEN" } or { file = "/run/secrets/token" }
# previous_auth_token = "…"                       # accepted for signatures while a token is being changed
# api_key = "SK…"  api_secret = "…"               # for REST instead of the token
# api_base = "https://api.twilio.com"             # another address: a compatible cloud, a proxy, a simulator

[people]
ana = { name = "Ana", phone = "+447700900001" }
ben = { name = "Ben", phone = "+447700900002" }

[groups.organisers]
members = ["ana", "ben"]
ring_for = "30s"
screen = "amd"
# ring_busy = false                               # true: ring people also while another call rings or talks to them

[lines."+441632960000"]
name = "Code of conduct hotline"
# max_calls = 20                                  # calls at once; 0 is no limit
ring = "organisers"                               # short for a flow of one ring step; `start = "STEP"` for more
"#;
