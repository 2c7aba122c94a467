//! What a lane decides upon: the aggregates in its memory, and how an order changes them.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::future::Future;
use std::hash::Hash;

use chrono::{DateTime, Utc};
use domain::InParts;
use event_store::clock::Clock;
use event_store::{Log, Position, Sequence, Snapshots, StreamId};

use super::{CommandError, Draft, Failure, LaneSettings};

/// What a lane reads from.
#[derive(Clone, Debug)]
pub struct Store {
    /// The log, for reading.
    pub log: Log,
    /// Snapshots of folded state.
    pub snapshots: Snapshots,
    /// The clock.
    pub clock: Clock,
    /// Bounds.
    pub settings: LaneSettings,
}

/// An order that a lane can answer without knowing what it is about.
pub(crate) trait Order: Send + 'static {
    /// Answers with what was decided; `base` is the log's position before the unit.
    fn settle(self, base: Position);

    /// Answers that nothing came of it.
    fn fail(self, error: CommandError<std::convert::Infallible>);
}

/// The aggregates of one lane, as a batch of orders finds and changes them.
pub(crate) trait LaneState: Sized + Send + 'static {
    /// Which lane.
    type Id: Copy + Eq + Hash + Display + Send + Sync + 'static;
    /// What can be asked of it.
    type Order: Order;
    /// What it remembers when its state is dropped and loaded again.
    type Memory: Default + Send + 'static;
    /// What of it is worth a snapshot.
    type Snapshot: InParts<Part: Send> + Send + 'static;
    /// Name of its kind, for metrics and logs.
    const NAME: &'static str;

    /// Loads the state of `id` from snapshot and log.
    fn load(
        id: Self::Id,
        memory: Self::Memory,
        store: &Store,
    ) -> impl Future<Output = Result<Self, Failure>> + Send;

    /// What to remember of a state that is dropped.
    fn into_memory(self) -> Self::Memory;

    /// After a lost race: believe nothing that was not read from the log.
    fn doubt(&mut self);

    /// Decides one order, applies its facts to the memory and adds them to the draft.
    fn decide(
        &mut self,
        order: &mut Self::Order,
        draft: &mut Draft,
        store: &Store,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Time of its latest fact: its clock does not run backwards past it.
    fn latest(&self) -> Option<DateTime<Utc>>;

    /// Whether there is anything worth keeping in memory.
    fn is_worth_keeping(&self) -> bool;

    /// The stream whose version says whether its memory is up to date, and that version.
    fn version(&self) -> (&StreamId, Sequence);

    /// The last position that its memory reflects.
    fn position(&self) -> Position;

    /// The unit was committed, its last fact at `last`.
    fn committed(&mut self, last: Position);

    /// What to save, if `every` facts have passed since the last time.
    fn snapshot(&mut self, every: u64) -> Option<SnapshotOf<Self::Snapshot>>;
}

/// A state to save.
#[derive(Debug)]
pub(crate) struct SnapshotOf<S: InParts> {
    /// Of which stream.
    pub stream: StreamId,
    /// At which version.
    pub sequence: Sequence,
    /// Version of its shape.
    pub schema_version: i32,
    /// The state, split.
    pub state: (S, BTreeMap<u32, S::Part>),
}
