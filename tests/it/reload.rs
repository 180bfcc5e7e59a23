//! The configuration is edited while the program runs: new calls go by what the file says now, live ones keep the way
//! that they began with.

use http::{Request, StatusCode};
use ringall_core::fact::Outcome;

use crate::menu::short_sound;
use crate::support::{ACCOUNT, LINE, SECOND_LINE, Stage, TOKEN, conversations, number, seconds};

conversations! {
    anywhere: [],
    virtual_time: [
        line_that_is_added_takes_calls_at_once,
        caller_of_a_line_that_is_removed_while_it_rings_is_still_connected,
        call_that_rings_keeps_its_group_and_the_next_call_has_the_new_one,
        recording_that_is_taken_out_of_the_file_is_still_played_to_who_waits_for_it,
        words_for_strangers_change_with_the_file,
        webhooks_signed_with_the_old_token_are_let_in_while_it_is_the_previous_one_and_no_longer,
        phones_ring_again_once_a_wrong_secret_is_mended,
        listen_address_and_account_are_named_as_waiting_for_a_restart_and_calls_go_on,
        health_says_since_when_the_file_holds_and_that_a_later_one_was_refused,
        person_who_is_away_by_the_file_is_not_rung_until_it_says_otherwise,
        edited_file_is_what_a_restarted_program_goes_by,
    ],
}

async fn line_that_is_added_takes_calls_at_once(stage: Stage) {
    let setup = stage.hotline();
    let mut world = setup.clone().open().await;
    let early = world.carrier.call("+441632960998", number(SECOND_LINE));
    early.until_hears("nobody can be reached at this number").await;
    early.until_ends().await;

    let later =
        world.edit(&setup.more(&format!("[lines.\"{SECOND_LINE}\"]\nname = \"Second\"\nring = \"organisers\"")));
    assert_eq!(later, Vec::<&str>::new());
    let caller = world.carrier.call("+441632960998", number(SECOND_LINE));
    take(&world.phone("Ana")).await;

    caller.until_talks().await;
    caller.hang_up();
    world.finish().await;
}

async fn caller_of_a_line_that_is_removed_while_it_rings_is_still_connected(stage: Stage) {
    let two = format!("[lines.\"{SECOND_LINE}\"]\nname = \"Second\"\nring = \"organisers\"");
    let mut world = stage.hotline().more(&two).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.carrier.call("+441632960998", number(SECOND_LINE));
    ana.until_rings().await;
    ben.until_rings().await;
    world.edit(&stage.hotline());
    ben.answer();
    ben.until_hears("Call for Second").await;
    take(&ana).await;

    caller.until_talks().await;
    ben.press('1');
    ben.until_hears("Somebody else already has the call").await;
    let late = world.carrier.call("+441632960997", number(SECOND_LINE));
    late.until_hears("nobody can be reached at this number").await;
    caller.hang_up();
    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::Talked]);
    world.finish().await;
}

async fn call_that_rings_keeps_its_group_and_the_next_call_has_the_new_one(stage: Stage) {
    let desk = |members: &str, keys: &str| {
        stage.hotline().people(&["Ana", "Ben", "Cleo"]).line("start = \"desk\"").more(&format!(
            "[steps.desk]\nring = \"desk\"\nnobody = \"again\"\n[steps.again]\nring = \"desk\"\n\
             [groups.desk]\nmembers = [{members}]\n{keys}"
        ))
    };
    let mut world = desk(r#""p0", "p1""#, "screen = \"key\"\nring_for = \"20s\"").open().await;
    let [ana, ben, cleo] = world.phones(["Ana", "Ben", "Cleo"]);

    let first = world.call();
    ben.until_rings().await;
    world.edit(&desk(r#""p0", "p2""#, "screen = \"none\"\nring_for = \"5s\""));
    world.after(seconds(10)).await;
    assert_eq!((ben.rings(), cleo.times_dialled()), (true, 0), "for as long as it began with");
    ben.until_idle().await;
    ben.until_rings().await;
    take(&ben).await;
    first.until_talks().await;

    let second = world.call_from("+441632960998");
    cleo.until_rings().await;
    cleo.answer();
    second.until_talks().await;
    assert_eq!((ana.times_dialled(), ben.times_dialled()), (3, 2));
    first.hang_up();
    second.hang_up();
    world.finish().await;
}

async fn recording_that_is_taken_out_of_the_file_is_still_played_to_who_waits_for_it(stage: Stage) {
    let steps =
        "[steps]\nfirst = { ring = \"organisers\", nobody = \"sorry\" }\nsorry = { say = { play = \"sorry.wav\" } }";
    let setup = stage.hotline().line("start = \"first\"").more(steps).sound("sorry.wav", &short_sound());
    let mut world = setup.open().await;
    let fetch = || Request::get("/audio/sorry.wav").body(axum::body::Body::empty()).expect("a request");

    let caller = world.call();
    world.phone("Ana").until_rings().await;
    world.edit(&stage.hotline());
    assert_eq!(world.send(fetch()).await.status, StatusCode::OK, "the call will come to it");
    caller.until_hears_recording("/audio/sorry.wav").await;
    caller.until_ends().await;
    world.come_to_rest().await;

    world.edit(&stage.hotline());
    assert_eq!(world.send(fetch()).await.status, StatusCode::NOT_FOUND, "no call can");
    world.finish().await;
}

async fn words_for_strangers_change_with_the_file(stage: Stage) {
    let mut world = stage.hotline().open().await;

    world.edit(&stage.hotline().more("[words]\nunknown_number = \"Wrong number.\""));
    let caller = world.carrier.call("+441632960998", number(SECOND_LINE));

    caller.until_hears("Wrong number.").await;
    caller.until_ends().await;
    world.finish().await;
}

async fn webhooks_signed_with_the_old_token_are_let_in_while_it_is_the_previous_one_and_no_longer(stage: Stage) {
    let mut world = stage.hotline().open().await;
    let rotated = |more: &str| stage.hotline().token("the-new-token").carrier(more);
    let fields = [
        ("AccountSid", ACCOUNT),
        ("CallSid", "CA00000000000000000000000000000009"),
        ("CallStatus", "completed"),
        ("To", LINE),
    ];
    let form = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();

    world.edit(&rotated(&format!("previous_auth_token = \"{TOKEN}\"")));
    for token in [TOKEN, "the-new-token"] {
        assert_eq!(world.post_form("/voice/status", &form, token).await.status, StatusCode::NO_CONTENT, "{token}");
    }
    world.edit(&rotated(""));
    assert_eq!(world.post_form("/voice/status", &form, TOKEN).await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.post_form("/voice/status", &form, "the-new-token").await.status, StatusCode::NO_CONTENT);
    world.finish().await;
}

async fn phones_ring_again_once_a_wrong_secret_is_mended(stage: Stage) {
    let with_secret = |secret: &str| {
        let keys = format!("api_key = \"SK1\"\napi_secret = \"{secret}\"");
        stage.hotline().api_key("SK1", "right").carrier(&keys)
    };
    let mut world = with_secret("wrong").open().await;

    let unlucky = world.call();
    unlucky.until_hears("nobody can take your call").await;
    unlucky.until_ends().await;
    world.edit(&with_secret("right"));
    let caller = world.call();
    take(&world.phone("Ana")).await;

    caller.until_talks().await;
    caller.hang_up();
    world.finish().await;
}

async fn listen_address_and_account_are_named_as_waiting_for_a_restart_and_calls_go_on(stage: Stage) {
    let mut world = stage.hotline().open().await;
    let moved = stage.hotline().token("of-another-account").account("AC00000000000000000000000000000002");
    let moved = moved.carrier("calls_per_second = 1").more("[server]\nlisten = \"127.0.0.1:7001\"");

    let later = world.edit(&moved);

    assert_eq!(later, ["server.listen", "carrier.account_sid", "carrier.calls_per_second"]);
    let caller = world.call();
    take(&world.phone("Ana")).await;
    caller.until_talks().await;
    caller.hang_up();
    world.finish().await;
}

async fn health_says_since_when_the_file_holds_and_that_a_later_one_was_refused(stage: Stage) {
    let mut world = stage.hotline().begins("2026-07-09T16:30Z").open().await;
    let request = || Request::get("/healthz").body(axum::body::Body::empty()).expect("a request");

    world.after(seconds(120)).await;
    world.program.service.refused_to_reload();
    assert_eq!(
        world.send(request()).await.body,
        "ok\nconfiguration loaded 2026-07-09 16:30 UTC\n\
         configuration refused 2026-07-09 16:32 UTC, see the log; the one before it holds\n"
    );
    world.after(seconds(60)).await;
    world.edit(&stage.hotline());
    assert_eq!(world.send(request()).await.body, "ok\nconfiguration loaded 2026-07-09 16:33 UTC\n");
    world.finish().await;
}

async fn edited_file_is_what_a_restarted_program_goes_by(stage: Stage) {
    let mut world = stage.hotline().open().await;
    let caller = world.call();
    world.phone("Ana").until_rings().await;
    caller.hang_up();
    world.come_to_rest().await;

    world.edit(&stage.hotline().line("nobody = \"Later, please.\"").group("ring_for = \"5s\""));
    world.kill();
    world.start_again();
    let caller = world.call();

    caller.until_hears("Later, please.").await;
    caller.until_ends().await;
    world.finish().await;
}

async fn take(phone: &ringall::simulator::Phone) {
    if !phone.is_asked_for_key() {
        phone.until_rings().await;
        phone.answer();
    }
    phone.until_hears("press any digit").await;
    phone.press('1');
}

async fn person_who_is_away_by_the_file_is_not_rung_until_it_says_otherwise(stage: Stage) {
    let both = stage.hotline();
    let away = stage.hotline().person("Ben", "presence = \"away\"");
    let mut world = both.clone().open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);
    for (setup, rung) in [(&away, 0), (&both, 1), (&both, 2)] {
        world.edit(setup);
        let caller = world.call();
        take(&ana).await;
        caller.until_talks().await;
        world.settle().await;

        assert_eq!(ben.times_dialled(), rung);
        caller.hang_up();
        world.come_to_rest().await;
    }
    world.finish().await;
}
