//! A line with no words of its own is usable: everything that the program can say by itself is heard here, in English,
//! by the one whom it is for. Which words there are the program tells itself, where it lists what is still English.

use std::collections::BTreeSet;

use ringall::{
    config::{Config, Line, Strictness},
    simulator::{Caller, Character, FullRoom},
};

use crate::support::{ACCOUNT, LINE, SECOND_LINE, Stage, conversations, millis, number, seconds};

conversations! {
    anywhere: [],
    virtual_time: [
        whoever_is_asked_for_a_key_hears_a_default_for_all_that_can_become_of_it,
        winner_who_comes_first_or_cannot_be_joined_hears_a_default,
        caller_hears_a_default_for_every_end,
        caller_in_a_menu_without_words_hears_a_default_for_every_mistake,
        outside_number_hears_a_default,
        caller_who_is_recorded_hears_a_default_before_and_after,
        caller_beyond_the_limit_of_a_day_hears_a_default,
    ],
}

/// The words of each conversation above.
const TO_MEMBERS: [&str; 6] = ["whisper", "somebody_else", "caller_left", "moved_on", "not_accepted", "declined"];
const TO_WINNERS: [&str; 2] = ["connecting", "could_not_connect"];
const TO_CALLERS: [&str; 4] = ["nobody", "busy", "failure", "closed"];
const IN_MENUS: [&str; 4] = ["no_input_words", "wrong_key_words", "no_input", "wrong_key"];
const OUTSIDE: [&str; 1] = ["take_or_decline"];
const RECORDED: [&str; 4] = ["recording_notice", "voicemail", "nothing_heard", "goodbye"];
const BEYOND_THE_LIMIT: [&str; 1] = ["over_limit"];

#[test]
fn no_default_is_forgotten_here() {
    let text = config("language = \"de-DE\"\nstart = \"menu\"\nmax_dials_per_day = 9", ALL);
    let (_, warnings) = Config::parse(&text, Strictness::Serve).expect("a good configuration");

    let told = warnings.iter().filter_map(|warning| warning.text().strip_prefix("still in English"));
    let told: BTreeSet<_> =
        told.filter_map(|text| text.split_once(": ")).flat_map(|(_, keys)| keys.split(", ")).collect();

    let heard = [&TO_MEMBERS[..], &TO_WINNERS, &TO_CALLERS, &IN_MENUS, &OUTSIDE, &RECORDED, &BEYOND_THE_LIMIT].concat();
    assert_eq!(told, heard.into_iter().collect());
}

async fn whoever_is_asked_for_a_key_hears_a_default_for_all_that_can_become_of_it(stage: Stage) {
    let words = defaults().words.clone();
    let hotline = || stage.hotline().people(&["Ana", "Ben", "Cleo"]);
    let world = hotline().open().await;
    let [ana, ben, cleo] = world.phones(["Ana", "Ben", "Cleo"]);
    let caller = world.call();
    for phone in [&ana, &ben, &cleo] {
        phone.until_rings().await;
        phone.answer();
        phone.until_hears(&words.whisper('9')).await;
    }
    cleo.press('9');
    cleo.until_hears(&words.declined).await;
    ana.press('1');
    ben.until_hears(&words.somebody_else).await;
    caller.until_talks().await;
    caller.hang_up();
    world.finish().await;

    let world = hotline().open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);
    let caller = world.call();
    ana.until_rings().await;
    ana.answer();
    ana.until_hears(&words.not_accepted).await;
    ben.answer();
    ben.until_hears(&words.whisper('9')).await;
    caller.hang_up();
    ben.until_hears(&words.caller_left).await;
    world.finish().await;

    let mut world = hotline().open().await;
    let ana = world.phone("Ana");
    let caller = world.call();
    caller.until_hears_recording("ringback").await;
    world.kill();
    world.start_again();
    world.after(seconds(5)).await;
    ana.answer();
    ana.until_hears(&words.moved_on).await;
    caller.hang_up();
    world.finish_despite_warnings().await;
}

async fn winner_who_comes_first_or_cannot_be_joined_hears_a_default(stage: Stage) {
    let words = defaults().words.clone();
    // The caller is in, and the account has no place for another.
    let no_room = (FullRoom::RunsAction, Some(1));
    let hotline = stage.hotline().people(&["Ana"]).group("screen = \"key\"\nring_for = \"40s\"");
    let world = hotline.switches(|switches| (switches.full_room, switches.room_ceiling) = no_room).open().await;
    let ana = world.phone("Ana");
    let caller = world.call();
    caller.until_hears_recording("ringback").await;
    ana.answer();
    ana.until_hears(&words.whisper('9')).await;
    ana.press('1');
    ana.until_hears(&words.could_not_connect).await;
    caller.hang_up();
    world.finish_despite_warnings().await;

    // Who has left is not known to have: the winner waits for them.
    let hotline = stage.hotline().people(&["Ana"]).without_status_callback();
    let world = hotline.switches(|switches| switches.closes_pending_webhooks = false).open().await;
    let ana = world.phone("Ana");
    let caller = world.call();
    ana.until_rings().await;
    ana.answer();
    ana.until_hears(&words.whisper('9')).await;
    caller.hang_up();
    ana.press('1');
    ana.until_hears(&words.connecting).await;
    ana.until_ends().await;
    world.finish().await;
}

async fn caller_hears_a_default_for_every_end(stage: Stage) {
    let line = defaults();
    let said = |words: &ringall_core::flow::Words| line.said(words).to_string();
    let world = stage.hotline().group("screen = \"key\"\nring_for = \"5s\"").line("max_calls = 1").open().await;
    let first = world.call();
    world.phone("Ana").until_rings().await;
    let second = world.call_from("+441632960102");
    second.until_hears(&said(&line.words.busy)).await;
    first.until_hears(&said(&line.words.nobody)).await;
    let lost = world.carrier.call("+441632960103", number(SECOND_LINE));
    lost.until_hears("Sorry, nobody can be reached at this number. Goodbye.").await;
    all_end([first, second, lost]).await;
    world.finish().await;

    let world = stage.hotline().line("start = \"office\"").more(CLOSED).open().await;
    let caller = world.call();
    caller.until_hears(&said(&line.words.closed)).await;
    all_end([caller]).await;
    world.finish().await;

    let world = stage.hotline().open().await;
    let caller = world.call();
    world.phone("Ana").until_rings().await;
    let service = world.program.service.clone();
    service.tasks.spawn("stop", {
        let service = service.clone();
        async move { service.drain(seconds(0)).await }
    });
    caller.until_hears(&said(&line.words.failure)).await;
    all_end([caller]).await;
    world.finish_stopped().await;
}

async fn caller_in_a_menu_without_words_hears_a_default_for_every_mistake(stage: Stage) {
    let world = stage.hotline().line("start = \"menu\"").more(MENU).open().await;

    let caller = world.call();
    caller.until_hears("No key was pressed.").await;
    caller.until_hears_again("Press 1.").await;
    caller.until_hears("No key was pressed. Please call again whenever you like. Goodbye.").await;
    let other = world.call();
    other.until_hears("Press 1.").await;
    other.press('7');
    other.until_hears("Sorry, there is nothing behind that key.").await;
    other.until_hears_again("Press 1.").await;
    other.press('7');
    other.until_hears("Sorry, there is nothing behind that key. Please call again whenever you like. Goodbye.").await;

    all_end([caller, other]).await;
    world.finish().await;
}

async fn outside_number_hears_a_default(stage: Stage) {
    let world = stage.hotline().line("start = \"office\"").more(OFFICE).open().await;
    let office = world.carrier.add_phone("Office", number("+441632960777"), Character::Manual);

    let caller = world.call();
    office.until_rings().await;
    office.answer();
    office.until_hears("A call.").await;
    office.until_hears(&defaults().words.take_or_decline('9')).await;
    world.after(millis(100)).await;

    caller.hang_up();
    world.finish().await;
}

async fn caller_who_is_recorded_hears_a_default_before_and_after(stage: Stage) {
    let line = defaults();
    let setup = stage.hotline().people(&["Ana"]).group("screen = \"key\"\nring_for = \"5s\"");
    let world = setup.line("start = \"recorded\"").more(RECORDING).open().await;

    let caller = world.call();
    caller.until_hears(&line.said(&line.words.recording_notice).to_string()).await;
    caller.until_hears("Please leave a message after the beep").await;
    caller.until_hears("Nothing was heard.").await;
    caller.until_hears("Goodbye.").await;

    all_end([caller]).await;
    world.finish().await;
}

async fn caller_beyond_the_limit_of_a_day_hears_a_default(stage: Stage) {
    let line = defaults();
    let world = stage.hotline().people(&["Ana"]).line("max_dials_per_day = 1").open().await;
    let ana = world.phone("Ana");

    let first = world.call();
    ana.until_rings().await;
    first.hang_up();
    world.come_to_rest().await;
    let second = world.call();
    second.until_hears(&line.said(&line.words.over_limit).to_string()).await;

    all_end([second]).await;
    assert_eq!(ana.times_dialled(), 1);
    world.finish().await;
}

async fn all_end<const N: usize>(callers: [Caller; N]) {
    for caller in callers {
        caller.until_ends().await;
    }
}

/// A line for which nobody has written a word.
fn defaults() -> std::sync::Arc<Line> {
    let (config, warnings) = Config::parse(&config("ring = \"all\"", ""), Strictness::Serve).expect("a configuration");
    assert_eq!(warnings, [], "a line without words is nothing to be warned of");
    config.lines[&number(LINE)].clone()
}

fn config(line: &str, more: &str) -> String {
    format!(
        "public_url = \"https://hotline.example.org\"\n\
         [carrier]\naccount_sid = \"{ACCOUNT}\"\nauth_token = \"hush\"\n\
         [people]\nana = {{ name = \"Ana\", phone = \"+447700900001\" }}\n[groups.all]\nmembers = [\"ana\"]\n\
         [lines.\"{LINE}\"]\nname = \"Hotline\"\n{line}\n{more}"
    )
}

const MENU: &str = "[steps]\nmenu = { menu = \"Press 1.\", keys = { 1 = \"end\" }, repeats = 1 }\nend.hangup = true\n";
const OFFICE: &str = "[steps]\noffice = { forward = \"+441632960777\", whisper = \"A call.\", screen = \"key\" }\n";
const CLOSED: &str = "[hours.never]\nzone = \"UTC\"\nexcept = { \"2019-01-01\" = \"all day\" }\n\
                      [steps]\noffice = { ring = \"organisers\", hours = \"never\" }\n";
/// A line on which all of it can be heard.
const ALL: &str = "[hours.never]\nzone = \"UTC\"\nexcept = { \"2019-01-01\" = \"all day\" }\n\
                   [steps]\nmenu = { menu = \"1?\", keys = { 1 = \"office\", 2 = \"ring\" } }\n\
                   office = { forward = \"+441632960777\", whisper = \"A call.\", screen = \"key\" }\n\
                   ring = { ring = \"all\", hours = \"never\", record = true, nobody = \"mailbox\" }\n\
                   mailbox = { voicemail = true, notify = [\"ana\"] }\n";
const RECORDING: &str = "[steps]\nrecorded = { ring = \"organisers\", record = true, nobody = \"mailbox\" }\n\
                         mailbox = { voicemail = true, notify = [\"p0\"] }\n";
