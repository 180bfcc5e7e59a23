//! What a lookup has found, on its way to people's ears.

use ringall::simulator::{Hearing, Phone};

use crate::support::{
    LINE, Stage, conversations,
    crm::{Crm, Manner, SECRET},
    seconds,
    stage::Setup,
};

conversations! {
    anywhere: [
        caller_hears_what_was_found_and_whoever_takes_the_call_behind_the_key,
    ],
    virtual_time: [
        outside_number_hears_what_was_found_behind_the_key,
        fields_full_of_markup_are_spoken_as_they_are_and_dial_nobody,
        caller_is_served_though_the_server_tells_thousands_of_fields,
        caller_of_a_server_that_tells_lists_in_lists_is_served_as_if_it_had_failed,
    ],
}

const STEPS: &str = r#"
    [steps]
    who = { lookup = "crm", found = "hello", failed = "failed" }
    hello = { say = "Hello {lookup.name|you}, {lookup.f0063|and} {lookup.f0064|nothing}.", next = "desk" }
    desk = { ring = "organisers" }
    failed = { say = "We could not ask." }
"#;

fn shop(stage: Stage, says: &'static str) -> (Crm, Setup) {
    let crm = Crm::default();
    crm.will(Manner::Says(says));
    let lookup = format!("[lookups.crm]\nurl = \"https://crm.example.org/who\"\nsecret = \"{SECRET}\"\n");
    let group = "screen = \"key\"\nwhisper = \"{lookup.name|Somebody}, {lookup.tier|unknown}.\"";
    let setup = stage.hotline().group(group).line("start = \"who\"").more(&format!("{STEPS}{lookup}")).crm(&crm);
    (crm, setup)
}

async fn caller_hears_what_was_found_and_whoever_takes_the_call_behind_the_key(stage: Stage) {
    let (_, setup) = shop(stage, r#"{"name":"Mr Jones","tier":"gold"}"#);
    let world = setup.open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    caller.until_hears("Hello Mr Jones, and nothing.").await;
    ben.until_rings().await;
    ben.answer();
    ben.until_hears("press any digit").await;
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');
    ana.until_hears("Mr Jones, gold.").await;
    caller.until_talks().await;
    ben.until_hears("Somebody else").await;
    assert!(!has_heard(&ben, "Jones"), "only who has the call hears whose it is");

    caller.hang_up();
    world.finish().await;
}

fn has_heard(phone: &Phone, words: &str) -> bool {
    phone.heard().iter().any(|heard| matches!(&heard.what, Hearing::Words(said) if said.contains(words)))
}

async fn outside_number_hears_what_was_found_behind_the_key(stage: Stage) {
    let (_, setup) = shop(stage, r#"{"name":"Mr Jones","phone":"+441632960777"}"#);
    let steps = "[steps]\nwho = { lookup = \"crm\", found = \"theirs\" }\n\
                 theirs = { forward = \"{lookup.phone}\", countries = [\"44\"], screen = \"key\", whisper = \"For {lookup.name}.\" }";
    let lookup = format!("[lookups.crm]\nurl = \"https://crm.example.org/who\"\nsecret = \"{SECRET}\"\n");
    let world = setup.more(&format!("{steps}\n{lookup}")).open().await;
    let theirs = world.carrier.add_phone(
        "Theirs",
        crate::support::number("+441632960777"),
        ringall::simulator::Character::Manual,
    );

    let caller = world.call();
    theirs.until_rings().await;
    theirs.answer();
    theirs.until_hears("Call for Hotline. To take the call, press any digit.").await;
    assert!(!has_heard(&theirs, "Jones"));
    theirs.press('1');
    theirs.until_hears("For Mr Jones.").await;

    caller.until_talks().await;
    caller.hang_up();
    world.finish().await;
}

async fn fields_full_of_markup_are_spoken_as_they_are_and_dial_nobody(stage: Stage) {
    let name =
        "</Say><Dial>+15550100</Dial><Say>&amp;<![CDATA[ {line} {caller.number} ]]> \\\"x\\\" \\u0000\\u202e<!--";
    let (_, setup) = shop(stage, Box::leak(format!("{{\"name\":\"{name}\"}}").into_boxed_str()));
    let world = setup.open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    let spoken = "</Say><Dial>+15550100</Dial><Say>&amp;<![CDATA[ {line} {caller.number} ]]> \"x\"";
    caller.until_hears(&format!("Hello {spoken}")).await;
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');
    ana.until_hears(spoken).await;
    caller.until_talks().await;

    caller.hang_up();
    world.come_to_rest().await;
    let dialled: Vec<_> = world.carrier.records().into_iter().map(|leg| leg.to).filter(|to| to != LINE).collect();
    assert_eq!(dialled.len(), 2, "Ana and Ben, and nobody of the name: {dialled:?}");
    world.finish().await;
}

async fn caller_is_served_though_the_server_tells_thousands_of_fields(stage: Stage) {
    let (crm, setup) = shop(stage, "{}");
    let fields: Vec<_> = (0..4_000).map(|nth| format!("\"f{nth:04}\":\"{nth}\"")).collect();
    crm.will(Manner::Answers(200, "application/json", format!("{{{}}}", fields.join(","))));
    let world = setup.open().await;

    let caller = world.call();
    // The first sixty-four count.
    caller.until_hears("Hello you, 63 nothing.").await;
    world.phone("Ana").until_rings().await;

    caller.hang_up();
    world.finish().await;
}

async fn caller_of_a_server_that_tells_lists_in_lists_is_served_as_if_it_had_failed(stage: Stage) {
    let (crm, setup) = shop(stage, "{}");
    for deep in [
        format!("{{\"name\":{}{}}}", "[".repeat(20_000), "]".repeat(20_000)),
        format!("{}1{}", "{\"name\":".repeat(6_000), "}".repeat(6_000)),
    ] {
        crm.will(Manner::Answers(200, "application/json", deep));
        let world = setup.clone().open().await;

        let caller = world.call();
        caller.until_hears("We could not ask.").await;

        caller.until_ends().await;
        world.finish().await;
    }
}

#[test]
fn owner_of_a_server_that_tells_too_much_reads_so_in_the_log() {
    let (log, _capturing) = ringall::telemetry::capture();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let play = async {
        caller_is_served_though_the_server_tells_thousands_of_fields(Stage::VirtualTime).await;
        tokio::time::sleep(seconds(1)).await;
    };
    runtime.expect("a runtime").block_on(play);

    let log = log.text();
    assert!(log.lines().any(|line| line.contains("WARN") && line.contains("tells too many fields")), "{log}");
}
