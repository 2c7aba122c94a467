//! The facts that a lane decided and has not committed yet.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::account::facts::AccountFact;
use domain::booking::facts::BookingFact;
use domain::event::facts::EventFact;
use event_store::{NewFact, Sequence, StreamId, Unit};
use serde::Serialize;

/// A fact as the log names it.
pub(crate) trait LoggedFact: Serialize {
    /// Version of the shape that is written.
    const VERSION: &'static str;

    /// Its name.
    fn name(&self) -> &'static str;
}

macro_rules! logged {
    ($($fact:ty),*) => {
        $(impl LoggedFact for $fact {
            const VERSION: &'static str = <$fact>::VERSION;

            fn name(&self) -> &'static str {
                <$fact>::name(self)
            }
        })*
    };
}
logged!(EventFact, BookingFact, AccountFact);

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

    /// Adds `fact` as number `sequence` of `stream`.
    pub(crate) fn push<F: LoggedFact>(
        &mut self,
        stream: &StreamId,
        sequence: Sequence,
        fact: &F,
        metadata: &Arc<str>,
    ) -> Result<(), serde_json::Error> {
        self.unit.facts.push(NewFact {
            stream: stream.clone(),
            sequence,
            event_type: fact.name(),
            event_version: F::VERSION,
            payload: serde_json::to_string(fact)?,
            metadata: Arc::clone(metadata),
        });
        Ok(())
    }

    pub(super) fn into_unit(self) -> Unit {
        self.unit
    }
}
