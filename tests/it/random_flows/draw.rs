//! A configuration file drawn from a seed: steps of every kind that lead anywhere, also nowhere and in circles. Most of
//! what is drawn is refused by `check`; what it accepts is what these tests are about.

use std::fmt::Write as _;

use fastrand::Rng;

use crate::support::{LINE, crm::SECRET};

/// Numbers that are nobody's of the file. Calls may be handed on to them.
pub(super) const OUTSIDE: [&str; 2] = ["+441632960777", "+441632960778"];
/// Nobody ever names this one, though the user's own server may.
pub(super) const FOREIGN: &str = "+4930123456";
/// What the user's own server says.
pub(super) const KNOWN: [&str; 6] = [
    r#"{"tier":"gold","phone":"+441632960777"}"#,
    r#"{"tier":"tin","phone":"+4930123456","name":"<Say>Mr & Mrs</Say> {line} Jones"}"#,
    r#"{"phone":"+441632960000"}"#,
    "{}",
    r#"{"found":false}"#,
    "nonsense",
];

/// A file.
pub(super) fn file(rng: &mut Rng) -> String {
    let people = rng.usize(2..=5);
    let mut file = String::from(
        "public_url = \"https://hotline.example.org\"\n[carrier]\naccount_sid = \"AC00000000000000000000000000000001\"\n\
         auth_token = \"a-token\"\n",
    );
    for nth in 0..people {
        let presence = if rng.u32(..6) == 0 { "presence = \"away\"\n" } else { "" };
        let phone_for = if rng.u32(..4) == 0 { "phone_for = \"6s\"\n" } else { "" };
        let _ = write!(
            file,
            "[people.p{nth}]\nname = \"Person {nth}\"\nphone = \"+44770090000{nth}\"\n{presence}{phone_for}"
        );
    }
    for nth in 0..3 {
        group(rng, &mut file, nth, people);
    }
    let ranges =
        ["\"all day\"", "\"09:00-17:00\"", "[\"00:00-00:01\", \"12:00-24:00\"]", "\"22:00-06:00\"", "\"closed\""];
    let _ = write!(
        file,
        "[hours.h0]\nzone = \"Europe/London\"\nmon-sun = {}\n[hours.h1]\nmon-sun = {}\n",
        rng.choice(ranges).unwrap_or_default(),
        rng.choice(ranges).unwrap_or_default()
    );
    let _ = write!(file, "[lookups.crm]\nurl = \"https://crm.example.org/who\"\nsecret = \"{SECRET}\"\n");
    line(rng, &mut file);
    let steps = rng.usize(2..=9);
    for nth in 0..steps {
        let _ = writeln!(file, "[steps.s{nth}]");
        step(rng, &mut file, steps);
    }
    file
}

fn line(rng: &mut Rng, file: &mut String) {
    let _ =
        write!(file, "[lines.\"{LINE}\"]\nname = \"Hotline & <Co>\"\nzone = \"America/New_York\"\nstart = \"s0\"\n");
    if rng.bool() {
        let _ = writeln!(file, "ringback = \"{}\"", if rng.u32(..4) == 0 { "dial" } else { "carrier" });
    }
    if rng.u32(..8) == 0 {
        let _ = writeln!(file, "max_dials_per_day = {}", rng.u32(1..4));
    }
    if rng.u32(..8) == 0 {
        let _ = writeln!(file, "block = [\"withheld\"]");
    }
    if rng.u32(..4) == 0 {
        let _ = writeln!(file, "callback_to_same = true");
    }
}

fn group(rng: &mut Rng, file: &mut String, nth: usize, people: usize) {
    let mut members: Vec<_> = (0..people).filter(|_| rng.bool()).map(|person| format!("\"p{person}\"")).collect();
    if nth > 0 && rng.u32(..4) == 0 {
        members.push("\"g0\"".to_owned());
    }
    if rng.u32(..6) == 0 {
        members.push(format!("\"{}\"", OUTSIDE[1]));
    }
    if members.is_empty() {
        members.push("\"p0\"".to_owned());
    }
    let screen = rng.choice(["amd", "key", "amd+key"]).unwrap_or_default();
    let _ = write!(
        file,
        "[groups.g{nth}]\nmembers = [{}]\nscreen = \"{screen}\"\nring_for = \"{}s\"\nwait_for = \"{}s\"\n",
        members.join(", "),
        rng.u32(5..=12),
        rng.u32(0..=10),
    );
    if rng.u32(..4) == 0 {
        let _ = writeln!(file, "passes = 2");
    }
    if rng.u32(..4) == 0 {
        let _ = writeln!(file, "whisper = \"From {{caller.number}}, {{lookup.name|unknown}}.\"");
    }
    if rng.u32(..4) == 0 {
        let _ = writeln!(file, "order = \"longest-idle\"");
    }
}

fn step(rng: &mut Rng, file: &mut String, steps: usize) {
    if rng.u32(..6) == 0 {
        let _ = writeln!(file, "hours = \"h{}\"", rng.u32(..2));
        maybe(rng, file, steps, &["closed"]);
    }
    match rng.u32(..16) {
        0 | 1 => ring(rng, file, steps),
        2 | 3 => {
            let words = rng.choice([
                "Hello from {line}.",
                "You are {caller.number} from {caller.city|afar}.",
                "{lookup.name|Hello}.",
            ]);
            let _ = writeln!(file, "say = \"{}\"", words.unwrap_or_default());
            maybe(rng, file, steps, &["next"]);
        }
        4 => {
            let _ = writeln!(file, "goto = \"{}\"", lead(rng, steps));
        }
        5 => {
            // A step of its own is a gate as well, which `check` refuses where it stands twice.
            let _ = writeln!(
                file,
                "language = \"{}\"\nnext = \"{}\"",
                rng.choice(["en-GB", "de"]).unwrap_or_default(),
                lead(rng, steps)
            );
        }
        6 | 7 => menu(rng, file, steps),
        8 | 9 => forward(rng, file, steps),
        10 => queue(rng, file, steps),
        11 => {
            let _ = writeln!(file, "lookup = \"crm\"\nfound = \"{}\"", lead(rng, steps));
            maybe(rng, file, steps, &["not_found", "failed"]);
        }
        12 => {
            let (gold, otherwise) = (lead(rng, steps), lead(rng, steps));
            let _ = writeln!(file, "branch = \"tier\"\ncases = {{ gold = \"{gold}\" }}\notherwise = \"{otherwise}\"");
        }
        13 => {
            let _ =
                writeln!(file, "voicemail = \"Please speak.\"\nnotify = [\"p0\"]\nlongest = \"{}s\"", rng.u32(5..=15));
            maybe(rng, file, steps, &["done"]);
        }
        14 => {
            let _ = writeln!(file, "reject = \"{}\"", rng.choice(["busy", "not in service"]).unwrap_or_default());
        }
        _ => {
            let _ = writeln!(file, "hangup = {}", rng.choice(["true", "\"Goodbye.\""]).unwrap_or_default());
        }
    }
}

fn ring(rng: &mut Rng, file: &mut String, steps: usize) {
    let _ = writeln!(file, "ring = \"g{}\"", rng.u32(..3));
    maybe(rng, file, steps, &["nobody"]);
    if rng.u32(..3) == 0 {
        let _ = writeln!(
            file,
            "tiers = [{{ ring = \"g{}\", after = \"{}s\", keep = {} }}]",
            rng.u32(..3),
            rng.u32(1..=8),
            rng.bool()
        );
    }
    if rng.u32(..6) == 0 {
        let _ = writeln!(file, "record = true");
    }
}

fn menu(rng: &mut Rng, file: &mut String, steps: usize) {
    let keys = ["1", "2", "\"12\"", "\"*\"", "\"#\"", "90"];
    let mut leads = Vec::new();
    for key in keys {
        if leads.is_empty() || rng.u32(..3) == 0 {
            leads.push(format!("{key} = \"{}\"", lead(rng, steps)));
        }
    }
    let _ = write!(
        file,
        "menu = \"Press a key.\"\nkeys = {{ {} }}\npause = \"{}s\"\nrepeats = {}\n",
        leads.join(", "),
        rng.u32(1..=3),
        rng.u32(0..=2)
    );
    maybe(rng, file, steps, &["no_input", "wrong_key"]);
}

fn forward(rng: &mut Rng, file: &mut String, steps: usize) {
    if rng.u32(..3) == 0 {
        let _ = writeln!(file, "forward = \"{{lookup.phone}}\"\ncountries = [\"44\"]");
    } else {
        let _ = writeln!(file, "forward = \"{}\"", rng.choice(OUTSIDE).unwrap_or_default());
    }
    let _ = writeln!(file, "screen = \"key\"\nring_for = \"{}s\"", rng.u32(10..=15));
    if rng.bool() {
        let _ = writeln!(file, "whisper = \"For {{line}}, from {{caller.number}}.\"");
    }
    if rng.bool() {
        let _ = writeln!(file, "show = \"caller\"");
    }
    maybe(rng, file, steps, &["busy", "no_answer", "failed", "canceled", "done"]);
}

fn queue(rng: &mut Rng, file: &mut String, steps: usize) {
    let _ = write!(
        file,
        "queue = \"g{}\"\noffer_for = \"{}s\"\nwrap_up = \"{}s\"\nmax_wait = \"{}s\"\nmax_waiting = {}\n",
        rng.u32(..3),
        rng.u32(5..=12),
        rng.u32(0..=20),
        rng.u32(10..=40),
        rng.u32(1..=3)
    );
    maybe(rng, file, steps, &["gave_up", "too_long", "full", "nobody"]);
}

/// Some of these exits lead to a step; the others go where they go by themselves.
fn maybe(rng: &mut Rng, file: &mut String, steps: usize, exits: &[&str]) {
    for exit in exits {
        if rng.u32(..5) < 3 {
            let _ = writeln!(file, "{exit} = \"{}\"", lead(rng, steps));
        }
    }
}

/// A step, very rarely one that is not there.
fn lead(rng: &mut Rng, steps: usize) -> String {
    format!("s{}", if rng.u32(..100) == 0 { steps } else { rng.usize(..steps) })
}
