//! What a person sees while a stack starts.

use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use crate::demo;
use crate::settings::Settings;

/// A plain line on standard error. A closed one is no reason to end.
pub(crate) fn say(line: impl AsRef<str>) {
    let _closed = writeln!(io::stderr().lock(), "{}", line.as_ref());
}

/// A plain line on standard output, for what a person or a script asked for.
pub(crate) fn show(line: impl AsRef<str>) {
    let _closed = writeln!(io::stdout().lock(), "{}", line.as_ref());
}

/// What one does with a stack that is ready.
pub(crate) fn show_welcome(settings: &Settings) {
    let gateway = settings.gateway();
    show(format!("\n  API         {gateway}/v1/offers"));
    show(format!("  try it      {gateway}/docs"));
    show(format!(
        "  Keycloak    {}/admin  (admin, {})",
        settings.keycloak(),
        settings.secret("keycloak")
    ));
    show(format!("  NATS        {}", settings.nats_ops()));
    show(format!("  PostgreSQL  {}\n", settings.postgres("ad")));
    show("  sign in as (the password is the name and -password)");
    for (user, purpose) in demo::USERS {
        show(format!("    {user:<12}{purpose}"));
    }
    show("\n  a token     ./dev token employer\n");
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
