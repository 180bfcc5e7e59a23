//! What a caller or a member hears: words for the carrier's voice, or a recorded sound.

use std::{fmt, sync::Arc};

/// Something to be heard.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Words {
    /// Spoken by the carrier.
    Spoken(Arc<str>),
    /// A recorded sound.
    Sound {
        /// Where the carrier fetches it: an absolute address, or the name of a file that we serve.
        url: Arc<str>,
        /// What the file is called, for timelines.
        name: Arc<str>,
    },
}

impl From<Arc<str>> for Words {
    fn from(words: Arc<str>) -> Self {
        Self::Spoken(words)
    }
}

impl From<&str> for Words {
    fn from(words: &str) -> Self {
        Self::Spoken(words.into())
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spoken(words) => f.write_str(words),
            Self::Sound { name, .. } => write!(f, "[{name}]"),
        }
    }
}
