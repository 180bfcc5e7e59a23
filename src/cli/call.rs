//! `ringall call`: a real call to a line through the carrier, from another number of the account, and what becomes of
//! it. It asks nothing but the carrier, so it also tells of a program that is not reached.

mod outcome;
mod watch;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::Args;
use ringall_core::phone::PhoneNumber;

use self::watch::{Watch, words};
use super::WRONG_CONFIGURATION;
use crate::{
    carrier::{
        CarrierError, transport,
        twilio::{TwilioAccount, TwilioClient, Twiml, client::TrialCall, language_code, twiml::Voice},
    },
    config::{Config, Line, Strictness},
};

/// Which line is called, and from where.
#[derive(Debug, Args)]
#[command(after_help = outcome::EXIT_CODES)]
pub(super) struct CallArgs {
    /// The line to call, such as +441632960000
    #[arg(long, value_name = "LINE", allow_hyphen_values = true)]
    to: String,
    /// The configuration of the line
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Another number of the account, to call from; another line of the configuration unless given
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    from: Option<String>,
}

/// Places the call and tells what happens until it is over, and what became of it.
pub(super) fn run(args: &CallArgs) -> anyhow::Result<ExitCode> {
    let config = match Config::load(&args.config, Strictness::Serve) {
        Ok((config, _)) => config,
        Err(problems) => {
            eprintln!("{problems}");
            return Ok(ExitCode::from(WRONG_CONFIGURATION));
        }
    };
    let (line, from) = match who(args, &config) {
        Ok(who) => who,
        Err(wrong) => {
            eprintln!("{wrong}");
            return Ok(ExitCode::from(WRONG_CONFIGURATION));
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(call(&config, line, from))
}

/// The line that is called and the number that calls, or what is wrong with the question.
fn who<'config>(args: &CallArgs, config: &'config Config) -> Result<(&'config Line, PhoneNumber), String> {
    let number = |key: &str, text: &str| {
        text.parse::<PhoneNumber>().map_err(|_| format!("{key}: not an E.164 number such as +441632960000"))
    };
    let to = number("--to", &args.to)?;
    let line = config.lines.get(&to).ok_or("--to: no line of the configuration has this number")?;
    let from = match &args.from {
        Some(text) => number("--from", text)?,
        None => config.lines.keys().copied().find(|other| *other != to).ok_or(
            "--from: missing; the configuration has no other line, so name another number of the account to call from",
        )?,
    };
    if from == to {
        return Err(
            "--from: the line itself; a number cannot call itself, so name another number of the account".into()
        );
    }
    if config.people.values().any(|person| person.phone == from) {
        return Err("--from: the phone of somebody in [people]; name another number of the account".into());
    }
    Ok((line, from))
}

async fn call(config: &Config, line: &Line, from: PhoneNumber) -> anyhow::Result<ExitCode> {
    let carrier = &config.carrier;
    let account = TwilioAccount {
        api_base: carrier.api_base.clone(),
        account_sid: carrier.account_sid.clone(),
        user: carrier.rest_user.clone(),
        secret: carrier.rest_secret.clone(),
    };
    let client = TwilioClient::new(&account, transport::over_network()?)?;
    let watch = match Watch::before(&client, config, line, from).await {
        Ok(watch) => watch,
        Err(error) => return Ok(refused(&error)),
    };
    let order =
        TrialCall { to: line.number, from, document: document(line), timeout: RINGS_FOR, time_limit: LASTS_FOR };
    match client.place(&order).await {
        Ok(sid) => {
            println!("calling {} ({}) from {from}: {sid}", line.number, line.name);
            Ok(watch.until_over(sid).await)
        }
        Err(error) => Ok(refused(&error)),
    }
}

/// Whoever takes the call hears what it is: again and again, as they come late.
fn document(line: &Line) -> Twiml {
    let voice = Voice { voice: line.voice.as_deref(), language: Some(language_code(&line.language)) };
    let once = |verbs: crate::carrier::twilio::twiml::Verbs| verbs.say(voice, WORDS).pause(BETWEEN_WORDS);
    (0..TIMES_SAID).fold(Twiml::begin(), |verbs, _| once(verbs)).hang_up()
}

fn refused(error: &CarrierError) -> ExitCode {
    eprintln!("ringall: {error}");
    if let Some(advice) = advice(error) {
        eprintln!("ringall: {advice}");
    }
    ExitCode::FAILURE
}

/// What can be done about the refusals that are to be expected here (carrier contract §12).
fn advice(error: &CarrierError) -> Option<&'static str> {
    let code = match error {
        CarrierError::BadNumber { code, .. }
        | CarrierError::Configuration { code, .. }
        | CarrierError::Refused { code, .. } => *code,
        CarrierError::AnswerLost(_) => {
            return Some("the call may have been placed all the same; look at the carrier's list of calls");
        }
        CarrierError::NotInState | CarrierError::Unknown | CarrierError::Unavailable(_) => return None,
    };
    match code {
        21210 | 21212 | 21606 => Some("`--from` has to be a number that this account owns"),
        21219 | 21608 => {
            Some("a trial account calls verified numbers only: verify the line's number, or upgrade the account")
        }
        10001..=10004 => Some("the account is not active, or a trial account has as many calls as it may"),
        21215 | 21408 => Some("the account may not call the line's country; see the carrier's geographic permissions"),
        20003 => {
            Some("the carrier does not know `carrier.account_sid` with this token or key, or the balance is used up")
        }
        20404 => {
            Some("the carrier does not know this account at this address; see `carrier.account_sid` and `api_base`")
        }
        _ => None,
    }
}

const WORDS: &str = "This is a test call by Ringall. Nobody needs help. You can hang up.";
const BETWEEN_WORDS: Duration = Duration::from_secs(6);
/// Within the 4000 characters of a document that is sent along.
const TIMES_SAID: usize = 20;
/// Longer than a line rings that is set up well.
const RINGS_FOR: Duration = Duration::from_secs(120);
/// The carrier's own end, should nobody here watch any more.
const LASTS_FOR: Duration = Duration::from_secs(240);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_fits_into_an_order_in_any_voice() {
        let text = format!("{CONFIG}language = \"de-DE\"\nvoice = \"Google.de-DE-Chirp3-HD-Some-Very-Long-Name\"\n");
        let (config, _) = Config::parse(&text, Strictness::Serve).unwrap();

        let document = document(config.lines.values().next().unwrap());

        let length = document.as_str().chars().count();
        assert!((2_000..=4_000).contains(&length), "{length} characters");
    }

    #[test]
    fn refusals_that_are_to_be_expected_come_with_advice() {
        let refused = |code| advice(&CarrierError::Configuration { code, message: String::new() });

        assert!(refused(21210).unwrap().contains("this account owns"));
        assert!(refused(21219).unwrap().contains("trial"));
        assert!(refused(20003).unwrap().contains("carrier.account_sid"));
        assert_eq!(refused(99999), None);
        assert!(advice(&CarrierError::AnswerLost(String::new())).unwrap().contains("all the same"));
    }

    #[test]
    fn wrong_questions_are_told_what_is_wrong() {
        let (one, _) = Config::parse(CONFIG, Strictness::Serve).unwrap();
        let text = format!("{CONFIG}[lines.\"+441632960001\"]\nname = \"Other\"\nring = \"all\"\n");
        let (two, _) = Config::parse(&text, Strictness::Serve).unwrap();
        let ask = |config: &Config, to: &str, from: Option<&str>| {
            let args = CallArgs { to: to.into(), config: PathBuf::new(), from: from.map(Into::into) };
            who(&args, config).map(|(line, from)| (line.number.expose(), from.expose()))
        };

        assert_eq!(ask(&two, LINE, None), Ok((LINE.into(), "+441632960001".into())));
        assert_eq!(ask(&one, LINE, Some("+441632960999")), Ok((LINE.into(), "+441632960999".into())));
        let wrong = [
            ask(&one, LINE, None),
            ask(&one, LINE, Some(LINE)),
            ask(&one, "+441632960777", None),
            ask(&one, "tonight", None),
            ask(&one, LINE, Some("0163 2960")),
            ask(&one, LINE, Some("+447700900001")),
        ];
        let told: Vec<_> = wrong.into_iter().map(Result::unwrap_err).collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        --from: missing; the configuration has no other line, so name another number of the account to call from
        --from: the line itself; a number cannot call itself, so name another number of the account
        --to: no line of the configuration has this number
        --to: not an E.164 number such as +441632960000
        --from: not an E.164 number such as +441632960000
        --from: the phone of somebody in [people]; name another number of the account
        ");
    }

    const LINE: &str = "+441632960000";
    const CONFIG: &str = r#"
        public_url = "https://hotline.example.org"
        carrier = { account_sid = "AC00000000000000000000000000000000", auth_token = "hush" }
        people.ana = { name = "Ana", phone = "+447700900001" }
        groups.all = { members = ["ana"] }
        [lines."+441632960000"]
        name = "Hotline"
        ring = "all"
    "#;
}
