//! The carrier refuses, breaks, loses and repeats; the caller does not notice.

use std::time::Duration;

use tokio::time::sleep;

use super::{ONE_PHONE, TWO_PHONES, scenarios};
use crate::{
    conformance::{
        report::{Play, broken, skipped},
        scene::{Scene, talks},
        stage::Stage,
    },
    simulator::{Caller, Faults, RestFault},
};

scenarios! {
    "too-many-requests" => too_many_requests, TWO_PHONES,
        "If the carrier refuses to dial somebody for now (429), the others ring, and nobody is rung once it is over";
    "answer-to-dialling-is-lost" => answer_to_dialling_is_lost, TWO_PHONES,
        "A phone rings whose dialling the carrier never confirmed: it is not rung twice, and stops with the others";
    "nobody-can-be-dialled" => nobody_can_be_dialled, ONE_PHONE,
        "If the carrier refuses to dial anybody, the caller is told in words and not kept waiting";
    "room-is-full" => room_is_full, TWO_PHONES,
        "If the conference has no place for who accepted (16020), the call is given back or joined at a second try";
    "callbacks-late-and-twice" => callbacks_late_and_twice, TWO_PHONES,
        "Callbacks that come late, twice and out of order change nothing";
}

/// A caller need not wait for phones that cannot ring.
const KEPT_WAITING: Duration = Duration::from_secs(10);
const LATE: Duration = Duration::from_secs(1);
/// Requests that were refused for now are repeated within a few seconds.
const REPEATS: Duration = Duration::from_secs(4);
/// Whoever has waited long enough for a join that failed.
const SECOND_TRY: Duration = Duration::from_millis(1500);
const ROOM_IS_FULL: u32 = 16020;

async fn too_many_requests(stage: Stage) -> Play {
    let scene = stage.first_fail(&[RestFault::TooManyRequests]).open();
    let caller = scene.call();
    let phones = scene.at_least_ring(scene.known.phones - 1).await?;
    scene.join(&caller, &phones[0]).await?;
    caller.hang_up();
    // Repeating the order later must not ring anybody for a call that is over.
    let asked = scene.times_ordered();
    sleep(REPEATS).await;
    if scene.times_ordered() > asked {
        return Err(broken("expected: nobody is dialled any more once the caller has been joined and has left"));
    }
    scene.nobody_was_rung_twice()
}

async fn answer_to_dialling_is_lost(stage: Stage) -> Play {
    let scene = stage.first_fail(&[RestFault::AnswerLost]).open();
    let caller = scene.call();
    let phones = scene.all_ring().await?;
    let Some(other) = phones.iter().find(|phone| phone.name() != "phone 1") else {
        return Err(broken("expected: another phone rings too"));
    };
    scene.join(&caller, other).await?;
    let others: Vec<_> = phones.iter().filter(|phone| phone.number() != other.number()).cloned().collect();
    scene.until_idle(&others, scene.soon() * 2).await?;
    scene.nobody_was_rung_twice()?;
    caller.hang_up();
    Ok(())
}

async fn nobody_can_be_dialled(stage: Stage) -> Play {
    let scene = stage.all_fail(RestFault::BadNumber).open();
    let caller = scene.call();
    scene.until_told_and_over(&caller, KEPT_WAITING + scene.soon()).await
}

async fn room_is_full(stage: Stage) -> Play {
    let scene = stage.open();
    let caller = scene.call();
    let phones = scene.all_ring().await?;
    scene.carrier.refuse_next_participant();
    scene.accept(&phones[0]).await?;
    let refused = || scene.carrier.warnings().iter().any(|warning| warning.code == ROOM_IS_FULL);
    scene.until("the one who accepted is joined, or refused", scene.soon() * 2, || refused() || talks(&caller)).await?;
    if !refused() {
        caller.hang_up();
        return Err(skipped("your server joins nobody in a conference"));
    }
    sleep(SECOND_TRY).await;
    somebody_is_joined(&scene, &caller).await?;
    caller.hang_up();
    Ok(())
}

async fn callbacks_late_and_twice(stage: Stage) -> Play {
    let faults = Faults { callback_twice: 1.0, callback_late: 1.0, callback_delay: LATE, ..Faults::none() };
    let scene = stage.faults(faults).open();
    let caller = scene.call();
    let phones = scene.all_ring().await?;
    let dialled = scene.times_dialled();
    scene.join(&caller, &phones[0]).await?;
    scene.until_idle(&phones[1..], scene.soon()).await?;
    scene.stays("they talk", LATE * 2, || talks(&caller)).await?;
    scene.nobody_was_rung_twice()?;
    caller.hang_up();
    sleep(LATE).await;
    scene.nobody_is_rung_since(dialled).await
}

/// Either the first try was repeated, or phones ring again and somebody accepts there.
async fn somebody_is_joined(scene: &Scene, caller: &Caller) -> Play {
    let goes_on = || talks(caller) || !scene.ringing().is_empty();
    scene.until("the caller is joined after all, or a phone rings again", scene.soon() * 2, goes_on).await?;
    match scene.ringing().first() {
        Some(phone) if !talks(caller) => scene.join(caller, phone).await,
        _ => scene.until("the caller talks", scene.soon(), || talks(caller)).await,
    }
}
