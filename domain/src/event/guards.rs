//! What must hold before an Event is commanded or booked.

use chrono::{DateTime, Utc};

use crate::ensure::ensure;
use crate::event::refusal::{EventCancelled, EventRefusal};
use crate::event::state::{Event, Profile, SalesWindow, Stage};
use crate::ids::AccountId;

/// Who commands an Event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct By {
    pub account: AccountId,
    /// Whether they may command Events of others too, as administrators do.
    pub any_event: bool,
}

impl Event {
    /// The Event's profile, where there is an Event and `by` may command it.
    pub(crate) fn commanded(&self, by: By) -> Result<&Profile, EventRefusal> {
        let profile = self.profile().ok_or(EventRefusal::Absent)?;
        profile.is_run_by(by)?;
        Ok(profile)
    }

    /// The end of a hold that would last until `until`: nothing is held, or paid, of what is over.
    pub(crate) fn held_until(&self, until: DateTime<Utc>) -> DateTime<Utc> {
        self.ends_at().map_or(until, |ends_at| until.min(ends_at))
    }

    /// A cancelled Event sells nothing.
    pub(crate) fn takes_place(&self) -> Result<(), EventCancelled> {
        ensure(!self.is_cancelled(), EventCancelled)
    }
}

impl Profile {
    /// Only its organizer commands an Event, and who may command any.
    pub(crate) fn is_run_by(&self, by: By) -> Result<(), EventRefusal> {
        ensure(
            by.any_event || self.organizer == by.account,
            EventRefusal::NotYours,
        )
    }

    /// Sales belong to a published Event.
    pub(super) fn published(&self) -> Result<SalesWindow, EventRefusal> {
        match self.stage {
            Stage::Published { sales } => Ok(sales),
            Stage::Draft => Err(EventRefusal::NotPublished),
            Stage::Cancelled { .. } => Err(EventCancelled.into()),
            Stage::Deleted => Err(EventRefusal::Absent),
        }
    }

    /// Nothing can be sold of what has ended by `at`.
    pub(super) fn is_not_over(&self, at: DateTime<Utc>) -> Result<(), EventRefusal> {
        let ends_at = self.details.ends_at;
        ensure(at < ends_at, EventRefusal::Over { ends_at })
    }
}
