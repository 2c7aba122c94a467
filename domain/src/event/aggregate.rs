//! The Event as cqrs-es and the log see it.

use std::collections::BTreeMap;

use crate::event::command::{EventCommand, decide};
use crate::event::facts::EventFact;
use crate::event::refusal::EventRefusal;
use crate::event::state::Event;
use crate::ids::EventId;
use crate::in_parts::InParts;
use crate::seating::SeatPart;

recorded! {
    Event: "event", EventId, state 6;
    EventFact: "1.0", upcasters &[];
    EventCommand, EventRefusal, (): |event, (), command| decide(event, command)
}

/// Its head is all but who has which seats.
impl InParts for Event {
    type Part = SeatPart;

    fn split(&self) -> (Self, BTreeMap<u32, SeatPart>) {
        let (seats, parts) = self.seats.split();
        let head = Self {
            profile: self.profile.clone(),
            seats,
            last_fact_at: self.last_fact_at,
        };
        (head, parts)
    }

    fn put_part(&mut self, part: SeatPart) {
        self.seats.put_part(part);
    }
}
