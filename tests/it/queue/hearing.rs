//! What is heard in a queue.

use ringall::{ringback, simulator::Hearing};

use super::{queue, takes};
use crate::support::{Stage, conversations, seconds};

conversations! {
    anywhere: [],
    virtual_time: [
        callers_hear_their_place_and_after_enough_talks_how_long_it_takes,
        caller_hears_the_music_of_the_queue,
        caller_whose_music_cannot_be_fetched_hears_ringing,
        caller_hears_ringing_or_words_without_a_gap_all_the_time_that_they_wait,
    ],
}

async fn callers_hear_their_place_and_after_enough_talks_how_long_it_takes(stage: Stage) {
    let change = [("wrap_up = \"30s\"", "wrap_up = \"0s\"\nannounce_every = \"30s\""), ("= 2", "= 9")];
    let world = queue(stage, &change).people(&["Ana"]).open().await;
    let ana = world.phone("Ana");
    for _ in 0..5 {
        let caller = world.call_from("+441632960101");
        takes(&ana).await;
        caller.until_talks().await;
        let waits = world.call_from("+441632960102");
        waits.until_hears("You are next in line. If you do not want").await;
        waits.hang_up();
        world.after(seconds(78)).await;
        caller.hang_up();
        world.come_to_rest().await;
    }

    let talking = world.call_from("+441632960101");
    takes(&ana).await;
    talking.until_talks().await;
    let first = world.call_from("+441632960102");
    first.until_hears("You are next in line. It will take about 2 minutes.").await;
    world.after(seconds(1)).await;
    let second = world.call_from("+441632960103");
    second.until_hears("You are number 2 in line. It will take about 3 minutes. If you do not want").await;
    world.after(seconds(1)).await;
    let third = world.call_from("+441632960104");
    third.until_hears("You are number 3 in line. It will take about 4 minutes.").await;
    let told = world.now();
    third.until_hears_again("You are number 3 in line.").await;
    let between = world.now() - told;
    assert!((30_000..45_000).contains(&between), "{between} ms");
    second.hang_up();
    third.until_hears("You are number 2 in line.").await;

    for caller in [talking, first, third] {
        caller.hang_up();
    }
    world.finish().await;
}

async fn caller_hears_the_music_of_the_queue(stage: Stage) {
    let setup = queue(stage, &[("wrap_up", "hold = { play = \"music.wav\" }\nwrap_up")]).people(&["Ana"]);
    let world = setup.sound("music.wav", &ringback::tone("gb")).open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    caller.until_hears_recording("music.wav").await;
    takes(&ana).await;
    caller.until_talks().await;

    assert!(
        !caller.heard().iter().any(|heard| matches!(&heard.what, Hearing::Ringback(url) if url.contains("/ringback/")))
    );
    caller.hang_up();
    world.finish().await;
}

async fn caller_whose_music_cannot_be_fetched_hears_ringing(stage: Stage) {
    let hold = "hold = { play = \"https://hotline.example.org/audio/gone.wav\" }\nwrap_up";
    let mut world = queue(stage, &[("wrap_up", hold)]).people(&["Ana"]).open().await;

    let caller = world.call();
    caller.until_hears_recording("/ringback/").await;
    world.after(seconds(60)).await;

    assert!(world.carrier.webhook_log().len() < 20, "it is not asked for again and again");
    caller.hang_up();
    world.come_to_rest().await;
    let codes: Vec<_> = world.carrier.warnings().iter().map(|warning| warning.code).collect();
    for code in codes {
        world.expect_warning(code);
    }
    world.finish().await;
}

async fn caller_hears_ringing_or_words_without_a_gap_all_the_time_that_they_wait(stage: Stage) {
    let world = queue(stage, &[]).people(&["Ana"]).open().await;
    let talking = world.call_from("+441632960101");
    takes(&world.phone("Ana")).await;
    talking.until_talks().await;

    let caller = world.call();
    caller.until_hears("You are next in line.").await;
    world.after(seconds(200)).await;

    let heard = caller.heard();
    let silent = heard.windows(2).filter(|pair| pair[0].what == Hearing::Silence).map(|pair| pair[1].at - pair[0].at);
    assert!(silent.clone().all(|gap| gap <= 1_500), "{:?}", silent.collect::<Vec<_>>());
    assert!(heard.iter().filter(|heard| heard.what.speaks("You are next in line.")).count() >= 3);
    caller.hang_up();
    talking.hang_up();
    world.finish().await;
}
