//! Exact examples of what a call does, one event at a time.

mod call {
    pub(crate) mod carriers_ring;
    pub(crate) mod dial_limit;
    pub(crate) mod every_event;
    pub(crate) mod forwarding;
    pub(crate) mod hours;
    pub(crate) mod last_words;
    pub(crate) mod lookups;
    pub(crate) mod mended;
    pub(crate) mod mended_rooms;
    pub(crate) mod mended_twice;
    pub(crate) mod menu;
    pub(crate) mod pinned;
    pub(crate) mod pinned_flows;
    pub(crate) mod pinned_legs;
    pub(crate) mod pinned_rounds;
    pub(crate) mod queue;
    pub(crate) mod returning;
    pub(crate) mod scene;
    pub(crate) mod tiers;
    pub(crate) mod voicemail;
    pub(crate) mod words;
}

use std::time::Duration;

use call::scene::*;
use ringall_core::{
    call::{
        AfterWords, Asked, CallerDocument, Dialled, Effect, Event, Ignored, LegEnd, LegNews, Phase, Redirected,
        Ringback, RoomNews, Standing, Told,
    },
    claim::Closed,
    fact::{Fact, Outcome},
    flow::RingGroup,
    id::VisitId,
};

#[test]
fn a_call_rings_everybody_who_is_free_at_once_in_the_order_of_the_group() {
    let (call, effects) = ringall_core::call::Call::begin(at(0), setup(group([ANA, BEN]), Ringback::Tone));
    let phones = vec![phone(ANA), phone(BEN)];
    let seek = Effect::Seek { round: round(1), phones, ring_busy: false };
    assert_eq!(effects, [Effect::Note(Fact::Arrived), Effect::OpenRound(round(1)), seek]);

    let (_, effects) = call.handle(at(0), granted(1, [ANA, BEN]));

    assert_eq!(
        effects,
        [
            dial(ANA, 30),
            Effect::Note(Fact::Dialled("Ana".into())),
            dial(BEN, 30),
            Effect::Note(Fact::Dialled("Ben".into())),
        ]
    );
}

#[test]
fn the_first_acceptance_brings_the_caller_in_and_cancels_the_others_queued_ones_first() {
    let call = dialling([ANA, BEN, CLEO]).handle(at(1), queued(CLEO, 2)).0;
    let call = [ANA, BEN].into_iter().fold(call, |call, person| call.handle(at(2), from_leg(person, LegNews::Rings)).0);

    let (call, effects) = call.handle(at(5), from_leg(ANA, LegNews::Accepted));

    assert_eq!(
        effects,
        [
            Effect::Note(Fact::Accepted("Ana".into())),
            Effect::Reply(CallerDocument::EnterRoom),
            Effect::CancelLeg { leg: leg(CLEO), sid: leg_sid(CLEO) },
            Effect::FreePhoneSoon(phone(CLEO)),
            Effect::Note(Fact::Withdrawn("Cleo".into(), Told::SomebodyElseHasIt)),
            Effect::CancelLeg { leg: leg(BEN), sid: leg_sid(BEN) },
            Effect::FreePhoneSoon(phone(BEN)),
            Effect::Note(Fact::Withdrawn("Ben".into(), Told::SomebodyElseHasIt)),
            Effect::StopSeeking,
        ]
    );
    assert_eq!(call.phase(), Phase::Joining);
}

#[test]
fn somebody_who_has_picked_up_and_was_not_first_is_told() {
    let call = screened([ANA, BEN]);

    let (_, effects) = call.handle(at(21), from_leg(ANA, LegNews::Accepted));

    assert!(effects.contains(&tell(BEN, Told::SomebodyElseHasIt)), "{effects:?}");
}

#[test]
fn a_caller_who_leaves_stops_every_phone_once_the_claim_has_said_that_nobody_has_the_call() {
    let (call, effects) = ringing([ANA, BEN]).handle(at(5), Event::CallerLeft);
    assert_eq!(
        effects,
        [
            // The carrier drops this answer, but its request waits for one.
            Effect::Reply(CallerDocument::HangUp),
            Effect::Note(Fact::CallerLeft),
            Effect::CloseClaim(round(1), Closed::CallerLeft),
        ]
    );

    let (call, effects) = call.handle(at(5), Event::ClaimClosed { round: round(1) });

    assert_eq!(
        effects,
        [
            Effect::StopSeeking,
            Effect::CancelLeg { leg: leg(ANA), sid: leg_sid(ANA) },
            Effect::FreePhoneSoon(phone(ANA)),
            Effect::Note(Fact::Withdrawn("Ana".into(), Told::CallerLeft)),
            Effect::CancelLeg { leg: leg(BEN), sid: leg_sid(BEN) },
            Effect::FreePhoneSoon(phone(BEN)),
            Effect::Note(Fact::Withdrawn("Ben".into(), Told::CallerLeft)),
            Effect::Note(Fact::Over(Outcome::CallerGaveUp)),
        ]
    );
    assert!(!call.is_finished());
    let ended = [ANA, BEN].map(|person| from_leg(person, LegNews::Ended(LegEnd::NoAnswer)));
    assert!(after(call, ended).is_finished());
}

#[test]
fn somebody_who_accepts_in_the_moment_in_which_the_caller_leaves_is_told_so() {
    let call = screened([ANA]).handle(at(21), Event::CallerLeft).0;

    let (call, effects) = call.handle(at(21), Event::ClaimHeldBy { round: round(1), leg: leg(ANA) });

    assert_eq!(
        effects,
        [
            Effect::Note(Fact::Accepted("Ana".into())),
            Effect::StopSeeking,
            tell(ANA, Told::CallerLeft),
            Effect::Note(Fact::Withdrawn("Ana".into(), Told::CallerLeft)),
            Effect::Note(Fact::Over(Outcome::CallerGaveUp)),
        ]
    );
    assert_eq!(call.outcome(), Some(Outcome::CallerGaveUp));
}

#[test]
fn when_nobody_answers_the_caller_hears_words_and_the_end() {
    let call = ringing([ANA]);
    let (call, effects) = call.handle(at(30), Event::DeadlineReached);
    assert!(effects.contains(&Effect::CloseClaim(round(1), Closed::MovedOn)), "{effects:?}");
    let (call, effects) = call.handle(at(30), Event::ClaimClosed { round: round(1) });
    assert_eq!(
        effects,
        [
            Effect::StopSeeking,
            Effect::Note(Fact::NobodyTookIt),
            Effect::Note(Fact::Said("Sorry.".into())),
            Effect::RedirectCaller,
        ]
    );

    let (call, effects) = call.handle(at(31), Event::CallerAsked(Asked::Now { answered: true }));

    let words = CallerDocument::Say { words: "Sorry.".into(), then: AfterWords::HangUp };
    assert_eq!(effects, [Effect::Reply(words)]);
    let (call, effects) = call.handle(at(33), Event::CallerLeft);
    assert_eq!(effects, [Effect::Note(Fact::Over(Outcome::NobodyTookIt))]);
    assert_eq!(call.phase(), Phase::Over);
}

#[test]
fn when_the_last_phone_is_out_the_caller_does_not_wait_for_the_clock() {
    let call = ringing([ANA, BEN]).handle(at(3), from_leg(ANA, LegNews::Ended(LegEnd::Busy))).0;

    let (_, effects) = call.handle(at(4), from_leg(BEN, LegNews::Ended(LegEnd::Failed)));

    assert_eq!(
        effects,
        [
            Effect::FreePhone(phone(BEN)),
            Effect::Note(Fact::WasUnreachable("Ben".into())),
            Effect::CloseClaim(round(1), Closed::MovedOn),
        ]
    );
}

#[test]
fn the_reply_budget_of_a_tone_line_ends_in_the_conference() {
    let call = ringing([ANA]);
    assert_eq!(call.deadline(), Some(at(12)));

    let (_, effects) = call.handle(at(12), Event::DeadlineReached);

    assert_eq!(effects, [Effect::Note(Fact::RingbackBegan), Effect::Reply(CallerDocument::EnterRoom)]);
}

#[test]
fn the_reply_budget_of_a_carrier_line_keeps_the_network_ringing_until_the_carrier_answers() {
    let call = begin(group([ANA]), Ringback::Carrier).handle(at(0), granted(1, [ANA])).0;
    let (call, effects) = call.handle(at(12), Event::DeadlineReached);
    assert_eq!(effects, [Effect::Reply(CallerDocument::KeepRinging)]);
    let (call, effects) = call.handle(at(13), Event::CallerAsked(Asked::Now { answered: false }));
    assert_eq!(effects, []);
    let (call, effects) = call.handle(at(25), Event::DeadlineReached);
    assert_eq!(effects, [Effect::Reply(CallerDocument::KeepRinging)]);

    let (_, effects) = call.handle(at(26), Event::CallerAsked(Asked::Now { answered: true }));

    assert_eq!(effects, [Effect::Note(Fact::RingbackBegan), Effect::Reply(CallerDocument::EnterRoom)]);
}

#[test]
fn a_winner_who_drops_before_the_bridge_gives_the_call_back() {
    let (call, effects) = joining([ANA, BEN]).handle(at(6), from_leg(ANA, LegNews::Ended(LegEnd::Completed)));

    assert_eq!(
        effects,
        [
            Effect::FreePhone(phone(ANA)),
            Effect::Note(Fact::HandedBack("Ana".into())),
            Effect::OpenRound(round(2)),
            Effect::Seek { round: round(2), phones: vec![phone(ANA), phone(BEN)], ring_busy: false },
        ]
    );
    assert_eq!((call.phase(), call.outcome()), (Phase::Ringing, None));
}

#[test]
fn who_declined_is_not_rung_again_by_this_call() {
    let call = screened([ANA, BEN]).handle(at(21), from_leg(BEN, LegNews::Declined)).0;
    let call = call.handle(at(22), from_leg(ANA, LegNews::Accepted)).0;

    let (_, effects) = call.handle(at(23), from_leg(ANA, LegNews::Ended(LegEnd::Completed)));

    assert_eq!(effects.last(), Some(&Effect::Seek { round: round(2), phones: vec![phone(ANA)], ring_busy: false }));
}

#[test]
fn the_next_pass_rings_who_did_not_answer_and_leaves_out_who_was_engaged() {
    let group = RingGroup { passes: 2, ..group([ANA, BEN]) };
    let call = begin(group, Ringback::Tone).handle(at(0), granted(1, [ANA, BEN])).0;
    let call = call.handle(at(2), from_leg(ANA, LegNews::Ended(LegEnd::NoAnswer))).0;
    let call = call.handle(at(3), from_leg(BEN, LegNews::Ended(LegEnd::Busy))).0;
    assert_eq!(call.deadline(), Some(at(6)));

    let (_, effects) = call.handle(at(6), Event::DeadlineReached);

    let seek = Effect::Seek { round: round(1), phones: vec![phone(ANA)], ring_busy: false };
    assert_eq!(effects, [Effect::Note(Fact::NextPass(2)), seek]);
}

#[test]
fn a_caller_for_whom_everybody_is_busy_waits_and_is_led_on_when_the_waiting_time_is_over() {
    let group = RingGroup { wait_for: Duration::from_secs(8), ..group([ANA]) };
    let (call, effects) = begin(group, Ringback::Tone).handle(at(0), granted::<0>(1, []));
    assert_eq!(effects, [Effect::Note(Fact::EverybodyBusy)]);
    assert_eq!(call.deadline(), Some(at(8)));

    let (_, effects) = call.handle(at(8), Event::DeadlineReached);

    assert_eq!(effects, [Effect::StopSeeking, Effect::CloseClaim(round(1), Closed::MovedOn)]);
}

#[test]
fn the_ringing_time_counts_from_the_first_phone_that_becomes_free() {
    let call = begin(group([ANA, BEN]), Ringback::Tone).handle(at(0), granted::<0>(1, [])).0;

    let (call, effects) = call.handle(at(20), granted(1, [BEN]));
    let (_, late) = call.handle(at(40), granted(1, [ANA]));

    assert_eq!(
        effects[0],
        Effect::Dial { leg: leg(1), round: round(1), phone: phone(BEN), ring_for: Duration::from_secs(30) }
    );
    assert_eq!(
        late[0],
        Effect::Dial { leg: leg(2), round: round(1), phone: phone(ANA), ring_for: Duration::from_secs(10) }
    );
}

#[test]
fn a_phone_stops_after_its_own_time_so_that_no_mailbox_picks_up() {
    let mut group = group([ANA, BEN]);
    group.members[0].phone_for = Duration::from_secs(10);
    let call = begin(group, Ringback::Tone).handle(at(0), granted(1, [ANA, BEN])).0;
    let call = call.handle(at(1), from_leg(ANA, LegNews::Rings)).0;
    assert_eq!(call.deadline(), Some(at(10)));

    let (call, effects) = call.handle(at(10), Event::DeadlineReached);

    assert_eq!(
        effects,
        [
            Effect::Note(Fact::DidNotAnswer("Ana".into())),
            Effect::CancelLeg { leg: leg(ANA), sid: leg_sid(ANA) },
            Effect::FreePhoneSoon(phone(ANA)),
        ]
    );
    assert_eq!(call.phase(), Phase::Ringing);
}

#[test]
fn who_presses_no_key_in_time_is_told_and_the_others_ring_on() {
    let call = ringing([ANA, BEN]).handle(at(5), from_leg(ANA, LegNews::AskedForKey)).0;
    let call = call.handle(at(12), Event::DeadlineReached).0;

    let (call, effects) = call.handle(at(25), Event::DeadlineReached);

    assert_eq!(
        effects,
        [
            Effect::Note(Fact::DidNotAccept("Ana".into())),
            tell(ANA, Told::NotAccepted),
            Effect::Note(Fact::Withdrawn("Ana".into(), Told::NotAccepted)),
        ]
    );
    assert_eq!(call.phase(), Phase::Ringing);
}

#[test]
fn a_leg_that_has_been_picked_up_may_finish_its_screening_after_the_ringing_time() {
    let call = ringing([ANA, BEN]).handle(at(25), from_leg(ANA, LegNews::AskedForKey)).0;
    let call = call.handle(at(25), Event::DeadlineReached).0;
    let (call, effects) = call.handle(at(30), Event::DeadlineReached);
    assert!(effects.contains(&Effect::CancelLeg { leg: leg(BEN), sid: leg_sid(BEN) }), "{effects:?}");
    assert!(!effects.contains(&Effect::CloseClaim(round(1), Closed::MovedOn)), "{effects:?}");

    let (call, _) = call.handle(at(40), from_leg(ANA, LegNews::Accepted));

    assert_eq!(call.phase(), Phase::Joining);
}

#[test]
fn a_mailbox_never_stops_the_other_phones() {
    let call = ringing([ANA, BEN]).handle(at(4), from_leg(ANA, LegNews::Answered)).0;

    let (call, effects) = call.handle(at(8), from_leg(ANA, LegNews::WasMachine));

    assert_eq!(effects, [Effect::Note(Fact::WasMachine("Ana".into()))]);
    assert_eq!(call.phase(), Phase::Ringing);
}

#[test]
fn a_leg_whose_create_answer_was_lost_is_known_by_its_webhook_and_stopped() {
    let lost = Event::Dialled { leg: leg(ANA), result: Dialled::AnswerLost };
    let (call, effects) = dialling([ANA]).handle(at(5), lost);
    assert_eq!(effects, [Effect::Note(Fact::DialUncertain("Ana".into()))]);
    let call = call.handle(at(6), Event::CallerLeft).0;
    let (call, effects) = call.handle(at(6), Event::ClaimClosed { round: round(1) });
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::CancelLeg { .. })), "{effects:?}");

    let (_, effects) = call.handle(at(7), from_leg(ANA, LegNews::Rings));

    assert_eq!(effects, [Effect::CancelLeg { leg: leg(ANA), sid: leg_sid(ANA) }, Effect::FreePhoneSoon(phone(ANA))]);
}

#[test]
fn a_leg_that_shows_itself_when_it_was_given_up_is_stopped_as_a_stray() {
    let call = after(dialling([ANA]), [Event::CallerLeft, Event::ClaimClosed { round: round(1) }]);
    let (call, _) = run_until(call, 60);
    assert!(call.is_finished());

    let (_, effects) = call.handle(at(61), from_leg(ANA, LegNews::Rings));

    assert_eq!(effects, [Effect::CancelStray(leg_sid(ANA))]);
}

#[test]
fn a_canceled_leg_of_which_nothing_is_heard_is_told_after_five_seconds_and_ended_if_that_fails() {
    let call = joining([ANA, BEN]);
    assert_eq!(call.deadline(), Some(at(10)));

    let (call, effects) = call.handle(at(10), Event::DeadlineReached);
    let (_, ended) = call.handle(at(11), Event::LegRedirectFailed { leg: leg(BEN) });

    assert_eq!(effects, [tell(BEN, Told::SomebodyElseHasIt)]);
    assert_eq!(ended, [Effect::CompleteLeg { leg: leg(BEN), sid: leg_sid(BEN) }]);
}

#[test]
fn a_leg_picked_up_in_the_moment_of_its_cancel_is_left_to_hear_why() {
    let call = joining([ANA, BEN]).handle(at(6), from_leg(BEN, LegNews::Answered)).0;

    let (_, effects) = call.handle(at(10), Event::DeadlineReached);

    assert_eq!(effects, [Effect::Ignore(Ignored::NotDue)]);
}

#[test]
fn a_leg_that_cannot_be_told_is_ended() {
    let call = screened([ANA, BEN]).handle(at(21), from_leg(ANA, LegNews::Accepted)).0;

    let (_, effects) = call.handle(at(22), Event::LegRedirectFailed { leg: leg(BEN) });

    assert_eq!(effects, [Effect::CompleteLeg { leg: leg(BEN), sid: leg_sid(BEN) }]);
}

#[test]
fn a_closed_connection_has_the_caller_looked_up_and_a_caller_who_is_gone_stops_the_phones() {
    let (call, effects) = ringing([ANA]).handle(at(3), Event::CallerConnectionClosed);
    assert_eq!(effects, [Effect::LookUpCaller]);

    let (_, effects) = call.handle(at(4), Event::CallerLookedUp(Standing::Over));

    assert_eq!(effects, [Effect::Note(Fact::CallerLeft), Effect::CloseClaim(round(1), Closed::CallerLeft)]);
}

#[test]
fn a_talk_of_which_nothing_is_heard_for_ten_minutes_is_looked_up() {
    let call = bridged([ANA]);

    let (call, _) = run_until(call, 604);
    let (call, leg_looked_up) = call.handle(at(605), Event::DeadlineReached);
    let (_, caller_looked_up) = call.handle(at(606), Event::DeadlineReached);

    assert_eq!(leg_looked_up, [Effect::LookUpLeg { leg: leg(ANA), sid: leg_sid(ANA) }]);
    assert_eq!(caller_looked_up, [Effect::LookUpCaller]);
}

#[test]
fn both_who_are_not_seen_to_be_joined_are_looked_for_and_the_caller_is_brought_in() {
    let call = joining([ANA]);
    let (call, effects) = call.handle(at(15), Event::DeadlineReached);
    assert_eq!(effects, [Effect::LookUpCaller, Effect::LookUpRoom(look(1))]);

    let (_, effects) = call.handle(at(16), room_seen(1, Some(vec![leg_sid(ANA)])));

    assert_eq!(effects, [Effect::RedirectCaller]);
}

#[test]
fn a_shutdown_tells_a_caller_who_waits_and_leaves_a_talk_alone() {
    let (call, effects) = ringing([ANA]).handle(at(3), Event::ShuttingDown);
    assert_eq!(effects, [Effect::CloseClaim(round(1), Closed::MovedOn)]);
    let (_, effects) = call.handle(at(3), Event::ClaimClosed { round: round(1) });
    let words = CallerDocument::Say { words: "We failed.".into(), then: AfterWords::HangUp };
    assert_eq!(effects.last(), Some(&Effect::Reply(words)));

    let (call, effects) = bridged([ANA]).handle(at(8), Event::ShuttingDown);

    assert_eq!(effects, [Effect::Ignore(Ignored::TooLate)]);
    assert_eq!(call.phase(), Phase::Bridged);
}

#[test]
fn the_action_of_the_dial_and_the_redirect_get_the_same_words_and_the_flow_goes_on_once() {
    let call = run_until(ringing([ANA]), 30).0.handle(at(30), Event::ClaimClosed { round: round(1) }).0;

    let (call, action) = call.handle(at(31), Event::CallerAsked(Asked::DialEnded));
    let (call, redirect) = call.handle(at(31), Event::CallerAsked(Asked::Now { answered: true }));
    let (call, late) = call.handle(at(31), Event::CallerRedirected(Redirected::Done));

    let words = Effect::Reply(CallerDocument::Say { words: "Sorry.".into(), then: AfterWords::HangUp });
    assert_eq!((action, redirect), (vec![words.clone()], vec![words]));
    assert_eq!(late, [Effect::Ignore(Ignored::TooLate)]);
    assert_eq!(call.phase(), Phase::Speaking);
}

#[test]
fn a_refused_redirect_is_sent_again_since_the_leg_may_just_be_being_answered() {
    let call = run_until(ringing([ANA]), 30).0.handle(at(30), Event::ClaimClosed { round: round(1) }).0;
    let (call, effects) = call.handle(at(31), Event::CallerRedirected(Redirected::NotInState));
    assert_eq!(effects, []);

    let (_, effects) = call.handle(at(32), Event::DeadlineReached);

    assert_eq!(effects, [Effect::RedirectCaller]);
}

#[test]
fn a_winner_who_hangs_up_after_the_talk_ends_the_call_and_the_caller_is_hung_up_by_their_own_document() {
    let (call, effects) = bridged([ANA]).handle(at(60), from_leg(ANA, LegNews::Ended(LegEnd::Completed)));
    assert_eq!(effects, [Effect::FreePhone(phone(ANA)), Effect::Note(Fact::Over(Outcome::Talked))]);

    let (call, effects) = call.handle(at(61), Event::CallerAsked(Asked::DialEnded));

    assert_eq!(effects, [Effect::Reply(CallerDocument::HangUp)]);
    assert!(call.handle(at(62), Event::CallerLeft).0.is_finished());
}

#[test]
fn the_first_webhook_of_a_call_that_talks_gets_the_conference_again() {
    let (call, effects) = bridged([ANA]).handle(at(7), Event::CallerAsked(Asked::Now { answered: false }));

    assert_eq!(effects, [Effect::Reply(CallerDocument::EnterRoom)]);
    assert_eq!(call.phase(), Phase::Bridged);
}

#[test]
fn a_caller_who_falls_out_of_the_conference_while_phones_ring_hears_ringback_and_no_silence() {
    let call = ringing([ANA]).handle(at(12), Event::DeadlineReached).0;
    let call = call.handle(at(13), Event::Room(RoomNews::Joined(caller()))).0;

    let (_, effects) = call.handle(at(14), Event::CallerAsked(Asked::DialEnded));

    assert_eq!(effects, [Effect::Reply(CallerDocument::HearRingback)]);
}

#[test]
fn words_that_reached_nobody_are_heard_when_the_carrier_turns_to_the_fallback() {
    let call = run_until(ringing([ANA]), 30).0.handle(at(30), Event::ClaimClosed { round: round(1) }).0;
    let (call, words) = call.handle(at(31), Event::CallerAsked(Asked::Now { answered: true }));

    let (call, effects) = call.handle(at(31), Event::ReplyFoundNobody);
    let (_, fallback) = call.handle(at(31), Event::CallerAsked(Asked::Now { answered: true }));

    assert_eq!(effects, [Effect::LookUpCaller]);
    assert_eq!(fallback, words);
}

#[test]
fn the_end_of_words_that_were_left_long_ago_does_not_lead_the_flow_on() {
    let call = welcomed();
    let (call, first) = call.handle(at(3), Event::CallerAsked(Asked::WordsEnded(VisitId::FIRST)));
    assert!(first.contains(&Effect::OpenRound(round(1))), "{first:?}");
    let call = call.handle(at(4), granted::<0>(1, [])).0;
    let call = run_until(call, 40).0.handle(at(40), Event::ClaimClosed { round: round(1) }).0;
    assert_eq!(call.phase(), Phase::Speaking);

    let (call, again) = call.handle(at(41), Event::CallerAsked(Asked::WordsEnded(VisitId::FIRST)));

    // The redirect that brings them there has overtaken it, and the carrier drops what is answered.
    assert_eq!(again, [Effect::Reply(CallerDocument::EnterRoom)]);
    assert_eq!(call.phase(), Phase::Speaking);
}

fn dial(person: u32, seconds: u64) -> Effect {
    Effect::Dial { leg: leg(person), round: round(1), phone: phone(person), ring_for: Duration::from_secs(seconds) }
}

fn tell(person: u32, why: Told) -> Effect {
    Effect::TellLeg { leg: leg(person), sid: leg_sid(person), why }
}
