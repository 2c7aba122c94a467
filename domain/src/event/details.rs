//! What an Event is, where and when: the part that organizers edit.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

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
