//! The Event as cqrs-es and the log see it.

use crate::event::command::{EventCommand, decide};
use crate::event::facts::EventFact;
use crate::event::refusal::EventRefusal;
use crate::event::state::Event;
use crate::ids::EventId;

recorded! {
    Event: "event", EventId, state 4;
    EventFact: "1.0", upcasters &[];
    EventCommand, EventRefusal, (): |event, (), command| decide(event, command)
}
