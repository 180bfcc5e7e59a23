//! The demonstration: this program before a simulated carrier, on one machine. Either with a page on which visitors hold
//! the telephones, or as one call that plays by itself. Nothing here knows a rule of a call.

mod actions;
pub mod auto;
mod cast;
mod events;
mod facts;
mod guard;
mod page;
mod stage;
mod view;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::net::TcpListener;
use tracing::error;

pub use self::stage::StageError;
use self::{
    cast::{CALLERS, Manner},
    facts::Facts,
    stage::Stage,
};
use crate::{carrier::transport, clock::Clock, config::Person, service::Service, simulator, simulator::Simulator, web};

/// The demonstration with its page: the program, its simulated carrier, and everybody at the telephones.
pub struct Demo {
    simulator: Simulator,
    service: Service,
    stage: Stage,
    callers: Mutex<[Option<simulator::Caller>; CALLERS.len()]>,
    manners: Mutex<Vec<Manner>>,
    facts: Facts,
}

impl Demo {
    /// Puts the program and its carrier together. The program will be reached at `page`, the carrier's API at `api`.
    pub fn new(page: SocketAddr, api: SocketAddr) -> Result<Arc<Self>, StageError> {
        let stage = Stage::build(page, api)?;
        let clock = Clock::system();
        let simulator = stage.simulator_over_http(clock.now());
        let service = stage.service(transport::over_network()?, clock)?;
        Ok(Arc::new(Self::of(stage, simulator, service)))
    }

    /// Serves the page with the program's own routes, and the carrier's API, for as long as the program runs.
    pub fn start(self: &Arc<Self>, page: TcpListener, api: TcpListener) -> std::io::Result<()> {
        let tasks = &self.service.tasks;
        let router = self.service.router().merge(page::router(self.clone(), page.local_addr()?.port()));
        tasks.spawn("timeline", self.clone().keep_facts(self.service.switchboard.facts()));
        tasks.spawn("listener", web::serve(page, router, tasks.clone()));
        let simulator = self.simulator.clone();
        tasks.spawn("carrier", async move {
            if let Err(error) = simulator.serve_rest(api).await {
                error!(%error, "the simulated carrier takes no more orders");
            }
        });
        Ok(())
    }

    fn of(stage: Stage, simulator: Simulator, service: Service) -> Self {
        let manners = Mutex::new(stage.people.iter().map(|_| Manner::Manual).collect());
        Self { simulator, service, stage, callers: Mutex::default(), manners, facts: Facts::default() }
    }

    fn people(&self) -> &[(String, Person)] {
        &self.stage.people
    }

    fn callers(&self) -> MutexGuard<'_, [Option<simulator::Caller>; CALLERS.len()]> {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn manners(&self) -> MutexGuard<'_, Vec<Manner>> {
        self.manners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::ServerLink;

    /// The demonstration without sockets, so that time can be paused.
    pub(super) fn demo_in_process() -> Arc<Demo> {
        let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let stage = Stage::build(local(7000), local(7001)).unwrap();
        let clock = Clock::system();
        let simulator = stage.simulator_over_http(clock.now());
        let service = stage.service(transport::in_process(simulator.rest()), clock).unwrap();
        simulator.reconnect(ServerLink::in_process(service.router()));
        let demo = Arc::new(Demo::of(stage, simulator, service));
        demo.service.tasks.spawn("timeline", demo.clone().keep_facts(demo.service.switchboard.facts()));
        demo
    }
}
