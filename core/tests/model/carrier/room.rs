//! The model's conferences.

use ringall_core::{
    call::{Asked, Event, LegEnd, LegNews, RoomNews},
    id::CallSid,
};

use super::HOP_MS;
use crate::model::world::{CallerAct, CallerDoes, LegAct, LegIs, Who, World};

impl World {
    pub(super) fn goes_in(&mut self, call: usize, who: Who) {
        let full = self.calls[call].room.len() >= 2;
        if full || self.happens(self.trouble().room_refuses) {
            self.say(|| format!("{} {who:?} is refused by the room", self.calls[call].sid));
            let says_so = self.rng.bool();
            return self.falls_out(call, who, if says_so { LegNews::NotLetIn } else { LegNews::DialEnded });
        }
        match who {
            Who::Caller => {
                self.caller_does(call, CallerDoes::InRoom);
                self.calls[call].caller.was_in_room = true;
            }
            Who::Leg(leg) => {
                self.leg_is(leg, LegIs::InRoom);
                self.legs[leg].was_in_room = true;
            }
        }
        self.calls[call].room.push(who);
        self.room_news(call, who, RoomNews::Joined);
        if self.calls[call].room.len() == 2 {
            self.room_starts(call);
        }
    }

    fn room_starts(&mut self, call: usize) {
        self.calls[call].room_started = true;
        self.call_back(call, &Event::Room(RoomNews::Started));
        self.watch_bridge(call);
        let room = self.calls[call].room.clone();
        if room.contains(&Who::Caller) {
            self.calls[call].caller.talked = true;
            self.calls[call].waits_since = None;
            let talk = if self.happens(0.1) { self.rng.u64(0..900_000) } else { self.rng.u64(0..20_000) };
            if self.rng.bool() {
                self.caller_will(call, talk, CallerAct::TalksEnough);
            } else if let Some(Who::Leg(leg)) = room.into_iter().find(|who| *who != Who::Caller) {
                self.leg_will(leg, talk, LegAct::HangsUp);
            }
        }
    }

    /// Somebody leaves, which ends the conference for everybody.
    pub(crate) fn goes_out(&mut self, call: usize, who: Who) {
        let room = &mut self.calls[call].room;
        let Some(at) = room.iter().position(|it| *it == who) else { return };
        room.remove(at);
        let others = std::mem::take(room);
        self.calls[call].room_started = false;
        self.room_news(call, who, RoomNews::Left);
        for other in others {
            self.room_news(call, other, RoomNews::Left);
            self.falls_out(call, other, LegNews::DialEnded);
        }
        self.call_back(call, &Event::Room(RoomNews::Ended));
    }

    fn room_news(&mut self, call: usize, who: Who, news: fn(CallSid) -> RoomNews) {
        let sid = match who {
            Who::Caller => self.calls[call].sid.clone(),
            Who::Leg(leg) => self.legs[leg].sid.clone(),
        };
        self.call_back(call, &Event::Room(news(sid)));
    }

    /// Somebody is out of the room, and goes on with the document after it.
    fn falls_out(&mut self, call: usize, who: Who, news: LegNews) {
        match who {
            Who::Caller => {
                self.caller_does(call, CallerDoes::GoesIn);
                self.caller_will(call, HOP_MS, CallerAct::Asks(Asked::DialEnded));
            }
            Who::Leg(leg) if self.trouble().refused_is_dropped && self.calls[call].room.len() >= 2 => {
                self.leg_ends(leg, LegEnd::Completed);
            }
            Who::Leg(leg) => {
                self.leg_is(leg, LegIs::DialEnded);
                self.leg_will(leg, HOP_MS, LegAct::DialEnds(news));
            }
        }
    }
}
