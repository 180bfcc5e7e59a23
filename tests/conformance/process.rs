//! Programs that run beside the test.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Output},
    thread,
    time::{Duration, Instant},
};

pub(crate) const TOKEN: &str = "the-secret-of-this-test";
pub(crate) const LINE: &str = "+441632960000";

/// What a run of the suite has printed, and its exit code.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A program that ends with the test.
pub(crate) struct Running(pub(crate) Child);

/// Where a server and the carrier's REST API are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Places {
    pub(crate) server: SocketAddr,
    pub(crate) rest: SocketAddr,
}

impl Places {
    /// Ports of this machine that are free now.
    pub(crate) fn free() -> Self {
        // Both are held until both are known, so that they differ.
        let [one, other] = [0, 0].map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("a free port"));
        let [server, rest] = [one, other].map(|listener| listener.local_addr().expect("a bound address"));
        Self { server, rest }
    }

    /// Runs the suite against the server.
    pub(crate) fn conformance(&self, more: &[&str]) -> Run {
        let base = format!("http://{}", self.server);
        let mut args: Vec<String> = ["conformance", "--line", LINE].map(str::to_owned).to_vec();
        for (name, value) in [
            ("--inbound", format!("{base}/voice")),
            ("--status", format!("{base}/voice/status")),
            ("--fallback", format!("{base}/voice/fallback")),
            ("--listen", self.rest.to_string()),
        ] {
            args.extend([name.to_owned(), value]);
        }
        args.extend(more.iter().map(|arg| (*arg).to_owned()));
        ringall(&args.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

impl Run {
    /// The names of the scenarios whose line begins so.
    pub(crate) fn names(&self, begin: &str) -> Vec<&str> {
        let lines = self.out.lines().filter_map(|line| line.strip_prefix(begin));
        lines.filter_map(|line| line.split_whitespace().next()).collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs Ringall until it ends.
pub(crate) fn ringall(args: &[&str]) -> Run {
    let output = command(args).output().expect("the program starts");
    let Output { status, stdout, stderr } = output;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Run { code: status.code(), out: text(stdout), err: text(stderr) }
}

/// Starts Ringall, and waits until it listens.
pub(crate) fn start_ringall(args: &[&str], at: SocketAddr) -> Running {
    let running = Running(command(args).spawn().expect("the program starts"));
    until_listening(at);
    running
}

#[expect(clippy::disallowed_methods, reason = "another process is waited for, which knows no clock of ours")]
pub(crate) fn until_listening(at: SocketAddr) {
    let began = Instant::now();
    while TcpStream::connect(at).is_err() {
        assert!(began.elapsed() < Duration::from_secs(20), "nobody listens at {at}");
        thread::sleep(Duration::from_millis(50));
    }
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringall"));
    command.args(args).env("TWILIO_AUTH_TOKEN", TOKEN).env("RUST_LOG", "error");
    command
}
