//! The log on PostgreSQL: append, load, snapshots, reading in order; and the way of its facts over NATS to those who
//! follow it. Knows no aggregate.

pub mod clock;
mod cloud_event;
mod connection;
pub mod database;
mod decode;
mod doorbell;
mod es_store;
mod fact;
pub mod fanout;
pub mod feed;
mod log;
mod metadata;
mod position;
pub mod relay;
mod settings;
mod snapshots;
mod subjects;

pub use self::connection::{connect_to_nats, nats_options};
pub use self::decode::DecodeError;
pub use self::doorbell::Doorbell;
pub use self::es_store::EsStore;
pub use self::fact::{NewFact, RecordedFact, StreamId, Unit};
pub use self::log::{
    AppendError, FACT_BYTES_MAX, FACTS_PER_APPEND_MAX, Log, LogError, Outcome, read_streams,
};
pub use self::metadata::Metadata;
pub use self::position::{Position, Sequence};
pub use self::settings::{DatabaseSettings, NatsSettings};
pub use self::snapshots::Snapshots;
pub use self::subjects::Subjects;
pub use domain::text::with_causes;
