//! Pairs of a state and an event that cannot come together, and why.

use ringall_core::call::Phase;

/// Why this state never meets this event; `None` if it can.
pub(super) fn why(state: Phase, event: &str) -> Option<&'static str> {
    let closes = "the claim answers while its state still asks: the answer is handled before anything else";
    match (state, event) {
        (
            Phase::Joining | Phase::Bridged | Phase::Speaking | Phase::Over | Phase::Choosing | Phase::Forwarding,
            "ClaimClosed" | "ClaimHeldBy",
        ) => Some(closes),
        (Phase::Bridged, "FromLeg/Accepted") => Some("the accept is in the inbox before the winner is told to join"),
        (Phase::Bridged, "FromLeg/AskedForKey") => Some(
            "a key is asked for while the claim is free, and in the same breath the call is told: the bridge comes later",
        ),
        (Phase::Bridged, "PeopleGranted") => Some(
            "a call stops seeking as it begins to join: whatever tells of the bridge is a round trip to the carrier later",
        ),
        (Phase::Speaking | Phase::Choosing | Phase::Forwarding, "FromLeg/Accepted") => {
            Some("a closed claim cannot be taken, and a held one is told before")
        }
        (
            Phase::Joining | Phase::Bridged | Phase::Speaking | Phase::Over | Phase::Choosing | Phase::Forwarding,
            "CallerBroughtIn",
        ) => Some("it tells of an accept of which the machine has yet to hear: until then phones ring"),
        (
            Phase::Ringing
            | Phase::Joining
            | Phase::Bridged
            | Phase::Choosing
            | Phase::Forwarding
            | Phase::Queueing
            | Phase::Recording,
            "InquiryAnswered/Found" | "InquiryAnswered/NotFound" | "InquiryAnswered/Failed",
        ) => Some(
            "there is an answer after two seconds at the latest, and a call waits for three: only its end comes sooner",
        ),
        _ => None,
    }
}
