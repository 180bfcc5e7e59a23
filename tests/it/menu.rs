//! The caller chooses by keys: each option, no key, wrong keys, keys that come late or twice, and the ends of calls that
//! are refused or handed over.

pub(crate) mod ends;
pub(crate) mod late_keys;

use http::StatusCode;
use ringall::{ringback, simulator::Status};
use ringall_core::fact::Outcome;

use crate::support::{Stage, World, conversations, millis, seconds, stage::Setup};

conversations! {
    anywhere: [
        each_option_leads_to_its_step,
        caller_who_knows_the_menu_need_not_wait_for_it,
        welcome_and_prompt_may_be_recordings_beside_the_configuration,
        caller_is_not_fetched_out_of_the_first_words_that_they_hear,
    ],
    virtual_time: [
        caller_who_presses_nothing_hears_the_menu_again_and_then_the_operators_phone_rings,
        caller_who_presses_wrong_keys_is_told_each_time_and_then_led_on,
        exits_without_a_target_end_in_words,
        several_digits_are_waited_for_and_hash_ends_them,
        star_and_hash_are_options_like_others,
        caller_who_hangs_up_in_a_menu_is_noticed_at_every_moment,
        choice_on_a_line_with_carrier_ringback_rings_and_talks,
        menu_after_phones_that_nobody_took_is_heard_out_of_the_conference,
        sound_that_nobody_configured_is_not_served,
    ],
}

const MENU: &str = r##"
[steps.welcome]
menu = "For sales press 1, for support press 2."
keys = { 1 = "sales", 2 = "support", 3 = "again", "*" = "welcome", "#" = "bye" }
no_input = "operator"
wrong_key = "lost"
[steps.sales]
say = "This is sales."
[steps.support]
ring = "organisers"
nobody = "sorry"
[steps.operator]
ring = "organisers"
nobody = "sorry"
[steps.lost]
hangup = "You seem to be lost."
[steps.again]
goto = "welcome"
[steps.sorry]
say = "Nobody came."
[steps.bye]
hangup = "Good bye."
"##;

fn with_menu(stage: Stage, steps: &str) -> Setup {
    stage.hotline().group("screen = \"key\"\nring_for = \"5s\"").line("start = \"welcome\"").more(steps)
}

async fn each_option_leads_to_its_step(stage: Stage) {
    let world = with_menu(stage, MENU).open().await;
    let ana = world.phone("Ana");

    let to_sales = world.call();
    to_sales.until_hears("For sales press 1").await;
    to_sales.press('1');
    to_sales.until_hears("This is sales.").await;
    to_sales.until_ends().await;

    let to_support = world.call();
    to_support.until_hears("For sales press 1").await;
    to_support.press('2');
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');
    to_support.until_talks().await;
    to_support.hang_up();

    let around = world.call();
    around.until_hears("For sales press 1").await;
    for key in ['3', '*'] {
        around.press(key);
        around.until_hears_again("For sales press 1").await;
    }
    around.press('#');
    around.until_hears("Good bye.").await;
    assert_eq!(around.until_ends().await, Status::Completed);
    world.finish().await;
}

async fn caller_who_knows_the_menu_need_not_wait_for_it(stage: Stage) {
    let long =
        MENU.replace("For sales press 1,", &format!("{} for sales press 1,", "Please listen carefully. ".repeat(30)));
    let world = with_menu(stage, &long).open().await;

    let caller = world.call();
    caller.until_hears("Please listen carefully").await;
    caller.press('1');
    let pressed = world.now();
    caller.until_hears("This is sales.").await;

    assert!(world.now() - pressed < 1_500, "waited {} ms", world.now() - pressed);
    caller.until_ends().await;
    world.finish().await;
}

async fn welcome_and_prompt_may_be_recordings_beside_the_configuration(stage: Stage) {
    let steps = "[steps]\nwelcome = { say = { play = \"welcome.wav\" }, next = \"menu\" }\n\
                 bye = { hangup = \"Good bye.\" }\n\
                 menu = { menu = { play = \"menu.wav\" }, keys = { 1 = \"bye\" } }";
    let sound = short_sound();
    let world = with_menu(stage, steps).sound("welcome.wav", &sound).sound("menu.wav", &sound).open().await;

    let caller = world.call();
    caller.until_hears_recording("/audio/welcome.wav").await;
    caller.until_hears_recording("/audio/menu.wav").await;
    caller.press('1');
    caller.until_hears("Good bye.").await;

    caller.until_ends().await;
    world.finish().await;
}

async fn caller_is_not_fetched_out_of_the_first_words_that_they_hear(stage: Stage) {
    let firsts = [
        "menu = \"For sales press 1.\"\nkeys = { 1 = \"bye\" }",
        "say = \"For sales press 1.\"\nnext = \"bye\"",
        "hangup = \"For sales press 1.\"",
    ];
    for first in firsts {
        let world =
            with_menu(stage, &format!("[steps.welcome]\n{first}\n[steps.bye]\nhangup = \"Good bye.\"")).open().await;

        let caller = world.call();
        caller.until_hears("For sales press 1.").await;
        world.settle().await;
        caller.press('1');
        caller.until_ends().await;

        let asked = world.carrier.rest_log();
        assert!(asked.is_empty(), "what we say first needs nothing of the carrier: {asked:?}");
        world.finish().await;
    }
}

async fn caller_who_presses_nothing_hears_the_menu_again_and_then_the_operators_phone_rings(stage: Stage) {
    let mut world = with_menu(stage, MENU).open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    caller.until_hears("For sales press 1").await;
    let first = world.now();
    caller.until_hears("No key was pressed.").await;
    // The prompt of 39 characters takes 2.8 s, then comes the pause of 4 s.
    assert_eq!(world.now() - first, 2_785 + 4_000);
    caller.until_hears("For sales press 1").await;
    caller.until_hears("No key was pressed.").await;
    caller.until_hears("For sales press 1").await;
    ana.until_rings().await;
    caller.until_hears("Nobody came.").await;

    caller.until_ends().await;
    world.come_to_rest().await;
    assert_eq!((world.times("presses no key"), ana.times_dialled()), (3, 1));
    assert_eq!(world.outcomes(), [Outcome::NobodyTookIt]);
    world.finish().await;
}

async fn caller_who_presses_wrong_keys_is_told_each_time_and_then_led_on(stage: Stage) {
    let mut world = with_menu(stage, MENU).open().await;

    let caller = world.call();
    for _ in 0..2 {
        caller.until_hears("For sales press 1").await;
        caller.press('8');
        caller.until_hears("nothing behind that key").await;
    }
    caller.press('0');
    caller.until_hears("You seem to be lost.").await;

    caller.until_ends().await;
    world.come_to_rest().await;
    assert_eq!(world.times("no choice"), 3);
    world.finish().await;
}

async fn exits_without_a_target_end_in_words(stage: Stage) {
    let menu = "[steps]\nbye = { hangup = \"Good bye.\" }\n\
                welcome = { menu = \"Press 1.\", keys = { 1 = \"bye\" }, repeats = 0, pause = \"2s\" }";
    let world = with_menu(stage, menu).open().await;

    let silent = world.call();
    silent.until_hears("Press 1.").await;
    silent.until_hears("No key was pressed. Please call again").await;
    assert_eq!(silent.until_ends().await, Status::Completed);
    let wrong = world.call();
    wrong.until_hears("Press 1.").await;
    wrong.press('#');
    wrong.until_hears("nothing behind that key. Please call again").await;
    assert_eq!(wrong.until_ends().await, Status::Completed);

    world.finish().await;
}

const LONG_CHOICES: &str = "[steps]\none = { hangup = \"One.\" }\ntwelve = { hangup = \"Twelve.\" }\n\
    welcome = { menu = \"Press.\", keys = { 1 = \"one\", 12 = \"twelve\" }, repeats = 0, pause = \"3s\" }";

async fn several_digits_are_waited_for_and_hash_ends_them(stage: Stage) {
    let world = with_menu(stage, LONG_CHOICES).open().await;

    for (keys, words, within) in
        [("12", "Twelve.", 100), ("1#", "One.", 100), ("1", "One.", 3_100), ("13", "nothing", 100)]
    {
        let caller = world.call();
        caller.until_hears("Press.").await;
        keys.chars().for_each(|key| caller.press(key));
        let pressed = world.now();
        caller.until_hears(words).await;

        let took = world.now() - pressed;
        assert!(took <= within && (within < 3_000 || took >= 3_000), "{keys}: {took} ms");
        caller.until_ends().await;
    }
    world.finish().await;
}

async fn star_and_hash_are_options_like_others(stage: Stage) {
    let menu = "[steps]\nback = { hangup = \"Back.\" }\nend = { hangup = \"End.\" }\n\
                welcome = { menu = \"Press.\", keys = { \"*\" = \"back\", \"#\" = \"end\", \"*1#\" = \"back\" } }";
    let world = with_menu(stage, menu).open().await;

    for (keys, words) in [("*", "Back."), ("#", "End."), ("*1#", "Back.")] {
        let caller = world.call();
        caller.until_hears("Press.").await;
        keys.chars().for_each(|key| caller.press(key));
        caller.until_hears(words).await;
        caller.until_ends().await;
    }
    world.finish().await;
}

async fn caller_who_hangs_up_in_a_menu_is_noticed_at_every_moment(stage: Stage) {
    let mut world = with_menu(stage, MENU).open().await;

    // In the prompt, in the pause behind it, in the words before the prompt, and after all that.
    for moment in [0, 1_000, 3_000, 6_700, 6_790, 7_500, 9_000, 20_000] {
        let caller = world.call();
        caller.until_hears("For sales press 1").await;
        world.after(millis(moment)).await;
        caller.hang_up();
        world.come_to_rest().await;
    }
    // With the key still on its way.
    let caller = world.call();
    caller.until_hears("For sales press 1").await;
    caller.press('2');
    caller.hang_up();
    world.come_to_rest().await;

    assert_eq!(world.outcomes(), [Outcome::CallerGaveUp; 9]);
    assert_eq!(world.phone("Ana").times_dialled(), 0);
    world.finish().await;
}

async fn choice_on_a_line_with_carrier_ringback_rings_and_talks(stage: Stage) {
    let hotline = stage.hotline().group("screen = \"key\"\nring_for = \"30s\"").more(MENU);
    let world = hotline.line("start = \"welcome\"\nringback = \"carrier\"").open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    caller.until_hears("For sales press 1").await;
    caller.press('2');
    caller.until_hears_recording("ringback").await;
    world.after(seconds(15)).await;
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');
    caller.until_talks().await;

    caller.hang_up();
    world.finish().await;
}

async fn menu_after_phones_that_nobody_took_is_heard_out_of_the_conference(stage: Stage) {
    let steps = "[steps]\nwelcome = { ring = \"organisers\", nobody = \"menu\" }\nbye = { hangup = \"Good bye.\" }\n\
                 menu = { menu = \"To try again press 1.\", keys = { 1 = \"welcome\", 2 = \"bye\" } }";
    for ring_for in ["5s", "20s"] {
        let hotline = with_menu(stage, steps).group(&format!("screen = \"key\"\nring_for = \"{ring_for}\""));
        let world = hotline.open().await;
        let ana = world.phone("Ana");

        let caller = world.call();
        ana.until_rings().await;
        caller.until_hears("To try again press 1.").await;
        caller.press('1');
        ana.until_rings().await;
        caller.until_hears_again("To try again press 1.").await;
        caller.press('2');
        caller.until_hears("Good bye.").await;

        caller.until_ends().await;
        assert_eq!(ana.times_dialled(), 2);
        world.finish().await;
    }
}

async fn sound_that_nobody_configured_is_not_served(stage: Stage) {
    let world = with_menu(stage, "[steps.welcome]\nsay = { play = \"welcome.wav\" }");
    let world = world.sound("welcome.wav", &short_sound()).sound("secret.wav", &short_sound()).open().await;

    let served = fetch(&world, "/audio/welcome.wav").await;
    assert_eq!((served.status, served.content_type.as_str()), (StatusCode::OK, "audio/wav"));
    for other in ["secret.wav", "..%2Fwelcome.wav", "%2Fetc%2Fpasswd", "welcome.wav%00", "Welcome.wav", "..", ""] {
        let answer = fetch(&world, &format!("/audio/{other}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{other}");
    }

    world.finish().await;
}

async fn fetch(world: &World, path: &str) -> crate::support::forge::Answer {
    world.send(http::Request::get(path).body(axum::body::Body::empty()).expect("a request")).await
}

/// A recording of half a second.
pub(crate) fn short_sound() -> Vec<u8> {
    let whole = ringback::tone("gb");
    let data = whole.windows(4).position(|name| name == b"data").expect("a chunk of sound") + 4;
    let mut short = whole[..data + 4 + 4_000].to_vec();
    short[data..data + 4].copy_from_slice(&4_000_u32.to_le_bytes());
    short
}
