//! A stack that the tests of one file break, one test after the other.

use std::ops::Deref;

use stack::board::State;
use stack::folder::Folder;
use stack::{Signal, Stack};
use tokio::sync::{Mutex, MutexGuard};

use crate::wait::eventually;
use crate::world::World;

/// The stack of this test binary. It ends with the process, which holds its standard input.
static STACK: Mutex<Option<stack::Own>> = Mutex::const_new(None);

/// A world that belongs to one test at a time, and that it may break.
pub struct Own {
    world: World,
    _turn: MutexGuard<'static, Option<stack::Own>>,
}

impl World {
    /// Starts the stack that the tests of this file share, in `.dev/<name>`; the second test gets the
    /// first one's, whole again.
    pub async fn own(name: &str) -> Own {
        let mut turn = STACK.lock().await;
        if turn.is_none() {
            let place = Folder::named(name);
            eventually(&format!("{name} is free"), async || !place.is_locked()).await;
            *turn = Some(stack::Own::start(name, &[]).await.expect("a stack of one's own"));
        }
        let folder = turn.as_ref().expect("a stack").stack().folder().clone();
        // An HTTP client of this test: the connections of the last one ended with its runtime.
        let stack = Stack::open(folder).expect("a running stack");
        mend(&stack).await;
        Own { world: Self::on(&stack), _turn: turn }
    }
}

impl Deref for Own {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

/// Puts right what a test that failed left broken.
async fn mend(stack: &Stack) {
    let (extra, kept): (Vec<_>, Vec<_>) = stack
        .state()
        .expect("the stack's state")
        .into_iter()
        .partition(|(name, _)| name.contains('-'));
    for (name, entry) in kept {
        if entry.pid.is_some() {
            stack.signal(&name, Signal::Cont).await.expect("it goes on");
        }
        if entry.state != State::Ready {
            stack.start(&name).await.expect("it is ready again");
        }
    }
    for (name, _) in extra {
        stack.remove(&name).await.expect("it is gone");
    }
}
