//! The program under test: a process of its own, with a configuration of many lines whose people are disjoint.
//!
//! The process is the very file that runs the races, which then does what `ringall serve` does.

use std::{
    fmt::Write as _,
    fs, io,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, bail};
use tokio::time::{sleep, timeout};

use super::{
    carrier::Telephones,
    twiml::{WORDS, sentence},
    wire::{ACCOUNT, TOKEN, Wire},
};

/// How many people one call can ring.
pub(super) const MOST_PEOPLE: usize = 50;
/// The sizes of groups.
pub(super) const SIZES: [usize; 9] = [2, 3, 4, 6, 9, 14, 22, 35, MOST_PEOPLE];
/// How long a group rings whose deadline takes part in the race: the least that the configuration allows.
pub(super) const SHORT_RING: Duration = Duration::from_secs(5);

/// How people show that they are human.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Screen {
    /// By a key.
    Key,
    /// By the carrier's detection.
    Detection,
}

/// What distinguishes a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LineKind {
    /// Index into [`SIZES`].
    pub(super) size: usize,
    /// How its group screens.
    pub(super) screen: Screen,
    /// The caller's own network rings after the reply budget, not our tone.
    pub(super) network_rings: bool,
    /// The group rings only for [`SHORT_RING`].
    pub(super) short: bool,
}

/// How a program is set up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    /// Slots whose lines it has: each slot has people and lines of its own.
    pub(super) first_slot: usize,
    /// How many slots.
    pub(super) slots: usize,
    /// How long a caller's request is held.
    pub(super) reply_budget: Duration,
    /// How long a shutdown waits.
    pub(super) drain_for: Duration,
}

/// A running program.
#[derive(Debug)]
pub(super) struct Program {
    /// The way to it.
    pub(super) wire: Arc<Wire>,
    child: Child,
    folder: PathBuf,
}

/// The program must say that it is ready within this time, on a busy machine too.
const STARTS_WITHIN: Duration = Duration::from_secs(30);
/// What a log line begins to say when something inside has gone wrong for good.
const ALARMS: [&str; 2] = ["panicked", "has panicked"];

impl LineKind {
    /// The line of this kind in a slot.
    pub(super) fn number(self, slot: usize) -> String {
        let flags = usize::from(self.screen == Screen::Key)
            | usize::from(self.network_rings) << 1
            | usize::from(self.short) << 2;
        format!("+4416{slot:03}{}{flags}99", self.size)
    }

    /// How many people it rings.
    pub(super) fn people(self) -> usize {
        SIZES[self.size]
    }

    fn all() -> impl Iterator<Item = Self> {
        let all = (0..SIZES.len()).flat_map(|size| {
            (0..8).map(move |flags| Self {
                size,
                screen: if flags & 1 > 0 { Screen::Key } else { Screen::Detection },
                network_rings: flags & 2 > 0,
                short: flags & 4 > 0,
            })
        });
        // Whoever was picked up before a deadline may go on after it, so short lines screen by detection.
        all.filter(|kind| !kind.short || kind.screen == Screen::Detection)
    }
}

impl Program {
    /// Starts the program before a carrier at `carrier`, and waits until it can take calls. `executable` is the file
    /// that runs the races.
    pub(super) async fn start(executable: &PathBuf, carrier: SocketAddr, settings: Settings) -> anyhow::Result<Self> {
        let address = free_port()?;
        let folder = std::env::temp_dir().join(format!("ringall-race-{}-{}", std::process::id(), address.port()));
        fs::create_dir_all(&folder)?;
        let file = folder.join("ringall.toml");
        fs::write(&file, configuration(address, carrier, settings))?;
        let log = fs::File::create(folder.join("log"))?;
        let child = Command::new(executable)
            .args(["serve", "--config"])
            .arg(&file)
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", executable.display()))?;
        let program = Self { wire: Wire::new(address), child, folder };
        program.ready().await?;
        Ok(program)
    }

    async fn ready(&self) -> anyhow::Result<()> {
        let ready = async {
            while !self.wire.get("/readyz").await.is_ok_and(|answer| answer.status == 200) {
                sleep(Duration::from_millis(20)).await;
            }
        };
        match timeout(STARTS_WITHIN, ready).await {
            Ok(()) => Ok(()),
            Err(_) => bail!("the program is not ready within {STARTS_WITHIN:?}; its log: {}", self.log()),
        }
    }

    /// A process that asks the program to stop as soon as a line is written to it.
    pub(super) fn stopper(&self) -> io::Result<Child> {
        Command::new("sh")
            .args(["-c", "read -r line && kill -TERM \"$0\"", &self.child.id().to_string()])
            .stdin(Stdio::piped())
            .spawn()
    }

    /// Whether the program has ended, and well; `None` while it runs.
    pub(super) fn ended_well(&mut self) -> io::Result<Option<bool>> {
        Ok(self.child.try_wait()?.map(|status| status.success()))
    }

    /// How many calls the program takes for live.
    pub(super) async fn live_calls(&self) -> Option<u64> {
        let answer = self.wire.get("/readyz").await.ok()?;
        serde_json::from_str::<serde_json::Value>(&answer.body).ok()?.get("live_calls")?.as_u64()
    }

    /// What in its log must not be there.
    pub(super) fn alarms(&self) -> Vec<String> {
        let log = self.log();
        log.lines().filter(|line| ALARMS.iter().any(|alarm| line.contains(alarm))).map(str::to_owned).collect()
    }

    /// What it has logged.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A port that was free a moment ago. The program takes it at once; should another be quicker it fails to start.
fn free_port() -> io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

fn configuration(address: SocketAddr, carrier: SocketAddr, settings: Settings) -> String {
    let mut file = format!(
        "public_url = \"http://{address}\"\n[server]\nlisten = \"{address}\"\ndrain_for = \"{}ms\"\n[carrier]\n\
         account_sid = \"{ACCOUNT}\"\nauth_token = \"{TOKEN}\"\napi_base = \"http://{carrier}\"\n\
         concurrent_requests = 512\nreply_budget = \"{}ms\"\n",
        settings.drain_for.as_millis(),
        settings.reply_budget.as_millis(),
    );
    for slot in settings.first_slot..settings.first_slot + settings.slots {
        add_slot(&mut file, slot);
    }
    file
}

// Writing to a string cannot fail.
fn add_slot(file: &mut String, slot: usize) {
    for person in 0..MOST_PEOPLE {
        let number = Telephones::number(slot * MOST_PEOPLE + person);
        let _ = writeln!(file, "[people.p{slot}x{person}]\nname = \"P{person}\"\nphone = \"{number}\"");
    }
    for kind in LineKind::all() {
        let members: Vec<_> = (0..kind.people()).map(|person| format!("\"p{slot}x{person}\"")).collect();
        let number = kind.number(slot);
        let name = number.trim_start_matches('+');
        let screen = if kind.screen == Screen::Key { "key" } else { "amd" };
        let ring_for = if kind.short { SHORT_RING } else { Duration::from_secs(60) };
        let ringback = if kind.network_rings { "carrier" } else { "tone" };
        let _ = writeln!(
            file,
            "[groups.g{name}]\nmembers = [{}]\nscreen = \"{screen}\"\nring_for = \"{}s\"\n[lines.\"{number}\"]\n\
             name = \"Line\"\nring = \"g{name}\"\nringback = \"{ringback}\"\nmax_calls = 0\nmax_calls_per_caller = 0\nmax_dials_per_day = 0\n\
             [lines.\"{number}\".words]",
            members.join(", "),
            ring_for.as_secs(),
        );
        for (key, _) in &WORDS {
            let _ = writeln!(file, "{key} = \"{}\"", sentence(key));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_lines_have_one_number() {
        let numbers: BTreeSet<_> =
            (0..40).flat_map(|slot| LineKind::all().map(move |kind| kind.number(slot))).collect();

        assert_eq!(numbers.len(), 40 * SIZES.len() * 6);
    }
}
