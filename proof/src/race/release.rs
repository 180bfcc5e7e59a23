//! The instant itself: everything is prepared, and then threads of the operating system let go of it all at once, each
//! shot being one tiny write.

use std::{
    io::{ErrorKind, Write},
    process::ChildStdin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::{
    net::TcpStream,
    sync::oneshot,
    task::{AbortHandle, spawn_blocking},
};

use super::wire::now;

/// Something that happens in the instant.
#[derive(Debug)]
pub(super) struct Shot {
    /// What.
    pub(super) target: Target,
    /// So long after the instant.
    pub(super) wait: Duration,
    /// Told the moment at which it happened.
    pub(super) sent: oneshot::Sender<Instant>,
    /// It says that the caller has left.
    pub(super) is_last_word: bool,
}

/// What a shot does.
#[derive(Debug)]
pub(super) enum Target {
    /// Writes the rest of a request.
    Write(Arc<TcpStream>, Vec<u8>),
    /// Drops a request that waits for its answer.
    Cut(AbortHandle),
    /// Writes a line to a process that waits for one.
    Line(ChildStdin),
}

/// Threads that wait for each other spin this often before they let others run.
const SPINS: u32 = 2_000;
/// The last part of a wait is spun, because sleeping is not that exact.
const SPUN: Duration = Duration::from_micros(300);
/// A write that the kernel does not take is given up.
const STUCK: Duration = Duration::from_secs(2);

/// Lets go of all shots with so many threads: at `at`, or as soon as all threads are there.
pub(super) async fn release(shots: Vec<Shot>, threads: usize, at: Option<Instant>) {
    let threads = threads.clamp(1, shots.len().max(1));
    let mut shares: Vec<Vec<Shot>> = (0..threads).map(|_| Vec::new()).collect();
    for (index, shot) in shots.into_iter().enumerate() {
        shares[index % threads].push(shot);
    }
    let missing = Arc::new(AtomicUsize::new(threads));
    let shooting: Vec<_> = shares
        .into_iter()
        .map(|share| {
            let missing = missing.clone();
            spawn_blocking(move || shoot(share, &missing, at))
        })
        .collect();
    for shooter in shooting {
        shooter.await.expect("a shooter does not panic");
    }
}

fn shoot(mut share: Vec<Shot>, missing: &AtomicUsize, at: Option<Instant>) {
    share.sort_by_key(|shot| shot.wait);
    if let Some(at) = at {
        thread::sleep(at.saturating_duration_since(now()).saturating_sub(SPUN));
    }
    missing.fetch_sub(1, Ordering::AcqRel);
    let mut spins = 0;
    while missing.load(Ordering::Acquire) > 0 || at.is_some_and(|at| now() < at) {
        spins += 1;
        if spins < SPINS { std::hint::spin_loop() } else { thread::yield_now() }
    }
    let instant = now();
    for Shot { target, wait, sent, .. } in share {
        while now() < instant + wait {
            std::hint::spin_loop();
        }
        let moment = now();
        fire(target);
        // Whoever waited for it may have given up.
        let _ = sent.send(moment);
    }
}

fn fire(target: Target) {
    match target {
        Target::Write(stream, rest) => {
            let (begun, mut written) = (now(), 0);
            while written < rest.len() && now().saturating_duration_since(begun) < STUCK {
                match stream.try_write(&rest[written..]) {
                    Ok(more) => written += more,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => thread::yield_now(),
                    // Its answer will not come, which is noted where it is awaited.
                    Err(_) => return,
                }
            }
        }
        Target::Cut(held) => held.abort(),
        Target::Line(mut process) => {
            // A process that is gone shows when it is waited for.
            let _ = process.write_all(b"now\n");
        }
    }
}
