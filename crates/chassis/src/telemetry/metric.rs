//! Metrics: the recorder of the `metrics` macros, and the text that Prometheus reads.

use std::fmt::Write as _;
use std::fs;
use std::sync::{OnceLock, PoisonError, RwLock};
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// How often old samples are folded together; without it memory grows with each of them.
pub(crate) const UPKEEP_PERIOD: Duration = Duration::from_secs(5);

/// The bounds of the histograms named `…_seconds`: from 100 µs, which is a request over NATS.
const SECONDS: [f64; 14] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
static INSTALLING: RwLock<()> = RwLock::new(());

/// Installs the recorder; a second call, as in tests, changes nothing.
pub(crate) fn install() -> anyhow::Result<()> {
    let _alone = INSTALLING.write().unwrap_or_else(PoisonError::into_inner);
    if HANDLE.get().is_none() {
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
            .install_recorder()?;
        drop(HANDLE.set(handle));
    }
    Ok(())
}

/// Folds old samples together.
pub(crate) fn upkeep() {
    if let Some(handle) = HANDLE.get() {
        handle.run_upkeep();
    }
}

/// All metrics of the process in the text format of Prometheus.
#[must_use]
pub fn render() -> String {
    let mut text = HANDLE.get().map(PrometheusHandle::render).unwrap_or_default();
    if let Some(bytes) = resident_bytes() {
        let name = "process_resident_memory_bytes";
        let _ = writeln!(text, "# TYPE {name} gauge\n{name} {bytes}");
    }
    text
}

/// The memory that the process holds, as Linux counts it.
#[must_use]
pub fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_rendered_as_histograms() {
        install().unwrap();
        metrics::histogram!("chassis_test_seconds").record(0.002);

        let text = render();

        assert!(text.contains("chassis_test_seconds_bucket{le=\"0.0025\"} 1"), "{text}");
        assert!(text.contains("process_resident_memory_bytes "), "{text}");
    }
}
