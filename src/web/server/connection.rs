//! One connection: its requests go to the router, and its place is told what becomes of them.

use std::{
    convert::Infallible,
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{Router, body::Body};
use bytes::Bytes;
use http::Request;
use hyper::{
    body::{Body as HttpBody, Frame, Incoming, SizeHint},
    rt::{Read, ReadBufCursor, Write},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tower::Service;
use tracing::debug;

use super::place::{Guest, Place};

/// How long a connection may idle. Longer than the minute for which proxies usually keep theirs: the side that sends
/// requests should be the one that closes. Who never sent a signed request is let go much sooner.
const IDLES: Duration = Duration::from_secs(75);
/// No honest request's head comes near this.
const LARGEST_HEAD: usize = 64 * 1024;

pub(super) async fn serve(stream: TcpStream, guest: Guest, router: Router, stopping: CancellationToken) {
    // Answers are small and awaited: not one of them waits for another.
    let _ = stream.set_nodelay(true);
    let place = guest.place();
    let service = service_fn(|request| answer(request, router.clone(), place.clone()));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLES)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(Watched { stream: TokioIo::new(stream), place: place.clone() }, service);
    let mut connection = std::pin::pin!(connection);
    let mut finishing = false;
    let served = loop {
        tokio::select! {
            served = connection.as_mut() => break served,
            () = place.asked_to_leave() => {
                debug!("a connection is let go");
                return;
            }
            () = stopping.cancelled(), if !finishing => {
                finishing = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    };
    if let Err(error) = served {
        debug!(%error, "a connection ended early");
    }
}

async fn answer(
    mut request: Request<Incoming>,
    mut router: Router,
    place: Arc<Place>,
) -> Result<http::Response<Answer>, Infallible> {
    place.request_came();
    request.extensions_mut().insert(place.clone());
    let answer = router.call(request).await?;
    place.answer_begins();
    Ok(answer.map(|body| Answer { body, place }))
}

/// An answer's body. When it is dropped all of it has been handed over.
struct Answer {
    body: Body,
    place: Arc<Place>,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.place.answer_ends();
    }
}

/// A connection of which it is known whether its client reads.
struct Watched {
    stream: TokioIo<TcpStream>,
    place: Arc<Place>,
}

impl Watched {
    fn written(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        self.place.set_blocked(written.is_pending());
        Poll::Ready(ready!(written))
    }
}

impl Read for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl Write for Watched {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.written(written)
    }
}
