//! Who comes and goes, talks and rests.

use super::{Grant, LeasedTalk, Presence, Roster};
use crate::{
    flow::{Order, QueueRefusal},
    id::CallSid,
    phone::PhoneNumber,
    time::Timestamp,
};

impl Roster {
    pub(super) fn on_presence(&mut self, phone: PhoneNumber, presence: Presence) -> Vec<Grant> {
        if presence == Presence::Available {
            self.away.remove(&phone);
            return self.offer([phone]);
        }
        if !self.away.insert(phone) {
            return Vec::new();
        }
        let mut told = Vec::new();
        for (call, seeker) in &mut self.seekers {
            let wishes = seeker.wishes.len();
            // Who stands in line waits for them to come back, if there is anybody else.
            seeker.wishes.retain(|wish| seeker.one || wish.phone != phone);
            if seeker.wishes.len() < wishes {
                told.push(Grant { away: vec![phone], ..Grant::of(call.clone(), seeker.round, Vec::new()) });
            }
        }
        self.seekers.retain(|_, seeker| seeker.one || !seeker.wishes.is_empty());
        for (call, round) in self.lines.without_anybody(|phone| !self.away.contains(&phone)) {
            // Whose phone rings for a caller may still take the call; that caller asks again if they do not.
            if self.seekers.remove(&call).is_some() {
                self.lines.leave(&call);
                let refused = Some(QueueRefusal::NobodyOnDuty);
                told.push(Grant { refused, ..Grant::of(call, round, Vec::new()) });
            }
        }
        told
    }

    pub(super) fn on_talks(&mut self, call: CallSid, phone: PhoneNumber, talk: LeasedTalk) {
        let leases = self.leases.entry(phone).or_default();
        let is_late = !leases.contains_key(&call);
        leases.entry(call).or_default().talk = Some(LeasedTalk { is_late, ..talk });
    }

    pub(super) fn on_talk_was_none(&mut self, now: Timestamp, call: &CallSid) -> Vec<Grant> {
        let leases = self.leases.iter_mut().filter_map(|(phone, leases)| Some((*phone, leases.get_mut(call)?)));
        let talks: Vec<_> = leases.filter_map(|(phone, lease)| Some((phone, lease.talk.take()?))).collect();
        let late = talks.into_iter().filter(|(_, talk)| talk.is_late).map(|(phone, _)| phone);
        let late: Vec<_> = late.inspect(|phone| self.end_lease(now, *phone, call)).collect();
        self.offer(late)
    }

    pub(super) fn on_talk_over(&mut self, now: Timestamp, phone: PhoneNumber, talk: LeasedTalk) {
        self.talked_at.insert(phone, now);
        if !talk.wrap_up.is_zero() {
            let until = self.resting.entry(phone).or_insert(now);
            *until = (*until).max(now + talk.wrap_up);
        }
        if let Some(queue) = talk.queue {
            self.lines.measure(queue, now.since(talk.since) + talk.wrap_up);
        }
    }

    /// Who is idle longest first, if that is wanted; the order is kept otherwise.
    pub(super) fn sort(&self, phones: &mut [PhoneNumber], order: Order) {
        match order {
            Order::AsWritten => {}
            Order::LongestIdle => phones.sort_by_key(|phone| self.talked_at.get(phone).copied()),
        }
    }
}
