//! Words that tell of the call: who hears what about a caller, when, and in which language.

use ringall::simulator::{Caller, Character, Hearing, Mailbox, NumberPlace, Phone, Status};
use ringall_core::fact::Outcome;

use crate::{
    forwarding::{forwards, office},
    menu::short_sound,
    support::{CALLER, Stage, World, conversations, forge::Answer, seconds, stage::Setup},
};

conversations! {
    anywhere: [
        winner_hears_of_the_caller_behind_the_key_and_the_caller_hears_ringing_meanwhile,
        human_by_detection_hears_of_the_caller_behind_the_verdict,
        outside_number_hears_of_the_caller_behind_the_key,
        caller_is_spoken_to_with_what_is_known_of_the_call,
    ],
    virtual_time: [
        mailbox_that_picks_up_hears_nothing_of_the_caller,
        outside_mailbox_hears_nothing_of_the_caller,
        everybody_who_does_not_get_the_call_hears_nothing_of_the_caller,
        caller_who_leaves_while_the_winner_is_told_of_them_leaves_nobody_waiting,
        winner_who_hangs_up_while_they_are_told_gives_the_call_back,
        winner_who_hears_a_long_whisper_is_not_given_up_for_lost,
        caller_whom_their_network_rings_hears_ringing_while_the_winner_is_told,
        withheld_number_is_never_spoken_in_any_of_its_forms,
        names_of_places_that_are_markup_are_spoken_as_they_are,
        winner_hears_the_whisper_of_the_group_that_rang_them,
        winner_whose_answer_is_lost_hears_of_the_caller_by_the_fallback_and_nobody_else_does,
        winner_hears_the_sound_of_their_group_and_then_the_caller,
        winner_whose_sound_cannot_be_had_has_the_caller_all_the_same,
    ],
}

/// Tells all that a whisper can.
const WHISPER: &str = "New lead for {line.name} from {caller.city}, {caller.number}.";
const TOLD: &str = "New lead for Hotline from London, 4 4 1 6 3 2 9 6 0 9 9 9.";
/// What nobody may hear who has not accepted, however it is put together.
const PRIVATE: [&str; 4] = ["London", "4 4 1 6", "New lead", "Greater"];

fn whispers(stage: Stage, screen: &str) -> Setup {
    stage.hotline().group(&format!("screen = \"{screen}\"\nring_for = \"60s\"\nwhisper = \"{WHISPER}\""))
}

/// The carrier knows where the caller's number belongs.
pub(crate) fn located(world: World) -> World {
    let place = NumberPlace {
        city: "LONDON".to_owned(),
        state: "Greater London".to_owned(),
        zip: String::new(),
        country: "GB".to_owned(),
    };
    world.carrier.locate(CALLER, place);
    world
}

async fn winner_hears_of_the_caller_behind_the_key_and_the_caller_hears_ringing_meanwhile(stage: Stage) {
    let world = located(whispers(stage, "key").open().await);
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("Call for Hotline. To take the call, press any digit.").await;
    nothing_private(&ana);
    ana.press('1');
    ana.until_hears(TOLD).await;
    ben.until_idle().await;
    caller.until_hears_recording("ringback").await;
    assert!(matches!(ana.hears(), Some(Hearing::Words(_))), "the caller rings while she is told: {:?}", ana.hears());

    caller.until_talks().await;
    nothing_private(&ben);
    assert!(!spoke(&caller, "New lead"), "{:?}", caller.heard());
    caller.hang_up();
    world.finish().await;
}

async fn human_by_detection_hears_of_the_caller_behind_the_verdict(stage: Stage) {
    let world = located(whispers(stage, "amd").open().await);
    let ana = world.phone("Ana");

    let caller = world.call();
    ana.until_rings().await;
    ana.answer();
    ana.until_hears(TOLD).await;

    caller.until_talks().await;
    caller.hang_up();
    world.finish().await;
}

async fn outside_number_hears_of_the_caller_behind_the_key(stage: Stage) {
    let keys = format!("screen = \"key\", whisper = \"{WHISPER}\"");
    let world = located(forwards(stage, &keys).open().await);
    let office = office(&world, Character::Manual);

    let caller = world.call();
    office.until_rings().await;
    office.answer();
    office.until_hears("Call for Hotline. To take the call, press any digit.").await;
    nothing_private(&office);
    office.press('1');
    office.until_hears(TOLD).await;
    assert_eq!((caller.hears(), caller.status()), (Hearing::NetworkRinging, Status::Ringing), "nothing is charged");

    caller.until_talks().await;
    caller.hang_up();
    world.finish().await;
}

async fn caller_is_spoken_to_with_what_is_known_of_the_call(stage: Stage) {
    let words = "{{Hello}} {caller.city}, {caller.state}, {caller.country}. You called {line} as {caller.number}. \
                 {lookup.company|Welcome.}{lookup.level}";
    let steps = format!("[steps]\nhello.say = \"{words}\"");
    let world = located(stage.hotline().line("start = \"hello\"").more(&steps).open().await);

    let caller = world.call();
    caller
        .until_hears("{Hello} London, Greater London, GB. You called Hotline as 4 4 1 6 3 2 9 6 0 9 9 9. Welcome.")
        .await;

    caller.until_ends().await;
    world.finish().await;
}

async fn mailbox_that_picks_up_hears_nothing_of_the_caller(stage: Stage) {
    for screen in ["key", "amd", "amd+key"] {
        let mut world = located(whispers(stage, screen).open().await);
        let [ana, ben] = world.phones(["Ana", "Ben"]);
        world.carrier.set_character(ana.number(), Character::Voicemail(mailbox()));

        let caller = world.call();
        ana.until_rings().await;
        ben.until_rings().await;
        ana.until_idle().await;
        nothing_private(&ana);
        assert!(ben.answer(), "a mailbox stops nobody's phone");
        if screen != "amd" {
            ben.until_hears("press any digit").await;
            nothing_private(&ben);
            ben.press('1');
        }
        ben.until_hears(TOLD).await;

        caller.until_talks().await;
        caller.hang_up();
        world.come_to_rest().await;
        nothing_private(&ana);
        assert_eq!(world.outcomes(), [Outcome::Talked], "{screen}");
        world.finish().await;
    }
}

async fn outside_mailbox_hears_nothing_of_the_caller(stage: Stage) {
    let keys = format!("screen = \"key\", whisper = \"{WHISPER}\"");
    let world = located(forwards(stage, &keys).open().await);
    let office = office(&world, Character::Voicemail(mailbox()));

    let caller = world.call();
    office.until_hears("Call for Hotline.").await;
    caller.until_hears("The office does not answer.").await;

    caller.until_ends().await;
    nothing_private(&office);
    world.finish().await;
}

async fn everybody_who_does_not_get_the_call_hears_nothing_of_the_caller(stage: Stage) {
    let setup = whispers(stage, "key").people(&["Ana", "Ben", "Cleo", "Dev"]);
    let world = located(setup.open().await);
    let [ana, ben, cleo, dev] = world.phones(["Ana", "Ben", "Cleo", "Dev"]);

    let caller = world.call();
    for phone in [&ana, &ben, &cleo, &dev] {
        phone.until_rings().await;
        phone.answer();
        phone.until_hears("press any digit").await;
    }
    ana.press('9');
    ana.until_hears("You will not be rung again").await;
    dev.press('1');
    // In the same moment, so that he loses; and she presses nothing.
    ben.press('1');
    dev.until_hears(TOLD).await;
    ben.until_hears("Somebody else already has the call").await;
    cleo.until_hears("Somebody else already has the call").await;

    caller.until_talks().await;
    caller.hang_up();
    world.come_to_rest().await;
    [ana, ben, cleo].iter().for_each(nothing_private);
    world.finish().await;
}

async fn caller_who_leaves_while_the_winner_is_told_of_them_leaves_nobody_waiting(stage: Stage) {
    let mut world = located(whispers(stage, "key").open().await);
    let ana = world.phone("Ana");

    let caller = world.call();
    press_at(&ana).await;
    ana.until_hears("New lead").await;
    caller.hang_up();
    ana.until_hears("The caller has hung up. Goodbye.").await;
    ana.until_ends().await;

    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::CallerGaveUp]);
    world.finish().await;
}

async fn winner_who_hangs_up_while_they_are_told_gives_the_call_back(stage: Stage) {
    let mut world = located(whispers(stage, "key").open().await);
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    press_at(&ana).await;
    ana.until_hears("New lead").await;
    ben.until_idle().await;
    ana.hang_up();
    ben.until_rings().await;
    assert!(matches!(caller.hears(), Hearing::Ringback(_)), "{:?}", caller.hears());
    press_at(&ben).await;
    ben.until_hears(TOLD).await;

    caller.until_talks().await;
    caller.hang_up();
    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::Talked]);
    world.finish().await;
}

async fn winner_who_hears_a_long_whisper_is_not_given_up_for_lost(stage: Stage) {
    let long = format!("{} {{caller.city}}.", "A call that takes some time to tell of. ".repeat(5));
    let setup = stage.hotline().group(&format!("screen = \"key\"\nwhisper = \"{long}\""));
    let world = located(setup.open().await);
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    press_at(&ana).await;
    let pressed = world.now();
    caller.until_talks().await;

    assert!(world.now() - pressed > 12_000, "longer than joining usually may take");
    assert_eq!((ana.times_dialled(), ben.times_dialled()), (1, 1), "nobody is rung anew");
    caller.hang_up();
    world.finish().await;
}

async fn caller_whom_their_network_rings_hears_ringing_while_the_winner_is_told(stage: Stage) {
    let world = located(whispers(stage, "key").line("ringback = \"carrier\"").open().await);
    let ana = world.phone("Ana");

    let caller = world.call();
    world.after(seconds(15)).await;
    assert_eq!(caller.hears(), Hearing::NetworkRinging);
    press_at(&ana).await;
    ana.until_hears(TOLD).await;
    world.after(seconds(2)).await;
    assert!(matches!(caller.hears(), Hearing::Ringback(_)), "{:?}", caller.hears());

    caller.until_talks().await;
    caller.hang_up();
    world.finish().await;
}

async fn withheld_number_is_never_spoken_in_any_of_its_forms(stage: Stage) {
    let steps = "[steps]\nhello.say = \"You are {caller.number} from {caller.city}.\"";
    let forms = [
        "anonymous",
        "Restricted",
        "unavailable",
        "UNKNOWN",
        "private",
        "+266696687",
        "+7378742833",
        "+17378742833",
        "+2562533",
        "+8656696",
        "+86282452253",
    ];
    for from in forms {
        let world = stage.hotline().line("start = \"hello\"").more(steps).open().await;
        let nowhere = NumberPlace { city: "NOWHERE".to_owned(), ..NumberPlace::default() };
        world.carrier.locate(from, nowhere);

        let caller = world.call_from(from);
        caller.until_hears("You are a withheld number from an unknown place.").await;

        caller.until_ends().await;
        world.finish().await;
    }
}

async fn names_of_places_that_are_markup_are_spoken_as_they_are(stage: Stage) {
    let steps = "[steps]\nhello.say = \"You call from {caller.city}.\"";
    let world = stage.hotline().line("start = \"hello\"").more(steps).open().await;
    let city = "</Say><Dial>+15550100</Dial><Say>&amp; \"{line}\"\u{0}\u{202e}\n!";
    world.carrier.locate(CALLER, NumberPlace { city: city.to_owned(), ..NumberPlace::default() });

    let caller = world.call();
    // Cut, as no city has a longer name.
    caller.until_hears("You call from </Say><Dial>+15550100</Dial><Say>&amp; \"{line}\" !").await;

    assert_eq!(caller.until_ends().await, Status::Completed);
    world.finish().await;
}

async fn winner_hears_the_whisper_of_the_group_that_rang_them(stage: Stage) {
    let tiers = r#"
        [groups.first]
        members = ["p0"]
        screen = "key"
        whisper = "First, {caller.number|hidden}."
        [groups.second]
        members = ["p1"]
        screen = "key"
        whisper = "Second, {caller.number|hidden}."
        [steps]
        ring = { ring = "first", tiers = [{ ring = "second", after = "5s" }] }
    "#;
    let world = stage.hotline().line("start = \"ring\"").more(tiers).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call_from("anonymous");
    ana.until_rings().await;
    press_at(&ben).await;
    ben.until_hears("Second, hidden.").await;

    caller.until_talks().await;
    caller.hang_up();
    world.come_to_rest().await;
    nothing_private(&ana);
    world.finish().await;
}

async fn winner_whose_answer_is_lost_hears_of_the_caller_by_the_fallback_and_nobody_else_does(stage: Stage) {
    let world = located(whispers(stage, "key").open().await);
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    for phone in [&ana, &ben] {
        phone.until_rings().await;
        phone.answer();
        phone.until_hears("press any digit").await;
    }
    let [won, again] =
        [press_by_fallback(&world, &caller, 1, &ana).await, press_by_fallback(&world, &caller, 1, &ana).await];
    let lost = press_by_fallback(&world, &caller, 2, &ben).await;

    for answer in [won, again] {
        assert!(answer.says("New lead for Hotline from London") && answer.says("<Conference"), "{answer:?}");
    }
    assert!(lost.says("Somebody else already has the call") && !lost.says("London"), "{lost:?}");
    ana.press('1');
    caller.until_talks().await;
    caller.hang_up();
    world.finish().await;
}

/// A line that speaks English, and German to who wants it.
async fn winner_hears_the_sound_of_their_group_and_then_the_caller(stage: Stage) {
    // The verdict needs no key, so that the sound is the first thing that is heard.
    for screen in ["key", "amd"] {
        let group = format!("screen = \"{screen}\"\nwhisper = {{ play = \"lead.wav\" }}");
        let world = stage.hotline().people(&["Ana"]).group(&group).sound("lead.wav", &short_sound()).open().await;
        let ana = world.phone("Ana");

        let caller = world.call();
        ana.until_rings().await;
        ana.answer();
        if screen == "key" {
            ana.until_hears("press any digit").await;
            assert!(!heard_sound(&ana), "nothing but the line's name before the key");
            ana.press('1');
        }
        ana.until_hears_recording("/audio/lead.wav").await;
        caller.until_talks().await;

        assert!(
            !caller.heard().iter().any(|heard| matches!(&heard.what, Hearing::Ringback(url) if url.contains("lead")))
        );
        caller.hang_up();
        world.finish().await;
    }
}

async fn winner_whose_sound_cannot_be_had_has_the_caller_all_the_same(stage: Stage) {
    let group = "screen = \"key\"\nwhisper = { play = \"https://cdn.example.org/gone.mp3\" }";
    let mut world = stage.hotline().people(&["Ana"]).group(group).open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    press_at(&ana).await;
    caller.until_talks().await;

    caller.hang_up();
    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::Talked]);
    assert!(!world.carrier.warnings().is_empty(), "the carrier could not fetch it");
    world.finish_despite_warnings().await;
}

fn heard_sound(phone: &Phone) -> bool {
    phone.heard().iter().any(|heard| matches!(&heard.what, Hearing::Ringback(url) if url.contains("/audio/")))
}

fn mailbox() -> Mailbox {
    Mailbox { answers_after: seconds(3), greeting: seconds(4) }
}

/// The carrier could not use the answer to a key, and asks the fallback.
async fn press_by_fallback(world: &World, caller: &Caller, leg: u8, phone: &Phone) -> Answer {
    let path = format!("/voice/calls/{}/rounds/1/legs/{leg}/fallback", caller.sid());
    let sid = phone.sid().expect("somebody is on the line");
    let fields = [("CallSid", &*sid), ("CallStatus", "in-progress"), ("Digits", "1"), ("ErrorCode", "11200")];
    world.post(&path, &fields).await
}

async fn press_at(phone: &Phone) {
    phone.until_rings().await;
    phone.answer();
    phone.until_hears("press any digit").await;
    phone.press('1');
}

fn nothing_private(phone: &Phone) {
    for heard in phone.heard() {
        let told = PRIVATE.iter().find(|private| heard.what.speaks(private));
        assert!(told.is_none(), "{} heard {told:?}: {:?}", phone.name(), phone.heard());
    }
}

pub(crate) fn spoke(caller: &Caller, words: &str) -> bool {
    caller.heard().iter().any(|heard| heard.what.speaks(words))
}
