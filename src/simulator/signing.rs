//! The signatures of the carrier's webhooks (carrier contract §10).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

/// The value of `X-Twilio-Signature`. `url` is as it is requested, without its fragment; `form` is empty for a GET.
pub(super) fn signature(auth_token: &str, url: &str, form: &[(String, String)]) -> String {
    let mut fields: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.sort_unstable();
    fields.dedup();

    let mut hash = Hmac::<Sha1>::new_from_slice(auth_token.as_bytes()).expect("HMAC takes keys of any length");
    hash.update(url.as_bytes());
    for (name, value) in fields {
        hash.update(name.as_bytes());
        hash.update(value.as_bytes());
    }
    STANDARD.encode(hash.finalize().into_bytes())
}

/// The URL as it enters the signature: credentials are left out, and the port may be spelled out on demand.
pub(super) fn signed_url(url: &str, spell_out_port: bool) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let port = match (spell_out_port && !has_port, scheme) {
        (true, "https") => ":443",
        (true, "http") => ":80",
        _ => "",
    };
    format!("{scheme}://{host}{port}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_vectors_hold() {
        let form = fields(&[
            ("Digits", "1234"),
            ("CallSid", "CA1234567890ABCDE"),
            ("To", "+18005551212"),
            ("Caller", "+14158675309"),
            ("From", "+14158675309"),
        ]);
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";

        assert_eq!(signature("12345", url, &form), "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
        assert_eq!(signature("12345", &signed_url(url, true), &form), "kvajT1Ptam85bY51eRf/AJRuM3w=");
        let plain = url.replace("https", "http");
        assert_eq!(signature("12345", &signed_url(&plain, true), &form), "0ZXoZLH/DfblKGATFgpif+LLRf4=");
    }

    #[test]
    fn repeated_values_are_signed_once_and_in_order() {
        let form = fields(&[
            ("Sid", "CA123"),
            ("SidAccount", "AC123"),
            ("Digits", "5678"),
            ("Digits", "1234"),
            ("Digits", "1234"),
        ]);

        let signature = signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", &form);

        assert_eq!(signature, "IK+Dwps556ElfBT0I3Rgjkr1wJU=");
    }

    #[test]
    fn credentials_are_not_signed() {
        assert_eq!(signed_url("https://me:secret@host/a?b", false), "https://host/a?b");
        assert_eq!(signed_url("http://host:7000/a", true), "http://host:7000/a");
    }

    fn fields(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }
}
