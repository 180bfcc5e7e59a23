//! The resources as the REST API shows them, some time behind the truth (carrier contract §4, §3.4).

use http::StatusCode;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    super::{
        conference::{Room, RoomState},
        error::ApiError,
        form::{self, Form},
        leg::{Kind, Leg, LegKey, Status},
        world::World,
    },
    Answer,
};

impl World {
    pub(super) fn call_resource(&self, key: LegKey, queue_time: u64) -> Value {
        let leg = self.leg(key);
        let account = &self.settings.account_sid;
        let status = leg.status_at(self.seen_until());
        let uri = format!("/2010-04-01/Accounts/{account}/Calls/{}", leg.sid);
        let created = leg.history.first().map_or(self.start, |(at, _)| *at);
        let ended = leg.history.last().filter(|_| status.is_final()).map(|(at, _)| self.date_at(*at));
        json!({
            "sid": leg.sid,
            "account_sid": account,
            "parent_call_sid": self.parent_of(leg),
            "to": leg.to,
            "to_formatted": leg.to,
            "from": leg.from,
            "from_formatted": leg.from,
            "phone_number_sid": null,
            "status": status.as_str(),
            "start_time": leg.answered_at.filter(|_| status != Status::Queued).map(|at| self.date_at(at)),
            "end_time": ended,
            "duration": status.is_final().then(|| self.call_duration(key).to_string()),
            "price": null,
            "price_unit": "USD",
            "direction": leg.direction(),
            "answered_by": leg.answered_by,
            "api_version": "2010-04-01",
            "forwarded_from": null,
            "group_sid": null,
            "caller_name": null,
            "queue_time": queue_time.to_string(),
            "trunk_sid": null,
            "date_created": self.date_at(created),
            "date_updated": self.date_at(self.now),
            "uri": format!("{uri}.json"),
            "subresource_uris": { "recordings": format!("{uri}/Recordings.json") },
        })
    }

    pub(super) fn show_call(&self, sid: &str) -> Answer {
        let key = self.leg_by_sid(sid).ok_or_else(|| ApiError::not_found(sid))?;
        Ok((StatusCode::OK, self.call_resource(key, 0)))
    }

    pub(super) fn list_calls(&self, query: &Form) -> Value {
        let wanted = |leg: &&Leg| {
            let status = leg.status_at(self.seen_until()).as_str();
            [("To", leg.to.as_str()), ("From", leg.from.as_str()), ("Status", status)]
                .iter()
                .all(|(name, value)| form::first(query, name).is_none_or(|filter| filter == *value))
        };
        // The latest call comes first.
        let calls = self.legs.iter().rev().filter(wanted).map(|leg| self.call_resource(leg.key, 0)).collect();
        page("calls", calls)
    }

    pub(super) fn list_conferences(&self, query: &Form) -> Value {
        let seen_until = self.seen_until();
        let wanted = |room: &&Room| {
            let Some(name) = &room.name else { return false };
            room.created_at <= seen_until
                && form::first(query, "FriendlyName").is_none_or(|filter| filter == name)
                && form::first(query, "Status").is_none_or(|filter| filter == room.seen(seen_until).as_str())
        };
        let rooms = self.rooms.iter().rev().filter(wanted).map(|room| self.conference_resource(room)).collect();
        page("conferences", rooms)
    }

    pub(super) fn list_participants(&self, sid: &str) -> Answer {
        let room = self.rooms.iter().find(|room| room.sid == sid && room.name.is_some());
        let room = room.ok_or_else(|| ApiError::not_found(sid))?;
        let participants = room.participants.iter().map(|participant| {
            json!({
                "call_sid": self.leg(participant.leg).sid,
                "conference_sid": room.sid,
                "account_sid": self.settings.account_sid,
                "label": participant.label,
                "muted": participant.muted,
                "hold": false,
                "coaching": false,
                "start_conference_on_enter": participant.start_on_enter,
                "end_conference_on_exit": participant.end_on_exit,
                "status": "connected",
            })
        });
        Ok((StatusCode::OK, page("participants", participants.collect())))
    }

    fn conference_resource(&self, room: &Room) -> Value {
        let account = &self.settings.account_sid;
        json!({
            "sid": room.sid,
            "account_sid": account,
            "friendly_name": room.name,
            "status": room.seen(self.seen_until()).as_str(),
            "region": "us1",
            "api_version": "2010-04-01",
            "date_created": self.date_at(room.created_at),
            "date_updated": self.date_at(room.changed_at),
            "uri": format!("/2010-04-01/Accounts/{account}/Conferences/{}.json", room.sid),
        })
    }

    fn parent_of(&self, leg: &Leg) -> Option<&str> {
        match leg.kind {
            Kind::Inbound | Kind::Api => None,
            Kind::Child(parent) => Some(&self.leg(parent).sid),
        }
    }

    /// The moment up to which resources know what has happened.
    fn seen_until(&self) -> Instant {
        self.now.checked_sub(self.settings.switches.rest_lag).unwrap_or(self.start)
    }
}

impl Room {
    /// The state as seen some time ago: a conference that has just changed is shown as it was before.
    fn seen(&self, until: Instant) -> RoomState {
        let fresh = self.changed_at > until;
        match self.state {
            RoomState::InProgress if fresh => RoomState::Init,
            RoomState::Completed if fresh => RoomState::InProgress,
            state @ (RoomState::Init | RoomState::InProgress | RoomState::Completed) => state,
        }
    }
}

pub(super) fn page(name: &str, resources: Vec<Value>) -> Value {
    let mut page = json!({ "page": 0, "page_size": resources.len().max(50), "next_page_uri": null });
    page[name] = Value::Array(resources);
    page
}
