//! Webhooks that are ready to go: connected, signed, and sent but for their last part.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{net::TcpStream, sync::oneshot, task::JoinHandle, time::timeout};

use super::{
    plan::SentBefore,
    record::{Asked, What, Who},
    release::{Shot, Target},
    stage::{LIMIT, Stage},
    wire::{Form, read_answer, request},
};

/// A webhook for the instant.
#[derive(Debug)]
pub(super) struct Aim {
    /// What it stands for, if the record is to tell.
    pub(super) what: Option<What>,
    /// Where it goes.
    pub(super) url: String,
    /// What it says.
    pub(super) form: Form,
    /// What its answer is.
    pub(super) then: Then,
}

/// What an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// A document.
    Hears(Who, Asked),
    /// Nothing.
    Nothing,
    /// Nothing; this is the caller's last word.
    CallerLeft,
}

/// The caller's request may be held for long.
const HELD_LIMIT: Duration = Duration::from_secs(15);

/// Prepares a shot, and a task that reads its answer.
pub(super) async fn prepare(stage: &Arc<Stage>, aim: Aim, before: SentBefore) -> io::Result<(Shot, JoinHandle<()>)> {
    let stream = stage.wire.connect().await?;
    let mut sent = request(&aim.url, &aim.form);
    let rest = sent.split_off(match before {
        SentBefore::AllButOneByte => sent.len() - 1,
        SentBefore::Head => sent.windows(4).position(|four| four == b"\r\n\r\n").map_or(0, |end| end + 4),
        SentBefore::Nothing => 0,
    });
    write(&stream, &sent).await?;
    let stream = Arc::new(stream);
    let (moment, went) = oneshot::channel();
    let is_last_word = aim.then == Then::CallerLeft;
    let redirects = match aim.then {
        Then::Hears(who, _) => stage.redirects(who),
        Then::Nothing | Then::CallerLeft => 0,
    };
    let reading = stage.tasks.spawn(read(stage.clone(), aim, stream.clone(), redirects, went));
    let shot = Shot { target: Target::Write(stream, rest), wait: Duration::ZERO, sent: moment, is_last_word };
    Ok((shot, reading))
}

async fn read(stage: Arc<Stage>, aim: Aim, stream: Arc<TcpStream>, redirects: u32, went: oneshot::Receiver<Instant>) {
    let Ok(moment) = went.await else { return };
    if let Some(what) = aim.what {
        stage.record.note_at(moment, what);
    }
    let limit = if matches!(aim.then, Then::Hears(Who::Caller, _)) { HELD_LIMIT } else { LIMIT };
    let Ok(answer) = timeout(limit, read_answer(&stream)).await else {
        stage.fault(format!("{}: no answer within {limit:?}", aim.url));
        return;
    };
    if answer.is_ok()
        && let Ok(stream) = Arc::try_unwrap(stream)
    {
        stage.wire.keep(stream);
    }
    if let Some(answer) = stage.checked(&aim.url, answer)
        && let Then::Hears(who, asked) = aim.then
    {
        stage.hears(who, asked, redirects, &answer.body);
    }
}

async fn write(stream: &TcpStream, bytes: &[u8]) -> io::Result<()> {
    let mut written = 0;
    while written < bytes.len() {
        stream.writable().await?;
        match stream.try_write(&bytes[written..]) {
            Ok(more) => written += more,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
