//! Editing what an Event is, where and when, and how many seats one buyer may have.

use chrono::{DateTime, Utc};

use crate::event::command::{By, commanded};
use crate::event::details::EventDetails;
use crate::event::facts::EventFact;
use crate::event::refusal::EventRefusal;
use crate::event::set_buyer_limit::buyer_limit_is_in_range;
use crate::event::state::Event;
use crate::text::{Name, Title};

/// Change details and the limit per buyer; what is `None` stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditDetails {
    /// Who asks.
    pub by: By,
    /// Its title.
    pub title: Option<Title>,
    /// A longer text, possibly empty.
    pub description: Option<String>,
    /// A word to browse by.
    pub category: Option<Name>,
    /// The venue's name.
    pub venue: Option<Name>,
    /// The city.
    pub city: Option<Name>,
    /// IANA time zone of the venue.
    pub time_zone: Option<Name>,
    /// When it starts.
    pub starts_at: Option<DateTime<Utc>>,
    /// When it ends.
    pub ends_at: Option<DateTime<Utc>>,
    /// Seats that one buyer may hold and own at once.
    pub buyer_seats_max: Option<u32>,
    /// When this is decided.
    pub at: DateTime<Utc>,
}

pub(crate) fn decide(event: &Event, command: &EditDetails) -> Result<Vec<EventFact>, EventRefusal> {
    let profile = commanded(event, command.by)?;
    let details = edited(&profile.details, command);
    let buyer_seats_max = command.buyer_seats_max.unwrap_or(profile.buyer_seats_max);
    details.check()?;
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
