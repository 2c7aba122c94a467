//! The book: every entry, and what is known of every key. In memory, under one lock.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::entry::{Entry, Kind, Operation, Request};
use crate::refusal::Refusal;

/// Charges and refunds at most, those included that had no effect: at about one kilobyte each with their entries.
const RECORDS_MAX: usize = 4_000_000;

pub(crate) type RequestKey = (Operation, String);

/// The book under its lock; clones share it.
#[derive(Clone, Default)]
pub(crate) struct Ledger(Arc<Mutex<Book>>);

#[derive(Default)]
pub(crate) struct Book {
    entries: Vec<Arc<Entry>>,
    records: HashMap<RequestKey, Record>,
}

struct Record {
    request: Request,
    /// A request works on it.
    running: bool,
    /// The first request hung or failed, as its method asks.
    stumbled: bool,
    outcome: Option<Outcome>,
    /// Of a charge: the sum of the refunds that are settled, or are on their way into the journal.
    returned: u64,
}

/// A charge or a refund.
pub(crate) struct Outcome {
    created_at: DateTime<Utc>,
    pub(crate) latest: Arc<Entry>,
}

impl Outcome {
    /// As the API shows it.
    pub(crate) fn object(&self) -> Value {
        self.latest.object(self.created_at)
    }
}

/// What a request finds at its key.
pub(crate) enum Claim {
    /// The request may work. The key is taken until it is released.
    Work,
    /// It is the first request, of a method whose first request does nothing.
    Stumble,
    /// An earlier request had the effect.
    Replay(Value),
}

impl Ledger {
    /// The book, locked. Not to be held across an await.
    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    /// Takes in the next entry of the journal at the start.
    pub(crate) fn replay(&mut self, entry: Entry) {
        if let (Kind::RefundSettled, Some(charge_key)) = (entry.kind, &entry.request.charge_key) {
            self.reserve(charge_key, entry.request.amount);
        }
        self.enter(Arc::new(entry));
    }

    /// Takes in an entry that is durable; returns the charge or refund after it.
    pub(crate) fn enter(&mut self, entry: Arc<Entry>) -> Value {
        self.entries.push(Arc::clone(&entry));
        let key = (entry.kind.parts().0, entry.key.clone());
        let record = self.record(&key, &entry.request);
        let created_at = record
            .outcome
            .as_ref()
            .map_or(entry.at, |outcome| outcome.created_at);
        let latest = entry;
        let outcome = Outcome { created_at, latest };
        record.outcome.insert(outcome).object()
    }

    fn record(&mut self, key: &RequestKey, request: &Request) -> &mut Record {
        self.records.entry(key.clone()).or_insert_with(|| Record {
            request: request.clone(),
            running: false,
            stumbled: false,
            outcome: None,
            returned: 0,
        })
    }

    /// Claims `key` for `request`; `stumbles`: the first request with this key does nothing.
    pub(crate) fn claim(
        &mut self,
        key: &RequestKey,
        request: &Request,
        stumbles: bool,
    ) -> Result<Claim, Refusal> {
        if self.records.len() >= RECORDS_MAX && !self.records.contains_key(key) {
            return Err(Refusal::JournalFull);
        }
        let record = self.record(key, request);
        if record.request != *request {
            return Err(Refusal::KeyReused);
        }
        if record.running {
            return Err(Refusal::StillRunning);
        }
        if let Some(outcome) = &record.outcome {
            return Ok(Claim::Replay(outcome.object()));
        }
        if stumbles && !record.stumbled {
            record.stumbled = true;
            return Ok(Claim::Stumble);
        }
        record.running = true;
        Ok(Claim::Work)
    }

    pub(crate) fn release(&mut self, key: &RequestKey) {
        if let Some(record) = self.records.get_mut(key) {
            record.running = false;
        }
    }

    /// Sets `amount` of a charge aside for a refund that goes into the journal next; or returns why the refund is refused.
    /// All refunds of a charge together never exceed the capture.
    pub(crate) fn reserve(&mut self, charge_key: &str, amount: u64) -> Option<&'static str> {
        let record = self.records.get_mut(&(Operation::Charge, charge_key.to_owned()));
        let captured = |record: &Record| {
            let outcome = record.outcome.as_ref();
            outcome.is_some_and(|outcome| outcome.latest.kind == Kind::ChargeCaptured)
        };
        let Some(record) = record.filter(|record| captured(record)) else {
            return Some("charge_not_captured");
        };
        if amount > record.request.amount.saturating_sub(record.returned) {
            return Some("exceeds_capture");
        }
        record.returned = record.returned.saturating_add(amount);
        None
    }

    /// The charge or refund that `key` made.
    pub(crate) fn outcome(&self, key: &RequestKey) -> Option<&Outcome> {
        self.records.get(key)?.outcome.as_ref()
    }

    pub(crate) fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        self.records.values().filter_map(|record| record.outcome.as_ref())
    }

    /// At most `limit` entries after `after`.
    pub(crate) fn page(&self, after: u64, limit: usize) -> Vec<Arc<Entry>> {
        let skipped = usize::try_from(after).unwrap_or(usize::MAX);
        self.entries.iter().skip(skipped).take(limit).cloned().collect()
    }

    /// The sequence of the next entry.
    pub(crate) fn next_sequence(&self) -> u64 {
        self.entries.last().map_or(1, |entry| entry.sequence + 1)
    }
}
