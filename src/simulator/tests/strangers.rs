//! Requests that are no part of a call.

use super::{
    super::{signing::signature, *},
    harness::*,
};

fn knock() -> Knock {
    let form = vec![("CallSid".to_owned(), "CA1".to_owned()), ("From".to_owned(), "+44 1".to_owned())];
    Knock::new(format!("{BASE}/voice?a=b").parse().unwrap(), form)
}

async fn seen(knock: Knock) -> Seen {
    let (simulator, requests) = simulator(settings(), |_| Answer::status(204));
    let answer = simulator.knock(knock).await;
    assert_eq!(answer.map(|(status, _)| status.as_u16()), Ok(204));
    requests.all().remove(0)
}

#[tokio::test(start_paused = true)]
async fn stranger_signs_rightly_wrongly_or_not_at_all() {
    let url = format!("{BASE}/voice?a=b");
    let signature_of =
        |seen: &Seen| seen.headers.get("X-Twilio-Signature").map(|value| value.to_str().unwrap().to_owned());

    let rightly = seen(knock()).await;
    assert_eq!(signature_of(&rightly), Some(signature(TOKEN, &url, &knock().form)));
    assert_eq!((rightly.body.as_str(), rightly.target.as_str()), ("CallSid=CA1&From=%2B44+1", "/voice?a=b"));

    let wrongly = seen(Knock { signed: Signed::With("guess".to_owned()), ..knock() }).await;
    assert_eq!(signature_of(&wrongly), Some(signature("guess", &url, &knock().form)));

    assert_eq!(signature_of(&seen(Knock { signed: Signed::Not, ..knock() }).await), None);
}

#[tokio::test(start_paused = true)]
async fn stranger_asks_by_get_with_the_fields_in_the_query() {
    let seen = seen(Knock { method: http::Method::GET, token: Some("again".to_owned()), ..knock() }).await;

    assert_eq!((seen.target.as_str(), seen.body.as_str()), ("/voice?a=b&CallSid=CA1&From=%2B44+1", ""));
    let signed = signature(TOKEN, &format!("{BASE}{}", seen.target), &[]);
    assert_eq!(seen.headers["X-Twilio-Signature"], signed);
    assert_eq!(seen.headers["I-Twilio-Idempotency-Token"], "again");
}
