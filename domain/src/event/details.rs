//! What an Event is, where and when: the part that organizers edit.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::event::limits::DESCRIPTION_CHARS_MAX;
use crate::event::refusal::EventRefusal;
use crate::text::{Name, Title};

/// What an Event is, where and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventDetails {
    /// Its title.
    pub title: Title,
    /// A longer text, possibly empty.
    pub description: String,
    /// A word to browse by, such as `concert`.
    pub category: Name,
    /// Where: the venue's name.
    pub venue: Name,
    /// Where: the city.
    pub city: Name,
    /// IANA time zone of the venue, such as `Europe/Berlin`.
    pub time_zone: Name,
    /// When it starts.
    pub starts_at: DateTime<Utc>,
    /// When it ends; after `starts_at`.
    pub ends_at: DateTime<Utc>,
}

impl EventDetails {
    /// Whether the details agree with each other and stay within bounds.
    pub(crate) fn check(&self) -> Result<(), EventRefusal> {
        self.ends_after_start()?;
        self.description_is_short_enough()?;
        self.time_zone_is_well_formed()
    }

    fn ends_after_start(&self) -> Result<(), EventRefusal> {
        if self.starts_at < self.ends_at {
            Ok(())
        } else {
            Err(EventRefusal::EndsBeforeStart)
        }
    }

    fn description_is_short_enough(&self) -> Result<(), EventRefusal> {
        let length = self.description.chars().count();
        if length <= DESCRIPTION_CHARS_MAX {
            Ok(())
        } else {
            Err(EventRefusal::DescriptionTooLong { length })
        }
    }

    /// Only the form: which zones exist changes with every release of the database.
    fn time_zone_is_well_formed(&self) -> Result<(), EventRefusal> {
        let name = self.time_zone.as_str();
        let starts_well = name.starts_with(|first: char| first.is_ascii_alphabetic());
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || "/_+-".contains(letter);
        if starts_well && name.chars().all(allowed) {
            Ok(())
        } else {
            Err(EventRefusal::TimeZoneMalformed)
        }
    }
}
