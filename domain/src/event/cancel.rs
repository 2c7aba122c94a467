//! Cancelling an Event: from this moment nothing is sold, and every Booking is cancelled and refunded by a process.

use chrono::{DateTime, Utc};

use crate::event::facts::EventFact;
use crate::event::guards::By;
use crate::event::refusal::EventRefusal;
use crate::event::state::{Event, Stage};
use crate::text::Name;

/// Cancel it, for ever. Asked again, it changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelEvent {
    pub by: By,
    /// Why, in words for buyers.
    pub reason: Name,
    pub at: DateTime<Utc>,
}

pub(crate) fn decide(event: &Event, command: &CancelEvent) -> Result<Vec<EventFact>, EventRefusal> {
    let profile = event.commanded(command.by)?;
    match profile.stage {
        Stage::Draft => Err(EventRefusal::NotPublished),
        Stage::Deleted => Err(EventRefusal::Absent),
        Stage::Cancelled { .. } => Ok(Vec::new()),
        Stage::Published { .. } => {
            profile.is_not_over(command.at)?;
            Ok(vec![EventFact::EventCancelled {
                reason: command.reason.clone(),
                at: command.at,
            }])
        }
    }
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;

    use super::*;
    use crate::booking::BookingRefusal;
    use crate::event::refusal::EventCancelled;
    use crate::event::{Event, EventStatus};
    use crate::fixtures::{
        World, any, cancel_event, draft, event_of, facts_after, minute, on_sale, open, place, published,
    };

    type Given = TestFramework<Event>;

    #[test]
    fn it_is_cancelled_once_and_for_ever() {
        let facts = facts_after(on_sale(), &[cancel_event(1)]);
        let event = event_of(&facts);
        assert_eq!(event.status(minute(2)), Some(EventStatus::Cancelled));
        Given::with(())
            .given(facts.clone())
            .when(cancel_event(2))
            .then_expect_events(vec![]);
        Given::with(())
            .given(facts)
            .when(open(3, 3))
            .then_expect_error(EventRefusal::Cancelled(EventCancelled));
    }

    #[test]
    fn it_sells_nothing_any_more() {
        let mut world = World::on_sale(&[]);
        world.organize(&cancel_event(1));
        let refusal = world.when(&place(1, 1, any("standing", 1), 2)).unwrap_err();
        assert_eq!(refusal, BookingRefusal::Place(EventCancelled.into()));
    }

    #[test]
    fn a_draft_is_deleted_and_what_is_over_has_been() {
        Given::with(())
            .given(draft())
            .when(cancel_event(1))
            .then_expect_error(EventRefusal::NotPublished);
        let over = EventRefusal::Over {
            ends_at: minute(10_200),
        };
        Given::with(())
            .given(published())
            .when(cancel_event(10_200))
            .then_expect_error(over);
    }
}
