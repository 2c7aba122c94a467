//! What things are called on NATS.

use std::sync::Arc;

use crate::{Position, RecordedFact};

/// The names under one prefix, so that several installations, and tests, can share a server. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subjects {
    prefix: Arc<str>,
}

impl Subjects {
    /// The names under `prefix`: letters, digits, `_` and `-`.
    pub fn new(prefix: impl Into<Arc<str>>) -> Self {
        Self {
            prefix: prefix.into(),
        }
    }

    /// The prefix itself.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Where this fact is published.
    pub fn fact(&self, fact: &RecordedFact) -> String {
        let stream = &fact.stream;
        format!(
            "{}.facts.{}.{}.{}",
            self.prefix, stream.aggregate_type, stream.aggregate_id, fact.event_type
        )
    }

    /// Every fact.
    pub fn facts(&self) -> String {
        format!("{}.facts.>", self.prefix)
    }

    /// The `JetStream` stream of the facts.
    pub fn stream(&self) -> String {
        format!("{}_FACTS", self.prefix.to_uppercase())
    }

    /// Rung after a commit, so that the relay need not wait for its next look. Plain NATS: a lost ring costs little.
    pub fn doorbell(&self) -> String {
        format!("{}.doorbell", self.prefix)
    }

    /// Published to after read tables moved on. Plain NATS.
    pub fn projected(&self) -> String {
        format!("{}.projected", self.prefix)
    }
}

/// What a message's `Nats-Msg-Id` says.
pub(crate) fn position_of(headers: Option<&async_nats::HeaderMap>) -> Option<Position> {
    headers?
        .get(async_nats::header::NATS_MESSAGE_ID)?
        .as_str()
        .parse()
        .ok()
}
