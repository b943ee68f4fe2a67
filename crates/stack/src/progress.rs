//! What a person sees while a stack starts.

use std::io::{self, Write as _};
use std::time::{Duration, Instant};

/// Plain lines on standard output. A closed output is no reason to end.
pub(crate) fn say(line: impl AsRef<str>) {
    let mut out = io::stdout().lock();
    let _closed = writeln!(out, "{}", line.as_ref()).and_then(|()| out.flush());
}

/// Measures a step and says how long it took.
pub(crate) struct Step {
    name: String,
    start: Instant,
}

impl Step {
    pub(crate) fn begin(name: impl Into<String>) -> Self {
        Self { name: name.into(), start: Instant::now() }
    }

    pub(crate) fn done(self, what: &str) {
        say(format!("  {:<12}{what} ({})", self.name, seconds(self.start.elapsed())));
    }
}

/// `2.1 s`
pub(crate) fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
