//! Real connections: what hyper does by itself, slow clients, stopping.

use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::server::{Raw, Server};

#[tokio::test]
async fn what_cannot_be_read_is_a_problem_too() {
    let server = Server::start().await;
    let long = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(40_000));
    let far = |length| format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "y".repeat(length));

    assert_eq!(server.says(b"GET / HTTP/9.9\r\n\r\n").await.problem(), 400);
    assert_eq!(server.says(b"G\0T / HTTP/1.1\r\n\r\n").await.problem(), 400);
    assert_eq!(server.says(b"GET / HTTP/1.1\r\nbad header\r\n\r\n").await.problem(), 400);
    assert_eq!(server.says(long.as_bytes()).await.problem(), 431);
    assert_eq!(server.says(far(20_000).as_bytes()).await.problem(), 414);
    assert_eq!(server.says(far(65_535).as_bytes()).await.problem(), 431);
}

#[tokio::test]
async fn a_request_names_one_host() {
    let server = Server::start().await;
    let get = |host: &str| format!("GET /v1/toys/7 HTTP/1.1\r\n{host}\r\n");

    assert_eq!(server.says(get("").as_bytes()).await.problem(), 400);
    assert_eq!(server.says(get("host: x\r\nhost: y\r\n").as_bytes()).await.problem(), 400);
    let old = server.says(b"GET /v1/toys/7 HTTP/1.0\r\n\r\n").await.0;
    assert!(old.starts_with("HTTP/1.0 200 OK"), "{old}");
}

#[tokio::test]
async fn a_request_whose_end_is_in_doubt_is_the_last_of_its_connection() {
    let server = Server::start().await;
    let token = server.world.token("employer");
    let next = "GET /v1/toys/7 HTTP/1.1\r\nhost: x\r\n\r\n";

    for framing in [
        "content-length: 2\r\ncontent-length: 3\r\n\r\n{}",
        "content-length: 2, 3\r\n\r\n{}",
        "content-length: +2\r\n\r\n{}",
        "content-length: 0x2\r\n\r\n{}",
        "content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "transfer-encoding: chunked, identity\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "transfer-encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "transfer-encoding: chunked\r\ntransfer-encoding: cow\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "transfer-encoding : chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "transfer-encoding: \u{b}chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "transfer-encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n",
        "transfer-encoding: chunked\r\n\r\n2\n{}\n0\n\n",
        "x: a\r\n b\r\ncontent-length: 2\r\n\r\n{}",
    ] {
        let answers = server
            .says(
                format!(
                    "POST /v1/toys HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                     authorization: Bearer {token}\r\n{framing}{next}"
                )
                .as_bytes(),
            )
            .await
            .0;

        assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{framing:?}: {answers}");
    }
}

#[tokio::test]
async fn who_is_refused_while_he_sends_can_read_why() {
    let server = Server::start().await;
    let head = "POST /v1/toys HTTP/1.1\r\nhost: x\r\ncontent-length: 700000\r\n\r\n";
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).await.unwrap();

    for _ in 0..70 {
        stream.write_all(&[b' '; 10_000]).await.unwrap();
    }
    stream.shutdown().await.unwrap();
    stream.read_to_end(&mut answer).await.unwrap();

    let answer = Raw(String::from_utf8(answer).unwrap());
    assert_eq!(answer.problem(), 401);
}

#[tokio::test]
async fn a_body_is_waited_for_only_where_it_is_wanted() {
    let server = Server::start().await;
    let head = |more: &str| {
        format!(
            "POST /v1/toys HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
             expect: 100-continue\r\n{more}\r\n"
        )
    };
    let bearer = format!("authorization: Bearer {}\r\n", server.world.token("employer"));

    let nobody = server.says(head("content-length: 9\r\n").as_bytes()).await;
    let large = server.says(head(&format!("{bearer}content-length: 9999999\r\n")).as_bytes()).await;
    let waiting = server.says(head(&format!("{bearer}content-length: 9\r\n")).as_bytes()).await.0;

    assert_eq!((nobody.problem(), large.problem()), (401, 413));
    assert!(waiting.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 408 "), "{waiting}");
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

#[tokio::test]
async fn a_stop_answers_what_was_on_its_way_and_says_that_it_is_the_last() {
    let server = Server::start().await;
    let request = b"GET /v1/toys/7 HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut first = Vec::new();
    while !first.ends_with(b"}") {
        stream.read_buf(&mut first).await.unwrap();
    }

    server.stopping.cancel();
    while TcpStream::connect(server.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    stream.write_all(request).await.unwrap();
    let mut last = String::new();
    stream.read_to_string(&mut last).await.unwrap();

    assert!(!String::from_utf8(first).unwrap().contains("connection: close"));
    assert!(last.starts_with("HTTP/1.1 200 OK\r\n"), "{last}");
    assert!(last.contains("connection: close\r\n"), "{last}");
    server.serving.await.unwrap();
}
