//! The user's own server is asked who calls, and the call goes by what it says, or does not say.

use ringall::simulator::{Character, Hearing, Status};
use ringall_core::fact::Outcome;

use crate::support::{
    CALLER, LINE, Stage, World, conversations,
    crm::{Crm, Manner, PRIVATE, SECRET},
    forge::incoming,
    millis, number, seconds,
    stage::Setup,
};

conversations! {
    anywhere: [
        caller_who_is_known_goes_their_own_way,
        caller_who_is_unknown_goes_theirs,
        caller_is_served_though_the_server_is_down,
    ],
    virtual_time: [
        question_is_signed_and_tells_who_calls_which_line,
        question_tells_where_the_caller_is_if_the_carrier_does,
        caller_is_served_after_two_seconds_though_the_server_hangs,
        caller_is_served_whatever_nonsense_the_server_says,
        caller_is_served_though_the_server_says_five_mebibytes,
        caller_is_served_though_the_server_trickles,
        question_follows_no_redirect,
        server_is_asked_once_about_a_caller_who_calls_again,
        server_is_asked_again_after_ten_minutes_and_after_it_failed,
        withheld_callers_are_not_asked_about,
        withheld_callers_are_asked_about_each_time_where_the_lookup_says_so,
        caller_who_hangs_up_while_they_are_asked_about_rings_nobody,
        caller_hears_ringing_after_words_while_they_are_asked_about,
        caller_who_was_answered_by_words_hears_no_tone_before_a_quick_answer,
        caller_hears_ringing_on_while_they_are_asked_about_after_phones_that_nobody_took,
        voice_webhook_that_comes_twice_asks_once,
        caller_who_is_asked_about_during_a_restart_is_asked_about_anew,
        caller_who_is_asked_about_when_the_program_stops_is_told,
        field_decides_where_the_call_goes,
        branch_goes_otherwise_where_nothing_was_found,
        number_that_was_found_is_dialled,
        number_that_must_not_be_dialled_leads_to_the_exit_of_a_failed_forward,
        second_lookup_of_a_call_has_its_own_answer,
    ],
}

const KNOWN: &str = r#"{"name":"Mr Jones of Acacia Avenue","tier":"Gold","phone":"+441632960777"}"#;

/// Words for each exit of the lookup.
const EXITS: &str = r#"
    [steps]
    who = { lookup = "crm", found = "known", not_found = "unknown", failed = "failed" }
    known.say = "We know you."
    unknown.say = "We do not know you."
    failed.say = "We could not ask."
"#;

async fn caller_who_is_known_goes_their_own_way(stage: Stage) {
    let (crm, mut world) = open(stage, EXITS).await;
    crm.will(Manner::Says(KNOWN));

    let caller = world.call();
    caller.until_hears("We know you.").await;

    caller.until_ends().await;
    world.come_to_rest().await;
    assert_eq!((world.times("lookup crm: the caller is known"), world.times(PRIVATE)), (1, 0));
    assert_eq!(world.outcomes(), [Outcome::FlowEnded]);
    world.finish().await;
}

async fn caller_who_is_unknown_goes_theirs(stage: Stage) {
    for manner in [
        Manner::Says("{}"),
        Manner::Says(r#"{"found":false}"#),
        Manner::Answers(404, "text/html", "<h1>Not here</h1>".to_owned()),
    ] {
        let (crm, mut world) = open(stage, EXITS).await;
        crm.will(manner);

        let caller = world.call();
        caller.until_hears("We do not know you.").await;

        caller.until_ends().await;
        world.come_to_rest().await;
        assert_eq!(world.times("lookup crm: the caller is not known"), 1);
        world.finish().await;
    }
}

async fn caller_is_served_though_the_server_is_down(stage: Stage) {
    let (crm, mut world) = open(stage, EXITS).await;
    crm.will(Manner::Down);

    let caller = world.call();
    caller.until_hears("We could not ask.").await;

    caller.until_ends().await;
    world.come_to_rest().await;
    assert_eq!(world.times("lookup crm: no usable answer"), 1);
    world.finish().await;
}

async fn question_is_signed_and_tells_who_calls_which_line(stage: Stage) {
    let (crm, world) = open(stage, EXITS).await;
    crm.will(Manner::Says(KNOWN));

    let caller = world.call();
    caller.until_ends().await;

    let [asked] = &crm.asked()[..] else { panic!("one question") };
    assert!(asked.is_signed() && asked.path == "/who");
    assert_eq!(asked.headers["content-type"], "application/json");
    let field = |name| asked.field(name);
    assert_eq!((field("line"), field("line_name")), (LINE.into(), "Hotline".into()));
    assert_eq!((field("caller"), field("call")), ("+441632960999".into(), caller.sid().into()));
    for unknown in ["city", "state", "zip", "country"] {
        assert!(field(unknown).is_null(), "the carrier says nothing of the {unknown}");
    }
    world.finish().await;
}

async fn question_tells_where_the_caller_is_if_the_carrier_does(stage: Stage) {
    let (crm, world) = open(stage, EXITS).await;
    crm.will(Manner::Says(KNOWN));
    let call = incoming("CA0123456789abcdef0123456789abcdef", CALLER);
    let place = [("FromCity", "LONDON"), ("FromState", ""), ("FromZip", "N1"), ("FromCountry", "GB")];

    let answer = world.post("/voice", &[&call[..], &place[..]].concat()).await;
    assert!(answer.says("We know you."), "{answer:?}");

    let [asked] = &crm.asked()[..] else { panic!("one question") };
    let field = |name| asked.field(name);
    assert_eq!((field("city"), field("zip"), field("country")), ("LONDON".into(), "N1".into(), "GB".into()));
    assert!(field("state").is_null(), "nothing is said of it");
    world.post("/voice/status", &[call[0], ("CallStatus", "completed")]).await;
    world.finish().await;
}

async fn caller_is_served_after_two_seconds_though_the_server_hangs(stage: Stage) {
    let (crm, world) = open(stage, EXITS).await;
    crm.will(Manner::Hangs);

    let caller = world.call();
    world.after(millis(1_950)).await;
    assert_eq!((caller.hears(), caller.status()), (Hearing::NetworkRinging, Status::Ringing));
    caller.until_hears("We could not ask.").await;

    assert!((1_990..2_500).contains(&world.now()), "{} ms", world.now());
    caller.until_ends().await;
    world.finish().await;
}

async fn caller_is_served_whatever_nonsense_the_server_says(stage: Stage) {
    let json = "application/json";
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
    for (status, kind, body) in [
        (200, "text/html", KNOWN),
        (200, json, "{\"name\":"),
        (200, json, "[]"),
        (200, json, r#"{"name":{"first":"Mr Jones of Acacia Avenue"}}"#),
        (200, json, r#"{"found":"maybe"}"#),
        (200, json, &deep),
        (200, json, ""),
        (204, json, ""),
        (500, json, KNOWN),
        (403, json, "{}"),
    ] {
        let (crm, world) = open(stage, EXITS).await;
        crm.will(Manner::Answers(status, kind, body.to_owned()));

        let caller = world.call();
        caller.until_hears("We could not ask.").await;

        caller.until_ends().await;
        assert_eq!(crm.asked().len(), 1, "it is not asked twice: {status} {body:.20}");
        world.finish().await;
    }
}

async fn caller_is_served_though_the_server_says_five_mebibytes(stage: Stage) {
    let (crm, world) = open(stage, EXITS).await;
    let body = format!("{{\"name\":\"{}\"}}", "x".repeat(5 * 1024 * 1024));
    crm.will(Manner::Answers(200, "application/json", body));

    let caller = world.call();
    caller.until_hears("We could not ask.").await;

    caller.until_ends().await;
    world.finish().await;
}

async fn caller_is_served_though_the_server_trickles(stage: Stage) {
    let (crm, world) = open(stage, EXITS).await;
    crm.will(Manner::Trickles);

    let caller = world.call();
    caller.until_hears("We could not ask.").await;

    assert!((1_990..2_500).contains(&world.now()), "{} ms", world.now());
    caller.until_ends().await;
    world.finish().await;
}

async fn question_follows_no_redirect(stage: Stage) {
    let (crm, world) = open(stage, EXITS).await;
    crm.will(Manner::Redirects);

    let caller = world.call();
    caller.until_hears("We could not ask.").await;

    caller.until_ends().await;
    assert_eq!(crm.asked().len(), 1);
    world.finish().await;
}

async fn server_is_asked_once_about_a_caller_who_calls_again(stage: Stage) {
    let (crm, mut world) = open(stage, EXITS).await;
    crm.will(Manner::Says(KNOWN));

    for _ in 0..2 {
        let caller = world.call();
        caller.until_hears("We know you.").await;
        caller.until_ends().await;
    }
    assert_eq!(crm.asked().len(), 1);
    let other = world.call_from("+441632960555");
    other.until_hears("We know you.").await;
    other.until_ends().await;

    assert_eq!(crm.asked().len(), 2, "what is known of one says nothing of another");
    assert_eq!(world.times("the caller is known"), 3);
    world.finish().await;
}

async fn server_is_asked_again_after_ten_minutes_and_after_it_failed(stage: Stage) {
    let (crm, world) = open(stage, EXITS).await;
    for (manner, words, asked) in [
        (Manner::Answers(500, "text/plain", String::new()), "We could not ask.", 1),
        (Manner::Says("{}"), "We do not know you.", 2),
        (Manner::Says(KNOWN), "We do not know you.", 2),
    ] {
        crm.will(manner);
        let caller = world.call();
        caller.until_hears(words).await;
        caller.until_ends().await;
        assert_eq!(crm.asked().len(), asked, "{words}");
    }

    world.after(seconds(600)).await;
    let caller = world.call();
    caller.until_hears("We know you.").await;

    caller.until_ends().await;
    world.finish().await;
}

async fn withheld_callers_are_not_asked_about(stage: Stage) {
    for from in ["anonymous", "Restricted", "+266696687", "+17378742833"] {
        let (crm, world) = open(stage, EXITS).await;
        crm.will(Manner::Says(KNOWN));

        let caller = world.call_from(from);
        caller.until_hears("We do not know you.").await;

        caller.until_ends().await;
        assert_eq!(crm.asked().len(), 0, "{from}");
        world.finish().await;
    }
}

async fn withheld_callers_are_asked_about_each_time_where_the_lookup_says_so(stage: Stage) {
    let crm = Crm::default();
    let world = setup(stage, &crm, "ask_withheld = true", EXITS).open().await;
    crm.will(Manner::Says(r#"{"tier":"anybody"}"#));

    for _ in 0..2 {
        let caller = world.call_from("anonymous");
        caller.until_hears("We know you.").await;
        caller.until_ends().await;
    }

    assert_eq!(crm.asked().len(), 2, "one of them is not the other");
    assert!(crm.asked().iter().all(|asked| asked.field("caller").is_null()));
    world.finish().await;
}

async fn caller_who_hangs_up_while_they_are_asked_about_rings_nobody(stage: Stage) {
    let (crm, mut world) = open(stage, &rings("")).await;
    crm.will(Manner::SaysAfter(1_500, KNOWN));

    let caller = world.call();
    world.after(seconds(1)).await;
    caller.hang_up();
    world.after(seconds(3)).await;

    assert_eq!((crm.asked().len(), world.phone("Ana").times_dialled()), (1, 0));
    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::CallerGaveUp]);
    world.finish().await;
}

async fn caller_hears_ringing_after_words_while_they_are_asked_about(stage: Stage) {
    let (crm, world) = open(stage, &rings("welcome = { say = \"Welcome.\", next = \"who\" }")).await;
    crm.will(Manner::Hangs);

    let caller = world.call();
    caller.until_hears("Welcome.").await;
    let ana = world.phone("Ana");
    ana.until_rings().await;
    world.settle().await;

    let heard: Vec<_> = caller.heard().into_iter().map(|heard| (heard.at, heard.what)).collect();
    let silences = heard.windows(2).filter(|pair| pair[0].1 == Hearing::Silence).map(|pair| pair[1].0 - pair[0].0);
    let longest = silences.max().unwrap_or_default();
    assert!((500..=2_000).contains(&longest), "{longest} ms of silence: {heard:?}");
    assert!(matches!(caller.hears(), Hearing::Ringback(_)), "{heard:?}");
    caller.hang_up();
    world.finish().await;
}

async fn caller_who_was_answered_by_words_hears_no_tone_before_a_quick_answer(stage: Stage) {
    let steps = format!("{EXITS}\nwelcome = {{ say = \"Welcome.\", next = \"who\" }}");
    let crm = Crm::default();
    let mut world = setup(stage, &crm, "", &steps).line("start = \"welcome\"").open().await;
    crm.will(Manner::SaysAfter(300, KNOWN));

    let caller = world.call();
    caller.until_hears("We know you.").await;

    caller.until_ends().await;
    assert_eq!(world.times("ringback"), 0);
    world.finish().await;
}

async fn caller_hears_ringing_on_while_they_are_asked_about_after_phones_that_nobody_took(stage: Stage) {
    let steps = format!("{EXITS}\nphones = {{ ring = \"organisers\", nobody = \"who\" }}");
    for ringback in ["tone", "carrier"] {
        let crm = Crm::default();
        let line = format!("start = \"phones\"\nringback = \"{ringback}\"");
        let mut world = setup(stage, &crm, "", &steps).line(&line).open().await;
        crm.will(Manner::Hangs);

        let caller = world.call();
        caller.until_hears("We could not ask.").await;

        let heard: Vec<_> = caller.heard().into_iter().map(|heard| heard.what).collect();
        let words = heard.iter().position(|what| matches!(what, Hearing::Words(_))).expect("words in the end");
        let silences = heard[..words].iter().filter(|what| **what == Hearing::Silence).count();
        assert!(silences <= 2, "one going into our tone, one coming out: {heard:?}");
        assert!((32_000..35_500).contains(&world.now()), "{} ms", world.now());
        caller.until_ends().await;
        world.come_to_rest().await;
        assert_eq!(world.outcomes(), [Outcome::NobodyTookIt]);
        world.finish().await;
    }
}

async fn voice_webhook_that_comes_twice_asks_once(stage: Stage) {
    let (crm, world) = open(stage, EXITS).await;
    crm.will(Manner::SaysAfter(1_000, KNOWN));

    let caller = world.call();
    world.after(millis(500)).await;
    let first = world.webhooks_to("/voice")[0].clone();
    let again = world.repeat(&first).await;

    assert!(again.says("We know you."), "{again:?}");
    caller.until_hears("We know you.").await;
    assert_eq!(crm.asked().len(), 1);
    caller.until_ends().await;
    world.finish().await;
}

async fn caller_who_is_asked_about_during_a_restart_is_asked_about_anew(stage: Stage) {
    let (crm, mut world) = open(stage, EXITS).await;
    crm.will(Manner::Hangs);

    let caller = world.call();
    world.after(millis(500)).await;
    world.kill();
    crm.will(Manner::Says(KNOWN));
    world.start_again();
    caller.until_hears("We know you.").await;

    caller.until_ends().await;
    assert_eq!(crm.asked().len(), 2);
    world.finish_despite_warnings().await;
}

async fn caller_who_is_asked_about_when_the_program_stops_is_told(stage: Stage) {
    let (crm, world) = open(stage, EXITS).await;
    crm.will(Manner::Hangs);

    let caller = world.call();
    world.after(millis(500)).await;
    assert_eq!(world.program.service.switchboard.waiting_calls(), 1);
    world.program.service.switchboard.shut_down();
    caller.until_hears("something went wrong").await;

    caller.until_ends().await;
    world.finish().await;
}

async fn field_decides_where_the_call_goes(stage: Stage) {
    for (answer, words) in [
        (r#"{"tier":"GOLD"}"#, "Golden."),
        (r#"{"tier":"silver"}"#, "Silver."),
        (r#"{"tier":true}"#, "True."),
        (r#"{"tier":"bronze"}"#, "Something else."),
        (r#"{"tier":null,"name":"x"}"#, "Something else."),
    ] {
        let (crm, mut world) = open(stage, BRANCHES).await;
        crm.will(Manner::Says(answer));

        let caller = world.call();
        caller.until_hears(words).await;

        caller.until_ends().await;
        assert_eq!(world.times("case for tier"), 1);
        assert_eq!(world.times("silver") + world.times("bronze"), 0, "what was found is told nowhere");
        world.finish().await;
    }
}

async fn branch_goes_otherwise_where_nothing_was_found(stage: Stage) {
    for manner in [Manner::Down, Manner::Says("{}")] {
        let (crm, world) = open(stage, BRANCHES).await;
        crm.will(manner);

        let caller = world.call();
        caller.until_hears("Something else.").await;

        caller.until_ends().await;
        world.finish().await;
    }
}

async fn number_that_was_found_is_dialled(stage: Stage) {
    let (crm, mut world) = open(stage, FORWARDS).await;
    let office = world.carrier.add_phone("Office", number("+441632960777"), Character::human(seconds(2)));
    crm.will(Manner::Says(KNOWN));

    let caller = world.call();
    office.until_rings().await;
    assert_eq!(caller.hears(), Hearing::NetworkRinging, "unbilled until they talk");
    caller.until_talks().await;
    caller.hang_up();

    world.come_to_rest().await;
    assert_eq!((world.outcomes(), world.times("forwarded to …77")), (vec![Outcome::Talked], 1));
    world.finish().await;
}

async fn number_that_must_not_be_dialled_leads_to_the_exit_of_a_failed_forward(stage: Stage) {
    for answer in [
        r#"{"phone":"+4930123456"}"#,
        r#"{"phone":"+441632960000"}"#,
        r#"{"phone":"01632 960777"}"#,
        r#"{"phone":441632960777}"#,
        r#"{"name":"nobody's number"}"#,
    ] {
        let (crm, mut world) = open(stage, FORWARDS).await;
        crm.will(Manner::Says(answer));

        let caller = world.call();
        caller.until_hears("That cannot be dialled.").await;

        caller.until_ends().await;
        assert_eq!((world.times("no number that may be dialled"), world.times("forwarded")), (1, 0), "{answer}");
        world.finish().await;
    }
}

async fn second_lookup_of_a_call_has_its_own_answer(stage: Stage) {
    let steps = r#"
        [steps]
        who = { lookup = "crm", found = "again", failed = "again" }
        again = { lookup = "crm", found = "known", failed = "failed" }
        known.say = "We know you."
        failed.say = "We could not ask."
    "#;
    let (crm, world) = open(stage, steps).await;
    crm.will(Manner::Hangs);

    let caller = world.call();
    world.after(millis(2_100)).await;
    crm.will(Manner::Says(KNOWN));
    caller.until_hears("We could not ask.").await;

    assert!((3_990..4_500).contains(&world.now()), "{} ms, still the network's ringing", world.now());
    assert_eq!(crm.asked().len(), 2);
    caller.until_ends().await;
    world.finish().await;
}

const BRANCHES: &str = r#"
    [steps]
    who = { lookup = "crm", found = "tier" }
    tier = { branch = "tier", cases = { gold = "golden", Silver = "silver", true = "true" }, otherwise = "else" }
    golden.say = "Golden."
    silver.say = "Silver."
    true.say = "True."
    else.say = "Something else."
"#;

const FORWARDS: &str = r#"
    [steps]
    who = { lookup = "crm", found = "theirs" }
    theirs = { forward = "{lookup.phone}", countries = ["44", "1"], failed = "sorry" }
    sorry.say = "That cannot be dialled."
"#;

/// A lookup before the group, and these steps.
fn rings(steps: &str) -> String {
    format!("[steps]\nwho = {{ lookup = \"crm\", found = \"everybody\" }}\neverybody.ring = \"organisers\"\n{steps}")
}

async fn open(stage: Stage, steps: &str) -> (Crm, World) {
    let crm = Crm::default();
    let setup = setup(stage, &crm, "", steps);
    let setup = if steps.contains("welcome =") { setup.line("start = \"welcome\"") } else { setup };
    (crm, setup.open().await)
}

/// A line whose calls begin with a lookup that has these keys beside its address.
fn setup(stage: Stage, crm: &Crm, keys: &str, steps: &str) -> Setup {
    let lookup = format!("[lookups.crm]\nurl = \"https://crm.example.org/who\"\nsecret = \"{SECRET}\"\n{keys}\n");
    stage.hotline().crm(crm).line("start = \"who\"").more(&format!("{lookup}{steps}"))
}
