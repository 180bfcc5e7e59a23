//! A webhook's form: any bytes, in the body of a POST or the query of a GET.

use std::str;

use ringall::{carrier::twilio::WebhookForm, simulator::door};

use crate::secrecy::assert_no_run_of_digits;

pub(crate) fn run(encoded: &[u8]) {
    let Ok(form) = WebhookForm::parse(encoded) else {
        assert!(encoded.split(|byte| *byte == b'&').count() > WebhookForm::MOST_FIELDS);
        return;
    };
    assert!(form.fields().len() <= WebhookForm::MOST_FIELDS);
    look_at_everything(&form);
    let fields: Vec<_> = form.fields().iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();

    // Written down again by the other side of the wire, it is the same form.
    let again = door::encode_form(&fields);
    assert_eq!(door::decode_form(&again), fields, "{again}");
    let reread = WebhookForm::parse(again.as_bytes()).expect("as many fields as before");
    assert_eq!(reread.fields(), form.fields(), "{again}");
    // Both sides read the same words, so both sign the same words.
    if let Ok(encoded) = str::from_utf8(encoded) {
        assert_eq!(fields, door::decode_form(encoded));
    }
}

/// What a handler may ask of a form; none of it may show more of a caller than the last two digits.
fn look_at_everything(form: &WebhookForm<'_>) {
    let caller = form.from();
    assert_no_run_of_digits(&format!("{caller:?} {:?}", form.to()));
    if let Some(caller) = caller {
        assert_no_run_of_digits(&caller.to_string());
    }
    for sid in [form.call_sid(), form.parent_call_sid()].into_iter().flatten() {
        assert!(sid.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'), "{sid}");
    }
    let _ = (form.call_status(), form.direction(), form.answered_by(), form.digits(), form.dial_call_status());
    let _ = (form.room_event(), form.friendly_name(), form.sequence_number(), form.error_code(), form.account_sid());
    // Names only: the values are private.
    let names: Vec<_> = form.fields().iter().map(|(name, _)| name).collect();
    assert_eq!(format!("{form:?}"), format!("{names:?}"));
}
