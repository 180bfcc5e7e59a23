//! Requests that no honest carrier sends, and honest ones that come twice or too late.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use tokio::time::timeout;
use url::Url;

use super::{ONE_PHONE, scenarios};
use crate::{
    conformance::{
        report::{Play, broken, skipped},
        scene::{QUIET, Scene},
        stage::Stage,
    },
    simulator::{self, Knock, Purpose, Signed},
};

scenarios! {
    "unsigned-webhooks" => unsigned_webhooks, ONE_PHONE,
        "Nobody unknown gets in: unsigned and wrongly signed webhooks are refused, and nobody is rung";
    "forged-end" => forged_end, ONE_PHONE,
        "An end of the call that the carrier has not signed ends nothing";
    "foreign-account" => foreign_account, ONE_PHONE,
        "A webhook of another account rings nobody, however well signed";
    "webhook-twice" => webhook_twice, ONE_PHONE,
        "The webhook of an incoming call that comes twice rings nobody twice";
    "ended-before-it-came" => ended_before_it_came, ONE_PHONE,
        "A call whose end is reported before the call itself rings nobody";
    "replay" => replay, ONE_PHONE,
        "A call that has ended never rings again, whichever of its webhooks comes once more";
    "odd-requests" => odd_requests, ONE_PHONE,
        "Requests that are no webhooks, or are far too large, do not keep the next call from being taken";
    "other-method" => other_method, ONE_PHONE,
        "Webhooks are taken by GET and by POST alike";
}

/// How long an answer to a stranger is waited for; what is held is not answered.
const ANSWER: Duration = Duration::from_secs(3);
const HUGE: usize = 4 * 1024 * 1024;

async fn unsigned_webhooks(stage: Stage) -> Play {
    let scene = stage.open();
    let target = scene.house.target.clone();
    for url in [Some(&target.inbound), Some(&target.status), target.fallback.as_ref()].into_iter().flatten() {
        for signed in [Signed::Not, Signed::With("a-guess".to_owned())] {
            let knock = Knock { signed: signed.clone(), ..knock_of(&scene, url, &fresh_sid(), "ringing") };
            let status = status_of(&scene, knock).await?;
            if !status.is_some_and(|status| status.is_client_error()) {
                let how = if signed == Signed::Not { "an unsigned" } else { "a wrongly signed" };
                let came = status.map_or("no answer".to_owned(), |status| status.to_string());
                return Err(broken(format!("expected: {how} webhook to {url} is refused with 4xx, not {came}")));
            }
        }
    }
    scene.nobody_is_rung().await
}

async fn forged_end(stage: Stage) -> Play {
    let scene = stage.open();
    let target = scene.house.target.clone();
    let caller = scene.call();
    let phones = scene.all_ring().await?;
    for signed in [Signed::Not, Signed::With("a-guess".to_owned())] {
        let form = form_of(&scene, &caller.sid(), "completed");
        status_of(&scene, Knock { signed, ..Knock::new(target.status.clone(), form) }).await?;
    }
    let all_ring = || phones.iter().all(simulator::Phone::rings);
    scene.stays("the phones ring on", QUIET, all_ring).await?;
    scene.join(&caller, &phones[0]).await?;
    caller.hang_up();
    Ok(())
}

async fn foreign_account(stage: Stage) -> Play {
    let scene = stage.open();
    let target = scene.house.target.clone();
    let mut knock = knock_of(&scene, &target.inbound, &fresh_sid(), "ringing");
    let own = target.account_sid.as_str();
    let last = if own.ends_with('0') { '1' } else { '0' };
    let foreign = format!("{}{last}", &own[..own.len().saturating_sub(1)]);
    for (_, value) in knock.form.iter_mut().filter(|(name, _)| name == "AccountSid") {
        value.clone_from(&foreign);
    }
    status_of(&scene, knock).await?;
    scene.nobody_is_rung().await
}

async fn webhook_twice(stage: Stage) -> Play {
    let scene = stage.open();
    let target = scene.house.target.clone();
    let caller = scene.call();
    let phones = scene.all_ring().await?;
    let dialled = scene.times_dialled();
    let log = scene.carrier.webhook_log();
    let Some(voice) = log.iter().find(|entry| entry.purpose == Purpose::Voice) else {
        return Err(broken("expected: the webhook of an incoming call was sent"));
    };
    let method = voice.method.clone();
    let token = Some("5ce9f4a2-conformance".to_owned());
    let again = Knock { method, token, ..Knock::new(target.inbound.clone(), voice.form.clone()) };
    let carrier = scene.carrier.clone();
    let repeating = async {
        // Its answer may wait as long as the first one's does.
        let _ = carrier.knock(again).await;
        std::future::pending::<Play>().await
    };
    let going_on = async {
        scene.nobody_is_rung_since(dialled).await?;
        scene.join(&caller, &phones[0]).await?;
        scene.nobody_was_rung_twice()
    };
    tokio::select! {
        played = going_on => played?,
        played = repeating => played?,
    }
    caller.hang_up();
    Ok(())
}

async fn ended_before_it_came(stage: Stage) -> Play {
    let scene = stage.open();
    let target = scene.house.target.clone();
    let call = fresh_sid();
    status_of(&scene, knock_of(&scene, &target.status, &call, "completed")).await?;
    status_of(&scene, knock_of(&scene, &target.inbound, &call, "ringing")).await?;
    scene.nobody_is_rung().await
}

async fn replay(stage: Stage) -> Play {
    let scene = stage.open();
    let caller = scene.call();
    let phones = scene.all_ring().await?;
    let dialled = scene.times_dialled();
    scene.join(&caller, &phones[0]).await?;
    caller.hang_up();
    scene.until_idle(&phones, scene.soon()).await?;
    let quiet = timeout(scene.soon() * 2, scene.carrier.until_quiet()).await;
    if quiet.is_err() {
        return Err(broken("expected: the call is over and everything at rest"));
    }
    let webhooks = scene.carrier.webhook_log().into_iter().filter(|entry| entry.purpose != Purpose::Recording);
    for entry in webhooks {
        // The fields of a GET stand in its address already.
        let (Ok(url), form) =
            (Url::parse(&entry.url), if entry.method == Method::GET { Vec::new() } else { entry.form })
        else {
            continue;
        };
        status_of(&scene, Knock { method: entry.method, ..Knock::new(url, form) }).await?;
    }
    scene.nobody_is_rung_since(dialled).await
}

async fn odd_requests(stage: Stage) -> Play {
    let scene = stage.open();
    let target = scene.house.target.clone();
    let empty = |method| Knock { method, signed: Signed::Not, ..Knock::new(target.inbound.clone(), Vec::new()) };
    let with = |kind, body| Knock { body: Some((kind, body)), ..empty(Method::POST) };
    let odd = [
        empty(Method::HEAD),
        empty(Method::PUT),
        empty(Method::GET),
        with("application/json", Bytes::from_static(b"{\"CallSid\": {}}")),
        with("application/x-www-form-urlencoded", Bytes::from_static(b"%&=%ff&&CallSid=%00&=")),
        with("application/x-www-form-urlencoded", Bytes::from(vec![b'x'; HUGE])),
    ];
    for knock in odd {
        // Whether and how these are answered is the server's own affair, unless it breaks down.
        let (method, size) = (knock.method.clone(), knock.body.as_ref().map_or(0, |(_, body)| body.len()));
        if let Ok(Ok((status, _))) = timeout(ANSWER, scene.carrier.knock(knock)).await
            && status == StatusCode::INTERNAL_SERVER_ERROR
        {
            return Err(broken(format!("expected: the server does not break down over {method} with {size} bytes")));
        }
    }
    scene.nobody_is_rung().await?;
    let caller = scene.call();
    scene.all_ring().await?;
    caller.hang_up();
    Ok(())
}

async fn other_method(stage: Stage) -> Play {
    let target = stage.house.target.clone();
    if !target.both_methods {
        return Err(skipped("say --method both if your server takes both"));
    }
    let other = match target.method {
        simulator::Method::Get => simulator::Method::Post,
        simulator::Method::Post => simulator::Method::Get,
    };
    let scene = stage.by(other).open();
    let caller = scene.call();
    let phones = scene.all_ring().await?;
    scene.join(&caller, &phones[0]).await?;
    caller.hang_up();
    Ok(())
}

/// A webhook of a call that the carrier has never heard of, signed as the carrier signs.
fn knock_of(scene: &Scene, url: &Url, call: &str, status: &str) -> Knock {
    let mut knock = Knock::new(url.clone(), form_of(scene, call, status));
    if scene.house.target.method == simulator::Method::Get && *url == scene.house.target.inbound {
        knock.method = Method::GET;
    }
    knock
}

/// A call's name that no run has used before.
fn fresh_sid() -> String {
    format!("CA{:032x}", fastrand::u128(..))
}

fn form_of(scene: &Scene, sid: &str, status: &str) -> Vec<(String, String)> {
    let target = &scene.house.target;
    let (from, to) = (scene.house.fresh_caller(), target.line.expose());
    let fields = [
        ("CallSid", sid),
        ("AccountSid", &target.account_sid),
        ("ApiVersion", "2010-04-01"),
        ("CallStatus", status),
        ("Direction", "inbound"),
        ("From", &from),
        ("To", &to),
        ("Caller", &from),
        ("Called", &to),
    ];
    fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

/// The status of the answer; none if the server lets the request wait.
async fn status_of(scene: &Scene, knock: Knock) -> Play<Option<StatusCode>> {
    let url = knock.url.clone();
    match timeout(ANSWER, scene.carrier.knock(knock)).await {
        Ok(Ok((status, _))) => Ok(Some(status)),
        Ok(Err(why)) => Err(broken(format!("expected: {url} answers; {why}"))),
        Err(_) => Ok(None),
    }
}
