//! Whatever is wrong with a file: what is said about it has no secret and no whole telephone number in it.

use std::fmt::Write as _;

use super::*;

#[test]
fn no_message_has_a_secret_or_a_whole_number() {
    let lines: Vec<_> = FULL.lines().collect();
    let mut messages = String::new();
    for (index, line) in lines.iter().enumerate() {
        for spoilt in spoil(line) {
            let mut text = lines.clone();
            text[index] = &spoilt;
            let _ = writeln!(messages, "{}", all_that_is_said(&text.join("\n")));
        }
    }

    assert!(messages.lines().count() > 100);
    for message in messages.lines() {
        assert!(!message.contains("hush"), "{message}");
        assert!(longest_run_of_digits(&message.replace(SAMPLE, "")) < 7, "{message}");
    }
}

#[test]
fn a_number_that_is_used_as_a_name_is_not_repeated() {
    let named = FULL.replace("ana = {", "447700900001 = {").replace("\"ana\"", "\"447700900001\", \"447700900001\"");
    let in_a_variable = FULL.replace("\"hush0f8e7d6c5b4a39281706f5e4d3c2\"", "{ env = \"447700900001\" }");
    let in_a_language = FULL.replace("ring = ", "language = \"de-4477009-00001\"\nring = ");

    for text in [named, in_a_variable, in_a_language] {
        let said = all_that_is_said(&text);
        assert!(!said.is_empty() && longest_run_of_digits(&said) < 7, "{said}");
    }
}

#[test]
fn a_file_that_never_ends_is_no_secret() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "hush".repeat(20_000)).unwrap();
    let path = file.path().display();
    let text = FULL.replace("\"hush0f8e7d6c5b4a39281706f5e4d3c2\"", &format!("{{ file = '{path}' }}"));

    assert_eq!(all_that_is_said(&text), "carrier.auth_token.file: this file is larger than any secret");
}

#[test]
fn a_configuration_prints_without_its_secrets_and_numbers() {
    let (config, _) = parse(FULL);
    let printed = format!("{config:?}");

    assert!(!printed.contains("hush"));
    assert!(!printed.contains("7700900"));
    assert!(!printed.contains("1632960"));
}

/// The line as somebody may get it wrong.
fn spoil(line: &str) -> Vec<String> {
    let mut spoilt = vec![
        line.replace('"', ""),
        line.replacen('"', "", 1),
        line.replace('=', ""),
        line.replace('[', ""),
        line.replace(']', ""),
        line.replace('+', ""),
        format!("{line} {line}"),
        format!("x{line}"),
        format!("{line}\n{line}"),
    ];
    if let Some((key, value)) = line.split_once(" = ") {
        for other in [
            "\"hush0f8e7d6c5b4a39281706f5e4d3c2\"",
            "\"+447700900001\"",
            "447700900001",
            "[\"hush0f8e7d6c5b4a39281706f5e4d3c2\"]",
            "{ hush0f8e7d6c5b4a39281706f5e4d3c2 = \"hush0f8e7d6c5b4a39281706f5e4d3c2\" }",
            "true",
            "1.5",
        ] {
            spoilt.push(format!("{key} = {other}"));
        }
        spoilt.push(format!("\"+447700900001\" = {value}"));
        spoilt.push(format!("447700900001 = {value}"));
        spoilt.push(format!("{key}x = {value}"));
    }
    spoilt
}

fn all_that_is_said(text: &str) -> String {
    match Config::parse(text, Strictness::Check) {
        Ok((_, warnings)) => shown(&warnings),
        Err(problems) => problems.to_string(),
    }
}

fn longest_run_of_digits(text: &str) -> usize {
    text.split(|sign: char| !sign.is_ascii_digit()).map(str::len).max().unwrap_or(0)
}

/// The number that messages give as an example.
const SAMPLE: &str = "+4930123456";

const FULL: &str = r#"
public_url = "https://hotline.example.org"
[server]
listen = "127.0.0.1:7000"
[carrier]
account_sid = "AC00000000000000000000000000000000"
auth_token = "hush0f8e7d6c5b4a39281706f5e4d3c2"
previous_auth_token = "hush1f8e7d6c5b4a39281706f5e4d3c2"
api_key = "SK1"
api_secret = "hush2f8e7d6c5b4a39281706f5e4d3c2"
[people]
ana = { name = "Ana", phone = "+447700900001" }
[people.ben]
name = "Ben"
phone = "+447700900002"
[groups.organisers]
members = ["ana", "ben"]
ring_for = "30s"
[lines."+441632960000"]
name = "Hotline"
ring = "organisers"
[lines."+441632960001"]
name = "Second"
block = ["pests", "withheld", "+447700900667"]
blocked = "end"
start = "hello"
[steps.hello]
say = "Hello."
next = "who"
[steps.end]
hangup = true
[blocklists.pests]
callers = ["+447700900666", "+44777*"]
[lookups.crm]
url = "https://crm.example.org/who?key=hush0f8e7d6c5b4a39281706f5e4d3c2"
secret = "hush3f8e7d6c5b4a39281706f5e4d3c2"
[steps.who]
lookup = "crm"
found = "theirs"
[steps.theirs]
forward = "{lookup.phone}"
countries = ["44"]
done = "end"
"#;
