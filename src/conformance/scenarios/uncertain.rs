//! Orders to dial of which nobody knows whether they were carried out. A careful server takes those phones for ringing as
//! long as they might ring, and dials them for nobody else: so this comes last.

use super::{TWO_PHONES, scenarios};
use crate::{
    conformance::{report::Play, stage::Stage},
    simulator::RestFault,
};

scenarios! {
    "dialling-breaks-off" => dialling_breaks_off, TWO_PHONES,
        "If the carrier fails while it dials somebody (503, a broken connection), the others ring all the same";
}

async fn dialling_breaks_off(stage: Stage) -> Play {
    let faults = [RestFault::Server(503), RestFault::Reset];
    let count = faults.len().min(stage.known.phones - 1);
    let scene = stage.first_fail(&faults[..count]).open();
    let caller = scene.call();
    let phones = scene.at_least_ring(scene.known.phones - count).await?;
    scene.join(&caller, &phones[0]).await?;
    scene.nobody_was_rung_twice()?;
    caller.hang_up();
    Ok(())
}
