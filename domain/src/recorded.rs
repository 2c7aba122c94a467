//! What the log knows an aggregate by: its name, the versions of its shapes, and how older ones are read.

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use cqrs_es::persist::EventUpcaster;
use uuid::Uuid;

/// An aggregate whose facts the log keeps, under the name [`Aggregate::TYPE`].
pub trait Recorded: Aggregate<Event: 'static> {
    /// Tells one of them from another.
    type Id: Copy + Into<Uuid>;

    /// The names of all its facts.
    const FACT_NAMES: &'static [&'static str];

    /// Version of the shape in which its facts are written.
    const FACT_VERSION: &'static str;

    /// Version of the shape in which its state is stored; a snapshot of another version is not read.
    const SCHEMA_VERSION: i32;

    /// A fact's name, as the log's `event_type` has it.
    fn fact_name(fact: &Self::Event) -> &'static str;

    /// When a fact happened, by its writer's clock.
    fn fact_at(fact: &Self::Event) -> DateTime<Utc>;

    /// How facts of older shapes become today's, the oldest shape first.
    fn upcasters() -> &'static [Box<dyn EventUpcaster>] {
        &[]
    }
}
