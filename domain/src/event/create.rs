//! Creating an Event: a draft with its seating, from sections or from an imported plan.

mod from_plan;
mod from_sections;
mod section_ids;

pub use self::from_sections::{NewPlaces, NewSection};

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::event::details::EventDetails;
use crate::event::facts::EventFact;
use crate::event::import::SeatingPlan;
use crate::event::refusal::EventRefusal;
use crate::event::set_buyer_limit::buyer_limit_is_in_range;
use crate::event::state::{Event, Profile, Stage};
use crate::fingerprint::Fingerprint;
use crate::ids::AccountId;
use crate::money::{Currency, Price};
use crate::text::Name;

/// Make a draft.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateEvent {
    /// Who will run it.
    pub organizer: AccountId,
    /// What it is, where and when.
    pub details: EventDetails,
    /// What every price of it is in.
    pub currency: Currency,
    /// Seats that one buyer may hold and own at once.
    pub buyer_seats_max: u32,
    /// Its places and their prices.
    pub seating: Seating,
    /// What was asked for, where the request had a key.
    pub request: Option<Fingerprint>,
    pub at: DateTime<Utc>,
}

/// Where an Event's places come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Seating {
    /// Sections, which bring rows of equal length or a capacity.
    Sections(Vec<NewSection>),
    /// An imported plan; a section comes from each zone and each category within it.
    Plan {
        /// The plan.
        plan: SeatingPlan,
        /// What a seat of each category costs, by the category's name.
        prices: BTreeMap<Name, Price>,
    },
}

pub(crate) fn decide(event: &Event, command: &CreateEvent) -> Result<Vec<EventFact>, EventRefusal> {
    if let Some(profile) = event.profile_even_deleted() {
        return is_a_retry(profile, command);
    }
    command.details.check()?;
    buyer_limit_is_in_range(command.buyer_seats_max)?;
    let seating = match &command.seating {
        Seating::Sections(sections) => from_sections::facts(sections, command.at)?,
        Seating::Plan { plan, prices } => from_plan::facts(plan, prices, command.at)?,
    };
    let created = EventFact::EventCreated {
        organizer: command.organizer,
        details: command.details.clone(),
        currency: command.currency,
        buyer_seats_max: command.buyer_seats_max,
        request: command.request,
        at: command.at,
    };
    Ok(std::iter::once(created).chain(seating).collect())
}

/// The same organizer asking again for the same has lost the first answer; anybody and anything else collides.
fn is_a_retry(profile: &Profile, command: &CreateEvent) -> Result<Vec<EventFact>, EventRefusal> {
    let same = profile.organizer == command.organizer && profile.request == command.request;
    if same && profile.stage != Stage::Deleted {
        Ok(Vec::new())
    } else {
        Err(EventRefusal::AlreadyExists)
    }
}

#[cfg(test)]
mod tests;
