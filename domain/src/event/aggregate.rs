//! The Event as cqrs-es sees it.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;

use crate::event::command::{EventCommand, decide};
use crate::event::facts::EventFact;
use crate::event::refusal::EventRefusal;
use crate::event::state::Event;

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
