//! What every request passes, whatever it asks for: its name, its address, its body, and the header
//! fields, the compression, the count and the log line of its answer.

mod address;
pub(crate) mod body;
mod compression;
mod cors;
mod header;
mod meter;
mod request_id;

use std::net::IpAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{Method, Response, StatusCode, request::Parts};
use ipnet::IpNet;

pub(crate) use meter::Meter;
use request_id::{RequestIds, X_REQUEST_ID};

use crate::limit::{self, Allowance};
use crate::problem::Problem;
use address::Proxies;
use cors::Cors;
use header::Headers;

/// How requests come in and answers go out.
#[derive(Debug)]
pub(crate) struct Edge {
    ids: RequestIds,
    proxies: Proxies,
    headers: Headers,
    pub(crate) cors: Cors,
}

/// A request as the edge knows it.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) head: Parts,
    pub(crate) id: String,
    pub(crate) address: IpAddr,
    began: Instant,
}

/// What is known of the answer besides itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome<'a> {
    pub(crate) meter: &'a Meter,
    pub(crate) allowance: Option<Allowance>,
}

impl Edge {
    pub(crate) fn new(trusted: Vec<IpNet>, origins: &[String], is_secure: bool) -> Self {
        let cors = Cors::new(origins);
        Self {
            ids: RequestIds::new(),
            proxies: Proxies::new(trusted),
            headers: Headers::new(is_secure, !cors.is_empty()),
            cors,
        }
    }

    pub(crate) fn receive(&self, peer: IpAddr, head: Parts) -> Exchange {
        let id = self.ids.of(&head.headers);
        let address = self.proxies.client(peer, &head.headers);
        Exchange { head, id, address, began: Instant::now() }
    }

    /// Completes a refusal of something that was no request.
    pub(crate) fn refuse(&self, problem: Problem) -> Response<Bytes> {
        let id = self.ids.next();
        let mut answer = problem.into_response(&id);
        let headers = answer.headers_mut();
        self.headers.complete(headers);
        headers.insert(X_REQUEST_ID, request_id::value(&id));
        answer
    }

    /// Completes the answer, counts it and writes its log line.
    pub(crate) async fn send(
        &self,
        exchange: &Exchange,
        outcome: Outcome<'_>,
        answer: Response<Bytes>,
    ) -> Response<Bytes> {
        let mut answer = compression::compress(&exchange.head.headers, answer).await;
        let (length, status) = (answer.body().len(), answer.status());
        let headers = answer.headers_mut();
        self.headers.complete(headers);
        self.cors.allow(&exchange.head.headers, headers);
        headers.insert(X_REQUEST_ID, request_id::value(&exchange.id));
        if let Some(allowance) = outcome.allowance {
            limit::put(headers, allowance);
        }
        if exchange.head.method == Method::HEAD {
            headers.insert(CONTENT_LENGTH, length.into());
            *answer.body_mut() = Bytes::new();
        }
        let duration = exchange.began.elapsed();
        outcome.meter.count(status, duration);
        log(exchange, outcome.meter, status, duration);
        answer
    }
}

/// The log line of an answer: no query, no token, no address. `LOG=info,access=warn` leaves only
/// those that are our fault.
#[expect(clippy::cognitive_complexity, reason = "that of the macro, twice")]
fn log(exchange: &Exchange, meter: &Meter, status: StatusCode, duration: Duration) {
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                target: "access",
                {
                    http.method = exchange.head.method.as_str(),
                    http.route = meter.route,
                    http.path = exchange.head.uri.path(),
                    http.status = status.as_u16(),
                    request.id = exchange.id,
                    duration_us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
                },
                "answered"
            )
        };
    }
    if status.is_server_error() { line!(warn) } else { line!(info) }
}
