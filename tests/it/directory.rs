//! Offices in a directory: each line of it is a line that people call.

use ringall::simulator::{Character, Hearing, LegKind, Phone, Status};
use ringall_core::fact::Outcome;
use tokio::time::timeout;

use crate::menu::short_sound;
use crate::support::{CALLER, LINE, SECOND_LINE, Stage, World, conversations, millis, number, seconds, stage::Setup};

conversations! {
    anywhere: [
        office_hears_its_name_behind_the_key_and_talks,
        outside_number_of_an_office_hears_its_name_and_talks,
        office_that_is_engaged_leads_to_what_all_share,
        office_that_does_not_answer_leads_to_what_all_share,
        office_that_does_not_answer_is_told_of_the_message_that_is_left,
        office_that_records_tells_its_callers_so_and_no_other_office_does,
        office_hears_a_sound_in_place_of_words_be_it_a_person_or_an_outside_number,
    ],
    virtual_time: [
        group_of_an_office_rings_as_long_as_the_directory_says,
        mailbox_of_an_office_never_has_the_call,
        office_without_anything_behind_it_says_that_nobody_is_there,
        person_of_two_offices_is_rung_for_one_caller_at_a_time,
    ],
}

const OUTSIDE: &str = "+441632960888";

/// Two offices: a person's, and an outside number's.
fn offices(stage: Stage, defaults: &str) -> Setup {
    let directory = format!(
        r#"
        [directory]
        defaults = {{ whisper = "New lead for {{line.name}}", {defaults} }}
        "{LINE}" = {{ name = "Charlotte Office", to = "p0" }}
        "{SECOND_LINE}" = {{ name = "Denver Office", to = "{OUTSIDE}" }}
        [steps]
        sorry.say = "All our offices are busy. Please call again."
        mailbox.voicemail = "You have reached {{line.name}}. Please leave a message."
        "#
    );
    stage.hotline().without_line().more(&directory)
}

async fn office_hears_its_name_behind_the_key_and_talks(stage: Stage) {
    let mut world = offices(stage, "then = \"sorry\", screen = \"key\"").open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("Call for Charlotte Office. To take the call, press any digit.").await;
    ana.press('1');
    ana.until_hears("New lead for Charlotte Office").await;
    caller.until_talks().await;
    world.settle().await;
    caller.hang_up();

    world.come_to_rest().await;
    assert_eq!((world.outcomes(), ben.times_dialled()), (vec![Outcome::Talked], 0));
    world.finish().await;
}

async fn outside_number_of_an_office_hears_its_name_and_talks(stage: Stage) {
    let world = offices(stage, "then = \"sorry\"").open().await;
    let denver = world.carrier.add_phone("Denver", number(OUTSIDE), Character::Manual);

    let caller = world.carrier.call(CALLER, number(SECOND_LINE));
    denver.until_rings().await;
    assert_eq!((caller.hears(), caller.status()), (Hearing::NetworkRinging, Status::Ringing), "nothing is charged");
    denver.answer();
    denver.until_hears("New lead for Denver Office").await;
    denver.until_hears("To take the call, press any digit.").await;
    denver.press('5');

    caller.until_talks().await;
    caller.hang_up();
    denver.until_idle().await;
    let dialled = world.carrier.records();
    let shown: Vec<_> = dialled.iter().filter(|leg| leg.kind == LegKind::Child).map(|leg| leg.from.clone()).collect();
    assert_eq!(shown, [SECOND_LINE]);
    world.finish().await;
}

async fn office_that_is_engaged_leads_to_what_all_share(stage: Stage) {
    let world = offices(stage, "then = \"sorry\"").open().await;
    world.carrier.add_phone("Denver", number(OUTSIDE), Character::Busy);
    let ana = world.phone("Ana");
    world.carrier.set_character(ana.number(), Character::Busy);

    for line in [LINE, SECOND_LINE] {
        let caller = world.carrier.call(CALLER, number(line));
        caller.until_hears("All our offices are busy.").await;
        caller.until_ends().await;
    }
    world.finish().await;
}

async fn office_that_does_not_answer_leads_to_what_all_share(stage: Stage) {
    let world = offices(stage, "then = \"sorry\", ring_for = \"10s\"").open().await;
    world.carrier.add_phone("Denver", number(OUTSIDE), Character::RingsOut);

    for line in [LINE, SECOND_LINE] {
        let caller = world.carrier.call(CALLER, number(line));
        caller.until_hears("All our offices are busy.").await;
        caller.until_ends().await;
    }
    world.finish().await;
}

/// The mailbox names nobody, so that each office's own people hear of its callers.
async fn office_that_does_not_answer_is_told_of_the_message_that_is_left(stage: Stage) {
    let mut world = offices(stage, "then = \"mailbox\", screen = \"key\", ring_for = \"10s\"").open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);
    let denver = world.carrier.add_phone("Denver", number(OUTSIDE), Character::RingsOut);

    for (line, office, phone) in [(LINE, "Charlotte Office", &ana), (SECOND_LINE, "Denver Office", &denver)] {
        let caller = world.carrier.call(CALLER, number(line));
        phone.until_rings().await;
        caller.until_hears(&format!("You have reached {office}.")).await;
        caller.until_recorded().await;
        caller.speak(seconds(2));
        caller.until_ends().await;

        let text = told(&world, phone).await;
        assert!(text.contains(office) && text.contains(CALLER) && text.contains("/recordings/"), "{text}");
    }

    assert_eq!(world.outcomes(), [Outcome::LeftMessage, Outcome::LeftMessage]);
    let messages = [&ana, &denver, &ben].map(|phone| phone.text_messages().len());
    assert_eq!(messages, [1, 1, 0], "each office hears of its own callers");
    world.finish().await;
}

async fn group_of_an_office_rings_as_long_as_the_directory_says(stage: Stage) {
    let directory = format!(
        "[directory]\n\"{LINE}\" = {{ name = \"Office\", to = \"organisers\", ring_for = \"12s\", then = \"sorry\" }}\n\
         [steps]\nsorry.say = \"Sorry.\""
    );
    let setup = stage.hotline().without_line().more(&directory).switches(|it| it.setup = seconds(0));
    let world = setup.open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    ben.until_rings().await;
    caller.until_hears("Sorry.").await;

    assert!((11_900..14_000).contains(&world.now()), "{} ms", world.now());
    caller.until_ends().await;
    world.finish().await;
}

async fn mailbox_of_an_office_never_has_the_call(stage: Stage) {
    let mut world = offices(stage, "then = \"sorry\"").open().await;
    let mailbox = ringall::simulator::Mailbox { answers_after: seconds(5), greeting: seconds(6) };
    world.carrier.add_phone("Denver", number(OUTSIDE), Character::Voicemail(mailbox));
    world.carrier.set_character(world.phone("Ana").number(), Character::Voicemail(mailbox));

    for line in [LINE, SECOND_LINE] {
        let caller = world.carrier.call(CALLER, number(line));
        caller.until_hears("All our offices are busy.").await;
        caller.until_ends().await;
    }
    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::NobodyTookIt, Outcome::NobodyTookIt]);
    assert!(!world.carrier.conversation().contains("talks with"));
    world.finish().await;
}

async fn office_without_anything_behind_it_says_that_nobody_is_there(stage: Stage) {
    let world = offices(stage, "screen = \"key\", ring_for = \"10s\"").open().await;

    let caller = world.call();
    caller.until_hears("nobody can take your call right now").await;

    caller.until_ends().await;
    world.finish().await;
}

async fn person_of_two_offices_is_rung_for_one_caller_at_a_time(stage: Stage) {
    let phone = "+447700900001";
    let directory = format!(
        "[directory]\ndefaults = {{ screen = \"key\" }}\n\"{LINE}\" = {{ name = \"One\", to = \"p0\" }}\n\
         \"{SECOND_LINE}\" = {{ name = \"Two\", to = \"{phone}\" }}"
    );
    let world = stage.hotline().without_line().more(&directory).open().await;
    let ana = world.phone("Ana");

    let first = world.call();
    ana.until_rings().await;
    let second = world.carrier.call("+441632960101", number(SECOND_LINE));
    world.after(seconds(3)).await;
    assert_eq!(ana.times_dialled(), 1, "her number is she");
    first.hang_up();
    ana.until_idle().await;
    ana.until_rings().await;

    second.hang_up();
    world.finish().await;
}

async fn office_that_records_tells_its_callers_so_and_no_other_office_does(stage: Stage) {
    let directory = format!(
        "[directory]\n\"{LINE}\" = {{ name = \"Charlotte Office\", to = \"p0\" }}\n\
         \"{SECOND_LINE}\" = {{ name = \"Denver Office\", to = \"{OUTSIDE}\", record = true }}\n\
         [directory.defaults]\nscreen = \"key\"\n[words]\nrecording_notice = \"We record this.\""
    );
    let mut world = stage.hotline().without_line().more(&directory).open().await;
    let denver = world.carrier.add_phone("Denver", number(OUTSIDE), Character::Manual);

    for (line, phone) in [(LINE, world.phone("Ana")), (SECOND_LINE, denver)] {
        let caller = world.carrier.call(CALLER, number(line));
        if line == SECOND_LINE {
            caller.until_hears("We record this.").await;
        }
        phone.until_rings().await;
        let is_told = caller.heard().iter().any(|heard| heard.what.speaks("We record this."));
        assert_eq!(is_told, line == SECOND_LINE, "{:?}", caller.heard());
        phone.answer();
        phone.until_hears("press any digit").await;
        phone.press('1');
        caller.until_talks().await;
        world.after(seconds(2)).await;
        caller.hang_up();
        phone.until_idle().await;
    }
    world.come_to_rest().await;
    world.after(seconds(3)).await;

    let recordings = world.carrier.recordings();
    let [recording] = &recordings[..] else { panic!("one: {recordings:?}") };
    assert_eq!((recording.source, recording.channels, recording.status), ("DialVerb", 2, "completed"));
    assert_eq!(world.outcomes(), [Outcome::Talked, Outcome::Talked]);
    world.finish().await;
}

async fn office_hears_a_sound_in_place_of_words_be_it_a_person_or_an_outside_number(stage: Stage) {
    let directory = format!(
        "[directory]\n\"{LINE}\" = {{ name = \"Charlotte Office\", to = \"p0\" }}\n\
         \"{SECOND_LINE}\" = {{ name = \"Denver Office\", to = \"{OUTSIDE}\" }}\n\
         [directory.defaults]\nscreen = \"key\"\nwhisper = {{ play = \"lead.wav\" }}"
    );
    let setup = stage.hotline().without_line().more(&directory).sound("lead.wav", &short_sound());
    let world = setup.open().await;
    let denver = world.carrier.add_phone("Denver", number(OUTSIDE), Character::Manual);

    let caller = world.call();
    let ana = world.phone("Ana");
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("Call for Charlotte Office.").await;
    ana.press('1');
    ana.until_hears_recording("/audio/lead.wav").await;
    caller.until_talks().await;
    caller.hang_up();

    let caller = world.carrier.call(CALLER, number(SECOND_LINE));
    denver.until_rings().await;
    denver.answer();
    // It tells nothing of the caller, and so comes before the key.
    denver.until_hears_recording("/audio/lead.wav").await;
    denver.until_hears("To take the call, press any digit.").await;
    denver.press('1');
    caller.until_talks().await;
    caller.hang_up();
    world.finish().await;
}

/// The text message to this telephone.
async fn told(world: &World, phone: &Phone) -> String {
    let message = async {
        while phone.text_messages().is_empty() {
            world.after(millis(50)).await;
        }
    };
    assert!(timeout(seconds(600), message).await.is_ok(), "nobody is told");
    phone.text_messages().remove(0).body
}
