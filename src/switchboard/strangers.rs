//! Members who accepted a call under an earlier process and wait in its conference for a caller who will never be sent
//! there. The new process has a conference of its own for the call (`room.rs`), so they disturb nobody; but they wait in
//! silence, and are led to the words that say why.

use std::{sync::Arc, time::Duration};

use ringall_core::id::CallSid;
use tracing::{debug, info, warn};

use super::{Shared, Switchboard};
use crate::{
    carrier::{Carrier, CarrierError, End},
    room::Room,
};

/// The pauses before the looks: somebody may still hear a whisper on their way in, and the carrier lists a fresh conference
/// late (carrier contract §3.4).
const PAUSES: [Duration; 4] = [Duration::ZERO, Duration::from_secs(2), Duration::from_secs(8), Duration::from_secs(25)];

impl Switchboard {
    /// Somebody may be in this conference, which no process knows any more.
    pub fn look_for_strangers(&self, room: Room) {
        self.0.look_for_strangers(room);
    }
}

impl Shared {
    pub(super) fn look_for_strangers(self: &Arc<Self>, room: Room) {
        let shared = self.clone();
        self.tasks.spawn("look for strangers", async move {
            for pause in PAUSES {
                tokio::time::sleep(pause).await;
                let (carrier, room) = (shared.outbound.carrier(), room.clone());
                let told = shared.urls.stranger_told(room.call());
                shared.outbound.patient(async move { lead_out(&*carrier, &room, &told).await });
            }
        });
    }
}

/// Leads everybody out of a conference, unless its caller is there after all: then they talk, and what brought us here was
/// a request that came late or twice.
async fn lead_out(carrier: &dyn Carrier, room: &Room, told: &str) {
    let call = room.call();
    let present = match carrier.look_up_everybody(room.to_string()).await {
        Ok(present) => present,
        Err(error) => {
            warn!(call.id = %call, %error, "the carrier cannot be asked who waits in the conference of an earlier process");
            return;
        }
    };
    if present.contains(call) {
        return;
    }
    for leg in present {
        lead_one_out(carrier, call, leg, told).await;
    }
}

async fn lead_one_out(carrier: &dyn Carrier, call: &CallSid, leg: CallSid, told: &str) {
    match carrier.redirect_call(leg.clone(), told.to_owned(), &|| true).await {
        Ok(()) => {
            info!(call.id = %call, leg.sid = %leg, "who waited for a caller since before this program began is told");
        }
        // The next look tells; they may hear the words already.
        Err(CarrierError::AnswerLost(why)) => debug!(leg.sid = %leg, why, "whether a waiting leg is told is not known"),
        Err(error) => {
            warn!(call.id = %call, leg.sid = %leg, %error, "who waits since before this program began cannot be told; the leg is ended");
            let _ = carrier.end_call(leg, End::AtOnce, &|| true).await;
        }
    }
}
