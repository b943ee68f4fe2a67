//! What may end a stack.

use std::io::Read as _;
use std::rc::Rc;

use anyhow::Result;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;

use super::Options;

/// All that may end a stack.
pub(super) struct Ends {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
    down: Rc<Notify>,
}

impl Ends {
    pub(super) fn new(down: Rc<Notify>, options: &Options) -> Result<Self> {
        if options.until_stdin_closes {
            let closed =
                tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
            let down = down.clone();
            tokio::task::spawn_local(async move {
                let _closed = closed.await;
                down.notify_one();
            });
        }
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            down,
        })
    }

    /// Waits for the next one.
    pub(super) async fn come(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
            () = self.down.notified() => {}
        }
    }
}
