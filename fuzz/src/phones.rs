//! Telephone numbers, and who a caller says they are.

use ringall_core::phone::{CallerId, PhoneNumber};

pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let caller = CallerId::read(&text);
    for printed in [caller.to_string(), format!("{caller:?}")] {
        assert!(["withheld", "another address"].contains(&&*printed) || is_masked(&printed), "{printed}");
    }

    let Ok(number) = text.parse::<PhoneNumber>() else {
        assert!(!matches!(caller, CallerId::Number(_)), "{text:?}");
        return;
    };
    // What is a number is written in one way only, so that two spellings cannot be two people.
    assert_eq!(number.expose(), text);
    assert_eq!(number.expose().parse(), Ok(number));
    for printed in [number.to_string(), format!("{number:?}"), format!("{number:20}"), format!("{number:#?}")] {
        assert!(is_masked(&printed), "{printed}");
    }
    assert!(number.begins_with(&text[1..3]) && !number.begins_with("0"));
}

/// Two digits and a sign for the others, which are at least five.
fn is_masked(printed: &str) -> bool {
    printed.strip_prefix('…').is_some_and(|end| end.len() == 2 && end.bytes().all(|byte| byte.is_ascii_digit()))
}
