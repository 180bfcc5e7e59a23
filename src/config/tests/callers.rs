//! What groups and lines say about callers: whether they are shown, and what becomes of those who call again.

use std::time::Duration;

use ringall_core::flow::{Callback, Show};

use super::{messages::problems, *};

#[test]
fn telephones_are_shown_the_line_and_nobody_is_rung_first_unless_the_file_says_so() {
    let (config, _) = parse(&with_group("members = [\"ana\", \"ben\"]"));
    let (group, line) = (&config.groups["organisers"], only_line(&config));

    assert_eq!((group.show, group.callback_to_same, line.callback_to_same), (Show::Line, Callback::AsLine, None));
    assert!(!line.shows_callers() && !line.remembers_talks());
}

#[test]
fn a_group_says_what_its_telephones_are_shown_and_who_is_rung_first() {
    for (said, read) in [
        ("true", Callback::For(Duration::from_secs(15))),
        ("\"20s\"", Callback::For(Duration::from_secs(20))),
        ("false", Callback::Never),
    ] {
        let keys = format!("members = [\"ana\"]\nshow = \"caller\"\ncallback_to_same = {said}");
        let (config, warnings) = parse(&with_group(&keys));
        let (group, line) = (&config.groups["organisers"], only_line(&config));

        assert_eq!((warnings, group.show, group.callback_to_same), (vec![], Show::Caller, read));
        assert_eq!((line.shows_callers(), line.remembers_talks()), (true, read != Callback::Never));
    }
}

#[test]
fn a_line_says_it_for_its_groups() {
    let (config, warnings) = parse(&with_line("ring = \"organisers\"\ncallback_to_same = \"8s\""));

    assert_eq!((warnings, only_line(&config).callback_to_same), (vec![], Some(Duration::from_secs(8))));
    assert!(only_line(&config).remembers_talks());
}

#[test]
fn what_is_wrong_with_them_is_told() {
    let group = with_group("members = [\"ana\"]\nshow = \"callr\"\ncallback_to_same = 15");
    let line = with_line("ring = \"organisers\"\ncallback_to_same = \"2s\"");

    insta::assert_snapshot!(problems(&group), @r#"
    groups.organisers.show: expected "line" or "caller"; did you mean `caller`?
    groups.organisers.callback_to_same: expected `true`, `false`, or a duration such as "15s", found the integer 15
    "#);
    insta::assert_snapshot!(problems(&line), @r#"lines."…00".callback_to_same: expected 5s to 10m, found 2s"#);
}
