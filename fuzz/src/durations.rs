//! Durations as somebody may write them into the configuration.

use std::time::Duration;

use ringall::config::{Config, Strictness};

use crate::secrecy::assert_no_run_of_digits;

pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let written = toml::Value::from(&*text);
    let file = FILE.replace("{}", &written.to_string());
    match Config::parse(&file, Strictness::Serve) {
        Ok((config, _)) => {
            let drain_for = config.drain_for;
            assert!(drain_for <= Duration::from_secs(600), "{text:?} is {drain_for:?}");
            let again = humantime::format_duration(drain_for).to_string();
            assert_eq!(humantime::parse_duration(&again), Ok(drain_for), "{text:?}");
        }
        Err(problems) => {
            for problem in &problems {
                assert_eq!(problem.path(), "server.drain_for", "{problems}");
                // However many years these are, they were counted and not copied.
                let without_years = problem.text().split(' ').filter(|word| !word.ends_with("years"));
                assert_no_run_of_digits(&without_years.collect::<Vec<_>>().join(" "));
                assert!(problem.text().len() < 200, "{problems}");
            }
        }
    }
}

const FILE: &str = r#"
public_url = "https://hotline.example.org"
server.drain_for = {}
carrier = { account_sid = "AC00000000000000000000000000000000", auth_token = "x" }
people.ana = { name = "Ana", phone = "+447700900001" }
groups.all.members = ["ana"]
lines."+441632960000" = { name = "Hotline", ring = "all" }
"#;
