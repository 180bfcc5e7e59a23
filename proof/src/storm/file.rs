//! The configuration of a plan as its file says it.

use std::fmt::Write as _;

use super::{
    desk::tier_name,
    flow::{Branch, Forward, Hours, Lookup, Menu, Queue, Step, Tier, Voicemail},
    plan::{Line, Plan},
    positions::position,
    stage::{
        ACCOUNT, LEAVE, PROMPT, PUBLIC_URL, TOKEN, caller_number, line_number, name_of, outside_number, phone_number,
    },
    terms::{Blocked, LONGEST, NOT_TAKEN, NOTICE, OVER, SAY_WHY, Terms},
};

/// The configuration as its file says it.
pub fn file(plan: &Plan) -> String {
    let mut file =
        format!("public_url = \"{PUBLIC_URL}\"\n[carrier]\naccount_sid = \"{ACCOUNT}\"\nauth_token = \"{TOKEN}\"\n");
    match position(plan, "profile") {
        1 => file.push_str("trial = true\n"),
        2 => file.push_str("reply_budget = \"3s\"\n"),
        _ => {}
    }
    if plan.concurrent > 0 {
        let _ = writeln!(file, "concurrent_requests = {}", plan.concurrent);
    }
    for (nth, person) in plan.people.iter().enumerate() {
        let (name, phone) = (name_of(person.phone), phone_number(person.phone).expose());
        // The second name of somebody is another one.
        let alias = plan.people[..nth].iter().filter(|other| other.phone == person.phone).count();
        let alias = "*".repeat(alias);
        let _ = writeln!(file, "[people.p{nth}]\nname = \"{name}{alias}\"\nphone = \"{phone}\"");
    }
    for (nth, group) in plan.groups.iter().enumerate() {
        let members: Vec<_> = group.members.iter().map(|member| format!("\"p{member}\"")).collect();
        let _ = writeln!(
            file,
            "[groups.g{nth}]\nmembers = [{}]\nscreen = \"{}\"\nring_for = \"{}s\"\nphone_for = \"{}s\"\n\
             wait_for = \"{}s\"\npasses = {}\nring_busy = {}",
            members.join(", "),
            group.screen.word(),
            group.ring_for,
            group.phone_for,
            group.wait_for,
            group.passes,
            group.ring_busy,
        );
        if plan.show_caller {
            file.push_str("show = \"caller\"\n");
        }
    }
    for (nth, line) in plan.lines.iter().enumerate() {
        let ringback = match line {
            Line { by_dial: true, .. } => "dial",
            Line { by_carrier: true, .. } => "carrier",
            Line { .. } => "tone",
        };
        let _ = writeln!(
            file,
            "[lines.\"{}\"]\nname = \"Hotline {nth}\"\nmax_calls = {}\nmax_calls_per_caller = {}\nmax_dials_per_day = {}\n\
             ringback = \"{ringback}\"\nstart = \"l{nth}s0\"",
            line_number(nth).expose(),
            line.most,
            line.most_of_one,
            line.terms.dials,
        );
        file.push_str(&terms_of_line(nth, &line.terms));
        for (at, step) in line.steps.iter().enumerate() {
            let _ = writeln!(file, "[steps.l{nth}s{at}]\n{}", step_of_file(plan, nth, at, step));
            if line.terms.record && matches!(step, Step::Ring(_) | Step::Tiers(_) | Step::Forward(_)) {
                file.push_str("record = true\n");
            }
        }
        let _ = writeln!(file, "[steps.l{nth}s{}]\nsay = \"Sorry, nobody is here.\"", line.steps.len());
    }
    file.push_str(&terms_of_steps(plan));
    hours_of_file(plan, &mut file);
    lookups_of_file(plan, &mut file);
    file
}

fn step_of_file(plan: &Plan, line: usize, at: usize, step: &Step) -> String {
    let to = |to: usize| format!("\"l{line}s{to}\"");
    let next = to(at + 1);
    match step {
        Step::Ring(group) => format!("ring = \"g{group}\"\nnobody = {next}"),
        Step::Say => {
            let [english, german] = Tongue::ALL.map(|tongue| said(tongue, at, plan.speech.length));
            format!("say = {{ en = \"{english}\", de = \"{german}\" }}\nnext = {next}")
        }
        Step::Tiers(tiers) => {
            let later = tiers.iter().skip(1).map(|Tier { ring, after, alone }| {
                format!("{{ ring = \"g{ring}\", after = \"{after}s\", keep = {} }}", !alone)
            });
            let later: Vec<_> = later.collect();
            format!("ring = \"g{}\"\ntiers = [{}]\nnobody = {next}", tiers[0].ring, later.join(", "))
        }
        Step::Menu(Menu { keys, repeats, pause, no_input, wrong_key }) => {
            let keys: Vec<_> = keys.iter().map(|(keys, lead)| format!("\"{keys}\" = {}", to(*lead))).collect();
            let (keys, no_input, wrong_key) = (keys.join(", "), to(*no_input), to(*wrong_key));
            format!(
                "menu = \"{PROMPT}\"\nkeys = {{ {keys} }}\nrepeats = {repeats}\npause = \"{pause}s\"\n\
                 no_input = {no_input}\nwrong_key = {wrong_key}"
            )
        }
        Step::Hours(Hours { closed, .. }) => {
            format!("hours = \"l{line}s{at}\"\nopen = {next}\nclosed = {}", to(*closed))
        }
        Step::Forward(forward) => forward_of_file(forward, to),
        Step::Reject => "reject = \"busy\"".to_owned(),
        Step::Queue(queue) => queue_of_file(queue, to),
        Step::Voicemail(voicemail) => voicemail_of_file(at, voicemail, to),
        Step::Lookup(Lookup { always, found, not_found, failed }) => {
            let name = if *always { "always" } else { "once" };
            let (found, not_found, failed) = (to(*found), to(*not_found), to(*failed));
            format!("lookup = \"{name}\"\nfound = {found}\nnot_found = {not_found}\nfailed = {failed}")
        }
        Step::Branch(Branch { cases, otherwise }) => {
            let cases: Vec<_> =
                cases.iter().map(|(tier, lead)| format!("\"{}\" = {}", tier_name(*tier), to(*lead))).collect();
            format!("branch = \"tier\"\ncases = {{ {} }}\notherwise = {}", cases.join(", "), to(*otherwise))
        }
        Step::Language => format!("language = \"de\"\nnext = {next}"),
    }
}

fn forward_of_file(forward: &Forward, to: impl Fn(usize) -> String) -> String {
    let Forward { to: number, found, ring_for, key, whisper, show_caller, busy, no_answer, failed, canceled, done } =
        forward;
    let number = if *found {
        "{lookup.phone}\"\ncountries = [\"44\"]".to_owned()
    } else {
        format!("{}\"", outside_number(*number).expose())
    };
    let mut text = format!("forward = \"{number}\nring_for = \"{ring_for}s\"");
    let mut add = |when: bool, what: &str| {
        if when {
            text.push('\n');
            text.push_str(what);
        }
    };
    add(*key, "screen = \"key\"");
    add(*whisper, "whisper = \"A call for {line}.\"");
    add(*show_caller, "show = \"caller\"");
    let exits = [("busy", busy), ("no_answer", no_answer), ("failed", failed), ("canceled", canceled)];
    for (exit, lead) in exits.into_iter().chain(done.as_ref().map(|done| ("done", done))) {
        add(true, &format!("{exit} = {}", to(*lead)));
    }
    text
}

fn queue_of_file(queue: &Queue, to: impl Fn(usize) -> String) -> String {
    let Queue { ring, offer_for, wrap_up, max_wait, most, announce, leave, too_long, full, nobody } = queue;
    let mut text = format!(
        "queue = \"g{ring}\"\noffer_for = \"{offer_for}s\"\nwrap_up = \"{wrap_up}s\"\nmax_wait = \"{max_wait}s\"\n\
         announce_every = \"{announce}s\"\ntoo_long = {}\nfull = {}\nnobody = {}",
        to(*too_long),
        to(*full),
        to(*nobody),
    );
    if *most > 0 {
        let _ = write!(text, "\nmax_waiting = {most}");
    }
    if let Some((key, lead)) = leave {
        let _ = write!(text, "\nleave_key = \"{key}\"\nleave_words = \"{LEAVE}\"\ngave_up = {}", to(*lead));
    }
    text
}

fn voicemail_of_file(at: usize, voicemail: &Voicemail, to: impl Fn(usize) -> String) -> String {
    let Voicemail { notify, silence, longest, keyless, done } = voicemail;
    let notify: Vec<_> = notify.iter().map(|person| format!("\"p{person}\"")).collect();
    let mut text = format!(
        "voicemail = \"{}\"\nnothing_heard = \"{NOTHING_HEARD}\"\ngoodbye = \"{THANKS}\"\nnotify = [{}]\n\
         silence = \"{silence}s\"\nlongest = \"{longest}s\"",
        greeting(at),
        notify.join(", "),
    );
    if *keyless {
        text.push_str("\nfinish_key = \"none\"");
    }
    if let Some(done) = done {
        let _ = write!(text, "\ndone = {}", to(*done));
    }
    text
}

/// What a line says besides its steps.
fn terms_of_line(nth: usize, terms: &Terms) -> String {
    let mut text = String::new();
    if *terms == Terms::default() {
        return text;
    }
    let _ = writeln!(text, "words = {{ recording_notice = \"{NOTICE}\", over_limit = \"{OVER}\" }}");
    if terms.back_for > 0 {
        let _ = writeln!(text, "callback_to_same = \"{}s\"", terms.back_for);
    }
    if !terms.block.is_empty() {
        let shown = |from: &usize| if *from == 0 { "withheld".to_owned() } else { caller_number(*from) };
        let block: Vec<_> = terms.block.iter().map(|from| format!("\"{}\"", shown(from))).collect();
        let _ = writeln!(text, "block = [{}]", block.join(", "));
        match terms.blocked {
            Blocked::Refused => {}
            Blocked::Told | Blocked::Mailbox => {
                let _ = writeln!(text, "blocked = \"l{nth}no\"");
            }
        }
    }
    text
}

/// The steps of callers whom a line does not take.
fn terms_of_steps(plan: &Plan) -> String {
    let mut text = String::new();
    for (nth, Terms { block, blocked, .. }) in plan.lines.iter().map(|line| &line.terms).enumerate() {
        let step = match blocked {
            Blocked::Told if !block.is_empty() => format!("hangup = \"{NOT_TAKEN}\""),
            Blocked::Mailbox if !block.is_empty() => format!(
                "voicemail = \"{SAY_WHY}\"\nnothing_heard = \"{NOTHING_HEARD}\"\ngoodbye = \"{THANKS}\"\nlongest = \"{LONGEST}s\""
            ),
            Blocked::Refused | Blocked::Told | Blocked::Mailbox => continue,
        };
        let _ = writeln!(text, "[steps.l{nth}no]\n{step}");
    }
    text
}

fn hours_of_file(plan: &Plan, file: &mut String) {
    for (nth, line) in plan.lines.iter().enumerate() {
        for (at, step) in line.steps.iter().enumerate() {
            if let Step::Hours(Hours { opens, closes, .. }) = step {
                let _ = writeln!(
                    file,
                    "[hours.l{nth}s{at}]\nzone = \"Europe/London\"\nmon-sun = \"00:{opens:02}-00:{closes:02}\""
                );
            }
        }
    }
}

fn lookups_of_file(plan: &Plan, file: &mut String) {
    let steps = || plan.lines.iter().flat_map(|line| &line.steps);
    if !steps().any(|step| matches!(step, Step::Lookup(_))) {
        return;
    }
    for (name, more) in [("once", ""), ("always", "cache_for = \"0s\"\nask_withheld = true\n")] {
        let _ =
            writeln!(file, "[lookups.{name}]\nurl = \"https://desk.example.org/{name}\"\nsecret = \"{TOKEN}\"\n{more}");
    }
}

/// A language that a caller may hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tongue {
    /// The line's own.
    English,
    /// The one that a step may choose.
    German,
}

impl Tongue {
    /// Both.
    pub const ALL: [Self; 2] = [Self::English, Self::German];
}

/// What a caller hears whose message is over.
pub const THANKS: &str = "Thank you. Goodbye.";
/// What a caller hears of whom nothing was heard.
pub const NOTHING_HEARD: &str = "Nothing was heard.";

/// The words at a step; of this length, or the usual one.
pub fn said(tongue: Tongue, at: usize, length: usize) -> String {
    let words = match tongue {
        Tongue::English => format!("Wait a moment at {}.", place(at)),
        Tongue::German => format!("Ein Moment bei {}...", place(at)),
    };
    if length == 0 {
        return words;
    }
    let words = words.trim_end_matches('.');
    words.chars().chain(" ".chars()).cycle().take(length.max(1) - 1).chain(".".chars()).collect()
}

/// What a caller hears before the beep.
pub fn greeting(at: usize) -> String {
    format!("Leave a message at {}.", place(at))
}

/// One letter for a step, so that all words are of one length.
fn place(at: usize) -> char {
    u8::try_from(at).ok().and_then(|at| b'A'.checked_add(at)).map_or('Z', char::from)
}
