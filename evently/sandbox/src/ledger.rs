//! The ledger: the book under its lock, and who is at work on which key.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::book::{Book, Recorded};
use crate::digest::Digest;
use crate::entry::{Entry, Operation};
use crate::key::Key;
use crate::refusal::Refusal;

/// Entries at most: they are kept in memory, at about one kilobyte each with their charge.
const ENTRIES_MAX: usize = 4_000_000;
/// Keys at most that are known and of which nothing came: of methods whose first request fails.
const KEYS_WITHOUT_EFFECT_MAX: usize = 1_000_000;

/// The key of one request.
pub(crate) type RequestKey = (Operation, Key);

/// What is known of a key before anything came of it, and while a request runs.
#[derive(Debug)]
struct Attempt {
    fingerprint: Digest,
    running: bool,
    /// The first request hung or failed, as its method asks.
    stumbled: bool,
}

#[derive(Debug, Default)]
struct Inside {
    book: Book,
    /// Fingerprints of requests of which something came.
    done: HashMap<RequestKey, Digest>,
    attempts: HashMap<RequestKey, Attempt>,
}

/// All that the sandbox knows.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Inside>);

/// What a request finds at its key.
#[derive(Debug)]
pub(crate) enum Claimed {
    /// Nothing came of it yet; this request may work.
    Now(Claim),
    /// It was done before.
    Before(Recorded),
}

/// The right to work on a key, until it is dropped.
#[derive(Debug)]
pub(crate) struct Claim {
    ledger: Arc<Ledger>,
    request: RequestKey,
}

impl Ledger {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does `work` with the book. It must be short, and must not drop a [`Claim`].
    pub(crate) fn with_book<T>(&self, work: impl FnOnce(&mut Book) -> T) -> T {
        work(&mut self.inside().book)
    }

    /// Takes entries in that are durable; tells what each charge or refund is after it.
    pub(crate) fn enter(&self, entries: impl IntoIterator<Item = Arc<Entry>>) -> Vec<Option<Recorded>> {
        let mut inside = self.inside();
        let enter = |entry: Arc<Entry>| {
            let request = (entry.outcome.kind.operation(), entry.outcome.key.clone());
            let fingerprint = || entry.outcome.fingerprint();
            inside.done.entry(request).or_insert_with(fingerprint);
            inside.book.enter(entry)
        };
        entries.into_iter().map(enter).collect()
    }

    /// Claims the key of `request` for a request with this fingerprint.
    pub(crate) fn claim(
        self: &Arc<Self>,
        request: RequestKey,
        fingerprint: Digest,
    ) -> Result<Claimed, Refusal> {
        let mut inside = self.inside();
        let attempt = inside.attempts.get(&request);
        let known = attempt
            .map(|attempt| &attempt.fingerprint)
            .or_else(|| inside.done.get(&request));
        if known.is_some_and(|known| *known != fingerprint) {
            return Err(Refusal::KeyReused);
        }
        if attempt.is_some_and(|attempt| attempt.running) {
            return Err(Refusal::StillRunning);
        }
        let (operation, key) = &request;
        if let Some(recorded) = inside.book.find(*operation, key) {
            return Ok(Claimed::Before(recorded));
        }
        if inside.book.len() >= ENTRIES_MAX || inside.attempts.len() >= KEYS_WITHOUT_EFFECT_MAX {
            return Err(Refusal::JournalFull);
        }
        let fresh = Attempt {
            fingerprint,
            running: true,
            stumbled: false,
        };
        inside.attempts.entry(request.clone()).or_insert(fresh).running = true;
        Ok(Claimed::Now(Claim {
            ledger: Arc::clone(self),
            request,
        }))
    }
}

impl Claim {
    /// True once for each key: it is the first request, and stumbles here.
    pub(crate) fn stumbles_now(&self) -> bool {
        let mut inside = self.ledger.inside();
        let attempt = inside.attempts.get_mut(&self.request);
        attempt.is_some_and(|attempt| !std::mem::replace(&mut attempt.stumbled, true))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut inside = self.ledger.inside();
        let (operation, key) = &self.request;
        let done = inside.book.has(*operation, key);
        if let Some(attempt) = inside.attempts.get_mut(&self.request) {
            attempt.running = false;
            if done || !attempt.stumbled {
                inside.attempts.remove(&self.request);
            }
        }
    }
}
