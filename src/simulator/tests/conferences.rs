//! Rooms: joining, waiting, being refused, and leaving.

use super::{super::*, harness::*};

const ROOM: &str = r#"<Dial action="/after"><Conference beep="false" endConferenceOnExit="true" maxParticipants="2"
    waitUrl="/wait" statusCallback="/room" statusCallbackEvent="start end join leave">room</Conference></Dial>"#;

fn hotline(seen: &Seen) -> Answer {
    match seen.path() {
        "/voice" | "/leg" => ROOM.into(),
        "/wait" => r#"<Play loop="0">/ringback.wav</Play>"#.into(),
        "/ringback.wav" => Answer { body: wav(3000), content_type: "audio/wav", ..Answer::from("") },
        "/after" => "<Hangup/>".into(),
        _ => Answer::status(204),
    }
}

#[tokio::test(start_paused = true)]
async fn two_people_meet_in_a_room_and_part() {
    let (simulator, requests) = simulator(settings(), hotline);
    let ana = ana(&simulator, Character::human(seconds(3)));

    let caller = simulator.call("+441632960999", line());
    caller.until_hears_recording("ringback").await;
    dial(&simulator, ana.number(), &[]).await;
    caller.until_talks().await;
    ana.until_talks().await;
    ana.hang_up();
    let status = caller.until_ends().await;
    simulator.until_quiet().await;

    assert_eq!(status, Status::Completed);
    let events: Vec<_> = requests
        .to("/room")
        .iter()
        .map(|seen| format!("{} {}", seen.field("SequenceNumber"), seen.field("StatusCallbackEvent")))
        .collect();
    assert_eq!(
        events,
        [
            "1 participant-join",
            "2 participant-join",
            "3 conference-start",
            "4 participant-leave",
            "5 participant-leave",
            "6 conference-end"
        ]
    );
    let after = requests.to("/after");
    assert_eq!((after.len(), after[0].field("DialCallStatus")), (1, "answered"));
    assert_eq!(simulator.violations(), []);
    insta::assert_snapshot!(simulator.conversation(), @r"
    00:00.000  caller …99: calls
    00:00.000  caller …99: hears the network's ringing
    00:00.000  caller …99: is answered
    00:00.000  caller …99: hears http://hotline.test/ringback.wav
    00:00.500  Ana's phone: rings
    00:03.500  Ana's phone: is answered
    00:03.520  caller …99: talks with Ana
    00:03.520  Ana's phone: talks with …99
    00:03.520  Ana's phone: hangs up (completed)
    00:03.520  caller …99: is hung up on (completed)
    ");
}
