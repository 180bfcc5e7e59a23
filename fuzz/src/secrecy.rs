//! What no message may say: whole telephone numbers and secrets.

/// A secret of a realistic shape; wherever an input puts it, no message may repeat it.
pub(crate) const SECRET: &str = "hush0f8e7d6c5b4a39281706f5e4d3c2";

/// Fails if `text` has what may be a telephone number: seven digits or more, also ones that are grouped.
pub(crate) fn assert_no_number(text: &str) {
    let mut digits = 0;
    for sign in text.chars() {
        if sign.is_ascii_digit() {
            digits += 1;
        } else if !is_group_sign(sign) {
            digits = 0;
        }
        assert!(digits < FEWEST_DIGITS, "may be a telephone number: {text:?}");
    }
}

/// The same for digits that stand side by side, where groups of them are something else.
pub(crate) fn assert_no_run_of_digits(text: &str) {
    let longest = text.split(|sign: char| !sign.is_ascii_digit()).map(str::len).max();
    assert!(longest.unwrap_or(0) < FEWEST_DIGITS, "may be a telephone number: {text:?}");
}

fn is_group_sign(sign: char) -> bool {
    matches!(sign, '+' | ' ' | '-' | '.' | '(' | ')' | '/')
}

const FEWEST_DIGITS: usize = 7;
