//! The carrier's form encoding, written out here so that it cannot share a mistake with the program under test.

/// Names and values in the order in which they are sent.
pub(super) type Form = Vec<(String, String)>;

/// Writes a form as `application/x-www-form-urlencoded`: a space as `+`, a `+` as `%2B`.
pub(super) fn encode(form: &[(String, String)]) -> String {
    let mut text = String::new();
    for (name, value) in form {
        if !text.is_empty() {
            text.push('&');
        }
        encode_word(name, &mut text);
        text.push('=');
        encode_word(value, &mut text);
    }
    text
}

/// Reads a form; a broken escape stands for itself.
pub(super) fn decode(text: &str) -> Form {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode_word(name), decode_word(value))
        })
        .collect()
}

/// The value of the first field of this name.
pub(super) fn first<'form>(form: &'form [(String, String)], name: &str) -> Option<&'form str> {
    form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// Shorthand for building a form.
pub(super) fn push(form: &mut Form, name: &str, value: impl Into<String>) {
    form.push((name.to_owned(), value.into()));
}

fn encode_word(word: &str, text: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in word.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' => text.push(char::from(byte)),
            b' ' => text.push('+'),
            _ => {
                text.push('%');
                text.push(char::from(HEX[usize::from(byte >> 4)]));
                text.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
}

fn decode_word(word: &str) -> String {
    let mut bytes = Vec::with_capacity(word.len());
    let mut rest = word.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        let escaped = if let (b'%', [high, low, ..]) = (first, tail) { hex(*high, *low) } else { None };
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None if *first == b'+' => bytes.push(b' '),
            None => bytes.push(*first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(high: u8, low: u8) -> Option<u8> {
    let high = char::from(high).to_digit(16)?;
    let low = char::from(low).to_digit(16)?;
    u8::try_from(high * 16 + low).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plus_sign_is_sent_as_percent_2b() {
        let form = vec![("From".to_owned(), "+44 7700".to_owned()), ("Ort".to_owned(), "Köln&~".to_owned())];

        assert_eq!(encode(&form), "From=%2B44+7700&Ort=K%C3%B6ln%26%7E");
        assert_eq!(decode(&encode(&form)), form);
    }

    #[test]
    fn empty_values_and_repeated_names_are_kept() {
        let form = decode("a=&a=1&b&c=%zz");

        let expected = [("a", ""), ("a", "1"), ("b", ""), ("c", "%zz")].map(|(n, v)| (n.to_owned(), v.to_owned()));
        assert_eq!(form, expected);
    }
}
