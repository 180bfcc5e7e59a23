//! A configuration told to a person: each line, and where a call to it can lead.

use std::{collections::BTreeSet, fmt::Write as _, time::Duration};

use ringall_core::{
    flow::{
        Exit, Flow, Forward, ForwardScreen, FoundNumber, Menu, Order, Queue, Rejection, RingGroup, Show, Step,
        StepIndex, Tier, Voicemail,
    },
    phone::PhoneNumber,
    screen::Screen,
};

use crate::config::{Config, Line};

/// The lines of `config`, each with its way: what follows by itself stands behind an arrow, every choice below.
pub(super) fn of(config: &Config) -> String {
    let lines: Vec<_> = config.lines.values().map(|line| of_line(line)).collect();
    lines.join("\n")
}

fn of_line(line: &Line) -> String {
    let mut text = format!("{}  {}\n", line.number, line.name);
    let mut outline = Outline { line, flow: &line.flow, seen: BTreeSet::new(), text: &mut text };
    outline.branch(line.flow.start(), "", 1);
    if let Some(blocked) = &line.blocked {
        let mut outline = Outline { line, flow: blocked, seen: BTreeSet::new(), text: &mut text };
        outline.branch(blocked.start(), &format!("blocked ({}) → ", line.block), 1);
    }
    text
}

struct Outline<'a> {
    line: &'a Line,
    flow: &'a Flow,
    seen: BTreeSet<StepIndex>,
    text: &'a mut String,
}

impl Outline<'_> {
    /// Tells what happens from `start` on in one line, and every choice at its end in lines of their own.
    fn branch(&mut self, start: StepIndex, prefix: &str, depth: usize) {
        let mut parts = Vec::new();
        let mut at = start;
        let exits = loop {
            // The end is worth telling each time.
            if !self.seen.insert(at) && *self.flow.step(at) != Step::HangUp {
                parts.push(format!("again from `{}`", self.name(at)));
                break Vec::new();
            }
            let step = self.flow.step(at);
            parts.push(told(step, self.line));
            match step.exits().as_slice() {
                [(Exit::Next, next)] => at = *next,
                exits => break exits.to_vec(),
            }
        };
        let _ = writeln!(self.text, "{:indent$}{prefix}{}", "", parts.join(" → "), indent = 2 * depth);
        if !exits.is_empty() {
            self.tiers(at, depth + 1);
        }
        for (exit, to) in exits {
            self.branch(to, &format!("{} → ", exit.name()), depth + 1);
        }
    }

    /// The groups that join in while the step rings, each in a line of its own.
    fn tiers(&mut self, at: StepIndex, depth: usize) {
        for tier in later_tiers(self.flow.step(at)) {
            let _ = writeln!(self.text, "{:indent$}{tier}", "", indent = 2 * depth);
        }
    }

    fn name(&self, at: StepIndex) -> &str {
        self.flow.steps().get(at.0).map_or("start", |named| &*named.name)
    }
}

/// One step of this line with all that it does.
pub(super) fn told_whole(step: &Step, line: &Line) -> String {
    let parts: Vec<_> = std::iter::once(told(step, line)).chain(later_tiers(step)).collect();
    parts.join("; ")
}

/// The groups that join in while a step rings.
fn later_tiers(step: &Step) -> Vec<String> {
    let Step::Ring { tiers, .. } = step else { return Vec::new() };
    let told = |Tier { group, after, keeps_earlier }: &Tier| {
        let how = if *keeps_earlier { "also" } else { "instead" };
        format!("after {} {how} {}", duration(*after), ring(group))
    };
    tiers.later().iter().map(told).collect()
}

/// One step in a few words, without the groups that join in later.
fn told(step: &Step, line: &Line) -> String {
    match step {
        Step::Ring { tiers, .. } if tiers.is_recorded() => format!("{}, recorded", ring(tiers.first())),
        Step::Ring { tiers, .. } => ring(tiers.first()),
        Step::Say { words, .. } => format!("says \"{words}\""),
        Step::HangUp => "hangs up".to_owned(),
        Step::Hours { hours, .. } => format!("hours {} ({})", hours.name, hours.zone),
        Step::Menu(menu) => of_menu(menu),
        Step::GoTo { .. } => "goes on".to_owned(),
        Step::Reject { reason: Rejection::Busy, .. } => "refuses the call: busy".to_owned(),
        Step::Reject { reason: Rejection::NotInService, .. } => "refuses the call: not in service".to_owned(),
        Step::HandOver { url } => format!("hands the caller over to {}", without_query(url)),
        Step::Forward(forward) => forwards(&forward.to.to_string(), forward),
        Step::Queue(queue) => waits(queue),
        Step::Lookup(lookup) => format!("asks lookup {} who calls", lookup.name),
        Step::Branch(branch) => format!("goes by the field {}", branch.field),
        Step::ForwardToFound(forward) => {
            let FoundNumber { field, countries, .. } = &forward.to;
            let begins: Vec<_> = countries.iter().map(|digits| format!("+{digits}")).collect();
            forwards(&format!("the number in the field {field}, if it begins with {}", begins.join(" or ")), forward)
        }
        Step::Language { language, .. } => format!("speaks {language}"),
        Step::Voicemail(voicemail) => takes_message(voicemail, line),
    }
}

fn of_menu(menu: &Menu) -> String {
    let repeats = match menu.repeats {
        0 => "once".to_owned(),
        1 => "again once".to_owned(),
        repeats => format!("again {repeats} times"),
    };
    format!("asks \"{}\" ({repeats}, waits {})", menu.prompt, duration(menu.pause))
}

/// The rest of an address may be a secret.
fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

fn ring(group: &RingGroup) -> String {
    let members = named(group.members.iter().map(|member| (&*member.name, member.phone)));
    let screen = match group.screen {
        Screen::Amd => "amd",
        Screen::Key => "key",
        Screen::AmdAndKey => "amd+key",
        Screen::None => "no screening",
    };
    let passes = if group.passes > 1 { format!(", {} passes", group.passes) } else { String::new() };
    let order = match group.order {
        Order::AsWritten => "",
        Order::LongestIdle => ", longest idle first",
    };
    let show = if group.show == Show::Caller { ", shows the caller" } else { "" };
    format!("ring {}: {members} ({}{passes}, {screen}{order}{show})", group.name, duration(group.ring_for))
}

fn waits(queue: &Queue) -> String {
    let Queue { group, offer_for, wrap_up, max_wait, max_waiting, .. } = queue;
    let members = named(group.members.iter().map(|member| (&*member.name, member.phone)));
    let order = match group.order {
        Order::AsWritten => "one after the other",
        Order::LongestIdle => "longest idle first",
    };
    let most = max_waiting.map_or_else(|| "any number of callers".to_owned(), |most| format!("{most} callers at most"));
    let rest = if wrap_up.is_zero() { String::new() } else { format!(", {} rest after a talk", duration(*wrap_up)) };
    format!(
        "wait for {}: {members} ({order}, {} each{rest}; {most}, {} at most)",
        group.name,
        duration(*offer_for),
        duration(*max_wait)
    )
}

/// Names and telephones; whoever is given by a number has no other name.
fn named<'a>(people: impl Iterator<Item = (&'a str, PhoneNumber)>) -> String {
    let told = people.map(|(name, phone)| {
        let phone = phone.to_string();
        if name == phone { phone } else { format!("{name} {phone}") }
    });
    told.collect::<Vec<_>>().join(", ")
}

fn forwards<To>(to: &str, forward: &Forward<To>) -> String {
    let screen = match forward.screen {
        ForwardScreen::None => "no screening",
        ForwardScreen::Key => "key",
    };
    let show = match forward.show {
        Show::Line => "line",
        Show::Caller => "caller",
    };
    let recorded = if forward.records { ", recorded" } else { "" };
    format!("forward to {to} ({}, {screen}, shows the {show}{recorded})", duration(forward.ring_for))
}

fn takes_message(voicemail: &Voicemail, line: &Line) -> String {
    let key = voicemail.finish_key.map_or("no key ends it".to_owned(), |key| format!("{key} ends it"));
    let recipients = line.recipients.get(&voicemail.name).filter(|recipients| !recipients.is_empty());
    let recipients = recipients.map_or_else(
        || "nobody".to_owned(),
        |recipients| named(recipients.iter().map(|recipient| (&*recipient.name, recipient.phone))),
    );
    let (greeting, longest) = (&voicemail.greeting, duration(voicemail.longest));
    format!("takes a message after \"{greeting}\" (at most {longest}, {key}), tells {recipients}")
}

/// A time as people say it.
fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds >= 120 && seconds.is_multiple_of(60) && duration.subsec_nanos() == 0 {
        return format!("{} min", seconds / 60);
    }
    format!("{} s", duration.as_secs_f64())
}

#[cfg(test)]
pub(super) mod tests {
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
}
