//! Webhooks of a caller that wait for their answer.

use ringall_core::call::CallerDocument;
use tokio::sync::oneshot;

/// A webhook that waits for its answer. Not `Clone`: it is spent by answering.
#[derive(Debug)]
pub(super) struct PendingReply {
    /// Which of the call's webhooks it is.
    nth: AskId,
    reply: oneshot::Sender<CallerDocument>,
}

/// One of the webhooks by which a caller's leg asks for a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct AskId(pub(super) u64);

impl AskId {
    /// The webhook that brought the call.
    pub(super) const FIRST: Self = Self(0);
}

impl PendingReply {
    pub(super) fn new(nth: AskId) -> (Self, oneshot::Receiver<CallerDocument>) {
        let (reply, receiver) = oneshot::channel();
        (Self { nth, reply }, receiver)
    }

    pub(super) fn nth(&self) -> AskId {
        self.nth
    }

    /// Whether the webhook's connection is still there.
    pub(super) fn is_awaited(&self) -> bool {
        !self.reply.is_closed()
    }

    /// Answers; false if the webhook's connection is gone.
    pub(super) fn answer(self, document: CallerDocument) -> bool {
        self.reply.send(document).is_ok()
    }
}
