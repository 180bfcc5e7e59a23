//! Queues: who is rung for a waiting caller and when, what the caller hears, and every way out.

use std::{sync::Arc, time::Duration};

use ringall_core::{
    call::{
        Asked, Call, CallSetup, CallerDocument, Dialled, Effect, Event, Ignored, LegEnd, LegNews, Phase, Ringback,
        RoomNews, Standing, Told,
    },
    claim::Closed,
    fact::{Fact, Outcome, QueueEnd},
    flow::{Exit, Flow, Keys, Leaves, NamedStep, Queue, QueuePlace, QueueRefusal, QueueWords, Step, StepIndex, Words},
    id::VisitId,
    phone::PhoneNumber,
};

use super::scene::*;

#[test]
fn a_caller_for_whom_somebody_is_free_hears_ringing_while_one_telephone_rings() {
    let (call, effects) = Call::begin(at(0), setup_of(queue_of()));
    assert_eq!(
        effects,
        [
            Effect::Note(Fact::Arrived),
            Effect::Note(Fact::Queued("everybody".into())),
            Effect::OpenRound(round(1)),
            wait(1, &[ANA, BEN], &[ANA, BEN], &[], true),
        ]
    );

    let (call, effects) = call.handle(at(0), granted(1, [ANA]));

    let rings = Effect::Dial { leg: leg(1), round: round(1), phone: phone(ANA), ring_for: Duration::from_secs(20) };
    assert_eq!(effects, [rings, Effect::Note(Fact::Dialled("Ana".into())), Effect::Reply(hold(2, None))]);
    assert_eq!((call.phase(), call.deadline()), (Phase::Queueing, Some(at(20))));
}

#[test]
fn a_caller_for_whom_nobody_is_free_is_told_their_place_and_how_to_leave() {
    let (call, effects) = asking().handle(at(0), granted(1, []));
    assert_eq!(effects, [Effect::AskPlace]);

    let (_, effects) = call.clone().handle(at(0), placed(3, Some(150)));
    let words = "You are number 3. It takes 3 minutes. To leave, press 5.";
    assert_eq!(effects, [Effect::Note(Fact::Said(words.into())), Effect::Reply(hold(2, Some(words)))]);

    let told = |place, wait| said(&call.clone().handle(at(0), placed(place, wait)).1);
    assert_eq!(told(1, Some(60)), "You are next. It takes a minute. To leave, press 5.");
    assert_eq!(told(2, None), "You are number 2. To leave, press 5.");
}

#[test]
fn a_caller_whom_the_roster_does_not_answer_is_not_left_in_silence() {
    let call = asking();
    assert_eq!(call.deadline(), Some(at(1)));

    let (_, effects) = call.handle(at(1), Event::DeadlineReached);

    assert_eq!(effects, [Effect::Reply(hold(2, None))]);
}

#[test]
fn the_place_is_told_again_when_the_sound_is_over_and_it_is_time() {
    let (call, effects) = waiting().handle(at(31), ended(2));
    assert_eq!(effects, [Effect::Reply(hold(3, None))]);
    let (call, effects) = call.handle(at(62), ended(3));
    assert_eq!(effects, [Effect::AskPlace]);

    let (_, effects) = call.handle(at(62), placed(1, None));

    let words = "You are next. To leave, press 5.";
    assert_eq!(effects, [Effect::Note(Fact::Said(words.into())), Effect::Reply(hold(4, Some(words)))]);
}

#[test]
fn an_end_or_key_that_comes_twice_or_late_plays_on_and_moves_nobody() {
    let call = waiting().handle(at(31), ended(2)).0;

    for late in [ended(2), pressed(2, "5"), Event::CallerAsked(Asked::DialEnded), asks()] {
        let (next, effects) = call.clone().handle(at(32), late);

        assert_eq!(effects, [Effect::Reply(hold(3, None))]);
        assert_eq!((next.phase(), next.since()), (Phase::Queueing, call.since()));
    }
}

#[test]
fn a_caller_who_asks_before_there_is_anything_to_hear_or_while_they_leave_waits_for_the_next_word() {
    let leaving = waiting().handle(at(5), pressed(2, "5")).0;

    for call in [asking(), leaving] {
        let (next, effects) = call.clone().handle(at(5), asks());

        assert_eq!((effects, next.deadline()), (vec![], call.deadline()));
    }
}

#[test]
fn a_late_key_or_end_of_a_sound_that_is_being_replaced_moves_nobody() {
    let seen = run_until(waiting(), 64).0.handle(at(64), Event::CallerLookedUp(Standing::Up)).0;
    let fetched = seen.handle(at(64), placed(1, None)).0;

    for late in [ended(2), pressed(2, "5")] {
        let (call, effects) = fetched.clone().handle(at(65), late);

        assert_eq!(effects, [Effect::Reply(hold(3, Some("You are next. To leave, press 5.")))]);
        assert_eq!(call.phase(), Phase::Queueing);
    }
}

#[test]
fn a_place_that_nobody_asked_for_tears_nobody_out_of_what_they_hear() {
    let (_, effects) = waiting().handle(at(5), placed(1, None));

    assert_eq!(effects, [Effect::Ignore(Ignored::TooLate)]);
}

#[test]
fn the_key_leaves_the_queue_and_any_other_does_not() {
    let (_, effects) = waiting().handle(at(5), pressed(2, "7"));
    assert_eq!(effects, [Effect::Reply(hold(3, None))]);

    let (call, effects) = waiting().handle(at(5), pressed(2, "5"));
    assert_eq!(effects, [Effect::Note(Fact::Chose("5".into())), Effect::CloseClaim(round(1), Closed::MovedOn)]);
    let (call, effects) = call.handle(at(5), Event::ClaimClosed { round: round(1) });

    assert_eq!(effects[..2], [Effect::StopSeeking, Effect::Note(Fact::LeftQueue(QueueEnd::GaveUp))]);
    assert_eq!((said(&effects), call.phase()), ("You gave up.".to_owned(), Phase::Speaking));
}

#[test]
fn a_caller_who_leaves_by_key_in_the_moment_somebody_accepts_talks_to_them() {
    let call = screened().handle(at(10), pressed(2, "5")).0;

    let (call, effects) = call.handle(at(10), Event::ClaimHeldBy { round: round(1), leg: leg(1) });

    assert!(effects.contains(&Effect::Reply(CallerDocument::EnterRoom)), "{effects:?}");
    assert_eq!(call.phase(), Phase::Joining);
}

#[test]
fn who_does_not_answer_comes_last_and_not_at_once() {
    let call = run_until(offered(), 20).0;
    assert_eq!(call.phase(), Phase::Queueing);

    let (_, effects) = offered().handle(at(20), Event::DeadlineReached);

    let seek = wait(1, &[ANA, BEN], &[BEN], &[], false);
    let cancel = Effect::CancelLeg { leg: leg(1), sid: leg_sid(1) };
    let did_not = Effect::Note(Fact::DidNotAnswer("Ana".into()));
    assert_eq!(effects, [did_not, cancel, Effect::FreePhoneSoon(phone(ANA)), seek]);
    // Nobody else becomes free: after a while Ana is asked again.
    let gone = from_leg(ANA, LegNews::Ended(LegEnd::NoAnswer));
    let call = call.handle(at(21), gone).0.handle(at(21), granted(1, [])).0;
    assert_eq!(run_until(call, 35).1, [wait(1, &[ANA, BEN], &[BEN], &[ANA], false)]);
}

#[test]
fn who_declines_is_not_offered_this_call_again() {
    let (call, effects) = screened().handle(at(6), from_leg(ANA, LegNews::Declined));

    assert_eq!(effects, [Effect::Note(Fact::Declined("Ana".into())), wait(1, &[BEN], &[BEN], &[], false)]);
    let call = call.handle(at(6), granted(1, [BEN])).0;
    let (_, effects) = call.handle(at(8), from_leg(BEN, LegNews::Declined));
    assert_eq!(effects, [Effect::Note(Fact::Declined("Ben".into())), wait(1, &[], &[], &[], false)]);
}

#[test]
fn a_caller_is_not_left_in_line_when_nobody_is_dialled_any_more_today() {
    let spent = |call: Call| call.handle(at(0), Event::DialsSpent("No more calls today.".into())).0;
    let refused = |number| Event::Dialled { leg: leg(number), result: Dialled::Refused };
    let dialling = asking().handle(at(0), granted(1, [ANA])).0;
    let (call, effects) = spent(dialling).handle(at(0), refused(1));
    assert_eq!(effects.last(), Some(&Effect::CloseClaim(round(1), Closed::MovedOn)), "{effects:?}");
    let effects = call.handle(at(0), Event::ClaimClosed { round: round(1) }).1;
    assert!(effects.contains(&Effect::Note(Fact::Said("No more calls today.".into()))), "{effects:?}");

    // One who was rung before the limit was reached does not count for the next; nor does the limit for who cannot be
    // reached.
    let call = offered().handle(at(5), from_leg(ANA, LegNews::Ended(LegEnd::Busy))).0;
    let call = call.handle(at(5), granted(1, [BEN])).0;
    let (_, waits) = call.clone().handle(at(5), refused(2));
    let (_, leaves) = spent(call).handle(at(5), refused(2));
    let closes = Effect::CloseClaim(round(1), Closed::MovedOn);
    assert_eq!((waits.contains(&closes), leaves.contains(&closes)), (false, true));
}

#[test]
fn a_caller_who_comes_back_into_line_after_midnight_waits_although_one_telephone_cannot_be_reached() {
    let circle = Queue { too_long: StepIndex(0), ..Queue::clone(&queue_of()) };
    let refused = |number| Event::Dialled { leg: leg(number), result: Dialled::Refused };
    let call = Call::begin(at(0), setup_of(Arc::new(circle))).0.handle(at(0), granted(1, [ANA])).0;
    let spent = [Event::DialsSpent("No more.".into()), refused(1), Event::ClaimClosed { round: round(1) }, asks()];
    let call = spent.into_iter().fold(call, |call, event| call.handle(at(1), event).0);
    let call = call.handle(at(5), ended(3)).0.handle(at(5), granted(2, [ANA])).0;
    assert_eq!(call.phase(), Phase::Queueing);

    let (call, effects) = call.handle(at(6), refused(2));

    assert!(!effects.contains(&Effect::CloseClaim(round(2), Closed::MovedOn)), "{effects:?}");
    assert_eq!(call.phase(), Phase::Queueing);
}

#[test]
fn a_caller_is_not_forgotten_in_line_because_somebody_declined_when_their_telephone_had_stopped() {
    let call = run_until(offered(), 20).0.handle(at(21), granted(1, [])).0;
    let call = call.handle(at(34), from_leg(ANA, LegNews::Declined)).0;
    assert_eq!(run_until(call.clone(), 35).1, [wait(1, &[BEN], &[BEN], &[], false)], "Ben is waited for");

    // Or they were granted before that.
    let asked = run_until(offered(), 35).0.handle(at(35), from_leg(ANA, LegNews::Declined)).0;
    let (call, effects) = asked.handle(at(35), granted(1, [ANA]));
    assert!(effects.ends_with(&[Effect::FreePhone(phone(ANA)), wait(1, &[BEN], &[BEN], &[], false)]), "{effects:?}");
    assert_eq!(call.phase(), Phase::Queueing);
}

#[test]
fn a_second_telephone_that_is_granted_while_one_rings_is_given_back() {
    let (_, effects) = offered().handle(at(3), granted(1, [BEN]));

    assert_eq!(effects, [Effect::Ignore(Ignored::OldRound), Effect::FreePhone(phone(BEN))]);
}

#[test]
fn who_accepts_in_the_moment_the_next_telephone_rings_has_the_call() {
    let next = offered().handle(at(20), Event::DeadlineReached).0.handle(at(20), granted(1, [BEN])).0;

    let (call, effects) = next.handle(at(20), from_leg(ANA, LegNews::Accepted));

    assert_eq!(call.phase(), Phase::Joining);
    assert_eq!(effects[0], Effect::KeepPhone(phone(ANA)));
    assert_eq!(effects[1..3], [Effect::Note(Fact::Accepted("Ana".into())), Effect::RedirectCaller]);
    assert!(effects.contains(&Effect::Note(Fact::Withdrawn("Ben".into(), Told::SomebodyElseHasIt))), "{effects:?}");
}

#[test]
fn a_caller_whose_winner_is_lost_before_both_are_joined_keeps_their_place() {
    let joining = offered().handle(at(9), from_leg(ANA, LegNews::Accepted)).0;

    let (call, effects) = joining.handle(at(10), from_leg(ANA, LegNews::Ended(LegEnd::Completed)));

    assert_eq!((call.phase(), call.since()), (Phase::Queueing, at(0)));
    let again = wait(2, &[ANA, BEN], &[BEN], &[], false);
    let handed_back = Effect::Note(Fact::HandedBack("Ana".into()));
    // The redirect that was to bring them in is under way, and brings them the sound instead.
    assert_eq!(effects, [Effect::FreePhone(phone(ANA)), handed_back, Effect::OpenRound(round(2)), again]);
    assert_eq!(call.handle(at(10), asks()).1, [Effect::Reply(hold(3, None))]);
}

#[test]
fn a_talk_tells_whom_and_how_long_they_rest_and_an_ended_one_is_none() {
    let joining = offered().handle(at(9), from_leg(ANA, LegNews::Accepted)).0;
    assert_eq!(joining.talk(), None);

    let talks = joining.handle(at(10), Event::Room(RoomNews::Started)).0;

    let talk = talks.talk().expect("a talk");
    assert_eq!((talk.phone, talk.wrap_up), (phone(ANA), Duration::from_secs(30)));
    assert_eq!(talk.queue.as_deref(), Some("everybody"));
    let over = talks.handle(at(20), from_leg(ANA, LegNews::Ended(LegEnd::Completed))).0;
    assert_eq!((over.talk(), over.outcome()), (None, Some(Outcome::Talked)));
    assert_eq!(bridged([ANA]).talk().expect("a talk").wrap_up, Duration::ZERO);
}

#[test]
fn a_caller_who_has_waited_too_long_is_led_on() {
    let (call, effects) = run_until(held_until(waiting(), 590), 600);
    assert_eq!(effects, [Effect::CloseClaim(round(1), Closed::MovedOn)]);

    let (_, effects) = call.handle(at(600), Event::ClaimClosed { round: round(1) });

    assert_eq!(effects[..2], [Effect::StopSeeking, Effect::Note(Fact::LeftQueue(QueueEnd::TooLong))]);
    assert_eq!(said(&effects), "You waited too long.");
}

#[test]
fn who_has_picked_up_when_the_wait_is_over_may_still_take_the_call() {
    let call = held_until(waiting(), 595).handle(at(595), granted(1, [ANA])).0;
    let call = call.handle(at(598), from_leg(ANA, LegNews::AskedForKey)).0;
    let (call, effects) = call.handle(at(600), Event::DeadlineReached);
    assert_eq!(effects, [Effect::Ignore(Ignored::NotDue)]);

    let (accepted, _) = call.clone().handle(at(605), from_leg(ANA, LegNews::Accepted));
    let (_, silent) = run_until(call, 618);

    assert_eq!(accepted.phase(), Phase::Joining);
    assert!(silent.contains(&Effect::CloseClaim(round(1), Closed::MovedOn)), "{silent:?}");
}

#[test]
fn a_queue_that_is_full_and_one_without_anybody_lead_on_each_in_its_own_way() {
    for (why, end, words) in [
        (QueueRefusal::Full, QueueEnd::Full, "Too many wait."),
        (QueueRefusal::NobodyOnDuty, QueueEnd::NobodyOnDuty, "Nobody works."),
    ] {
        let call = asking().handle(at(0), Event::QueueRefused { round: round(1), why }).0;
        let (_, effects) = call.handle(at(0), Event::ClaimClosed { round: round(1) });

        assert_eq!(effects[..2], [Effect::StopSeeking, Effect::Note(Fact::LeftQueue(end))]);
        assert_eq!(said(&effects), words);
    }
}

#[test]
fn a_caller_who_hangs_up_while_somebody_is_rung_stops_that_telephone() {
    let (call, effects) = offered().handle(at(4), Event::CallerLeft);
    assert_eq!(effects, [Effect::Note(Fact::CallerLeft), Effect::CloseClaim(round(1), Closed::CallerLeft)]);

    let (call, effects) = call.handle(at(4), Event::ClaimClosed { round: round(1) });

    assert_eq!(effects[..2], [Effect::StopSeeking, Effect::CancelLeg { leg: leg(1), sid: leg_sid(1) }]);
    assert_eq!(call.outcome(), Some(Outcome::CallerGaveUp));
}

#[test]
fn a_caller_whose_webhook_is_lost_in_a_queue_is_looked_up_and_fetched() {
    let due = at(0) + Duration::from_secs(30 + 15 + 15) + Duration::from_millis(33 * 100);
    let (call, effects) = run_until(waiting(), 64);
    assert_eq!(effects, [Effect::LookUpCaller]);

    let (call, effects) = call.handle(due, Event::CallerLookedUp(Standing::Up));
    assert_eq!(effects, [Effect::AskPlace], "it is time to tell the place once more");

    let (_, effects) = call.handle(due, placed(1, None));
    assert_eq!(effects[1..], [Effect::RedirectCaller]);
}

#[test]
fn a_caller_whose_music_cannot_be_fetched_hears_ringing_and_not_silence() {
    let music = Words::Sound { url: "https://example.org/music.mp3".into(), name: "music.mp3".into() };
    let queue = Queue { hold: Some(music.clone()), ..Queue::clone(&queue_of()) };
    let call = Call::begin(at(0), setup_of(Arc::new(queue))).0.handle(at(0), granted(1, [ANA])).0;
    let plays = |number, sound| Effect::Reply(CallerDocument::Hold { words: None, sound, visit: visit(number) });

    let (_, heard_out) = call.clone().handle(at(2), ended(2));
    let (call, silent) = call.handle(at(1), ended(2));

    assert_eq!((heard_out, silent), (vec![plays(3, Some(music))], vec![plays(3, None)]));
    assert_eq!(call.handle(at(32), ended(3)).1, [plays(4, None)], "it stays so for this caller");
}

#[test]
fn a_program_that_stops_tells_a_caller_in_a_queue() {
    let call = waiting().handle(at(3), Event::ShuttingDown).0;

    let (call, effects) = call.handle(at(3), Event::ClaimClosed { round: round(1) });

    assert_eq!(effects, [Effect::StopSeeking, Effect::Note(Fact::Over(Outcome::ShutDown)), Effect::RedirectCaller]);
    assert_eq!(said(&call.handle(at(4), asks()).1), "We failed.");
}

#[test]
fn a_queue_tells_its_exits_in_their_order_and_has_no_key_where_none_leaves() {
    let queue = Step::Queue(queue_of());
    let to = |exit: Exit, at| (exit, StepIndex(at));
    let others = [to(Exit::TooLong, 2), to(Exit::Full, 3), to(Exit::NobodyOnDuty, 4)];
    assert_eq!(queue.exits()[0], to(Exit::GaveUp, 1));
    assert_eq!(queue.exits()[1..], others);

    let without = Queue { leave: None, ..Queue::clone(&queue_of()) };

    assert_eq!(Step::Queue(Arc::new(without.clone())).exits(), others);
    let place = QueuePlace { place: 2, wait: None };
    let told = |queue: &Queue, place| queue.announcement(place, Words::clone).map(|words| words.to_string());
    assert_eq!(told(&without, Some(place)).as_deref(), Some("You are number 2."));
    let silent = Queue { announce_every: None, ..without };
    assert_eq!(told(&silent, Some(place)), None);
    assert_eq!(
        told(&Queue { leave: Some(('#', StepIndex(1))), ..silent }, Some(place)).as_deref(),
        Some("To leave, press #.")
    );
    let leaves = [Exit::GaveUp, Exit::TooLong, Exit::Full, Exit::NobodyOnDuty].map(|exit| exit.leaves());
    assert_eq!(leaves, [Leaves::ByKey, Leaves::AfterRinging, Leaves::ByItself, Leaves::ByItself]);
    assert!(queue.answers() && queue.groups().count() == 1);
}

#[test]
fn ring_tiers_whose_people_are_away_are_skipped_at_once() {
    let call = begin(group([ANA, BEN]), Ringback::Tone);

    let away =
        |people: &[u32]| Event::PeopleAway { round: round(1), phones: people.iter().map(|it| phone(*it)).collect() };
    let (one, effects) = call.clone().handle(at(0), away(&[ANA]));
    assert_eq!(effects, [Effect::Note(Fact::IsAway("Ana".into()))]);
    assert_eq!(one.phase(), Phase::Ringing);

    let (_, effects) = call.handle(at(0), away(&[ANA, BEN]));
    assert_eq!(effects.last(), Some(&Effect::CloseClaim(round(1), Closed::MovedOn)));
}

#[test]
fn what_callers_may_hear_is_known_by_its_keys_and_nothing_else_is() {
    let keys = |queue: &Queue| {
        let step = Step::Queue(Arc::new(queue.clone()));
        step.words().into_iter().map(|(key, words)| (key, words.to_string())).collect::<Vec<_>>()
    };
    let queue = Queue { hold: Some("Music.".into()), ..Queue::clone(&queue_of()) };
    let all = keys(&queue);
    let names: Vec<_> = all.iter().map(|(key, _)| *key).collect();
    assert_eq!(names, ["next_words", "place_words", "minute_words", "minutes_words", "leave_words", "hold"]);
    assert_eq!(all[4].1, "To leave, press {key}.");

    let quiet = Queue { announce_every: None, leave: None, ..queue };
    assert_eq!(keys(&quiet), [("hold", "Music.".to_owned())]);
}

#[test]
fn nobody_is_rung_for_a_caller_whose_time_is_over_in_that_very_moment() {
    let call = held_until(waiting(), 599);

    let (_, effects) = call.handle(at(600), granted(1, [ANA]));

    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Dial { .. })), "{effects:?}");
    assert!(effects.contains(&Effect::CloseClaim(round(1), Closed::MovedOn)), "{effects:?}");
}

#[test]
fn each_members_own_time_of_ringing_is_theirs() {
    let mut queue = Queue::clone(&queue_of());
    let mut group = group([ANA, BEN]);
    group.members[1].phone_for = Duration::from_secs(8);
    queue.group = Arc::new(group);
    let call = Call::begin(at(0), setup_of(Arc::new(queue))).0;

    for (person, rings) in [(ANA, 20), (BEN, 8)] {
        let (_, effects) = call.clone().handle(at(0), granted(1, [person]));

        let ring_for = Duration::from_secs(rings);
        assert_eq!(effects[0], Effect::Dial { leg: leg(1), round: round(1), phone: phone(person), ring_for });
    }
}

#[test]
fn who_is_rung_as_the_caller_leaves_is_told_whether_they_hung_up_or_went_elsewhere() {
    for (event, why) in [(Event::CallerLeft, Told::CallerLeft), (pressed(2, "5"), Told::MovedOn)] {
        let call = offered().handle(at(5), event).0;

        let (_, effects) = call.handle(at(5), Event::ClaimClosed { round: round(1) });

        assert!(effects.contains(&Effect::Note(Fact::Withdrawn("Ana".into(), why))), "{effects:?}");
    }
}

#[test]
fn a_caller_who_presses_the_key_and_hangs_up_at_once_is_not_led_on() {
    let call = waiting().handle(at(5), pressed(2, "5")).0.handle(at(5), Event::CallerLeft).0;

    let (call, effects) = call.handle(at(5), Event::ClaimClosed { round: round(1) });

    assert!(effects.contains(&Effect::Note(Fact::Over(Outcome::CallerGaveUp))), "{effects:?}");
    assert_eq!(call.phase(), Phase::Over);
}

/// The roster has not said yet whether somebody is free.
pub(crate) fn asking() -> Call {
    Call::begin(at(0), setup_of(queue_of())).0
}

/// Nobody is free, and the caller has been told.
pub(crate) fn waiting() -> Call {
    asking().handle(at(0), granted(1, [])).0.handle(at(0), placed(1, None)).0
}

/// The caller hears one sound after the other.
fn held_until(call: Call, seconds: u64) -> Call {
    (1..=seconds / 30).fold(call, |call, sounds| run_until(call, 30 * sounds).0.handle(at(30 * sounds), asks()).0)
}

/// Ana's telephone rings for the caller.
pub(crate) fn offered() -> Call {
    asking().handle(at(0), granted(1, [ANA])).0.handle(at(0), from_leg(ANA, LegNews::Rings)).0
}

/// Ana has picked up, and is asked for a key.
pub(crate) fn screened() -> Call {
    offered().handle(at(5), from_leg(ANA, LegNews::AskedForKey)).0
}

/// Ana was gone before both were joined.
pub(crate) fn handed_back() -> Call {
    let joining = offered().handle(at(9), from_leg(ANA, LegNews::Accepted)).0;
    joining.handle(at(10), from_leg(ANA, LegNews::Ended(LegEnd::Completed))).0
}

fn wait(number: u32, members: &[u32], first: &[u32], last: &[u32], is_new: bool) -> Effect {
    let [members, first, last] =
        [members, first, last].map(|people| people.iter().map(|person| phone(*person)).collect::<Vec<PhoneNumber>>());
    Effect::WaitInQueue { round: round(number), queue: queue_of(), members, first, last, is_new }
}

fn hold(number: u32, words: Option<&str>) -> CallerDocument {
    CallerDocument::Hold { words: words.map(Into::into), sound: None, visit: visit(number) }
}

fn placed(place: usize, wait: Option<u64>) -> Event {
    Event::PlaceTold(Some(QueuePlace { place, wait: wait.map(Duration::from_secs) }))
}

fn pressed(number: u32, keys: &str) -> Event {
    Event::CallerAsked(Asked::Chosen { visit: visit(number), keys: Keys::read(keys) })
}

fn ended(number: u32) -> Event {
    Event::CallerAsked(Asked::WordsEnded(visit(number)))
}

fn asks() -> Event {
    Event::CallerAsked(Asked::Now { answered: true })
}

/// What the caller hears at last.
fn said(effects: &[Effect]) -> String {
    let said = effects.iter().rev().find_map(|effect| {
        let (Effect::Reply(CallerDocument::Say { words, .. }) | Effect::Note(Fact::Said(words))) = effect else {
            return None;
        };
        Some(words.to_string())
    });
    said.expect("words")
}

fn visit(number: u32) -> VisitId {
    number.to_string().parse().expect("a well-formed name")
}

fn queue_of() -> Arc<Queue> {
    Arc::new(Queue {
        group: Arc::new(group([ANA, BEN])),
        offer_for: Duration::from_secs(20),
        wrap_up: Duration::from_secs(30),
        max_wait: Duration::from_secs(600),
        max_waiting: Some(3),
        hold: None,
        announce_every: Some(Duration::from_secs(60)),
        words: QueueWords {
            next: "You are next.".into(),
            place: "You are number {place}.".into(),
            minute: "It takes a minute.".into(),
            minutes: "It takes {minutes} minutes.".into(),
            leave: "To leave, press {key}.".into(),
        },
        leave: Some(('5', StepIndex(1))),
        too_long: StepIndex(2),
        full: StepIndex(3),
        nobody: StepIndex(4),
    })
}

fn setup_of(queue: Arc<Queue>) -> Arc<CallSetup> {
    let words = ["You gave up.", "You waited too long.", "Too many wait.", "Nobody works."];
    let mut steps = vec![Step::Queue(queue)];
    steps.extend(words.map(|words| Step::Say { words: words.into(), next: StepIndex(5) }));
    steps.push(Step::HangUp);
    let steps = steps.into_iter().map(|step| NamedStep { name: "step".into(), step });
    let flow = Flow::new(steps.collect(), StepIndex(0)).expect("a sound flow");
    Arc::new(CallSetup { flow: Arc::new(flow), ..CallSetup::clone(&setup(group([ANA]), Ringback::Tone)) })
}
