//! The walk: every state that can be reached, nearest first, each looked at once.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    rc::Rc,
};

use super::{
    fingerprint::fingerprint,
    picture::Picture,
    plan::{Plan, T0},
    steps::{By, Step},
    world::World,
};

/// What a walk has come to.
pub(crate) struct Walked {
    name: &'static str,
    states: usize,
    transitions: usize,
    depth: usize,
    /// States that were not walked on from, because of `RINGALL_DEPTH` or `RINGALL_STATES`.
    cut: usize,
    pub(crate) picture: Picture,
    pub(crate) broken: Option<Broken>,
}

/// A promise that is not kept, and the shortest way there.
pub(crate) struct Broken {
    pub(crate) promise: &'static str,
    /// Each step, and what the calls heard and wanted then.
    pub(crate) path: Vec<String>,
    pub(crate) steps: usize,
}

/// Where a state was first come to from: the state, and the number of its step there.
#[derive(Clone, Copy)]
struct From {
    state: u32,
    step: u16,
}

struct Walk {
    plan: &'static Plan,
    known: HashMap<u128, u32, std::hash::BuildHasherDefault<Already>>,
    from: Vec<From>,
    /// All transitions, state by state: two bits for who brings it about, thirty for where it leads.
    edges: Vec<u32>,
    /// Where each state's transitions begin.
    begins: Vec<u32>,
    marks: Vec<u8>,
    picture: Picture,
}

/// A state that is known and waits to be walked on from. Most of the memory that a walk takes is for these, so that only
/// one in a few is kept as it is, and the others by the steps from there.
struct Waiting {
    from: Rc<World>,
    steps: [Option<(Step, By)>; MOST_STEPS],
    depth: usize,
}

const MOST_STEPS: usize = 3;

const FINISHED: u8 = 1;
const AT_REST: u8 = 2;
const CUT: u8 = 4;

/// Walks through all states of a plan.
pub(crate) fn walk(plan: &'static Plan) -> Walked {
    let most_depth = crate::number("RINGALL_DEPTH").unwrap_or(usize::MAX);
    let most_states = crate::number("RINGALL_STATES").unwrap_or(usize::MAX);
    let start = World::new(plan);
    let mut walk = Walk {
        plan,
        known: HashMap::default(),
        from: vec![From { state: 0, step: 0 }],
        edges: Vec::new(),
        begins: vec![0],
        marks: Vec::new(),
        picture: Picture::default(),
    };
    walk.known.insert(fingerprint(&start), 0);
    let mut frontier = VecDeque::from([Waiting::new(Rc::new(start), 0)]);
    let (mut depth, mut cut) = (0, 0);
    let mut broken = None;
    while let Some(waiting) = frontier.pop_front() {
        let mut world = waiting.world();
        depth = waiting.depth;
        let state = u32::try_from(walk.marks.len()).expect("fewer states");
        let mut mark = u8::from(world.is_finished()) * FINISHED + u8::from(world.is_at_rest()) * AT_REST;
        if depth >= most_depth || walk.from.len() >= most_states {
            cut += 1;
            mark |= CUT;
        } else if let Some(promise) = walk.expand(&mut world, state, &waiting, &mut frontier) {
            broken = Some(promise);
            break;
        }
        walk.marks.push(mark);
        walk.begins.push(u32::try_from(walk.edges.len()).expect("fewer transitions"));
    }
    drop(frontier);
    walk.known = HashMap::default();
    if broken.is_none() {
        broken = walk.leads_on().or_else(|| walk.ends());
    }
    let (states, transitions) = (walk.from.len(), walk.edges.len());
    Walked { name: plan.name, states, transitions, depth, cut, picture: walk.picture, broken }
}

impl Waiting {
    fn new(from: Rc<World>, depth: usize) -> Self {
        Self { from, steps: [None; MOST_STEPS], depth }
    }

    fn world(&self) -> World {
        let mut steps = self.steps.iter().flatten();
        let Some(first) = steps.next() else { return World::clone(&self.from) };
        steps.fold(self.from.after(*first), |world, step| world.after(*step))
    }

    /// What the states after this one are kept by: its own steps, or itself if those are too many.
    fn base(&self, world: &World) -> Self {
        match self.steps.last() {
            Some(None) => Self { from: self.from.clone(), steps: self.steps, depth: self.depth },
            Some(Some(_)) | None => Self::new(Rc::new(world.clone()), self.depth),
        }
    }

    fn then(&self, step: (Step, By)) -> Self {
        let mut next = Self { from: self.from.clone(), steps: self.steps, depth: self.depth + 1 };
        if let Some(free) = next.steps.iter_mut().find(|step| step.is_none()) {
            *free = Some(step);
        }
        next
    }
}

impl Walk {
    /// Takes every step from a state; a promise that is not kept ends the walk.
    fn expand(
        &mut self,
        world: &mut World,
        state: u32,
        waiting: &Waiting,
        frontier: &mut VecDeque<Waiting>,
    ) -> Option<Broken> {
        let steps = world.steps();
        if steps.is_empty() {
            world.watch_end();
            if let Some(promise) = world.found.broken {
                return Some(self.broken(promise, state, None));
            }
        }
        let base = waiting.base(world);
        for (number, step) in steps.into_iter().enumerate() {
            let step_number = u16::try_from(number).expect("fewer steps");
            let next = world.after(step);
            self.picture.extend(&next.found.seen);
            if let Some(promise) = next.found.broken {
                return Some(self.broken(promise, state, Some(step_number)));
            }
            let fresh = u32::try_from(self.from.len()).expect("fewer states");
            let to = *self.known.entry(fingerprint(&next)).or_insert(fresh);
            if to == fresh {
                self.from.push(From { state, step: step_number });
                frontier.push_back(base.then(step));
            }
            self.edges.push(to << 2 | step.1 as u32);
        }
        None
    }

    fn out(&self, state: usize) -> &[u32] {
        &self.edges[self.begins[state] as usize..self.begins[state + 1] as usize]
    }

    /// Nobody needs help: from every state, whatever order things come in, a state is reached in which every call is
    /// over or people talk. Peels off states all of whose steps lead to states peeled off before; what is left goes in
    /// circles, or stands still.
    fn leads_on(&self) -> Option<Broken> {
        let states = self.marks.len();
        let counts = |edge: u32| edge & 3 == By::Itself as u32;
        let mut left: Vec<u16> = (0..states)
            .map(|state| u16::try_from(self.out(state).iter().filter(|edge| counts(**edge)).count()).expect("few"))
            .collect();
        let back = self.back(counts);
        let good = |state: usize| self.marks[state] & (AT_REST | CUT) != 0;
        let mut peeled: Vec<bool> = (0..states).map(good).collect();
        let mut queue: Vec<u32> = numbered(&peeled).collect();
        while let Some(state) = queue.pop() {
            for from in back.to(state) {
                let at = *from as usize;
                left[at] -= 1;
                if left[at] == 0 && !peeled[at] {
                    peeled[at] = true;
                    queue.push(*from);
                }
            }
        }
        let stuck = (0..).zip(&peeled).find(|(_, peeled)| !**peeled)?.0;
        Some(self.broken("every caller who waits is led on, whatever anybody does", stuck, None))
    }

    /// From every state the end can be reached: time passes, talks end, and nothing more goes wrong.
    fn ends(&self) -> Option<Broken> {
        let back = self.back(|edge| edge & 3 == By::Itself as u32 || edge & 3 == By::Talk as u32);
        let mut reached: Vec<bool> = self.marks.iter().map(|mark| mark & (FINISHED | CUT) != 0).collect();
        let mut queue: Vec<u32> = numbered(&reached).collect();
        while let Some(state) = queue.pop() {
            for from in back.to(state) {
                if !std::mem::replace(&mut reached[*from as usize], true) {
                    queue.push(*from);
                }
            }
        }
        let lost = (0..).zip(&reached).find(|(_, reached)| !**reached)?.0;
        Some(self.broken("every call can come to its end", lost, None))
    }

    /// The transitions that count, turned round.
    fn back(&self, counts: impl Fn(u32) -> bool) -> Back {
        let states = self.marks.len();
        let mut begins = vec![0_u32; states + 1];
        for edge in self.edges.iter().filter(|edge| counts(**edge)) {
            begins[(edge >> 2) as usize + 1] += 1;
        }
        for state in 0..states {
            begins[state + 1] += begins[state];
        }
        let mut at = begins.clone();
        let mut from = vec![0; begins[states] as usize];
        for (number, state) in (0_u32..).zip(0..states) {
            for edge in self.out(state).iter().filter(|edge| counts(**edge)) {
                let to = (edge >> 2) as usize;
                from[at[to] as usize] = number;
                at[to] += 1;
            }
        }
        Back { begins, from }
    }

    /// The shortest way to a state, told again from the start.
    fn broken(&self, promise: &'static str, state: u32, last: Option<u16>) -> Broken {
        let mut numbers: Vec<u16> = last.into_iter().collect();
        let mut at = state;
        while at != 0 {
            let from = self.from[at as usize];
            numbers.push(from.step);
            at = from.state;
        }
        let steps = numbers.len();
        let mut world = World::new(self.plan);
        let mut path = Vec::new();
        for number in numbers.into_iter().rev() {
            let step = world.steps()[usize::from(number)];
            let text = world.describe(step.0);
            world.found.said = Some(Vec::new());
            let next = world.after(step);
            path.push(format!("{:>9} ms  {text}", next.now.since(T0).as_millis()));
            path.extend(next.found.said.clone().unwrap_or_default());
            world = next;
        }
        Broken { promise, path, steps }
    }
}

/// The numbers of the marked states.
fn numbered(marked: &[bool]) -> impl Iterator<Item = u32> + '_ {
    (0..).zip(marked).filter(|(_, marked)| **marked).map(|(state, _)| state)
}

/// Transitions by where they lead.
struct Back {
    begins: Vec<u32>,
    from: Vec<u32>,
}

impl Back {
    fn to(&self, state: u32) -> &[u32] {
        &self.from[self.begins[state as usize] as usize..self.begins[state as usize + 1] as usize]
    }
}

/// A fingerprint is a hash already.
#[derive(Default)]
struct Already(u64);

impl std::hash::Hasher for Already {
    fn write(&mut self, _: &[u8]) {
        unreachable!("only fingerprints are hashed");
    }

    #[expect(clippy::cast_possible_truncation, reason = "half of a fingerprint spreads as well as the whole")]
    fn write_u128(&mut self, number: u128) {
        self.0 = number as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl fmt::Display for Walked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, states, transitions, depth, cut, .. } = self;
        write!(f, "{name}: {states} states, {transitions} transitions, {depth} steps deep")?;
        if *cut > 0 { write!(f, ", {cut} states not walked on from") } else { Ok(()) }
    }
}
