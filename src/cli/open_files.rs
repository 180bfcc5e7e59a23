//! How many files the process may have open, and how they are shared out: connections that come in must never use up
//! what our own requests to the carrier need.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::warn;

use crate::web::MOST_CONNECTIONS;

/// Standard streams, the runtime's own, the log, name servers, a store: what is neither a connection nor a request.
const OTHER_FILES: usize = 64;
/// Fewer connections than this are worth a word.
const FEW: usize = 1_000;
/// What any system allows, where the limit that it names is too much for it.
const SURELY_ALLOWED: u64 = 10_240;

/// Raises the limit of open files as far as the system lets us, and says how many connections fit beside so many
/// `requests` to the carrier at once.
pub(super) fn connections_beside(requests: usize) -> usize {
    let limit = raise_limit();
    let connections = share(limit, requests);
    if connections < FEW {
        warn!(
            limit,
            connections,
            "few files may be open at once, so few connections are taken at once; raise the limit: `ulimit -n`, or \
             `LimitNOFILE=` of the service"
        );
    }
    connections
}

/// The limit as it is then; `usize::MAX` where there is none.
fn raise_limit() -> usize {
    let now = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: now.maximum, maximum: now.maximum };
    if setrlimit(Resource::Nofile, raised).is_err() {
        // Some systems take less than the limit that they name.
        let current = Some(now.maximum.unwrap_or(SURELY_ALLOWED).min(SURELY_ALLOWED));
        let _ = setrlimit(Resource::Nofile, Rlimit { current, maximum: now.maximum });
    }
    getrlimit(Resource::Nofile).current.and_then(|limit| limit.try_into().ok()).unwrap_or(usize::MAX)
}

fn share(limit: usize, requests: usize) -> usize {
    // A request that finds no kept connection opens one while another is still being closed.
    let reserve = requests.saturating_mul(2).saturating_add(OTHER_FILES);
    let connections = limit.saturating_sub(reserve).max(limit / 2);
    connections.clamp(1, MOST_CONNECTIONS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_room_for_requests_to_the_carrier() {
        assert_eq!(share(20_000, 64), 20_000 - 128 - OTHER_FILES);
        assert_eq!(share(usize::MAX, 64), MOST_CONNECTIONS);
    }

    #[test]
    fn a_very_small_limit_is_shared_in_halves() {
        assert_eq!(share(256, 64), 128);
        assert_eq!(share(256, 1_024), 128);
        assert_eq!(share(0, 64), 1);
    }

    #[test]
    fn the_limit_is_as_high_as_it_may_be() {
        let limit = raise_limit();

        assert_eq!(limit, raise_limit());
        let highest = getrlimit(Resource::Nofile).maximum;
        assert!(highest.is_none_or(|highest| limit as u64 == highest.min(limit as u64)));
    }
}
