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

    /// Reads a fact in today's shape. Compiled here, once for all crates that read facts.
    fn read_fact(json: &str) -> serde_json::Result<Self::Event>;

    /// How facts of older shapes become today's, the oldest shape first.
    fn upcasters() -> &'static [Box<dyn EventUpcaster>] {
        &[]
    }
}

/// Lets cqrs-es and the log see an aggregate that has `evolve`.
macro_rules! recorded {
    (
        $aggregate:ident: $name:literal, $id:ty, state $schema_version:literal;
        $fact:ident: $fact_version:literal, upcasters $upcasters:expr;
        $command:ty, $refusal:ty, $services:ty: $decide:expr
    ) => {
        impl cqrs_es::Aggregate for $aggregate {
            const TYPE: &'static str = $name;
            type Command = $command;
            type Event = $fact;
            type Error = $refusal;
            type Services = $services;

            async fn handle(
                &mut self,
                command: $command,
                services: &$services,
                sink: &cqrs_es::event_sink::EventSink<Self>,
            ) -> Result<(), $refusal> {
                let decide: fn(&Self, &$services, &$command) -> Result<Vec<$fact>, $refusal> = $decide;
                for fact in decide(self, services, &command)? {
                    sink.write(fact, self).await;
                }
                Ok(())
            }

            fn apply(&mut self, fact: $fact) {
                self.evolve(&fact);
            }
        }

        impl cqrs_es::DomainEvent for $fact {
            fn event_type(&self) -> String {
                self.name().to_owned()
            }

            fn event_version(&self) -> String {
                $fact_version.to_owned()
            }
        }

        impl crate::Recorded for $aggregate {
            type Id = $id;
            const FACT_NAMES: &'static [&'static str] = <$fact as strum::VariantNames>::VARIANTS;
            const FACT_VERSION: &'static str = $fact_version;
            const SCHEMA_VERSION: i32 = $schema_version;

            fn fact_name(fact: &$fact) -> &'static str {
                fact.name()
            }

            fn fact_at(fact: &$fact) -> chrono::DateTime<chrono::Utc> {
                fact.at()
            }

            fn read_fact(json: &str) -> serde_json::Result<$fact> {
                serde_json::from_str(json)
            }

            fn upcasters() -> &'static [Box<dyn cqrs_es::persist::EventUpcaster>] {
                $upcasters
            }
        }
    };
}
