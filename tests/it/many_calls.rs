//! A long day: what is over leaves nothing behind.

use futures_util::future::join_all;
use ringall::simulator::RestFault;

use crate::support::{Stage, forge::incoming};

const CALLS: usize = 10_000;
const AT_ONCE: usize = 200;

#[tokio::test(start_paused = true)]
async fn ten_thousand_calls_leave_nothing_but_their_names() {
    let world = Stage::VirtualTime
        .hotline()
        .line("max_calls = 0\nmax_calls_per_caller = 0\nmax_dials_per_day = 0")
        .open()
        .await;
    for name in ["Ana", "Ben"] {
        world.carrier.fail_dialling(world.phone(name).number(), RestFault::BadNumber);
    }
    let board = world.program.service.switchboard.clone();
    let tasks = world.program.service.tasks.clone();
    let before = tasks.running();

    for batch in 0..CALLS / AT_ONCE {
        join_all((0..AT_ONCE).map(|nth| {
            let world = &world;
            async move {
                let sid = format!("CA{:032x}", batch * AT_ONCE + nth);
                let answer = world.post("/voice", &incoming(&sid, "+441632960101")).await;
                assert!(answer.says("nobody can take your call"), "{answer:?}");
                world.post("/voice/status", &[("CallSid", &sid), ("CallStatus", "completed")]).await;
            }
        }))
        .await;
        world.settle().await;
        assert_eq!((board.live_calls(), board.waiting_calls(), tasks.running()), (0, 0, before));
    }

    let replayed = world.post("/voice", &incoming(&format!("CA{:032x}", 1), "+441632960101")).await;
    assert!(replayed.says("<Hangup"), "{replayed:?}");
    assert_eq!(board.live_calls(), 0);
    world.finish().await;
}
