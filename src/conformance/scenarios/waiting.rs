//! The caller waits, and is never left.

use std::time::Duration;

use tokio::time::sleep;

use super::{FALLBACK, ONE_PHONE, PATIENCE, TWO_PHONES, scenarios};
use crate::{
    conformance::{
        report::{Play, broken, skipped},
        scene::{QUIET, hears_ringing, talk, talks},
        stage::Stage,
    },
    simulator::{Character, Faults, Outcome},
};

scenarios! {
    "nobody-answers" => nobody_answers, PATIENCE,
        "No caller is ever left: if nobody answers, the caller hears ringing, then words, then the call ends";
    "everybody-is-busy-or-off" => everybody_is_busy_or_off, ONE_PHONE,
        "If nobody can be reached, the caller is told in words and not kept waiting";
    "long-wait" => long_wait, PATIENCE,
        "The caller's webhook is always answered in time: after 20 s they still hear ringing and can be joined";
    "unknown-number" => unknown_number, ONE_PHONE,
        "Who calls a number that is not configured is told in words, and nobody is rung";
    "withheld-number" => withheld_number, ONE_PHONE,
        "A caller who withholds their number is taken like any other";
    "number-full-of-markup" => number_full_of_markup, ONE_PHONE,
        "A caller's number is text, whatever stands in it: the call is taken";
    "two-callers" => two_callers, TWO_PHONES,
        "Two callers share the phones: nobody is rung twice at a time, and each caller gets somebody";
    "connections-fail-once" => connections_fail_once, ONE_PHONE,
        "A webhook that reaches the server at the second try, with the carrier's token, is as good as the first";
    "connection-breaks" => connection_breaks, FALLBACK,
        "If the connection breaks on which the caller waits, the fallback takes the same call on";
    "inbound-fails" => inbound_fails, FALLBACK,
        "If the webhook of an incoming call fails, the fallback takes the call";
}

const LONG: Duration = Duration::from_secs(20);
/// A caller need not wait for phones that cannot ring.
const KEPT_WAITING: Duration = Duration::from_secs(10);

async fn nobody_answers(stage: Stage) -> Play {
    let scene = stage.open();
    let caller = scene.call();
    scene.all_ring().await?;
    scene.until_told_and_over(&caller, scene.at_last()).await
}

async fn everybody_is_busy_or_off(stage: Stage) -> Play {
    let scene = stage.all_are(&[Character::Busy, Character::Off]).open();
    let caller = scene.call();
    scene.until_told_and_over(&caller, KEPT_WAITING + scene.soon()).await
}

async fn long_wait(stage: Stage) -> Play {
    let scene = stage.open();
    if scene.house.target.ring_for < LONG + scene.soon() {
        let least = humantime::format_duration(LONG + scene.soon());
        return Err(skipped(format!("needs a server that lets phones ring for {least} or longer: see --ring-for")));
    }
    let caller = scene.call();
    scene.all_ring().await?;
    scene.stays("the caller waits", LONG, || !caller.status().is_final()).await?;
    if scene.carrier.webhook_log().iter().any(|entry| entry.outcome == Some(Outcome::TimedOut)) {
        return Err(broken("expected: every webhook is answered within the carrier's 15 s"));
    }
    if !hears_ringing(&caller) {
        return Err(broken(format!("expected: the caller still hears ringing, not {:?}", caller.hears())));
    }
    let ringing = scene.at_least_ring(1).await?;
    scene.join(&caller, &ringing[0]).await?;
    caller.hang_up();
    Ok(())
}

async fn unknown_number(stage: Stage) -> Play {
    let line = stage.house.target.line.expose();
    let last = if line.ends_with('7') { '8' } else { '7' };
    let other = line.get(..line.len() - 1).and_then(|begin| format!("{begin}{last}").parse().ok());
    let Some(other) = other else { return Err(skipped("there is no number like --line")) };
    let scene = stage.second_number(other).open();
    let caller = scene.carrier.call(&scene.house.fresh_caller(), other);
    let decided = || caller.status().is_final() || !scene.carrier.newcomers().is_empty();
    scene.until("the call ends", KEPT_WAITING + scene.soon(), decided).await?;
    if !scene.carrier.newcomers().is_empty() {
        return Err(skipped("your server takes calls for any number"));
    }
    scene.until_told_and_over(&caller, scene.soon()).await
}

async fn withheld_number(stage: Stage) -> Play {
    call_from_is_taken(stage, "anonymous").await
}

async fn number_full_of_markup(stage: Stage) -> Play {
    call_from_is_taken(stage, "</Say><Hangup/>&amp;\"' ☎ %00 ]]>").await
}

async fn two_callers(stage: Stage) -> Play {
    let scene = stage.open();
    let first = scene.call();
    let phones = scene.all_ring().await?;
    let second = scene.call();
    scene.stays("both callers hear ringing", QUIET, || hears_ringing(&first) && hears_ringing(&second)).await?;

    scene.accept(&phones[0]).await?;
    let joined = || talk(&first, &phones[0]) || talk(&second, &phones[0]);
    scene.until("a caller is joined to phone 1", scene.soon() * 2, joined).await?;
    let waiting = if talks(&first) { &second } else { &first };
    let free = || scene.ringing().iter().any(|phone| phone.number() != phones[0].number());
    scene.until("another phone rings for the caller who waits", scene.soon() * 2, free).await?;
    let Some(next) = scene.ringing().into_iter().find(|phone| phone.number() != phones[0].number()) else {
        return Err(broken("expected: the other phone goes on ringing"));
    };
    scene.join(waiting, &next).await?;
    scene.stays("both talk", QUIET, || talks(&first) && talks(&second)).await?;
    first.hang_up();
    second.hang_up();
    Ok(())
}

async fn connections_fail_once(stage: Stage) -> Play {
    let scene = stage.faults(Faults { connect_failed: 1.0, ..Faults::none() }).open();
    let caller = scene.call();
    let phones = scene.all_ring().await?;
    scene.join(&caller, &phones[0]).await?;
    sleep(QUIET).await;
    caller.hang_up();
    scene.nobody_was_rung_twice()
}

async fn connection_breaks(stage: Stage) -> Play {
    let scene = stage.open();
    let caller = scene.call();
    scene.all_ring().await?;
    sleep(Duration::from_millis(300)).await;
    if scene.carrier.webhook_log().iter().all(|entry| entry.outcome.is_some()) {
        caller.hang_up();
        return Err(skipped("your server lets no webhook wait for its answer"));
    }
    scene.carrier.sever();
    scene.stays("the caller hears ringing", QUIET, || hears_ringing(&caller)).await?;
    let ringing = scene.at_least_ring(1).await?;
    scene.join(&caller, &ringing[0]).await?;
    caller.hang_up();
    Ok(())
}

async fn inbound_fails(stage: Stage) -> Play {
    let scene = stage.broken_voice_url().open();
    let caller = scene.call();
    let ringing = scene.at_least_ring(1).await?;
    scene.join(&caller, &ringing[0]).await?;
    caller.hang_up();
    Ok(())
}

async fn call_from_is_taken(stage: Stage, from: &str) -> Play {
    let scene = stage.open();
    let caller = scene.carrier.call(from, scene.house.target.line);
    let phones = scene.all_ring().await?;
    scene.join(&caller, &phones[0]).await?;
    caller.hang_up();
    Ok(())
}
