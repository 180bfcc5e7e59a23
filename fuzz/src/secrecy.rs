//! What no message may say: whole telephone numbers and secrets.

/// A secret of a realistic shape; wherever an input puts it, no message may repeat it.
pub(crate) const SECRET: &str = "hush0f8e7d6c5b4a39281706f5e4d3c2";

/// Fails if `text` has what may be a telephone number: seven digits or more, also ones that are grouped. The two behind a
/// `…` are what is shown of one.
pub(crate) fn assert_no_number(text: &str) {
    let mut digits = 0_i32;
    for sign in text.chars() {
        if sign == '…' {
            digits = SHOWN_OF_A_NUMBER;
        } else if sign.is_ascii_digit() {
            digits += 1;
        } else if !is_group_sign(sign) {
            digits = 0;
        }
        assert!(digits < FEWEST_DIGITS, "may be a telephone number: {text:?}");
    }
}

/// The same for digits that stand side by side, where groups of them are something else.
pub(crate) fn assert_no_run_of_digits(text: &str) {
    for run in text.split(|sign: char| !sign.is_ascii_digit()) {
        assert!(run.len() < 7, "may be a telephone number: {text:?}");
    }
}

fn is_group_sign(sign: char) -> bool {
    sign.is_whitespace() || matches!(sign, '+' | '-' | '.' | '(' | ')' | '/' | '\u{2010}'..='\u{2015}')
}

/// Counted from here, two digits are nothing.
const SHOWN_OF_A_NUMBER: i32 = -2;
const FEWEST_DIGITS: i32 = 7;
