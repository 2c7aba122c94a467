//! The log on PostgreSQL: append, load, snapshots, reading in order; and the way of its facts over NATS to those who
//! follow it. Knows no aggregate.

pub mod database;
mod decode;
mod fact;
mod log;
mod metadata;
mod position;
mod snapshots;

pub use self::decode::DecodeError;
pub use self::fact::{NewFact, RecordedFact, StreamId, Unit};
pub use self::log::{AppendError, FACT_BYTES_MAX, FACTS_PER_APPEND_MAX, Log, LogError, Outcome};
pub use self::metadata::Metadata;
pub use self::position::{Position, Sequence};
pub use self::snapshots::{SnapshotError, Snapshots};
