//! Whole-program tests that read like telephone conversations: the real program, the simulated carrier, and people who
//! ring, pick up, hear, press, talk and hang up. Each conversation is played under virtual time; many also over real
//! sockets, on several threads and in real time.

mod accepting;
mod bad_input;
mod blocked;
mod caller_leaves;
mod carrier_trouble;
mod carriers_ring;
mod default_words;
mod detection;
mod dial_limit;
mod directory;
mod every_step;
mod examples;
mod exits;
mod forwarding;
mod forwarding_restart;
mod forwarding_trouble;
mod found_fields;
mod hours;
mod joining;
mod languages;
mod left_alone;
mod leg_reports;
mod lookups;
mod many_calls;
mod menu;
mod nobody;
mod notices;
mod over_sockets;
mod privacy;
mod queue;
mod random_flows;
mod recorded_talks;
mod recordings;
mod reload;
mod reservations;
mod restart;
mod returning;
mod ringback;
mod screening;
mod sharing_people;
mod shown_numbers;
mod support;
mod test_call;
mod tiers;
mod voicemail;
mod words;

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
        menu::ends::ANYWHERE,
        menu::late_keys::ANYWHERE,
        nobody::ANYWHERE,
        restart::ANYWHERE,
        ringback::ANYWHERE,
        screening::ANYWHERE,
        sharing_people::ANYWHERE,
        tiers::ANYWHERE,
        forwarding::ANYWHERE,
        forwarding_trouble::ANYWHERE,
        forwarding_restart::ANYWHERE,
        exits::ANYWHERE,
        reload::ANYWHERE,
        queue::ANYWHERE,
        queue::exits::ANYWHERE,
        queue::hearing::ANYWHERE,
        queue::reservations::ANYWHERE,
        queue::trouble::ANYWHERE,
        lookups::ANYWHERE,
        blocked::ANYWHERE,
        words::ANYWHERE,
        directory::ANYWHERE,
        default_words::ANYWHERE,
        leg_reports::ANYWHERE,
        left_alone::ANYWHERE,
        shown_numbers::ANYWHERE,
        returning::ANYWHERE,
        dial_limit::ANYWHERE,
        carriers_ring::ANYWHERE,
        voicemail::ANYWHERE,
        recordings::ANYWHERE,
        recorded_talks::ANYWHERE,
        examples::ANYWHERE,
        every_step::ANYWHERE,
        found_fields::ANYWHERE,
        reservations::ANYWHERE,
        detection::ANYWHERE,
        languages::ANYWHERE,
        notices::ANYWHERE,
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
            menu::ends::VIRTUAL_TIME,
            menu::late_keys::VIRTUAL_TIME,
            nobody::VIRTUAL_TIME,
            restart::VIRTUAL_TIME,
            ringback::VIRTUAL_TIME,
            screening::VIRTUAL_TIME,
            sharing_people::VIRTUAL_TIME,
            tiers::VIRTUAL_TIME,
            forwarding::VIRTUAL_TIME,
            forwarding_trouble::VIRTUAL_TIME,
            forwarding_restart::VIRTUAL_TIME,
            exits::VIRTUAL_TIME,
            reload::VIRTUAL_TIME,
            queue::VIRTUAL_TIME,
            queue::exits::VIRTUAL_TIME,
            queue::hearing::VIRTUAL_TIME,
            queue::reservations::VIRTUAL_TIME,
            queue::trouble::VIRTUAL_TIME,
            lookups::VIRTUAL_TIME,
            blocked::VIRTUAL_TIME,
            words::VIRTUAL_TIME,
            directory::VIRTUAL_TIME,
            default_words::VIRTUAL_TIME,
            leg_reports::VIRTUAL_TIME,
            left_alone::VIRTUAL_TIME,
            shown_numbers::VIRTUAL_TIME,
            returning::VIRTUAL_TIME,
            dial_limit::VIRTUAL_TIME,
            carriers_ring::VIRTUAL_TIME,
            voicemail::VIRTUAL_TIME,
            recordings::VIRTUAL_TIME,
            recorded_talks::VIRTUAL_TIME,
            examples::VIRTUAL_TIME,
            every_step::VIRTUAL_TIME,
            found_fields::VIRTUAL_TIME,
            reservations::VIRTUAL_TIME,
            detection::VIRTUAL_TIME,
            languages::VIRTUAL_TIME,
            notices::VIRTUAL_TIME,
        ]
        .concat(),
    ]
    .concat()
}
