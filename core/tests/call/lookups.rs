//! The user's own address is asked who the caller is, and the call goes by the answer.

use std::{sync::Arc, time::Duration};

use ringall_core::{
    call::{AfterWords, Answer, Asked, Call, CallSetup, CallerDocument, Effect, Event, Ignored, Phase, Ringback},
    fact::{Fact, LookupOutcome, Outcome},
    findings::Findings,
    flow::{Branch, Flow, Forward, ForwardScreen, FoundNumber, Lookup, NamedStep, Show, Step, StepIndex},
    id::InquiryId,
    phone::CallerId,
};

use super::scene::*;

#[test]
fn a_caller_is_asked_about_before_anything_is_said_to_them() {
    let (call, effects) = Call::begin(at(0), looking_up());

    assert_eq!(effects, [Effect::Note(Fact::Arrived), asks(1)]);
    assert_eq!((call.phase(), call.deadline()), (Phase::Inquiring, Some(at(3))));
}

#[test]
fn each_answer_leads_to_its_exit() {
    for (answer, outcome, words) in [
        (found(&[]), LookupOutcome::Found, "Known."),
        (Answer::NotFound, LookupOutcome::NotFound, "Unknown."),
        (Answer::Failed, LookupOutcome::Failed, "Failed."),
    ] {
        let (call, effects) = asking().handle(at(1), answered(1, answer));

        let told = [Effect::Note(Fact::LookedUp("crm".into(), outcome)), said(words), says(words)];
        assert_eq!((effects, call.phase()), (told.into(), Phase::Speaking));
    }
}

#[test]
fn an_answer_that_never_comes_has_failed_after_three_seconds() {
    let (early, effects) = asking().handle(at(2), Event::DeadlineReached);
    assert_eq!((effects, early.phase()), (vec![Effect::Ignore(Ignored::NotDue)], Phase::Inquiring));

    let (call, effects) = early.handle(at(3), Event::DeadlineReached);

    let failed = Effect::Note(Fact::LookedUp("crm".into(), LookupOutcome::Failed));
    assert_eq!(effects, [failed, said("Failed."), says("Failed.")]);
    let (_, late) = call.handle(at(4), answered(1, found(&[])));
    assert_eq!(late, [Effect::Ignore(Ignored::TooLate)], "what is found too late turns nobody round");
}

#[test]
fn an_answer_to_another_question_and_one_that_comes_twice_mean_nothing() {
    let (call, effects) = asking().handle(at(1), answered(2, found(&[])));
    assert_eq!((effects, call.phase()), (vec![Effect::Ignore(Ignored::TooLate)], Phase::Inquiring));

    let call = call.handle(at(1), answered(1, Answer::NotFound)).0;

    assert_eq!(call.handle(at(1), answered(1, found(&[]))).1, [Effect::Ignore(Ignored::TooLate)]);
}

#[test]
fn a_second_lookup_asks_a_second_question_and_hears_no_answer_to_the_first() {
    let second = Lookup { found: StepIndex(4), ..lookup() };
    let setup = setup_for(vec![step(Step::Lookup(Arc::new(Lookup { failed: StepIndex(5), ..lookup() })))], |steps| {
        steps.push(step(Step::Lookup(Arc::new(second))));
    });
    let call = Call::begin(at(0), setup).0;

    let (call, effects) = call.handle(at(3), Event::DeadlineReached);
    assert!(effects.contains(&asks(2)), "{effects:?}");
    let (call, late) = call.handle(at(4), answered(1, Answer::NotFound));

    assert_eq!((late, call.phase()), (vec![Effect::Ignore(Ignored::TooLate)], Phase::Inquiring));
}

#[test]
fn withheld_callers_are_not_asked_about_unless_the_step_says_so() {
    let withheld = |lookup: Lookup| {
        let setup = setup_for(vec![step(Step::Lookup(Arc::new(lookup)))], |_| {});
        Call::begin(at(0), Arc::new(CallSetup { caller: CallerId::Withheld, ..CallSetup::clone(&setup) }))
    };

    let (_, effects) = withheld(lookup());
    let unknown = Effect::Note(Fact::LookedUp("crm".into(), LookupOutcome::NotFound));
    assert_eq!(effects, [Effect::Note(Fact::Arrived), unknown, said("Unknown."), says("Unknown.")]);

    let (_, effects) = withheld(Lookup { asks_withheld: true, ..lookup() });
    assert_eq!(effects, [Effect::Note(Fact::Arrived), asks(1)]);
}

#[test]
fn a_caller_who_was_answered_hears_ringing_before_silence_grows_long() {
    let call = asking_after_words();
    assert_eq!(call.deadline(), Some(at(5) + Duration::from_millis(800)));

    let (call, effects) = call.handle(at(5) + Duration::from_millis(800), Event::DeadlineReached);
    assert_eq!(effects, [Effect::Note(Fact::RingbackBegan), Effect::Reply(CallerDocument::EnterRoom)]);
    assert_eq!(call.deadline(), Some(at(8)));

    let (_, effects) = call.handle(at(7), answered(1, Answer::NotFound));
    assert!(effects.ends_with(&[Effect::RedirectCaller]), "out of the ringing into words: {effects:?}");
}

#[test]
fn a_caller_who_was_answered_and_has_asked_again_is_not_fetched_into_the_ringing_once_more() {
    let asked = Event::CallerAsked(Asked::Now { answered: true });

    let call = asking_after_words().handle(at(5) + Duration::from_millis(300), asked).0;

    assert_eq!(call.deadline(), Some(at(8)), "nothing else is due before the answer");
}

#[test]
fn a_quick_answer_spares_a_caller_who_was_answered_the_ringing() {
    let (_, effects) = asking_after_words().handle(at(5), answered(1, Answer::NotFound));

    let unknown = Effect::Note(Fact::LookedUp("crm".into(), LookupOutcome::NotFound));
    assert_eq!(effects, [unknown, said("Unknown."), says("Unknown.")]);
}

#[test]
fn a_caller_who_asks_again_meanwhile_waits_on() {
    let again = Event::CallerAsked(Asked::Now { answered: false });
    let (call, effects) = asking().handle(at(1), again);
    assert_eq!((effects, call.deadline()), (vec![], Some(at(3))));

    let (call, effects) = call.handle(at(2), Event::CallerAsked(Asked::Now { answered: true }));
    assert_eq!(effects, [Effect::Note(Fact::RingbackBegan), Effect::Reply(CallerDocument::EnterRoom)]);

    let (_, effects) = call.handle(at(2), Event::CallerAsked(Asked::DialEnded));
    assert_eq!(effects, [Effect::Reply(CallerDocument::HearRingback)], "never into silence");
}

#[test]
fn a_caller_who_leaves_while_they_are_asked_about_is_gone_for_good() {
    let (call, effects) = asking().handle(at(1), Event::CallerLeft);

    let over = Effect::Note(Fact::Over(Outcome::CallerGaveUp));
    assert_eq!(effects, [Effect::Reply(CallerDocument::HangUp), Effect::Note(Fact::CallerLeft), over]);
    assert!(call.is_finished());
    assert_eq!(call.handle(at(2), answered(1, found(&[]))).1, [Effect::Ignore(Ignored::TooLate)]);
}

#[test]
fn a_caller_who_is_asked_about_when_the_program_ends_is_told() {
    let (_, effects) = asking().handle(at(1), Event::ShuttingDown);

    assert_eq!(effects, [Effect::Note(Fact::Over(Outcome::ShutDown)), says("We failed.")]);
}

#[test]
fn what_was_found_decides_where_the_call_goes() {
    for (tier, words, by_case) in [
        (Some("Gold"), "Known.", true),
        (Some(" gold "), "Known.", true),
        (Some("silver"), "Unknown.", false),
        (None, "Unknown.", false),
    ] {
        let fields: Vec<_> = tier.into_iter().map(|tier| ("tier", tier)).collect();
        let (_, effects) = Call::begin(at(0), branching()).0.handle(at(1), answered(1, found(&fields)));

        let branched = Effect::Note(Fact::Branched { field: "tier".into(), by_case });
        let known = Effect::Note(Fact::LookedUp("crm".into(), LookupOutcome::Found));
        assert_eq!(effects, [known, branched, said(words), says(words)], "{tier:?}");
    }
}

#[test]
fn the_number_that_was_found_is_dialled_if_it_may_be() {
    let (call, effects) =
        Call::begin(at(0), forwarding()).0.handle(at(1), answered(1, found(&[("phone", "+441632960777")])));
    let dials = matches!(
        &effects[..],
        [Effect::Note(_), Effect::Note(Fact::ForwardedTo(_)), Effect::Reply(CallerDocument::Forward { forward, .. })]
        if forward.to.expose() == "+441632960777"
    );
    assert!(dials && call.phase() == Phase::Forwarding, "{effects:?}");

    for refused in ["+4930123456", "+441632960000", "call me"] {
        let (_, effects) = Call::begin(at(0), forwarding()).0.handle(at(1), answered(1, found(&[("phone", refused)])));

        let known = Effect::Note(Fact::LookedUp("crm".into(), LookupOutcome::Found));
        let none = Effect::Note(Fact::FoundNoNumber("phone".into()));
        assert_eq!(effects, [known, none, said("Failed."), says("Failed.")], "{refused}");
    }
}

#[test]
fn lookups_that_lead_to_each_other_are_a_circle() {
    let circle = Lookup { not_found: StepIndex(0), ..lookup() };
    let steps = vec![step(Step::Lookup(Arc::new(circle))), step(Step::HangUp), step(Step::HangUp), step(Step::HangUp)];

    assert!(Flow::new(steps, StepIndex(0)).is_err());
}

#[test]
fn what_goes_by_findings_is_known_to_come_after_a_lookup_or_not() {
    let doubtful = |setup: Arc<CallSetup>| setup.flow.never_looked_up().count();
    assert_eq!((doubtful(branching()), doubtful(forwarding())), (0, 0));

    let Step::Branch(branch) = branching().flow.step(StepIndex(5)).clone() else { panic!("a branch") };
    let alone = setup_for(vec![step(Step::Branch(branch))], |_| {});
    assert_eq!(doubtful(alone), 1);
}

/// The caller has just come in, and the answer is awaited.
pub(crate) fn asking() -> Call {
    Call::begin(at(0), looking_up()).0
}

/// The caller has heard a welcome, and the answer is awaited.
pub(crate) fn asking_after_words() -> Call {
    let setup = setup_for(vec![step(Step::Say { words: "Welcome.".into(), next: StepIndex(5) })], |steps| {
        steps.push(step(Step::Lookup(Arc::new(lookup()))));
    });
    let first = "1".parse().expect("a well-formed name");
    Call::begin(at(0), setup).0.handle(at(5), Event::CallerAsked(Asked::WordsEnded(first))).0
}

pub(crate) fn every_answer() -> [Answer; 3] {
    [found(&[("name", "Mr Jones")]), Answer::NotFound, Answer::Failed]
}

pub(crate) fn answered(number: u32, answer: Answer) -> Event {
    Event::InquiryAnswered { inquiry: inquiry(number), answer }
}

fn looking_up() -> Arc<CallSetup> {
    setup_for(vec![step(Step::Lookup(Arc::new(lookup())))], |_| {})
}

fn branching() -> Arc<CallSetup> {
    let looks = Lookup { found: StepIndex(5), ..lookup() };
    let cases = [(Branch::case("GOLD"), StepIndex(1))].into();
    let branch = Branch { field: "tier".into(), cases, otherwise: StepIndex(2) };
    setup_for(vec![step(Step::Lookup(Arc::new(looks)))], |steps| steps.push(step(Step::Branch(Arc::new(branch)))))
}

fn forwarding() -> Arc<CallSetup> {
    let looks = Lookup { found: StepIndex(5), ..lookup() };
    let line = "+441632960000".parse().expect("a well-formed name");
    let to = FoundNumber { field: "phone".into(), countries: ["44".into()].into(), lines: Arc::new([line].into()) };
    let forward = Forward {
        to,
        also: Vec::new(),
        records: false,
        ring_for: Duration::from_secs(25),
        show: Show::Line,
        whisper: None,
        screen: ForwardScreen::None,
        decline_key: '9',
        busy: StepIndex(4),
        no_answer: StepIndex(4),
        failed: StepIndex(3),
        canceled: StepIndex(4),
        done: StepIndex(4),
    };
    let add = |steps: &mut Vec<_>| steps.push(step(Step::ForwardToFound(Arc::new(forward))));
    setup_for(vec![step(Step::Lookup(Arc::new(looks)))], add)
}

/// After the first step words for each exit, the end, and what `add` adds, from 5 on.
fn setup_for(mut steps: Vec<NamedStep>, add: impl FnOnce(&mut Vec<NamedStep>)) -> Arc<CallSetup> {
    let say = |words: &str| step(Step::Say { words: words.into(), next: StepIndex(4) });
    steps.extend(["Known.", "Unknown.", "Failed."].map(say));
    steps.push(step(Step::HangUp));
    add(&mut steps);
    let flow = Arc::new(Flow::new(steps, StepIndex(0)).expect("a sound flow"));
    Arc::new(CallSetup { flow, ..CallSetup::clone(&setup(group([ANA]), Ringback::Tone)) })
}

fn lookup() -> Lookup {
    let [found, not_found, failed] = [1, 2, 3].map(StepIndex);
    Lookup { name: "crm".into(), asks_withheld: false, found, not_found, failed }
}

fn step(step: Step) -> NamedStep {
    NamedStep { name: "step".into(), step }
}

fn found(fields: &[(&str, &str)]) -> Answer {
    Answer::Found(fields.iter().copied().collect::<Findings>())
}

fn inquiry(number: u32) -> InquiryId {
    number.to_string().parse().expect("a well-formed name")
}

fn asks(number: u32) -> Effect {
    Effect::Inquire { inquiry: inquiry(number), lookup: "crm".into() }
}

fn said(words: &str) -> Effect {
    Effect::Note(Fact::Said(words.into()))
}

fn says(words: &str) -> Effect {
    Effect::Reply(CallerDocument::Say { words: words.into(), then: AfterWords::HangUp })
}
