//! The life of one lane: wait, decide, commit, answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics::{Counter, Histogram, counter, histogram};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::registry::Registry;
use super::settings::{ATTEMPTS_MAX, LOOK_AGAIN, ORDERS_PER_BATCH_MAX, SNAPSHOT_PAUSE};
use super::trace::Trace;
use super::{CommandError, Draft, Failure, Order, Realm, SnapshotOf, Store};
use crate::log_writer::{LogWriter, Written};

pub(super) struct Lane<R: Realm> {
    id: R::Id,
    orders: mpsc::Receiver<R::Order>,
    store: Store,
    writer: LogWriter,
    registry: Arc<Registry<R>>,
    realm: Option<R>,
    saving: Option<JoinHandle<()>>,
    saved: Instant,
    batch_orders: Histogram,
    batch_seconds: Histogram,
    conflicts: Counter,
}

/// What a waiting lane woke up for.
enum Woken {
    Orders,
    Deadline,
    Idle,
    End,
}

impl<R: Realm> Lane<R> {
    pub(super) fn new(
        id: R::Id,
        orders: mpsc::Receiver<R::Order>,
        store: Store,
        writer: LogWriter,
        registry: Arc<Registry<R>>,
    ) -> Self {
        Self {
            id,
            orders,
            store,
            writer,
            registry,
            realm: None,
            saving: None,
            saved: Instant::now(),
            batch_orders: histogram!("evently_lane_batch_orders", "kind" => R::NAME),
            batch_seconds: histogram!("evently_lane_batch_duration_seconds", "kind" => R::NAME),
            conflicts: counter!("evently_lane_conflicts_total", "kind" => R::NAME),
        }
    }

    pub(super) async fn run(mut self) {
        self.ensure_loaded().await;
        let mut batch = Vec::with_capacity(ORDERS_PER_BATCH_MAX);
        loop {
            match self.wait(&mut batch).await {
                Woken::Orders => {
                    let started = Instant::now();
                    self.batch_orders
                        .record(u32::try_from(batch.len()).unwrap_or(u32::MAX));
                    self.serve(&mut batch).await;
                    self.batch_seconds.record(started.elapsed());
                }
                Woken::Deadline => self.serve(&mut batch).await,
                Woken::Idle if self.registry.evict(self.id, &self.orders) => break,
                Woken::Idle => {}
                Woken::End => break,
            }
        }
        self.save();
        if let Some(saving) = self.saving.take() {
            drop(saving.await);
        }
    }

    /// Waits for orders, a deadline, idleness or the end, and takes all orders that are there.
    async fn wait(&mut self, batch: &mut Vec<R::Order>) -> Woken {
        let (patience, otherwise) = self.patience();
        match tokio::time::timeout(patience, self.orders.recv_many(batch, ORDERS_PER_BATCH_MAX)).await {
            Ok(0) => Woken::End,
            Ok(_) => Woken::Orders,
            Err(_) => otherwise,
        }
    }

    /// How long to wait for orders, and what to do when none came.
    fn patience(&self) -> (Duration, Woken) {
        let Some(realm) = self.realm.as_ref() else {
            return (LOOK_AGAIN, Woken::Deadline); // the log was away; deadlines may be due when it is back
        };
        match realm.next_deadline() {
            Some(at) => {
                let left = (at - self.store.clock.now()).to_std().unwrap_or(Duration::ZERO);
                (left.min(LOOK_AGAIN), Woken::Deadline)
            }
            None if realm.is_worth_keeping() => (self.store.settings.idle, Woken::Idle),
            None => (Duration::ZERO, Woken::Idle),
        }
    }

    /// Decides and commits `batch`, again after each lost race, and answers it.
    async fn serve(&mut self, batch: &mut Vec<R::Order>) {
        let mut unanswered: Option<Trace> = None;
        for attempt in 1..=ATTEMPTS_MAX {
            if !self.ensure_loaded().await {
                return fail_all(batch, || CommandError::Unavailable);
            }
            match find(unanswered.as_ref(), &self.store).await {
                Ok(Some(base)) => return settle_all(batch, base),
                Ok(None) => {}
                Err(failure) => return self.give_up(batch, &failure),
            }
            let draft = match self.decide(batch, attempt).await {
                Ok(draft) => draft,
                Err(failure) => return self.give_up(batch, &failure),
            };
            let unit = draft.into_unit();
            let facts = i64::try_from(unit.facts.len()).unwrap_or(i64::MAX);
            let trace = Trace::of(&unit);
            let written = match trace {
                Some(_) => self.writer.append(unit).await,
                None => Written::At(self.position()),
            };
            match written {
                Written::At(last) => {
                    let base = event_store::Position::new(last.get().saturating_sub(facts));
                    self.committed(last);
                    return settle_all(batch, base);
                }
                Written::Conflict => {
                    self.conflicts.increment(1);
                    self.realm = None;
                }
                Written::Unknown => {
                    self.realm = None;
                    unanswered = trace;
                }
                Written::Not => {
                    self.realm = None;
                    return fail_all(batch, || CommandError::Unavailable);
                }
            }
        }
        if unanswered.is_some() {
            return fail_all(batch, || CommandError::Unavailable);
        }
        fail_all(batch, || CommandError::Contended);
    }

    async fn decide(&mut self, batch: &mut [R::Order], attempt: u32) -> Result<Draft, Failure> {
        let now = self.store.clock.now();
        let Some(realm) = self.realm.as_mut() else {
            return Ok(Draft::new(now));
        };
        if attempt > 1 {
            realm.doubt();
        }
        let mut draft = Draft::new(realm.latest().map_or(now, |latest| latest.max(now)));
        realm.tick(&mut draft, &self.store).await?;
        for order in batch {
            realm.decide(order, &mut draft, &self.store).await?;
        }
        Ok(draft)
    }

    fn give_up(&mut self, batch: &mut Vec<R::Order>, failure: &Failure) {
        tracing::error!(lane = %self.id, kind = R::NAME, error = failure as &dyn std::error::Error, "lane failed");
        self.realm = None; // it may hold what was decided and not committed
        fail_all(batch, || CommandError::Unavailable);
    }

    /// Loads the state if it is not in memory; tells whether it is now.
    async fn ensure_loaded(&mut self) -> bool {
        if self.realm.is_some() {
            return true;
        }
        match R::load(self.id, &self.store).await {
            Ok(realm) => {
                self.realm = Some(realm);
                true
            }
            Err(failure) => {
                tracing::error!(lane = %self.id, kind = R::NAME, error = &failure as &dyn std::error::Error, "lane not loaded");
                false
            }
        }
    }

    fn position(&self) -> event_store::Position {
        self.realm
            .as_ref()
            .map_or(event_store::Position::START, Realm::position)
    }

    fn committed(&mut self, last: event_store::Position) {
        let Some(realm) = self.realm.as_mut() else { return };
        realm.committed(last);
        if self.saved.elapsed() >= SNAPSHOT_PAUSE {
            self.save();
        }
    }

    /// Begins to save a snapshot, if enough has happened since the last one and that one is written.
    fn save(&mut self) {
        let Some(realm) = self.realm.as_mut() else { return };
        if self.saving.as_ref().is_some_and(|saving| !saving.is_finished()) {
            return;
        }
        if let Some(snapshot) = realm.snapshot(self.store.settings.snapshot_every) {
            self.saved = Instant::now();
            self.saving = Some(tokio::spawn(save(snapshot, self.store.clone())));
        }
    }
}

/// The log's position before the unit that nobody answered for, if it is in the log.
async fn find(unanswered: Option<&Trace>, store: &Store) -> Result<Option<event_store::Position>, Failure> {
    match unanswered {
        Some(trace) => Ok(trace.find(&store.log).await?),
        None => Ok(None),
    }
}

/// Saves a snapshot beside the lane. Failing is harmless: the next load folds more facts.
async fn save<S: serde::Serialize + Send + 'static>(snapshot: SnapshotOf<S>, store: Store) {
    let SnapshotOf {
        stream,
        sequence,
        schema_version,
        state,
    } = snapshot;
    if let Err(error) = store
        .snapshots
        .save(&stream, schema_version, sequence, state)
        .await
    {
        tracing::warn!(%stream, error = &error as &dyn std::error::Error, "snapshot not saved");
    }
}

fn settle_all<O: Order>(batch: &mut Vec<O>, base: event_store::Position) {
    batch.drain(..).for_each(|order| order.settle(base));
}

fn fail_all<O: Order>(batch: &mut Vec<O>, error: impl Fn() -> CommandError<std::convert::Infallible>) {
    batch.drain(..).for_each(|order| order.fail(error()));
}
