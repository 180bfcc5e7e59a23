//! Rules that everything else would keep without: each was pinned down when a change of it went unnoticed.

use std::time::Duration;

use ringall_core::{
    call::{
        AfterWords, Asked, Call, CallSetup, CallerDocument, Dialled, Effect, Event, Ignored, LegDocument, LegEnd,
        LegNews, Phase, Redirected, Ringback, RoomNews, Standing, Told,
    },
    claim::Closed,
    fact::{Fact, Outcome},
    flow::{Flow, NamedStep, RingGroup, Step, StepIndex},
    id::VisitId,
};

use super::scene::*;

#[test]
fn a_phase_is_called_by_its_name() {
    assert_eq!(Phase::ALL.map(Phase::name), ["Ringing", "Joining", "Bridged", "Speaking", "Over"]);
    assert_eq!(Phase::ALL.map(|phase| format!("{phase:?}")), Phase::ALL.map(Phase::name));
}

#[test]
fn a_caller_keeps_their_place_in_the_line_from_when_they_called() {
    let call = joining([ANA, BEN]).handle(at(6), from_leg(ANA, LegNews::Ended(LegEnd::Completed))).0;

    assert_eq!((call.phase(), call.since()), (Phase::Ringing, at(0)));
}
