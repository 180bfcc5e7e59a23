//! Makes a plan smaller while it still breaks the same promise.

use super::{
    flow::{Answer, Branch, Forward, Lookup, Queue, Step, Voicemail, remove_step},
    judge::{Promise, judge},
    plan::{Does, Leaves, Mishaps, Net, Plan, Speech, Terms},
    play::play,
    sabotage::Sabotage,
};

/// Takes a change of the plan that makes it smaller.
type Add<'a> = dyn FnMut(&dyn Fn(&mut Plan)) + 'a;

/// The smallest plan found within so many plays.
pub fn shrink(plan: &Plan, promise: Promise, sabotage: Sabotage, mut budget: u32) -> Plan {
    let mut smallest = plan.clone();
    loop {
        let before = smallest.clone();
        let mut candidate_nth = 0;
        while let Some(candidate) = candidates(&smallest).into_iter().nth(candidate_nth) {
            if budget == 0 {
                return smallest;
            }
            budget -= 1;
            if candidate != smallest && breaks(&candidate, promise, sabotage) {
                // What could be taken away here may go on from here.
                smallest = candidate;
            } else {
                candidate_nth += 1;
            }
        }
        if smallest == before {
            return smallest;
        }
    }
}

fn breaks(plan: &Plan, promise: Promise, sabotage: Sabotage) -> bool {
    is_sound(plan) && judge(&play(plan, sabotage)).iter().any(|broken| broken.promise == promise)
}

/// Whether everything that the plan names is there.
fn is_sound(plan: &Plan) -> bool {
    let exists = |step: &Step| {
        let named = match step {
            Step::Forward(forward) => forward.found || forward.to < plan.outside.len(),
            Step::Voicemail(voicemail) => voicemail.notify.iter().all(|person| *person < plan.people.len()),
            Step::Ring(_)
            | Step::Say
            | Step::Tiers(_)
            | Step::Menu(_)
            | Step::Hours(_)
            | Step::Reject
            | Step::Queue(_)
            | Step::Lookup(_)
            | Step::Branch(_)
            | Step::Language => true,
        };
        named && step.groups().into_iter().all(|group| group < plan.groups.len())
    };
    let lines = plan.lines.iter().all(|line| {
        let steps = || line.steps.iter().enumerate();
        !line.steps.is_empty() && steps().all(|(at, step)| exists(step) && step.is_sound(at, line.steps.len()))
    });
    let groups = plan
        .groups
        .iter()
        .all(|group| !group.members.is_empty() && group.members.iter().all(|member| *member < plan.people.len()));
    let callers = plan.callers.iter().all(|caller| caller.line < plan.lines.len());
    lines && groups && callers && !plan.callers.is_empty() && !plan.people.is_empty()
}

/// Plans that are a little smaller, the boldest first.
fn candidates(plan: &Plan) -> Vec<Plan> {
    let mut found = Vec::new();
    let mut add = |change: &dyn Fn(&mut Plan)| {
        let mut candidate = plan.clone();
        change(&mut candidate);
        found.push(candidate);
    };
    let half = plan.callers.len() / 2;
    if half > 0 {
        add(&|plan| drop(plan.callers.drain(..half)));
        add(&|plan| plan.callers.truncate(half));
    }
    add(&|plan| plan.mishaps = Mishaps::default());
    add(&|plan| plan.switches.clear());
    add(&|plan| plan.stops.clear());
    for nth in 0..plan.callers.len() {
        add(&|plan| {
            plan.callers.remove(nth);
        });
    }
    for nth in 0..plan.stops.len() {
        add(&|plan| {
            plan.stops.remove(nth);
        });
    }
    for name in plan.switches.keys() {
        add(&|plan| {
            plan.switches.remove(name);
        });
    }
    add(&|plan| plan.cps = 0);
    add(&|plan| plan.concurrent = 0);
    add(&|plan| plan.show_caller = false);
    add(&|plan| plan.speech = Speech::default());
    add(&|plan| plan.net = Net::default());
    add(&|plan| plan.net.jostle = 0);
    add(&|plan| plan.net.late = 0);
    add(&|plan| (plan.net.breaks, plan.net.breaks_after) = (0, 0));
    structure(plan, &mut add);
    for without in MISHAPS {
        add(&|plan| without(&mut plan.mishaps));
    }
    people(plan, &mut add);
    talk(plan, &mut add);
    times(plan, &mut add);
    found
}

fn structure(plan: &Plan, add: &mut Add<'_>) {
    for nth in 0..plan.lines.len() {
        add(&|plan| remove_line(plan, nth));
        for step in 0..plan.lines[nth].steps.len() {
            add(&|plan| remove_step(&mut plan.lines[nth].steps, step));
            for plain in plainer(&plan.lines[nth].steps[step]) {
                add(&|plan| plan.lines[nth].steps[step] = plain.clone());
            }
        }
        add(&|plan| plan.lines[nth].by_dial = false);
        add(&|plan| plan.lines[nth].terms = Terms::default());
        add(&|plan| plan.lines[nth].terms.dials = 0);
        add(&|plan| plan.lines[nth].terms.record = false);
        add(&|plan| plan.lines[nth].terms.back_for = 0);
        add(&|plan| plan.lines[nth].terms.block.clear());
        add(&|plan| plan.lines[nth].terms.block.truncate(1));
        add(&|plan| plan.lines[nth].by_carrier = false);
        add(&|plan| (plan.lines[nth].most, plan.lines[nth].most_of_one) = (0, 0));
    }
    for nth in 0..plan.groups.len() {
        add(&|plan| remove_group(plan, nth));
        for member in 0..plan.groups[nth].members.len() {
            add(&|plan| {
                plan.groups[nth].members.remove(member);
            });
        }
        add(&|plan| plan.groups[nth].passes = 1);
        add(&|plan| plan.groups[nth].ring_busy = false);
    }
    for nth in 0..plan.people.len() {
        add(&|plan| remove_person(plan, nth));
    }
}

fn remove_line(plan: &mut Plan, nth: usize) {
    plan.lines.remove(nth);
    plan.callers.retain(|caller| caller.line != nth);
    for caller in plan.callers.iter_mut().filter(|caller| caller.line > nth) {
        caller.line -= 1;
    }
}

fn remove_group(plan: &mut Plan, nth: usize) {
    plan.groups.remove(nth);
    for line in &mut plan.lines {
        while let Some(at) = line.steps.iter().position(|step| step.groups().contains(&nth)) {
            remove_step(&mut line.steps, at);
        }
        for step in &mut line.steps {
            for group in step.groups_mut() {
                *group -= usize::from(*group > nth);
            }
        }
    }
}

fn remove_person(plan: &mut Plan, nth: usize) {
    plan.people.remove(nth);
    let notified = plan.lines.iter_mut().flat_map(|line| &mut line.steps).filter_map(|step| match step {
        Step::Voicemail(voicemail) => Some(&mut voicemail.notify),
        Step::Ring(_)
        | Step::Say
        | Step::Tiers(_)
        | Step::Menu(_)
        | Step::Hours(_)
        | Step::Forward(_)
        | Step::Reject
        | Step::Queue(_)
        | Step::Lookup(_)
        | Step::Branch(_)
        | Step::Language => None,
    });
    for people in plan.groups.iter_mut().map(|group| &mut group.members).chain(notified) {
        people.retain(|person| *person != nth);
        for person in people.iter_mut().filter(|person| **person > nth) {
            *person -= 1;
        }
    }
}

/// What a step needs not have.
fn plainer(step: &Step) -> Vec<Step> {
    let mut plainer = Vec::new();
    match step {
        Step::Queue(queue) => {
            let usual = Queue { offer_for: 20, max_wait: 60, ..queue.clone() };
            plainer.extend([
                Step::Queue(Queue { leave: None, ..queue.clone() }),
                Step::Queue(Queue { wrap_up: 0, ..queue.clone() }),
                Step::Queue(Queue { most: 0, ..queue.clone() }),
                Step::Queue(Queue { announce: 0, ..queue.clone() }),
                Step::Queue(usual),
            ]);
        }
        Step::Voicemail(voicemail) => {
            plainer.extend([
                Step::Voicemail(Voicemail { done: None, keyless: false, ..voicemail.clone() }),
                Step::Voicemail(Voicemail { silence: 5, longest: 40, ..voicemail.clone() }),
            ]);
            plainer.extend((0..voicemail.notify.len()).map(|nth| {
                let mut notify = voicemail.notify.clone();
                notify.remove(nth);
                Step::Voicemail(Voicemail { notify, ..voicemail.clone() })
            }));
        }
        Step::Lookup(lookup) => plainer.push(Step::Lookup(Lookup { always: false, ..*lookup })),
        Step::Branch(branch) => plainer.extend((0..branch.cases.len()).map(|nth| {
            let mut cases = branch.cases.clone();
            cases.remove(nth);
            Step::Branch(Branch { cases, ..branch.clone() })
        })),
        Step::Forward(forward) => {
            plainer.push(Step::Forward(Forward {
                key: false,
                whisper: false,
                show_caller: false,
                done: None,
                ..*forward
            }));
        }
        Step::Ring(_) | Step::Say | Step::Tiers(_) | Step::Menu(_) | Step::Hours(_) | Step::Reject | Step::Language => {
        }
    }
    plainer
}

/// What those say and do who call, and who is asked about them.
fn talk(plan: &Plan, add: &mut Add<'_>) {
    add(&|plan| plan.absences.clear());
    for nth in 0..plan.absences.len() {
        add(&|plan| {
            plan.absences.remove(nth);
        });
        add(&|plan| plan.absences[nth].from = rounder(plan.absences[nth].from));
    }
    add(&|plan| plan.answers.clear());
    for nth in 0..plan.answers.len() {
        add(&|plan| {
            plan.answers.remove(nth);
        });
        add(&|plan| match &mut plan.answers[nth] {
            Answer::Knows { after, .. } | Answer::Unknown { after, .. } => *after = 0,
            Answer::Nonsense(_) | Answer::Down | Answer::Breaks | Answer::Hangs | Answer::Trickles => {}
        });
    }
    for nth in 0..plan.callers.len() {
        add(&|plan| plan.callers[nth].says.clear());
        add(&|plan| {
            plan.callers[nth].says.pop();
        });
    }
}

fn people(plan: &Plan, add: &mut Add<'_>) {
    for nth in 0..plan.people.len() {
        if plan.people[nth].does != Does::RingsOut {
            add(&|plan| plan.people[nth].does = Does::RingsOut);
        }
        add(&|plan| {
            if let Does::Answers(hand) = &mut plan.people[nth].does {
                (hand.leaves, hand.talks, hand.together) = (None, None, false);
            }
        });
        add(&|plan| {
            if let Does::Answers(hand) = &mut plan.people[nth].does {
                hand.thinks = 0;
                hand.after = rounder(hand.after);
            }
        });
    }
}

fn times(plan: &Plan, add: &mut Add<'_>) {
    for nth in 0..plan.callers.len() {
        add(&|plan| plan.callers[nth].leaves = Leaves::Never);
        add(&|plan| plan.callers[nth].at = 0);
        add(&|plan| plan.callers[nth].at = rounder(plan.callers[nth].at));
        add(&|plan| plan.callers[nth].talks = 5000);
        add(&|plan| plan.callers[nth].presses.clear());
        add(&|plan| drop(plan.callers[nth].presses.pop()));
        add(&|plan| plan.callers[nth].from = nth + 1);
        add(&|plan| {
            if let Leaves::Called(after) | Leaves::PickedUp(after) | Leaves::Joined(after) | Leaves::Words(after) =
                &mut plan.callers[nth].leaves
            {
                *after = rounder(*after);
            }
        });
    }
    for nth in 0..plan.stops.len() {
        add(&|plan| plan.stops[nth].at = rounder(plan.stops[nth].at));
        add(&|plan| plan.stops[nth].away = rounder(plan.stops[nth].away));
        add(&|plan| plan.stops[nth].drains_for = None);
    }
    for nth in 0..plan.groups.len() {
        add(&|plan| (plan.groups[nth].ring_for, plan.groups[nth].phone_for) = (30, 30));
        add(&|plan| plan.groups[nth].wait_for = 0);
    }
}

fn rounder(millis: u64) -> u64 {
    millis / 1000 * 1000
}

/// Each takes one kind of mishap away.
const MISHAPS: [fn(&mut Mishaps); 13] = [
    |mishaps| mishaps.callback_lost = 0,
    |mishaps| mishaps.callback_twice = 0,
    |mishaps| mishaps.callback_late = 0,
    |mishaps| mishaps.callback_delay = 0,
    |mishaps| mishaps.connect_failed = 0,
    |mishaps| mishaps.voice_delay = 0,
    |mishaps| mishaps.rest_refused = 0,
    |mishaps| mishaps.rest_reset = 0,
    |mishaps| mishaps.rest_answer_lost = 0,
    |mishaps| mishaps.rest_hang = 0,
    |mishaps| mishaps.rest_delay = 0,
    |mishaps| mishaps.cancel_delay = 0,
    |mishaps| mishaps.wrong_verdict = 0,
];
