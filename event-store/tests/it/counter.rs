//! A small aggregate to test with: it counts.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Utc};
use cqrs_es::event_sink::EventSink;
use cqrs_es::persist::{EventUpcaster, SemanticVersionEventUpcaster};
use cqrs_es::{Aggregate, DomainEvent};
use domain::{InParts, Recorded};
use event_store::{NewFact, Outcome, Position, Sequence, StreamId, Unit};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counter {
    pub(crate) total: i64,
    pub(crate) facts: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum CounterFact {
    Counted { by: i64 },
}

pub(crate) enum CounterCommand {
    Count { by: i64 },
}

#[derive(Debug, thiserror::Error)]
#[error("nothing to count")]
pub(crate) struct NothingToCount;

/// Small enough for a head alone.
impl InParts for Counter {
    type Part = ();

    fn split(&self) -> (Self, BTreeMap<u32, ()>) {
        (self.clone(), BTreeMap::new())
    }

    fn put_part(&mut self, (): ()) {}
}

impl DomainEvent for CounterFact {
    fn event_type(&self) -> String {
        "Counted".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Counter {
    const TYPE: &'static str = "counter";
    type Command = CounterCommand;
    type Event = CounterFact;
    type Error = NothingToCount;
    type Services = ();

    async fn handle(
        &mut self,
        command: CounterCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), NothingToCount> {
        let CounterCommand::Count { by } = command;
        if by == 0 {
            return Err(NothingToCount);
        }
        sink.write(CounterFact::Counted { by }, self).await;
        Ok(())
    }

    fn apply(&mut self, fact: CounterFact) {
        let CounterFact::Counted { by } = fact;
        self.total = self.total.wrapping_add(by);
        self.facts += 1;
    }
}

impl Recorded for Counter {
    type Id = Uuid;
    const FACT_NAMES: &'static [&'static str] = &["Counted"];
    const FACT_VERSION: &'static str = "1.0.0";
    const SCHEMA_VERSION: i32 = 1;

    fn fact_name(_: &CounterFact) -> &'static str {
        "Counted"
    }

    fn fact_at(_: &CounterFact) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }

    fn read_fact(json: &str) -> serde_json::Result<CounterFact> {
        serde_json::from_str(json)
    }

    /// In the first version the field had another name.
    fn upcasters() -> &'static [Box<dyn EventUpcaster>] {
        static UPCASTERS: LazyLock<[Box<dyn EventUpcaster>; 1]> = LazyLock::new(|| {
            let rename = |old: serde_json::Value| json!({ "Counted": { "by": old["Counted"]["amount"] } });
            [Box::new(SemanticVersionEventUpcaster::new(
                "Counted",
                "1",
                Box::new(rename),
            ))]
        });
        &*UPCASTERS
    }
}

pub(crate) fn stream() -> StreamId {
    StreamId::of::<Counter>(Uuid::new_v4())
}

pub(crate) fn counted(stream: &StreamId, sequence: i64, by: i64) -> NewFact {
    NewFact {
        stream: stream.clone(),
        sequence: Sequence::new(sequence),
        event_type: "Counted",
        event_version: "1",
        payload: serde_json::to_string(&CounterFact::Counted { by }).unwrap(),
        metadata: Arc::from(r#"{"actor":"test","role":"test"}"#),
    }
}

/// One unit with one fact.
pub(crate) fn unit(stream: &StreamId, sequence: i64) -> Unit {
    Unit {
        facts: vec![counted(stream, sequence, 1)],
    }
}

pub(crate) fn appended(position: i64) -> Outcome {
    Outcome::Appended(Position::new(position))
}
