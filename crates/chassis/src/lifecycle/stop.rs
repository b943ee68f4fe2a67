//! What is done when the process stops, last registered first.

use std::fmt;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

#[derive(Default)]
pub(super) struct Stops(Vec<(&'static str, BoxFuture<'static, ()>)>);

impl Stops {
    pub(super) fn add(
        &mut self,
        name: &'static str,
        work: impl Future<Output = ()> + Send + 'static,
    ) {
        self.0.push((name, work.boxed()));
    }

    pub(super) async fn run(mut self) {
        while let Some((name, work)) = self.0.pop() {
            let begin = Instant::now();
            work.await;
            tracing::info!(stopped = name, duration_ms = millis(begin), "stopped a part");
        }
    }
}

fn millis(begin: Instant) -> u64 {
    u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX)
}

impl fmt::Debug for Stops {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
