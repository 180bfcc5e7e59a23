//! Whose calls a line does not take as others.

use ringall_core::{
    flow::{Rejection, Step},
    phone::CallerId,
};

use super::{messages::problems, messages::warnings, *};

#[test]
fn blocked_callers_are_refused_unless_the_line_says_where_they_go() {
    let (config, warnings) = parse(&with_line("ring = \"organisers\"\nblock = [\"+447700900666\"]"));

    assert_eq!(warnings, []);
    let line = only_line(&config);
    let blocked = line.blocked.as_ref().unwrap();
    assert!(matches!(blocked.step(blocked.start()), Step::Reject { reason: Rejection::Busy, .. }));
    let blocks = |from: &str| line.block.blocks(&CallerId::read(from));
    assert!(blocks("+447700900666") && !blocks("+447700900667") && !blocks("anonymous"));
}

#[test]
fn a_line_names_callers_prefixes_shared_lists_and_a_step() {
    let (config, warnings) = parse(&with_line(
        r#"
        start = "all"
        block = ["+447700900666", "+44777*", "withheld", "pests"]
        blocked = "no"
        [blocklists.pests]
        callers = ["+447700900667", "+4930*"]
        [steps]
        all.ring = "organisers"
        no = { say = "You are blocked.", next = "end" }
        end.hangup = true
        "#,
    ));

    assert_eq!(warnings, []);
    let line = only_line(&config);
    assert_eq!(line.block.to_string(), "2 numbers, 2 prefixes, withheld numbers");
    for from in ["+447700900666", "+447700900667", "+447771234567", "+4930123456", "Unavailable"] {
        assert!(line.block.blocks(&CallerId::read(from)), "{from}");
    }
    let names: Vec<_> = line.blocked.as_ref().unwrap().steps().iter().map(|named| &*named.name).collect();
    assert_eq!(names, ["no", "end"]);
}

#[test]
fn who_is_blocked_may_ring_a_group_of_their_own_with_its_detection() {
    let (config, _) = parse(&with_line(
        "start = \"bye\"\nblock = [\"withheld\"]\nblocked = \"all\"\n[steps]\nbye.hangup = \"Bye.\"\nall.ring = \"organisers\"",
    ));

    assert!(only_line(&config).detection.contains_key("organisers"));
}

#[test]
fn what_is_wrong_with_block_lists_is_told_all_at_once() {
    let text = with_line(
        r#"
        ring = "organisers"
        block = ["447700900666", "+44 7700 900666", "*", "+*", "+0*", "pest", "pests and others", 7, "Withheld"]
        blocked = "nowhere"
        [lines."+441632960001"]
        name = "Other"
        ring = "organisers"
        blocked = "no"
        [lines."+441632960002"]
        name = "Third"
        ring = "organisers"
        block = "withheld"
        [blocklists]
        pests = { callers = ["others", "+44"] }
        others = { caller = [] }
        withheld = { callers = ["+447700900666"] }
        "#,
    );

    insta::assert_snapshot!(problems(&text), @r#"
    lines."…00".block[0]: expected a number such as "+4930123456", the beginning of numbers such as "+4930*", or "withheld", or the name of a list of `[blocklists]`
    lines."…00".block[1]: expected a number such as "+4930123456", the beginning of numbers such as "+4930*", or "withheld", or the name of a list of `[blocklists]`
    lines."…00".block[2]: expected a number such as "+4930123456", the beginning of numbers such as "+4930*", or "withheld", or the name of a list of `[blocklists]`
    lines."…00".block[3]: expected a number such as "+4930123456", the beginning of numbers such as "+4930*", or "withheld", or the name of a list of `[blocklists]`
    lines."…00".block[4]: expected a number such as "+4930123456", the beginning of numbers such as "+4930*", or "withheld", or the name of a list of `[blocklists]`
    lines."…00".block[5]: no block list is named `pest`; did you mean `pests`?
    lines."…00".block[6]: expected a number such as "+4930123456", the beginning of numbers such as "+4930*", or "withheld", or the name of a list of `[blocklists]`
    lines."…00".block[7]: expected a number such as "+4930123456", the beginning of numbers such as "+4930*", or "withheld", or the name of a list of `[blocklists]`
    lines."…00".block[8]: no block list is named `Withheld`; did you mean `withheld`?
    lines."…01".blocked: stands beside `block` only, which says who is blocked
    lines."…02".block: expected a list, found a text
    blocklists.pests.callers[0]: expected a number such as "+4930123456", the beginning of numbers such as "+4930*", or "withheld"
    blocklists.pests.callers[1]: expected a number such as "+4930123456", the beginning of numbers such as "+4930*", or "withheld"
    blocklists.others.callers: missing; expected a list of callers
    blocklists.others.caller: unknown key; did you mean `callers`?
    blocklists.withheld: this name stands for callers who withhold their number
    "#);
}

#[test]
fn a_blocked_step_that_does_not_exist_is_told() {
    let text = with_line("ring = \"organisers\"\nblock = [\"withheld\"]\nblocked = \"nowhere\"");

    insta::assert_snapshot!(problems(&text), @r#"lines."…00".blocked: no step is named `nowhere`"#);
}

#[test]
fn lists_that_block_nobody_twice_or_for_nobody_are_warned_of() {
    let text = with_line(
        r#"
        ring = "organisers"
        block = ["+44777*", "+447770000001", "+447700900666", "+447700900666"]
        [lines."+441632960001"]
        name = "Other"
        ring = "organisers"
        block = []
        [blocklists]
        pests = { callers = ["+447700900667"] }
        "#,
    );

    insta::assert_snapshot!(warnings(&text), @r#"
    lines."…00".block[1]: blocked already by what stands before it
    lines."…00".block[3]: blocked already by what stands before it
    lines."…01".block: blocks nobody
    blocklists.pests: no line uses this list
    "#);
}
