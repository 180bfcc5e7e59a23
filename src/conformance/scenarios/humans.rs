//! What picks up is not always somebody, and not everybody who picks up wants the call.

use std::time::Duration;

use super::{PATIENCE, TWO_PHONES, scenarios};
use crate::{
    conformance::{
        report::{Play, broken, skipped},
        scene::{Scene, talks},
        stage::Stage,
    },
    simulator::{Caller, Phone, RobotVerdict},
};

scenarios! {
    "mailbox-picks-up-first" => mailbox_picks_up_first, TWO_PHONES,
        "A mailbox that picks up is never joined and never stops the other phones";
    "fax-picks-up-first" => fax_picks_up_first, TWO_PHONES,
        "A fax machine is never joined and never stops the other phones";
    "call-screening-picks-up-first" => call_screening_picks_up_first, TWO_PHONES,
        "A phone's own call screening, of which the carrier's detection makes nothing, is never joined";
    "only-mailboxes" => only_mailboxes, PATIENCE,
        "If nothing but mailboxes picks up, the caller is told in words: never joined to one, never left";
    "picks-up-and-hangs-up" => picks_up_and_hangs_up, TWO_PHONES,
        "Somebody who picks up and hangs up again ends only their own leg: the others ring on";
    "declines" => declines, TWO_PHONES,
        "Somebody who pushes the call away ends only their own leg: the others ring on";
}

/// How long the others must ring on at least.
const RINGING_ON: Duration = Duration::from_secs(2);

async fn mailbox_picks_up_first(stage: Stage) -> Play {
    something_picks_up_first(stage.open(), Phone::let_mailbox_answer).await
}

async fn fax_picks_up_first(stage: Stage) -> Play {
    let scene = stage.open();
    let caller = scene.call();
    let phones = scene.all_ring().await?;
    if !phones[0].is_listened_to() {
        caller.hang_up();
        return Err(skipped("your server orders no detection, which alone tells a fax from a mailbox"));
    }
    others_ring_on(&scene, &caller, &phones, Phone::let_fax_answer).await
}

async fn call_screening_picks_up_first(stage: Stage) -> Play {
    let stage = stage.switches(|switches| switches.robot_verdict = RobotVerdict::Unknown);
    something_picks_up_first(stage.open(), Phone::let_robot_answer).await
}

async fn only_mailboxes(stage: Stage) -> Play {
    let scene = stage.open();
    let caller = scene.call();
    let phones = scene.all_ring().await?;
    for phone in &phones {
        phone.let_mailbox_answer();
    }
    // One who stays on the line until they give up may be waited for as long as a phone may ring.
    scene.until_told_and_over(&caller, scene.at_last() + scene.house.target.ring_for).await
}

async fn picks_up_and_hangs_up(stage: Stage) -> Play {
    let scene = stage.open();
    let caller = scene.call();
    let phones = scene.all_ring().await?;
    let hangs_up = |phone: &Phone| phone.answer() && phone.hang_up();
    others_ring_on(&scene, &caller, &phones, hangs_up).await
}

async fn declines(stage: Stage) -> Play {
    let scene = stage.open();
    let caller = scene.call();
    let phones = scene.all_ring().await?;
    others_ring_on(&scene, &caller, &phones, Phone::decline).await
}

async fn something_picks_up_first(scene: Scene, act: impl Fn(&Phone) -> bool) -> Play {
    let caller = scene.call();
    let phones = scene.all_ring().await?;
    others_ring_on(&scene, &caller, &phones, act).await
}

/// Something happens to the first phone; the others ring on, and the second has the call in the end.
async fn others_ring_on(scene: &Scene, caller: &Caller, phones: &[Phone], act: impl Fn(&Phone) -> bool) -> Play {
    let Some((first, others)) = phones.split_first() else { return Err(broken("expected: a phone rings")) };
    act(first);
    let ring_on = || others.iter().all(Phone::rings) && !talks(caller) && !caller.status().is_final();
    scene.stays("the other phones ring on for the caller", RINGING_ON, ring_on).await?;
    scene.join(caller, &others[0]).await?;
    if scene.talkers().contains(&first.name()) {
        return Err(broken(format!("expected: {} is never joined", first.name())));
    }
    caller.hang_up();
    Ok(())
}
