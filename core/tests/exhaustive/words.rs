//! Steps in words, for whoever reads the way to a promise that is not kept.

use super::{
    plan::NAMES,
    steps::Step,
    switchboard::self_name,
    world::{Request, UnderWay, World},
};

impl World {
    /// A step in words, for whoever reads a path.
    pub(crate) fn describe(&self, step: Step) -> String {
        let under_way = |at: usize| match &self.under_way[at] {
            UnderWay::Word { call, event, .. } => format!("word for {}: {event:?}", self_name(*call)),
            UnderWay::Request(request) => Self::describe_request(*request),
        };
        match step {
            Step::Arrives(call) => format!("{} comes in", self_name(call)),
            Step::Hears(call, at) => format!("{}'s task hears {:?}", self_name(call), self.calls[call].inbox[at]),
            Step::Comes(at) => under_way(at),
            Step::IsLost(at) => format!("LOST: {}", under_way(at)),
            Step::ComesTwice(at) => format!("TWICE: {}", under_way(at)),
            Step::Fails(at) => format!("FAILS: {}", under_way(at)),
            Step::AnswerIsLost(at) => format!("ANSWER LOST: {}", under_way(at)),
            Step::Caller(call, step) => format!("{}'s caller: {step:?}", self_name(call)),
            Step::Leg(leg, step) => {
                let leg = &self.legs[leg];
                format!("{} ({} leg {}): {step:?}", NAMES[leg.person], self_name(leg.call), leg.id)
            }
            Step::Outside(call, step) => format!("outside number of {}: {step:?}", self_name(call)),
            Step::Deadline(call) => format!("{}'s deadline", self_name(call)),
            Step::DeadlineTooEarly(call) => format!("EARLY: {}'s deadline", self_name(call)),
            Step::RosterDeadline => "the roster's deadline".into(),
            Step::ShutsDown => "the program ends".into(),
        }
    }

    fn describe_request(request: Request) -> String {
        let of = |call: usize, what: String| format!("carrier, for {}: {what}", self_name(call));
        match request {
            Request::Create { call, leg, person, .. } => of(call, format!("dial leg {leg}, {}", NAMES[person])),
            Request::Cancel { call, leg, .. } => of(call, format!("cancel leg {leg}")),
            Request::Complete(call, leg) => of(call, format!("end leg {leg}")),
            Request::Tell(call, leg, why) => of(call, format!("tell leg {leg} {why:?}")),
            Request::LookUpLeg(call, leg) => of(call, format!("look leg {leg} up")),
            Request::LookUpCaller(call) => of(call, "look the caller up".into()),
            Request::RedirectCaller(call) => of(call, "redirect the caller".into()),
            Request::EndCaller(call) => of(call, "end the caller".into()),
            Request::Inquire(call, _) => of(call, "ask who calls".into()),
            Request::LookUpRoom(call, _) => of(call, "look into the room".into()),
        }
    }
}
