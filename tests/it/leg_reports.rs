//! The carrier's own account of each leg's end stands in the call's record.

use ringall::simulator::Faults;

use crate::support::{Stage, conversations, seconds};

conversations! {
    anywhere: [],
    virtual_time: [
        end_of_every_leg_stands_in_the_record_once,
    ],
}

async fn end_of_every_leg_stands_in_the_record_once(stage: Stage) {
    for callback_twice in [0.0, 1.0] {
        let faults = Faults { callback_twice, ..Faults::none() };
        let mut world = stage.hotline().faults(faults).open().await;
        let [ana, ben] = world.phones(["Ana", "Ben"]);

        let caller = world.call();
        ana.until_rings().await;
        ben.until_rings().await;
        ana.answer();
        ana.until_hears("press any digit").await;
        ana.press('1');
        caller.until_talks().await;
        world.after(seconds(12)).await;
        caller.hang_up();
        world.come_to_rest().await;

        for report in [
            "the end of Ana's leg: completed after 12 s, SIP 200",
            "the end of Ben's leg: canceled after 0 s, SIP 487",
            "the end of the caller's leg: completed after 12 s",
        ] {
            assert_eq!(world.times(report), 1, "{report}");
        }
        assert_eq!(world.times("the carrier reports"), 3);
        world.finish().await;
    }
}
