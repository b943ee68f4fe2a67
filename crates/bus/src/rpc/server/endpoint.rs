//! One method that is served, and its counts.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use metrics::{Counter, Histogram};

use super::Serve;
use crate::{
    method::Method,
    status::{Code, Status},
    subject,
};

/// One method that is served.
pub(super) struct Endpoint {
    pub(super) service: Arc<dyn Serve>,
    pub(super) index: usize,
    pub(super) method: &'static Method,
    requests: AtomicU64,
    errors: AtomicU64,
    nanos: AtomicU64,
    last_error: Mutex<Option<(Code, String)>>,
    served: Counter,
    seconds: Histogram,
}

/// What an endpoint counted so far.
pub(super) struct Counts {
    pub(super) requests: u64,
    pub(super) errors: u64,
    pub(super) nanos: u64,
    pub(super) last_error: String,
}

impl Endpoint {
    pub(super) fn new(service: &Arc<dyn Serve>, index: usize, method: &'static Method) -> Self {
        Self {
            service: Arc::clone(service),
            index,
            method,
            requests: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            nanos: AtomicU64::new(0),
            last_error: Mutex::default(),
            served: metrics::counter!("bus_requests_total", "method" => method.full_name),
            seconds: metrics::histogram!("bus_request_seconds", "method" => method.full_name),
        }
    }

    /// What to subscribe to: this method, whoever asks.
    pub(super) fn subject(&self) -> String {
        subject::request("*", self.method.subject)
    }

    /// What follows the service in the subject: `v1.OfferService.GetOffer`.
    pub(super) fn tail(&self) -> &'static str {
        self.method.subject.split_once('.').map_or("", |(_, tail)| tail)
    }

    /// The name in the NATS service API: `OfferService_GetOffer`.
    pub(super) fn name(&self) -> String {
        let service = self.method.full_name.split('/').next().unwrap_or_default();
        let service = service.rsplit('.').next().unwrap_or_default();
        format!("{service}_{}", self.method.name)
    }

    /// A request was served, well or not, in this time.
    pub(super) fn count(&self, failure: Option<&Status>, time: Duration) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.nanos.fetch_add(nanos, Ordering::Relaxed);
        self.served.increment(1);
        self.seconds.record(time.as_secs_f64());
        if let Some(status) = failure {
            self.count_failure(status);
        }
    }

    /// A request failed, or was refused.
    pub(super) fn count_failure(&self, status: &Status) {
        self.errors.fetch_add(1, Ordering::Relaxed);
        let labels = [("method", self.method.full_name), ("code", status.code().as_str())];
        metrics::counter!("bus_request_errors_total", &labels).increment(1);
        let mut last = self.last_error.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some((status.code(), status.reason().to_owned()));
    }

    /// What was counted so far.
    pub(super) fn counts(&self) -> Counts {
        let last = self.last_error.lock().unwrap_or_else(PoisonError::into_inner);
        let last_error = last.as_ref();
        Counts {
            requests: self.requests.load(Ordering::Relaxed),
            errors: self.errors.load(Ordering::Relaxed),
            nanos: self.nanos.load(Ordering::Relaxed),
            last_error: last_error
                .map(|(code, reason)| format!("{}:{reason}", code.http_status()))
                .unwrap_or_default(),
        }
    }
}
