//! Queues, rests after talks, and who is away.

use super::*;

const T0: Timestamp = Timestamp::from_millis(1_000_000);

#[test]
fn a_call_in_a_queue_is_granted_one_phone_at_a_time() {
    let (roster, grant) = queued(Roster::default(), "CA1", 0, &[ANA, BEN]);
    assert_eq!(grant.phones, [phone(ANA)]);

    let (roster, grant) = queued(roster, "CA2", 1, &[ANA, BEN]);
    assert_eq!(grant.phones, [phone(BEN)]);

    // Nobody is left for the third, who gets whoever is free first, and no other beside.
    let (roster, none) = queued(roster, "CA3", 2, &[ANA, BEN]);
    assert_eq!(none.phones, []);
    let (roster, grants) = freed(roster, 5, "CA2", BEN);
    assert_eq!(grants, [Grant::of(call("CA3"), RoundId::FIRST, vec![phone(BEN)])]);
    let (roster, none) = freed(roster, 5, "CA1", ANA);
    assert_eq!((none, roster.is_free(phone(ANA))), (vec![], true));
}

#[test]
fn a_roster_with_somebody_in_a_line_is_not_idle_while_no_phone_is_lent_or_wanted() {
    let (roster, _) = queued(Roster::default(), "CA1", 0, &[ANA]);
    let (roster, _) = freed(roster, 5, "CA1", ANA);
    assert!(roster.is_free(phone(ANA)) && !roster.is_idle());

    let (roster, _) = roster.handle(at(6), RosterEvent::CallOver(call("CA1")));
    assert!(roster.is_idle());
}

#[test]
fn who_waits_longest_is_first_across_queues_and_rings() {
    let (roster, _) = queued(Roster::default(), "CA1", 0, &[ANA]);
    let (roster, _) = queued(roster, "CA4", 3, &[ANA]);
    let (roster, _) = sought(roster, "CA3", 2, &[ANA]);
    let (roster, _) =
        roster.handle(T0, RosterEvent::Queued(Queued { queue: "other".into(), ..wish("CA2", 1, &[ANA]) }));

    let (roster, second) = freed(roster, 9, "CA1", ANA);
    let (roster, third) = freed(roster, 9, "CA2", ANA);
    let (_, fourth) = freed(roster, 9, "CA3", ANA);

    let calls = [second, third, fourth].map(|mut grants| grants.remove(0).call);
    assert_eq!(calls, ["CA2", "CA3", "CA4"].map(call));
}

#[test]
fn who_has_talked_rests_from_the_end_of_the_talk() {
    let (roster, _) = queued(Roster::default(), "CA1", 0, &[ANA]);
    let (roster, _) = queued(roster, "CA2", 1, &[ANA]);
    let roster = talks(roster, 10, "CA1", ANA, 30);
    let (roster, none) = freed(roster, 100, "CA1", ANA);
    assert_eq!((none, roster.deadline()), (vec![], Some(at(130))));
    assert!(!roster.is_free(phone(ANA)));

    let (roster, early) = roster.handle(at(129), RosterEvent::DeadlineReached);
    let (roster, grants) = roster.handle(at(130), RosterEvent::DeadlineReached);

    assert_eq!((early, grants), (vec![], vec![Grant::of(call("CA2"), RoundId::FIRST, vec![phone(ANA)])]));
    assert_eq!(roster.deadline(), None);
}

#[test]
fn what_was_no_talk_brings_no_rest_and_a_ring_that_rings_the_busy_does_not_wait_for_one() {
    let (roster, _) = queued(Roster::default(), "CA1", 0, &[ANA]);
    let roster = talks(roster, 10, "CA1", ANA, 30);
    let (none, _) = roster.clone().handle(at(11), RosterEvent::TalkWasNone(call("CA1")));
    let (none, _) = freed(none, 12, "CA1", ANA);
    assert!(none.is_free(phone(ANA)));

    let (roster, _) = freed(roster, 12, "CA1", ANA);
    let ring = |ring_busy| RosterEvent::Sought {
        call: call("CA2"),
        since: T0,
        round: RoundId::FIRST,
        phones: vec![phone(ANA)],
        ring_busy,
        order: Order::AsWritten,
    };
    assert_eq!(roster.clone().handle(at(13), ring(false)).1[0].phones, []);
    assert_eq!(roster.handle(at(13), ring(true)).1[0].phones, [phone(ANA)]);
}

#[test]
fn a_talk_of_who_accepted_after_their_phone_was_taken_for_free_engages_it_again() {
    let (roster, _) = queued(Roster::default(), "CA1", 0, &[ANA]);
    let (roster, _) = roster.handle(at(1), RosterEvent::EndAsked(call("CA1"), phone(ANA)));
    let (roster, _) = roster.handle(at(3), RosterEvent::DeadlineReached);
    assert!(roster.is_free(phone(ANA)));

    let roster = talks(roster, 4, "CA1", ANA, 0);
    assert!(!roster.is_free(phone(ANA)));

    assert!(roster.clone().handle(at(5), RosterEvent::TalkWasNone(call("CA1"))).0.is_free(phone(ANA)));
    assert!(roster.handle(at(9), RosterEvent::CallOver(call("CA1"))).0.is_free(phone(ANA)));
}

#[test]
fn longest_idle_is_whose_last_talk_ended_longest_ago_and_before_them_who_has_not_talked() {
    let talked = |roster: Roster, name: &str, person: &str, end: u64| {
        let (roster, _) = sought(roster, name, 0, &[person]);
        freed(talks(roster, 0, name, person, 0), end, name, person).0
    };
    let roster = talked(talked(Roster::default(), "CA1", ANA, 20), "CA2", BEN, 10);
    let order = |order| {
        let phones = [ANA, BEN, CLEO].map(phone).into();
        let (call, since, round) = (call("CA3"), T0, RoundId::FIRST);
        let sought = RosterEvent::Sought { call, since, round, phones, ring_busy: false, order };
        roster.clone().handle(at(30), sought).1.remove(0).phones
    };

    assert_eq!(order(Order::AsWritten), [ANA, BEN, CLEO].map(phone));
    assert_eq!(order(Order::LongestIdle), [CLEO, BEN, ANA].map(phone));
    // Who did not answer comes last all the same.
    let wish = Queued { last: vec![phone(CLEO)], order: Order::LongestIdle, ..wish("CA3", 0, &[ANA, BEN]) };
    assert_eq!(roster.handle(at(30), RosterEvent::Queued(wish)).1[0].phones, [phone(BEN)]);
}

#[test]
fn who_is_away_is_offered_to_nobody_and_comes_back_to_who_has_waited_longest() {
    let roster = presence(Roster::default(), ANA, Presence::Away).0;
    assert_eq!((roster.presence(phone(ANA)), roster.is_free(phone(ANA))), (Presence::Away, false));
    let (roster, mut grants) = sought(roster, "CA1", 0, &[ANA, BEN]);
    let told = grants.remove(0);
    assert_eq!((told.phones, told.away), (vec![phone(BEN)], vec![phone(ANA)]));
    let (roster, none) = queued(roster, "CA2", 1, &[ANA, BEN]);
    assert_eq!((none.phones, none.refused), (vec![], None));

    let (roster, grants) = presence(roster, ANA, Presence::Available);

    assert_eq!(grants, [Grant::of(call("CA2"), RoundId::FIRST, vec![phone(ANA)])]);
    assert_eq!(presence(roster, BEN, Presence::Available).1, [], "who is busy anyway is busy still");
}

#[test]
fn who_waits_for_somebody_who_goes_away_is_told() {
    let (roster, _) = sought(Roster::default(), "CA0", 0, &[ANA]);
    let (roster, _) = sought(roster, "CA1", 1, &[ANA]);
    let (roster, _) = queued(roster, "CA2", 2, &[ANA]);

    let (roster, told) = presence(roster, ANA, Presence::Away);

    let none = |name| Grant::of(call(name), RoundId::FIRST, Vec::new());
    let refused = Some(QueueRefusal::NobodyOnDuty);
    assert_eq!(told, [Grant { away: vec![phone(ANA)], ..none("CA1") }, Grant { refused, ..none("CA2") }]);
    assert_eq!(presence(roster.clone(), ANA, Presence::Away).1, [], "known already");
    // Whoever comes now is told at once.
    assert_eq!(queued(roster, "CA3", 3, &[ANA]).1.refused, refused);
}

#[test]
fn who_waits_for_two_people_waits_on_for_the_one_who_stays() {
    let (roster, _) = sought(Roster::default(), "CA0", 0, &[ANA, BEN]);
    let (roster, _) = sought(roster, "CA1", 1, &[ANA, BEN]);
    let roster = presence(roster, ANA, Presence::Away).0;

    let (_, grants) = freed(roster, 501, "CA0", BEN);

    assert_eq!(grants, [Grant::of(call("CA1"), RoundId::FIRST, vec![phone(BEN)])]);
}

#[test]
fn a_ring_whose_people_are_all_away_is_not_waited_for() {
    let (roster, _) = sought(Roster::default(), "CA0", 0, &[ANA]);
    let (roster, _) = sought(roster, "CA1", 1, &[ANA]);
    let roster = presence(roster, ANA, Presence::Away).0;

    let (roster, grants) = freed(roster, 501, "CA0", ANA);

    assert!(grants.is_empty() && roster.is_idle(), "{grants:?}");
}

#[test]
fn a_queue_is_full_for_newcomers_only() {
    let full = |name: &str, most| RosterEvent::Queued(Queued { most_waiting: most, ..wish(name, 5, &[ANA]) });
    let (roster, _) = queued(Roster::default(), "CA1", 0, &[ANA]);
    let (roster, _) = queued(roster, "CA2", 1, &[ANA]);

    let (roster, told) = roster.handle(at(5), full("CA3", Some(2)));
    assert_eq!(told[0].refused, Some(QueueRefusal::Full));
    assert_eq!(roster.place(&call("CA3")), None);
    assert_eq!(roster.clone().handle(at(5), full("CA2", Some(2))).1[0].refused, None);
    assert_eq!(roster.clone().handle(at(5), full("CA3", Some(3))).1[0].refused, None);

    let (roster, _) = roster.handle(at(6), RosterEvent::StoppedSeeking(call("CA1")));
    assert_eq!(roster.handle(at(6), full("CA3", Some(2))).1[0].refused, None);
}

#[test]
fn a_place_counts_the_queue_and_the_wait_counts_everybody_who_comes_before() {
    let mut roster = Roster::default();
    for talk in 0..5 {
        let name = format!("CA{talk}");
        (roster, _) = queued(roster, &name, 0, &[ANA]);
        assert_eq!(roster.place(&call(&name)).unwrap().wait, None, "{talk} talks are not enough");
        // Forty seconds of talk, twenty of rest.
        roster = talks(roster, 100 * talk, &name, ANA, 20);
        (roster, _) = freed(roster, 100 * talk + 40, &name, ANA);
        (roster, _) = roster.handle(at(100 * talk + 60), RosterEvent::CallOver(call(&name)));
        (roster, _) = roster.handle(at(100 * talk + 60), RosterEvent::DeadlineReached);
    }
    let (roster, _) = queued(roster, "CA6", 0, &[ANA, BEN]);
    let other = |name: &str, after, people: &[&str]| {
        RosterEvent::Queued(Queued { queue: "other".into(), ..wish(name, after, people) })
    };
    let (roster, _) = roster.handle(at(900), other("CA7", 1, &[BEN]));
    let (roster, _) = roster.handle(at(900), other("CA8", 1, &[CLEO]));
    let (roster, _) = queued(roster, "CA9", 2, &[ANA, BEN]);

    let place =
        |roster: &Roster, name| roster.place(&call(name)).map(|it| (it.place, it.wait.map(|wait| wait.as_secs())));
    // Three are to be served, one of another queue among them, by two people who take a minute each.
    assert_eq!((place(&roster, "CA6"), place(&roster, "CA9")), (Some((1, Some(30))), Some((2, Some(90)))));
    assert_eq!(place(&roster, "CA7"), Some((1, None)), "nothing was measured there");
    let (roster, _) = presence(roster, BEN, Presence::Away);
    assert_eq!(place(&roster, "CA9"), Some((2, Some(180))));
}

const ANA: &str = "+447700900001";
const BEN: &str = "+447700900002";
const CLEO: &str = "+447700900003";

fn at(seconds: u64) -> Timestamp {
    T0 + Duration::from_secs(seconds)
}

fn wish(name: &str, after: u64, people: &[&str]) -> Queued {
    let members: Vec<_> = people.iter().map(|number| phone(number)).collect();
    Queued {
        call: call(name),
        since: at(after),
        round: RoundId::FIRST,
        queue: "queue".into(),
        first: members.clone(),
        members,
        order: Order::AsWritten,
        last: Vec::new(),
        most_waiting: None,
    }
}

fn queued(roster: Roster, name: &str, after: u64, people: &[&str]) -> (Roster, Grant) {
    let (roster, mut grants) = roster.handle(at(after), RosterEvent::Queued(wish(name, after, people)));
    assert_eq!(grants.len(), 1, "it is answered at once");
    (roster, grants.remove(0))
}

fn sought(roster: Roster, name: &str, after: u64, people: &[&str]) -> (Roster, Vec<Grant>) {
    let phones = people.iter().map(|number| phone(number)).collect();
    let (call, since, round) = (call(name), at(after), RoundId::FIRST);
    let sought = RosterEvent::Sought { call, since, round, phones, ring_busy: false, order: Order::AsWritten };
    roster.handle(at(after), sought)
}

fn talks(roster: Roster, seconds: u64, name: &str, person: &str, wrap_up: u64) -> Roster {
    let (wrap_up, queue) = (Duration::from_secs(wrap_up), Some("queue".into()));
    let (roster, none) =
        roster.handle(at(seconds), RosterEvent::Talks { call: call(name), phone: phone(person), wrap_up, queue });
    assert_eq!(none, []);
    roster
}

fn freed(roster: Roster, seconds: u64, name: &str, person: &str) -> (Roster, Vec<Grant>) {
    roster.handle(at(seconds), RosterEvent::Freed(call(name), phone(person)))
}

fn presence(roster: Roster, person: &str, presence: Presence) -> (Roster, Vec<Grant>) {
    roster.handle(at(500), RosterEvent::PresenceSet(phone(person), presence))
}

fn call(name: &str) -> CallSid {
    name.parse().unwrap()
}

fn phone(number: &str) -> PhoneNumber {
    number.parse().unwrap()
}
