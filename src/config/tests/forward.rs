//! Steps that hand a caller on to an outside number.

use std::time::Duration;

use ringall_core::flow::{Exit, Flow, ForwardScreen, Show, Step, Words as Heard};

use super::{messages::problems, messages::warnings, *};

#[test]
fn a_forward_is_read_with_all_that_stands_beside_it() {
    let (config, warnings) = parse(&with_line(
        r#"
        start = "night"
        [steps.night]
        forward = "+441632960999"
        ring_for = "25s"
        whisper = "Night call for {line}."
        screen = "key"
        decline_key = "0"
        show = "caller"
        busy = "sorry"
        no_answer = "sorry"
        failed = "sorry"
        canceled = "sorry"
        done = "thanks"
        [steps]
        sorry.say = "Sorry."
        thanks.say = "Thank you."
        "#,
    ));

    assert_eq!(warnings, []);
    let flow = &only_line(&config).flow;
    let Step::Forward(forward) = flow.step(flow.start()) else { panic!("{flow:?}") };
    assert_eq!((forward.to.expose(), forward.ring_for), ("+441632960999".to_owned(), Duration::from_secs(25)));
    assert_eq!((forward.screen, forward.decline_key, forward.show), (ForwardScreen::Key, '0', Show::Caller));
    assert_eq!(forward.whisper, Some(Heard::Spoken("Night call for Hotline.".into())));
    assert_eq!(leads(flow), ["busy: sorry", "no_answer: sorry", "failed: sorry", "canceled: sorry", "done: thanks"]);
}

#[test]
fn a_forward_alone_rings_half_a_minute_and_says_the_lines_words_if_it_is_missed() {
    let (config, warnings) = parse(&with_line("start = \"a\"\n[steps]\na.forward = \"+441632960999\""));

    assert_eq!(warnings, []);
    let flow = &only_line(&config).flow;
    let Step::Forward(forward) = flow.step(flow.start()) else { panic!("{flow:?}") };
    assert_eq!((forward.ring_for, forward.screen), (Duration::from_secs(30), ForwardScreen::None));
    assert_eq!((forward.show, &forward.whisper, forward.decline_key), (Show::Line, &None, '9'));
    let sorry = ["busy: (nobody)", "no_answer: (nobody)", "failed: (nobody)", "canceled: (nobody)", "done: (end)"];
    assert_eq!(leads(flow), sorry);
}

#[test]
fn what_is_wrong_with_forwards_is_told_all_at_once() {
    let text = with_line(
        r#"
        start = "a"
        [steps]
        a = { forward = "0049 30", ring_for = "5s", whisper = "From {caller}.", screen = "amd", show = "nobody", busy = "bb" }
        b = { forward = "+441632960000", decline_key = "99", screen = "key" }
        c = { ring = "organisers", whisper = "Hello." }
        d = { forward = 7, nobody = "a" }
        "#,
    );

    insta::assert_snapshot!(problems(&text), @r#"
    steps.a.forward: expected an E.164 number such as "+4930123456", or "{lookup.FIELD}"
    steps.a.ring_for: expected 10s to 10m, found 5s
    steps.a.whisper: unknown placeholder `{caller}`; the placeholders here are `{line.name}`, `{caller.number}`, `{caller.city}`, `{caller.state}`, `{caller.country}` and `{lookup.FIELD}`
    steps.a.screen: expected "none" or "key"
    steps.a.show: expected "line" or "caller"
    steps.a.busy: no step is named `bb`
    steps.b.decline_key: expected one digit in quotes such as "9"
    steps.c.whisper: only a step with `forward` has `whisper`
    steps.d.forward: expected an E.164 number such as "+4930123456", or "{lookup.FIELD}", found the integer 7
    steps.d.nobody: only a step with `ring` or `queue` has `nobody`
    "#);
}

#[test]
fn a_forward_to_one_of_the_lines_would_call_itself() {
    let text = with_line("start = \"a\"\n[steps]\na = { forward = \"+441632960000\" }");

    insta::assert_snapshot!(problems(&text), @"steps.a.forward: one of the lines, which would call itself");
}

#[test]
fn a_forward_that_fails_into_itself_is_a_circle() {
    let text = with_line("start = \"a\"\n[steps]\na = { forward = \"+441632960999\", failed = \"a\" }");

    insta::assert_snapshot!(problems(&text), @"steps.a: steps lead to steps in a circle, which never rings anybody and never ends");
}

#[test]
fn forwards_that_cost_more_than_they_could_or_end_in_silence_are_warned_of() {
    let text = with_line(
        r#"
        start = "welcome"
        [lines."+441632960001"]
        name = "Other"
        start = "welcome"
        [steps]
        welcome = { say = "Welcome.", next = "office" }
        office = { forward = "+441632960999", decline_key = "0", busy = "end", done = "end" }
        end.hangup = true
        "#,
    );

    insta::assert_snapshot!(warnings(&text), @r#"
    steps.office: hint: without words before it, the caller would not be charged while this number rings
    steps.office.decline_key: nobody is asked for a key without `screen = "key"`
    steps.office.busy: the caller is cut off here without a word
    "#);
}

#[test]
fn a_number_that_is_dialled_again_while_it_is_engaged_is_warned_of() {
    let warned = |steps: &str| {
        warnings(&with_line(&format!("start = \"office\"\n[steps]\n{steps}"))).contains("an engaged number")
    };
    let by_way = "office = { forward = \"+441632960999\", busy = \"again\" }\nagain.goto = \"office\"";
    let after_words = "office = { forward = \"+441632960999\", busy = \"again\" }\nagain = { say = \"It is engaged.\", next = \"office\" }";

    assert!(warned("office = { forward = \"+441632960999\", busy = \"office\" }"));
    assert!(warned(by_way));
    assert!(!warned(after_words));
    assert!(!warned("office = { forward = \"+441632960999\", no_answer = \"office\" }"));
}

/// The exits of the first step.
fn leads(flow: &Flow) -> Vec<String> {
    let named = |(exit, to): (Exit, StepIndex)| format!("{}: {}", exit.name(), flow.steps()[to.0].name);
    flow.step(flow.start()).exits().into_iter().map(named).collect()
}
