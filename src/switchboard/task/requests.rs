//! What a call asks of the carrier, and of the user's own addresses: each request is a task, whose answer comes back as an
//! event.

use std::{sync::Arc, time::Duration};

use ringall_core::{
    call::{Call, Dialled, Event, Redirected, Standing, Told},
    id::{CallSid, InquiryId, LegId, LookId, RoundId},
    phone::PhoneNumber,
    screen::Screen,
};
use tracing::{debug, error, warn};

use super::CallTask;
use crate::{
    carrier::{CallStatus, CarrierError, CreateCall, CreatedCall, Detection, End},
    switchboard::{Shared, live_call::LiveCall, round::Round, shown::create_call},
};

/// A leg that was picked up this very moment cannot be redirected yet (carrier contract §5, 21220).
const ANSWER_SETTLES: Duration = Duration::from_millis(300);
/// How often a leg is sent to its last words before it is ended without them.
const MOST_TELLS: u8 = 3;

impl CallTask {
    pub(super) fn dial(&mut self, call: &Call, leg: LegId, round: RoundId, phone: PhoneNumber, ring_for: Duration) {
        let Some(present) = self.live.present_round().filter(|present| present.id == round) else {
            self.results.push_back(Event::Dialled { leg, result: Dialled::Refused });
            return;
        };
        if !self.may_dial(call, round) {
            self.results.push_back(Event::Dialled { leg, result: Dialled::Refused });
            return;
        }
        if let Some(group) = call.group_of(leg) {
            present.expect(leg, group);
        }
        self.unreported.insert(Some(leg), call.name_of(leg));
        let order = self.order(leg, &present, phone, ring_for);
        let show = present.group_of(leg).show;
        let (live, carrier, shared) = (self.live.clone(), self.shared.outbound.carrier(), self.shared.clone());
        self.shared.outbound.dial(async move {
            // The lane may have been long, and the carrier may have to be asked again: nobody is dialled for a round that
            // is decided.
            let is_wanted = || present.race.claim().peek(leg).is_none();
            let result = if is_wanted() {
                dialled(create_call(&*carrier, order, show, &live, &is_wanted).await, leg, &shared)
            } else {
                Dialled::Refused
            };
            live.tell(Event::Dialled { leg, result });
        });
    }

    fn order(&self, leg: LegId, round: &Round, phone: PhoneNumber, ring_for: Duration) -> CreateCall {
        let (urls, sid, line) = (&self.shared.urls, self.live.sid(), self.live.line());
        let group = round.group_of(leg);
        let detection = group.screen.wants_detection().then(|| Detection {
            async_callback: (group.screen == Screen::AmdAndKey).then(|| urls.leg_verdict(sid, round.id, leg)),
            tuning: line.detection.get(&group.name).cloned().unwrap_or_default(),
        });
        CreateCall {
            to: phone,
            from: line.number,
            call_token: None,
            url: urls.leg(sid, round.id, leg),
            fallback_url: urls.leg_fallback(sid, round.id, leg),
            status_callback: urls.leg_status(sid, round.id, leg),
            timeout: ring_for,
            detection,
        }
    }

    pub(super) fn end_leg(&self, leg: LegId, sid: CallSid, how: End) {
        let (live, carrier) = (self.live.clone(), self.shared.outbound.carrier());
        let has_the_call =
            move |live: &LiveCall| live.present_round().is_some_and(|round| round.race.claim().holder() == Some(leg));
        let had_it_before = has_the_call(&live);
        self.shared.outbound.urgent(async move {
            // Whoever accepts while the carrier does not listen is not cut off by our asking again.
            let is_wanted = || had_it_before || !has_the_call(&live);
            let standing = match carrier.end_call(sid, how, &is_wanted).await {
                Ok(status) => standing_of(Some(status)),
                Err(error) => {
                    warn!(leg.id = %leg, %error, "a leg cannot be ended now; it is tried again");
                    Standing::Unclear
                }
            };
            live.tell(Event::LegLookedUp { leg, standing });
        });
    }

    pub(super) fn tell_leg(&self, leg: LegId, sid: CallSid, why: Told) {
        let url = self.shared.urls.leg_told(self.live.sid(), leg, why);
        let (live, carrier) = (self.live.clone(), self.shared.outbound.carrier());
        self.shared.outbound.urgent(async move {
            // Who presses a key at the last moment has the call, and must not be torn out of it by a repetition.
            let has_it = || {
                let holder = live.present_round().and_then(|round| round.race.claim().holder());
                why == Told::NotAccepted && holder == Some(leg)
            };
            let is_wanted = || !has_it();
            let mut told = carrier.redirect_call(sid.clone(), url.clone(), &is_wanted).await;
            let mut tries = 1;
            // To hear the words from their beginning once more hurts nobody; not to hear them does.
            while let Err(CarrierError::NotInState | CarrierError::AnswerLost(_)) = told
                && tries < MOST_TELLS
                && !has_it()
            {
                tries += 1;
                tokio::time::sleep(ANSWER_SETTLES).await;
                if has_it() {
                    return;
                }
                told = carrier.redirect_call(sid.clone(), url.clone(), &is_wanted).await;
            }
            if let Err(error) = told
                && !has_it()
            {
                debug!(leg.id = %leg, %error, "a leg cannot be told; it is ended");
                live.tell(Event::LegRedirectFailed { leg });
            }
        });
    }

    pub(super) fn look_up_leg(&self, leg: LegId, sid: CallSid) {
        let (live, carrier) = (self.live.clone(), self.shared.outbound.carrier());
        self.shared.outbound.urgent(async move {
            let standing = carrier.look_up_call(sid).await.map_or(Standing::Unclear, standing_of);
            live.tell(Event::LegLookedUp { leg, standing });
        });
    }

    pub(super) fn look_up_caller(&self) {
        let (live, carrier) = (self.live.clone(), self.shared.outbound.carrier());
        self.shared.outbound.urgent(async move {
            let standing = carrier.look_up_call(live.sid().clone()).await.map_or(Standing::Unclear, standing_of);
            live.tell(Event::CallerLookedUp(standing));
        });
    }

    pub(super) fn end_caller(&self) {
        let (live, carrier) = (self.live.clone(), self.shared.outbound.carrier());
        self.shared.outbound.urgent(async move {
            let ended = carrier.end_call(live.sid().clone(), End::AtOnce, &|| true).await;
            let standing = ended.map_or(Standing::Unclear, |status| standing_of(Some(status)));
            live.tell(Event::CallerLookedUp(standing));
        });
    }

    pub(super) fn redirect_caller(&self) {
        let url = self.shared.urls.caller_now(self.live.sid());
        let (live, carrier) = (self.live.clone(), self.shared.outbound.carrier());
        let here = self.live.here();
        self.shared.outbound.urgent(async move {
            // Whoever has asked meanwhile may be in a talk by the time the carrier listens again.
            let is_wanted = || live.here() == here;
            if !is_wanted() {
                return;
            }
            let redirected = match carrier.redirect_call(live.sid().clone(), url, &is_wanted).await {
                Ok(()) => Redirected::Done,
                Err(CarrierError::NotInState | CarrierError::Unknown) => Redirected::NotInState,
                Err(error) => {
                    warn!(%error, "the caller cannot be redirected now; it is tried again");
                    Redirected::Failed
                }
            };
            live.tell(Event::CallerRedirected(redirected));
        });
    }

    pub(super) fn inquire(&mut self, inquiry: InquiryId, lookup: Arc<str>) {
        let question = self.live.question();
        if let Some(answer) = self.shared.lookups.remembered(&lookup, &question) {
            self.results.push_back(Event::InquiryAnswered { inquiry, answer });
            return;
        }
        let (live, lookups) = (self.live.clone(), self.shared.lookups.clone());
        self.shared.tasks.spawn("lookup", async move {
            let answer = lookups.ask(&lookup, &question).await;
            live.tell(Event::InquiryAnswered { inquiry, answer });
        });
    }

    pub(super) fn record_caller(&self) {
        let (live, carrier, report_to) =
            (self.live.clone(), self.shared.outbound.carrier(), self.shared.urls.talk_report(self.live.sid()));
        self.shared.outbound.urgent(async move {
            if let Err(error) = carrier.record_call(live.sid().clone(), report_to).await {
                error!(%error, "a talk is not recorded although it should be; it goes on");
            }
        });
    }

    pub(super) fn look_up_room(&self, look: LookId) {
        let (live, carrier) = (self.live.clone(), self.shared.outbound.carrier());
        self.shared.outbound.urgent(async move {
            let present = carrier.look_up_room(live.room().to_string()).await.ok();
            live.tell(Event::RoomLookedUp { look, present });
        });
    }
}

fn dialled(result: Result<CreatedCall, CarrierError>, leg: LegId, shared: &Shared) -> Dialled {
    match result {
        Ok(created) => Dialled::Accepted { sid: created.sid, queue_time: created.queue_time },
        Err(CarrierError::AnswerLost(why)) => {
            warn!(leg.id = %leg, why, "the carrier's answer to a dial is lost; the phone may ring, and is not dialled twice");
            Dialled::AnswerLost
        }
        Err(CarrierError::Configuration { code, message }) => {
            shared.complain(code, &message);
            Dialled::Refused
        }
        Err(error) => {
            warn!(leg.id = %leg, %error, "a phone cannot be dialled; the others ring on");
            Dialled::Refused
        }
    }
}

/// `None` is a leg that the carrier does not know.
fn standing_of(status: Option<CallStatus>) -> Standing {
    match status {
        None => Standing::Over,
        Some(status) if status.is_final() => Standing::Over,
        Some(CallStatus::InProgress) => Standing::Up,
        Some(_) => Standing::Unanswered,
    }
}

impl Shared {
    fn complain(&self, code: u32, message: &str) {
        self.complaints.about(self.clock.now(), code, message);
    }
}
