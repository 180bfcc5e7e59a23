//! Whole-program tests that read like telephone conversations: the real program, the simulated carrier, and people who
//! ring, pick up, hear, press, talk and hang up. Each conversation is played under virtual time; many also over real
//! sockets, on several threads and in real time.

mod accepting;
mod bad_input;
mod caller_leaves;
mod carrier_trouble;
mod forwarding;
mod forwarding_restart;
mod forwarding_trouble;
mod hours;
mod joining;
mod many_calls;
mod menu;
mod nobody;
mod over_sockets;
mod privacy;
mod recorded_talks;
mod recordings;
mod restart;
mod ringback;
mod screening;
mod sharing_people;
mod support;
mod tiers;
mod voicemail;

use support::Conversation;

/// The conversations that can be played on any stage.
fn anywhere() -> Vec<Conversation> {
    [
        accepting::ANYWHERE,
        bad_input::ANYWHERE,
        caller_leaves::ANYWHERE,
        carrier_trouble::ANYWHERE,
        hours::ANYWHERE,
        joining::ANYWHERE,
        menu::ANYWHERE,
        nobody::ANYWHERE,
        restart::ANYWHERE,
        ringback::ANYWHERE,
        screening::ANYWHERE,
        sharing_people::ANYWHERE,
        tiers::ANYWHERE,
        forwarding::ANYWHERE,
        forwarding_trouble::ANYWHERE,
        forwarding_restart::ANYWHERE,
        voicemail::ANYWHERE,
        recordings::ANYWHERE,
        recorded_talks::ANYWHERE,
    ]
    .concat()
}

/// All conversations.
fn all() -> Vec<Conversation> {
    [
        anywhere(),
        [
            accepting::VIRTUAL_TIME,
            bad_input::VIRTUAL_TIME,
            caller_leaves::VIRTUAL_TIME,
            carrier_trouble::VIRTUAL_TIME,
            hours::VIRTUAL_TIME,
            joining::VIRTUAL_TIME,
            menu::VIRTUAL_TIME,
            nobody::VIRTUAL_TIME,
            restart::VIRTUAL_TIME,
            ringback::VIRTUAL_TIME,
            screening::VIRTUAL_TIME,
            sharing_people::VIRTUAL_TIME,
            tiers::VIRTUAL_TIME,
            forwarding::VIRTUAL_TIME,
            forwarding_trouble::VIRTUAL_TIME,
            forwarding_restart::VIRTUAL_TIME,
            voicemail::VIRTUAL_TIME,
            recordings::VIRTUAL_TIME,
            recorded_talks::VIRTUAL_TIME,
        ]
        .concat(),
    ]
    .concat()
}
