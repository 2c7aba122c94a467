//! Editing what an Event is, where and when, and how many seats one buyer may have.

use chrono::{DateTime, Utc};

use crate::event::details::EventDetails;
use crate::event::facts::EventFact;
use crate::event::guards::By;
use crate::event::refusal::EventRefusal;
use crate::event::set_buyer_limit::buyer_limit_is_in_range;
use crate::event::state::{Event, Profile, Stage};
use crate::text::{Name, Title};

/// Change details and the limit per buyer; what is `None` stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditDetails {
    pub by: By,
    pub title: Option<Title>,
    /// A longer text, possibly empty.
    pub description: Option<String>,
    /// A word to browse by.
    pub category: Option<Name>,
    /// The venue's name.
    pub venue: Option<Name>,
    pub city: Option<Name>,
    /// IANA time zone of the venue.
    pub time_zone: Option<Name>,
    pub starts_at: Option<DateTime<Utc>>,
    pub ends_at: Option<DateTime<Utc>>,
    /// Seats that one buyer may hold and own at once.
    pub buyer_seats_max: Option<u32>,
    pub at: DateTime<Utc>,
}

pub(crate) fn decide(event: &Event, command: &EditDetails) -> Result<Vec<EventFact>, EventRefusal> {
    let profile = event.commanded(command.by)?;
    let details = edited(&profile.details, command);
    let buyer_seats_max = command.buyer_seats_max.unwrap_or(profile.buyer_seats_max);
    details.check()?;
    stays_in_time(profile, &details)?;
    buyer_limit_is_in_range(buyer_seats_max)?;
    let mut facts = Vec::new();
    if details != profile.details {
        facts.push(EventFact::DetailsEdited {
            details,
            at: command.at,
        });
    }
    if buyer_seats_max != profile.buyer_seats_max {
        facts.push(EventFact::BuyerLimitSet {
            buyer_seats_max,
            at: command.at,
        });
    }
    Ok(facts)
}

/// A published Event moves by being rescheduled, which tells buyers and lets them cancel.
fn stays_in_time(profile: &Profile, details: &EventDetails) -> Result<(), EventRefusal> {
    let before = &profile.details;
    let moved = (before.starts_at, before.ends_at) != (details.starts_at, details.ends_at);
    match profile.stage {
        Stage::Draft | Stage::Deleted => Ok(()),
        Stage::Published { .. } | Stage::Cancelled { .. } if !moved => Ok(()),
        Stage::Published { .. } | Stage::Cancelled { .. } => Err(EventRefusal::NotRescheduled),
    }
}

fn edited(before: &EventDetails, command: &EditDetails) -> EventDetails {
    fn new<T: Clone>(edit: Option<&T>, before: &T) -> T {
        edit.unwrap_or(before).clone()
    }
    EventDetails {
        title: new(command.title.as_ref(), &before.title),
        description: new(command.description.as_ref(), &before.description),
        category: new(command.category.as_ref(), &before.category),
        venue: new(command.venue.as_ref(), &before.venue),
        city: new(command.city.as_ref(), &before.city),
        time_zone: new(command.time_zone.as_ref(), &before.time_zone),
        starts_at: new(command.starts_at.as_ref(), &before.starts_at),
        ends_at: new(command.ends_at.as_ref(), &before.ends_at),
    }
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;

    use super::*;
    use crate::event::EventCommand;
    use crate::fixtures::{another_organizer, details, draft, minute, name, on_sale, organizer};

    type Given = TestFramework<Event>;

    fn nothing() -> EditDetails {
        EditDetails {
            by: organizer(),
            title: None,
            description: None,
            category: None,
            venue: None,
            city: None,
            time_zone: None,
            starts_at: None,
            ends_at: None,
            buyer_seats_max: None,
            at: minute(1),
        }
    }

    #[test]
    fn what_is_given_changes_and_the_rest_stays() {
        let command = EditDetails {
            venue: Some(name("Arena")),
            ..nothing()
        };
        let details = EventDetails {
            venue: name("Arena"),
            ..details()
        };
        Given::with(())
            .given(on_sale())
            .when(EventCommand::EditDetails(command))
            .then_expect_events(vec![EventFact::DetailsEdited {
                details,
                at: minute(1),
            }]);
    }

    #[test]
    fn the_limit_per_buyer_changes_with_them() {
        let command = EditDetails {
            buyer_seats_max: Some(9),
            ..nothing()
        };
        Given::with(())
            .given(on_sale())
            .when(EventCommand::EditDetails(command))
            .then_expect_events(vec![EventFact::BuyerLimitSet {
                buyer_seats_max: 9,
                at: minute(1),
            }]);
    }

    #[test]
    fn an_edit_that_changes_nothing_is_no_fact() {
        let command = EditDetails {
            city: Some(name("Vienna")),
            buyer_seats_max: Some(4),
            ..nothing()
        };
        Given::with(())
            .given(draft())
            .when(EventCommand::EditDetails(command))
            .then_expect_events(vec![]);
    }

    #[test]
    fn an_end_before_the_start_is_refused() {
        let command = EditDetails {
            ends_at: Some(details().starts_at),
            ..nothing()
        };
        Given::with(())
            .given(draft())
            .when(EventCommand::EditDetails(command))
            .then_expect_error(EventRefusal::EndsBeforeStart);
    }

    #[test]
    fn a_published_event_is_moved_by_rescheduling_it_alone() {
        let command = EditDetails {
            ends_at: Some(minute(10_300)),
            ..nothing()
        };
        Given::with(())
            .given(on_sale())
            .when(EventCommand::EditDetails(command))
            .then_expect_error(EventRefusal::NotRescheduled);
    }

    #[test]
    fn a_time_zone_of_another_form_is_refused() {
        let command = EditDetails {
            time_zone: Some(name("CET; drop")),
            ..nothing()
        };
        Given::with(())
            .given(draft())
            .when(EventCommand::EditDetails(command))
            .then_expect_error(EventRefusal::TimeZoneMalformed);
    }

    #[test]
    fn a_description_beyond_bounds_is_refused() {
        let command = EditDetails {
            description: Some("x".repeat(10_001)),
            ..nothing()
        };
        Given::with(())
            .given(draft())
            .when(EventCommand::EditDetails(command))
            .then_expect_error(EventRefusal::DescriptionTooLong { length: 10_001 });
    }

    #[test]
    fn another_organizer_cannot_edit() {
        let command = EditDetails {
            by: another_organizer(),
            ..nothing()
        };
        Given::with(())
            .given(draft())
            .when(EventCommand::EditDetails(command))
            .then_expect_error(EventRefusal::NotYours);
    }
}
