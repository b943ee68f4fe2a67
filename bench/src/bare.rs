//! The limits of the parts: the broker alone, and axum with nothing but one NATS request. They run
//! as processes of their own, as the real ones do.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::child::{Process, free_port};
use crate::report::{Figure, Report, progress};
use crate::wrk;

/// What a bare answer holds: as many bytes as a job of the catalogue, about.
const ANSWER: [u8; 500] = [b'x'; 500];
const SUBJECT: &str = "bare";

/// A broker without users or streams, and a responder on it.
pub(crate) struct Bare {
    pub(crate) nats: String,
    _broker: Process,
    _responder: Process,
}

impl Bare {
    pub(crate) async fn start(nats_server: &str) -> Result<Self> {
        let port = free_port()?;
        let args = ["-a", "127.0.0.1", "-p", &port.to_string()].map(str::to_owned);
        let broker = Process::start(nats_server, &args, port).await?;
        let nats = format!("nats://127.0.0.1:{port}");
        let responder = Process::role(&["respond".to_owned(), nats.clone()], port).await?;
        let bare = Self { nats, _broker: broker, _responder: responder };
        bare.wait().await?;
        Ok(bare)
    }

    /// Waits until the responder answers.
    async fn wait(&self) -> Result<()> {
        let client = async_nats::connect(&self.nats).await?;
        let until = Instant::now() + Duration::from_secs(10);
        while let Err(error) = client.request(SUBJECT, Bytes::new()).await {
            if Instant::now() > until {
                return Err(error).context("the bare responder does not answer");
            }
        }
        Ok(())
    }

    /// (a) Requests through the broker, so many at a time, from this process.
    pub(crate) async fn measure_nats(&self, report: &mut Report, seconds: u32) -> Result<()> {
        let client = async_nats::connect(&self.nats).await?;
        for connections in wrk::CONNECTIONS {
            progress(&format!("raw NATS request/reply, {connections} in flight"));
            let (count, mut times) = hammer(&client, connections, seconds).await?;
            times.sort_unstable();
            let per_second = count_f64(count) / f64::from(seconds);
            report.add(Figure::new(
                "a: raw NATS request/reply",
                connections,
                per_second,
                "req/s",
            ))?;
            for (name, share) in [("p50", 50), ("p99", 99)] {
                let at = times.get(times.len() * share / 100).copied().unwrap_or_default();
                let name = format!("a: raw NATS request/reply {name}");
                report.add(Figure::new(name, connections, at.as_secs_f64() * 1000.0, "ms"))?;
            }
        }
        Ok(())
    }

    /// Axum in front, as a process of its own; its address.
    pub(crate) async fn gateway(&self) -> Result<(Process, String)> {
        let port = free_port()?;
        let args = ["ask".to_owned(), self.nats.clone(), port.to_string()];
        Ok((Process::role(&args, port).await?, format!("http://127.0.0.1:{port}/")))
    }
}

pub(crate) fn count_f64(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

async fn hammer(
    client: &async_nats::Client,
    tasks: u32,
    seconds: u32,
) -> Result<(usize, Vec<Duration>)> {
    let until = Instant::now() + Duration::from_secs(seconds.into());
    let mut running = JoinSet::new();
    for _ in 0..tasks {
        let client = client.clone();
        running.spawn(async move {
            let mut times = Vec::new();
            while Instant::now() < until {
                let start = Instant::now();
                client.request(SUBJECT, Bytes::new()).await?;
                times.push(start.elapsed());
            }
            anyhow::Ok(times)
        });
    }
    let mut all = Vec::new();
    while let Some(times) = running.join_next().await {
        all.extend(times??);
    }
    Ok((all.len(), all))
}

/// The role `respond`: answers every request with the same bytes.
pub(crate) async fn respond(nats: &str) -> Result<()> {
    let client = async_nats::connect(nats).await?;
    let mut requests = client.queue_subscribe(SUBJECT, "bare".to_owned()).await?;
    while let Some(request) = requests.next().await {
        if let Some(reply) = request.reply {
            client.publish(reply, Bytes::from_static(&ANSWER)).await?;
        }
    }
    Ok(())
}

/// The role `ask`: (b), axum that answers by one NATS request.
pub(crate) async fn ask(nats: &str, port: u16) -> Result<()> {
    let client = Arc::new(async_nats::connect(nats).await?);
    let app = Router::new().route("/", get(answer)).with_state(client);
    serve(app, port).await
}

async fn answer(State(client): State<Arc<async_nats::Client>>) -> Result<Bytes, StatusCode> {
    let answer = client.request(SUBJECT, Bytes::new()).await;
    answer.map(|it| it.payload).map_err(|_| StatusCode::BAD_GATEWAY)
}

/// The role `serve`: axum that answers the bytes of a file, for (g).
pub(crate) async fn bytes(file: &str, port: u16) -> Result<()> {
    let body = Bytes::from(std::fs::read(file)?);
    let json = [("content-type", "application/json")];
    let app = Router::new().fallback(get(move || std::future::ready((json, body.clone()))));
    serve(app, port).await
}

async fn serve(app: Router, port: u16) -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
        // As the gateway does; a socket that refuses is served all the same.
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, app).await?)
}
