//! How a request is performed: claimed, decided, recorded, and answered as its method says.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::book::{Claim, Ledger, RequestKey};
use crate::entry::{Entry, Kind, Request};
use crate::journal::Submission;
use crate::method::{Chaos, Conduct, Script};
use crate::refusal::Refusal;

/// How long after its first answer a charge is captured that comes late.
const CAPTURED_LATER_AFTER: Duration = Duration::from_millis(300);

/// The sandbox behind its HTTP.
pub(crate) struct Gateway {
    pub(crate) secret_key: String,
    pub(crate) chaos: Option<Chaos>,
    pub(crate) ledger: Ledger,
    pub(crate) journal: mpsc::Sender<Submission>,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
}

/// How a request ends.
pub(crate) enum Ending {
    Answered(Value),
    /// With the answer to an earlier request.
    Replayed(Value),
    /// Without an answer, after this time.
    Silent(Duration),
}

impl Gateway {
    /// Performs a request. To be spawned: a client that goes away does not leave it half done.
    pub(crate) async fn perform(
        self: Arc<Self>,
        key: RequestKey,
        request: Request,
        script: Script,
    ) -> Result<Ending, Refusal> {
        let stumbles = matches!(script.conduct, Conduct::SilentBefore | Conduct::FailsBefore);
        let claim = self.ledger.book().claim(&key, &request, stumbles)?;
        match claim {
            Claim::Replay(object) => return Ok(Ending::Replayed(object)),
            Claim::Stumble => return unanswered(script),
            Claim::Work => {}
        }
        let recorded = self.record(&key, request, script).await;
        if script.conduct == Conduct::Late && recorded.is_ok() {
            sleep(script.pace.late).await;
        }
        self.ledger.book().release(&key);
        let object = recorded?;
        if matches!(script.conduct, Conduct::SilentAfter | Conduct::FailsAfter) {
            return unanswered(script);
        }
        Ok(Ending::Answered(object))
    }

    /// Decides the request on the book as it is, and returns the charge or refund once it is durable. What a refund settles is
    /// reserved at once, so that refunds at the same moment do not exceed the capture together.
    async fn record(&self, key: &RequestKey, request: Request, script: Script) -> Result<Value, Refusal> {
        let place = self.journal.try_reserve().map_err(|error| match error {
            mpsc::error::TrySendError::Full(()) => Refusal::Overloaded,
            mpsc::error::TrySendError::Closed(()) => Refusal::JournalFailed,
        })?;
        let (mut kind, mut reason) = (script.kind, script.reason);
        if let (Kind::RefundSettled, Some(charge_key)) = (kind, &request.charge_key) {
            reason = self.ledger.book().reserve(charge_key, request.amount);
            if reason.is_some() {
                kind = Kind::RefundRefused;
            }
        }
        let (operation, key) = key;
        let entry = Entry {
            sequence: 0,
            kind,
            key: key.clone(),
            id: operation.id(key),
            request,
            reason: reason.map(str::to_owned),
            at: DateTime::<Utc>::UNIX_EPOCH,
        };
        let later = (script.conduct == Conduct::CapturedLater).then(|| entry.clone());
        let (reply, durable) = oneshot::channel();
        place.send(Submission {
            entry,
            conduct: script.conduct,
            reply,
        });
        let object = durable.await.map_err(|_| Refusal::JournalFailed)?;
        if let Some(entry) = later {
            self.capture_later(entry);
        }
        Ok(object)
    }

    /// Captures what was to come when the sandbox stopped.
    pub(crate) fn resume(&self) {
        for outcome in self.ledger.book().outcomes() {
            let entry = Entry::clone(&outcome.latest);
            let method = entry.request.method.as_deref().unwrap_or_default();
            let script = Script::of_charge(self.chaos, method, &entry.key);
            let is_late = script.is_some_and(|script| script.conduct == Conduct::CapturedLater);
            if entry.kind == Kind::ChargePending || entry.kind == Kind::ChargeDeclined && is_late {
                self.capture_later(entry);
            }
        }
    }

    /// Captures a charge after a while. Where the sandbox stops before, it happens after the next start.
    fn capture_later(&self, charge: Entry) {
        let (journal, stop) = (self.journal.clone(), self.stop.clone());
        let entry = Entry {
            kind: Kind::ChargeCaptured,
            reason: None,
            ..charge
        };
        let capture = async move {
            sleep(CAPTURED_LATER_AFTER).await;
            let submission = Submission {
                entry,
                conduct: Conduct::Plain,
                reply: oneshot::channel().0,
            };
            drop(journal.send(submission).await); // a journal that failed has logged so itself
        };
        self.tasks
            .spawn(async move { stop.run_until_cancelled(capture).await });
    }
}

/// The end of a request that gets no proper answer.
fn unanswered(script: Script) -> Result<Ending, Refusal> {
    if matches!(script.conduct, Conduct::FailsBefore | Conduct::FailsAfter) {
        return Err(Refusal::FailureAsAsked);
    }
    Ok(Ending::Silent(script.pace.hang))
}
