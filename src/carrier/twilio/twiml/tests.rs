use roxmltree::Document;

use super::*;

#[test]
fn a_caller_is_recorded_behind_a_beep_and_a_talk_on_two_channels() {
    let record = Record {
        action: "https://x.org/a?b=1&c=2",
        status_callback: "https://x.org/s#rc=5&rp=all",
        silence: Duration::from_secs(5),
        longest: Duration::from_secs(90_000),
        finish_key: None,
    };
    let talk = Forward {
        to: "+441632960999",
        also: &[],
        show: "+441632960000",
        ring_for: Duration::from_secs(25),
        whisper: None,
        status_callback: "https://x.org/status",
        action: "https://x.org/after",
        recording: Some("https://x.org/r"),
    };

    let message = Twiml::begin().record(record).redirect("https://x.org/next");
    assert_eq!(
        message.as_str(),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Record playBeep=\"true\" trim=\"trim-silence\" \
         action=\"https://x.org/a?b=1&amp;c=2\" timeout=\"5\" maxLength=\"14400\" finishOnKey=\"\" \
         recordingStatusCallback=\"https://x.org/s#rc=5&amp;rp=all\" recordingStatusCallbackEvent=\"completed \
         absent\"/><Redirect>https://x.org/next</Redirect></Response>"
    );
    assert!(
        Twiml::begin().record(Record { finish_key: Some('#'), ..record }).end().as_str().contains("finishOnKey=\"#\"")
    );
    assert!(Twiml::begin().forward(talk).as_str().contains(
        "record=\"record-from-answer-dual\" recordingStatusCallback=\"https://x.org/r\" \
         recordingStatusCallbackEvent=\"completed absent\"><Number"
    ));
}

#[test]
fn an_outside_number_is_dialled_with_the_seconds_that_the_carrier_adds_left_out() {
    let forward = |ring_for, whisper| {
        Twiml::begin().forward(Forward {
            also: &[],
            to: "+441632960999",
            show: "+441632960000",
            ring_for: Duration::from_secs(ring_for),
            whisper,
            status_callback: "https://example.org/status?a=1&b=2",
            action: "https://example.org/action",
            recording: None,
        })
    };

    assert_eq!(
        forward(25, Some("https://example.org/whisper")).as_str(),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Dial answerOnBridge=\"true\" \
         action=\"https://example.org/action\" timeout=\"20\" callerId=\"+441632960000\"><Number \
         url=\"https://example.org/whisper\" statusCallback=\"https://example.org/status?a=1&amp;b=2\" \
         statusCallbackEvent=\"initiated ringing answered completed\">+441632960999</Number></Dial></Response>"
    );
    for (ring_for, timeout) in [(1, "\"5\""), (600, "\"595\""), (900, "\"600\"")] {
        assert!(forward(ring_for, None).as_str().contains(&format!("timeout={timeout}")), "{ring_for}");
    }
}

#[test]
fn a_whisper_reads_as_it_was_built() {
    let prompt = Prompt::new()
        .pause(Duration::from_millis(300))
        .say(AMY, "Hotline call. Press any key.")
        .play("https://x.org/beep.wav");
    let gather = Gather { action: "https://x.org/leg?a=1&b=2", timeout: Duration::from_secs(5) };

    let twiml = Twiml::begin().gather(gather, &prompt).say(Voice::default(), "Goodbye.").hang_up();

    insta::assert_snapshot!(lines(&twiml), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <Response>
    <Gather input="dtmf" numDigits="1" finishOnKey="" timeout="5" action="https://x.org/leg?a=1&amp;b=2">
    <Pause length="1"/>
    <Say voice="Polly.Amy" language="en-GB">Hotline call. Press any key.</Say>
    <Play>https://x.org/beep.wav</Play>
    </Gather>
    <Say>Goodbye.</Say>
    <Hangup/>
    </Response>
    "#);
}

#[test]
fn a_choice_reads_as_it_was_built() {
    let prompt = Prompt::new().say(Voice::default(), "Press <1>.");
    let gather = |most_keys, ends_with_hash| {
        let (action, timeout) = ("https://x.org/chosen/1", Duration::from_millis(3_500));
        Twiml::begin().gather_choice(GatherChoice { action, most_keys, ends_with_hash, timeout }, &prompt).end()
    };

    let rest = r#" timeout="4" action="https://x.org/chosen/1"><Say>Press &lt;1&gt;.</Say></Gather>"#;
    assert_eq!(inner(&gather(1, false)), format!(r#"<Gather input="dtmf" numDigits="1" finishOnKey=""{rest}"#));
    assert_eq!(inner(&gather(3, true)), format!(r##"<Gather input="dtmf" numDigits="3" finishOnKey="#"{rest}"##));
}

#[test]
fn a_room_reads_as_it_was_built() {
    let room = Conference {
        name: "CA1",
        wait_url: "https://x.org/wait",
        status_callback: "https://x.org/room",
        action: "https://x.org/after",
    };

    let twiml = Twiml::begin().join(room);

    insta::assert_snapshot!(lines(&twiml), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <Response>
    <Dial action="https://x.org/after">
    <Conference beep="false" startConferenceOnEnter="true" endConferenceOnExit="true" maxParticipants="2" waitUrl="https://x.org/wait" statusCallback="https://x.org/room" statusCallbackEvent="start end join leave">CA1</Conference>
    </Dial>
    </Response>
    "#);
}

#[test]
fn the_other_verbs_read_as_they_were_built() {
    let ringing = Twiml::begin().pause(Duration::from_millis(1500)).redirect("https://x.org/a?b&c");
    let tone = Twiml::begin().play_times("https://x.org/ring.wav", 2).end();
    let rejected = Twiml::begin().reject(RejectReason::Rejected);
    let busy = Twiml::begin().reject(RejectReason::Busy);

    assert_eq!(inner(&ringing), r#"<Pause length="2"/><Redirect>https://x.org/a?b&amp;c</Redirect>"#);
    assert_eq!(inner(&tone), r#"<Play loop="2">https://x.org/ring.wav</Play>"#);
    assert_eq!(inner(&rejected), r#"<Reject reason="rejected"/>"#);
    assert_eq!(inner(&busy), r#"<Reject reason="busy"/>"#);
    assert_eq!(inner(&Twiml::begin().end()), "");
}

#[test]
fn a_name_full_of_markup_is_spoken_as_it_is() {
    let name = "</Say><Dial>+1</Dial> & \"Ana\" 'x' ]]> <!-- \r\n é 😀";
    let voice = Voice { voice: Some("a\"b\t\n"), language: None };

    let twiml = Twiml::begin().say(voice, name).end();

    let document = Document::parse(twiml.as_str()).unwrap();
    let say = document.root_element().first_element_child().unwrap();
    assert_eq!((say.text(), say.attribute("voice")), (Some(name), Some("a\"b\t\n")));
    assert_eq!(document.root_element().children().count(), 1);
}

#[test]
fn what_xml_forbids_is_left_out() {
    let twiml = Twiml::begin().say(Voice::default(), "a\0b\u{8}c\u{FFFE}d\u{FFFF}").end();

    assert_eq!(inner(&twiml), "<Say>abcd</Say>");
}

#[test]
fn nothing_to_say_is_no_verb() {
    for words in ["", "  \n", "\0\u{1}"] {
        assert_eq!(inner(&Twiml::begin().say(Voice::default(), words).end()), "", "{words:?}");
    }
}

#[test]
fn long_words_are_cut_between_characters() {
    let spoken = |voice: Voice<'_>, words: &str| {
        let twiml = Twiml::begin().say(voice, words).end();
        let document = Document::parse(twiml.as_str()).unwrap();
        document.root_element().first_element_child().unwrap().text().unwrap().len()
    };

    assert_eq!(spoken(Voice::default(), &"a".repeat(4096)), 4096);
    assert_eq!(spoken(Voice::default(), &"a".repeat(5000)), 4096);
    assert_eq!(spoken(AMY, &"a".repeat(5000)), 3000);
    assert_eq!(spoken(Voice::default(), &"é".repeat(3000)), 1500);
    assert_eq!(spoken(Voice::default(), &"😀".repeat(3000)), 1500);
}

#[test]
fn random_texts_come_back_from_any_place() {
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    for round in 0..500 {
        let text: String = (0..random.usize(0..40)).map(|_| odd_char(&mut random)).collect();
        let room = Conference { name: &text, wait_url: &text, status_callback: &text, action: &text };
        let gather = Gather { action: &text, timeout: Duration::ZERO };
        let prompt = Prompt::new().say(Voice { voice: Some(&text), language: Some(&text) }, &text);

        let twiml = Twiml::begin().gather(gather, &prompt).play(&text).join(room);

        let expected: String = text.chars().filter(|char| is_legal(*char)).collect();
        let document =
            Document::parse(twiml.as_str()).unwrap_or_else(|error| panic!("seed {seed}, round {round}: {error}"));
        let find = |name: &str| document.descendants().find(|node| node.has_tag_name(name)).unwrap();
        assert_eq!(find("Gather").attribute("action"), Some(&*expected), "seed {seed}, round {round}");
        assert_eq!(find("Conference").text().unwrap_or_default(), expected, "seed {seed}, round {round}");
        assert_eq!(find("Conference").attribute("waitUrl"), Some(&*expected), "seed {seed}, round {round}");
        assert_eq!(find("Play").text().unwrap_or_default(), expected, "seed {seed}, round {round}");
    }
}

const AMY: Voice<'static> = Voice { voice: Some("Polly.Amy"), language: Some("en-GB") };

/// One verb a line.
fn lines(twiml: &Twiml) -> String {
    twiml.as_str().replace("><", ">\n<")
}

fn inner(twiml: &Twiml) -> &str {
    twiml.as_str().strip_prefix(OPENING).unwrap().strip_suffix("</Response>").unwrap()
}

fn odd_char(random: &mut fastrand::Rng) -> char {
    const ODD: [char; 18] =
        ['<', '>', '&', '"', '\'', '\t', '\r', '\n', '\0', '\u{B}', ']', '-', '!', '/', '=', 'é', '😀', '\u{FFFF}'];
    if random.bool() { random.choice(ODD).unwrap() } else { random.char(..) }
}
