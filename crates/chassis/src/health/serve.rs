//! The health port: what people and machines ask a process about itself.

use std::net::SocketAddr;

use anyhow::Context as _;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};
use serde::Serialize;
use serde_json::json;
use tokio::net::TcpListener;

use super::{Health, Phase};
use crate::telemetry::metric;

/// Serves the port until the process ends, and gives the address that was bound.
pub(crate) async fn serve(health: Health, address: SocketAddr) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("HEALTH_ADDRESS {address} cannot be listened on"))?;
    let address = listener.local_addr()?;
    let server = axum::serve(listener, router(health));
    tokio::spawn(async move {
        if let Err(error) = server.await {
            tracing::error!(%error, "the health port ended");
        }
    });
    Ok(address)
}

fn router(health: Health) -> Router {
    Router::new()
        .route("/livez", get(live))
        .route("/startupz", get(started))
        .route("/readyz", get(ready))
        .route("/healthz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(health)
}

async fn live(State(health): State<Health>) -> Response {
    let alive = health.is_alive();
    answer(alive, &json!({ "status": if alive { "alive" } else { "failed" } }))
}

async fn started(State(health): State<Health>) -> Response {
    let started = health.is_started();
    answer(started, &json!({ "status": if started { "started" } else { "starting" } }))
}

async fn ready(State(health): State<Health>) -> Response {
    let report = health.report().await;
    answer(report.status == Phase::Ready, &report)
}

async fn metrics() -> Response {
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], metric::render()).into_response()
}

fn answer(good: bool, body: &impl Serialize) -> Response {
    let status = if good { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, serde_json::to_string(body).unwrap_or_default()).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use http::Request;
    use serde_json::Value;
    use tower::ServiceExt as _;

    use super::*;
    use crate::fixture;

    async fn get(health: &Health, path: &str) -> (u16, Value) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router(health.clone()).oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn a_process_without_its_broker_is_alive_and_not_ready() {
        let health = Health::new("ad", fixture::clock());
        health.depend("nats", || async { Err("disconnected") });
        health.started();

        let (live, _) = get(&health, "/livez").await;
        let (ready, report) = get(&health, "/readyz").await;

        assert_eq!((live, ready), (200, 503));
        assert_eq!(report["status"], "degraded");
        assert_eq!(report["version"], crate::VERSION);
        assert_eq!(report["dependencies"][0]["name"], "nats");
        assert_eq!(report["dependencies"][0]["state"], "down");
        assert_eq!(report["dependencies"][0]["error"], "disconnected");
        assert!(report["dependencies"][0]["duration_ms"].is_number());
    }

    #[tokio::test]
    async fn a_process_that_stops_is_alive_and_not_ready() {
        let health = Health::new("ad", fixture::clock());
        health.started();
        assert_eq!(get(&health, "/readyz").await.0, 200);

        health.stopping();

        assert_eq!(get(&health, "/readyz").await.0, 503);
        assert_eq!(get(&health, "/livez").await.0, 200);
    }

    #[tokio::test]
    async fn a_process_is_started_once() {
        let health = Health::new("ad", fixture::clock());
        let before = get(&health, "/startupz").await;

        health.started();

        assert_eq!(before, (503, json!({ "status": "starting" })));
        assert_eq!(get(&health, "/startupz").await, (200, json!({ "status": "started" })));
    }

    #[tokio::test]
    async fn a_broken_process_is_not_alive() {
        let health = Health::new("ad", fixture::clock());

        health.failed();

        assert_eq!(get(&health, "/livez").await, (503, json!({ "status": "failed" })));
    }
}
