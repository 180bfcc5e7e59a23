//! The program under test: started with a configuration of its own, watched through the kernel, ended at last.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, bail};
use serde_json::Value;
use tokio::{
    process::{Child, Command},
    time::{Instant, sleep, timeout},
};

use super::{
    options::Options,
    wire::{ACCOUNT, Connections, LINE, TOKEN, Wire},
};

/// So many telephones ring for each call.
pub(super) const PHONES: usize = 5;

/// A running `ringall serve`.
pub(super) struct Program {
    child: Child,
    pid: u32,
    port: u16,
    folder: Folder,
    wire: Wire,
}

/// What the kernel says of the process at one moment.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reading {
    /// Memory in use, in KiB.
    pub(super) memory: u64,
    /// Processor time so far.
    pub(super) processor: Duration,
}

/// A folder for the configuration and the log, gone with the program.
struct Folder {
    path: PathBuf,
    keep: bool,
}

impl Program {
    /// Starts the program on `port` before a carrier at `carrier`.
    pub(super) async fn start(
        options: &Options,
        port: u16,
        carrier: SocketAddr,
        open_files: Option<usize>,
    ) -> anyhow::Result<Self> {
        let server = match &options.server {
            Some(server) => server.clone(),
            None => std::env::current_exe()?.with_file_name("ringall"),
        };
        if !server.exists() {
            bail!("there is no program at `{}`; build it first, or name it with --server", server.display());
        }
        let folder = Folder::create(options.keep)?;
        let file = folder.path.join("ringall.toml");
        fs::write(&file, configuration(port, carrier))?;
        let mut command = match open_files {
            Some(most) => {
                let mut shell = Command::new("sh");
                shell.arg("-c").arg(format!("ulimit -n {most}; exec \"$0\" \"$@\"")).arg(&server);
                shell
            }
            None => Command::new(&server),
        };
        let child = command
            .args(["serve", "--config"])
            .arg(&file)
            .env("RUST_LOG", std::env::var("RUST_LOG").unwrap_or_else(|_| "info".to_owned()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.path.join("log"))?)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start `{}`", server.display()))?;
        let pid = child.id().context("the program has ended at once")?;
        let program = Self { child, pid, port, folder, wire: Wire::new(port, Connections::Fresh) };
        program.until_ready().await?;
        Ok(program)
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    async fn until_ready(&self) -> anyhow::Result<()> {
        for _ in 0..200 {
            if self.live_calls().await.is_some() {
                return Ok(());
            }
            sleep(Duration::from_millis(50)).await;
        }
        bail!("the program does not become ready; it says:\n{}", self.log())
    }

    /// What the kernel says now; nothing where there is no `/proc`.
    pub(super) fn reading(&self) -> Reading {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap_or_default();
        let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        let memory = memory.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or(0);
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
        // The kernel counts in hundredths of a second here, whatever it counts in inside.
        let hundredths: u64 = fields.filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
        Reading { memory, processor: Duration::from_millis(hundredths * 10) }
    }

    /// Its open descriptors.
    pub(super) fn open_files(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.pid)).map_or(0, Iterator::count)
    }

    /// All that it has logged.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.folder.path.join("log")).unwrap_or_default()
    }

    /// The calls that it has; `None` if it does not answer.
    pub(super) async fn live_calls(&self) -> Option<usize> {
        let answer = timeout(Duration::from_secs(5), self.wire.get("/readyz")).await.ok()?.ok()?;
        let told: Value = serde_json::from_str(&answer.body).ok()?;
        told["live_calls"].as_u64()?.try_into().ok()
    }

    /// Whether it says that it can take calls.
    pub(super) async fn is_ready(&self) -> bool {
        let answer = timeout(Duration::from_secs(5), self.wire.get("/readyz")).await;
        matches!(answer, Ok(Ok(answer)) if answer.status == 200)
    }

    /// The calls that are left, as soon as there are none, or at the end of `limit`.
    pub(super) async fn live_calls_within(&self, limit: Duration) -> Option<usize> {
        let deadline = Instant::now() + limit;
        loop {
            let live = self.live_calls().await;
            if live == Some(0) || Instant::now() > deadline {
                return live;
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Asks the program to end, and says how it did.
    pub(super) async fn stop(&mut self) -> anyhow::Result<String> {
        Command::new("kill").args(["-TERM", &self.pid.to_string()]).status().await?;
        match timeout(Duration::from_secs(20), self.child.wait()).await {
            Ok(status) => Ok(status?.code().map_or_else(|| "a signal".to_owned(), |code| format!("status {code}"))),
            Err(_) => {
                self.child.kill().await?;
                Ok("not within 20 s".to_owned())
            }
        }
    }
}

impl Folder {
    fn create(keep: bool) -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("ringall-load-{}-{:08x}", std::process::id(), fastrand::u32(..)));
        fs::create_dir(&path)?;
        if keep {
            println!("        the program's log and configuration: {}", path.display());
        }
        Ok(Self { path, keep })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.keep {
            // It lies among temporary files: what cannot be removed now is removed by the system.
            let _ = fs::remove_dir_all(Path::new(&self.path));
        }
    }
}

/// A port that nothing listens on, most likely.
pub(super) fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn configuration(port: u16, carrier: SocketAddr) -> String {
    let people =
        |line: &dyn Fn(usize) -> String, between: &str| (1..=PHONES).map(line).collect::<Vec<_>>().join(between);
    let telephones = people(&|n| format!(r#"p{n} = {{ name = "P{n}", phone = "+44770090000{n}" }}"#), "\n");
    let members = people(&|n| format!(r#""p{n}""#), ", ");
    format!(
        r#"public_url = "http://127.0.0.1:{port}"
[server]
listen = "127.0.0.1:{port}"
[carrier]
account_sid = "{ACCOUNT}"
auth_token = "{TOKEN}"
api_base = "http://{carrier}"
[people]
{telephones}
[groups.all]
members = [{members}]
ring_for = "10m"
screen = "amd"
ring_busy = true
[lines."{LINE}"]
name = "Load"
ring = "all"
max_calls = 0
max_calls_per_caller = 0
max_dials_per_day = 0
"#
    )
}
