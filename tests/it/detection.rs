//! How the carrier is told to listen for machines.

use crate::support::{Stage, conversations};

conversations! {
    anywhere: [],
    virtual_time: [each_group_is_listened_to_as_it_says_and_who_is_asked_for_a_key_is_not],
}

async fn each_group_is_listened_to_as_it_says_and_who_is_asked_for_a_key_is_not(stage: Stage) {
    let more = r#"
        [people.cleo]
        name = "Cleo"
        phone = "+447700900011"
        [people.dev]
        name = "Dev"
        phone = "+447700900012"
        [groups.second]
        members = ["cleo"]
        screen = "amd+key"
        detection = { timeout = "9s", speech_threshold = "2000ms", speech_end_threshold = "900ms", silence_timeout = "4s" }
        [groups.third]
        members = ["dev"]
        screen = "key"
        [steps.all]
        ring = "organisers"
        tiers = [{ ring = "second", after = "1s" }, { ring = "third", after = "1s" }]
    "#;
    let setup = stage.hotline().people(&["Ana"]).group("screen = \"amd\"\ndetection = { timeout = \"4s\" }");
    let world = setup.line("start = \"all\"").more(more).open().await;
    for (name, phone) in [("Cleo", "+447700900011"), ("Dev", "+447700900012")] {
        world.carrier.add_phone(name, crate::support::number(phone), ringall::simulator::Character::Manual);
    }

    let caller = world.call();
    world.phone("Ana").until_rings().await;
    world.after(crate::support::seconds(3)).await;
    caller.hang_up();
    world.come_to_rest().await;

    let asked = |to: &str| {
        let log = world.carrier.rest_log();
        let is_it = |form: &[(String, String)]| form.iter().any(|(name, value)| name == "To" && value == to);
        let entry =
            log.into_iter().find(|entry| entry.path.ends_with("Calls") && is_it(&entry.form)).expect("it is dialled");
        let of = |name: &str| entry.form.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        [
            "MachineDetection",
            "AsyncAmd",
            "MachineDetectionTimeout",
            "MachineDetectionSpeechThreshold",
            "MachineDetectionSpeechEndThreshold",
            "MachineDetectionSilenceTimeout",
        ]
        .map(|name| of(name).unwrap_or_default())
    };
    assert_eq!(asked("+447700900001"), ["Enable", "", "4", "", "", ""]);
    assert_eq!(asked("+447700900011")[2..], ["9", "2000", "900", "4000"]);
    assert_eq!(asked("+447700900011")[1], "true", "in the background, while a key is asked for");
    assert_eq!(asked("+447700900012"), [""; 6], "nobody listens where a key decides");
    world.finish().await;
}
