//! The facts that a lane decided and has not committed yet.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::Recorded;
use event_store::{NewFact, Sequence, StreamId, Unit};

/// One unit in the making: what follows in it is decided upon what precedes.
#[derive(Debug)]
pub(crate) struct Draft {
    now: DateTime<Utc>,
    unit: Unit,
}

impl Draft {
    pub(super) fn new(now: DateTime<Utc>) -> Self {
        Self {
            now,
            unit: Unit { facts: Vec::new() },
        }
    }

    /// The moment at which everything in this unit is decided.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Facts so far.
    pub(crate) fn facts(&self) -> usize {
        self.unit.facts.len()
    }

    /// Adds `fact` of an `A` as number `sequence` of `stream`.
    pub(crate) fn push<A: Recorded>(
        &mut self,
        stream: &StreamId,
        sequence: Sequence,
        fact: &A::Event,
        metadata: &Arc<str>,
    ) -> Result<(), serde_json::Error> {
        self.unit
            .facts
            .push(NewFact::of::<A>(stream, sequence, fact, metadata)?);
        Ok(())
    }

    pub(super) fn into_unit(self) -> Unit {
        self.unit
    }
}
