//! Webhooks of a caller that wait for their answer.

use ringall_core::call::CallerDocument;
use tokio::sync::oneshot;

/// A webhook that waits for its answer. Not `Clone`: it is spent by answering.
#[derive(Debug)]
pub(super) struct PendingReply(oneshot::Sender<CallerDocument>);

impl PendingReply {
    pub(super) fn new() -> (Self, oneshot::Receiver<CallerDocument>) {
        let (sender, receiver) = oneshot::channel();
        (Self(sender), receiver)
    }

    /// Whether the webhook's connection is still there.
    pub(super) fn is_awaited(&self) -> bool {
        !self.0.is_closed()
    }

    /// Answers; false if the webhook's connection is gone.
    pub(super) fn answer(self, document: CallerDocument) -> bool {
        self.0.send(document).is_ok()
    }
}
