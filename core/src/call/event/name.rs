//! One word for each kind of event, for traces, and for counting what a test has reached.

use super::{Asked, Dialled, Event, ForwardNews, LegEnd, LegNews, Redirected, RoomNews, Standing};

impl Event {
    /// Every name that [`name`](Self::name) can give.
    pub const NAMES: [&'static str; 55] = [
        "CallerAsked/Now",
        "CallerAsked/WordsEnded",
        "CallerAsked/DialEnded",
        "CallerAsked/Chosen",
        "CallerConnectionClosed",
        "ReplyFoundNobody",
        "CallerBroughtIn",
        "CallerLeft",
        "CallerRedirected/Done",
        "CallerRedirected/NotInState",
        "CallerRedirected/Failed",
        "CallerLookedUp/Unanswered",
        "CallerLookedUp/Up",
        "CallerLookedUp/Over",
        "CallerLookedUp/Unclear",
        "PeopleGranted",
        "Dialled/Accepted",
        "Dialled/Refused",
        "Dialled/AnswerLost",
        "FromLeg/Rings",
        "FromLeg/Answered",
        "FromLeg/AskedForKey",
        "FromLeg/Accepted",
        "FromLeg/Declined",
        "FromLeg/WasMachine",
        "FromLeg/FoundMachine",
        "FromLeg/ToldWhy",
        "FromLeg/DialEnded",
        "FromLeg/Completed",
        "FromLeg/Busy",
        "FromLeg/NoAnswer",
        "FromLeg/Failed",
        "LegLookedUp/Unanswered",
        "LegLookedUp/Up",
        "LegLookedUp/Over",
        "LegLookedUp/Unclear",
        "LegRedirectFailed",
        "ClaimClosed",
        "ClaimHeldBy",
        "Room/Joined",
        "Room/Left",
        "Room/Started",
        "Room/Ended",
        "RoomLookedUp",
        "DeadlineReached",
        "ShuttingDown",
        "CallerAsked/Forwarded",
        "FromForward/Dialled",
        "FromForward/Rings",
        "FromForward/Answered",
        "FromForward/Accepted",
        "FromForward/Declined",
        "FromForward/Ended",
        "CallerAsked/Recorded",
        "RecordingReady",
    ];

    /// The kind of event, without what it carries: the variant, and the variant within it where they are told apart.
    pub fn name(&self) -> &'static str {
        match self {
            Self::CallerAsked(asked) => match asked {
                Asked::Now { .. } => "CallerAsked/Now",
                Asked::WordsEnded(_) => "CallerAsked/WordsEnded",
                Asked::DialEnded => "CallerAsked/DialEnded",
                Asked::Chosen { .. } => "CallerAsked/Chosen",
                Asked::Forwarded { .. } => "CallerAsked/Forwarded",
                Asked::Recorded { .. } => "CallerAsked/Recorded",
            },
            Self::CallerConnectionClosed => "CallerConnectionClosed",
            Self::ReplyFoundNobody => "ReplyFoundNobody",
            Self::CallerBroughtIn => "CallerBroughtIn",
            Self::CallerLeft => "CallerLeft",
            Self::CallerRedirected(redirected) => match redirected {
                Redirected::Done => "CallerRedirected/Done",
                Redirected::NotInState => "CallerRedirected/NotInState",
                Redirected::Failed => "CallerRedirected/Failed",
            },
            Self::CallerLookedUp(standing) => match standing {
                Standing::Unanswered => "CallerLookedUp/Unanswered",
                Standing::Up => "CallerLookedUp/Up",
                Standing::Over => "CallerLookedUp/Over",
                Standing::Unclear => "CallerLookedUp/Unclear",
            },
            Self::PeopleGranted { .. } => "PeopleGranted",
            Self::Dialled { result, .. } => match result {
                Dialled::Accepted { .. } => "Dialled/Accepted",
                Dialled::Refused => "Dialled/Refused",
                Dialled::AnswerLost => "Dialled/AnswerLost",
            },
            Self::FromLeg { news, .. } => of_news(*news),
            Self::LegLookedUp { standing, .. } => match standing {
                Standing::Unanswered => "LegLookedUp/Unanswered",
                Standing::Up => "LegLookedUp/Up",
                Standing::Over => "LegLookedUp/Over",
                Standing::Unclear => "LegLookedUp/Unclear",
            },
            Self::LegRedirectFailed { .. } => "LegRedirectFailed",
            Self::ClaimClosed { .. } => "ClaimClosed",
            Self::ClaimHeldBy { .. } => "ClaimHeldBy",
            Self::Room(news) => match news {
                RoomNews::Joined(_) => "Room/Joined",
                RoomNews::Left(_) => "Room/Left",
                RoomNews::Started => "Room/Started",
                RoomNews::Ended => "Room/Ended",
            },
            Self::RoomLookedUp { .. } => "RoomLookedUp",
            Self::DeadlineReached => "DeadlineReached",
            Self::ShuttingDown => "ShuttingDown",
            Self::FromForward { news, .. } => of_forward(*news),
            Self::RecordingReady { .. } => "RecordingReady",
        }
    }
}

fn of_forward(news: ForwardNews) -> &'static str {
    match news {
        ForwardNews::Dialled => "FromForward/Dialled",
        ForwardNews::Rings => "FromForward/Rings",
        ForwardNews::Answered => "FromForward/Answered",
        ForwardNews::Accepted => "FromForward/Accepted",
        ForwardNews::Declined => "FromForward/Declined",
        ForwardNews::Ended(_) => "FromForward/Ended",
    }
}

fn of_news(news: LegNews) -> &'static str {
    match news {
        LegNews::Rings => "FromLeg/Rings",
        LegNews::Answered => "FromLeg/Answered",
        LegNews::AskedForKey => "FromLeg/AskedForKey",
        LegNews::Accepted => "FromLeg/Accepted",
        LegNews::Declined => "FromLeg/Declined",
        LegNews::WasMachine => "FromLeg/WasMachine",
        LegNews::FoundMachine => "FromLeg/FoundMachine",
        LegNews::ToldWhy => "FromLeg/ToldWhy",
        LegNews::DialEnded => "FromLeg/DialEnded",
        LegNews::Ended(LegEnd::Completed) => "FromLeg/Completed",
        LegNews::Ended(LegEnd::Busy) => "FromLeg/Busy",
        LegNews::Ended(LegEnd::NoAnswer) => "FromLeg/NoAnswer",
        LegNews::Ended(LegEnd::Failed) => "FromLeg/Failed",
    }
}
