//! The documents of words: whose voice speaks them, and that whatever is filled in stays text.

use std::sync::Arc;

use ringall_core::{
    call::{Known, Origin, Variables},
    flow::Words,
    phone::CallerId,
};
use roxmltree::Document;

use super::*;
use crate::config::{Config, Strictness};

#[test]
fn words_in_another_language_have_its_voice_and_the_lines_own_keep_theirs() {
    let line = line("language = \"en-GB\"\nvoice = \"Polly.Amy\"", "[voices]\nde = \"Polly.Vicki\"");
    let several =
        Words::Several(Arc::new([language("en", "Hello."), language("de", "Hallo."), language("fr", "Salut.")].into()));

    let said = |own: Option<&str>| {
        let mut variables = Variables::new(CallerId::Withheld, line.known(Origin::default()));
        if let Some(own) = own {
            variables.speak(own.parse().unwrap());
        }
        inner(&say(variables.for_caller(&several), &line))
    };

    assert_eq!(said(None), "<Say voice=\"Polly.Amy\" language=\"en-GB\">Hello.</Say>");
    assert_eq!(said(Some("de")), "<Say voice=\"Polly.Vicki\" language=\"de-DE\">Hallo.</Say>");
    assert_eq!(said(Some("de-AT")), "<Say voice=\"Polly.Vicki\" language=\"de-AT\">Hallo.</Say>");
    assert_eq!(said(Some("fr")), "<Say language=\"fr-FR\">Salut.</Say>");
    assert_eq!(said(Some("it")), said(None), "what is not there is said in the line's language, by the line's voice");
}

#[test]
fn what_a_lookup_or_a_carrier_says_is_text_in_every_document() {
    let evil = "</Say></Gather><Dial>+15550100</Dial>&<!-- \"'";
    let line = line(
        "",
        "[steps]\na = { say = \"x {caller.city} {lookup.company}\", next = \"b\" }\n\
        b = { menu = \"y {lookup.company}\", keys = { 1 = \"a\" } }",
    );
    let origin = Origin::read(Some(evil), None, None);
    let mut variables =
        Variables::new(CallerId::read("+441632960999"), Known { origin, ..line.known(Origin::default()) });
    variables.set_found([("company".into(), evil.into())].into());
    let steps = line.flow.steps();
    let words = steps.iter().filter(|named| !named.name.starts_with('(')).flat_map(|named| named.step.words());
    let words = words.filter(|(key, _)| matches!(*key, "say" | "menu"));

    for (key, words) in words {
        let heard = variables.for_caller(words);
        let documents = [say(heard.clone(), &line), winner(Some(&variables.for_member(words)), &line)];
        for twiml in documents {
            let document = Document::parse(twiml.as_str()).unwrap();
            let says = document.descendants().find(|node| node.has_tag_name("Say")).unwrap();
            assert!(says.text().unwrap().contains(evil), "{key}: {twiml}");
            let numbers =
                document.descendants().filter(|node| node.text().is_some_and(|text| text.trim() == "+15550100"));
            assert_eq!(numbers.count(), 0, "{key}: {twiml}");
        }
    }
}

#[test]
fn winner_hears_the_whisper_before_the_room_and_without_one_goes_there_at_once() {
    let line = line("", "");

    let whispered = winner(Some(&"New lead.".into()), &line);
    let at_once = winner(None, &line);

    let tags = |twiml: &Twiml| {
        let document = Document::parse(twiml.as_str()).unwrap();
        let verbs = document.root_element().children().map(|node| node.tag_name().name().to_owned());
        verbs.collect::<Vec<_>>()
    };
    assert_eq!(
        (tags(&whispered), tags(&at_once)),
        (vec!["Say".to_owned(), "Dial".to_owned()], vec!["Dial".to_owned()])
    );
}

fn say(words: Words, line: &Line) -> Twiml {
    let document = CallerDocument::Say { words, then: AfterWords::HangUp };
    for_caller(&document, &Room::of(&CALL.parse().unwrap()), line, &urls())
}

/// The first verb of a document.
fn inner(twiml: &Twiml) -> String {
    let (_, inner) = twiml.as_str().split_once("<Response>").unwrap();
    inner.split_once("<Hangup/>").unwrap().0.to_owned()
}

fn language(own: &str, words: &str) -> (Language, Words) {
    (own.parse().unwrap(), words.into())
}

fn winner(whisper: Option<&Words>, line: &Line) -> Twiml {
    let room = Room::of(&CALL.parse().unwrap());
    winner_joins(LegRef { room: &room, round: RoundId::FIRST, leg: LegId::FIRST }, whisper, line, &urls())
}

fn urls() -> Urls {
    Urls::new(&"https://hotline.example.org".parse().unwrap())
}

fn line(keys: &str, more: &str) -> Arc<Line> {
    let way = if more.contains("[steps]") { "start = \"a\"" } else { "ring = \"all\"" };
    let text = format!(
        "public_url = \"https://hotline.example.org\"\n\
         [carrier]\naccount_sid = \"AC00000000000000000000000000000000\"\nauth_token = \"hush\"\n\
         [people]\nana = {{ name = \"Ana\", phone = \"+447700900001\" }}\n[groups.all]\nmembers = [\"ana\"]\n\
         [lines.\"+441632960000\"]\nname = \"Hotline\"\n{way}\n{keys}\n{more}"
    );
    let (config, _) = Config::parse(&text, Strictness::Serve).unwrap_or_else(|problems| panic!("{problems}"));
    config.lines.into_values().next().unwrap()
}

const CALL: &str = "CA0123456789abcdef0123456789abcdef";
