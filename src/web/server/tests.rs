use std::{net::SocketAddr, sync::Arc};

use axum::{Extension, routing::get};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::Notify,
    time::timeout,
};

use super::*;
use crate::telemetry;

const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn caller_gets_through_while_silent_clients_hold_every_connection() {
    let (log, _guard) = telemetry::capture();
    let house = House::open(4).await;
    let mut silent = Vec::new();
    for _ in 0..4 {
        silent.push(house.connect().await);
    }

    for _ in 0..20 {
        let mut caller = house.connect().await;
        assert!(ask(&mut caller, "/quick").await.starts_with("HTTP/1.1 200"));
    }

    // The one that had waited longest is gone.
    assert_eq!(timeout(SOON, silent[0].read(&mut [0; 8])).await.unwrap().unwrap_or(0), 0);
    let said = log.text().lines().filter(|line| line.contains("all places for connections are taken")).count();
    assert_eq!(said, 1, "{}", log.text());
    house.close().await;
}

#[tokio::test]
async fn held_webhook_is_answered_however_many_clients_want_its_place() {
    let house = House::open(2).await;
    let mut held = house.connect().await;
    request(&mut held, "/held").await;
    house.is_held.notified().await;

    for _ in 0..20 {
        drop(house.connect().await);
        let mut other = house.connect().await;
        assert!(ask(&mut other, "/quick").await.starts_with("HTTP/1.1 200"));
    }
    house.answer.notify_waiters();

    assert!(answer(&mut held).await.ends_with("held"));
    house.close().await;
}

#[tokio::test]
async fn call_that_finds_no_place_is_taken_as_soon_as_there_is_one() {
    let house = House::open(1).await;
    let mut held = house.connect().await;
    request(&mut held, "/held").await;
    house.is_held.notified().await;

    let mut next = house.connect().await;
    request(&mut next, "/quick").await;
    assert!(timeout(Duration::from_millis(300), next.read(&mut [0; 8])).await.is_err());
    house.answer.notify_waiters();

    assert!(answer(&mut held).await.ends_with("held"));
    assert!(answer(&mut next).await.starts_with("HTTP/1.1 200"));
    house.close().await;
}

#[tokio::test]
async fn carriers_kept_connection_outlives_every_strangers() {
    let house = House::open(3).await;
    let mut carriers = house.connect().await;
    request(&mut carriers, "/held").await;
    house.is_held.notified().await;
    house.answer.notify_waiters();
    answer(&mut carriers).await;

    for _ in 0..20 {
        let mut stranger = house.connect().await;
        assert!(ask(&mut stranger, "/quick").await.starts_with("HTTP/1.1 200"));
    }

    assert!(ask(&mut carriers, "/quick").await.starts_with("HTTP/1.1 200"));
    house.close().await;
}

#[tokio::test]
async fn stranger_who_trickles_is_let_go_within_three_looks_and_the_carrier_is_not() {
    let crowd = Crowd::new(10);
    let [stranger, kept, held, refused] = std::array::from_fn(|_| crowd.let_in().unwrap());
    kept.place().signature_held();
    kept.place().answer_begins();
    kept.place().answer_ends();
    held.place().signature_held();
    refused.place().request_came();

    for _ in 0..2 {
        crowd.let_the_slow_go();
        assert!(stranger.place().look().stage.may_be_cut());
    }
    // Who does something new begins anew.
    refused.place().answer_begins();
    refused.place().answer_ends();
    crowd.let_the_slow_go();

    stranger.place().asked_to_leave().await;
    for patient in [&kept, &held, &refused] {
        assert_ne!(patient.place().look().stage, place::Stage::Leaving);
    }
    for _ in 0..2 {
        crowd.let_the_slow_go();
    }
    refused.place().asked_to_leave().await;
    for _ in 0..1_000 {
        crowd.let_the_slow_go();
    }
    for patient in [&kept, &held] {
        assert_ne!(patient.place().look().stage, place::Stage::Leaving);
    }
}

#[tokio::test]
async fn client_that_never_reads_its_answer_is_let_go_within_seven_looks() {
    let crowd = Crowd::new(10);
    let reader = crowd.let_in().unwrap();
    reader.place().request_came();
    reader.place().answer_begins();
    reader.place().set_blocked(true);

    for _ in 0..6 {
        crowd.let_the_slow_go();
        assert!(reader.place().look().stage.may_be_cut());
    }
    crowd.let_the_slow_go();

    reader.place().asked_to_leave().await;
}

#[test]
fn places_of_those_who_have_gone_are_forgotten() {
    let crowd = Crowd::new(10_000);
    let guests: Vec<_> = (0..10_000).map(|_| crowd.let_in().unwrap()).collect();
    assert!(crowd.let_in().is_none());

    drop(guests);
    crowd.let_the_slow_go();

    assert_eq!((crowd.open(), crowd.watched_places()), (0, 0));
    assert!(crowd.let_in().is_some());
}

/// A server with room for so many.
struct House {
    at: SocketAddr,
    tasks: Tasks,
    is_held: Arc<Notify>,
    answer: Arc<Notify>,
}

impl House {
    async fn open(most: usize) -> Self {
        let (is_held, answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (held, answered) = (is_held.clone(), answer.clone());
        let router = Router::new().route("/quick", get(|| async { "quick" })).route(
            "/held",
            get(move |Extension(place): Extension<Arc<Place>>| async move {
                place.signature_held();
                let answered = answered.notified();
                held.notify_one();
                answered.await;
                "held"
            }),
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (at, tasks) = (listener.local_addr().unwrap(), Tasks::new());
        tasks.spawn("listener", serve_at_most(most, listener, router, tasks.clone()));
        Self { at, tasks, is_held, answer }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.at).await.unwrap()
    }

    async fn close(&self) {
        timeout(SOON, self.tasks.close_and_wait()).await.unwrap();
    }
}

async fn ask(stream: &mut TcpStream, path: &str) -> String {
    request(stream, path).await;
    answer(stream).await
}

async fn request(stream: &mut TcpStream, path: &str) {
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes()).await.unwrap();
}

async fn answer(stream: &mut TcpStream) -> String {
    let mut seen = Vec::new();
    let all = async {
        while !seen.ends_with(b"quick") && !seen.ends_with(b"held") {
            if stream.read_buf(&mut seen).await.unwrap_or(0) == 0 {
                break;
            }
        }
    };
    timeout(SOON, all).await.expect("an answer");
    String::from_utf8_lossy(&seen).into_owned()
}
