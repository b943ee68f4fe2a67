//! Real connections: what hyper does by itself, slow clients, TLS, stopping.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gateway::{Listener, Options};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::world::World;

/// A gateway that listens.
struct Server {
    address: SocketAddr,
    stopping: CancellationToken,
    serving: JoinHandle<()>,
    world: World,
}

impl Server {
    async fn start() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let world = World::new().await;
        let mut options = Options {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            header_time: Duration::from_millis(300),
            connections_max: 100,
            tls: None,
        };
        change(&mut options);
        let listener = Listener::bind(options).await.unwrap();
        let (address, stopping) = (listener.address(), CancellationToken::new());
        let bound = Duration::from_secs(5);
        let serving =
            tokio::spawn(listener.serve(Arc::clone(&world.gateway), stopping.clone(), bound));
        Self { address, stopping, serving, world }
    }

    /// What comes back until the connection ends.
    async fn says(&self, bytes: &[u8]) -> Raw {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer).await);
        Raw(String::from_utf8(answer).unwrap())
    }
}

/// The bytes of an answer.
#[derive(Debug)]
struct Raw(String);

impl Raw {
    /// Its status, when it is a whole problem.
    fn problem(&self) -> u16 {
        let (head, body) = self.0.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{self:?}"));
        assert!(head.contains("content-type: application/problem+json"), "{self:?}");
        assert!(head.contains("x-content-type-options: nosniff"), "{self:?}");
        let body: Value = serde_json::from_str(body).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        assert_eq!(body["status"], status);
        assert!(head.contains(body["requestId"].as_str().unwrap()));
        status
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_a_problem_too() {
    let server = Server::start().await;
    let long = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(40_000));
    let far = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "y".repeat(65_535));

    assert_eq!(server.says(b"GET / HTTP/9.9\r\n\r\n").await.problem(), 400);
    assert_eq!(server.says(b"G\0T / HTTP/1.1\r\n\r\n").await.problem(), 400);
    assert_eq!(server.says(b"GET / HTTP/1.1\r\nbad header\r\n\r\n").await.problem(), 400);
    assert_eq!(server.says(long.as_bytes()).await.problem(), 431);
    assert!([414, 431].contains(&server.says(far.as_bytes()).await.problem()));
}

#[tokio::test]
async fn a_header_that_does_not_end_is_given_up_and_an_idle_connection_closed() {
    let server = Server::start().await;

    assert_eq!(server.says(b"GET /v1/toys/7 HTTP/1.1\r\nhost: x\r\n").await.problem(), 408);
    assert_eq!(server.says(b"").await.0, "");
    assert_eq!(server.says(b"P").await.0, "");
}

#[tokio::test]
async fn a_body_that_does_not_end_is_given_up() {
    let server = Server::start().await;
    let head = format!(
        "POST /v1/toys HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         authorization: Bearer {}\r\ncontent-length: 20\r\n\r\n{{\"name\":",
        server.world.token("employer")
    );

    assert_eq!(server.says(head.as_bytes()).await.problem(), 408);
}

#[tokio::test]
async fn a_connection_answers_one_request_after_the_other() {
    let server = Server::start().await;
    let one = "GET /v1/toys/7 HTTP/1.1\r\nhost: x\r\n\r\n";
    let last = "HEAD /v1/toys/7 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

    let answers = server.says(format!("{one}{one}{last}").as_bytes()).await.0;

    assert_eq!(answers.matches("HTTP/1.1 200 OK\r\n").count(), 3);
    assert_eq!(answers.matches("\"name\":\"Bear\"").count(), 2, "{answers}");
    assert_eq!(answers.matches("content-length: 52\r\n").count(), 3, "{answers}");
}

#[tokio::test]
async fn http2_is_spoken_with_and_without_tls() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let (plain, secure) =
        (Server::start().await, Server::with(|it| it.tls = Some((certificate, key))).await);
    let root = reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();

    let clear = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    let client = reqwest::Client::builder().tls_certs_only([root]).build().unwrap();
    let clear = clear.get(format!("http://{}/v1/toys/7", plain.address)).send().await.unwrap();
    let address = format!("https://localhost:{}/v1/toys/7", secure.address.port());
    let secure = client.get(address).send().await.unwrap();

    for answer in [clear, secure] {
        assert_eq!(answer.version(), http::Version::HTTP_2);
        assert_eq!(answer.status(), 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_stop_lets_what_has_begun_end_and_takes_no_more() {
    let server = Server::start().await;
    let (begun, release) = (Arc::new(tokio::sync::Notify::new()), std::sync::mpsc::channel::<()>());
    let (wake, wait) = (begun.clone(), std::sync::Mutex::new(release.1));
    server.world.service.answers(move |_| {
        wake.notify_one();
        tokio::task::block_in_place(|| wait.lock().unwrap().recv().unwrap());
        Ok(serde_json::json!({"name": "Bear"}))
    });
    let request = b"GET /v1/toys/7 HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(request).await.unwrap();
    begun.notified().await;

    server.stopping.cancel();
    while TcpStream::connect(server.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    release.0.send(()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    server.serving.await.unwrap();

    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}
