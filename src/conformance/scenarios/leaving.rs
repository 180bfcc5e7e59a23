//! The caller hangs up, and no phone is left ringing.

use std::time::Duration;

use tokio::time::sleep;

use super::{ONE_PHONE, scenarios};
use crate::{
    conformance::{report::Play, scene::Scene, stage::Stage},
    simulator::{Faults, RestFault},
};

scenarios! {
    "caller-gives-up" => caller_gives_up, ONE_PHONE,
        "When the caller gives up, every phone stops ringing";
    "caller-gives-up-while-dialling" => caller_gives_up_while_dialling, ONE_PHONE,
        "A phone whose dialling is still under way when the caller gives up does not ring on";
    "caller-gives-up-as-it-is-accepted" => caller_gives_up_as_it_is_accepted, ONE_PHONE,
        "Who accepts in the moment in which the caller hangs up is told so in words";
    "ending-fails-at-first" => ending_fails_at_first, ONE_PHONE,
        "If the carrier does not carry out the end of a leg, it is asked again until the phone stops";
}

/// How long answers of the REST API are under way at the most.
const SLOW_ANSWERS: Duration = Duration::from_secs(2);
/// Requests that fail are repeated after a while.
const REPEATS: Duration = Duration::from_secs(8);

async fn caller_gives_up(stage: Stage) -> Play {
    let scene = stage.open();
    let caller = scene.call();
    let phones = scene.all_ring().await?;
    let dialled = scene.times_dialled();
    caller.hang_up();
    scene.until_idle(&phones, scene.soon()).await?;
    scene.nobody_is_rung_since(dialled).await
}

async fn caller_gives_up_while_dialling(stage: Stage) -> Play {
    let scene = stage.faults(Faults { rest_delay: SLOW_ANSWERS, ..Faults::none() }).open();
    let caller = scene.call();
    scene.until("a phone is dialled", scene.soon(), || !scene.carrier.newcomers().is_empty()).await?;
    caller.hang_up();
    sleep(SLOW_ANSWERS).await;
    let dialled = scene.times_dialled();
    nobody_rings(&scene, scene.soon()).await?;
    scene.nobody_is_rung_since(dialled).await
}

async fn caller_gives_up_as_it_is_accepted(stage: Stage) -> Play {
    let scene = stage.open();
    let caller = scene.call();
    let phones = scene.all_ring().await?;
    scene.accept(&phones[0]).await?;
    let left = scene.now();
    caller.hang_up();
    scene.until_told_off(&phones[0], left).await?;
    nobody_rings(&scene, scene.soon()).await
}

async fn ending_fails_at_first(stage: Stage) -> Play {
    let scene = stage.open();
    let caller = scene.call();
    scene.all_ring().await?;
    for fault in [RestFault::Server(503), RestFault::Reset, RestFault::TooManyRequests] {
        scene.carrier.fail_next_rest(fault);
    }
    caller.hang_up();
    nobody_rings(&scene, scene.soon() + REPEATS).await
}

async fn nobody_rings(scene: &Scene, within: Duration) -> Play {
    scene.until_idle(&scene.carrier.newcomers(), within).await
}
