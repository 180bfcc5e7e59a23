//! Nobody may be dialled: the caller hears why, once, and then the call goes on as it would have.

use ringall_core::{
    call::{AfterWords, CallerDocument, Dialled, Effect, Event, Ignored},
    fact::Fact,
    id::VisitId,
};

use super::{forwarding, scene::*};

#[test]
fn words_about_the_limit_come_before_the_step_that_follows() {
    let call = dialling([ANA]);

    let (call, effects) = call.handle(at(1), Event::DialsSpent(WORDS.into()));
    assert_eq!(effects, [Effect::Note(Fact::DialsSpent)]);
    let (call, again) = call.handle(at(1), Event::DialsSpent(WORDS.into()));
    assert_eq!(again, [Effect::Ignore(Ignored::Repeated)]);
    let call = call.handle(at(1), Event::Dialled { leg: leg(ANA), result: Dialled::Refused }).0;
    let (call, effects) = call.handle(at(1), Event::ClaimClosed { round: round(1) });

    let then = AfterWords::Ask(VisitId::FIRST.next());
    assert!(effects.contains(&said(WORDS, then)), "{effects:?}");
    let asked = Event::CallerAsked(ringall_core::call::Asked::WordsEnded(VisitId::FIRST.next()));
    let (_, effects) = call.handle(at(9), asked);
    assert!(effects.contains(&said("Sorry.", AfterWords::HangUp)), "{effects:?}");
}

#[test]
fn outside_number_that_may_not_be_dialled_is_like_one_that_cannot_be_reached() {
    let news = |news| Event::FromForward { visit: VisitId::FIRST, news };
    let call = forwarding::dialled().handle(at(1), Event::DialsSpent(WORDS.into())).0;
    let not_allowed = news(ringall_core::call::ForwardNews::NotAllowed);

    let late = call.clone().handle(at(1), news(ringall_core::call::ForwardNews::Rings)).0;
    assert_eq!(late.handle(at(1), not_allowed.clone()).1, [Effect::Ignore(Ignored::TooLate)], "its telephone rings");
    let (_, effects) = call.handle(at(1), not_allowed);

    let words = effects
        .iter()
        .any(|effect| matches!(effect, Effect::Reply(CallerDocument::Say { words, .. }) if words.to_string() == WORDS));
    assert!(words, "{effects:?}");
}

fn said(words: &str, then: AfterWords) -> Effect {
    Effect::Reply(CallerDocument::Say { words: words.into(), then })
}

const WORDS: &str = "No more calls today.";
