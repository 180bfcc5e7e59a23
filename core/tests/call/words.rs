//! What the places in words are filled with, in which language, and what a whisper does to the joining.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use ringall_core::{
    call::{AfterWords, Asked, Call, CallSetup, CallerDocument, Effect, Event, Known, LegNews, Origin, Ringback},
    fact::Fact,
    flow::{
        Exit, Flow, Keys, Language, Leaves, Menu, NamedStep, Part, Rejection, RingGroup, Step, StepIndex, Template,
        Variable, Words,
    },
    id::VisitId,
};

use super::scene::*;

#[test]
fn words_are_filled_when_they_are_heard_and_the_timeline_tells_no_caller() {
    let say = Step::Say { words: from(), next: StepIndex(1) };

    let (call, effects) = begin_with(vec![say, Step::HangUp]);

    let told = Effect::Note(Fact::Said(from()));
    assert_eq!(
        effects,
        [Effect::Note(Fact::Arrived), told.clone(), says("From London, far away.", AfterWords::HangUp)]
    );
    assert_eq!(told_in(&told), "the caller hears: From {caller.city}, {lookup.company}.");
    // The same for a fallback that asks once more.
    let (_, again) = call.handle(at(1), Event::CallerAsked(Asked::Now { answered: true }));
    assert_eq!(again, [says("From London, far away.", AfterWords::HangUp)]);
}

#[test]
fn a_language_lasts_for_the_rest_of_the_call_and_is_changed_at_once() {
    let steps = vec![
        Step::Language { language: german(), next: StepIndex(1) },
        Step::Say { words: hello(), next: StepIndex(2) },
        Step::Say { words: "Only English.".into(), next: StepIndex(3) },
        Step::Say { words: hello(), next: StepIndex(4) },
        Step::HangUp,
    ];

    let (call, effects) = begin_with(steps);
    let changed = Effect::Note(Fact::LanguageChosen(german()));
    let visit = VisitId::FIRST.next();
    assert_eq!(
        effects[1..],
        [changed, Effect::Note(Fact::Said(hello())), heard(in_german("Hallo"), AfterWords::Ask(visit))]
    );

    let (call, effects) = call.handle(at(2), Event::CallerAsked(Asked::WordsEnded(visit)));
    assert_eq!(effects.last(), Some(&says("Only English.", AfterWords::Ask(visit.next()))));
    let (_, effects) = call.handle(at(4), Event::CallerAsked(Asked::WordsEnded(visit.next())));
    assert_eq!(effects.last(), Some(&heard(in_german("Hallo"), AfterWords::HangUp)));
}

#[test]
fn a_menu_is_asked_in_the_callers_language_and_so_is_what_comes_before_it() {
    let menu = Menu {
        prompt: hello(),
        keys: [("1".into(), StepIndex(2))].into(),
        pause: Duration::from_secs(4),
        repeats: 2,
        no_input_words: hello(),
        wrong_key_words: from(),
        no_input: StepIndex(2),
        wrong_key: StepIndex(2),
    };
    let steps = vec![
        Step::Language { language: german(), next: StepIndex(1) },
        Step::Menu(Arc::new(menu.clone())),
        Step::HangUp,
    ];

    let (call, effects) = begin_with(steps);
    let visit = VisitId::FIRST.next();
    let asked = |before, visit| {
        let menu = Arc::new(Menu { prompt: in_german("Hallo"), ..menu.clone() });
        Effect::Reply(CallerDocument::Choose { before, menu, visit })
    };
    assert_eq!(effects.last(), Some(&asked(None, visit)));
    let (call, effects) = call.handle(at(9), Event::CallerAsked(Asked::WordsEnded(visit)));
    assert_eq!(effects.last(), Some(&asked(Some(in_german("Hallo")), visit.next())));
    let wrong = Asked::Chosen { visit: visit.next(), keys: Keys::read("7") };
    let (_, effects) = call.handle(at(10), Event::CallerAsked(wrong));
    assert_eq!(effects.last(), Some(&asked(Some("From London, far away.".into()), visit.next().next())));
}

#[test]
fn a_refusal_in_words_and_an_apology_are_filled_too() {
    let reject = Step::Reject { reason: Rejection::Busy, words: hello() };
    let (_, effects) = begin_with(vec![
        Step::Language { language: german(), next: StepIndex(1) },
        Step::Say { words: "One moment.".into(), next: StepIndex(2) },
        reject,
    ])
    .0
    .handle(at(2), Event::CallerAsked(Asked::WordsEnded(VisitId::FIRST.next())));
    assert_eq!(effects.last(), Some(&heard(in_german("Hallo"), AfterWords::HangUp)));

    let steps = named(vec![
        Step::Language { language: german(), next: StepIndex(1) },
        Step::ring(Arc::new(group([ANA])), StepIndex(2)),
        Step::HangUp,
    ]);
    let flow = Arc::new(Flow::new(steps, StepIndex(0)).expect("a sound flow"));
    let setup = CallSetup { flow, failure_words: hello(), ..CallSetup::clone(&setup(group([ANA]), Ringback::Tone)) };
    let call = Call::begin(at(0), Arc::new(setup)).0.handle(at(1), Event::ShuttingDown).0;
    let (_, effects) = call.handle(at(1), Event::ClaimClosed { round: round(1) });
    assert!(effects.contains(&heard(in_german("Hallo"), AfterWords::HangUp)), "{effects:?}");
}

#[test]
fn a_language_leads_on_by_itself_so_that_a_circle_of_them_is_no_flow() {
    let step = |next| Step::Language { language: german(), next: StepIndex(next) };

    assert!(Flow::new(named(vec![step(1), step(0)]), StepIndex(0)).is_err());
    assert_eq!(step(1).exits(), [(Exit::Next, StepIndex(1))]);
    assert_eq!((Exit::Next.leaves(), step(1).answers(), step(1).groups().count()), (Leaves::ByItself, false, 0));
}

#[test]
fn what_is_not_given_in_a_language_that_callers_come_with_is_told_and_nothing_else() {
    let steps = named(vec![
        Step::Say { words: hello(), next: StepIndex(1) },
        Step::Language { language: "fr".parse().expect("a language"), next: StepIndex(2) },
        Step::Say { words: hello(), next: StepIndex(3) },
        Step::Say { words: Words::Sound { url: "a.wav".into(), name: "a.wav".into() }, next: StepIndex(4) },
        Step::HangUp,
        Step::Say { words: "Nobody comes here.".into(), next: StepIndex(4) },
    ]);
    let flow = Flow::new(steps, StepIndex(0)).expect("a sound flow");

    let missing = flow.missing_words(&german()).into_iter();
    let missing: Vec<_> =
        missing.map(|(step, language, keys)| (step.name.to_string(), language.to_string(), keys)).collect();

    assert_eq!(missing, [("2".to_owned(), "fr".to_owned(), vec!["say"])]);
}

#[test]
fn a_winner_who_hears_of_the_caller_first_is_looked_for_later() {
    let looked_at = |whisper: Option<Words>| {
        let call = begin(RingGroup { whisper, ..group([ANA]) }, Ringback::Tone);
        let call = call.handle(at(0), granted(1, [ANA])).0.handle(at(1), from_leg(ANA, LegNews::Rings)).0;
        let call = call.handle(at(5), from_leg(ANA, LegNews::Accepted)).0;
        call.deadline().expect("somebody waits").since(at(5))
    };

    assert_eq!(looked_at(None), Duration::from_secs(10));
    let spoken = looked_at(Some("A call that takes some time to tell of.".into()));
    assert!((Duration::from_secs(13)..Duration::from_secs(40)).contains(&spoken), "{spoken:?}");
    let sound = looked_at(Some(Words::Sound { url: "a.wav".into(), name: "a.wav".into() }));
    assert_eq!(sound, Duration::from_secs(40), "no caller waits for longer");
}

fn begin_with(steps: Vec<Step>) -> (Call, Vec<Effect>) {
    let flow = Arc::new(Flow::new(named(steps), StepIndex(0)).expect("a sound flow"));
    let known = Known { origin: Origin::read(Some("LONDON"), None, None), ..Known::default() };
    let setup = CallSetup { flow, known, ..CallSetup::clone(&setup(group([ANA]), Ringback::Tone)) };
    Call::begin(at(0), Arc::new(setup))
}

fn named(steps: Vec<Step>) -> Vec<NamedStep> {
    (0..).zip(steps).map(|(at, step): (usize, _)| NamedStep { name: at.to_string().into(), step }).collect()
}

fn from() -> Words {
    let place = |variable, otherwise: Option<&str>| Part::Place { variable, otherwise: otherwise.map(Into::into) };
    Words::Template(Template::new([
        Part::Text("From ".into()),
        place(Variable::CallerCity, None),
        Part::Text(", ".into()),
        place(Variable::Found("company".into()), Some("far away")),
        Part::Text(".".into()),
    ]))
}

fn hello() -> Words {
    let several: BTreeMap<Language, Words> =
        [("en", "Hello"), ("de", "Hallo")].map(|(own, words)| (own.parse().expect("a language"), words.into())).into();
    Words::Several(Arc::new(several))
}

fn german() -> Language {
    "de".parse().expect("a language")
}

fn in_german(words: &str) -> Words {
    Words::SpokenIn { language: german(), words: words.into() }
}

fn says(words: &str, then: AfterWords) -> Effect {
    heard(words.into(), then)
}

fn heard(words: Words, then: AfterWords) -> Effect {
    Effect::Reply(CallerDocument::Say { words, then })
}

fn told_in(effect: &Effect) -> String {
    let Effect::Note(fact) = effect else { panic!("{effect:?}") };
    fact.to_string()
}
