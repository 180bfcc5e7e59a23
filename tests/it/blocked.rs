//! Callers who are on a line's block list: refused at once, or led where the line says, and nobody's phone rings.

use ringall::simulator::Status;
use ringall_core::fact::Outcome;

use crate::support::{CALLER, Stage, conversations, millis, seconds};

conversations! {
    anywhere: [
        blocked_caller_is_refused_at_once_and_free_of_charge,
        caller_who_is_not_blocked_rings_as_ever,
    ],
    virtual_time: [
        whoever_withholds_their_number_in_whatever_form_is_blocked_where_the_line_says_so,
        blocked_caller_hears_the_words_of_their_step,
        blocked_caller_may_leave_a_message_and_rings_nobody,
        caller_of_a_blocked_prefix_is_blocked_and_their_neighbour_is_not,
        blocked_caller_who_was_answered_before_a_restart_hears_words,
        first_webhook_that_comes_twice_blocks_once,
        caller_is_blocked_on_one_line_and_not_on_another,
    ],
}

const PEST: &str = "+441632960666";

async fn blocked_caller_is_refused_at_once_and_free_of_charge(stage: Stage) {
    let line = format!("block = [\"{PEST}\"]");
    let mut world = stage.hotline().line(&line).open().await;

    let caller = world.call_from(PEST);
    assert_eq!(caller.until_ends().await, Status::Busy, "never answered");

    world.come_to_rest().await;
    assert_eq!(world.phone("Ana").times_dialled(), 0);
    assert_eq!((world.times("on the block list"), world.times("refused: busy")), (1, 1));
    assert_eq!(world.outcomes(), [Outcome::FlowEnded]);
    assert_eq!(world.carrier.rest_log(), [], "nothing is asked of the carrier");
    world.finish().await;
}

async fn caller_who_is_not_blocked_rings_as_ever(stage: Stage) {
    let line = format!("block = [\"{PEST}\", \"withheld\"]");
    let mut world = stage.hotline().line(&line).open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    ana.until_rings().await;
    caller.hang_up();
    ana.until_idle().await;

    assert_eq!(world.times("on the block list"), 0);
    world.finish().await;
}

async fn whoever_withholds_their_number_in_whatever_form_is_blocked_where_the_line_says_so(stage: Stage) {
    for from in [
        "anonymous",
        "Restricted",
        "UNAVAILABLE",
        "unknown",
        "Private",
        "+266696687",
        "+7378742833",
        "+17378742833",
        "+2562533",
        "+8656696",
        "+86282452253",
        "sip:anonymous@anonymous.invalid",
    ] {
        let mut world = stage.hotline().line("block = [\"withheld\"]").open().await;

        let caller = world.call_from(from);
        assert_eq!(caller.until_ends().await, Status::Busy, "{from}");

        assert_eq!((world.times("on the block list"), world.phone("Ana").times_dialled()), (1, 0), "{from}");
        world.finish().await;
    }
}

async fn blocked_caller_hears_the_words_of_their_step(stage: Stage) {
    let mut world = stage
        .hotline()
        .line("block = [\"pests\"]\nblocked = \"no\"")
        .more(&format!("[blocklists.pests]\ncallers = [\"{PEST}\"]\n[steps.no]\nhangup = \"You are not welcome.\""))
        .open()
        .await;

    let caller = world.call_from(PEST);
    caller.until_hears("You are not welcome.").await;

    assert_eq!(caller.until_ends().await, Status::Completed);
    assert_eq!((world.times("on the block list"), world.phone("Ana").times_dialled()), (1, 0));
    world.finish().await;
}

async fn blocked_caller_may_leave_a_message_and_rings_nobody(stage: Stage) {
    let line = format!("block = [\"{PEST}\"]\nblocked = \"box\"");
    let steps = "[steps.box]\nvoicemail = \"Please write it on tape.\"\nnotify = [\"p0\"]";
    let world = stage.hotline().line(&line).more(steps).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call_from(PEST);
    caller.until_hears("Please write it on tape.").await;
    caller.until_recorded().await;
    caller.speak(seconds(2));
    caller.until_ends().await;
    world.come_to_rest().await;

    assert_eq!([&ana, &ben].map(|phone| (phone.times_dialled(), phone.text_messages().len())), [(0, 1), (0, 0)]);
    world.finish().await;
}

async fn caller_of_a_blocked_prefix_is_blocked_and_their_neighbour_is_not(stage: Stage) {
    let world = stage.hotline().line("block = [\"+4416329606*\"]").open().await;
    let ana = world.phone("Ana");

    let caller = world.call_from(PEST);
    assert_eq!(caller.until_ends().await, Status::Busy);
    assert_eq!(ana.times_dialled(), 0);
    let caller = world.call_from("+441632960777");
    ana.until_rings().await;

    caller.hang_up();
    ana.until_idle().await;
    world.finish().await;
}

async fn blocked_caller_who_was_answered_before_a_restart_hears_words(stage: Stage) {
    let line = format!("block = [\"{PEST}\"]\nblocked = \"wait\"");
    let steps = "[steps]\nwait = { say = \"One moment, please, while we look for somebody.\", next = \"no\" }\nno.reject = \"busy\"";
    let mut world = stage.hotline().line(&line).more(steps).open().await;

    let caller = world.call_from(PEST);
    caller.until_hears("One moment").await;
    world.after(millis(500)).await;
    world.kill();
    world.start_again();
    caller.until_hears("all our lines are busy").await;

    caller.until_ends().await;
    assert_eq!(world.phone("Ana").times_dialled(), 0);
    world.finish_despite_warnings().await;
}

async fn first_webhook_that_comes_twice_blocks_once(stage: Stage) {
    let line = format!("block = [\"{PEST}\"]");
    let mut world = stage.hotline().line(&line).open().await;

    let caller = world.call_from(PEST);
    caller.until_ends().await;
    let first = world.webhooks_to("/voice")[0].clone();
    world.repeat(&first).await;
    world.after(seconds(1)).await;

    assert_eq!((world.times("on the block list"), world.phone("Ana").times_dialled()), (1, 0));
    world.finish().await;
}

async fn caller_is_blocked_on_one_line_and_not_on_another(stage: Stage) {
    let second = crate::support::SECOND_LINE;
    let more = format!("[lines.\"{second}\"]\nname = \"Second\"\nring = \"organisers\"\nblock = [\"{CALLER}\"]");
    let world = stage.hotline().more(&more).open().await;
    let ana = world.phone("Ana");

    let refused = world.carrier.call(CALLER, crate::support::number(second));
    assert_eq!(refused.until_ends().await, Status::Busy);
    let caller = world.call();
    ana.until_rings().await;

    caller.hang_up();
    ana.until_idle().await;
    world.finish().await;
}
