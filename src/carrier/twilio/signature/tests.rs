use super::*;
use crate::carrier::twilio::form::WebhookForm;

#[test]
fn the_published_vectors_are_signed_alike() {
    for (url, body, signature) in VECTORS {
        let form = WebhookForm::parse(body.as_bytes()).unwrap();

        assert_eq!(sign(&token(), url, SignedBody::Form(form.fields())), signature, "{url}");
    }
    let hash = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
    let url = format!("https://mycompany.com/myapp.php?foo=1&bar=2&bodySHA256={hash}");
    assert_eq!(sign(&token(), &url, SignedBody::Other(JSON)), JSON_SIGNATURE);
    assert_eq!(body_hash(JSON), hash);
}

#[test]
fn the_port_may_be_signed_or_not() {
    for public_url in ["https://mycompany.com", "https://mycompany.com:443/"] {
        for (_, body, signature) in [VECTORS[0], VECTORS[1], VECTORS[3]] {
            assert_eq!(check(public_url, TARGET, body, signature), Ok(()), "{public_url}");
        }
    }
    for public_url in ["http://mycompany.com", "http://mycompany.com:80"] {
        assert_eq!(check(public_url, TARGET, PARAMETERS, VECTORS[2].2), Ok(()), "{public_url}");
    }
    assert_eq!(
        check("http://mycompany.com", TARGET, PARAMETERS, VECTORS[0].2),
        Err(SignatureError::Wrong { url: "http://mycompany.com/myapp.php".to_owned() })
    );
}

#[test]
fn a_port_of_ones_own_is_kept() {
    assert_eq!(check_signed_for("https://x.org:8443/voice", "https://x.org:8443", "/voice"), Ok(()));
    assert_eq!(check_signed_for("https://x.org/voice", "https://x.org:8443", "/voice"), Ok(()));
    assert!(check_signed_for("https://x.org:443/voice", "https://x.org:8443", "/voice").is_err());
}

#[test]
fn credentials_are_not_signed() {
    assert_eq!(check_signed_for("https://x.org/voice", "https://user:pass@x.org", "/voice"), Ok(()));
}

#[test]
fn the_public_path_counts_whether_the_proxy_hands_it_on_or_not() {
    for public_url in ["https://x.org/hotline", "https://x.org/hotline/"] {
        for (signed, seen) in [
            ("https://x.org/hotline/voice?a=1", "/hotline/voice?a=1"),
            ("https://x.org/hotline/voice?a=1", "/voice?a=1"),
            ("https://x.org/hotline/hotline/voice", "/hotline/voice"),
            ("https://x.org/hotline/hotlines", "/hotlines"),
            ("https://x.org:443/hotline/voice", "/voice"),
        ] {
            assert_eq!(check_signed_for(signed, public_url, seen), Ok(()), "{signed} seen as {seen}");
        }
        assert_eq!(
            check_signed_for("https://x.org/voice", public_url, "/voice"),
            Err(SignatureError::Wrong { url: "https://x.org/hotline/voice".to_owned() })
        );
    }
}

#[test]
fn the_target_counts_byte_by_byte() {
    for seen in ["/voice/", "/voice?", "/voice?b=2&a=1", "/Voice", "//voice", "/voic%65"] {
        assert!(check_signed_for("https://x.org/voice", "https://x.org", seen).is_err(), "{seen}");
        assert_eq!(check_signed_for(&format!("https://x.org{seen}"), "https://x.org", seen), Ok(()), "{seen}");
    }
}

#[test]
fn empty_unknown_and_spaced_values_count() {
    let body = "FromCity=&To=%2B441632960000&New=+x+&Ünïcode=%C3%A9";
    let signature = sign_form("https://x.org/voice", body);

    assert_eq!(check("https://x.org", "/voice", body, &signature), Ok(()));
    for changed in [
        "To=%2B441632960000&New=+x+&Ünïcode=%C3%A9",
        "FromCity=&To=+441632960000&New=+x+&Ünïcode=%C3%A9",
        "FromCity=&To=%2B441632960000&New=x&Ünïcode=%C3%A9",
    ] {
        // An empty value is signed as its name alone, so leaving it out must show.
        assert!(check("https://x.org", "/voice", changed, &signature).is_err(), "{changed}");
    }
}

#[test]
fn a_get_is_signed_by_its_url() {
    let validator = validator("https://x.org", &["12345"]);
    let url = "https://x.org/voice?CallSid=CA1&From=%2B441632960001";
    let signature = sign(&token(), url, SignedBody::None);
    let request = SignedRequest {
        path_and_query: "/voice?CallSid=CA1&From=%2B441632960001",
        signature: Some(&signature),
        body: SignedBody::None,
    };

    assert_eq!(validator.check(&request), Ok(()));
    let changed = SignedRequest { path_and_query: "/voice?CallSid=CA2&From=%2B441632960001", ..request };
    assert_eq!(validator.check(&changed), Err(SignatureError::Wrong { url: "https://x.org/voice".to_owned() }));
}

#[test]
fn another_body_needs_its_hash() {
    let validator = validator("https://mycompany.com", &["12345"]);
    let target = format!("{TARGET}&bodySHA256={}", body_hash(JSON));
    let unhashed = sign(&token(), "https://mycompany.com/json", SignedBody::None);
    let not_signed = |path: &str| Err(SignatureError::BodyNotSigned { url: format!("https://mycompany.com{path}") });

    let request =
        SignedRequest { path_and_query: &target, signature: Some(JSON_SIGNATURE), body: SignedBody::Other(JSON) };
    assert_eq!(validator.check(&request), Ok(()));
    let changed = SignedRequest { body: SignedBody::Other(b"{}"), ..request };
    assert_eq!(validator.check(&changed), not_signed("/myapp.php"));
    let request = SignedRequest { path_and_query: "/json", signature: Some(&unhashed), body: SignedBody::Other(JSON) };
    assert_eq!(validator.check(&request), not_signed("/json"));
    let empty = SignedRequest { body: SignedBody::Other(b""), ..request };
    assert_eq!(validator.check(&empty), Ok(()));
}

#[test]
fn both_tokens_are_believed_while_one_is_being_changed() {
    let form = WebhookForm::parse(PARAMETERS.as_bytes()).unwrap();
    let request =
        SignedRequest { path_and_query: TARGET, signature: Some(VECTORS[0].2), body: SignedBody::Form(form.fields()) };

    assert_eq!(validator("https://mycompany.com", &["new", "12345"]).check(&request), Ok(()));
    assert!(validator("https://mycompany.com", &["new"]).check(&request).is_err());
    assert!(validator("https://mycompany.com", &[]).check(&request).is_err());
}

#[test]
fn what_is_no_signature_is_not_believed() {
    for signature in ["", "=", "é", "RSOYDt4T1cUTdK1PDd93/VVr8B8", "RSOYDt4T1cUTdK1PDd93/VVr8B9=", "AAAA"] {
        assert!(check("https://mycompany.com", TARGET, PARAMETERS, signature).is_err(), "{signature}");
    }
    let request = SignedRequest { path_and_query: TARGET, signature: None, body: SignedBody::None };
    assert_eq!(
        validator("https://mycompany.com", &["12345"]).check(&request),
        Err(SignatureError::Missing { url: "https://mycompany.com/myapp.php".to_owned() })
    );
}

#[test]
fn nothing_private_prints() {
    let form = WebhookForm::parse(b"From=%2B441632960001").unwrap();
    let body = SignedBody::Form(form.fields());

    assert_eq!(format!("{body:?}"), "Form(1 fields)");
    assert_eq!(format!("{:?}", validator("https://x.org/a", &["12345"])), "Validator(https://x.org/a)");
}

const PARAMETERS: &str = "Digits=1234&CallSid=CA1234567890ABCDE&To=%2B18005551212&Caller=%2B14158675309\
                          &From=%2B14158675309";
const TARGET: &str = "/myapp.php?foo=1&bar=2";
const JSON: &[u8] = br#"{"property": "value", "boolean": true}"#;
const JSON_SIGNATURE: &str = "a9nBmqA0ju/hNViExpshrM61xv4=";
const VECTORS: [(&str, &str, &str); 4] = [
    ("https://mycompany.com/myapp.php?foo=1&bar=2", PARAMETERS, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    ("https://mycompany.com:443/myapp.php?foo=1&bar=2", PARAMETERS, "kvajT1Ptam85bY51eRf/AJRuM3w="),
    ("http://mycompany.com:80/myapp.php?foo=1&bar=2", PARAMETERS, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
    (
        "https://mycompany.com/myapp.php?foo=1&bar=2",
        "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234",
        "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
    ),
];

fn token() -> Secret {
    Secret::from("12345")
}

fn validator(public_url: &str, tokens: &[&str]) -> Validator {
    let tokens: Vec<_> = tokens.iter().copied().map(Secret::from).collect();
    Validator::new(&public_url.parse().unwrap(), &tokens)
}

fn check(public_url: &str, target: &str, body: &str, signature: &str) -> Result<(), SignatureError> {
    let form = WebhookForm::parse(body.as_bytes()).unwrap();
    validator(public_url, &["12345"]).check(&SignedRequest {
        path_and_query: target,
        signature: Some(signature),
        body: SignedBody::Form(form.fields()),
    })
}

fn sign_form(url: &str, body: &str) -> String {
    sign(&token(), url, SignedBody::Form(WebhookForm::parse(body.as_bytes()).unwrap().fields()))
}

fn check_signed_for(signed: &str, public_url: &str, seen: &str) -> Result<(), SignatureError> {
    check(public_url, seen, "CallSid=CA1", &sign_form(signed, "CallSid=CA1"))
}
