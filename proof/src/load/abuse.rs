//! Clients that mean no good.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};

use super::times::Times;

/// A client that holds a connection for as long as it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slow {
    /// Sends nothing at all.
    Silent,
    /// Sends a request's head, a byte each second.
    Head,
    /// Sends a whole head and then a body, a byte each second.
    Body,
    /// Asks for something large again and again, and never reads.
    NeverReads,
    /// The same, and reads a few bytes each second.
    ReadsSlowly,
    /// Sends a whole request that is refused, and stays.
    Stays,
}

/// How long clients of one kind could hold their connections.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) times: Times,
    /// Could not even connect.
    pub(super) refused: usize,
    /// Were still connected when it was enough.
    pub(super) still: usize,
}

/// Many of a kind at once, each until it is let go, or until `enough`.
pub(super) async fn slow_clients(at: SocketAddr, kind: Slow, count: usize, enough: Duration) -> Held {
    let mut clients = JoinSet::new();
    for _ in 0..count {
        clients.spawn(async move {
            let stream = connect(at, kind).await?;
            let began = Instant::now();
            Ok::<_, std::io::Error>(match timeout(enough, kind.hold(stream)).await {
                Ok(()) => Some(began.elapsed()),
                Err(_) => None,
            })
        });
    }
    let mut held = Held::default();
    for client in clients.join_all().await {
        match client {
            Ok(Some(time)) => held.times.add(time),
            Ok(None) => held.still += 1,
            Err(_) => held.refused += 1,
        }
    }
    held
}

/// Many of a kind for so long; whoever is let go comes again.
pub(super) async fn stubborn_clients(at: SocketAddr, kind: Slow, count: usize, lasting: Duration) {
    let mut clients = JoinSet::new();
    for _ in 0..count {
        clients.spawn(async move {
            loop {
                if let Ok(stream) = connect(at, kind).await {
                    kind.hold(stream).await;
                }
                sleep(COMES_AGAIN).await;
            }
        });
    }
    sleep(lasting).await;
}

const COMES_AGAIN: Duration = Duration::from_millis(500);

async fn connect(at: SocketAddr, kind: Slow) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    if matches!(kind, Slow::NeverReads | Slow::ReadsSlowly) {
        // Else the kernel reads for it.
        socket.set_recv_buffer_size(4 * 1024)?;
    }
    socket.connect(at).await
}

impl Slow {
    /// Holds the connection until the other side ends it.
    async fn hold(self, stream: TcpStream) {
        let (mut input, mut output) = stream.into_split();
        let ended = async {
            let mut seen = [0; 4096];
            match self {
                Self::NeverReads => std::future::pending().await,
                Self::ReadsSlowly => {
                    while input.read(&mut seen[..64]).await.is_ok_and(|read| read > 0) {
                        sleep(Duration::from_secs(1)).await;
                    }
                }
                Self::Silent | Self::Head | Self::Body | Self::Stays => {
                    while input.read(&mut seen).await.is_ok_and(|read| read > 0) {}
                }
            }
        };
        let sending = async {
            let sent = match self {
                Self::Silent => Ok(()),
                Self::Head => trickle(&mut output, b"POST /voice HTTP/1.1\r\nHost: h\r\nX-Filler: ").await,
                Self::Body => match output.write_all(HEAD_OF_A_FORM).await {
                    Ok(()) => trickle(&mut output, b"").await,
                    Err(error) => Err(error),
                },
                Self::NeverReads | Self::ReadsSlowly => ask_on_and_on(&mut output).await,
                Self::Stays => output.write_all(UNSIGNED).await,
            };
            if sent.is_ok() {
                // Only the other side ends it now.
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = ended => {}
            () = sending => {}
        }
    }
}

async fn trickle(output: &mut (impl AsyncWriteExt + Unpin), first: &[u8]) -> std::io::Result<()> {
    output.write_all(first).await?;
    loop {
        output.write_all(b"x").await?;
        sleep(Duration::from_secs(1)).await;
    }
}

async fn ask_on_and_on(output: &mut (impl AsyncWriteExt + Unpin)) -> std::io::Result<()> {
    loop {
        output.write_all(b"GET /ringback/gb.wav HTTP/1.1\r\nHost: h\r\n\r\n").await?;
        sleep(Duration::from_millis(200)).await;
    }
}

/// With a signature, so that its body is read.
const HEAD_OF_A_FORM: &[u8] = b"POST /voice HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\n\
    X-Twilio-Signature: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\nContent-Length: 60000\r\n\r\n";
const UNSIGNED: &[u8] = b"POST /voice HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\n\
    Content-Length: 11\r\n\r\nCallSid=CA1";
const FORGED: &[u8] = b"POST /voice HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\n\
    X-Twilio-Signature: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\nContent-Length: 11\r\n\r\nCallSid=CA1";

/// What became of a flood.
#[derive(Debug, Default)]
pub(super) struct Flood {
    refused: AtomicUsize,
    otherwise: AtomicUsize,
    broken: AtomicUsize,
}

/// A flood that goes on until it is dropped.
pub(super) struct Flooding {
    pub(super) flood: Arc<Flood>,
    began: Instant,
    _streams: JoinSet<()>,
}

/// Sends `rate` requests a second over a few connections, several in one piece: the carrier's side needs the processor
/// too. Half of them carry no signature, half a forged one, unless all are `unsigned`.
pub(super) fn flood(at: SocketAddr, rate: usize) -> Flooding {
    let flood = Arc::new(Flood::default());
    let mut streams = JoinSet::new();
    for nth in 0..STREAMS {
        let flood = flood.clone();
        streams.spawn(async move {
            loop {
                let request = if nth % 4 == 0 { FORGED } else { UNSIGNED };
                if stream_of_requests(at, rate / STREAMS, request, &flood).await.is_err() {
                    flood.broken.fetch_add(1, Ordering::Relaxed);
                    sleep(Duration::from_millis(10)).await;
                }
            }
        });
    }
    Flooding { flood, began: Instant::now(), _streams: streams }
}

const STREAMS: usize = 32;
/// So many batches a second on each connection.
const BATCHES: usize = 40;

async fn stream_of_requests(at: SocketAddr, rate: usize, request: &[u8], flood: &Flood) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(at).await?;
    stream.set_nodelay(true)?;
    let batch = rate.div_ceil(BATCHES).max(1);
    let requests = request.repeat(batch);
    let mut turns = interval(Duration::from_secs(1) / u32::try_from(BATCHES).unwrap_or(1));
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut text, mut seen) = (Vec::new(), vec![0; 16 * 1024]);
    loop {
        turns.tick().await;
        stream.write_all(&requests).await?;
        let mut answers = 0;
        while answers < batch {
            let read = stream.read(&mut seen).await?;
            if read == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            text.extend_from_slice(&seen[..read]);
            answers += flood.count_in(&mut text);
        }
    }
}

impl Flood {
    /// Counts whole heads of answers and forgets them; how many there were.
    fn count_in(&self, text: &mut Vec<u8>) -> usize {
        let (mut answers, mut from) = (0, 0);
        while let Some(end) = text[from..].windows(4).position(|four| four == b"\r\n\r\n") {
            let head = &text[from..from + end];
            let refused = head.windows(12).any(|start| start == b"HTTP/1.1 403");
            let counter = if refused { &self.refused } else { &self.otherwise };
            counter.fetch_add(1, Ordering::Relaxed);
            answers += 1;
            from += end + 4;
        }
        text.drain(..from);
        answers
    }

    pub(super) fn refused(&self) -> usize {
        self.refused.load(Ordering::Relaxed)
    }

    pub(super) fn otherwise(&self) -> usize {
        self.otherwise.load(Ordering::Relaxed)
    }

    pub(super) fn broken(&self) -> usize {
        self.broken.load(Ordering::Relaxed)
    }
}

impl Flooding {
    /// Answered requests a second so far.
    pub(super) fn rate(&self) -> usize {
        let answered = self.flood.refused() + self.flood.otherwise();
        let millis = usize::try_from(self.began.elapsed().as_millis()).unwrap_or(usize::MAX).max(1);
        answered * 1000 / millis
    }
}
