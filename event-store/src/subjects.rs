//! What things are called on NATS.

use std::sync::Arc;

use crate::{RecordedFact, StreamId};

/// The names under one prefix, so that several installations, and tests, can share a server. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subjects {
    prefix: Arc<str>,
    single: bool,
}

impl Subjects {
    /// The names under `prefix`: letters, digits, `_` and `-`.
    pub fn new(prefix: impl Into<Arc<str>>) -> Self {
        Self {
            prefix: prefix.into(),
            single: false,
        }
    }

    /// With `single`, each fact is published by itself as well, for consumers that choose by subject.
    pub fn single(mut self, single: bool) -> Self {
        self.single = single;
        self
    }

    /// The prefix itself.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Where facts are published, in pages.
    pub fn facts(&self) -> String {
        format!("{}.facts", self.prefix)
    }

    /// Where this fact is published by itself, if facts are. Plain NATS: who must miss none keeps a stream of these.
    pub(crate) fn fact(&self, fact: &RecordedFact) -> Option<String> {
        let StreamId {
            aggregate_type,
            aggregate_id,
        } = &fact.stream;
        let subject = || {
            format!(
                "{}.fact.{aggregate_type}.{aggregate_id}.{}",
                self.prefix, fact.event_type
            )
        };
        self.single.then(subject)
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
