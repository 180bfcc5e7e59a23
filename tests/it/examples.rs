//! The five uses that the program is for, as somebody who copies an example has them: each file of `config/examples` as
//! it stands, from the call to the silence after it.

use ringall::simulator::{Character, Hearing, Human, Phone, Status};
use ringall_core::fact::Outcome;

use crate::support::{CALLER, Stage, World, conversations, millis, number, seconds, stage::Setup};

conversations! {
    anywhere: [],
    virtual_time: [
        hotline_of_the_example_rings_everybody_and_tries_twice,
        office_of_the_example_is_answered_with_a_whisper,
        office_of_the_example_that_does_not_answer_gets_a_text_message_with_a_link,
        tiers_of_the_example_ring_at_their_times,
        queue_of_the_example_serves_three_callers_with_two_members_and_a_rest_between,
        two_who_take_reservations_of_the_example_in_one_instant_have_one_caller_each,
        menu_of_the_example_leads_where_each_option_says,
        menu_of_the_example_has_an_answer_to_no_key_and_to_wrong_ones,
        forward_of_the_example_leads_on_by_each_of_its_outcomes,
        shop_of_the_example_is_closed_when_it_says_so,
        night_of_the_example_goes_over_midnight_and_through_both_changes_of_the_clock,
        number_of_the_example_that_is_no_longer_used_costs_nothing,
    ],
}

async fn hotline_of_the_example_rings_everybody_and_tries_twice(stage: Stage) {
    let setup = stage.with_file(include_str!("../../config/examples/hotline.toml"));
    let mut world = setup.switches(|it| it.setup = seconds(0)).open().await;
    let [ana, ben, carla] = world.phones(["Ana", "Ben", "Carla"]);

    let caller = world.carrier.call(CALLER, number("+441632960000"));
    for phone in [&ana, &ben, &carla] {
        phone.until_rings().await;
    }
    assert_eq!(world.now(), 0, "all at once");
    carla.until_idle().await;
    assert_eq!(world.now(), 18_000, "before her mailbox picks up");
    ana.until_idle().await;
    assert_eq!(world.now(), 25_000);
    ben.until_rings().await;
    assert_eq!(world.now(), 28_000, "the second time");
    takes(&ben).await;
    caller.until_talks().await;
    for phone in [&ana, &carla] {
        phone.until_idle().await;
    }
    world.settle().await;
    caller.hang_up();
    world.come_to_rest().await;

    let missed = world.carrier.call(CALLER, number("+441632960000"));
    missed.until_hears("Please come to the registration desk").await;
    missed.until_ends().await;
    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::Talked, Outcome::NobodyTookIt]);
    world.finish().await;
}

fn offices(stage: Stage) -> Setup {
    stage.with_file(include_str!("../../config/examples/office-directory.toml"))
}

async fn office_of_the_example_is_answered_with_a_whisper(stage: Stage) {
    let mut world = offices(stage).open().await;
    let [ana, ben, cleo] = world.phones(["Ana", "Ben", "Cleo"]);
    let seattle = world.carrier.add_phone("Seattle", number("+12065550199"), Character::Manual);

    let caller = world.carrier.call(CALLER, number("+17045550101"));
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("Call for Charlotte Office.").await;
    assert!(!told_of_the_caller(&ana), "not before the key");
    ana.press('1');
    ana.until_hears("New lead for Charlotte Office, from somewhere.").await;
    caller.until_talks().await;
    world.settle().await;
    ana.hang_up();
    caller.until_ends().await;

    let caller = world.carrier.call(CALLER, number("+12065550103"));
    seattle.until_rings().await;
    seattle.answer();
    seattle.until_hears("Call for Seattle Office.").await;
    assert!(!told_of_the_caller(&seattle), "not before the key");
    seattle.press('1');
    seattle.until_hears("New lead for Seattle Office, from somewhere.").await;
    caller.until_talks().await;
    caller.hang_up();

    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::Talked, Outcome::Talked]);
    assert_eq!([&ben, &cleo].map(Phone::times_dialled), [0, 0], "nobody of another office is rung");
    world.finish().await;
}

fn told_of_the_caller(phone: &Phone) -> bool {
    phone.heard().iter().any(|heard| matches!(&heard.what, Hearing::Words(words) if words.contains("somewhere")))
}

async fn office_of_the_example_that_does_not_answer_gets_a_text_message_with_a_link(stage: Stage) {
    let mut world = offices(stage).switches(|it| it.setup = seconds(0)).open().await;
    let [ana, ben, cleo] = world.phones(["Ana", "Ben", "Cleo"]);

    let caller = world.carrier.call(CALLER, number("+13035550102"));
    ben.until_rings().await;
    cleo.until_rings().await;
    caller.until_hears("Thank you for calling the Denver Office.").await;
    assert!((25_000..27_000).contains(&world.now()), "{} ms", world.now());
    caller.until_recorded().await;
    caller.speak(seconds(3));
    caller.until_hears("Thank you, we will call you back.").await;
    caller.until_ends().await;
    world.come_to_rest().await;

    for phone in [&ben, &cleo] {
        let texts = phone.text_messages();
        let [text] = texts.as_slice() else { panic!("one text message: {texts:?}") };
        let begins = format!("Denver Office: a new lead, {CALLER}, left a message of 3 s. Listen: ");
        assert!(text.body.starts_with(&begins) && text.body.contains("/recordings/"), "{}", text.body);
        assert_eq!(text.from, "+13035550102");
    }
    assert_eq!((ana.text_messages(), ana.times_dialled()), (vec![], 0), "another office's");
    assert_eq!(world.outcomes(), [Outcome::LeftMessage]);
    world.finish().await;
}

async fn tiers_of_the_example_ring_at_their_times(stage: Stage) {
    let setup = stage.with_file(include_str!("../../config/examples/tiers.toml"));
    let mut world = setup.switches(|it| it.setup = seconds(0)).open().await;
    let [ana, ben, cleo, dev] = world.phones(["Ana", "Ben", "Cleo", "Dev"]);
    let centre = world.carrier.add_phone("Call centre", number("+441632960999"), Character::Manual);

    let caller = world.carrier.call("+441632960555", number("+441632960100"));
    ana.until_rings().await;
    ben.until_rings().await;
    assert_eq!((world.now(), cleo.rings()), (0, false), "sales");
    cleo.until_rings().await;
    assert_eq!((world.now(), ana.rings(), dev.rings()), (20_000, true, false), "and support");
    ana.until_idle().await;
    assert_eq!(world.now(), 30_000, "sales had their time");
    dev.until_rings().await;
    assert_eq!((world.now(), ana.rings(), cleo.rings()), (40_000, true, true), "and everybody");
    dev.until_idle().await;
    assert_eq!(world.now(), 58_000, "before his mailbox picks up");
    centre.until_rings().await;
    world.settle().await;
    let others = [&ana, &ben, &cleo, &dev].map(Phone::rings);
    assert_eq!((world.now(), others), (60_050, [false; 4]), "and in their place the call centre");
    centre.answer();
    centre.until_hears("To decline, press 0.").await;
    centre.press('0');
    caller.until_hears("Sorry, nobody at Example Ltd can take your call right now.").await;
    caller.until_ends().await;

    world.come_to_rest().await;
    assert_eq!([&ana, &ben, &cleo, &dev, &centre].map(Phone::times_dialled), [2, 2, 1, 1, 1]);
    assert_eq!(world.outcomes(), [Outcome::NobodyTookIt]);
    world.finish().await;
}

fn queue(stage: Stage) -> Setup {
    stage.with_file(include_str!("../../config/examples/queue.toml"))
}

async fn queue_of_the_example_serves_three_callers_with_two_members_and_a_rest_between(stage: Stage) {
    let mut world = queue(stage).open().await;
    let [ana, ben, cleo] = world.phones(["Ana", "Ben", "Cleo"]);

    let [first, second, third] = three_callers(&world).await;
    third.until_hears("You are number 3 in line.").await;
    takes(&ana).await;
    takes(&ben).await;
    first.until_talks().await;
    second.until_talks().await;
    world.settle().await;
    first.hang_up();
    ana.until_idle().await;
    let rests_from = world.now();
    ana.until_rings().await;
    let rested = world.now() - rests_from;
    assert!((30_000..31_500).contains(&rested), "she was left alone for {rested} ms");
    takes(&ana).await;
    third.until_talks().await;
    world.settle().await;
    for caller in [&second, &third] {
        caller.hang_up();
    }

    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::Talked; 3]);
    assert_eq!((ben.times_dialled(), cleo.times_dialled()), (1, 0), "Cleo is on holiday");
    world.finish().await;
}

async fn two_who_take_reservations_of_the_example_in_one_instant_have_one_caller_each(stage: Stage) {
    let mut world = queue(stage).open().await;
    let phones = world.phones(["Ana", "Ben"]);

    let callers = three_callers(&world).await;
    for phone in &phones {
        phone.until_rings().await;
        phone.answer();
    }
    for phone in &phones {
        phone.until_hears("press any digit").await;
    }
    for phone in &phones {
        phone.press('1');
    }
    for caller in &callers[..2] {
        caller.until_talks().await;
    }
    world.settle().await;
    let with = |caller: &ringall::simulator::Caller| {
        let Hearing::Talking(with) = caller.hears() else { panic!("a caller hears {:?}", caller.hears()) };
        with.into_iter().next()
    };
    assert_ne!(with(&callers[0]), with(&callers[1]));
    assert!(!matches!(callers[2].hears(), Hearing::Talking(_)));

    for caller in callers {
        caller.hang_up();
    }
    world.come_to_rest().await;
    assert_eq!(world.outcomes().iter().filter(|outcome| **outcome == Outcome::Talked).count(), 2);
    world.finish().await;
}

async fn three_callers(world: &World) -> [ringall::simulator::Caller; 3] {
    let mut callers = Vec::new();
    for from in ["+441632960101", "+441632960102", "+441632960103"] {
        let caller = world.carrier.call(from, number("+441632960000"));
        caller.until_hears("Welcome to Support.").await;
        world.after(millis(200)).await;
        callers.push(caller);
    }
    callers.try_into().expect("three")
}

const SHOP: &str = "+12025550100";
/// A Friday in winter, six in the evening in New York but for a minute.
const OPEN: &str = "2026-01-09T22:59Z";

fn shop(stage: Stage, moment: &str) -> Setup {
    stage.with_file(include_str!("../../config/examples/ivr.toml")).begins(moment)
}

async fn in_the_menu(world: &World) -> ringall::simulator::Caller {
    let caller = world.carrier.call(CALLER, number(SHOP));
    caller.until_hears("Welcome to Example Bicycles.").await;
    caller.until_hears("For sales, press 1.").await;
    caller
}

async fn menu_of_the_example_leads_where_each_option_says(stage: Stage) {
    for (keys, names, others) in [
        ("1", &["Dora", "Eric"][..], &["Finn"][..]),
        ("2", &["Finn", "Eric"], &["Dora"]),
        ("21", &["Finn"], &["Dora", "Eric"]),
    ] {
        let mut world = shop(stage, OPEN).open().await;
        let caller = in_the_menu(&world).await;
        for key in keys.chars() {
            caller.press(key);
        }
        for name in names {
            world.phone(name).until_rings().await;
        }
        takes(&world.phone(names[0])).await;
        caller.until_talks().await;
        world.settle().await;
        caller.hang_up();
        world.come_to_rest().await;
        assert_eq!(world.outcomes(), [Outcome::Talked], "{keys}");
        for other in others {
            assert_eq!(world.phone(other).times_dialled(), 0, "{keys} is not for {other}");
        }
        world.finish().await;
    }

    let mut world = shop(stage, OPEN).open().await;
    let caller = in_the_menu(&world).await;
    caller.press('*');
    caller.until_hears_again("For sales, press 1.").await;
    caller.press('3');
    caller.until_hears("We are open from Tuesday to Saturday, ten to six.").await;
    caller.until_hears("For sales, press 1.").await;
    caller.press('5');
    caller.until_hears("Please leave a message for Example Bicycles").await;
    caller.until_recorded().await;
    caller.speak(seconds(2));
    caller.until_ends().await;
    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::LeftMessage]);
    assert_eq!(world.phone("Dora").text_messages().len(), 1);
    world.finish().await;
}

async fn menu_of_the_example_has_an_answer_to_no_key_and_to_wrong_ones(stage: Stage) {
    for wrong in [None, Some('9')] {
        let world = shop(stage, OPEN).open().await;
        let caller = in_the_menu(&world).await;
        for time in 1..=3 {
            if let Some(key) = wrong {
                caller.press(key);
            }
            if time < 3 {
                caller.until_hears_again("For sales, press 1.").await;
            }
        }
        for name in ["Dora", "Eric", "Finn"] {
            world.phone(name).until_rings().await;
        }
        caller.until_hears("Sorry, nobody can take your call right now.").await;
        caller.until_ends().await;
        let said = |words: &str| {
            let speaks = |what: &Hearing| matches!(what, Hearing::Words(said) if said.contains(words));
            caller.heard().iter().filter(|heard| speaks(&heard.what)).count()
        };
        assert_eq!(said("For sales, press 1."), 3, "once, and twice more");
        world.finish().await;
    }
}

const NIGHT: &str = "2026-01-10T03:00Z";

async fn forward_of_the_example_leads_on_by_each_of_its_outcomes(stage: Stage) {
    let talks = Character::Human(Human { talks_for: Some(seconds(5)), ..Human::after(seconds(2)) });
    for (partner, hears, rings) in [
        (Character::Busy, "Sorry, nobody can take your call right now.", true),
        (Character::RingsOut, "Please leave a message for Example Bicycles", false),
        (Character::Off, "Sorry, our partner cannot be reached.", false),
        (talks, "Thank you for calling. Ride safely.", false),
    ] {
        let world = shop(stage, NIGHT).open().await;
        let partner = world.carrier.add_phone("Partner", number("+12025550199"), partner);
        let caller = in_the_menu(&world).await;
        caller.press('4');
        caller.until_hears(hears).await;
        caller.until_ends().await;
        let dora = world.phone("Dora").times_dialled();
        assert_eq!((partner.times_dialled(), dora), (1, usize::from(rings)), "before “{hears}”");
        world.finish().await;
    }

    let world = shop(stage, NIGHT).open().await;
    let partner = world.carrier.add_phone("Partner", number("+12025550199"), Character::Manual);
    let caller = in_the_menu(&world).await;
    caller.press('4');
    partner.until_rings().await;
    assert_eq!(world.end_leg(&partner.sid().expect("a leg")).await, 200, "it is called off");
    world.phone("Dora").until_rings().await;
    caller.hang_up();
    world.finish().await;
}

async fn shop_of_the_example_is_closed_when_it_says_so(stage: Stage) {
    for (moment, is_open) in [
        (OPEN, true),
        ("2026-01-09T23:00Z", false),
        ("2026-01-11T17:00Z", false),
        // Christmas Eve until one, by the exception; Christmas not at all.
        ("2026-12-24T17:57Z", true),
        ("2026-12-24T18:00Z", false),
        ("2026-12-25T17:00Z", false),
    ] {
        let world = shop(stage, moment).open().await;
        let caller = world.carrier.call(CALLER, number(SHOP));
        caller.until_hears("Welcome to Example Bicycles.").await;
        caller.press('1');
        caller.until_hears("For sales").await;
        caller.press('1');
        if is_open {
            world.phone("Dora").until_rings().await;
        } else {
            caller.until_hears("Please leave a message").await;
            assert_eq!(world.phone("Dora").times_dialled(), 0, "at {moment}");
        }
        caller.hang_up();
        world.finish().await;
    }
}

async fn night_of_the_example_goes_over_midnight_and_through_both_changes_of_the_clock(stage: Stage) {
    for (moment, is_open, why) in [
        ("2026-01-10T02:59Z", false, "a minute before ten"),
        ("2026-01-10T03:00Z", true, "ten on Friday evening"),
        ("2026-01-10T07:29Z", true, "after midnight, still Friday's night"),
        ("2026-01-10T07:30Z", false, "half past two"),
        ("2026-01-12T03:30Z", false, "Sunday night"),
        ("2026-03-08T06:59Z", true, "a minute to two, when clocks go to three"),
        ("2026-03-08T07:00Z", false, "three: half past two never comes"),
        ("2026-11-01T06:45Z", true, "a quarter to two in the hour that came twice"),
        ("2026-11-01T07:29Z", true, "a minute before half past two, after the hour came twice"),
        ("2026-11-01T07:30Z", false, "half past two"),
    ] {
        let world = shop(stage, moment).open().await;
        let partner = world.carrier.add_phone("Partner", number("+12025550199"), Character::Manual);
        let caller = world.carrier.call(CALLER, number(SHOP));
        caller.until_hears("Welcome to Example Bicycles.").await;
        caller.until_hears("For sales").await;
        caller.press('4');
        if is_open {
            partner.until_rings().await;
        } else {
            caller.until_hears("Help on the road is there on Friday and Saturday nights.").await;
            assert_eq!(partner.times_dialled(), 0, "{why}");
        }
        assert!(world.now() < 60_000, "{why}: {} ms", world.now());
        caller.hang_up();
        world.finish().await;
    }
}

async fn number_of_the_example_that_is_no_longer_used_costs_nothing(stage: Stage) {
    let world = shop(stage, OPEN).open().await;

    let caller = world.carrier.call(CALLER, number("+12025550109"));

    assert_eq!(caller.until_ends().await, Status::NoAnswer);
    assert!(caller.heard().iter().all(|heard| !matches!(heard.what, Hearing::Words(_))));
    world.finish().await;
}

/// Picks up, and takes the call by a key.
async fn takes(phone: &Phone) {
    phone.until_rings().await;
    phone.answer();
    phone.until_hears("press any digit").await;
    phone.press('1');
}
