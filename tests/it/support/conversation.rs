//! A conversation by its name, so that the same one can be played on any stage and by the privacy test.

use std::{future::Future, pin::Pin};

use super::Stage;

/// One conversation.
#[derive(Clone, Copy)]
pub(crate) struct Conversation {
    /// The module and the function.
    pub(crate) name: &'static str,
    /// Plays it to its end.
    pub(crate) play: fn(Stage) -> Play,
}

/// A conversation that is being played.
pub(crate) type Play = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Lists the conversations of a file. Each gets a test under virtual time; those `anywhere` are played over real
/// sockets as well.
macro_rules! conversations {
    (anywhere: [$($anywhere:ident),* $(,)?], virtual_time: [$($virtual_time:ident),* $(,)?] $(,)?) => {
        /// Do not depend on exact times.
        pub(crate) const ANYWHERE: &[$crate::support::Conversation] = &[$($crate::support::Conversation {
            name: concat!(module_path!(), "::", stringify!($anywhere)),
            play: |stage| Box::pin($anywhere(stage)),
        }),*];

        /// Need a clock that can be moved.
        pub(crate) const VIRTUAL_TIME: &[$crate::support::Conversation] = &[$($crate::support::Conversation {
            name: concat!(module_path!(), "::", stringify!($virtual_time)),
            play: |stage| Box::pin($virtual_time(stage)),
        }),*];

        mod virtual_time {
            $(
                #[tokio::test(start_paused = true)]
                async fn $anywhere() {
                    super::$anywhere($crate::support::Stage::VirtualTime).await;
                }
            )*
            $(
                #[tokio::test(start_paused = true)]
                async fn $virtual_time() {
                    super::$virtual_time($crate::support::Stage::VirtualTime).await;
                }
            )*
        }
    };
}

pub(crate) use conversations;
