//! Whatever picks up when a queue offers its caller to one member.

use ringall::simulator::{Character, Hearing, Mailbox};
use ringall_core::fact::Outcome;

use crate::support::{Stage, conversations, seconds};

conversations! {
    anywhere: [],
    virtual_time: [
        mailbox_that_picks_up_a_reservation_never_has_the_caller_and_the_next_member_is_rung,
        robot_that_picks_up_a_reservation_gives_way_to_its_owner_or_to_the_next_member,
    ],
}

async fn mailbox_that_picks_up_a_reservation_never_has_the_caller_and_the_next_member_is_rung(stage: Stage) {
    for screen in ["key", "amd", "amd+key"] {
        let group = format!("screen = \"{screen}\"");
        let steps = "[steps.wait]\nqueue = \"organisers\"\noffer_for = \"20s\"\nmax_wait = \"5m\"";
        let mut world = stage.hotline().group(&group).line("start = \"wait\"").more(steps).open().await;
        let [ana, ben] = world.phones(["Ana", "Ben"]);
        let mailbox = Mailbox { answers_after: seconds(5), greeting: seconds(8) };
        world.carrier.set_character(ana.number(), Character::Voicemail(mailbox));

        let caller = world.call();
        ana.until_rings().await;
        let rang_at = world.now();
        ben.until_rings().await;
        let waited = world.now() - rang_at;
        assert!(waited < 32_000, "{screen}: the next member rings after {waited} ms");
        assert!(!matches!(caller.hears(), Hearing::Talking(_)), "{screen}");
        ben.answer();
        if screen != "amd" {
            ben.until_hears("press any digit").await;
            ben.press('1');
        }
        caller.until_talks().await;
        assert_eq!(caller.hears(), Hearing::Talking(["Ben".to_owned()].into()), "{screen}");
        world.settle().await;
        caller.hang_up();

        world.come_to_rest().await;
        assert_eq!(world.outcomes(), [Outcome::Talked]);
        world.finish().await;
    }
}

async fn robot_that_picks_up_a_reservation_gives_way_to_its_owner_or_to_the_next_member(stage: Stage) {
    for owner in [true, false] {
        let steps = "[steps.wait]\nqueue = \"organisers\"\noffer_for = \"20s\"\nmax_wait = \"5m\"";
        let world = stage.hotline().line("start = \"wait\"").more(steps).open().await;
        let [ana, ben] = world.phones(["Ana", "Ben"]);
        let takes = ringall::simulator::Human { presses: vec!['1'], ..ringall::simulator::Human::after(seconds(4)) };
        let character = Character::Screening { answers_after: seconds(1), owner: owner.then_some(takes) };
        world.carrier.set_character(ana.number(), character);

        let caller = world.call();
        if owner {
            caller.until_talks().await;
            assert_eq!(ben.times_dialled(), 0);
        } else {
            ben.until_rings().await;
            assert!(!matches!(caller.hears(), Hearing::Talking(_)));
        }
        caller.hang_up();
        world.finish().await;
    }
}
