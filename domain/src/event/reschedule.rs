//! Rescheduling: a published Event moves to another time, and who booked before may cancel for nothing for a while.

use chrono::{DateTime, TimeDelta, Utc};

use crate::ensure::ensure;
use crate::event::details::{EventDetails, takes_place_within_bounds};
use crate::event::facts::EventFact;
use crate::event::guards::By;
use crate::event::refusal::EventRefusal;
use crate::event::state::{Event, SalesWindow};
use crate::instant::Instant;
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
    /// When sales close from now on; `None`: a closing that lies ahead moves by as much as the start does.
    pub sales_until: Option<DateTime<Utc>>,
    pub at: DateTime<Utc>,
}

pub(crate) fn decide(event: &Event, command: &RescheduleEvent) -> Result<Vec<EventFact>, EventRefusal> {
    let profile = event.commanded(command.by)?;
    let sales = profile.published()?;
    let before = &profile.details;
    let moves = (before.starts_at, before.ends_at) != (command.starts_at, command.ends_at);
    let mut facts = Vec::new();
    if moves {
        profile.is_not_over(command.at)?;
        lies_ahead(command)?;
        takes_place_within_bounds(command.starts_at, command.ends_at)?;
        window_is_short_enough(command)?;
        sales_open_before_the_end(sales, command)?;
        facts.push(EventFact::EventRescheduled {
            starts_at: command.starts_at,
            ends_at: command.ends_at,
            free_until: command.at + TimeDelta::hours(i64::from(command.free_hours)),
            at: command.at,
        });
    }
    if let Some(until) = closing(sales, before, command)? {
        facts.push(EventFact::SalesClosed {
            until,
            at: command.at,
        });
    }
    Ok(facts)
}

/// The new closing: as the command says, or else a closing ahead moves along with the start. `None`: it stays.
fn closing(
    sales: SalesWindow,
    before: &EventDetails,
    command: &RescheduleEvent,
) -> Result<Option<DateTime<Utc>>, EventRefusal> {
    let ahead = sales.until.filter(|until| command.at < *until);
    let until = match (command.sales_until, ahead) {
        (Some(named), _) => named,
        (None, Some(until)) => moved(until, command.starts_at - before.starts_at),
        (None, None) => return Ok(None),
    };
    if sales.until == Some(until) {
        return Ok(None);
    }
    let from = sales.from.ok_or(EventRefusal::NeverOpened)?;
    let leaves_time = Instant::of(until).is_ok() && command.at < until && from < until;
    ensure(leaves_time, EventRefusal::MovedClosing { until })?;
    Ok(Some(until))
}

/// Facts of old may name any time; beyond all of them stands the last.
fn moved(at: DateTime<Utc>, by: TimeDelta) -> DateTime<Utc> {
    at.checked_add_signed(by).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

fn sales_open_before_the_end(sales: SalesWindow, command: &RescheduleEvent) -> Result<(), EventRefusal> {
    match sales.from {
        Some(from) if command.ends_at <= from => Err(EventRefusal::OpensAfterEnd { from }),
        Some(_) | None => Ok(()),
    }
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
        cancel_event, close, draft, event_of, facts_after, minute, on_sale, open, organizer, published,
        reschedule,
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
            sales_until: None,
            at: minute(1),
        });
        refused(on_sale(), backwards, EventRefusal::EndsBeforeStart);
    }

    fn moved_with_closing(sales_until: Option<i64>) -> EventCommand {
        EventCommand::Reschedule(RescheduleEvent {
            by: organizer(),
            starts_at: minute(20_000),
            ends_at: minute(20_200),
            free_hours: 1,
            sales_until: sales_until.map(minute),
            at: minute(1),
        })
    }

    fn closes_at(facts: &[EventFact]) -> Option<DateTime<Utc>> {
        event_of(facts).sales().unwrap().until
    }

    #[test]
    fn a_closing_ahead_moves_along_unless_another_is_named() {
        let closing = facts_after(on_sale(), &[close(9_000, 0)]);
        let along = facts_after(closing.clone(), &[moved_with_closing(None)]);
        assert_eq!(closes_at(&along), Some(minute(19_000)));
        let named = facts_after(closing, &[moved_with_closing(Some(9_000))]);
        assert_eq!(closes_at(&named), Some(minute(9_000)));
        let again = facts_after(named, &[moved_with_closing(Some(9_500))]);
        assert_eq!(closes_at(&again), Some(minute(9_500)));
    }

    #[test]
    fn a_closing_that_has_passed_stays() {
        let closed = facts_after(on_sale(), &[close(1, 1), reschedule(20_000, 2, 2)]);
        assert_eq!(closes_at(&closed), Some(minute(1)));
    }

    #[test]
    fn a_closing_that_would_come_before_now_or_the_opening_is_refused() {
        let closing = facts_after(on_sale(), &[close(5_000, 0)]);
        let until = minute(-4_000);
        refused(
            closing,
            reschedule(1_000, 2, 1),
            EventRefusal::MovedClosing { until },
        );
        let opening = facts_after(published(), &[open(9_000, 0)]);
        let until = minute(8_000);
        refused(
            opening.clone(),
            moved_with_closing(Some(8_000)),
            EventRefusal::MovedClosing { until },
        );
        let from = minute(9_000);
        refused(
            opening,
            reschedule(1_000, 2, 1),
            EventRefusal::OpensAfterEnd { from },
        );
    }
}
