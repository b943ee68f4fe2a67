//! One client's connection.

use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::http2::{Counted, idle};
use super::hyper_service::Requests;
use super::tls::Tls;
use super::wire::{Wire, message};
use crate::ask::Asker;
use crate::gateway::Gateway;

/// The most bytes of a request's header.
pub(super) const HEADER_BYTES_MAX: u16 = 32 * 1_024;
/// The most bytes that are read or written at a time.
const BUFFER_BYTES_MAX: usize = 64 * 1_024;
/// The most requests at a time on an HTTP/2 connection.
const STREAMS_MAX: u32 = 128;
const PING_PERIOD: Duration = Duration::from_secs(20);
const HANDSHAKE_BOUND: Duration = Duration::from_secs(10);
/// How long, and for how many bytes, a client that was answered early may go on sending.
const LINGER_BOUND: Duration = Duration::from_secs(2);
const LINGER_BYTES: usize = 2 * 1_024 * 1_024;
/// How long an idle connection is kept once the gateway stops.
const LAST_CALL: Duration = Duration::from_secs(1);
/// How an HTTP/2 connection without TLS begins; no method of HTTP/1.1 does.
const PREFACE: &[u8] = b"PRI";

/// How HTTP is spoken.
#[derive(Debug, Clone)]
pub(super) struct Protocol {
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
    header_time: Duration,
}

pub(super) struct Connection<A> {
    pub(super) gateway: Arc<Gateway<A>>,
    pub(super) protocol: Protocol,
    pub(super) tls: Option<Tls>,
    /// This connection's own: a token that all share would be a lock that all take.
    pub(super) stopping: CancellationToken,
    pub(super) peer: IpAddr,
}

impl Protocol {
    pub(super) fn new(header_time: Duration) -> Self {
        let mut http1 = http1::Builder::new();
        http1.timer(TokioTimer::new()).header_read_timeout(header_time);
        http1.max_header_size(HEADER_BYTES_MAX.into()).max_buf_size(BUFFER_BYTES_MAX);
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2.timer(TokioTimer::new()).keep_alive_interval(PING_PERIOD);
        // Twice as much as we take: what is beyond is refused by hyper, without a problem.
        http2.max_header_list_size(2 * u32::from(HEADER_BYTES_MAX));
        http2.max_concurrent_streams(STREAMS_MAX);
        Self { http1, http2, header_time }
    }
}

impl<A: Asker> Connection<A> {
    /// Serves the connection to its end. What goes wrong on it is the client's affair.
    pub(super) async fn serve(self, stream: TcpStream) {
        let Some(tls) = self.tls.clone() else {
            let begun = tokio::select! {
                () = self.stopping.cancelled() => return,
                begun = timeout(self.protocol.header_time, speaks_http2(&stream)) => begun,
            };
            return match begun {
                Ok(Ok(true)) => self.http2(stream).await,
                Ok(Ok(false)) => self.http1(stream).await,
                Ok(Err(_)) | Err(_) => {}
            };
        };
        let handshake = timeout(HANDSHAKE_BOUND, tls.0.accept(stream)).await;
        let Ok(Ok(stream)) = handshake else { return };
        match stream.get_ref().1.alpn_protocol() {
            Some(b"h2") => self.http2(stream).await,
            _ => self.http1(stream).await,
        }
    }

    async fn http1<I: AsyncRead + AsyncWrite + Unpin>(self, stream: I) {
        let refused = |status| message(&self.gateway.refuse(status));
        let mut wire = Wire::new(stream, &refused);
        let (gateway, stopping) = (self.gateway.clone(), self.stopping.clone());
        let requests = Requests { gateway, peer: self.peer, stopping };
        let ended = {
            let io = TokioIo::new(&mut wire);
            let mut connection = pin!(self.protocol.http1.serve_connection(io, requests));
            tokio::select! {
                biased;
                ended = connection.as_mut() => ended,
                () = last_call(&self.stopping) => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            }
        };
        if ended.is_err_and(|error| error.is_timeout()) && wire.is_in_a_request() {
            let late = refused(StatusCode::REQUEST_TIMEOUT);
            drop(timeout(HANDSHAKE_BOUND, wire.write_all(&late)).await);
        }
        drop(timeout(LINGER_BOUND, linger(wire)).await);
    }

    async fn http2<I: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self, stream: I) {
        let (bound, stopping) = (self.protocol.header_time, self.stopping);
        let requests =
            Requests { gateway: self.gateway, peer: self.peer, stopping: stopping.clone() };
        let (requests, mut count) = Counted::new(requests);
        let connection = self.protocol.http2.serve_connection(TokioIo::new(stream), requests);
        let mut connection = pin!(connection);
        tokio::select! {
            biased;
            _ended = connection.as_mut() => return,
            () = stopping.cancelled() => {}
            () = idle(&mut count, bound) => {}
        }
        connection.as_mut().graceful_shutdown();
        // What has begun ends. A client that neither asks nor takes what it is given does not.
        tokio::select! {
            biased;
            _ended = connection => {}
            () = idle(&mut count, bound) => {}
        }
    }
}

/// The end of the time for requests that were on their way when the gateway began to stop: on an idle
/// connection that is closed at once they would get no answer.
async fn last_call(stopping: &CancellationToken) {
    stopping.cancelled().await;
    tokio::time::sleep(LAST_CALL).await;
}

/// Says that nothing more comes, and takes what the client still sends: a socket that is closed over
/// unread bytes is reset, and the client may lose the answer.
async fn linger<I: AsyncRead + AsyncWrite + Unpin>(mut stream: I) {
    let (mut left, mut unread) = (LINGER_BYTES, vec![0; 4_096]);
    let mut open = stream.shutdown().await.is_ok();
    while open && left > 0 {
        let read = stream.read(&mut unread).await.unwrap_or_default();
        left = left.saturating_sub(read);
        open = read > 0;
    }
}

/// Looks at the first bytes without taking them.
async fn speaks_http2(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0; PREFACE.len()];
    loop {
        let seen = stream.peek(&mut first).await?;
        let seen = first.get(..seen).unwrap_or_default();
        if seen.len() == PREFACE.len() || seen.is_empty() || !PREFACE.starts_with(seen) {
            return Ok(seen == PREFACE);
        }
        // One or two bytes that may become either: they are there, so waiting for readiness would
        // return at once.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
