//! Whole-program tests that read like telephone conversations: the real program, the simulated carrier, and people who
//! ring, pick up, hear, press, talk and hang up. Each conversation is played under virtual time; many also over real
//! sockets, on several threads and in real time.

mod accepting;
mod caller_leaves;
mod over_sockets;
mod storm;
mod support;

use support::Conversation;

/// The conversations that can be played on any stage.
fn anywhere() -> Vec<Conversation> {
    [accepting::ANYWHERE, caller_leaves::ANYWHERE].concat()
}

/// All conversations.
fn all() -> Vec<Conversation> {
    [anywhere(), [accepting::VIRTUAL_TIME, caller_leaves::VIRTUAL_TIME].concat()].concat()
}
