//! Opening hours: the same call, at another time of the day.

use http::Request;
use ringall::simulator::Status;
use ringall_core::fact::Outcome;

use crate::support::{Stage, World, conversations, seconds};

conversations! {
    anywhere: [
        line_that_is_always_open_rings_as_if_it_had_no_hours,
        line_that_is_closed_today_says_so_and_rings_nobody,
    ],
    virtual_time: [
        a_minute_before_it_closes_phones_ring_and_a_minute_later_they_do_not,
        gate_of_a_ring_leads_to_its_own_closed_step,
        night_desk_is_open_over_midnight_and_closed_by_day,
        clocks_put_forward_open_the_early_shift_an_hour_sooner,
        clocks_put_back_keep_the_night_shift_for_the_hour_that_comes_twice,
        half_an_hour_is_put_back_on_lord_howe,
        holiday_and_its_exception_are_kept_in_the_lines_own_zone,
        line_that_closes_while_phones_ring_lets_them_ring_and_then_says_closed,
        line_that_opens_during_the_welcome_rings,
        caller_who_hangs_up_at_closed_words_leaves_nothing_behind,
        caller_who_comes_back_after_a_crash_is_told_by_the_time_of_their_return,
        first_webhook_twice_is_one_look_at_the_clock,
        health_tells_the_time_on_the_line_and_no_number,
    ],
}

async fn line_that_is_always_open_rings_as_if_it_had_no_hours(stage: Stage) {
    let mut world = office(stage, "mon-sun = \"all day\"").open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    ben.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');
    caller.until_talks().await;
    world.settle().await;
    caller.hang_up();

    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::Talked]);
    assert_eq!(world.times("hours office: open, because"), 1);
    world.finish().await;
}

async fn line_that_is_closed_today_says_so_and_rings_nobody(stage: Stage) {
    // Open in a year that is over.
    let mut world = office(stage, "except = { \"2019-01-01\" = \"all day\" }").open().await;

    let caller = world.call();
    caller.until_hears("Sorry, Hotline is closed at the moment.").await;
    assert_eq!(caller.until_ends().await, Status::Completed);

    world.come_to_rest().await;
    nobody_rang(&world);
    assert_eq!(world.outcomes(), [Outcome::FlowEnded]);
    world.finish().await;
}

async fn a_minute_before_it_closes_phones_ring_and_a_minute_later_they_do_not(stage: Stage) {
    // Thursday, and London keeps UTC in winter.
    let setup = || office(stage, "mon-fri = [\"09:00-12:30\", \"13:30-17:00\"]");
    for (moment, is_open) in [
        ("2026-01-08T08:59Z", false),
        ("2026-01-08T09:00Z", true),
        ("2026-01-08T12:29Z", true),
        ("2026-01-08T12:30Z", false),
        ("2026-01-08T13:30Z", true),
        ("2026-01-08T17:00Z", false),
        ("2026-01-10T10:00Z", false),
    ] {
        open_or_closed(setup().begins(moment).open().await, is_open).await;
    }
}

async fn gate_of_a_ring_leads_to_its_own_closed_step(stage: Stage) {
    let steps = "[steps.desk]\nring = \"organisers\"\nhours = \"office\"\nclosed = \"shut\"\nnobody = \"late\"\n\
                 [steps.shut]\nsay = \"We are shut.\"\n[steps.late]\nsay = \"Nobody came.\"";
    let setup = |moment| {
        let hours = "[hours.office]\nzone = \"Europe/London\"\nthu = \"09:00-17:00\"";
        let setup = stage.hotline().line("start = \"desk\"").more(&format!("{hours}\n{steps}"));
        setup.group("screen = \"key\"\nring_for = \"5s\"").begins(moment)
    };
    let world = setup("2026-01-08T08:00Z").open().await;
    let caller = world.call();
    caller.until_hears("We are shut.").await;
    caller.until_ends().await;
    nobody_rang(&world);
    world.finish().await;

    let world = setup("2026-01-08T16:00Z").open().await;
    let ana = world.phone("Ana");
    let caller = world.call();
    ana.until_rings().await;
    caller.until_hears("Nobody came.").await;
    caller.until_ends().await;
    world.finish().await;
}

async fn night_desk_is_open_over_midnight_and_closed_by_day(stage: Stage) {
    let setup = || office(stage, "fri = \"22:00-06:00\"");
    for (moment, is_open) in [
        ("2026-01-09T05:00Z", false),
        ("2026-01-09T21:59Z", false),
        ("2026-01-09T22:00Z", true),
        ("2026-01-09T23:59Z", true),
        ("2026-01-10T00:00Z", true),
        ("2026-01-10T05:59Z", true),
        ("2026-01-10T06:00Z", false),
        ("2026-01-10T22:00Z", false),
    ] {
        open_or_closed(setup().begins(moment).open().await, is_open).await;
    }
}

async fn clocks_put_forward_open_the_early_shift_an_hour_sooner(stage: Stage) {
    // At 01:00 UTC on Sunday, 29 March, London goes from 01:00 to 02:00.
    let setup = || office(stage, "sat = \"06:00-12:00\"\nsun = [\"01:30-01:45\", \"02:00-03:00\", \"06:00-12:00\"]");
    for (moment, is_open) in [
        ("2026-03-28T05:59Z", false),
        ("2026-03-28T06:00Z", true),
        ("2026-03-29T00:59Z", false),
        ("2026-03-29T01:00Z", true),
        ("2026-03-29T01:59Z", true),
        ("2026-03-29T02:00Z", false),
        ("2026-03-29T05:00Z", true),
        ("2026-03-29T11:00Z", false),
    ] {
        open_or_closed(setup().begins(moment).open().await, is_open).await;
    }
}

async fn clocks_put_back_keep_the_night_shift_for_the_hour_that_comes_twice(stage: Stage) {
    // At 06:00 UTC on Sunday, 1 November, New York goes from 02:00 back to 01:00.
    let setup = || {
        let hours = "[hours.office]\nzone = \"America/New_York\"\nsat = \"22:00-02:00\"\nsun = \"09:00-17:00\"";
        stage.hotline().line("start = \"desk\"").more(&format!("{hours}\n{DESK}"))
    };
    for (moment, is_open) in [
        ("2026-11-01T01:59Z", false),
        ("2026-11-01T02:00Z", true),
        ("2026-11-01T05:59Z", true),
        ("2026-11-01T06:00Z", true),
        ("2026-11-01T06:59Z", true),
        ("2026-11-01T07:00Z", false),
        ("2026-11-01T13:59Z", false),
        ("2026-11-01T14:00Z", true),
    ] {
        open_or_closed(setup().begins(moment).open().await, is_open).await;
    }
}

async fn half_an_hour_is_put_back_on_lord_howe(stage: Stage) {
    // At 15:00 UTC on 4 April it goes from 02:00 back to 01:30.
    let setup = || {
        let hours = "[hours.office]\nzone = \"Australia/Lord_Howe\"\nsun = [\"01:00-01:40\", \"01:50-02:00\"]";
        stage.hotline().line("start = \"desk\"").more(&format!("{hours}\n{DESK}"))
    };
    for (moment, is_open) in [
        ("2026-04-04T14:39Z", true),
        ("2026-04-04T14:40Z", false),
        ("2026-04-04T14:59Z", true),
        ("2026-04-04T15:00Z", true),
        ("2026-04-04T15:09Z", true),
        ("2026-04-04T15:10Z", false),
        ("2026-04-04T15:29Z", true),
        ("2026-04-04T15:30Z", false),
    ] {
        open_or_closed(setup().begins(moment).open().await, is_open).await;
    }
}

async fn holiday_and_its_exception_are_kept_in_the_lines_own_zone(stage: Stage) {
    let hours = "[hours.office]\nmon-sun = \"all day\"\n\
                 except = { \"12-25\" = \"closed\", \"2027-12-25\" = \"10:00-11:00\" }";
    let setup = |moment| {
        let line = "start = \"desk\"\nzone = \"Pacific/Auckland\"";
        stage.hotline().line(line).more(&format!("{hours}\n{DESK}")).begins(moment)
    };
    for (moment, is_open) in [
        ("2026-12-24T10:59Z", true),
        ("2026-12-24T11:00Z", false),
        ("2026-12-25T10:59Z", false),
        ("2026-12-25T11:00Z", true),
        ("2027-12-24T20:59Z", false),
        ("2027-12-24T21:30Z", true),
        ("2027-12-24T22:00Z", false),
    ] {
        open_or_closed(setup(moment).open().await, is_open).await;
    }
}

async fn line_that_closes_while_phones_ring_lets_them_ring_and_then_says_closed(stage: Stage) {
    let hours = "[hours.office]\nzone = \"Europe/London\"\nthu = \"09:00-17:00\"";
    let step = "[steps.desk]\nring = \"organisers\"\nhours = \"office\"\nnobody = \"desk\"";
    let setup = stage.hotline().line("start = \"desk\"").more(&format!("{hours}\n{step}"));
    let mut world = setup.begins("2026-01-08T16:59Z").open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    ana.until_rings().await;
    caller.until_hears("Hotline is closed").await;

    caller.until_ends().await;
    // Half a minute before five, and half a minute that ends at five: the third look finds it closed.
    assert_eq!(ana.times_dialled(), 2);
    world.come_to_rest().await;
    assert_eq!((world.times("hours office: open"), world.times("hours office: closed")), (2, 1));
    world.finish().await;
}

async fn line_that_opens_during_the_welcome_rings(stage: Stage) {
    let hours = "[hours.office]\nzone = \"Europe/London\"\nthu = \"09:00-17:00\"";
    let steps = "[steps.hello]\nsay = \"Welcome. This text is long enough for some seconds of speech, which it takes.\"\n\
                 next = \"desk\"\n[steps.desk]\nring = \"organisers\"\nhours = \"office\"";
    let setup = stage.hotline().line("start = \"hello\"").more(&format!("{hours}\n{steps}"));
    let world = setup.begins("2026-01-08T08:59Z").open().await;
    let ana = world.phone("Ana");
    world.after(seconds(57)).await;

    let caller = world.call();
    caller.until_hears("Welcome.").await;
    ana.until_rings().await;

    caller.hang_up();
    world.finish().await;
}

async fn caller_who_hangs_up_at_closed_words_leaves_nothing_behind(stage: Stage) {
    let mut world = office(stage, "thu = \"09:00-17:00\"").begins("2026-01-08T18:00Z").open().await;

    let caller = world.call();
    caller.until_hears("is closed").await;
    caller.hang_up();

    world.come_to_rest().await;
    nobody_rang(&world);
    assert_eq!(world.outcomes(), [Outcome::FlowEnded]);
    world.finish().await;
}

async fn caller_who_comes_back_after_a_crash_is_told_by_the_time_of_their_return(stage: Stage) {
    let mut world = office(stage, "thu = \"09:00-17:00\"").begins("2026-01-08T16:59Z").open().await;
    let ana = world.phone("Ana");
    world.after(seconds(58)).await;

    let caller = world.call();
    ana.until_rings().await;
    world.after(seconds(2)).await;
    world.kill();
    world.start_again();
    caller.until_hears("is closed").await;

    caller.until_ends().await;
    world.finish_despite_warnings().await;
}

async fn first_webhook_twice_is_one_look_at_the_clock(stage: Stage) {
    let mut world = office(stage, "thu = \"09:00-17:00\"").begins("2026-01-08T18:00Z").open().await;

    let caller = world.call();
    caller.until_hears("is closed").await;
    let [first] = world.webhooks_to("/voice").try_into().expect("one first webhook");
    assert!(world.repeat(&first).await.says("is closed"));

    caller.until_ends().await;
    assert_eq!(world.times("hours office: closed"), 1);
    world.finish().await;
}

async fn health_tells_the_time_on_the_line_and_no_number(stage: Stage) {
    let world = office(stage, "thu = \"09:00-17:00\"").begins("2026-07-09T16:30Z").open().await;

    let request = || Request::get("/healthz").body(axum::body::Body::empty()).expect("a request");
    let closed = world.send(request()).await.body;

    let row = "…00 Hotline: 2026-07-09 17:30 in Europe/London, closed; hours office closed until 2026-07-16 09:00";
    assert_eq!(closed, format!("ok\n{row}\nconfiguration loaded 2026-07-09 16:30 UTC\n"));
    world.finish().await;

    let world = stage.hotline().begins("2026-07-09T16:30Z").open().await;
    let body = world.send(request()).await.body;
    assert_eq!(body, "ok\nconfiguration loaded 2026-07-09 16:30 UTC\n", "a line without hours has no time");
    world.finish().await;
}

/// The caller of this world is rung for, or is told that it is closed.
async fn open_or_closed(mut world: World, is_open: bool) {
    let caller = world.call();
    if is_open {
        world.phone("Ana").until_rings().await;
        caller.hang_up();
    } else {
        caller.until_hears("is closed").await;
        caller.until_ends().await;
        nobody_rang(&world);
    }
    world.come_to_rest().await;
    let told = (world.times("hours office: open"), world.times("hours office: closed"));
    assert_eq!(told, (usize::from(is_open), usize::from(!is_open)));
    world.finish().await;
}

fn nobody_rang(world: &World) {
    for phone in world.phones(["Ana", "Ben"]) {
        assert_eq!(phone.times_dialled(), 0);
    }
}

/// A hotline in London that rings while it is open.
fn office(stage: Stage, days: &str) -> crate::support::stage::Setup {
    let hours = format!("[hours.office]\nzone = \"Europe/London\"\n{days}");
    stage.hotline().line("start = \"desk\"").more(&format!("{hours}\n{DESK}"))
}

const DESK: &str = "[steps.desk]\nhours = \"office\"\nopen = \"ring\"\n[steps.ring]\nring = \"organisers\"";
