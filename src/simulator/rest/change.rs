//! Changing a call: cancel, complete, redirect (carrier contract §5).

use http::StatusCode;

use super::{
    super::{
        error::ApiError,
        faults,
        form::{self, Form},
        hearing::EndedBy,
        leg::{Kind, LegKey, Status},
        switches::CompletedUnanswered,
        world::{Errand, World},
    },
    Answer,
    create::{link, source},
};

impl World {
    pub(super) fn change_call(&mut self, sid: &str, form: &Form) -> Answer {
        let key = self.leg_by_sid(sid).ok_or_else(|| ApiError::not_found(sid))?;
        match form::first(form, "Status") {
            Some("canceled") => self.cancel(key)?,
            Some("completed") => self.complete(key)?,
            Some(other) => return Err(ApiError::bad(20422, format!("Invalid Status: {other}"))),
            None => self.redirect(key, form)?,
        }
        Ok((StatusCode::OK, self.call_resource(key, 0)))
    }

    /// Ends a leg that nobody has answered; one that is answered stays as it is.
    fn cancel(&mut self, key: LegKey) -> Result<(), ApiError> {
        self.refuse_if_ended(key)?;
        if matches!(self.leg(key).kind, Kind::Child(_)) {
            return Ok(());
        }
        let most = self.settings.faults.cancel_delay;
        let delay = faults::delay(&mut self.leg_mut(key).rng, most);
        if delay.is_zero() {
            self.cancel_now(key);
        } else {
            self.errands.push(Errand::CancelLater(key, delay));
        }
        Ok(())
    }

    /// Cancels a leg, unless it is answered by now.
    pub(in super::super) fn cancel_now(&mut self, key: LegKey) {
        if !self.leg(key).is_answered() {
            self.end(key, Status::Canceled, EndedBy::Api);
        }
    }

    fn complete(&mut self, key: LegKey) -> Result<(), ApiError> {
        self.refuse_if_ended(key)?;
        let unanswered = match self.settings.switches.completed_unanswered {
            CompletedUnanswered::Canceled => Status::Canceled,
            CompletedUnanswered::NoAnswer => Status::NoAnswer,
            CompletedUnanswered::Completed => Status::Completed,
        };
        let status = if self.leg(key).is_answered() { Status::Completed } else { unanswered };
        self.end(key, status, EndedBy::Api);
        Ok(())
    }

    fn redirect(&mut self, key: LegKey, form: &Form) -> Result<(), ApiError> {
        let source = source(form)?;
        let fallback = link(form, "FallbackUrl", "FallbackMethod", 21205)?;
        let callback = link(form, "StatusCallback", "StatusCallbackMethod", 21609)?;
        if source.is_some() {
            let settles = self.settings.switches.settles_after_answer;
            let since = self.leg(key).answered_at.filter(|_| self.leg(key).is_answered());
            if since.is_none_or(|answer| self.now < answer + settles) {
                return Err(ApiError::not_in_state());
            }
        }
        let leg = self.leg_mut(key);
        leg.order.fallback = fallback.or(leg.order.fallback.take());
        leg.order.callback = callback.or(leg.order.callback.take());
        leg.redirect = source.or(leg.redirect.take());
        Ok(())
    }

    fn refuse_if_ended(&self, key: LegKey) -> Result<(), ApiError> {
        let refuses = self.settings.switches.refuses_change_of_ended && !self.leg(key).is_live();
        if refuses { Err(ApiError::not_in_state()) } else { Ok(()) }
    }
}
