//! What things are called on NATS.

use std::sync::Arc;

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

    /// Where facts are published, in pages.
    pub fn facts(&self) -> String {
        format!("{}.facts", self.prefix)
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
