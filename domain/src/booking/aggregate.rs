//! The Booking as cqrs-es sees it: its service is the Event as it stands, and only its own facts go into its sink.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;

use crate::booking::command::{BookingCommand, BookingRefusal, decide};
use crate::booking::facts::BookingFact;
use crate::booking::state::Booking;
use crate::event::state::Event;

impl Aggregate for Booking {
    const TYPE: &'static str = "booking";
    type Command = BookingCommand;
    type Event = BookingFact;
    type Error = BookingRefusal;
    type Services = Event;

    async fn handle(
        &mut self,
        command: BookingCommand,
        event: &Event,
        sink: &EventSink<Self>,
    ) -> Result<(), BookingRefusal> {
        for fact in decide(event, self, &command)?.booking {
            sink.write(fact, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, fact: BookingFact) {
        self.evolve(&fact);
    }
}
