//! Webhooks that mean nothing.

use ringall_core::{
    call::{Dialled, Event, LegEnd, LegNews, Redirected, RoomNews, Standing},
    id::{CallSid, LegId, RoundId},
};

use crate::model::world::World;

impl World {
    pub(crate) fn noise(&mut self, call: usize) {
        let stranger: CallSid = "CAstranger".parse().expect("a sid");
        let far: LegId = "4000".parse().expect("a leg");
        let near = LegId::FIRST;
        let round = if self.rng.bool() { RoundId::FIRST } else { "900".parse().expect("a round") };
        let news =
            [LegNews::Answered, LegNews::Declined, LegNews::Ended(LegEnd::Busy), LegNews::Rings, LegNews::ToldWhy];
        let news = news[self.rng.usize(0..news.len())];
        let event = match self.rng.u32(0..9) {
            0 => Event::FromLeg { leg: far, sid: stranger, news },
            1 => Event::ClaimClosed { round: "900".parse().expect("a round") },
            2 => Event::Dialled { leg: far, result: Dialled::AnswerLost },
            3 => Event::Room(RoomNews::Joined(stranger)),
            4 => Event::Room(RoomNews::Left(stranger)),
            5 => Event::DeadlineReached,
            6 => Event::LegLookedUp { leg: if self.rng.bool() { near } else { far }, standing: Standing::Unclear },
            7 => Event::CallerRedirected(Redirected::Done),
            _ => Event::PeopleGranted { round, phones: Vec::new() },
        };
        if self.calls[call].machine.is_some() {
            self.tell(call, event);
        }
    }
}
