//! What holds at every step, whatever its kind: a caller can hang up at any moment, a gate that is closed keeps the step
//! from doing anything, and a carrier that tells its news twice, late or never leads callers nowhere else.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    extract::Request,
    middleware::{Next, from_fn},
    response::IntoResponse,
};
use http::StatusCode;
use ringall::simulator::{Character, Faults, Hearing};

use crate::{
    exits::{FINE, KNOWN, OFFICE, TRIED, Tried, Weather, play, setup, words},
    support::{
        Stage, World, conversations,
        crm::{Crm, Manner},
        millis, number, seconds,
        stage::Setup,
    },
};

conversations! {
    anywhere: [],
    virtual_time: [
        caller_who_hangs_up_at_any_moment_of_any_step_leaves_nothing_behind,
        step_whose_gate_is_closed_does_nothing_of_its_own,
        news_that_comes_twice_and_late_leads_nobody_elsewhere,
        news_that_never_comes_leads_nobody_elsewhere,
        carrier_whose_api_is_slow_leads_nobody_elsewhere,
        question_that_does_not_arrive_leads_nobody_elsewhere,
        answer_that_does_not_arrive_leads_nobody_elsewhere,
        sound_that_cannot_be_fetched_is_left_out_and_the_call_goes_on,
    ],
}

async fn caller_who_hangs_up_at_any_moment_of_any_step_leaves_nothing_behind(stage: Stage) {
    for tried in TRIED {
        for moment in [0, 1, 300, 600, 1_000, 2_100, 4_000, 7_500, 13_000, 21_000] {
            let world = with_office(stage, tried).await;

            let caller = world.call();
            world.after(millis(moment)).await;
            caller.hang_up();

            world.after(millis(2_500)).await;
            assert_eq!(world.carrier.still_ringing(), [""; 0], "`{}` after {moment} ms", tried.kind);
            assert_eq!(world.program.service.switchboard.live_calls(), 0, "`{}` after {moment} ms", tried.kind);
            if tried.kind == "hand over" {
                // There is nobody at the other address.
                world.finish_despite_warnings().await;
            } else {
                world.finish().await;
            }
        }
    }
}

/// The call comes to the step that is tried, whose outside number picks up after a while and takes the call.
async fn with_office(stage: Stage, tried: &Tried) -> World {
    let crm = Crm::default();
    crm.will(Manner::SaysAfter(800, KNOWN));
    let world = setup(stage, tried).crm(&crm).open().await;
    world.carrier.add_phone("Office", number(OFFICE), Character::human(seconds(3)));
    world.carrier.set_character(world.phone("Ana").number(), Character::presses(seconds(2), '1'));
    world
}

async fn step_whose_gate_is_closed_does_nothing_of_its_own(stage: Stage) {
    // A step of hours is its own gate.
    for tried in TRIED.iter().filter(|tried| tried.kind != "hours") {
        let gate = "hours = \"never\", closed = \"shut\"";
        let tables = crate::exits::tables(tried);
        let tables = if tables.contains("[steps.tried]") {
            tables.replace("[steps.tried]", &format!("[steps.tried]\n{}", gate.replace(", ", "\n")))
        } else {
            tables.replace("tried = { ", &format!("tried = {{ {gate}, "))
        };
        let shut = "[steps.shut]\nsay = \"We are shut.\"\n[hours.never]\nzone = \"UTC\"\nexcept = { \"2019-01-01\" = \"all day\" }";
        let crm = Crm::default();
        crm.will(Manner::Says(KNOWN));
        let lookup = format!(
            "[lookups.crm]\nurl = \"https://crm.example.org/who\"\nsecret = \"{}\"",
            crate::support::crm::SECRET
        );
        let setup = setup(stage, tried).more(&format!("{tables}\n{shut}\n{lookup}")).crm(&crm);
        let world = setup.open().await;
        let office = world.carrier.add_phone("Office", number(OFFICE), Character::Manual);

        let caller = world.call();
        caller.until_hears("We are shut.").await;
        caller.until_ends().await;

        let said: Vec<_> = caller
            .heard()
            .into_iter()
            .filter_map(|heard| if let Hearing::Words(words) = heard.what { Some(words) } else { None })
            .collect();
        assert_eq!(said, ["We are shut."], "`{}`", tried.kind);
        let rung = ["Ana", "Ben"].map(|name| world.phone(name).times_dialled());
        assert_eq!((rung, office.times_dialled()), ([0, 0], 0), "`{}`", tried.kind);
        let before = usize::from(tried.kind == "branch" || tried.kind == "forward to a found number");
        assert_eq!(crm.asked().len(), before, "`{}`", tried.kind);
        world.finish().await;
    }
}

/// Each exit is taken as on a good day.
async fn every_exit_in(stage: Stage, weather: Weather) {
    every_exit_but(&[], stage, weather).await;
}

async fn every_exit_but(kinds: &[&str], stage: Stage, weather: Weather) {
    for tried in TRIED.iter().filter(|tried| !kinds.contains(&tried.kind)) {
        for (exit, act) in tried.exits {
            let taken = play(stage, tried, *act, weather).await;
            assert_eq!(taken, [format!("the caller hears: {}", words(exit))], "`{}` is left by `{exit}`", tried.kind);
        }
    }
}

async fn news_that_comes_twice_and_late_leads_nobody_elsewhere(stage: Stage) {
    let setup = |setup: Setup| {
        let delay = seconds(6);
        setup.faults(Faults { callback_twice: 1.0, callback_late: 1.0, callback_delay: delay, ..Faults::none() })
    };
    every_exit_in(stage, Weather { setup, ..FINE }).await;
}

async fn news_that_never_comes_leads_nobody_elsewhere(stage: Stage) {
    let setup = |setup: Setup| setup.faults(Faults { callback_lost: 1.0, ..Faults::none() });
    every_exit_in(stage, Weather { setup, ..FINE }).await;
}

async fn carrier_whose_api_is_slow_leads_nobody_elsewhere(stage: Stage) {
    let setup =
        |setup: Setup| setup.faults(Faults { rest_delay: seconds(4), cancel_delay: seconds(1), ..Faults::none() });
    every_exit_in(stage, Weather { setup, ..FINE }).await;
}

/// Behind a proxy that fails at the first request for each address; the carrier turns to the fallback.
async fn question_that_does_not_arrive_leads_nobody_elsewhere(stage: Stage) {
    let door = |world: &World| world.reach(failing_once(world.program.router(), false));
    // A key that does not arrive has not been pressed, and can be once more.
    every_exit_but(&["menu", "queue"], stage, Weather { door, is_wet: true, ..FINE }).await;
}

/// The program has answered, and the first answer for each address is lost.
async fn answer_that_does_not_arrive_leads_nobody_elsewhere(stage: Stage) {
    let door = |world: &World| world.reach(failing_once(world.program.router(), true));
    every_exit_in(stage, Weather { door, is_wet: true, ..FINE }).await;
}

fn failing_once(router: Router, is_handled: bool) -> Router {
    let failed = Arc::new(Mutex::new(BTreeSet::new()));
    router.layer(from_fn(move |request: Request, next: Next| {
        let path = request.uri().path().to_owned();
        // Fallbacks are for this.
        let fails = !path.ends_with("/fallback") && failed.lock().unwrap_or_else(PoisonError::into_inner).insert(path);
        async move {
            if fails && !is_handled {
                return StatusCode::BAD_GATEWAY.into_response();
            }
            let answer = next.run(request).await;
            if fails { StatusCode::BAD_GATEWAY.into_response() } else { answer }
        }
    }))
}

async fn sound_that_cannot_be_fetched_is_left_out_and_the_call_goes_on(stage: Stage) {
    let gone = "{ play = \"https://hotline.example.org/audio/gone.wav\" }";
    let steps = format!(
        "[steps]\nhello = {{ say = {gone}, next = \"menu\" }}\n\
         menu = {{ menu = {gone}, keys = {{ 1 = \"box\" }}, pause = \"1s\", no_input = \"box\" }}\n\
         box = {{ voicemail = {gone}, notify = [\"p0\"], done = \"bye\" }}\nbye.hangup = \"Goodbye.\""
    );
    let world = stage.hotline().line("start = \"hello\"").more(&steps).open().await;

    let caller = world.call();
    caller.until_recorded().await;
    caller.speak(seconds(2));
    caller.until_hears("Goodbye.").await;

    caller.until_ends().await;
    world.come_to_rest().await;
    assert_eq!(world.phone("Ana").text_messages().len(), 1);
    world.finish_despite_warnings().await;
}
