//! What every handler works with, and how a request is performed: claimed, recorded, and answered as its method says.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::book::Recorded;
use crate::chaos::Scripts;
use crate::digest::Digest;
use crate::entry::Outcome;
use crate::ledger::{Claimed, Ledger, RequestKey};
use crate::method::{CAPTURED_LATER_AFTER, Conduct, First, Manner, Notice};
use crate::refusal::Refusal;
use crate::writer::{Durable, JournalWriter};

/// The sandbox behind its HTTP.
pub(crate) struct Gateway {
    pub(crate) secret_key: String,
    pub(crate) latency: Duration,
    pub(crate) scripts: Scripts,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) journal: JournalWriter,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
    pub(crate) runtime: Handle,
}

/// How a request ends.
#[derive(Debug)]
pub(crate) enum Ending {
    /// With this answer.
    Answered(Recorded),
    /// With the answer to the request before it.
    Replayed(Recorded),
    /// Without one, after this time.
    Silent(Duration),
}

impl Gateway {
    /// Performs a request apart from its connection: a client that goes away does not leave it half done.
    pub(crate) async fn perform(
        self: Arc<Self>,
        request: RequestKey,
        fingerprint: Digest,
        conduct: Conduct,
        record: impl FnOnce(&Self) -> Result<Durable, Refusal> + Send + 'static,
    ) -> Result<Ending, Refusal> {
        let performance = async move {
            let claim = match self.ledger.claim(request, fingerprint)? {
                Claimed::Now(claim) => claim,
                Claimed::Before(recorded) => return Ok(Ending::Replayed(recorded)),
            };
            if conduct.first != First::Works && claim.stumbles_now() {
                return stumble(conduct);
            }
            let recorded = record(&self)?.recorded().await?;
            let ending = answer(recorded, conduct).await;
            drop(claim);
            ending
        };
        let ending = tokio::spawn(performance).await;
        ending.unwrap_or(Err(Refusal::JournalFailed))
    }

    /// Captures later what is not captured yet. Where the sandbox stops before, it happens after the next start.
    pub(crate) fn capture_later(&self, outcome: Outcome) {
        let (journal, stop) = (self.journal.clone(), self.stop.clone());
        let capture = async move {
            let waited = || stop.run_until_cancelled(tokio::time::sleep(CAPTURED_LATER_AFTER));
            while waited().await.is_some() {
                match journal.submit(outcome.clone(), Notice::Once) {
                    Err(Refusal::Overloaded) => {}
                    Ok(_) | Err(_) => return, // a journal that failed has said so itself
                }
            }
        };
        self.tasks.spawn_on(capture, &self.runtime);
    }
}

fn stumble(conduct: Conduct) -> Result<Ending, Refusal> {
    match conduct.first {
        First::Hangs => Ok(Ending::Silent(conduct.pace.hang)),
        First::Works | First::Fails => Err(Refusal::FailureAsAsked),
    }
}

async fn answer(recorded: Recorded, conduct: Conduct) -> Result<Ending, Refusal> {
    match conduct.manner {
        Manner::AtOnce => Ok(Ending::Answered(recorded)),
        Manner::Late => {
            tokio::time::sleep(conduct.pace.late).await;
            Ok(Ending::Answered(recorded))
        }
        Manner::Never => Ok(Ending::Silent(conduct.pace.hang)),
        Manner::AsFailure => Err(Refusal::FailureAsAsked),
    }
}
