//! Over real sockets: what the network and a bad server can do to a question.

use std::net::SocketAddr;

use ringall_core::phone::CallerId;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::Instant,
};

use super::*;
use crate::secret::Secret;

#[tokio::test]
async fn an_answer_over_the_network_is_read() {
    let body = r#"{"name":"Mr Jones"}"#;
    let at = server(vec![format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )])
    .await;

    assert_eq!(ask(at).await, Answer::Found([("name", "Mr Jones")].into_iter().collect()));
}

#[tokio::test]
async fn a_connection_that_is_refused_fails_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    drop(listener);
    let began = Instant::now();

    assert_eq!(ask(at).await, Answer::Failed);
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn five_mebibytes_are_not_read() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5242880\r\n\r\n{\"name\":\"";
    let at = server(vec![format!("{head}{}", "x".repeat(5 * 1024 * 1024))]).await;

    assert_eq!(ask(at).await, Answer::Failed);
}

#[tokio::test]
async fn an_answer_that_trickles_is_given_up_after_two_seconds() {
    let mut pieces =
        vec!["HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{".to_owned()];
    pieces.extend(vec![" ".to_owned(); 40]);
    let at = server(pieces).await;
    let began = Instant::now();

    assert_eq!(ask(at).await, Answer::Failed);
    let took = began.elapsed();
    assert!((Duration::from_millis(1900)..Duration::from_millis(2900)).contains(&took), "{took:?}");
}

#[tokio::test]
async fn a_redirect_leads_nowhere() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = elsewhere.local_addr().unwrap();
    let at = server(vec![format!("HTTP/1.1 307 x\r\nlocation: http://{to}/\r\ncontent-length: 0\r\n\r\n")]).await;

    assert_eq!(ask(at).await, Answer::Failed);
    let nobody_comes = timeout(Duration::from_millis(200), elsewhere.accept()).await;
    assert!(nobody_comes.is_err(), "the question was taken elsewhere");
}

#[tokio::test]
async fn what_an_address_says_that_a_reload_replaces_meanwhile_is_not_remembered_of_the_new_one() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 16\r\n\r\n";
    let slow = || vec![head.to_owned(), r#"{"name":"Jones"}"#.to_owned()];
    let minute = Duration::from_secs(60);
    let (question, lookups) = (question(), lookups(server(slow()).await, minute));

    let reload = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        lookups.reload(&addresses(server(slow()).await, minute));
    };
    let (answer, ()) = tokio::join!(lookups.ask("crm", &question), reload);

    assert_eq!(
        answer,
        Answer::Found([("name", "Jones")].into_iter().collect()),
        "the caller's own question was answered"
    );
    assert_eq!(lookups.remembered("crm", &question), None);
    assert_eq!(lookups.ask("crm", &question).await, answer);
    assert_eq!(lookups.remembered("crm", &question), Some(answer));
}

async fn ask(at: SocketAddr) -> Answer {
    lookups(at, Duration::ZERO).ask("crm", &question()).await
}

fn lookups(at: SocketAddr, cache_for: Duration) -> Lookups {
    Lookups::new(addresses(at, cache_for), over_network().unwrap(), Clock::system())
}

fn addresses(at: SocketAddr, cache_for: Duration) -> BTreeMap<String, LookupConfig> {
    let url = format!("http://{at}/who?key=1").parse().unwrap();
    [("crm".to_owned(), LookupConfig { url, secret: Secret::new("hush"), cache_for, ask_withheld: false })].into()
}

fn question() -> Question {
    Question {
        call: "CA7".parse().unwrap(),
        line: "+441632960000".parse().unwrap(),
        line_name: "Office".into(),
        caller: CallerId::read("+447700900007"),
        geography: Geography::default(),
    }
}

/// Takes one connection, reads the question, and says these pieces with a tenth of a second between them.
async fn server(pieces: Vec<String>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let serving = async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut read = vec![0; 4096];
        let mut seen = 0;
        while !read[..seen].ends_with(b"}") {
            seen += stream.read(&mut read[seen..]).await.unwrap();
        }
        for piece in pieces {
            // Whoever asked may have gone.
            if stream.write_all(piece.as_bytes()).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::runtime::Handle::current().spawn(serving);
    at
}
