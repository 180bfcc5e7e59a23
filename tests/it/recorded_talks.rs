//! Talks that are recorded: the caller hears so before, and a recording that fails harms nobody.

use ringall::simulator::{Character, RecordingRecord, RestFault};
use ringall_core::fact::Outcome;

use super::support::{Stage, conversations, number, seconds, stage::Setup};

conversations! {
    anywhere: [
        a_talk_with_a_member_is_recorded_from_the_bridge_on_and_written_down,
        a_talk_with_an_outside_number_is_recorded_on_two_channels,
    ],
    virtual_time: [
        a_talk_with_a_member_whom_the_carrier_rings_is_recorded,
        a_recording_that_cannot_be_begun_harms_nobody,
        a_call_that_nobody_takes_is_not_recorded,
        a_report_of_a_recording_that_comes_twice_or_for_an_unknown_call_changes_nothing,
    ],
}

fn recorded(stage: Stage) -> Setup {
    let step = "[steps.ring]\nring = \"organisers\"\nrecord = true\n[words]\nrecording_notice = \"We record this.\"";
    stage.hotline().people(&["Ana"]).line("start = \"ring\"").more(step)
}

async fn a_talk_with_a_member_is_recorded_from_the_bridge_on_and_written_down(stage: Stage) {
    let mut world = recorded(stage).open().await;
    let ana = world.phone("Ana");
    let caller = world.call();
    caller.until_hears("We record this.").await;
    ana.until_rings().await;
    assert_eq!(world.carrier.recordings(), []);

    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');
    caller.until_talks().await;
    world.settle().await;
    world.after(seconds(2)).await;
    caller.hang_up();
    caller.until_ends().await;
    world.come_to_rest().await;
    world.after(seconds(3)).await;

    let [RecordingRecord { call, source, channels, status, .. }] = &world.carrier.recordings()[..] else {
        panic!("one")
    };
    assert_eq!((call, *source, *channels, *status), (&caller.sid(), "StartCallRecordingAPI", 2, "completed"));
    assert_eq!(world.times("the recording of the talk is ready"), 1);
    assert_eq!(world.outcomes(), [Outcome::Talked]);
    world.finish().await;
}

async fn a_talk_with_an_outside_number_is_recorded_on_two_channels(stage: Stage) {
    let step = "[steps.out]\nforward = \"+441632960888\"\nrecord = true";
    let mut world = stage.hotline().line("start = \"out\"").more(step).open().await;
    let office = world.carrier.add_phone("Office", number("+441632960888"), Character::Manual);
    let caller = world.call();
    caller.until_hears("This call will be recorded.").await;
    office.until_rings().await;

    office.answer();
    caller.until_talks().await;
    world.after(seconds(2)).await;
    caller.hang_up();
    caller.until_ends().await;
    world.come_to_rest().await;
    world.after(seconds(3)).await;

    let [recording] = &world.carrier.recordings()[..] else { panic!("one recording") };
    assert_eq!((recording.source, recording.channels, recording.status), ("DialVerb", 2, "completed"));
    assert_eq!(world.times("the recording of the talk is ready"), 1);
    world.finish().await;
}

async fn a_talk_with_a_member_whom_the_carrier_rings_is_recorded(stage: Stage) {
    let step = "[steps.ring]\nring = \"organisers\"\nrecord = true";
    let setup = stage.hotline().people(&["Ana"]).group("screen = \"key\"\nring_busy = true");
    let mut world = setup.line("start = \"ring\"\nringback = \"dial\"").more(step).open().await;
    let ana = world.phone("Ana");
    let caller = world.call();
    caller.until_hears("This call will be recorded.").await;
    ana.until_rings().await;

    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');
    caller.until_talks().await;
    world.after(seconds(2)).await;
    caller.hang_up();
    caller.until_ends().await;
    world.come_to_rest().await;
    world.after(seconds(3)).await;

    let [recording] = &world.carrier.recordings()[..] else { panic!("one recording") };
    assert_eq!((recording.source, recording.channels, recording.status), ("DialVerb", 2, "completed"));
    assert_eq!(world.times("the recording of the talk is ready"), 1);
    world.finish().await;
}

async fn a_recording_that_cannot_be_begun_harms_nobody(stage: Stage) {
    for fault in [RestFault::Unauthorized, RestFault::Server(500), RestFault::Hang, RestFault::Reset] {
        let mut world = recorded(stage).open().await;
        let ana = world.phone("Ana");
        let caller = world.call();
        ana.until_rings().await;
        world.carrier.fail_recordings(Some(fault));

        ana.answer();
        ana.until_hears("press any digit").await;
        ana.press('1');
        caller.until_talks().await;
        world.after(seconds(60)).await;

        assert!(matches!(caller.hears(), ringall::simulator::Hearing::Talking(_)), "{fault:?}");
        caller.hang_up();
        caller.until_ends().await;
        world.come_to_rest().await;
        assert_eq!(world.outcomes(), [Outcome::Talked]);
        world.finish().await;
    }
}

async fn a_call_that_nobody_takes_is_not_recorded(stage: Stage) {
    let world = recorded(stage).open().await;
    let caller = world.call();
    caller.until_hears("Sorry, nobody can take your call").await;
    caller.until_ends().await;

    assert_eq!(world.carrier.recordings(), []);
    world.finish().await;
}

async fn a_report_of_a_recording_that_comes_twice_or_for_an_unknown_call_changes_nothing(stage: Stage) {
    let mut world = recorded(stage).open().await;
    let fields = [
        ("RecordingSid", "RE0123456789abcdef0123456789abcdef"),
        ("RecordingStatus", "completed"),
        ("RecordingDuration", "9"),
        ("CallSid", "CA0123456789abcdef0123456789abcdef"),
    ];
    for call in ["CA0123456789abcdef0123456789abcdef", "..%2F"] {
        assert_eq!(world.post(&format!("/voice/calls/{call}/recording"), &fields).await.status.as_u16(), 204);
    }

    let ana = world.phone("Ana");
    let caller = world.call();
    ana.until_rings().await;
    let path = format!("/voice/calls/{}/recording", caller.sid());
    let again = [("RecordingSid", "RE9"), ("RecordingStatus", "completed"), ("RecordingDuration", "9")];
    for _ in 0..2 {
        assert_eq!(world.post(&path, &again).await.status.as_u16(), 204);
    }
    world.settle().await;

    assert!(ana.rings(), "nothing happens to the call");
    assert_eq!(world.times("the recording of the talk is ready: 9 s"), 1);
    caller.hang_up();
    world.finish().await;
}
