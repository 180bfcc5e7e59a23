//! The configuration file, watched while the program serves: what is written there holds within seconds, and at once on
//! SIGHUP.
//!
//! The file is looked at once a second, and not watched by notices of the system: those tell of one inode, while editors
//! put another in its place, a mounted `ConfigMap` is a link to a directory that is exchanged, and network drives send
//! none. A look costs one system call.

use std::{
    io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::signal::unix::{SignalKind, signal};
use tracing::{error, info, warn};

use crate::{
    config::{Config, Severity, Strictness},
    service::Service,
};

/// How often the file is looked at. What is written in several goes is loaded when two looks agree.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The file, and what of it holds.
pub(super) struct Watched {
    path: PathBuf,
    look: Look,
    drain_for: Duration,
}

/// How the file looked, so that a change is seen without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Print {
    /// Of the file at the end of all links.
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// Which state of the file was loaded, and which was seen last; a file that is not there is `None`.
#[derive(Debug)]
struct Look {
    loaded: Option<Print>,
    last: Option<Print>,
}

impl Watched {
    /// A file that is about to be loaded for the first time.
    pub(super) fn new(path: &Path) -> Self {
        let print = print_of(path);
        Self { path: path.to_owned(), look: Look { loaded: print, last: print }, drain_for: Duration::ZERO }
    }

    /// How long a shutdown may take, by the file as it was loaded last.
    pub(super) fn drain_for(&self) -> Duration {
        self.drain_for
    }

    /// Keeps the service as the file says. Ends only if signals cannot be listened for.
    pub(super) async fn keep(&mut self, config: &Config, service: &Service) -> io::Result<()> {
        self.drain_for = config.drain_for;
        let mut hangup = signal(SignalKind::hangup())?;
        loop {
            tokio::select! {
                _ = hangup.recv() => info!("asked to load the configuration anew"),
                () = tokio::time::sleep(LOOK_EVERY) => {
                    if !self.look.is_due(print_beside(&self.path).await) {
                        continue;
                    }
                    info!("the configuration file has changed");
                }
            }
            self.load(service).await;
        }
    }

    async fn load(&mut self, service: &Service) {
        // Before it is read: what is written afterwards is seen as another change.
        self.look.load(print_beside(&self.path).await);
        let path = self.path.clone();
        let loaded = tokio::task::spawn_blocking(move || Config::load(&path, Strictness::Serve)).await;
        match loaded {
            Ok(Ok((config, warnings))) => {
                for warning in warnings {
                    warn!("configuration: {warning}");
                }
                service.reload(&config);
                self.drain_for = config.drain_for;
                info!("the configuration is loaded anew: {} line(s)", config.lines.len());
            }
            Ok(Err(problems)) => {
                for problem in &problems {
                    match problem.severity() {
                        Severity::Problem => error!("configuration: {problem}"),
                        Severity::Warning => warn!("configuration: {problem}"),
                    }
                }
                service.refused_to_reload();
                error!("the configuration is refused; the one that was loaded before stays");
            }
            Err(panicked) => {
                service.refused_to_reload();
                error!(%panicked, "the configuration could not be read; the one that was loaded before stays");
            }
        }
    }
}

impl Look {
    /// Whether the file is to be loaded, now that it looks like this: it has changed, and is not being written just now.
    fn is_due(&mut self, now: Option<Print>) -> bool {
        let rests = now == self.last;
        self.last = now;
        rests && now != self.loaded
    }

    fn load(&mut self, now: Option<Print>) {
        *self = Self { loaded: now, last: now };
    }
}

/// A network drive may let a look wait.
async fn print_beside(path: &Path) -> Option<Print> {
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || print_of(&path)).await.ok().flatten()
}

fn print_of(path: &Path) -> Option<Print> {
    let file = path.metadata().ok()?;
    Some(Print {
        device: file.dev(),
        inode: file.ino(),
        size: file.size(),
        modified: (file.mtime(), file.mtime_nsec()),
        changed: (file.ctime(), file.ctime_nsec()),
    })
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn file_that_rests_after_a_change_is_loaded_once() {
        let files = tempfile::tempdir().unwrap();
        let path = files.path().join("ringall.toml");
        fs::write(&path, "one").unwrap();
        let mut look = Watched::new(&path).look;
        assert!(!look.is_due(print_of(&path)), "nothing has changed");

        fs::write(&path, "half of tw").unwrap();
        assert!(!look.is_due(print_of(&path)), "it may be half written");
        fs::write(&path, "all of two").unwrap();
        assert!(!look.is_due(print_of(&path)), "and it was");
        assert!(look.is_due(print_of(&path)));

        look.load(print_of(&path));
        assert!(!look.is_due(print_of(&path)), "also if it was refused");
    }

    #[test]
    fn file_that_an_editor_puts_in_the_others_place_is_loaded() {
        let files = tempfile::tempdir().unwrap();
        let path = files.path().join("ringall.toml");
        fs::write(&path, "one").unwrap();
        let mut look = Watched::new(&path).look;

        let beside = files.path().join(".ringall.toml.swp");
        fs::write(&beside, "two").unwrap();
        fs::remove_file(&path).unwrap();
        assert!(!look.is_due(print_of(&path)), "away for a moment only");
        fs::rename(&beside, &path).unwrap();

        assert!(!look.is_due(print_of(&path)));
        assert!(look.is_due(print_of(&path)), "of the same size, and written at the same time");
    }

    #[test]
    fn mounted_directory_that_is_exchanged_behind_its_link_is_seen() {
        let files = tempfile::tempdir().unwrap();
        for (version, text) in [("v1", "one"), ("v2", "two")] {
            fs::create_dir(files.path().join(version)).unwrap();
            fs::write(files.path().join(version).join("ringall.toml"), text).unwrap();
        }
        symlink("v1", files.path().join("data")).unwrap();
        symlink("data/ringall.toml", files.path().join("ringall.toml")).unwrap();
        let path = files.path().join("ringall.toml");
        let mut look = Watched::new(&path).look;

        symlink("v2", files.path().join("data.new")).unwrap();
        fs::rename(files.path().join("data.new"), files.path().join("data")).unwrap();

        assert!(!look.is_due(print_of(&path)));
        assert!(look.is_due(print_of(&path)));
    }

    #[test]
    fn file_that_stays_away_is_tried_once() {
        let files = tempfile::tempdir().unwrap();
        let path = files.path().join("ringall.toml");
        fs::write(&path, "one").unwrap();
        let mut look = Watched::new(&path).look;

        fs::remove_file(&path).unwrap();

        assert!(!look.is_due(print_of(&path)));
        assert!(look.is_due(print_of(&path)));
        look.load(print_of(&path));
        assert!(!look.is_due(print_of(&path)));
    }
}
