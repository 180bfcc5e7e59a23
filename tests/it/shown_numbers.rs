//! Which number a group's telephones are shown: the line's, or that of the caller, which the carrier lends for the call.

use ringall::simulator::{LegKind, RestFault};
use ringall_core::fact::Outcome;

use crate::support::{CALLER, LINE, Stage, World, conversations, seconds};

conversations! {
    anywhere: [
        members_are_shown_the_caller_where_the_group_says_so,
        members_are_shown_the_line_otherwise,
    ],
    virtual_time: [
        withheld_callers_are_shown_as_the_line,
        number_that_the_network_refuses_is_replaced_by_the_lines_and_nobody_loses_ring_time,
        later_phones_of_a_call_whose_number_is_refused_are_shown_the_line_at_once,
        phone_that_is_bad_itself_is_not_dialled_twice,
        dial_whose_answer_is_lost_rings_nobody_twice,
        each_tier_shows_what_its_group_says,
        token_is_sent_as_it_came_and_only_where_the_caller_is_shown,
        caller_is_shown_after_a_restart_too,
    ],
}

async fn members_are_shown_the_caller_where_the_group_says_so(stage: Stage) {
    let mut world = stage.hotline().group(SHOWS_CALLER).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    ben.until_rings().await;
    assert_eq!(shown(&world), [CALLER, CALLER]);
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');
    caller.until_talks().await;
    // A report of a talk that comes after its end would make it none.
    world.settle().await;

    caller.hang_up();
    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::Talked]);
    world.finish().await;
}

async fn members_are_shown_the_line_otherwise(stage: Stage) {
    for group in ["screen = \"key\"", "screen = \"key\"\nshow = \"line\""] {
        let world = stage.hotline().group(group).open().await;
        let ana = world.phone("Ana");

        let caller = world.call();
        ana.until_rings().await;
        world.settle().await;
        assert_eq!(shown(&world), [LINE, LINE]);

        caller.hang_up();
        world.finish().await;
    }
}

async fn withheld_callers_are_shown_as_the_line(stage: Stage) {
    for from in ["anonymous", "+266696687", "sip:anonymous@anonymous.invalid", "client:ana"] {
        let world = stage.hotline().group(SHOWS_CALLER).open().await;
        let ana = world.phone("Ana");

        let caller = world.call_from(from);
        ana.until_rings().await;
        assert_eq!((shown(&world), tokens(&world)), (vec![LINE.to_owned(); 2], 0), "{from}");

        caller.hang_up();
        world.finish().await;
    }
}

async fn number_that_the_network_refuses_is_replaced_by_the_lines_and_nobody_loses_ring_time(stage: Stage) {
    for code in [21210, 21212, 20422] {
        let mut world = stage
            .hotline()
            .group(SHOWS_CALLER)
            .switches(|it| (it.refuses_call_token, it.setup) = (Some(code), seconds(0)))
            .open()
            .await;
        let [ana, ben] = world.phones(["Ana", "Ben"]);

        let caller = world.call();
        ana.until_rings().await;
        ben.until_rings().await;
        assert!(world.now() < 100, "{} ms", world.now());
        assert_eq!(shown(&world), [LINE, LINE], "{code}");
        ana.until_idle().await;
        assert!((30_000..30_500).contains(&world.now()), "the whole time: {} ms", world.now());
        caller.until_hears("nobody can take your call").await;

        caller.until_ends().await;
        assert_eq!((ana.times_dialled(), ben.times_dialled()), (1, 1));
        assert_eq!(world.times("cannot be reached"), 0);
        world.finish().await;
    }
}

async fn later_phones_of_a_call_whose_number_is_refused_are_shown_the_line_at_once(stage: Stage) {
    let world = stage
        .hotline()
        .people(&["Ana", "Ben", "Cleo"])
        .group("screen = \"key\"\nshow = \"caller\"\npasses = 2\nphone_for = \"10s\"")
        .switches(|it| it.refuses_call_token = Some(21210))
        .open()
        .await;
    let ana = world.phone("Ana");

    let caller = world.call();
    ana.until_rings().await;
    ana.until_idle().await;
    let tried = tokens(&world);
    ana.until_rings().await;
    world.after(seconds(1)).await;
    assert_eq!(tokens(&world), tried, "the second pass does not ask for what was refused");
    assert_eq!(shown(&world), [LINE; 6]);

    caller.hang_up();
    world.finish().await;
}

async fn phone_that_is_bad_itself_is_not_dialled_twice(stage: Stage) {
    let mut world = stage.hotline().group(SHOWS_CALLER).open().await;
    let ben = world.phone("Ben");
    world.carrier.fail_next_rest(RestFault::BadNumber);

    let caller = world.call();
    ben.until_rings().await;
    world.after(seconds(1)).await;
    let creates = world.carrier.rest_log().len();
    assert_eq!((creates, world.times("Ana's phone cannot be reached"), shown(&world)), (2, 1, vec![CALLER.to_owned()]));

    caller.hang_up();
    world.finish().await;
}

async fn dial_whose_answer_is_lost_rings_nobody_twice(stage: Stage) {
    let world = stage.hotline().group(SHOWS_CALLER).open().await;
    let ana = world.phone("Ana");
    world.carrier.fail_next_rest(RestFault::AnswerLost);

    let caller = world.call();
    ana.until_rings().await;
    world.after(seconds(2)).await;
    assert_eq!((ana.times_dialled(), shown(&world)), (1, vec![CALLER.to_owned(); 2]));

    caller.hang_up();
    world.finish().await;
}

async fn each_tier_shows_what_its_group_says(stage: Stage) {
    let more = "[groups.ana]\nmembers = [\"p0\"]\nshow = \"caller\"\n[groups.ben]\nmembers = [\"p1\"]\n\
        [steps]\nfirst = { ring = \"ana\", tiers = [{ ring = \"ben\", after = \"5s\" }] }";
    let world = stage.hotline().line("start = \"first\"").more(more).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    ben.until_rings().await;
    assert_eq!((shown(&world), tokens(&world)), (vec![CALLER.to_owned(), LINE.to_owned()], 1));

    caller.hang_up();
    world.finish().await;
}

async fn token_is_sent_as_it_came_and_only_where_the_caller_is_shown(stage: Stage) {
    let world = stage.hotline().group(SHOWS_CALLER).open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    ana.until_rings().await;
    let voice = world.webhooks_to("/voice")[0].clone();
    let came = voice.form.iter().find(|(name, _)| name == "CallToken").map(|(_, token)| token.clone());
    let sent: Vec<_> = world.carrier.rest_log().into_iter().flat_map(|entry| entry.form).collect();
    let sent: Vec<_> = sent.into_iter().filter(|(name, _)| name == "CallToken").map(|(_, token)| token).collect();
    assert_eq!(sent, vec![came.expect("a token"); 2]);

    caller.hang_up();
    world.finish().await;
}

async fn caller_is_shown_after_a_restart_too(stage: Stage) {
    let mut world = stage
        .hotline()
        .people(&["Ana"])
        .group(SHOWS_CALLER)
        .switches(|it| it.call_waiting = true)
        .allow(|allow| allow.two_offers = true)
        .open()
        .await;
    let ana = world.phone("Ana");

    let caller = world.call();
    ana.until_rings().await;
    world.kill();
    world.start_again();
    world.after(seconds(3)).await;
    assert_eq!(shown(&world).last().map(String::as_str), Some(CALLER));

    caller.hang_up();
    world.finish_despite_warnings().await;
}

const SHOWS_CALLER: &str = "screen = \"key\"\nshow = \"caller\"";

/// What the members' telephones were shown, in the order in which they were dialled.
fn shown(world: &World) -> Vec<String> {
    let legs = world.carrier.records().into_iter();
    legs.filter(|leg| leg.kind == LegKind::Offer).map(|leg| leg.from).collect()
}

/// How many requests have carried a token.
fn tokens(world: &World) -> usize {
    let sent = world.carrier.rest_log().into_iter().flat_map(|entry| entry.form);
    sent.filter(|(name, _)| name == "CallToken").count()
}
