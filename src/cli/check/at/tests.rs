use super::*;
use crate::config::Strictness;

#[test]
fn closed_hours_are_told_with_the_rule_and_when_they_end() {
    insta::assert_snapshot!(told(&["2026-12-24 18:05", "+441632960999", "+441632960001"]), @r#"
    Thursday 24 December 2026, 18:05 in Europe/London: a call from …99 to …01 (Office)
      hello: says "Hello from Office."
      desk: hours office (Europe/London): closed, because 24 December has 09:00-12:00; until Monday 28 December 2026, 09:00
      night: hours night (Europe/London): closed, because Thursday has 20:00-08:00; until Thursday 24 December 2026, 20:00
      (closed): says "Sorry, Office is closed at the moment. Please call again when we are open. Goodbye."
      (end): hangs up
    "#);
}

#[test]
fn open_hours_lead_on_to_who_would_ring_and_every_choice_of_theirs() {
    insta::assert_snapshot!(told(&["2026-12-24 11:59", "withheld", "+441632960001"]), @r#"
    Thursday 24 December 2026, 11:59 in Europe/London: a call from a withheld number to …01 (Office)
      hello: says "Hello from Office."
      desk: hours office (Europe/London): open, because 24 December has 09:00-12:00; until Thursday 24 December 2026, 12:00
      desk: ring day: Ana …01, Ben …02 (30 s, amd); the first human who accepts has the call
        whoever in day is taken for a human has the call; in doubt they hear "Call for Office. To take the call, press any digit. To decline, press 9.", and take it by any digit but 9
      if `nobody`:
        again: says "One moment."
        desk: as above
    "#);
    insta::assert_snapshot!(told(&["2026-12-27 03:00", "", "+441632960002"]), @r#"
    Sunday 27 December 2026, 03:00 in Europe/London: a call to …02 (Night desk)
      night: hours night (Europe/London): open, because Saturday has 20:00-08:00; until Sunday 27 December 2026, 08:00
      night: ring night: Ben …02 (30 s, key); the first human who accepts has the call
        whoever picks up in night hears "Call for Night desk. To take the call, press any digit. To decline, press 9.", and takes the call by any digit but 9
      if `nobody`:
        (nobody): says "Sorry, nobody can take your call right now. Please try again later. Goodbye."
        (end): hangs up
    "#);
}

#[test]
fn a_blocked_caller_is_told_apart() {
    insta::assert_snapshot!(told(&["2026-12-24 11:59", "+441632960666", "+441632960003"]), @r#"
    Thursday 24 December 2026, 11:59: a call from …66 to …03 (Always)
      the caller is on the line's block list
      (blocked): refuses the call: busy
    "#);
}

#[test]
fn a_line_without_hours_is_the_same_at_any_time() {
    insta::assert_snapshot!(told(&["2026-12-24T18:05", "client:ana", "+441632960003"]), @r#"
    Thursday 24 December 2026, 18:05: a call from another address to …03 (Always)
      ring: ring night: Ben …02 (30 s, key); the first human who accepts has the call
        whoever picks up in night hears "Call for Always. To take the call, press any digit. To decline, press 9.", and takes the call by any digit but 9
      if `nobody`:
        nobody: says "Sorry, nobody can take your call right now. Please try again later. Goodbye."
        end: hangs up
    "#);
}

#[test]
fn a_time_that_comes_twice_is_told_so_and_one_that_never_comes_is_refused() {
    let twice = told(&["2026-10-25 01:30", "", "+441632960001"]);

    assert!(twice.lines().next().unwrap().contains("the first of two times"), "{twice}");
    insta::assert_snapshot!(told(&["2026-03-29 01:30", "", "+441632960001"]), @"--at: no clock shows this time in Europe/London: the clocks are put forward over it; expected a time before or after");
}

#[test]
fn what_is_wrong_with_the_question_is_told_without_repeating_a_number() {
    for at in ["", "tomorrow", "18:05", "24.12.2026 18:05", "2026-02-29 18:05", "2026-12-24 6pm", "2026-12-24 24:00"] {
        let wrong = told(&[at, "", "+441632960001"]);
        assert_eq!(wrong, "--at: not a date and a time such as \"2026-12-24 18:05\", by the line's own clocks", "{at}");
    }
    let at = "2026-12-24 18:05";
    insta::assert_snapshot!(told(&[at, "01632 960999", "+441632960001"]), @"--from: expected an E.164 number such as `+4930123456`, or `withheld`");
    insta::assert_snapshot!(told(&[at, "", ""]), @"--to: missing; expected the number of one of the lines …01 (Office), …02 (Night desk), …03 (Always)");
    insta::assert_snapshot!(told(&[at, "", "+441632960009"]), @"--to: no line has this number; the lines are …01 (Office), …02 (Night desk), …03 (Always)");
    insta::assert_snapshot!(told(&[at, "", "01632 960001"]), @"--to: not an E.164 number such as `+4930123456`");
}

#[test]
fn a_single_line_needs_not_be_named() {
    let (only, _) = CONFIG.split_once("[lines.\"+441632960002\"]").unwrap();
    let call = imagined(&["2026-12-24 18:05", "", ""]);
    let steps = CONFIG.split_once("[steps]").unwrap().1;

    let told = call.told(&config(&format!("{only}\n[steps]{steps}"))).unwrap();

    assert!(told.unwrap().contains("a call to …01 (Office)"));
    let no_call = ImaginedCall { at: None, from: None, to: None };
    assert!(no_call.told(&config(CONFIG)).is_none());
}

#[test]
fn every_kind_of_step_is_told_with_each_choice_of_the_caller_and_of_others() {
    let kinds = r#"
        [lines."+441632960001"]
        name = "Office"
        start = "choose"
        [groups.late]
        members = ["ben"]
        [steps]
        choose = { menu = "Press.", hours = "office", keys = { 1 = "desk", 2 = "out", 3 = "on", 4 = "no" }, no_input = "desk", wrong_key = "desk" }
        desk = { ring = "day", tiers = [{ ring = "late", after = "20s", keep = false }], nobody = "out" }
        out = { forward = "+441632960999", screen = "key", busy = "no" }
        on = { goto = "elsewhere" }
        elsewhere = { goto = "https://twiml.example.org/a?token=hush" }
        no = { reject = "busy" }
    "#;
    let (base, _) = CONFIG.split_once("[lines.\"+441632960001\"]").unwrap();
    let text = format!("allowed_urls = [\"https://twiml.example.org\"]\n{base}{kinds}");

    let told = imagined(&["2026-12-24 11:59", "", ""]).told(&config(&text)).unwrap().unwrap();

    insta::assert_snapshot!(told, @r#"
    Thursday 24 December 2026, 11:59 in Europe/London: a call to …01 (Office)
      choose: hours office (Europe/London): open, because 24 December has 09:00-12:00; until Thursday 24 December 2026, 12:00
      choose: asks "Press." (again 2 times, waits 4 s)
      if `1`:
        desk: ring day: Ana …01, Ben …02 (30 s, amd); after 20 s instead ring late: Ben …02 (30 s, amd); the first human who accepts has the call
          whoever in day is taken for a human has the call; in doubt they hear "Call for Office. To take the call, press any digit. To decline, press 9.", and take it by any digit but 9
          whoever in late is taken for a human has the call; in doubt they hear "Call for Office. To take the call, press any digit. To decline, press 9.", and take it by any digit but 9
        if `nobody`:
          out: forward to …99 (30 s, key, shows the line)
            whoever picks up there hears "Call for Office. To take the call, press any digit. To decline, press 9.", and takes the call by any digit but 9
          if `busy`:
            no: refuses the call: busy
          if `no_answer`:
            (nobody): says "Sorry, nobody can take your call right now. Please try again later. Goodbye."
            (end): hangs up
          if `failed`:
            (nobody): as above
          if `canceled`:
            (nobody): as above
          if `done`:
            (end): as above
      if `2`:
        out: as above
      if `3`:
        on: goes on
        elsewhere: hands the caller over to https://twiml.example.org/a
      if `4`:
        no: as above
      if `no_input`:
        desk: as above
      if `wrong_key`:
        desk: as above
    "#);
}

#[test]
fn what_phones_hear_and_press_before_they_have_the_call_is_told_for_each_way_of_asking() {
    let lines = r#"
        [lines."+441632960001"]
        name = "Office"
        start = "ring"
        [lines."+441632960002"]
        name = "Night desk"
        ring = "leads"
        ringback = "dial"
        [groups.leads]
        members = ["ana"]
        decline_key = "5"
        whisper = "New lead for {line.name} from {caller.city}."
        [groups.any]
        members = ["ben"]
        screen = "none"
        whisper = { play = "https://cdn.example.org/lead.mp3" }
        [steps]
        ring = { ring = "leads", tiers = [{ ring = "night", after = "5s" }, { ring = "any", after = "10s" }], nobody = "a" }
        a = { forward = "+441632960991", busy = "b" }
        b = { forward = "+441632960992", screen = "key", busy = "c" }
        c = { forward = "+441632960993", screen = "key", whisper = "For {line}.", busy = "d" }
        d = { forward = "+441632960994", screen = "key", whisper = "From {caller.number}.", busy = "e" }
        e = { forward = "+441632960995", whisper = "For {line}.", busy = "wait" }
        wait = { queue = "night" }
    "#;
    let (base, _) = CONFIG.split_once("[lines.\"+441632960001\"]").unwrap();
    let config = config(&format!("{base}{lines}"));
    let heard = |to: &str| {
        let told = imagined(&["2026-12-24 11:59", "", to]).told(&config).unwrap().unwrap();
        let rows = told.lines().filter(|row| row.trim_start().starts_with("whatever") || row.contains("whoever"));
        rows.map(str::trim).collect::<Vec<_>>().join("\n")
    };

    insta::assert_snapshot!(heard("+441632960001"), @r#"
    whoever in leads is taken for a human has the call; in doubt they hear "Call for Office. To take the call, press any digit. To decline, press 5.", and take it by any digit but 5; before the caller they hear "New lead for Office from {caller.city}."
    whoever picks up in night hears "Call for Office. To take the call, press any digit. To decline, press 9.", and takes the call by any digit but 9
    whatever picks up in any has the call; before the caller they hear "[lead.mp3]"
    whatever picks up there has the call
    whoever picks up there hears "Call for Office. To take the call, press any digit. To decline, press 9.", and takes the call by any digit but 9
    whoever picks up there hears "For Office. To take the call, press any digit. To decline, press 9.", and takes the call by any digit but 9
    whoever picks up there hears "Call for Office. To take the call, press any digit. To decline, press 9.", and takes the call by any digit but 9; before the caller they hear "From {caller.number}."
    whatever picks up there has the call; before the caller they hear "For Office."
    whoever picks up in night hears "Call for Office. To take the call, press any digit. To decline, press 9.", and takes the call by any digit but 9
    "#);
    insta::assert_snapshot!(heard("+441632960002"), @r#"whoever picks up in leads hears "Call for Night desk. To take the call, press any digit. To decline, press 5.", and takes the call by any digit but 5; before the caller they hear "New lead for Night desk from {caller.city}.""#);
}

fn told(question: &[&str; 3]) -> String {
    let (Ok(told) | Err(told)) = imagined(question).told(&config(CONFIG)).expect("a question was asked");
    told
}

/// Time, caller and line; what is empty is not said.
fn imagined([at, from, to]: &[&str; 3]) -> ImaginedCall {
    let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    ImaginedCall { at: Some((*at).to_owned()), from: said(from), to: said(to) }
}

fn config(text: &str) -> Config {
    Config::parse(text, Strictness::Serve).unwrap_or_else(|problems| panic!("{problems}")).0
}

const CONFIG: &str = r#"
    public_url = "https://hotline.example.org"
    [carrier]
    account_sid = "AC00000000000000000000000000000000"
    auth_token = "hush"
    [people]
    ana = { name = "Ana", phone = "+447700900001" }
    ben = { name = "Ben", phone = "+447700900002" }
    [groups]
    day = { members = ["ana", "ben"] }
    night = { members = ["ben"], screen = "key" }
    [hours.office]
    zone = "Europe/London"
    mon-fri = ["09:00-12:30", "13:30-17:00"]
    except = { "12-24" = "09:00-12:00", "12-25" = "closed", "12-26" = "closed" }
    [hours.night]
    zone = "Europe/London"
    mon-sun = "20:00-08:00"
    [lines."+441632960001"]
    name = "Office"
    start = "hello"
    [lines."+441632960002"]
    name = "Night desk"
    start = "night"
    [lines."+441632960003"]
    name = "Always"
    block = ["+441632960666"]
    ring = "night"
    [steps]
    hello = { say = "Hello from {line}.", next = "desk" }
    desk = { ring = "day", hours = "office", closed = "night", nobody = "again" }
    again = { say = "One moment.", next = "desk" }
    night = { ring = "night", hours = "night" }
"#;
