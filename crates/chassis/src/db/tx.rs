//! The transaction of a command.

use std::ops::{Deref, DerefMut};

use bus::Status;
use prost::Message;
use sqlx::PgConnection;

use super::connection::Connection;
use super::idempotency::{self, Claim};
use super::status;

/// A transaction that ends with [`Tx::commit`]; dropped before that, it never was.
#[derive(Debug)]
pub struct Tx {
    connection: Connection,
    claim: Option<Claim>,
}

impl Tx {
    pub(super) fn new(connection: Connection, claim: Option<Claim>) -> Self {
        Self { connection, claim }
    }

    /// Keeps `answer` for repeats of the command and commits, both or neither. Gives the answer back.
    ///
    /// # Errors
    ///
    /// `UNAVAILABLE` when the database went away. Whether the command was done is then unknown: the
    /// same key asks.
    pub async fn commit<T: Message>(mut self, answer: T) -> Result<T, Status> {
        if let Some(claim) = &self.claim {
            idempotency::store(&mut self.connection, claim, answer.encode_to_vec()).await?;
        }
        self.connection.commit().await.map_err(|error| status(&error))?;
        Ok(answer)
    }
}

impl Deref for Tx {
    type Target = PgConnection;

    fn deref(&self) -> &Self::Target {
        &self.connection
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.connection
    }
}
