//! From the bytes of the log to facts of today: old shapes are brought up to date here, where they are read.

use std::str::FromStr;
use std::sync::Arc;

use cqrs_es::persist::{SemanticVersion, SerializedEvent};
use domain::Recorded;

use crate::{Metadata, Position, RecordedFact};

/// The log holds a fact that this program cannot read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// It was written by a newer program.
    #[error("fact {event_type} at position {position} has version {version}, newer than {current}")]
    Newer {
        /// Where it stands.
        position: Position,
        /// The name of the fact.
        event_type: String,
        /// Its version.
        version: String,
        /// The newest version known here.
        current: String,
    },
    /// Its JSON does not have the shape that its type and version promise.
    #[error("cannot read {what} of the fact at position {position}")]
    Unreadable {
        /// `payload` or `metadata`.
        what: &'static str,
        /// Where it stands.
        position: Position,
        /// What was wrong.
        source: serde_json::Error,
    },
}

impl RecordedFact {
    /// What happened, where it happened to an `A`. Decoded when the first reader asks, and kept for the others.
    pub fn of<A: Recorded>(&self) -> Result<Option<&A::Event>, DecodeError> {
        if *self.stream.aggregate_type != *A::TYPE {
            return Ok(None);
        }
        if self.decoded.get().is_none() {
            let fact = Arc::new(self.decode::<A>()?);
            self.decoded.get_or_init(|| fact);
        }
        Ok(self.decoded.get().and_then(|fact| fact.downcast_ref()))
    }

    /// What happened to an `A`, in today's shape.
    pub fn decode<A: Recorded>(&self) -> Result<A::Event, DecodeError> {
        let (current, upcasters) = (A::FACT_VERSION, A::upcasters());
        let old = upcasters
            .iter()
            .any(|each| each.can_upcast(&self.event_type, &self.event_version));
        if !old {
            self.refuse_newer(&self.event_version, current)?;
            return A::read_fact(self.payload.get()).map_err(|source| self.unreadable("payload", source));
        }
        let event = upcasters.iter().fold(self.serialized()?, |event, each| {
            if each.can_upcast(&event.event_type, &event.event_version) {
                each.upcast(event)
            } else {
                event
            }
        });
        self.refuse_newer(&event.event_version, current)?;
        A::read_fact(&event.payload.to_string()).map_err(|source| self.unreadable("payload", source))
    }

    /// Who caused it, and why.
    pub fn metadata(&self) -> Result<Metadata, DecodeError> {
        serde_json::from_str(self.metadata.get()).map_err(|source| self.unreadable("metadata", source))
    }

    fn refuse_newer(&self, version: &str, current: &str) -> Result<(), DecodeError> {
        let parsed = |text: &str| SemanticVersion::from_str(text).ok();
        let both = || parsed(version).zip(parsed(current));
        if version == current || both().is_some_and(|(version, current)| !version.supersedes(&current)) {
            return Ok(());
        }
        Err(DecodeError::Newer {
            position: self.position,
            event_type: self.event_type.clone(),
            version: version.to_owned(),
            current: current.to_owned(),
        })
    }

    fn serialized(&self) -> Result<SerializedEvent, DecodeError> {
        let read = |what, text| serde_json::from_str(text).map_err(|source| self.unreadable(what, source));
        Ok(SerializedEvent::new(
            self.stream.aggregate_id.to_string(),
            usize::try_from(self.sequence.get()).unwrap_or_default(),
            self.stream.aggregate_type.to_string(),
            self.event_type.clone(),
            self.event_version.clone(),
            read("payload", self.payload.get())?,
            read("metadata", self.metadata.get())?,
        ))
    }

    fn unreadable(&self, what: &'static str, source: serde_json::Error) -> DecodeError {
        DecodeError::Unreadable {
            what,
            position: self.position,
            source,
        }
    }
}
