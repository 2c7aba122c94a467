//! The lanes of Accounts: commands in, durable results out.

use domain::account::{Account, AccountCommand, AccountRefusal};
use domain::ids::AccountId;

use crate::account_lane::AccountDesk;
use crate::lane::{Ask, Cause, CommandError, Done, Failure, Lanes, Store};
use crate::log_writer::LogWriter;

/// Commands for Accounts.
#[derive(Clone, Debug)]
pub struct AccountLanes {
    lanes: Lanes<AccountDesk>,
}

impl AccountLanes {
    /// Makes lanes on the current runtime.
    pub fn new(store: Store, writer: LogWriter) -> Self {
        Self {
            lanes: Lanes::new(store, writer),
        }
    }

    /// Carries out `command` on Account `id`.
    pub async fn account(
        &self,
        id: AccountId,
        command: AccountCommand,
        cause: Cause,
    ) -> Result<Done<Account>, CommandError<AccountRefusal>> {
        let (ask, answer) = Ask::new(command, None, cause);
        self.lanes.submit(id, ask);
        answer.await.unwrap_or(Err(CommandError::Unavailable))
    }

    /// Account `id` as the log has it.
    pub async fn load(&self, id: AccountId) -> Result<Account, Failure> {
        Ok(self.lanes.store().fold::<Account>(id).await?.state)
    }

    /// Takes no more commands, commits and answers those that wait, and ends.
    pub async fn drain(&self) {
        self.lanes.drain().await;
    }
}
