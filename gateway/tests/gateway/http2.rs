//! HTTP/2, with and without TLS.

use std::path::PathBuf;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gateway::{Listener, Options};
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::server::{self, Server};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// `GET http://x/v1/toys/7`, as HPACK says it.
const GET: &[u8] = b"\x82\x86\x01\x01x\x04\x0a/v1/toys/7";
/// The setting by which a client takes no body: `INITIAL_WINDOW_SIZE` = 0.
const NOTHING: &[u8] = &[0, 4, 0, 0, 0, 0];

fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap();
    [&[0, 0, length, kind, flags, 0, 0, 0, stream], payload].concat()
}

/// A certificate for `localhost` and its key, in files.
fn certificate(folder: &TempDir) -> (rcgen::Certificate, PathBuf, PathBuf) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    (made.cert, certificate, key)
}

fn clear() -> reqwest::Client {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    reqwest::Client::builder().http2_prior_knowledge().build().unwrap()
}

#[tokio::test]
async fn http2_is_spoken_with_and_without_tls() {
    let folder = tempfile::tempdir().unwrap();
    let (root, certificate, key) = certificate(&folder);
    let root = reqwest::Certificate::from_pem(root.pem().as_bytes()).unwrap();
    let (plain, secure) =
        (Server::start().await, Server::with(|it| it.tls = Some((certificate, key))).await);
    let client = reqwest::Client::builder().tls_certs_only([root.clone()]).build().unwrap();
    let older = reqwest::Client::builder().tls_certs_only([root]).http1_only().build().unwrap();

    let clear = clear().get(format!("http://{}/v1/toys/7", plain.address)).send().await.unwrap();
    let address = format!("https://localhost:{}/v1/toys/7", secure.address.port());
    let new = client.get(&address).send().await.unwrap();
    let old = older.get(&address).send().await.unwrap();

    assert_eq!([clear.version(), new.version()], [http::Version::HTTP_2; 2]);
    assert_eq!(old.version(), http::Version::HTTP_11);
    assert_eq!([clear.status(), new.status(), old.status()], [http::StatusCode::OK; 3]);
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let (_, certificate, key) = certificate(&folder);
    let other = tempfile::tempdir().unwrap();
    let (_, _, foreign) = self::certificate(&other);
    let (junk, nowhere) = (folder.path().join("junk.pem"), folder.path().join("nowhere.pem"));
    std::fs::write(&junk, "junk").unwrap();

    for (certificate, key, said) in [
        (&nowhere, &key, "TLS_CERTIFICATE_FILE <folder>/nowhere.pem is wrong: "),
        (&junk, &key, "TLS_CERTIFICATE_FILE <folder>/junk.pem has no certificate in it"),
        (&key, &key, "TLS_CERTIFICATE_FILE <folder>/k.pem has no certificate in it"),
        (&certificate, &junk, "TLS_KEY_FILE <folder>/junk.pem is wrong: "),
        (&certificate, &foreign, "TLS_CERTIFICATE_FILE and TLS_KEY_FILE do not fit together: "),
    ] {
        let options =
            Options { tls: Some((certificate.clone(), key.clone())), ..server::options() };
        let refused = format!("{:#}", Listener::bind(options).await.unwrap_err());

        let refused = refused.replace(folder.path().to_str().unwrap(), "<folder>");
        assert!(refused.starts_with(said), "{refused}");
        assert!(!refused.contains('\n'), "{refused}");
    }
}

#[tokio::test]
async fn a_connection_on_which_nothing_is_asked_or_taken_is_closed() {
    let server = Server::start().await;
    let settings = [PREFACE, &frame(SETTINGS, 0, 0, b"")].concat();
    let takes_nothing = [PREFACE, &frame(SETTINGS, 0, 0, NOTHING)].concat();

    for (what, bytes) in [
        ("half a preface", PREFACE[..8].to_vec()),
        ("no request", settings.clone()),
        ("a header without end", [settings, frame(HEADERS, END_STREAM, 1, GET)].concat()),
        (
            "an answer that is not taken",
            [takes_nothing, frame(HEADERS, END_STREAM | END_HEADERS, 1, GET)].concat(),
        ),
    ] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(&bytes).await.unwrap();
        let closed = tokio::time::timeout(Duration::from_secs(5), async {
            while stream.read(&mut [0; 1_024]).await.is_ok_and(|read| read > 0) {}
        });
        assert!(closed.await.is_ok(), "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn an_answer_may_take_longer_than_a_connection_may_be_idle() {
    let server = Server::start().await;
    let (release, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    server.world.service.answers(move |_| {
        tokio::task::block_in_place(|| wait.lock().unwrap().recv().unwrap());
        Ok(json!({"name": "Bear"}))
    });
    let address = format!("http://{}/v1/toys/7", server.address);
    let asked = tokio::spawn(clear().get(address).send());

    for _ in 0..3 {
        assert_eq!(server.says(b"").await.0, "", "an idle connection was closed");
    }
    release.send(()).unwrap();

    assert_eq!(asked.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn a_header_or_path_that_is_too_long_is_a_problem() {
    let server = Arc::new(Server::start().await);
    let ask = async |path: &str, header: &str| {
        let request = clear().get(format!("http://{}{path}", server.address));
        let answer = request.header("x", header).send().await.unwrap();
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        (answer.status().as_u16(), kind)
    };

    let problem = "application/problem+json".to_owned();
    let long = "y".repeat(20_000);
    assert_eq!(ask("/v1/toys/7", &long).await, (200, "application/json".to_owned()));
    assert_eq!(ask("/v1/toys/7", &long.repeat(2)).await, (431, problem.clone()));
    assert_eq!(ask(&format!("/v1/toys/{long}"), "").await, (414, problem));
}
