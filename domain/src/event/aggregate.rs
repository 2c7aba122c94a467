//! The Event as cqrs-es sees it.

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use strum::VariantNames;

use crate::event::command::{EventCommand, decide};
use crate::event::facts::EventFact;
use crate::event::refusal::EventRefusal;
use crate::event::state::Event;
use crate::ids::EventId;
use crate::recorded::Recorded;

impl Aggregate for Event {
    const TYPE: &'static str = "event";
    type Command = EventCommand;
    type Event = EventFact;
    type Error = EventRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: EventCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), EventRefusal> {
        for fact in decide(self, &command)? {
            sink.write(fact, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, fact: EventFact) {
        self.evolve(&fact);
    }
}

impl Recorded for Event {
    type Id = EventId;
    const FACT_NAMES: &'static [&'static str] = <EventFact as VariantNames>::VARIANTS;
    const FACT_VERSION: &'static str = "1.0";
    const SCHEMA_VERSION: i32 = 3;

    fn fact_name(fact: &EventFact) -> &'static str {
        fact.name()
    }

    fn fact_at(fact: &EventFact) -> DateTime<Utc> {
        fact.at()
    }
}
