//! The one writer of the journal: takes all entries that wait, writes them at once, and tells those who wait for them.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};

use crate::book::Recorded;
use crate::clock;
use crate::entry::{Entry, Outcome};
use crate::journal::Journal;
use crate::ledger::Ledger;
use crate::method::Notice;
use crate::refusal::Refusal;
use crate::webhook::Webhooks;

/// Entries of one write: bounds how long the first of them waits for the last.
const ENTRIES_AT_ONCE_MAX: usize = 1_024;
/// Entries that may wait: seconds of work, and a sign of a disk that stands still.
const ENTRIES_WAITING_MAX: usize = 32_768;

struct Submission {
    outcome: Outcome,
    notice: Notice,
    reply: oneshot::Sender<Recorded>,
}

/// The way into the journal; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct JournalWriter(mpsc::Sender<Submission>);

/// An outcome on its way into the journal.
pub(crate) struct Durable(oneshot::Receiver<Recorded>);

impl JournalWriter {
    /// Starts the writer's thread; it ends when every clone is gone, or when the disk fails.
    pub(crate) fn start(
        journal: Journal,
        ledger: Arc<Ledger>,
        webhooks: Option<Webhooks>,
    ) -> io::Result<(Self, JoinHandle<()>)> {
        let (submissions, waiting) = mpsc::channel(ENTRIES_WAITING_MAX);
        let writer = Writer {
            journal,
            ledger,
            webhooks,
        };
        let thread = std::thread::Builder::new()
            .name("sandbox-journal".to_owned())
            .spawn(move || writer.run(waiting))?;
        Ok((Self(submissions), thread))
    }

    /// Hands `outcome` to the writer. It will be written, whether anybody waits for it or not.
    pub(crate) fn submit(&self, outcome: Outcome, notice: Notice) -> Result<Durable, Refusal> {
        let (reply, durable) = oneshot::channel();
        let submission = Submission {
            outcome,
            notice,
            reply,
        };
        self.0.try_send(submission).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Refusal::Overloaded,
            mpsc::error::TrySendError::Closed(_) => Refusal::JournalFailed,
        })?;
        Ok(Durable(durable))
    }

    /// Whether entries can still be written.
    pub(crate) fn works(&self) -> bool {
        !self.0.is_closed()
    }
}

impl Durable {
    /// The charge or refund, once it is on the disk.
    pub(crate) async fn recorded(self) -> Result<Recorded, Refusal> {
        self.0.await.map_err(|_| Refusal::JournalFailed)
    }
}

struct Writer {
    journal: Journal,
    ledger: Arc<Ledger>,
    webhooks: Option<Webhooks>,
}

impl Writer {
    fn run(mut self, mut waiting: mpsc::Receiver<Submission>) {
        let mut together = Vec::new();
        while waiting.blocking_recv_many(&mut together, ENTRIES_AT_ONCE_MAX) > 0 {
            if let Err(error) = self.write(together.drain(..)) {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "the sandbox's journal cannot be written; no more is taken");
                return;
            }
        }
    }

    fn write(&mut self, together: impl Iterator<Item = Submission>) -> io::Result<()> {
        let at = clock::now();
        let (mut entries, mut waiters) = (Vec::new(), Vec::new());
        for (submission, sequence) in together.zip(self.journal.next_sequence()..) {
            let outcome = submission.outcome;
            entries.push(Arc::new(Entry {
                sequence,
                outcome,
                at,
            }));
            waiters.push((submission.notice, submission.reply));
        }
        self.journal.append(entries.iter().map(Arc::as_ref))?;
        let recorded = self.ledger.enter(entries.iter().cloned());
        for ((entry, recorded), (notice, reply)) in entries.into_iter().zip(recorded).zip(waiters) {
            let Some(recorded) = recorded else { continue };
            if let Some(webhooks) = &self.webhooks {
                webhooks.tell(entry, recorded.clone(), notice);
            }
            drop(reply.send(recorded)); // nobody waits for a capture that comes late
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Kind, Operation};
    use crate::key::Key;

    fn capture(key: &Key) -> Outcome {
        Outcome {
            kind: Kind::ChargeCaptured,
            key: key.clone(),
            id: "sch_1".to_owned(),
            charge_key: None,
            method: Some("sandbox_approve".to_owned()),
            amount: 1_200,
            currency: "EUR".to_owned(),
            reason: None,
            metadata: [].into(),
        }
    }

    #[tokio::test]
    async fn nobody_is_told_of_what_the_disk_did_not_take() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Arc::new(Ledger::default());
        let journal = Journal::read_only(folder.path());
        let (writer, thread) = JournalWriter::start(journal, Arc::clone(&ledger), None).unwrap();
        let key = Key::parse("k").unwrap();
        let durable = writer.submit(capture(&key), Notice::Once).unwrap();
        assert_eq!(durable.recorded().await, Err(Refusal::JournalFailed));
        thread.join().unwrap();
        assert!(
            ledger
                .with_book(|book| book.find(Operation::Charge, &key))
                .is_none()
        );
        assert!(!writer.works());
        let more = writer.submit(capture(&key), Notice::Once);
        assert_eq!(more.err(), Some(Refusal::JournalFailed));
    }
}
