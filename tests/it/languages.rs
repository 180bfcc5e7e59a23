//! Words in several languages: which of them a caller hears, and by which voice.

use crate::{
    support::{CALLER, SECOND_LINE, Stage, conversations, number, seconds, stage::Setup},
    words::{located, spoke},
};

conversations! {
    anywhere: [
        caller_who_chose_a_language_hears_it_for_the_rest_of_the_call,
    ],
    virtual_time: [
        menu_that_is_asked_again_is_asked_in_the_callers_language,
        last_words_are_filled_and_in_the_callers_language,
        caller_of_a_number_without_a_line_hears_so_in_each_language_by_its_own_voice,
        caller_whose_call_fails_hears_so_in_the_language_of_their_call,
    ],
}

async fn caller_who_chose_a_language_hears_it_for_the_rest_of_the_call(stage: Stage) {
    let world = two_languages(stage).open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    caller.until_hears("For English press 1.").await;
    caller.press('2');
    caller.until_hears("Willkommen bei Hotline.").await;
    ana.until_rings().await;
    ana.answer();
    // Members hear the line's own language.
    ana.until_hears("Call for Hotline. To take the call, press any digit.").await;
    ana.press('1');
    ana.until_hears("A call.").await;
    caller.until_talks().await;
    caller.hang_up();
    world.come_to_rest().await;

    let english = world.call();
    english.until_hears("For English press 1.").await;
    english.press('1');
    english.until_hears("Welcome to Hotline.").await;
    english.hang_up();
    world.finish().await;
}

async fn menu_that_is_asked_again_is_asked_in_the_callers_language(stage: Stage) {
    let steps = r#"
        [steps]
        german = { language = "de", next = "menu" }
        menu = { menu = { en = "Press 1.", de = "Drücken Sie 1." }, keys = { 1 = "end" }, no_input_words = { de = "Nichts gedrückt." }, wrong_key_words = "Wrong.", no_input = "end" }
        end = { hangup = { en = "Bye.", de = "Tschüss." } }
    "#;
    let world = stage.hotline().line("start = \"german\"").more(steps).open().await;

    let caller = world.call();
    caller.until_hears("Drücken Sie 1.").await;
    caller.until_hears("Nichts gedrückt.").await;
    caller.until_hears_again("Drücken Sie 1.").await;
    caller.press('7');
    // Not given in German: the line's language.
    caller.until_hears("Wrong.").await;
    caller.until_hears("Tschüss.").await;

    caller.until_ends().await;
    assert!(!spoke(&caller, "Press 1") && !spoke(&caller, "Bye"), "{:?}", caller.heard());
    world.finish().await;
}

async fn last_words_are_filled_and_in_the_callers_language(stage: Stage) {
    let world = located(two_languages(stage).open().await);

    let caller = world.call();
    caller.until_hears("For English press 1.").await;
    caller.press('2');
    caller.until_hears("Willkommen").await;
    caller.until_hears("Niemand ist da, London.").await;

    caller.until_ends().await;
    world.finish().await;
}

async fn caller_of_a_number_without_a_line_hears_so_in_each_language_by_its_own_voice(stage: Stage) {
    let words = "[voices]\nde = \"Polly.Vicki\"\n\
                 [words]\nunknown_number = { en = \"Nobody is here.\", de = \"Hier ist niemand.\" }\n\
                 failure = { en = \"Our fault.\", de = \"Unser Fehler.\" }";
    let world = stage.hotline().more(words).open().await;

    let caller = world.carrier.call(CALLER, number(SECOND_LINE));
    caller.until_hears("Hier ist niemand.").await;
    caller.until_hears("Nobody is here.").await;
    caller.until_ends().await;
    // Of what names no call, nothing is known at all.
    let answer = world.post("/voice", &[]).await;

    assert!(answer.says("voice=\"Polly.Vicki\" language=\"de-DE\">Unser Fehler."), "{answer:?}");
    assert!(answer.says("<Say language=\"en-US\">Our fault."), "{answer:?}");
    world.finish().await;
}

async fn caller_whose_call_fails_hears_so_in_the_language_of_their_call(stage: Stage) {
    let words = "[words]\nfailure = { en = \"Our fault.\", de = \"Unser Fehler.\" }\n\
                 [steps]\ngerman = { language = \"de\", next = \"ring\" }\nring = { ring = \"organisers\" }";
    let world = stage.hotline().line("start = \"german\"").more(words).open().await;
    let caller = world.call();
    world.phone("Ana").until_rings().await;

    let service = world.program.service.clone();
    service.tasks.spawn("stop", {
        let service = service.clone();
        async move { service.drain(seconds(0)).await }
    });
    caller.until_hears("Unser Fehler.").await;

    assert!(!spoke(&caller, "Our fault."));
    caller.until_ends().await;
    world.finish_stopped().await;
}

fn two_languages(stage: Stage) -> Setup {
    let steps = r#"
        [steps]
        start = { menu = "For English press 1. Für Deutsch drücken Sie die 2.", keys = { 1 = "hello", 2 = "german" } }
        german = { language = "de", next = "hello" }
        hello = { say = { en = "Welcome to {line}.", de = "Willkommen bei {line}." }, next = "ring" }
        ring = { ring = "organisers" }
    "#;
    let line = "start = \"start\"\nlanguage = \"en-GB\"\n\
                words.nobody = { en = \"Nobody is there.\", de = \"Niemand ist da, {caller.city|dort}.\" }";
    let group = "screen = \"key\"\nring_for = \"10s\"\nwhisper = { en = \"A call.\", de = \"Ein Anruf.\" }";
    stage.hotline().group(group).line(line).more(steps)
}
