//! Rescheduling: a published Event moves to another time, and who booked before may cancel for nothing for a while.

use chrono::{DateTime, TimeDelta, Utc};

use crate::ensure::ensure;
use crate::event::details::takes_place_within_bounds;
use crate::event::facts::EventFact;
use crate::event::guards::By;
use crate::event::refusal::EventRefusal;
use crate::event::state::Event;
use crate::limits::CANCELLATION_HOURS_MAX;

/// Move it. To where it is already, nothing changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RescheduleEvent {
    pub by: By,
    /// When it starts from now on.
    pub starts_at: DateTime<Utc>,
    /// When it ends from now on.
    pub ends_at: DateTime<Utc>,
    /// For how many hours who booked before may cancel for nothing.
    pub free_hours: u32,
    pub at: DateTime<Utc>,
}

pub(crate) fn decide(event: &Event, command: &RescheduleEvent) -> Result<Vec<EventFact>, EventRefusal> {
    let profile = event.commanded(command.by)?;
    profile.published()?;
    let before = &profile.details;
    if (before.starts_at, before.ends_at) == (command.starts_at, command.ends_at) {
        return Ok(Vec::new());
    }
    profile.is_not_over(command.at)?;
    lies_ahead(command)?;
    takes_place_within_bounds(command.starts_at, command.ends_at)?;
    window_is_short_enough(command)?;
    Ok(vec![EventFact::EventRescheduled {
        starts_at: command.starts_at,
        ends_at: command.ends_at,
        free_until: command.at + TimeDelta::hours(i64::from(command.free_hours)),
        at: command.at,
    }])
}

fn lies_ahead(command: &RescheduleEvent) -> Result<(), EventRefusal> {
    ensure(command.at < command.starts_at, EventRefusal::StartsInPast)
}

fn window_is_short_enough(command: &RescheduleEvent) -> Result<(), EventRefusal> {
    ensure(
        command.free_hours <= CANCELLATION_HOURS_MAX,
        EventRefusal::TooManyHours,
    )
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;

    use super::*;
    use crate::event::refusal::EventCancelled;
    use crate::event::{Event, EventCommand};
    use crate::fixtures::{
        cancel_event, draft, event_of, facts_after, minute, on_sale, organizer, reschedule,
    };

    type Given = TestFramework<Event>;

    fn refused(facts: Vec<EventFact>, command: EventCommand, refusal: EventRefusal) {
        Given::with(())
            .given(facts)
            .when(command)
            .then_expect_error(refusal);
    }

    #[test]
    fn it_moves_and_opens_a_window() {
        let facts = facts_after(on_sale(), &[reschedule(20_000, 2, 1)]);
        assert_eq!(
            facts.last(),
            Some(&EventFact::EventRescheduled {
                starts_at: minute(20_000),
                ends_at: minute(20_200),
                free_until: minute(121),
                at: minute(1)
            })
        );
        assert_eq!(event_of(&facts).details().unwrap().starts_at, minute(20_000));
        Given::with(())
            .given(facts)
            .when(reschedule(20_000, 9, 5))
            .then_expect_events(vec![]);
    }

    #[test]
    fn a_draft_is_edited_and_what_is_cancelled_stays() {
        refused(draft(), reschedule(20_000, 2, 1), EventRefusal::NotPublished);
        let cancelled = facts_after(on_sale(), &[cancel_event(1)]);
        refused(
            cancelled,
            reschedule(20_000, 2, 2),
            EventRefusal::Cancelled(EventCancelled),
        );
    }

    #[test]
    fn it_moves_ahead_and_before_it_is_over() {
        refused(on_sale(), reschedule(5, 2, 5), EventRefusal::StartsInPast);
        let over = EventRefusal::Over {
            ends_at: minute(10_200),
        };
        refused(on_sale(), reschedule(20_000, 2, 10_200), over);
    }

    #[test]
    fn times_and_windows_beyond_bounds_are_refused() {
        refused(
            on_sale(),
            reschedule(20_000, 9_000, 1),
            EventRefusal::TooManyHours,
        );
        let backwards = EventCommand::Reschedule(RescheduleEvent {
            by: organizer(),
            starts_at: minute(20_000),
            ends_at: minute(20_000),
            free_hours: 1,
            at: minute(1),
        });
        refused(on_sale(), backwards, EventRefusal::EndsBeforeStart);
    }
}
