//! The bytes of an HTTP/1.1 connection.
//!
//! hyper answers what it cannot read (a bad method, a header that is too long) by itself, with an
//! empty body, before any of our code runs. Here such an answer is exchanged for a problem. And
//! here a client that does not take its answer is given up.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use http::{Response, StatusCode};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How long a client may leave an answer lying.
const WRITE_BOUND: Duration = Duration::from_secs(30);
/// How hyper's own refusals begin.
const REFUSALS: [(&[u8], StatusCode); 3] = [
    (b"HTTP/1.1 400 Bad Request\r\n", StatusCode::BAD_REQUEST),
    (b"HTTP/1.1 414 URI Too Long\r\n", StatusCode::URI_TOO_LONG),
    (
        b"HTTP/1.1 431 Request Header Fields Too Large\r\n",
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
    ),
];
/// What every answer of ours has, and hyper's have not.
const OURS: &[u8] = b"x-request-id: ";

/// A connection whose bare refusals become problems.
pub(super) struct Wire<'a, I> {
    stream: I,
    refused: &'a (dyn Fn(StatusCode) -> Bytes + Send + Sync),
    /// A refusal that is on its way out.
    pending: Bytes,
    /// Runs while the client takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Whether the client has said something since the last answer.
    asked: bool,
}

/// A whole answer as the bytes of HTTP/1.1, after which the connection ends.
pub(super) fn message(response: &Response<Bytes>) -> Bytes {
    let status = response.status();
    let body = response.body();
    let (code, reason) = (status.as_u16(), status.canonical_reason().unwrap_or_default());
    let length = body.len();
    let start =
        format!("HTTP/1.1 {code} {reason}\r\nconnection: close\r\ncontent-length: {length}\r\n");
    let mut bytes = BytesMut::from(start.as_bytes());
    for (name, value) in response.headers() {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    bytes.freeze()
}

impl<'a, I: AsyncRead + AsyncWrite + Unpin> Wire<'a, I> {
    pub(super) fn new(stream: I, refused: &'a (dyn Fn(StatusCode) -> Bytes + Send + Sync)) -> Self {
        Self { stream, refused, pending: Bytes::new(), stalled: None, asked: false }
    }

    /// Whether a request has begun that was not answered.
    pub(super) fn is_in_a_request(&self) -> bool {
        self.asked
    }

    /// What to write in place of these bytes, where they are a bare refusal.
    fn instead(&self, bytes: &[u8]) -> Option<Bytes> {
        let (_, status) = REFUSALS.iter().find(|(start, _)| bytes.starts_with(start))?;
        let is_ours = bytes.windows(OURS.len()).any(|it| it.eq_ignore_ascii_case(OURS));
        (!is_ours).then(|| (self.refused)(*status))
    }

    /// Writes what is pending.
    fn poll_pending(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.pending.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.pending))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.pending.advance(written);
        }
        Poll::Ready(Ok(()))
    }

    /// Passes a write's outcome on, unless the client has taken nothing for too long.
    fn bounded(
        &mut self,
        cx: &mut Context<'_>,
        outcome: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if outcome.is_ready() {
            self.stalled = None;
            self.asked = false;
            return outcome;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(WRITE_BOUND)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<I: AsyncRead + AsyncWrite + Unpin> AsyncRead for Wire<'_, I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.asked = true;
        }
        outcome
    }
}

impl<I: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Wire<'_, I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_pending(cx))?;
        if let Some(problem) = self.instead(bytes) {
            self.pending = problem;
            return Poll::Ready(Ok(bytes.len()));
        }
        let outcome = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.bounded(cx, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_pending(cx))?;
        if let [only] = pieces {
            return self.poll_write(cx, only);
        }
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(cx, pieces);
        self.bounded(cx, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_pending(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_pending(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    fn refused(status: StatusCode) -> Bytes {
        let mut response = Response::new(Bytes::from_static(b"{}"));
        *response.status_mut() = status;
        message(&response)
    }

    async fn written(bytes: &[u8]) -> String {
        let (ours, mut theirs) = duplex(4_096);
        let mut wire = Wire::new(ours, &refused);
        wire.write_all(bytes).await.unwrap();
        wire.shutdown().await.unwrap();
        drop(wire);
        let mut seen = String::new();
        theirs.read_to_string(&mut seen).await.unwrap();
        seen
    }

    #[tokio::test]
    async fn a_bare_refusal_becomes_a_problem() {
        let bare = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\n\r\n";

        let seen = written(bare).await;

        let expected = "HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\
                        content-length: 2\r\n\r\n{}";
        assert_eq!(seen, expected);
    }

    #[tokio::test]
    async fn our_own_answers_pass() {
        for answer in [
            "HTTP/1.1 400 Bad Request\r\nx-request-id: r1\r\ncontent-length: 2\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        ] {
            assert_eq!(written(answer.as_bytes()).await, answer);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_is_given_up() {
        let (ours, _theirs) = duplex(8);
        let mut wire = Wire::new(ours, &refused);

        let error = wire.write_all(&[b'a'; 64]).await.unwrap_err();

        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
