//! A caller is handed on to an outside number: who hears what, and where each outcome leads.

use ringall::simulator::{Caller, Character, Hearing, LegKind, Mailbox, Phone, Status, WhisperRefused};
use ringall_core::fact::Outcome;

use crate::support::{CALLER, LINE, Stage, World, conversations, number, seconds, stage::Setup};

conversations! {
    anywhere: [
        caller_hears_their_network_until_the_number_picks_up_and_talks,
        number_that_is_engaged_leads_to_its_exit,
        number_that_cannot_be_reached_leads_to_its_exit,
        key_takes_the_call_and_only_then_the_two_talk,
        key_that_declines_leads_on_at_once,
        phones_ring_when_the_number_does_not_answer,
    ],
    virtual_time: [
        number_that_nobody_answers_rings_as_long_as_it_may_and_leads_to_its_exit,
        dialling_that_is_called_off_leads_to_its_exit,
        talk_leads_on_where_the_step_says_so,
        missing_exits_lead_to_the_lines_own_words,
        mailbox_never_takes_a_call_that_wants_a_key,
        whoever_does_not_take_the_call_leads_on_however_the_carrier_calls_that,
        whisper_without_a_key_is_heard_and_then_the_two_talk,
        forward_after_words_rings_and_is_answered,
        one_number_after_the_other_is_dialled,
        two_forwards_that_fail_at_once_lead_to_words,
        number_is_shown_what_the_step_says,
        callers_number_that_the_network_refuses_is_replaced_by_the_lines_once,
    ],
}

/// The outside number, and a second one.
pub(crate) const OFFICE: &str = "+441632960777";
const DEPUTY: &str = "+441632960778";

/// Words of their own for each exit.
pub(crate) const EXITS: &str = r#"busy = "busy", no_answer = "no_answer", failed = "failed", canceled = "canceled""#;
pub(crate) const WORDS: &str = r#"
    busy.say = "The office is engaged."
    no_answer.say = "The office does not answer."
    failed.say = "The office cannot be reached."
    canceled.say = "The call was called off."
"#;

/// A line that forwards to the office, with these keys beside.
pub(crate) fn forwards(stage: Stage, keys: &str) -> Setup {
    let steps = format!("[steps]\noffice = {{ forward = \"{OFFICE}\", {EXITS}, {keys} }}\n{WORDS}");
    stage.hotline().line("start = \"office\"").more(&steps)
}

pub(crate) fn office(world: &World, character: Character) -> Phone {
    world.carrier.add_phone("Office", number(OFFICE), character)
}

async fn caller_hears_their_network_until_the_number_picks_up_and_talks(stage: Stage) {
    let mut world = forwards(stage, "ring_for = \"25s\"").open().await;
    let office = office(&world, Character::Manual);

    let caller = world.call();
    office.until_rings().await;
    world.settle().await;
    assert_eq!((caller.hears(), caller.status()), (Hearing::NetworkRinging, Status::Ringing), "nothing is charged");
    office.answer();
    caller.until_talks().await;
    world.settle().await;
    assert_eq!(world.program.service.switchboard.waiting_calls(), 0);
    office.hang_up();

    assert_eq!(caller.until_ends().await, Status::Completed);
    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::Talked]);
    for told in ["forwarded to …77", "…77 is picked up", "…77: they talked"] {
        assert_eq!(world.times(told), 1, "{told}");
    }
    assert_eq!(world.carrier.rest_log(), [], "the carrier does it all by itself");
    world.finish().await;
}

async fn number_that_is_engaged_leads_to_its_exit(stage: Stage) {
    let mut world = forwards(stage, "").open().await;
    office(&world, Character::Busy);

    let caller = world.call();
    caller.until_hears("The office is engaged.").await;

    assert_eq!(caller.until_ends().await, Status::Completed);
    world.come_to_rest().await;
    assert_eq!((world.outcomes(), world.times("…77: says busy")), (vec![Outcome::NobodyTookIt], 1));
    world.finish().await;
}

async fn number_that_cannot_be_reached_leads_to_its_exit(stage: Stage) {
    let world = forwards(stage, "").open().await;
    office(&world, Character::Off);

    let caller = world.call();
    caller.until_hears("The office cannot be reached.").await;

    caller.until_ends().await;
    assert_eq!(dialled_as(&world), [(OFFICE.to_owned(), LINE.to_owned())], "nothing is gained by dialling again");
    world.finish().await;
}

async fn key_takes_the_call_and_only_then_the_two_talk(stage: Stage) {
    let world = forwards(stage, "whisper = \"Night call for {line}.\", screen = \"key\"").open().await;
    let office = office(&world, Character::Manual);

    let caller = world.call();
    office.until_rings().await;
    office.answer();
    office.until_hears("Night call for Hotline.").await;
    office.until_hears("To take the call, press any digit. To decline, press 9.").await;
    assert_eq!((caller.hears(), caller.status()), (Hearing::NetworkRinging, Status::Ringing));
    assert!(office.is_asked_for_key());
    assert_eq!(world.program.service.switchboard.waiting_calls(), 1);
    office.press('1');

    caller.until_talks().await;
    caller.hang_up();
    office.until_idle().await;
    world.finish().await;
}

async fn key_that_declines_leads_on_at_once(stage: Stage) {
    let mut world = forwards(stage, "screen = \"key\", decline_key = \"0\"").open().await;
    let office = office(&world, Character::Manual);

    let caller = world.call();
    office.until_rings().await;
    office.answer();
    office.until_hears("Call for Hotline. To take the call, press any digit. To decline, press 0.").await;
    office.press('0');
    office.until_hears("All right.").await;
    caller.until_hears("The office is engaged.").await;

    caller.until_ends().await;
    assert_eq!(world.times("…77: declines"), 1);
    world.finish().await;
}

async fn phones_ring_when_the_number_does_not_answer(stage: Stage) {
    let steps =
        format!("[steps]\noffice = {{ forward = \"{OFFICE}\", busy = \"us\" }}\nus = {{ ring = \"organisers\" }}");
    let world = stage.hotline().line("start = \"office\"").more(&steps).open().await;
    office(&world, Character::Busy);
    let ana = world.phone("Ana");

    let caller = world.call();
    ana.until_rings().await;
    assert_eq!(caller.hears(), Hearing::NetworkRinging, "the ringing does not break off");
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');

    caller.until_talks().await;
    caller.hang_up();
    world.finish().await;
}

async fn number_that_nobody_answers_rings_as_long_as_it_may_and_leads_to_its_exit(stage: Stage) {
    let mut world = forwards(stage, "ring_for = \"25s\"").switches(|it| it.setup = seconds(0)).open().await;
    let office = office(&world, Character::RingsOut);

    let caller = world.call();
    office.until_rings().await;
    office.until_idle().await;
    assert_eq!(world.now(), 25_000);
    caller.until_hears("The office does not answer.").await;

    caller.until_ends().await;
    assert_eq!(world.times("…77: does not answer"), 1);
    world.finish().await;
}

async fn dialling_that_is_called_off_leads_to_its_exit(stage: Stage) {
    let world = forwards(stage, "").open().await;
    let office = office(&world, Character::Manual);

    let caller = world.call();
    office.until_rings().await;
    // Somebody ends the leg in the carrier's console.
    let status = world.end_leg(&office.sid().expect("a leg")).await;
    assert_eq!((status, office.status()), (200, Some(Status::Canceled)));
    caller.until_hears("The call was called off.").await;

    caller.until_ends().await;
    world.finish().await;
}

async fn talk_leads_on_where_the_step_says_so(stage: Stage) {
    let steps = format!(
        "[steps]\noffice = {{ forward = \"{OFFICE}\", done = \"thanks\" }}\nthanks.say = \"Thank you for calling.\""
    );
    let mut world = stage.hotline().line("start = \"office\"").more(&steps).open().await;
    let office = office(&world, Character::human(seconds(2)));

    let caller = world.call();
    caller.until_talks().await;
    world.after(seconds(5)).await;
    office.hang_up();
    caller.until_hears("Thank you for calling.").await;

    caller.until_ends().await;
    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::Talked]);
    world.finish().await;
}

async fn missing_exits_lead_to_the_lines_own_words(stage: Stage) {
    for character in [Character::Busy, Character::Off, Character::RingsOut] {
        let steps = format!("[steps]\noffice.forward = \"{OFFICE}\"");
        let world = stage.hotline().line("start = \"office\"").more(&steps).open().await;
        office(&world, character);

        let caller = world.call();
        caller.until_hears("nobody can take your call right now").await;

        caller.until_ends().await;
        world.finish().await;
    }
}

async fn mailbox_never_takes_a_call_that_wants_a_key(stage: Stage) {
    let mailbox = Mailbox { answers_after: seconds(8), greeting: seconds(6) };
    let mut world = forwards(stage, "screen = \"key\"").open().await;
    let office = office(&world, Character::Voicemail(mailbox));

    let caller = world.call();
    office.until_hears("Call for Hotline.").await;
    office.until_hears("No key was pressed.").await;
    assert_eq!(caller.hears(), Hearing::NetworkRinging);
    caller.until_hears("The office does not answer.").await;

    caller.until_ends().await;
    assert!(!world.carrier.conversation().contains("talks with"));
    assert_eq!(world.times("…77: was picked up, but nobody took the call"), 1);
    world.finish().await;
}

async fn whoever_does_not_take_the_call_leads_on_however_the_carrier_calls_that(stage: Stage) {
    let words = [
        WhisperRefused::NoAnswer,
        WhisperRefused::Completed,
        WhisperRefused::Busy,
        WhisperRefused::Canceled,
        WhisperRefused::Failed,
    ];
    for (refused, says_bridged) in words.into_iter().flat_map(|word| [(word, true), (word, false)]) {
        let setup = forwards(stage, "screen = \"key\", show = \"caller\"");
        let setup = setup.switches(|it| (it.whisper_refused, it.says_bridged) = (refused, says_bridged));
        let world = setup.open().await;
        let office = office(&world, Character::hangs_up(seconds(2), seconds(4)));

        let caller = world.call();
        caller.until_hears("The office does not answer.").await;

        caller.until_ends().await;
        assert_eq!(office.times_dialled(), 1, "{refused:?}");
        world.finish().await;
    }
}

async fn whisper_without_a_key_is_heard_and_then_the_two_talk(stage: Stage) {
    let world = forwards(stage, "whisper = \"Call for {line}.\"").open().await;
    let office = office(&world, Character::Manual);

    let caller = world.call();
    office.until_rings().await;
    office.answer();
    office.until_hears("Call for Hotline.").await;
    assert_eq!(caller.hears(), Hearing::NetworkRinging);
    caller.until_talks().await;

    assert!(!office.heard().iter().any(|heard| heard.what.speaks("press")));
    office.hang_up();
    caller.until_ends().await;
    world.finish().await;
}

async fn forward_after_words_rings_and_is_answered(stage: Stage) {
    let steps =
        format!("[steps]\nwelcome = {{ say = \"Welcome.\", next = \"office\" }}\noffice.forward = \"{OFFICE}\"");
    let world = stage.hotline().line("start = \"welcome\"").more(&steps).open().await;
    let office = office(&world, Character::Manual);

    let caller = world.call();
    caller.until_hears("Welcome.").await;
    caller.until_hears_recording("ringback").await;
    world.after(seconds(5)).await;
    assert!(matches!(caller.hears(), Hearing::Ringback(_)));
    office.answer();
    caller.until_talks().await;

    office.hang_up();
    caller.until_ends().await;
    world.finish().await;
}

async fn one_number_after_the_other_is_dialled(stage: Stage) {
    let steps = format!(
        "[steps]\noffice = {{ forward = \"{OFFICE}\", ring_for = \"15s\", no_answer = \"deputy\" }}\n\
         deputy = {{ forward = \"{DEPUTY}\", ring_for = \"15s\" }}"
    );
    for answers in [false, true] {
        let hotline = stage.hotline().line("start = \"office\"").more(&steps);
        let world = hotline.switches(|it| it.later_dial_answers = answers).open().await;
        let office = office(&world, Character::RingsOut);
        let deputy = world.carrier.add_phone("Deputy", number(DEPUTY), Character::Manual);

        let caller = world.call();
        office.until_rings().await;
        assert!(!deputy.rings());
        deputy.until_rings().await;
        assert!(!office.rings());
        let rings = if answers { Hearing::Ringback("carrier:ringback".into()) } else { Hearing::NetworkRinging };
        assert_eq!(caller.hears(), rings, "nothing is charged as long as the carrier keeps the caller unanswered");
        deputy.answer();
        caller.until_talks().await;

        deputy.hang_up();
        caller.until_ends().await;
        world.finish().await;
    }
}

async fn two_forwards_that_fail_at_once_lead_to_words(stage: Stage) {
    let steps =
        format!("[steps]\noffice = {{ forward = \"{OFFICE}\", failed = \"deputy\" }}\ndeputy.forward = \"{DEPUTY}\"");
    let world = stage.hotline().line("start = \"office\"").more(&steps).open().await;
    office(&world, Character::Off);

    let caller = world.call();
    caller.until_hears("nobody can take your call right now").await;

    caller.until_ends().await;
    assert_eq!(dialled_as(&world).len(), 2);
    world.finish().await;
}

async fn number_is_shown_what_the_step_says(stage: Stage) {
    for (show, from, shown) in [
        ("line", CALLER, LINE),
        ("caller", CALLER, CALLER),
        ("caller", "anonymous", LINE),
        ("caller", "+266696687", LINE),
        ("caller", "client:somebody", LINE),
    ] {
        let world = forwards(stage, &format!("show = \"{show}\"")).open().await;
        office(&world, Character::human(seconds(1)));

        let caller = world.call_from(from);
        caller.until_talks().await;

        assert_eq!(dialled_as(&world), [(OFFICE.to_owned(), shown.to_owned())], "{show}, {from}");
        caller.hang_up();
        world.finish().await;
    }
}

async fn callers_number_that_the_network_refuses_is_replaced_by_the_lines_once(stage: Stage) {
    let setup = || forwards(stage, "show = \"caller\"").switches(|it| it.lends_caller_id = false);
    let mut world = setup().open().await;
    world.expect_warning(32224);
    office(&world, Character::human(seconds(1)));

    let caller = world.call();
    caller.until_talks().await;
    assert_eq!(dialled_as(&world), [(OFFICE.to_owned(), LINE.to_owned())]);
    assert_eq!(world.times("dialled again with the line's"), 1);
    caller.hang_up();
    world.finish().await;

    let mut world = setup().open().await;
    world.expect_warning(32224);
    office(&world, Character::Off);
    let caller: Caller = world.call();
    caller.until_hears("The office cannot be reached.").await;
    caller.until_ends().await;
    assert_eq!(world.times("dialled again with the line's"), 1);
    world.finish().await;
}

/// Whom the carrier has dialled for callers, and what was shown there.
pub(crate) fn dialled_as(world: &World) -> Vec<(String, String)> {
    let legs = world.carrier.records().into_iter();
    legs.filter(|leg| leg.kind == LegKind::Child).map(|leg| (leg.to, leg.from)).collect()
}
