//! A line that may dial no more phones today: nobody rings, the caller hears what to do, and the call goes on.

use ringall::simulator::{FullRoom, RestFault, Switches};
use ringall_core::{fact::Outcome, phone::PhoneNumber};

use crate::support::{LINE, SECOND_LINE, Stage, conversations, number, seconds, stage::Setup};

conversations! {
    anywhere: [
        caller_beyond_the_days_dials_is_told_what_to_do_and_no_phone_rings,
    ],
    virtual_time: [
        caller_whose_phones_rang_in_part_hears_nothing_of_the_limit,
        caller_beyond_the_limit_comes_where_the_flow_leads_whom_nobody_takes,
        step_with_tiers_is_over_at_once_when_none_of_them_may_be_dialled,
        caller_in_a_queue_is_not_left_to_wait_for_telephones_that_do_not_ring_any_more_today,
        outside_number_is_not_dialled_beyond_the_limit_and_the_caller_is_told_once,
        outside_number_behind_a_ring_counts_too,
        phones_ring_again_from_the_lines_midnight_on,
        caller_who_leaves_during_the_words_is_gone,
        winner_who_drops_beyond_the_limit_leaves_a_caller_who_is_told,
        edited_limit_holds_for_the_next_call,
        whoever_is_to_know_of_the_limit_gets_one_text_message_however_many_calls_meet_it,
        text_message_about_the_limit_comes_again_on_the_next_day,
        text_message_about_the_limit_waits_for_an_overloaded_carrier_and_calls_do_not,
        text_message_about_the_limit_that_does_not_arrive_harms_no_call,
    ],
}

async fn caller_beyond_the_days_dials_is_told_what_to_do_and_no_phone_rings(stage: Stage) {
    let mut world = limited(stage, 2).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let first = world.call();
    take(&ana).await;
    first.until_talks().await;
    // A report of a talk that comes after its end would make it none.
    world.settle().await;
    first.hang_up();
    world.come_to_rest().await;
    let second = world.call();
    second.until_hears(WORDS).await;
    second.until_hears("nobody can take your call").await;
    second.until_ends().await;

    assert_eq!((ana.times_dialled(), ben.times_dialled()), (1, 1));
    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::Talked, Outcome::NobodyTookIt]);
    assert_eq!(world.times("the line has dialled as many phones as it may today"), 1);
    world.finish().await;
}

async fn caller_whose_phones_rang_in_part_hears_nothing_of_the_limit(stage: Stage) {
    let mut world = limited(stage, 1).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    caller.until_hears("nobody can take your call").await;
    caller.until_ends().await;

    assert_eq!((ana.times_dialled(), ben.times_dialled()), (1, 0));
    assert!(!hears(&caller, WORDS), "somebody's phone rang for half a minute");
    world.come_to_rest().await;
    assert_eq!(world.times("Ben's phone cannot be reached"), 1);
    world.finish().await;
}

async fn caller_beyond_the_limit_comes_where_the_flow_leads_whom_nobody_takes(stage: Stage) {
    let steps = "[steps]\ndesk = { ring = \"organisers\", nobody = \"leave\" }\n\
                 leave = { menu = \"Press 1 to leave a message.\", keys = { 1 = \"end\" } }\nend = { hangup = \"Saved.\" }";
    let setup = stage.hotline().line("start = \"desk\"\nmax_dials_per_day = 1").more(steps);
    let world = setup.people(&["Ana"]).open().await;
    exhaust(&world).await;

    let caller = world.call();
    caller.until_hears(WORDS).await;
    caller.until_hears("Press 1 to leave a message.").await;
    caller.press('1');
    caller.until_hears("Saved.").await;

    caller.until_ends().await;
    world.finish().await;
}

async fn step_with_tiers_is_over_at_once_when_none_of_them_may_be_dialled(stage: Stage) {
    let steps = "[groups.second]\nmembers = [\"p1\"]\nscreen = \"key\"\n[groups.first]\nmembers = [\"p0\"]\nscreen = \"key\"\n\
                 [steps.desk]\nring = \"first\"\ntiers = [{ ring = \"second\", after = \"20s\" }]";
    let world = stage.hotline().line("start = \"desk\"\nmax_dials_per_day = 1").more(steps).open().await;
    exhaust(&world).await;

    let began = world.now();
    let caller = world.call();
    caller.until_hears(WORDS).await;

    assert!(world.now() - began < 3_000, "waited {} ms", world.now() - began);
    caller.until_ends().await;
    assert_eq!(world.phone("Ben").times_dialled(), 0);
    world.finish().await;
}

async fn caller_in_a_queue_is_not_left_to_wait_for_telephones_that_do_not_ring_any_more_today(stage: Stage) {
    let steps = "[steps.desk]\nqueue = \"organisers\"\noffer_for = \"10s\"\nmax_wait = \"30m\"\ntoo_long = \"end\"\n\
                 [steps.end]\nhangup = \"Nobody is here.\"";
    let world = stage.hotline().line("start = \"desk\"\nmax_dials_per_day = 1").more(steps).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    // The limit is reached while this caller waits; the next one comes when it has been.
    for caller in [caller, world.call()] {
        let began = world.now();
        caller.until_hears(WORDS).await;
        caller.until_hears("Nobody is here.").await;
        caller.until_ends().await;
        assert!(world.now() - began < 30_000, "waited {} ms", world.now() - began);
    }

    assert_eq!((ana.times_dialled(), ben.times_dialled()), (1, 0));
    world.finish().await;
}

async fn outside_number_is_not_dialled_beyond_the_limit_and_the_caller_is_told_once(stage: Stage) {
    for (keys, farewell) in [("", "nobody can take your call"), ("show = \"caller\"\nfailed = \"sorry\"", "Not today.")]
    {
        let steps = format!(
            "[steps.night]\nforward = \"{OUTSIDE}\"\n{keys}\n[steps.again]\nforward = \"{OUTSIDE}\"\n\
             [steps.sorry]\nhangup = \"Not today.\""
        );
        let setup = stage.hotline().line("start = \"night\"\nmax_dials_per_day = 1").more(&steps);
        let mut world = setup.open().await;
        let outside = world.carrier.add_phone("Outside", outside(), ringall::simulator::Character::Manual);
        let first = world.call();
        outside.until_rings().await;
        first.hang_up();
        world.come_to_rest().await;

        let second = world.call();
        second.until_hears(WORDS).await;
        second.until_hears(farewell).await;
        second.until_ends().await;

        assert_eq!(outside.times_dialled(), 1);
        assert_eq!(times_heard(&second, WORDS), 1);
        world.come_to_rest().await;
        assert_eq!(world.outcomes(), [Outcome::CallerGaveUp, Outcome::NobodyTookIt]);
        world.finish().await;
    }
}

async fn outside_number_behind_a_ring_counts_too(stage: Stage) {
    let steps = format!(
        "[steps.desk]\nring = \"organisers\"\nnobody = \"night\"\n[steps.night]\nforward = \"{OUTSIDE}\"\nbusy = \"desk\""
    );
    let setup = stage.hotline().people(&["Ana"]).line("start = \"desk\"\nmax_dials_per_day = 1").more(&steps);
    let world = setup.group("screen = \"key\"\nring_for = \"5s\"").open().await;
    let outside = world.carrier.add_phone("Outside", outside(), ringall::simulator::Character::Manual);

    let caller = world.call();
    world.phone("Ana").until_rings().await;
    caller.until_hears(WORDS).await;
    caller.until_hears("nobody can take your call").await;
    caller.until_ends().await;

    assert_eq!(outside.times_dialled(), 0);
    world.finish().await;
}

async fn phones_ring_again_from_the_lines_midnight_on(stage: Stage) {
    let setup = stage.hotline().people(&["Ana"]).line("max_dials_per_day = 1\nzone = \"Asia/Tokyo\"");
    // 23:58 in Tokyo.
    let world = setup.begins("2026-07-09T14:58Z").open().await;
    exhaust(&world).await;
    let late = world.call();
    late.until_hears(WORDS).await;
    late.until_ends().await;

    world.after(seconds(120)).await;
    let caller = world.call();
    take(&world.phone("Ana")).await;

    caller.until_talks().await;
    caller.hang_up();
    world.finish().await;
}

async fn caller_who_leaves_during_the_words_is_gone(stage: Stage) {
    let mut world = limited(stage, 2).open().await;
    exhaust(&world).await;

    let caller = world.call();
    caller.until_hears(WORDS).await;
    caller.hang_up();
    world.come_to_rest().await;

    assert_eq!(world.outcomes(), [Outcome::CallerGaveUp, Outcome::NobodyTookIt]);
    world.finish().await;
}

async fn winner_who_drops_beyond_the_limit_leaves_a_caller_who_is_told(stage: Stage) {
    let hotline = stage.hotline().group("screen = \"none\"\nring_for = \"60s\"").line("max_dials_per_day = 2");
    // The caller is in, and the account has no place for another.
    let full = |switches: &mut Switches| (switches.full_room, switches.room_ceiling) = (FullRoom::RunsAction, Some(1));
    let mut world = hotline.switches(full).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    caller.until_hears_recording("ringback").await;
    ana.answer();
    caller.until_hears(WORDS).await;
    caller.until_hears("nobody can take your call").await;
    caller.until_ends().await;

    assert_eq!((ana.times_dialled(), ben.times_dialled()), (1, 1));
    world.come_to_rest().await;
    world.expect_every_warning(16021);
    assert_eq!(world.outcomes(), [Outcome::NobodyTookIt]);
    world.finish().await;
}

async fn edited_limit_holds_for_the_next_call(stage: Stage) {
    let mut world = limited(stage, 2).open().await;
    exhaust(&world).await;

    world.edit(&limited(stage, 4));
    let caller = world.call();
    take(&world.phone("Ana")).await;

    caller.until_talks().await;
    caller.hang_up();
    world.finish().await;
}

async fn whoever_is_to_know_of_the_limit_gets_one_text_message_however_many_calls_meet_it(stage: Stage) {
    let notices = format!("[notices]\nover_limit = [\"organisers\"]\nfrom = \"{SECOND_LINE}\"");
    let world = limited(stage, 2).more(&notices).open().await;
    exhaust(&world).await;
    assert_eq!(world.carrier.text_messages(), [], "the limit is reached, and nobody has met it");

    // From different numbers, as one caller may have two calls at once.
    let callers: Vec<_> = (20..26).map(|nth| world.call_from(&format!("+4477009001{nth}"))).collect();
    for caller in callers {
        caller.until_hears(WORDS).await;
        caller.until_ends().await;
    }
    world.come_to_rest().await;

    let texts = world.carrier.text_messages();
    let mut told: Vec<_> = texts.iter().map(|text| text.to).collect();
    told.sort();
    assert_eq!(told, ["Ana", "Ben"].map(|name| world.phone(name).number()), "each once");
    for text in texts {
        assert_eq!(text.from, SECOND_LINE);
        assert!(text.body.starts_with("Hotline has dialled 2 phones today, as many as it may."), "{}", text.body);
        assert!(text.body.contains("Until midnight (UTC)"), "{}", text.body);
    }
    world.finish().await;
}

async fn text_message_about_the_limit_comes_again_on_the_next_day(stage: Stage) {
    let notices = "[notices]\nover_limit = [\"p0\"]\nover_limit_text = \"{line}: {limit} by {zone}\"";
    let setup = stage.hotline().people(&["Ana"]).line("max_dials_per_day = 1\nzone = \"Asia/Tokyo\"").more(notices);
    // 23:58 in Tokyo.
    let world = setup.begins("2026-07-09T14:58Z").open().await;
    for _ in 0..2 {
        exhaust(&world).await;
        for _ in 0..2 {
            let caller = world.call();
            caller.until_hears(WORDS).await;
            caller.until_ends().await;
        }
        world.come_to_rest().await;
        world.after(seconds(180)).await;
    }

    let texts = world.phone("Ana").text_messages();
    let told: Vec<_> = texts.iter().map(|text| (text.from.as_str(), text.body.as_str())).collect();
    assert_eq!(told, [(LINE, "Hotline: 1 by Asia/Tokyo"); 2]);
    world.finish().await;
}

async fn text_message_about_the_limit_waits_for_an_overloaded_carrier_and_calls_do_not(stage: Stage) {
    let setup = limited(stage, 1).people(&["Ana"]).more("[notices]\nover_limit = [\"p0\"]");
    let world = setup.open().await;
    let ana = world.phone("Ana");
    world.carrier.fail_messaging(ana.number(), Some(RestFault::TooManyRequests));
    exhaust(&world).await;

    let caller = world.call();
    caller.until_hears(WORDS).await;
    caller.until_ends().await;
    world.after(seconds(120)).await;
    assert_eq!(world.carrier.text_messages(), []);
    world.carrier.fail_messaging(ana.number(), None);
    world.after(seconds(3600)).await;

    assert_eq!(ana.text_messages().len(), 1);
    world.finish().await;
}

pub(crate) async fn text_message_about_the_limit_that_does_not_arrive_harms_no_call(stage: Stage) {
    let setup = limited(stage, 1).people(&["Ana"]).more("[notices]\nover_limit = [\"p0\"]");
    let world = setup.open().await;
    world.carrier.lose_messages_to(world.phone("Ana").number(), 30034);
    exhaust(&world).await;

    for _ in 0..2 {
        let caller = world.call();
        caller.until_hears(WORDS).await;
        caller.until_ends().await;
    }
    world.come_to_rest().await;

    let log = world.carrier.webhook_log();
    assert!(log.iter().any(|entry| entry.url.contains("/sms/limits/")), "the carrier reports that it is lost");
    assert_eq!(world.phone("Ana").text_messages(), []);
    world.finish().await;
}

/// A call that uses up what the line may dial.
async fn exhaust(world: &crate::support::World) {
    let caller = world.call();
    world.phone("Ana").until_rings().await;
    caller.hang_up();
    world.come_to_rest().await;
}

async fn take(phone: &ringall::simulator::Phone) {
    phone.until_rings().await;
    phone.answer();
    phone.until_hears("press any digit").await;
    phone.press('1');
}

fn hears(caller: &ringall::simulator::Caller, words: &str) -> bool {
    times_heard(caller, words) > 0
}

fn times_heard(caller: &ringall::simulator::Caller, words: &str) -> usize {
    caller.heard().iter().filter(|heard| heard.what.speaks(words)).count()
}

fn limited(stage: Stage, dials: usize) -> Setup {
    stage.hotline().line(&format!("max_dials_per_day = {dials}"))
}

fn outside() -> PhoneNumber {
    number(OUTSIDE)
}

const OUTSIDE: &str = "+441632960777";
const WORDS: &str = "no more calls can be put through today";
