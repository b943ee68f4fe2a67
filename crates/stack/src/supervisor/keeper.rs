//! Keeps one process: starts it, watches it, starts it again when it crashes, stops it when told.

use std::time::Duration;

use tokio::process::Child;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout};

use crate::board::{Board, Entry, State};
use crate::part::Part;
use crate::progress::say;
use crate::signal::Signal;

/// A process that ran so long starts its back-off anew.
const STEADY: Duration = Duration::from_secs(30);
const BACKOFF_FIRST: Duration = Duration::from_millis(200);
const BACKOFF_MAX: Duration = Duration::from_secs(10);

/// What a keeper is told.
#[derive(Debug)]
pub(crate) enum Order {
    /// Start it, unless it runs.
    Start,
    /// End it and leave it ended; answered when it is gone.
    Stop(Signal, oneshot::Sender<()>),
    /// Send it a signal and go on as before.
    Send(Signal),
}

/// Why a process no longer runs.
enum End {
    Crashed,
    Stopped,
}

pub(crate) struct Keeper {
    part: Part,
    board: Board,
    orders: mpsc::Receiver<Order>,
}

impl Keeper {
    pub(crate) fn new(part: Part, board: Board, orders: mpsc::Receiver<Order>) -> Self {
        Self { part, board, orders }
    }

    /// Runs until nobody can give orders any more.
    pub(crate) async fn keep(mut self) {
        self.write(State::Stopped, None);
        while self.wait_for_start().await {
            self.run().await;
            self.write(State::Stopped, None);
        }
    }

    /// False when nobody can give orders any more.
    async fn wait_for_start(&mut self) -> bool {
        loop {
            match self.orders.recv().await {
                Some(Order::Start) => return true,
                Some(Order::Stop(_, done)) => _ = done.send(()),
                Some(Order::Send(_)) => {}
                None => return false,
            }
        }
    }

    /// Runs the process, again and again, until it is stopped on purpose.
    async fn run(&mut self) {
        let mut backoff = BACKOFF_FIRST;
        loop {
            let start = Instant::now();
            match self.part.spawn() {
                Ok(child) => {
                    if matches!(self.watch(child).await, End::Stopped) {
                        return;
                    }
                }
                Err(error) => say(format!("  {:<12}{error:#}", self.part.name)),
            }
            self.write(State::Crashed, None);
            backoff = if start.elapsed() > STEADY { BACKOFF_FIRST } else { backoff };
            if matches!(self.pause(backoff).await, End::Stopped) {
                return;
            }
            backoff = (backoff * 2).min(BACKOFF_MAX);
        }
    }

    /// Watches a running process to its end.
    async fn watch(&mut self, mut child: Child) -> End {
        let pid = child.id();
        let mut state = State::Starting;
        self.write(state, pid);
        loop {
            let wait = Duration::from_millis(if state == State::Starting { 50 } else { 2_000 });
            tokio::select! {
                ended = child.wait() => {
                    let how = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
                    say(format!("  {:<12}ended by itself ({how}), see {}", self.part.name, self.part.log.display()));
                    return End::Crashed;
                }
                order = self.orders.recv() => match order {
                    Some(Order::Start) => {}
                    Some(Order::Send(signal)) => send(signal, pid),
                    Some(Order::Stop(signal, done)) => {
                        self.stop(&mut child, signal).await;
                        _ = done.send(());
                        return End::Stopped;
                    }
                    None => {
                        self.stop(&mut child, self.part.stop).await;
                        return End::Stopped;
                    }
                },
                passes = probe(&self.part, wait) => {
                    state = next(state, passes);
                    self.write(state, pid);
                }
            }
        }
    }

    /// Sends the signal, and kills when it does not end within its grace.
    async fn stop(&self, child: &mut Child, signal: Signal) {
        send(signal, child.id());
        if timeout(self.part.grace, child.wait()).await.is_err() {
            say(format!("  {:<12}does not end, killed", self.part.name));
            let _gone = child.kill().await;
        }
        self.write(State::Stopped, None);
    }

    /// Waits before the next start, unless told to start now or not at all.
    async fn pause(&mut self, backoff: Duration) -> End {
        let pause = sleep(backoff);
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => return End::Crashed,
                order = self.orders.recv() => match order {
                    Some(Order::Start) => return End::Crashed,
                    Some(Order::Send(_)) => {}
                    Some(Order::Stop(_, done)) => {
                        _ = done.send(());
                        return End::Stopped;
                    }
                    None => return End::Stopped,
                },
            }
        }
    }

    fn write(&self, state: State, pid: Option<u32>) {
        self.board.set(&self.part.name, Entry { state, url: self.part.url.clone(), pid });
    }
}

async fn probe(part: &Part, wait: Duration) -> bool {
    sleep(wait).await;
    part.probe.passes().await
}

fn next(state: State, passes: bool) -> State {
    match (state, passes) {
        (_, true) => State::Ready,
        (State::Starting, false) => State::Starting,
        (_, false) => State::Unready,
    }
}

fn send(signal: Signal, pid: Option<u32>) {
    let _gone = pid.map(|pid| signal.send(pid));
}
