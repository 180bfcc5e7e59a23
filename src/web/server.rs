//! Connections. There is room for so many, and who holds a place without a signed request is let go first: after a
//! while in any case, and at once when the room is needed. A webhook that waits for its answer is never cut.

mod connection;
mod crowd;
mod place;

use std::{io, time::Duration};

use axum::Router;
use tokio::{
    net::{TcpListener, TcpStream},
    time::{Instant, interval, sleep},
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

pub(super) use self::place::Place;
use self::{crowd::Crowd, place::Guest};
use crate::tasks::Tasks;

/// However many files may be open, more connections than this are not taken: each costs memory, also an idle one.
pub const MOST_CONNECTIONS: usize = 32_768;

/// After a failed accept, so that what is open can finish.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);
/// While there is no room.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// How often it is looked who holds a place for too long.
const LOOKS_EVERY: Duration = Duration::from_secs(5);
/// What goes on for long is said once in a while.
const SAID_AGAIN: Duration = Duration::from_secs(60);

/// Serves connections until the tasks are asked to finish.
pub async fn serve(listener: TcpListener, router: Router, tasks: Tasks) {
    serve_at_most(MOST_CONNECTIONS, listener, router, tasks).await;
}

/// The same with room for so many connections at once.
pub async fn serve_at_most(most: usize, listener: TcpListener, router: Router, tasks: Tasks) {
    let crowd = Crowd::new(most);
    let stopping = tasks.stopping();
    tasks.spawn("doorkeeper", look_after(crowd.clone(), stopping.clone()));
    let mut troubles = Troubles::default();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopping.cancelled() => return,
        };
        match accepted {
            Ok((stream, _)) => {
                let Some(guest) = find_room(&crowd, &stopping, &mut troubles).await else { return };
                take(stream, guest, &router, &tasks);
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                troubles.on_refused_by_the_system(&error, crowd.let_go_some());
                sleep(ACCEPT_AGAIN).await;
            }
        }
    }
}

fn take(stream: TcpStream, guest: Guest, router: &Router, tasks: &Tasks) {
    tasks.spawn("connection", connection::serve(stream, guest, router.clone(), tasks.stopping()));
}

/// A place for one more, as soon as there is one; `None` if the program stops first.
async fn find_room(crowd: &Crowd, stopping: &CancellationToken, troubles: &mut Troubles) -> Option<Guest> {
    loop {
        if let Some(guest) = crowd.let_in() {
            troubles.on_room(crowd);
            return Some(guest);
        }
        let let_go = crowd.let_go_some();
        troubles.on_full(crowd, let_go);
        tokio::select! {
            () = crowd.someone_leaves() => {}
            // Those who cannot be let go now can be a moment later.
            () = sleep(LOOK_AGAIN) => {}
            () = stopping.cancelled() => return None,
        }
    }
}

/// Lets go whoever holds a place for too long.
async fn look_after(crowd: Crowd, stopping: CancellationToken) {
    let mut looks = interval(LOOKS_EVERY);
    loop {
        tokio::select! {
            _ = looks.tick() => crowd.let_the_slow_go(),
            () = stopping.cancelled() => return,
        }
    }
}

/// The peer gave up before it was its turn, which says nothing of the next.
fn is_of_one_connection(error: &io::Error) -> bool {
    [io::ErrorKind::ConnectionAborted, io::ErrorKind::ConnectionReset, io::ErrorKind::ConnectionRefused]
        .contains(&error.kind())
}

/// Says what goes wrong when it begins, and once a minute while it lasts.
#[derive(Default)]
struct Troubles {
    full: Lately,
    refused: Lately,
}

/// When something was said last, and what has happened since.
#[derive(Default)]
struct Lately {
    said: Option<Instant>,
    times: usize,
    let_go: usize,
    lasts: bool,
}

impl Troubles {
    fn on_full(&mut self, crowd: &Crowd, let_go: usize) {
        if let Some((_, let_go)) = self.full.take_to_say(let_go) {
            warn!(
                connections = crowd.most(),
                let_go,
                "all places for connections are taken; those that wait longest without a signed request are let go, \
                 calls go on. Is this a flood? If the calls are that many, raise the limit of open files \
                 (`ulimit -n`, or `LimitNOFILE=` of the service)"
            );
        }
    }

    fn on_refused_by_the_system(&mut self, error: &io::Error, let_go: usize) {
        if let Some((times, let_go)) = self.refused.take_to_say(let_go) {
            error!(
                %error, times, let_go,
                "the system gives no new connection; existing calls go on, idle connections are let go. Raise the limit \
                 of open files (`ulimit -n`, or `LimitNOFILE=` of the service), or end what else uses them up"
            );
        }
    }

    fn on_room(&mut self, crowd: &Crowd) {
        self.refused.lasts = false;
        if self.full.lasts && crowd.open() < crowd.most() / 4 * 3 {
            self.full.lasts = false;
            info!(open = crowd.open(), "there is room for new connections again");
        }
    }
}

impl Lately {
    /// How often it happened and how many were let go since it was said last, if it is to be said now.
    fn take_to_say(&mut self, let_go: usize) -> Option<(usize, usize)> {
        self.times += 1;
        self.let_go += let_go;
        self.lasts = true;
        if self.said.is_some_and(|said| said.elapsed() < SAID_AGAIN) {
            return None;
        }
        self.said = Some(Instant::now());
        Some((std::mem::take(&mut self.times), std::mem::take(&mut self.let_go)))
    }
}

#[cfg(test)]
mod tests;
