//! The life of one lane: wait, decide, commit, answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::InParts;
use event_store::{Position, Unit};
use metrics::{Counter, Histogram, counter, histogram};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::{Instrument, debug_span};

use super::registry::Registry;
use super::settings::{
    ATTEMPTS_MAX, FACTS_PER_UNIT_MAX, ORDERS_PER_BATCH_MAX, SNAPSHOT_OVERDUE, SNAPSHOT_PAUSE,
};
use super::{CommandError, Draft, Failure, LaneState, Order, SnapshotOf, Store};
use crate::log_writer::{LogWriter, Written};

pub(super) struct Lane<S: LaneState> {
    id: S::Id,
    orders: mpsc::Receiver<S::Order>,
    store: Store,
    writer: LogWriter,
    registry: Arc<Registry<S>>,
    state: Option<S>,
    memory: S::Memory,
    saving: Option<JoinHandle<()>>,
    saved: Instant,
    batch_orders: Histogram,
    batch_seconds: Histogram,
    conflicts: Counter,
}

/// What a waiting lane woke up for.
enum Woken {
    Orders,
    Idle,
    End,
}

impl<S: LaneState> Lane<S> {
    pub(super) fn new(
        id: S::Id,
        orders: mpsc::Receiver<S::Order>,
        store: Store,
        writer: LogWriter,
        registry: Arc<Registry<S>>,
    ) -> Self {
        Self {
            id,
            orders,
            store,
            writer,
            registry,
            state: None,
            memory: S::Memory::default(),
            saving: None,
            saved: Instant::now(),
            batch_orders: histogram!("evently_lane_batch_orders", "kind" => S::NAME),
            batch_seconds: histogram!("evently_lane_batch_duration_seconds", "kind" => S::NAME),
            conflicts: counter!("evently_lane_conflicts_total", "kind" => S::NAME),
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
                    let span = debug_span!(
                        "lane.batch",
                        otel.name = format_args!("lane.{}.batch", S::NAME),
                        lane.id = %self.id,
                        orders = batch.len(),
                    );
                    self.serve(&mut batch).instrument(span).await;
                    self.batch_seconds.record(started.elapsed());
                }
                Woken::Idle if self.registry.evict(self.id, &self.orders) => break,
                Woken::Idle => {}
                Woken::End => break,
            }
        }
        self.save(self.store.settings.snapshot_every);
        if let Some(saving) = self.saving.take() {
            drop(saving.await);
        }
    }

    /// Waits for orders, idleness or the end, and takes all orders that are there. A lane without anything worth keeping
    /// ends at once.
    async fn wait(&mut self, batch: &mut Vec<S::Order>) -> Woken {
        let idle = match &self.state {
            Some(state) if state.is_worth_keeping() => self.store.settings.idle,
            Some(_) | None => Duration::ZERO,
        };
        match tokio::time::timeout(idle, self.orders.recv_many(batch, ORDERS_PER_BATCH_MAX)).await {
            Ok(0) => Woken::End,
            Ok(_) => Woken::Orders,
            Err(_) => Woken::Idle,
        }
    }

    /// Decides, commits and answers all of `batch`, in as many units as it takes.
    async fn serve(&mut self, batch: &mut Vec<S::Order>) {
        while !batch.is_empty() {
            self.attempt(batch).await;
        }
    }

    /// Decides the first orders of `batch`, as one unit, again after each lost race; commits it and
    /// answers them. Where that fails, all of `batch` is answered.
    async fn attempt(&mut self, batch: &mut Vec<S::Order>) {
        let (mut unanswered, mut unknown) = (None, false);
        for attempt in 1..=ATTEMPTS_MAX {
            if !self.ensure_loaded().await {
                return fail_all(batch, || CommandError::Unavailable);
            }
            // Right after a lost answer the orders still know what they were decided to; later they are decided anew.
            match find(unanswered.take(), &self.store).await {
                Ok(Some((base, decided))) => return settle(batch.drain(..decided), base),
                Ok(None) => {}
                Err(failure) => return self.give_up(batch, &failure),
            }
            let (draft, decided) = match self.decide(batch, attempt).await {
                Ok(decided) => decided,
                Err(failure) => return self.give_up(batch, &failure),
            };
            let unit = draft.into_unit();
            let facts = i64::try_from(unit.facts.len()).unwrap_or(i64::MAX);
            let (written, unit) = if unit.facts.is_empty() {
                (self.is_still_so().await, None)
            } else {
                self.writer.append(unit).await
            };
            match written {
                Written::At(last) => {
                    self.committed(last);
                    let base = Position::new(last.get().saturating_sub(facts));
                    return settle(batch.drain(..decided), base);
                }
                Written::Conflict => {
                    self.conflicts.increment(1);
                    if unknown {
                        // What was in the way may be the unit of unknown outcome, which arrived late.
                        self.forget();
                        return fail_all(batch, || CommandError::Unavailable);
                    }
                }
                Written::Unknown => {
                    unknown = true;
                    unanswered = unit.map(|unit| (unit, decided));
                }
                Written::Not => {
                    self.forget();
                    return fail_all(batch, || CommandError::Unavailable);
                }
            }
            self.forget();
        }
        if unknown {
            return fail_all(batch, || CommandError::Unavailable);
        }
        fail_all(batch, || CommandError::Contended);
    }

    /// Decides as many orders as fit into one unit; how many these are.
    async fn decide(&mut self, batch: &mut [S::Order], attempt: u32) -> Result<(Draft, usize), Failure> {
        let now = self.store.clock.now();
        let Some(state) = self.state.as_mut() else {
            return Ok((Draft::new(now), 0));
        };
        if attempt > 1 {
            state.doubt();
        }
        let mut draft = Draft::new(state.latest().map_or(now, |latest| latest.max(now)));
        let mut decided = 0;
        for order in batch {
            if draft.facts() >= FACTS_PER_UNIT_MAX {
                break;
            }
            state.decide(order, &mut draft, &self.store).await?;
            decided += 1;
        }
        Ok((draft, decided))
    }

    /// What becomes of a unit without facts: no version check refuses it, so the log is asked whether another node wrote
    /// meanwhile.
    async fn is_still_so(&mut self) -> Written {
        let Some(state) = &self.state else {
            return Written::Not;
        };
        let (position, (stream, sequence)) = (state.position(), state.version());
        let stream = stream.clone();
        match self.store.log.read_stream_page(&stream, sequence, 1).await {
            Ok(newer) if newer.is_empty() => Written::At(position),
            Ok(_) => Written::Conflict,
            Err(error) => {
                tracing::error!(lane = %self.id, error = &error as &dyn std::error::Error, "lane not compared with the log");
                Written::Not
            }
        }
    }

    /// Drops the state: it holds what was decided and not committed.
    fn forget(&mut self) {
        if let Some(state) = self.state.take() {
            self.memory = state.into_memory();
        }
    }

    fn give_up(&mut self, batch: &mut Vec<S::Order>, failure: &Failure) {
        tracing::error!(lane = %self.id, kind = S::NAME, error = failure as &dyn std::error::Error, "lane failed");
        self.forget();
        fail_all(batch, || CommandError::Unavailable);
    }

    /// Loads the state if it is not in memory; returns whether it is now.
    async fn ensure_loaded(&mut self) -> bool {
        if self.state.is_some() {
            return true;
        }
        match S::load(self.id, std::mem::take(&mut self.memory), &self.store).await {
            Ok(state) => {
                self.state = Some(state);
                true
            }
            Err(failure) => {
                tracing::error!(lane = %self.id, kind = S::NAME, error = &failure as &dyn std::error::Error, "lane not loaded");
                false
            }
        }
    }

    fn committed(&mut self, last: Position) {
        let Some(state) = self.state.as_mut() else { return };
        state.committed(last);
        let every = self.store.settings.snapshot_every;
        let waits = self.saved.elapsed() < SNAPSHOT_PAUSE;
        self.save(if waits {
            every.saturating_mul(SNAPSHOT_OVERDUE)
        } else {
            every
        });
    }

    /// Begins to save a snapshot, if there are `every` facts since the last one and that one is written.
    fn save(&mut self, every: u64) {
        let Some(state) = self.state.as_mut() else { return };
        if self.saving.as_ref().is_some_and(|saving| !saving.is_finished()) {
            return;
        }
        if let Some(snapshot) = state.snapshot(every) {
            self.saved = Instant::now();
            self.saving = Some(tokio::spawn(save(snapshot, self.store.clone())));
        }
    }
}

/// The log's position before a unit of unknown outcome, if the log has it, with what was decided by it. It is looked up, never
/// guessed.
async fn find(
    unanswered: Option<(Unit, usize)>,
    store: &Store,
) -> Result<Option<(Position, usize)>, Failure> {
    let Some((unit, decided)) = unanswered else {
        return Ok(None);
    };
    let base = store.log.find(&unit).await?;
    Ok(base.map(|base| (base, decided)))
}

/// Saves a snapshot beside the lane. Failing is harmless: the next load folds more facts.
async fn save<S: InParts<Part: Send> + Send + 'static>(snapshot: SnapshotOf<S>, store: Store) {
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

fn settle<O: Order>(orders: impl Iterator<Item = O>, base: Position) {
    orders.for_each(|order| order.settle(base));
}

fn fail_all<O: Order>(batch: &mut Vec<O>, error: impl Fn() -> CommandError<std::convert::Infallible>) {
    batch.drain(..).for_each(|order| order.fail(error()));
}
