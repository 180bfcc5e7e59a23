//! The same conversations once more, as they really happen: over loopback sockets, on several threads, in real time.

use std::time::Duration;

use tokio::{task::JoinSet, time::timeout};

use crate::support::Stage;

/// Real people wait less long for a test.
const PATIENCE: Duration = Duration::from_secs(60);

/// All at once, so that they take no longer than the longest of them. `RINGALL_CONVERSATION` picks those whose names
/// contain it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn conversations_go_the_same_way_over_sockets_and_threads() {
    let wanted = std::env::var("RINGALL_CONVERSATION").unwrap_or_default();
    let mut plays = JoinSet::new();
    let mut failed = Vec::new();
    for conversation in crate::anywhere().into_iter().filter(|conversation| conversation.name.contains(&wanted)) {
        let play = timeout(PATIENCE, (conversation.play)(Stage::Sockets));
        let handle = plays.spawn(play);
        failed.push((handle.id(), conversation.name));
    }
    while let Some(ended) = plays.join_next_with_id().await {
        if let Ok((id, Ok(()))) = ended {
            failed.retain(|(failing, _)| *failing != id);
        }
    }

    let names: Vec<_> = failed.iter().map(|(_, name)| name).collect();
    assert!(names.is_empty(), "these went wrong over sockets: {names:#?}");
}
