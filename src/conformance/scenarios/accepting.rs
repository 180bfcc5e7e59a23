//! Phones ring, somebody accepts, and is the only one.

use std::time::Duration;

use tokio::time::sleep;

use super::{ONE_PHONE, TWO_PHONES, scenarios};
use crate::conformance::{
    report::{Play, broken, skipped},
    scene::{QUIET, hears_ringing, talk, talks},
    stage::Stage,
};

scenarios! {
    "all-phones-ring" => all_phones_ring, TWO_PHONES,
        "Everybody's phone rings at once, and until somebody accepts the caller hears ringing";
    "first-human-has-the-call" => first_human_has_the_call, ONE_PHONE,
        "The first human who accepts is joined with the caller, and both hear each other";
    "others-stop-ringing" => others_stop_ringing, TWO_PHONES,
        "When the call is taken, every other phone stops ringing";
    "two-accept-at-once" => two_accept_at_once, TWO_PHONES,
        "However many accept in the same instant, one is joined, and the others are told so in words";
    "picked-up-as-it-is-taken" => picked_up_as_it_is_taken, TWO_PHONES,
        "Who picks up in the moment in which somebody else takes the call is told so in words";
    "member-ends-the-talk" => member_ends_the_talk, ONE_PHONE,
        "When the member hangs up, the caller's call ends too: nobody is left in silence";
    "caller-ends-the-talk" => caller_ends_the_talk, ONE_PHONE,
        "When the caller hangs up, the member's call ends too";
    "winner-drops" => winner_drops, TWO_PHONES,
        "Who accepts and is gone before both are joined gives the call back: phones ring again";
}

/// The carrier reports the start of a talk; who hangs up before that may count as never joined.
const IN_TALK: Duration = Duration::from_millis(700);
/// A moment that a quick server leaves hardly any time for is tried as often.
const TRIES: u32 = 5;

async fn all_phones_ring(stage: Stage) -> Play {
    let scene = stage.open();
    let caller = scene.call();
    scene.all_ring().await?;
    scene.stays("the caller hears ringing", QUIET, || hears_ringing(&caller)).await?;
    caller.hang_up();
    Ok(())
}

async fn first_human_has_the_call(stage: Stage) -> Play {
    let scene = stage.open();
    let caller = scene.call();
    let phones = scene.all_ring().await?;
    scene.join(&caller, &phones[0]).await?;
    scene.stays("they talk", QUIET, || talk(&caller, &phones[0])).await?;
    caller.hang_up();
    Ok(())
}

async fn others_stop_ringing(stage: Stage) -> Play {
    let scene = stage.open();
    let caller = scene.call();
    let phones = scene.all_ring().await?;
    let dialled = scene.times_dialled();
    scene.join(&caller, &phones[1]).await?;
    let others: Vec<_> = phones.iter().filter(|phone| phone.number() != phones[1].number()).cloned().collect();
    scene.until_idle(&others, scene.soon()).await?;
    scene.nobody_is_rung_since(dialled).await?;
    caller.hang_up();
    Ok(())
}

async fn two_accept_at_once(stage: Stage) -> Play {
    let scene = stage.open();
    let caller = scene.call();
    let phones = scene.all_ring().await?;
    let [one, other] = [&phones[0], &phones[1]];
    let (first, second) = tokio::join!(scene.pick_up(one), scene.pick_up(other));
    first.and(second)?;
    let accepted = scene.now();
    let (first, second) = tokio::join!(scene.confirm(one), scene.confirm(other));
    first.and(second)?;

    let joined = || talk(&caller, one) || talk(&caller, other);
    scene.until("the caller talks with one of them", scene.soon() * 2, joined).await?;
    let loser = if talk(&caller, one) { other } else { one };
    scene.until_told_off(loser, accepted).await?;
    scene.stays("the one who has the call keeps it", QUIET, joined).await?;
    if scene.talkers().contains(&loser.name()) {
        return Err(broken(format!("expected: {} is never joined", loser.name())));
    }
    caller.hang_up();
    Ok(())
}

async fn picked_up_as_it_is_taken(stage: Stage) -> Play {
    let scene = stage.open();
    for _ in 0..TRIES {
        let caller = scene.call();
        let phones = scene.all_ring().await?;
        scene.pick_up(&phones[0]).await?;
        let accepted = scene.now();
        scene.confirm(&phones[0]).await?;
        if phones[1].answer() {
            scene.until_told_off(&phones[1], accepted).await?;
            scene.until_talk(&caller, &phones[0]).await?;
            caller.hang_up();
            return Ok(());
        }
        caller.hang_up();
        scene.until_idle(&phones, scene.soon() * 2).await?;
    }
    Err(skipped("your server was quicker than the hand at the other phone"))
}

async fn member_ends_the_talk(stage: Stage) -> Play {
    let scene = stage.open();
    let caller = scene.call();
    let phones = scene.all_ring().await?;
    let dialled = scene.times_dialled();
    scene.join(&caller, &phones[0]).await?;
    sleep(IN_TALK).await;
    phones[0].hang_up();
    scene.until("the caller's call ends", scene.soon(), || caller.status().is_final()).await?;
    scene.nobody_is_rung_since(dialled).await
}

async fn caller_ends_the_talk(stage: Stage) -> Play {
    let scene = stage.open();
    let caller = scene.call();
    let phones = scene.all_ring().await?;
    let dialled = scene.times_dialled();
    scene.join(&caller, &phones[0]).await?;
    sleep(IN_TALK).await;
    caller.hang_up();
    scene.until_idle(&phones[..1], scene.soon()).await?;
    scene.nobody_is_rung_since(dialled).await
}

async fn winner_drops(stage: Stage) -> Play {
    let scene = stage.open();
    let mut tries = 1;
    let (caller, phones) = loop {
        let caller = scene.call();
        let phones = scene.all_ring().await?;
        scene.accept(&phones[0]).await?;
        if !talks(&caller) {
            break (caller, phones);
        }
        if tries == TRIES {
            return Err(skipped("your server joins both before the one who accepted can hang up"));
        }
        tries += 1;
        caller.hang_up();
        scene.until_idle(&phones, scene.soon() * 2).await?;
    };
    phones[0].hang_up();
    // The others of the first round may still be stopping.
    sleep(Duration::from_secs(1)).await;
    let someone = || !scene.ringing().is_empty();
    scene.until("a phone rings again, for the caller waits", scene.soon(), someone).await?;
    if !hears_ringing(&caller) {
        return Err(broken(format!("expected: the caller goes on hearing ringing, not {:?}", caller.hears())));
    }
    let Some(next) = scene.ringing().pop() else { return Err(broken("expected: the phone goes on ringing")) };
    scene.join(&caller, &next).await?;
    caller.hang_up();
    Ok(())
}
