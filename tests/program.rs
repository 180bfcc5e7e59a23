//! The program as a user starts it: a real process, real signals, exit codes.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, ChildStderr, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use form_urlencoded::Serializer;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

const ACCOUNT: &str = "AC00000000000000000000000000000001";
const TOKEN: &str = "a-token-for-tests";
const PATIENCE: Duration = Duration::from_secs(20);

/// `ringall serve`, and what it logs.
struct Program {
    process: Child,
    log: Receiver<String>,
    address: SocketAddr,
    files: tempfile::TempDir,
    api_base: String,
}

#[test]
fn program_without_calls_stops_at_once_when_asked() {
    let mut program = Program::start("http://127.0.0.1:9");

    program.signal("TERM");

    assert_eq!(program.exit().code(), Some(0));
}

#[test]
fn caller_who_waits_is_served_after_the_first_signal_and_the_second_ends_the_program() {
    let carrier = CarrierThatNeverAnswers::start();
    let mut program = Program::start(&carrier.base);
    let held = program.call();
    program.until_logs("a call comes in");

    program.signal("TERM");
    program.until_logs("stopping as soon as nobody waits");
    assert!(program.get("/readyz").starts_with("HTTP/1.1 503"));
    assert!(program.get("/healthz").starts_with("HTTP/1.1 200"), "what is live is served");
    thread::sleep(Duration::from_millis(500));
    assert_eq!(program.process.try_wait().expect("a process"), None, "the caller still waits");

    program.signal("INT");
    program.until_logs("asked a second time");
    assert_eq!(program.exit().code(), Some(0));
    drop(held);
}

#[test]
fn second_program_at_the_same_address_says_what_is_wrong() {
    let first = Program::start("http://127.0.0.1:9");
    let files = tempfile::tempdir().expect("a folder");
    let config = files.path().join("ringall.toml");
    std::fs::write(&config, configuration(first.address, "http://127.0.0.1:9")).expect("a file");

    let second = ringall().args(["serve", "--config"]).arg(config).output().expect("a process");

    let said = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(1));
    assert!(said.contains("does another program") && said.contains("server.listen"), "{said}");
}

#[test]
fn edited_file_holds_within_seconds_also_if_an_editor_puts_another_in_its_place() {
    let mut program = Program::start("http://127.0.0.1:9");
    let second = "[lines.\"+441632960001\"]\nname = \"Second\"\nring = \"organisers\"\n";

    program.write(&format!("{}{second}", program.configuration()));
    program.until_logs("the configuration is loaded anew: 2 line(s)");

    let beside = program.files.path().join("ringall.toml~");
    std::fs::write(&beside, program.configuration()).expect("a file");
    std::fs::rename(&beside, program.files.path().join("ringall.toml")).expect("another file");
    program.until_logs("the configuration is loaded anew: 1 line(s)");
}

#[test]
fn program_that_is_sent_sighup_loads_the_file_and_names_what_waits_for_a_restart() {
    let mut program = Program::start("http://127.0.0.1:9");
    let elsewhere = program.configuration().replace(&program.address.to_string(), "127.0.0.1:1");

    program.signal("HUP");
    program.until_logs("asked to load the configuration anew");
    program.until_logs("the configuration is loaded anew: 1 line(s)");
    program.write(&elsewhere);
    program.signal("HUP");
    program.until_logs("server.listen: takes effect after a restart");
    program.until_logs("the configuration is loaded anew");

    assert!(program.get("/readyz").starts_with("HTTP/1.1 200"), "it listens where it did");
    program.signal("TERM");
    assert_eq!(program.exit().code(), Some(0));
}

#[test]
fn file_with_mistakes_is_refused_with_each_of_them_and_calls_go_on() {
    let mut program = Program::start("http://127.0.0.1:9");

    let wrong = program.configuration().replace("phone =", "phnoe =").replace("ring =", "rings =");
    program.write(&wrong);
    program.until_logs("people.ana.phnoe: unknown key; did you mean `phone`?");
    program.until_logs("rings: unknown key; did you mean `ring`?");
    program.until_logs("the configuration is refused; the one that was loaded before stays");
    let health = program.get("/healthz");
    assert!(health.contains("configuration refused"), "{health}");
    let _held = program.call();
    program.until_logs("a call comes in");

    program.write(&program.configuration());
    program.until_logs("the configuration is loaded anew");
    assert!(!program.get("/healthz").contains("refused"));
}

#[test]
fn wrong_usage_and_a_wrong_configuration_are_told_apart_from_failures() {
    let files = tempfile::tempdir().expect("a folder");
    let config = files.path().join("ringall.toml");
    std::fs::write(&config, "public_url = 7").expect("a file");

    let unknown = ringall().arg("sing").output().expect("a process");
    let wrong = ringall().args(["serve", "--config"]).arg(&config).output().expect("a process");
    let missing = ringall().args(["serve", "--config", "not-there.toml"]).output().expect("a process");

    for (output, words) in [(unknown, "sing"), (wrong, "public_url"), (missing, "not-there.toml")] {
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn check_tells_what_would_happen_to_a_call_and_what_is_wrong_with_the_question() {
    let files = tempfile::tempdir().expect("a folder");
    let config = files.path().join("ringall.toml");
    let address = "127.0.0.1:7000".parse().expect("an address");
    let hours = "[hours.office]\nzone = \"Europe/London\"\nmon-fri = \"09:00-17:00\"\nexcept = { \"12-24\" = \"09:00-12:00\" }\n\
                 [lines.\"+441632960001\"]\nname = \"Office\"\nstart = \"desk\"\n\
                 [steps.desk]\nring = \"organisers\"\nhours = \"office\"\n";
    std::fs::write(&config, format!("{}\n{hours}", configuration(address, "http://127.0.0.1:9"))).expect("a file");
    let check = |question: &[&str]| {
        let output = ringall().args(["check", "--config"]).arg(&config).args(question).output().expect("a process");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };

    let (code, told, _) = check(&["--at", "2026-12-24 18:05", "--from", "+441632960999", "--to", "+441632960001"]);
    assert_eq!(code, Some(0));
    assert!(told.starts_with("Thursday 24 December 2026, 18:05 in Europe/London: a call from …99 to …01"), "{told}");
    assert!(told.contains("closed, because 24 December has 09:00-12:00"), "{told}");

    for (question, expected) in [
        (&["--at", "tonight", "--to", "+441632960001"][..], "such as \"2026-12-24 18:05\""),
        (&["--at", "2026-12-24 18:05", "--to", "+441632960777"], "--to: no line has this number"),
        (&["--at", "2026-12-24 18:05"], "--to: missing"),
        (&["--to", "+441632960001"], "--at"),
    ] {
        let (code, told, wrong) = check(question);
        assert_eq!((code, &*told), (Some(2), ""), "{wrong}");
        assert!(wrong.contains(expected) && !wrong.contains("960777"), "{wrong}");
    }
}

impl Program {
    fn start(api_base: &str) -> Self {
        let files = tempfile::tempdir().expect("a folder");
        let config = files.path().join("ringall.toml");
        let address = free_address();
        std::fs::write(&config, configuration(address, api_base)).expect("a file");
        let mut process = ringall()
            .args(["serve", "--config"])
            .arg(config)
            .env("RUST_LOG", "info")
            .stderr(Stdio::piped())
            .spawn()
            .expect("a process");
        let log = lines_of(process.stderr.take().expect("a pipe"));
        let mut program = Self { process, log, address, files, api_base: api_base.to_owned() };
        program.until_logs("serving 1 line");
        program
    }

    /// The file that it was started with.
    fn configuration(&self) -> String {
        configuration(self.address, &self.api_base)
    }

    /// Somebody edits the file.
    fn write(&self, text: &str) {
        std::fs::write(self.files.path().join("ringall.toml"), text).expect("a file");
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.process.id().to_string()]).status();
        assert!(sent.expect("the command `kill`").success());
    }

    fn until_logs(&mut self, words: &str) {
        loop {
            match self.log.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(words) => return,
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => panic!("waited {PATIENCE:?} for a log line with {words:?}"),
                Err(RecvTimeoutError::Disconnected) => panic!("the program ended before it logged {words:?}"),
            }
        }
    }

    fn exit(&mut self) -> ExitStatus {
        for _ in 0..PATIENCE.as_millis() / 20 {
            if let Some(status) = self.process.try_wait().expect("a process") {
                return status;
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("the program did not end");
    }

    fn get(&self, path: &str) -> String {
        let mut connection = self.send(&format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
        let mut answer = String::new();
        connection.read_to_string(&mut answer).expect("an answer");
        answer
    }

    /// Somebody calls; the connection on which their webhook waits.
    fn call(&self) -> TcpStream {
        let fields = [
            ("AccountSid", ACCOUNT),
            ("CallSid", "CA00000000000000000000000000000001"),
            ("CallStatus", "ringing"),
            ("From", "+441632960099"),
            ("To", "+441632960000"),
        ];
        let mut hash = Hmac::<Sha1>::new_from_slice(TOKEN.as_bytes()).expect("any length is a key");
        hash.update(b"https://hotline.example.org/voice");
        for (name, value) in fields {
            hash.update(name.as_bytes());
            hash.update(value.as_bytes());
        }
        let signature = STANDARD.encode(hash.finalize().into_bytes());
        let form = Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(&format!(
            "POST /voice HTTP/1.1\r\nHost: x\r\nX-Twilio-Signature: {signature}\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n{form}",
            form.len()
        ))
    }

    fn send(&self, request: &str) -> TcpStream {
        let mut connection = TcpStream::connect(self.address).expect("the program listens");
        connection.set_read_timeout(Some(PATIENCE)).expect("a time");
        connection.write_all(request.as_bytes()).expect("the program reads");
        connection
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Takes every request and leaves it.
struct CarrierThatNeverAnswers {
    base: String,
}

impl CarrierThatNeverAnswers {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        thread::spawn(move || {
            let mut connections = Vec::new();
            while let Ok((connection, _)) = listener.accept() {
                connections.push(connection);
            }
        });
        Self { base }
    }
}

fn ringall() -> Command {
    Command::new(env!("CARGO_BIN_EXE_ringall"))
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port")
}

fn lines_of(pipe: ChildStderr) -> Receiver<String> {
    let (sender, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

fn configuration(listen: SocketAddr, api_base: &str) -> String {
    format!(
        r#"
        public_url = "https://hotline.example.org"

        [server]
        listen = "{listen}"

        [carrier]
        provider = "twilio"
        account_sid = "{ACCOUNT}"
        auth_token = "{TOKEN}"
        api_base = "{api_base}"

        [people]
        ana = {{ name = "Ana", phone = "+447700900001" }}

        [groups.organisers]
        members = ["ana"]

        [lines."+441632960000"]
        name = "Hotline"
        ring = "organisers"
        "#
    )
}
