//! Owns the processes of one stack.
//!
//! Everything here runs on one thread, the process's first: the kernel ends a child when the
//! *thread* that started it ends (`PR_SET_PDEATHSIG`), so no child may be started from a pool.

mod ends;
mod forget;
mod keeper;
mod serve;
mod up;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use self::keeper::{Keeper, Order};
use crate::board::{Board, Entries};
use crate::part::Part;
use crate::plan::Plan;
use crate::signal::Signal;

pub use self::up::{Options, up};

/// The processes of one stack.
pub(crate) struct Supervisor {
    plan: Rc<Plan>,
    board: Board,
    parts: RefCell<BTreeMap<String, Kept>>,
}

struct Kept {
    orders: mpsc::Sender<Order>,
    /// Asks the process to end in order.
    stop: Signal,
    task: JoinHandle<()>,
}

impl Supervisor {
    fn new(plan: Rc<Plan>) -> Self {
        let board = Board::new(plan.folder().clone());
        Self { plan, board, parts: RefCell::default() }
    }

    pub(crate) fn entries(&self) -> Entries {
        self.board.entries()
    }

    /// Takes a process on and starts it.
    async fn begin(&self, part: Part) -> Result<()> {
        let (sender, orders) = mpsc::channel(16);
        let (name, stop) = (part.name.clone(), part.stop);
        let task = tokio::task::spawn_local(Keeper::new(part, self.board.clone(), orders).keep());
        self.parts.borrow_mut().insert(name.clone(), Kept { orders: sender, stop, task });
        self.tell(&name, Order::Start).await
    }

    /// Takes a process on, starts it and waits until it is ready.
    async fn begin_ready(&self, part: Part, within: Duration) -> Result<()> {
        let name = part.name.clone();
        self.begin(part).await?;
        self.board.ready(&name, within).await
    }

    /// Starts a stopped process and waits until it is ready.
    async fn start(&self, name: &str, within: Duration) -> Result<()> {
        self.tell(name, Order::Start).await?;
        self.board.ready(name, within).await
    }

    /// Ends a process, with the signal given or the one it likes best; back when it is gone.
    async fn stop(&self, name: &str, signal: Option<Signal>) -> Result<()> {
        let usual = self.parts.borrow().get(name).map(|kept| kept.stop);
        let signal = signal.or(usual).unwrap_or_default();
        let (done, gone) = oneshot::channel();
        self.tell(name, Order::Stop(signal, done)).await?;
        gone.await.context("the stack is going down")
    }

    /// Ends a process and forgets it.
    async fn remove(&self, name: &str) -> Result<()> {
        self.stop(name, None).await?;
        let kept = self.parts.borrow_mut().remove(name);
        if let Some(kept) = kept {
            kept.task.abort();
        }
        self.board.remove(name);
        Ok(())
    }

    async fn tell(&self, name: &str, order: Order) -> Result<()> {
        let orders = self.parts.borrow().get(name).map(|kept| kept.orders.clone());
        match orders {
            Some(orders) => orders.send(order).await.context("the stack is going down"),
            None => bail!("there is no {name} in this stack"),
        }
    }

    fn names(&self) -> Vec<String> {
        self.parts.borrow().keys().cloned().collect()
    }
}
