//! The Booking as cqrs-es sees it: its service is the Event as it stands, and only its own facts go into its sink.

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use strum::VariantNames;

use crate::booking::command::{BookingCommand, BookingRefusal, decide};
use crate::booking::facts::BookingFact;
use crate::booking::state::Booking;
use crate::event::state::Event;
use crate::ids::BookingId;
use crate::recorded::Recorded;

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

impl Recorded for Booking {
    type Id = BookingId;
    const FACT_NAMES: &'static [&'static str] = <BookingFact as VariantNames>::VARIANTS;
    const FACT_VERSION: &'static str = "1.0";
    const SCHEMA_VERSION: i32 = 3;

    fn fact_name(fact: &BookingFact) -> &'static str {
        fact.name()
    }

    fn fact_at(fact: &BookingFact) -> DateTime<Utc> {
        match fact {
            BookingFact::BookingPlaced { at, .. }
            | BookingFact::BookingExtended { at, .. }
            | BookingFact::BookingReleased { at, .. }
            | BookingFact::BookingExpired { at, .. }
            | BookingFact::BookingConfirmed { at, .. }
            | BookingFact::PaymentRequested { at, .. }
            | BookingFact::PaymentDeclined { at, .. }
            | BookingFact::PaymentCaptured { at, .. }
            | BookingFact::PaymentCapturedLate { at, .. }
            | BookingFact::BookingFailed { at, .. }
            | BookingFact::PlacesCancelled { at, .. }
            | BookingFact::RefundRequested { at, .. }
            | BookingFact::RefundSettled { at, .. }
            | BookingFact::RefundRefused { at, .. } => *at,
        }
    }
}
