//! Storms as every change plays them, that they can be played again exactly, and that each judge notices.

use std::{process::Command, sync::OnceLock};

use ringall::simulator::{EndedBy, Hearing, LegKind, Outcome, WebhookEntry, WhoAnswered};
use ringall_proof::storm::{
    Broken, Played, Promise, Sabotage, draw,
    flow::{Forward, Menu, Press, Queue, Step},
    judge,
    many::Many,
    plan::{Caller, Does, Group, Hand, Leaves, Line, Net, Person, Plan, Screen, Terms},
    play, shrink, tell,
};

/// Calls that every change has to bear.
const CALLS: u64 = 1000;

#[test]
fn nobody_is_left_in_any_storm() {
    let many = Many {
        seed: 1,
        calls: CALLS,
        jobs: std::thread::available_parallelism().map_or(1, usize::from),
        only: Vec::new(),
        sabotage: Sabotage::None,
        most_bad: 5,
    };

    let sum = many.play();

    let bad: Vec<_> = sum.bad.iter().map(|bad| format!("seed {}: {}", bad.seed, bad.broken[0])).collect();
    assert!(bad.is_empty(), "{}\nagain: storm --one --seed SEED", bad.join("\n"));
    assert!(sum.calls >= CALLS);
}

#[test]
fn a_storm_is_the_same_every_time() {
    for seed in [3, 17, 22, 63, 141, 227, 957] {
        let plan = draw::plan(seed);

        let (first, again) = (play(&plan, Sabotage::None), play(&plan, Sabotage::None));

        assert_eq!(first.transcript(), again.transcript(), "seed {seed}");
        assert!(first.transcript().len() > 1000);
    }
}

#[test]
fn a_storm_is_the_same_in_every_process() {
    let transcript = |seed: &str| {
        let storm = Command::new(env!("CARGO_BIN_EXE_storm")).args(["--transcript", "--seed", seed]).output();
        String::from_utf8(storm.expect("the program runs").stdout).expect("a text")
    };
    for seed in [5, 290] {
        let (first, again) = (transcript(&seed.to_string()), transcript(&seed.to_string()));

        assert_eq!(first, again, "seed {seed}");
        assert_eq!(first, play(&draw::plan(seed), Sabotage::None).transcript(), "seed {seed}");
    }
}

#[test]
fn a_plan_is_one_line_that_can_be_read_back() {
    for seed in 0..200 {
        let plan = draw::plan(seed);
        let text = plan.to_string();

        assert!(!text.contains('\n') && !text.contains('\''), "{text}");
        assert_eq!(text.parse::<Plan>().expect("a plan"), plan);
    }
}

#[test]
fn a_broken_promise_is_told_in_a_few_lines() {
    let (plan, broken) = first_broken(Sabotage::SilentWait, Promise::NoSilence);

    let small = shrink::shrink(&plan, Promise::NoSilence, Sabotage::SilentWait, 200);
    let played = play(&small, Sabotage::SilentWait);
    let told = tell::timeline(&played, &broken_of(&played, Promise::NoSilence)[0]);

    assert_eq!(small.callers.len(), 1, "{small}");
    assert!(small.people.len() <= 2 && small.stops.is_empty() && small.switches.len() <= 1, "{small}");
    assert!(told.contains("hears") && told.contains(">>>") && told.lines().count() < 60, "{told}\n{broken}");
}

/// Breaks the program on purpose, and looks whether the promise is seen to be broken.
macro_rules! notices {
    ($($name:ident: $sabotage:ident breaks $promise:ident;)*) => {
        $(
            #[test]
            fn $name() {
                first_broken(Sabotage::$sabotage, Promise::$promise);
            }
        )*
    };
}

notices! {
    phones_that_ring_on_are_noticed: LoseCancels breaks NoPhoneLeftRinging;
    callers_who_wait_for_ever_are_noticed: LoseRedirects breaks NoEndlessWait;
    phones_that_are_rung_twice_are_noticed: DialTwice breaks NobodyTwice;
    phones_that_are_dialled_after_the_end_are_noticed: DialLate breaks NothingAfterTheEnd;
    callers_for_whom_nobody_is_rung_are_noticed: DialNobody breaks SomebodyRings;
    two_members_in_one_conference_are_noticed: EverybodyJoins breaks OneWinner;
    silence_is_noticed: SilentWait breaks NoSilence;
    music_is_noticed: Music breaks NoSilence;
    an_application_error_is_noticed: NotFound breaks NoSilence;
    callers_who_are_hung_up_on_are_noticed: DropCallers breaks NotCutOff;
    talks_that_are_broken_off_are_noticed: EndTalks breaks NotCutOff;
    members_who_are_told_nothing_are_noticed: TellNobody breaks ToldInWords;
    a_breakdown_is_noticed: Panic breaks NoBreakdown;
    a_queue_that_rings_everybody_at_once_is_noticed: RingAll breaks OneAtATime;
    people_who_may_not_rest_are_noticed: NoRest breaks Rests;
    callers_who_wait_in_a_queue_for_longer_than_it_says_are_noticed: WaitLonger breaks NoEndlessWait;
    callers_who_are_overtaken_are_noticed: LastFirst breaks InTurn;
    callers_who_come_where_no_answer_leads_are_noticed: BelieveLies breaks NowhereElse;
    messages_of_which_nobody_is_told_are_noticed: KeepMessages breaks MessageTold;
    messages_of_which_others_are_told_are_noticed: TellEverybody breaks MessageTold;
    a_beep_without_a_greeting_is_noticed: NoGreeting breaks MessageTold;
    callers_who_are_not_thanked_for_their_message_are_noticed: NoThanks breaks MessageTold;
    words_in_a_language_that_nobody_chose_are_noticed: Foreign breaks NowhereElse;
    callers_who_are_asked_about_and_wait_are_noticed: AnswerLate breaks NoEndlessWait;
    people_who_are_rung_while_they_are_away_are_noticed: NobodyIsAway breaks NobodyElse;
    a_machine_that_the_carrier_connects_is_noticed: ConnectAnything breaks NeverAMachine;
    blocked_callers_for_whom_somebody_rings_are_noticed: TakeEverybody breaks NobodyElse;
    phones_that_are_dialled_beyond_the_days_limit_are_noticed: DialOn breaks WithinLimit;
    callers_who_are_not_told_of_the_days_limit_are_noticed: LimitUntold breaks WithinLimit;
    talks_that_are_recorded_without_a_word_are_noticed: NoNotice breaks Recorded;
    telephones_that_show_the_wrong_number_are_noticed: ShowLine breaks Shown;
}

#[test]
fn a_call_that_is_not_given_back_is_noticed() {
    // Picks up while the caller's leg does not ask, is alone in the conference, and leaves again.
    let hand = Hand { after: 11_600, keys: "1".to_owned(), leaves: Some(700), ..Hand::default() };
    let plan = Plan {
        people: vec![Person { phone: 0, does: Does::Answers(hand) }],
        lines: vec![Line { by_carrier: true, ..talk().plan.lines[0].clone() }],
        ..talk().plan.clone()
    };

    assert_eq!(broken_of(&play(&plan, Sabotage::None), Promise::GivesBack), []);
    assert_eq!(broken_of(&play(&plan, Sabotage::Deaf), Promise::GivesBack).len(), 1);
}

#[test]
fn a_talk_that_is_not_recorded_is_noticed() {
    let mut plan = talk().plan.clone();
    plan.lines[0].terms.record = true;
    plan.callers[0].talks = 20_000;

    assert_eq!(judge(&play(&plan, Sabotage::None)), []);
    assert_eq!(broken_of(&play(&plan, Sabotage::RecordNothing), Promise::Recorded).len(), 1);
}

#[test]
fn a_talk_that_is_recorded_twice_is_noticed() {
    let mut plan = talk().plan.clone();
    plan.lines[0].terms.record = true;
    let mut played = play(&plan, Sabotage::None);

    let again = played.recordings[0].clone();
    played.recordings.push(again);

    assert_eq!(broken_of(&played, Promise::Recorded).len(), 1);
}

#[test]
fn a_caller_who_calls_again_and_does_not_reach_whom_they_talked_to_is_noticed() {
    let mut plan = talk().plan.clone();
    // Ben comes first, and Ana takes the call.
    plan.people.insert(0, Person { phone: 1, does: Does::RingsOut });
    plan.groups[0].members = vec![0, 1];
    plan.lines[0].terms.back_for = 20;
    let again = Caller { at: 40_000, ..plan.callers[0].clone() };
    plan.callers.push(again);

    assert_eq!(judge(&play(&plan, Sabotage::None)), []);
    assert!(!broken_of(&play(&plan, Sabotage::ForgetTalks), Promise::SameFirst).is_empty());
}

#[test]
fn a_machine_in_the_conference_is_noticed() {
    let mut played = talk().clone();
    assert!(judge(&played).is_empty());

    for leg in played.legs.iter_mut().filter(|leg| leg.kind == LegKind::Offer) {
        leg.answerer = Some(WhoAnswered::Machine);
    }

    assert_eq!(broken_of(&played, Promise::NeverAMachine).len(), 1);
}

#[test]
fn two_callers_in_one_conference_are_noticed() {
    let mut played = talk().clone();

    let stranger = played.legs.iter().find(|leg| leg.kind == LegKind::Caller).cloned();
    played.legs.extend(stranger);

    assert!(broken_of(&played, Promise::OneWinner)[0].what.contains("two callers"));
}

#[test]
fn who_is_rung_without_having_been_chosen_is_noticed() {
    let choices =
        |keys: &str| Menu { keys: vec![(keys.to_owned(), 1)], repeats: 0, pause: 2, no_input: 2, wrong_key: 2 };
    let mut plan = talk().plan.clone();
    plan.lines[0].steps = vec![Step::Menu(choices("1")), Step::Ring(0)];
    plan.callers[0].presses = vec![Press { keys: "1".to_owned(), thinks: 500 }];
    let mut played = play(&plan, Sabotage::None);
    assert!(played.legs.iter().any(|leg| leg.kind == LegKind::Offer));
    assert_eq!(judge(&played), []);

    played.plan.lines[0].steps[0] = Step::Menu(choices("2"));

    assert_eq!(broken_of(&played, Promise::NobodyElse).len(), 1);
}

#[test]
fn callers_whom_a_queue_does_not_let_go_are_noticed() {
    let queue = Queue {
        ring: 0,
        offer_for: 10,
        wrap_up: 0,
        max_wait: 120,
        most: 0,
        announce: 15,
        leave: Some(('5', 1)),
        too_long: 1,
        full: 1,
        nobody: 1,
    };
    let mut plan = talk().plan.clone();
    plan.people[0].does = Does::RingsOut;
    plan.lines[0].steps = vec![Step::Queue(queue)];
    plan.callers[0].presses = vec![Press { keys: "5".to_owned(), thinks: 500 }];

    assert_eq!(judge(&play(&plan, Sabotage::None)), []);
    assert_eq!(broken_of(&play(&plan, Sabotage::DeafQueues), Promise::LetsGo).len(), 1);
}

#[test]
fn a_key_whose_answer_was_lost_has_been_pressed_all_the_same() {
    let menu = Menu { keys: vec![("1".to_owned(), 1)], repeats: 0, pause: 2, no_input: 2, wrong_key: 2 };
    let mut plan = talk().plan.clone();
    plan.lines[0].steps = vec![Step::Menu(menu), Step::Ring(0)];
    plan.callers[0].presses = vec![Press { keys: "1".to_owned(), thinks: 500 }];
    plan.net = Net { breaks: 1000, jostle: 3, ..Net::default() };

    let played = (0..20).map(|dice| play(&Plan { dice, ..plan.clone() }, Sabotage::None)).find(|played| {
        let lost = |webhook: &WebhookEntry| matches!(webhook.outcome, Some(Outcome::Broken(_)));
        let mut chosen = played.webhooks.iter().filter(|webhook| webhook.url.contains("/chosen/")).peekable();
        let rung = played.legs.iter().any(|leg| leg.kind == LegKind::Offer);
        rung && chosen.peek().is_some() && chosen.all(lost)
    });

    assert_eq!(judge(&played.expect("the key comes through in one of twenty")), []);
}

#[test]
fn a_talk_with_an_outside_number_that_is_broken_off_is_noticed() {
    let mut plan = talk().plan.clone();
    plan.outside = vec![Does::Answers(Hand { after: 1000, ..Hand::default() })];
    plan.lines[0].steps = vec![Step::Forward(forward())];
    let mut played = play(&plan, Sabotage::None);
    assert!(played.legs.iter().any(|leg| leg.kind == LegKind::Child && !leg.stays.is_empty()));
    assert_eq!(judge(&played), []);

    for leg in &mut played.legs {
        if let Some(Hearing::Ended(end)) = leg.heard.last_mut().map(|heard| &mut heard.what) {
            end.by = EndedBy::Network;
        }
    }

    assert_eq!(broken_of(&played, Promise::NotCutOff).len(), 1);
}

#[test]
fn what_does_not_come_to_rest_is_noticed() {
    let mut played = talk().clone();

    played.unrest = Some("a leg is up".to_owned());

    assert_eq!(broken_of(&played, Promise::ComesToRest).len(), 1);
}

/// One caller, and Ana, who takes the call.
fn talk() -> &'static Played {
    static TALK: OnceLock<Played> = OnceLock::new();
    TALK.get_or_init(|| {
        let ana = Does::Answers(Hand { after: 2000, keys: "1".to_owned(), ..Hand::default() });
        let plan = Plan {
            lines: vec![Line {
                steps: vec![Step::Ring(0)],
                by_carrier: false,
                most: 0,
                most_of_one: 0,
                by_dial: false,
                terms: Terms::default(),
            }],
            groups: vec![Group {
                members: vec![0],
                screen: Screen::Key,
                ring_for: 30,
                phone_for: 30,
                wait_for: 30,
                passes: 1,
                ring_busy: false,
            }],
            people: vec![Person { phone: 0, does: ana }],
            callers: vec![Caller {
                at: 0,
                line: 0,
                from: 1,
                leaves: Leaves::Never,
                talks: 5000,
                presses: Vec::new(),
                says: Vec::new(),
            }],
            ..Plan::default()
        };
        play(&plan, Sabotage::None)
    })
}

fn forward() -> Forward {
    Forward {
        to: 0,
        found: false,
        ring_for: 20,
        key: false,
        whisper: false,
        show_caller: false,
        busy: 1,
        no_answer: 1,
        failed: 1,
        canceled: 1,
        done: None,
    }
}

fn broken_of(played: &Played, promise: Promise) -> Vec<Broken> {
    judge(played).into_iter().filter(|broken| broken.promise == promise).collect()
}

/// The first storm in which this sabotage breaks this promise.
fn first_broken(sabotage: Sabotage, promise: Promise) -> (Plan, Broken) {
    let found = (1..600).find_map(|seed| {
        let plan = draw::plan(seed);
        let broken = broken_of(&play(&plan, sabotage), promise).into_iter().next();
        broken.map(|broken| (plan, broken))
    });
    found.expect("the promise is broken, and nobody notices")
}
