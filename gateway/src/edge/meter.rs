//! What is counted of each route, looked up once.

use std::time::Duration;

use http::StatusCode;
use metrics::{Counter, Histogram};

const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// The counters of one route.
pub(crate) struct Meter {
    pub(crate) method: &'static str,
    pub(crate) route: String,
    answered: [Counter; CLASSES.len()],
    duration: Histogram,
}

impl Meter {
    pub(crate) fn new(method: &'static str, route: &str) -> Self {
        let count = |class| {
            let labels = [("method", method), ("route", route), ("status", class)]
                .map(|(name, value)| (name, value.to_owned()));
            metrics::counter!("gateway_requests_total", &labels)
        };
        let labels = [("method", method), ("route", route)].map(|(name, it)| (name, it.to_owned()));
        Self {
            method,
            route: route.to_owned(),
            answered: CLASSES.map(count),
            duration: metrics::histogram!("gateway_request_seconds", &labels),
        }
    }

    pub(crate) fn count(&self, status: StatusCode, duration: Duration) {
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        if let Some(counter) = self.answered.get(class) {
            counter.increment(1);
        }
        self.duration.record(duration);
    }
}

impl std::fmt::Debug for Meter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.route)
    }
}
