//! A caller is handed on to an outside number: which exit is taken, and that nobody is left when a webhook is lost.

use std::{sync::Arc, time::Duration};

use ringall_core::{
    call::{
        AfterWords, Asked, Call, CallSetup, CallerDocument, DialEnd, Effect, Event, ForwardNews, Ignored, Phase,
        Redirected, Ringback, Standing,
    },
    fact::{Fact, ForwardOutcome, Outcome},
    flow::{Flow, Forward, ForwardScreen, NamedStep, Show, Step, StepIndex},
    id::VisitId,
    phone::{CallerId, PhoneNumber},
    time::Timestamp,
};

use super::scene::*;

#[test]
fn a_forward_that_comes_first_is_the_callers_first_document() {
    let (call, effects) = Call::begin(at(0), setup_for(forward()));

    assert_eq!(
        effects,
        [Effect::Note(Fact::Arrived), Effect::Note(Fact::ForwardedTo(office())), hands_on(&forward(), None, 1)]
    );
    assert_eq!((call.phase(), call.is_only_a_talk()), (Phase::Forwarding, false));
    assert_eq!(call.forward().map(|(visit, forward)| (visit, forward.to)), Some((VisitId::FIRST, office())));
}

#[test]
fn each_end_of_the_dialling_leaves_by_its_own_exit() {
    let exits = [
        (DialEnd::Busy, ForwardOutcome::Busy, "Busy."),
        (DialEnd::NoAnswer, ForwardOutcome::NoAnswer, "No answer."),
        (DialEnd::Failed, ForwardOutcome::Failed, "Failed."),
        (DialEnd::Canceled, ForwardOutcome::Canceled, "Canceled."),
        (DialEnd::Completed { bridged: Some(true) }, ForwardOutcome::Talked, "Done."),
        (DialEnd::Completed { bridged: None }, ForwardOutcome::Talked, "Done."),
        (DialEnd::Completed { bridged: Some(false) }, ForwardOutcome::NoAnswer, "No answer."),
    ];
    for (end, outcome, words) in exits {
        let (call, effects) = dialled().handle(at(20), forwarded(1, end));

        assert_eq!(effects, [over_fact(outcome), said(words), says(words)], "{end:?}");
        assert_eq!(call.phase(), Phase::Speaking);
        let (_, effects) = call.handle(at(25), Event::CallerLeft);
        let last = if outcome == ForwardOutcome::Talked { Outcome::Talked } else { Outcome::NobodyTookIt };
        assert_eq!(effects.last(), Some(&Effect::Note(Fact::Over(last))));
    }
}

#[test]
fn whoever_did_not_take_the_call_did_not_answer_it_however_the_carrier_calls_that() {
    for end in every_end() {
        let asked = after(begin_with(keyed()), [news(1, ForwardNews::Rings), news(1, ForwardNews::Answered)]);
        let declined = asked.clone().handle(at(8), news(1, ForwardNews::Declined)).0;

        let (_, nobody) = asked.handle(at(30), forwarded(1, end));
        let (_, declined) = declined.handle(at(30), forwarded(1, end));

        let talked = end == DialEnd::Completed { bridged: Some(true) };
        let expected = |outcome| if talked { ForwardOutcome::Talked } else { outcome };
        assert_eq!(nobody[0], over_fact(expected(ForwardOutcome::NotAccepted)), "{end:?}");
        assert_eq!(declined[0], over_fact(expected(ForwardOutcome::Declined)), "{end:?}");
    }
}

#[test]
fn a_key_takes_the_call_once() {
    let asked = after(begin_with(keyed()), [news(1, ForwardNews::Answered)]);
    assert!(!asked.is_only_a_talk(), "a mailbox may be listening");

    let (call, effects) = asked.handle(at(9), news(1, ForwardNews::Accepted));
    assert_eq!(effects, [Effect::Note(Fact::ForwardAccepted(office()))]);
    assert!(call.is_only_a_talk());
    let (call, effects) = call.handle(at(10), news(1, ForwardNews::Accepted));
    assert_eq!(effects, [Effect::Ignore(Ignored::Repeated)]);
    let (call, _) = call.handle(at(10), news(1, ForwardNews::Declined));
    assert!(call.is_only_a_talk(), "the first key counts");

    let (_, effects) = call.handle(at(90), forwarded(1, DialEnd::Completed { bridged: None }));
    assert_eq!(effects[0], over_fact(ForwardOutcome::Talked));
}

#[test]
fn an_action_that_comes_twice_or_late_advances_the_flow_once() {
    let (call, _) = dialled().handle(at(20), forwarded(1, DialEnd::Busy));

    let (call, effects) = call.handle(at(21), forwarded(1, DialEnd::NoAnswer));

    assert_eq!(effects, [says("Busy.")], "the present words once more");
    assert_eq!(call.phase(), Phase::Speaking);
}

#[test]
fn an_action_of_an_earlier_forward_changes_nothing_about_the_present_one() {
    let second = Forward { no_answer: StepIndex(0), ..forward() };
    let call = begin_with(second.clone()).handle(at(20), forwarded(1, DialEnd::NoAnswer)).0;

    let (again, effects) = call.clone().handle(at(21), forwarded(1, DialEnd::Busy));
    assert_eq!(effects, [hands_on(&second, None, 2)]);
    assert_eq!(again.phase(), Phase::Forwarding);

    let (_, effects) = call.handle(at(30), news(1, ForwardNews::Ended(DialEnd::Busy)));
    assert_eq!(effects, [Effect::Ignore(Ignored::TooLate)]);
}

#[test]
fn a_caller_who_leaves_while_it_rings_has_given_up_and_one_who_leaves_later_has_talked() {
    for (news_before, outcome) in [
        (vec![], Outcome::CallerGaveUp),
        (vec![ForwardNews::Rings], Outcome::CallerGaveUp),
        (vec![ForwardNews::Answered], Outcome::Talked),
        (vec![ForwardNews::Answered, ForwardNews::Ended(DialEnd::Completed { bridged: None })], Outcome::Talked),
    ] {
        let call = after(dialled(), news_before.into_iter().map(|told| news(1, told)));

        let (call, effects) = call.handle(at(40), Event::CallerLeft);

        assert_eq!(effects, [Effect::Note(Fact::CallerLeft), Effect::Note(Fact::Over(outcome))]);
        assert!(call.is_finished());
    }
}

#[test]
fn a_forward_without_a_word_from_the_carrier_is_looked_after_until_the_caller_is_gone() {
    let (call, effects) = run_until(dialled(), 25 + 20);
    assert_eq!(effects, [Effect::LookUpCaller]);

    // They talk, for all that can be told: no look for ten minutes.
    let call = call.handle(at(45), Event::CallerLookedUp(Standing::Up)).0;
    assert_eq!(call.deadline(), Some(at(45 + 600)));
    let (call, effects) = run_until(call, 45 + 600);
    assert_eq!(effects, [Effect::LookUpCaller]);
    let (call, _) = call.handle(at(646), Event::CallerLookedUp(Standing::Over));

    assert!(call.is_finished());
}

#[test]
fn an_end_of_which_nobody_says_how_is_what_was_heard_of_it() {
    let cases = [
        (vec![], ForwardOutcome::Failed),
        (vec![ForwardNews::Rings], ForwardOutcome::Failed),
        (vec![ForwardNews::Ended(DialEnd::Busy)], ForwardOutcome::Busy),
        (vec![ForwardNews::Answered], ForwardOutcome::Talked),
    ];
    for (heard, outcome) in cases {
        let call = after(dialled(), heard.into_iter().map(|told| news(1, told)));

        let (_, effects) = call.handle(at(50), forwarded(1, DialEnd::Unsaid));

        assert_eq!(effects[0], over_fact(outcome));
    }
}

#[test]
fn a_caller_whom_the_carrier_leaves_ringing_is_led_on() {
    let mut call = dialled();
    let mut last = Vec::new();
    for _ in 0..4 {
        let due = call.deadline().expect("somebody waits");
        call = call.handle(due, Event::DeadlineReached).0;
        (call, last) = call.handle(due, Event::CallerLookedUp(Standing::Unanswered));
    }

    assert_eq!(last, [over_fact(ForwardOutcome::Failed), said("Failed."), Effect::RedirectCaller]);
}

#[test]
fn a_talk_is_looked_after_every_ten_minutes() {
    let call = talking();

    assert_eq!(call.deadline(), Some(at(6 + 600)));
    let (call, effects) = run_until(call, 6 + 600);
    assert_eq!(effects, [Effect::LookUpCaller]);
    let (call, effects) = call.handle(at(607), Event::CallerLookedUp(Standing::Unclear));
    assert_eq!(effects, [Effect::Ignore(Ignored::NotDue)]);
    assert_eq!(call.deadline(), Some(at(616)), "a carrier that cannot be asked is asked again soon");
}

#[test]
fn an_end_of_the_dialled_leg_without_the_dials_action_leads_the_caller_on() {
    let call = after(dialled(), [news(1, ForwardNews::Ended(DialEnd::Busy))]);
    assert_eq!(call.deadline(), Some(at(11)));
    let (call, effects) = run_until(call, 11);
    assert_eq!(effects, [Effect::LookUpCaller]);

    let (call, effects) = call.handle(at(12), Event::CallerLookedUp(Standing::Up));
    assert_eq!(effects, [over_fact(ForwardOutcome::Busy), said("Busy."), Effect::RedirectCaller]);
    let (_, effects) = call.handle(at(13), Event::CallerAsked(Asked::Now { answered: true }));
    assert_eq!(effects, [says("Busy.")]);
}

#[test]
fn an_unanswered_caller_who_cannot_be_led_on_is_ended() {
    let call = after(dialled(), [news(1, ForwardNews::Ended(DialEnd::Busy))]);
    let mut call = run_until(call, 11).0.handle(at(12), Event::CallerLookedUp(Standing::Unanswered)).0;

    let mut ended = false;
    while let Some(due) = call.deadline() {
        let (next, refused) = call.handle(due, Event::CallerRedirected(Redirected::NotInState));
        let (next, effects) = {
            let due = next_due(&next, due);
            next.handle(due, Event::DeadlineReached)
        };
        ended |= refused.iter().chain(&effects).any(|effect| *effect == Effect::EndCaller);
        let looked = effects.contains(&Effect::LookUpCaller);
        let unanswered = Event::CallerLookedUp(Standing::Unanswered);
        call = if looked { next.handle(due, unanswered).0 } else { next };
    }

    assert!(ended);
}

#[test]
fn a_document_that_got_lost_is_given_again_but_not_for_ever() {
    let mut call = dialled();
    for _ in 0..4 {
        let (next, effects) = call.handle(at(2), Event::CallerAsked(Asked::Now { answered: false }));
        assert_eq!(effects, [hands_on(&forward(), None, 1)]);
        call = next;
    }

    let (_, effects) = call.handle(at(2), Event::CallerAsked(Asked::Now { answered: false }));

    assert_eq!(effects[0], over_fact(ForwardOutcome::Failed));
}

#[test]
fn a_reply_that_found_nobody_is_waited_for_and_given_when_they_ask() {
    let (call, effects) = dialled().handle(at(0), Event::ReplyFoundNobody);
    assert_eq!(effects, [Effect::LookUpCaller]);

    let (_, effects) = call.handle(at(1), Event::CallerAsked(Asked::Now { answered: false }));

    assert_eq!(effects, [hands_on(&forward(), None, 1)]);
}

#[test]
fn a_callers_number_that_is_refused_is_replaced_by_the_lines_once() {
    let shows_caller = Forward { show: Show::Caller, ..forward() };
    let (call, effects) = Call::begin(at(0), setup_for(shows_caller.clone()));
    assert_eq!(effects.last(), Some(&hands_on(&shows_caller, Some(phone(CALLER)), 1)));

    let (call, effects) = call.handle(at(1), forwarded(1, DialEnd::Failed));
    assert_eq!(effects, [Effect::Note(Fact::ForwardShowsLine(office())), hands_on(&shows_caller, None, 2)]);
    let (call, effects) = call.handle(at(1), forwarded(1, DialEnd::Failed));
    assert_eq!(effects, [hands_on(&shows_caller, None, 2)], "the first refusal once more");

    let (_, effects) = call.handle(at(2), forwarded(2, DialEnd::Failed));
    assert_eq!(effects[0], over_fact(ForwardOutcome::Failed));
}

#[test]
fn a_number_that_rang_with_the_callers_number_is_not_dialled_again() {
    let call = begin_with(Forward { show: Show::Caller, ..forward() });

    let (_, effects) = call.handle(at(1), news(1, ForwardNews::Rings)).0.handle(at(9), forwarded(1, DialEnd::Failed));

    assert_eq!(effects[0], over_fact(ForwardOutcome::Failed));
}

#[test]
fn a_withheld_caller_is_shown_as_the_line() {
    let shows_caller = Forward { show: Show::Caller, ..forward() };
    for caller in [CallerId::Withheld, CallerId::Other("client:ana".into())] {
        let setup = setup_for(shows_caller.clone());
        let setup = CallSetup { caller, ..CallSetup::clone(&setup) };

        let (call, effects) = Call::begin(at(0), Arc::new(setup));
        assert_eq!(effects.last(), Some(&hands_on(&shows_caller, None, 1)));

        let (_, effects) = call.handle(at(1), forwarded(1, DialEnd::Failed));
        assert_eq!(effects[0], over_fact(ForwardOutcome::Failed), "nothing is gained by dialling again");
    }
}

#[test]
fn a_caller_who_is_led_out_of_the_conference_is_not_dialled_for_twice() {
    let steps = vec![
        named("ring", Step::ring(Arc::new(group([ANA])), StepIndex(1))),
        named("forward", Step::Forward(Arc::new(Forward { busy: StepIndex(2), ..forward_to(2) }))),
        named("end", Step::HangUp),
    ];
    let flow = Arc::new(Flow::new(steps, StepIndex(0)).expect("a sound flow"));
    let setup = CallSetup { flow, ..CallSetup::clone(&setup(group([ANA]), Ringback::Tone)) };
    let call = Call::begin(at(0), Arc::new(setup)).0.handle(at(0), granted(1, [ANA])).0;
    let call = run_until(call, 30).0;
    let (call, effects) = call.handle(at(30), Event::ClaimClosed { round: round(1) });
    assert!(effects.contains(&Effect::RedirectCaller), "{effects:?}");

    let (call, effects) = call.handle(at(30), Event::CallerAsked(Asked::DialEnded));
    assert_eq!(effects, [Effect::Reply(CallerDocument::HearRingback)], "the redirect's own request dials");
    let (_, effects) = call.handle(at(31), Event::CallerAsked(Asked::Now { answered: true }));

    assert!(matches!(effects[..], [Effect::Reply(CallerDocument::Forward { .. })]), "{effects:?}");
}

#[test]
fn a_caller_whose_number_is_being_picked_up_is_not_cut_off_because_the_program_stops() {
    // Of who talks we hear only afterwards: the carrier rings on and joins them without us.
    for call in [dialled(), talking()] {
        let (call, effects) = call.handle(at(20), Event::ShuttingDown);

        assert_eq!((effects, call.phase()), (vec![Effect::Ignore(Ignored::TooLate)], Phase::Forwarding));
    }
}

#[test]
fn forwards_that_fail_into_each_other_are_a_circle_and_those_that_ring_are_none() {
    let of = |forward| Flow::new(vec![named("it", Step::Forward(Arc::new(forward)))], StepIndex(0));

    assert!(of(forward_to(0)).is_err());
    let end = StepIndex(1);
    let rings = Forward { failed: end, canceled: end, ..forward_to(0) };
    let steps = vec![named("it", Step::Forward(Arc::new(rings))), named("end", Step::HangUp)];
    assert!(Flow::new(steps, StepIndex(0)).is_ok());
}

/// The caller's leg has the document; nothing has been heard of the number.
pub(crate) fn dialled() -> Call {
    begin_with(forward())
}

/// Somebody has picked up.
pub(crate) fn talking() -> Call {
    let told = [ForwardNews::Dialled, ForwardNews::Rings, ForwardNews::Answered].map(|told| news(1, told));
    let call = dialled().handle(at(6), told[0].clone()).0.handle(at(6), told[1].clone()).0;
    call.handle(at(6), told[2].clone()).0
}

pub(crate) fn every_end() -> [DialEnd; 8] {
    [
        DialEnd::Completed { bridged: None },
        DialEnd::Completed { bridged: Some(true) },
        DialEnd::Completed { bridged: Some(false) },
        DialEnd::Busy,
        DialEnd::NoAnswer,
        DialEnd::Failed,
        DialEnd::Canceled,
        DialEnd::Unsaid,
    ]
}

fn next_due(call: &Call, otherwise: Timestamp) -> Timestamp {
    call.deadline().unwrap_or(otherwise)
}

pub(crate) fn begin_with(forward: Forward) -> Call {
    Call::begin(at(0), setup_for(forward)).0
}

fn setup_for(forward: Forward) -> Arc<CallSetup> {
    let say = |words: &str| named(words, Step::Say { words: words.into(), next: StepIndex(6) });
    let mut steps = vec![named("forward", Step::Forward(Arc::new(forward)))];
    steps.extend(["Busy.", "No answer.", "Failed.", "Canceled.", "Done."].map(say));
    steps.push(named("end", Step::HangUp));
    let flow = Arc::new(Flow::new(steps, StepIndex(0)).expect("a sound flow"));
    Arc::new(CallSetup { flow, ..CallSetup::clone(&setup(group([ANA]), Ringback::Tone)) })
}

fn named(name: &str, step: Step) -> NamedStep {
    NamedStep { name: name.into(), step }
}

pub(crate) fn forward() -> Forward {
    let [busy, no_answer, failed, canceled, done] = [1, 2, 3, 4, 5].map(StepIndex);
    Forward { busy, no_answer, failed, canceled, done, ..forward_to(0) }
}

pub(crate) fn keyed() -> Forward {
    Forward { screen: ForwardScreen::Key, ..forward() }
}

fn forward_to(step: usize) -> Forward {
    let step = StepIndex(step);
    Forward {
        also: Vec::new(),
        to: office(),
        ring_for: Duration::from_secs(25),
        show: Show::Line,
        whisper: None,
        screen: ForwardScreen::None,
        decline_key: '9',
        busy: step,
        no_answer: step,
        failed: step,
        canceled: step,
        done: step,
        records: false,
    }
}

pub(crate) fn office() -> PhoneNumber {
    "+441632960777".parse().expect("a well-formed name")
}

pub(crate) fn hands_on(forward: &Forward, show: Option<PhoneNumber>, visit: u32) -> Effect {
    let forward = Arc::new(forward.clone());
    Effect::Reply(CallerDocument::Forward { forward, show, visit: visit_id(visit) })
}

fn visit_id(number: u32) -> VisitId {
    number.to_string().parse().expect("a well-formed name")
}

fn forwarded(visit: u32, end: DialEnd) -> Event {
    let answered = matches!(end, DialEnd::Completed { .. });
    Event::CallerAsked(Asked::Forwarded { visit: visit_id(visit), end, answered })
}

pub(crate) fn news(visit: u32, news: ForwardNews) -> Event {
    Event::FromForward { visit: visit_id(visit), news }
}

fn over_fact(outcome: ForwardOutcome) -> Effect {
    Effect::Note(Fact::ForwardOver(office(), outcome))
}

fn said(words: &str) -> Effect {
    Effect::Note(Fact::Said(words.into()))
}

fn says(words: &str) -> Effect {
    Effect::Reply(CallerDocument::Say { words: words.into(), then: AfterWords::HangUp })
}

#[test]
fn a_caller_who_still_hears_ringing_is_not_ended_for_a_report_of_an_earlier_dialling() {
    // They cannot be fetched, and the action of the Dial that goes on brings them.
    let call = dialled().handle(at(5), news(1, ForwardNews::Ended(DialEnd::NoAnswer))).0;
    let (call, looked) = run_until(call, 15);
    assert_eq!(looked, [Effect::LookUpCaller]);

    let (call, effects) = call.handle(at(15), Event::CallerLookedUp(Standing::Unanswered));
    let (_, action) = call.clone().handle(at(16), forwarded(1, DialEnd::Busy));

    assert!(!effects.contains(&Effect::RedirectCaller), "{effects:?}");
    assert_eq!(call.phase(), Phase::Forwarding);
    assert_eq!(action.last(), Some(&says("Busy.")));
}
