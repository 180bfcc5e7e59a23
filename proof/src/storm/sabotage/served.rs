//! What is done wrong with queues, messages and questions about callers: the program is told another plan, or another
//! answer, or what it says is changed.

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use ringall::carrier::transport::HttpService;
use ringall_core::roster::Presence;
use tower::{service_fn, util::BoxCloneSyncService};

use super::Sabotage;
use crate::storm::{
    file::{THANKS, Tongue, said},
    flow::{Queue, Step, Voicemail},
    plan::Plan,
    terms::{NOTICE, OVER},
};

/// Lines have fewer steps.
const STEPS: usize = 8;

impl Sabotage {
    /// The plan that the program is told instead.
    pub fn plan(self, plan: &Plan) -> Plan {
        let mut told = plan.clone();
        for terms in told.lines.iter_mut().map(|line| &mut line.terms) {
            match self {
                Self::TakeEverybody => terms.block.clear(),
                Self::DialOn => terms.dials = 0,
                Self::RecordNothing => terms.record = false,
                Self::ForgetTalks => terms.back_for = 0,
                _ => {}
            }
        }
        told.show_caller &= self != Self::ShowLine;
        let everybody: Vec<usize> = (0..plan.people.len()).collect();
        for step in told.lines.iter_mut().flat_map(|line| &mut line.steps) {
            if let Some(other) = self.step(step, &everybody) {
                *step = other;
            }
        }
        told
    }

    fn step(self, step: &Step, everybody: &[usize]) -> Option<Step> {
        if let Step::Queue(queue) = step {
            let it = queue.clone();
            if self == Self::RingAll {
                return Some(Step::Ring(it.ring));
            }
            return match (self, it.leave) {
                (Self::NoRest, _) => Some(Queue { wrap_up: 0, ..it }),
                (Self::WaitLonger, _) => Some(Queue { max_wait: 3 * it.max_wait, ..it }),
                // Nobody presses that one.
                (Self::DeafQueues, Some((_, to))) => Some(Queue { leave: Some(('0', to)), ..it }),
                _ => None,
            }
            .map(Step::Queue);
        }
        let Step::Voicemail(voicemail) = step else { return None };
        let notify = match self {
            Self::KeepMessages => Vec::new(),
            Self::TellEverybody => everybody.to_vec(),
            _ => return None,
        };
        Some(Step::Voicemail(Voicemail { notify, ..voicemail.clone() }))
    }

    /// The program's way to whoever is asked about callers.
    pub fn lookups(self, http: HttpService) -> HttpService {
        if self != Self::BelieveLies {
            return http;
        }
        BoxCloneSyncService::new(service_fn(|_: http::Request<Bytes>| async {
            let mut response = http::Response::new(Bytes::from_static(b"{\"tier\":\"tier 1\"}"));
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            Ok(response)
        }))
    }

    /// What the program is told of who goes away.
    pub fn presence(self) -> Presence {
        if self == Self::NobodyIsAway { Presence::Available } else { Presence::Away }
    }

    /// The answer that an order for a telephone gets before it reaches the carrier.
    pub(super) fn refusal(self, form: &str) -> Option<http::Response<Bytes>> {
        // Every second call is one for which nobody can be rung.
        let call = form.split("%2Fcalls%2F").nth(1)?.split("%2F").next()?;
        let second = call.bytes().last().is_some_and(|last| last % 2 == 0);
        (self == Self::LastFirst && second).then(|| {
            let mut response = http::Response::new(Bytes::from_static(b"{\"code\":21211,\"status\":400}"));
            *response.status_mut() = StatusCode::BAD_REQUEST;
            response
        })
    }

    /// What is said in place of what.
    pub(super) fn other_words(self) -> Vec<(String, String)> {
        match self {
            Self::NoGreeting => vec![("Leave a message at".to_owned(), "You have come to".to_owned())],
            Self::LimitUntold => vec![(OVER.to_owned(), "Well.".to_owned())],
            Self::NoNotice => vec![(NOTICE.to_owned(), "Well.".to_owned())],
            Self::NoThanks => vec![(THANKS.to_owned(), "Whatever.".to_owned())],
            Self::Foreign => {
                let [english, german] = Tongue::ALL;
                (0..STEPS).map(|at| (said(english, at, 0), said(german, at, 0))).collect()
            }
            _ => Vec::new(),
        }
    }
}
