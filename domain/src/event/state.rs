//! The state of an Event, and what others may ask of it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use crate::cancellation::{CancellationPolicy, Rescheduled};
use crate::event::details::EventDetails;
use crate::fingerprint::Fingerprint;
use crate::ids::AccountId;
use crate::money::Currency;
use crate::seating::SeatMap;
use crate::text::Name;

/// An Event as its facts so far make it. A clone shares the seating and copies only what moves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Event {
    pub(crate) profile: Option<Profile>,
    pub(crate) seats: SeatMap,
    pub(crate) last_fact_at: Option<DateTime<Utc>>,
}

/// What an Event is, apart from its seats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Profile {
    pub(crate) organizer: AccountId,
    pub(crate) details: EventDetails,
    pub(crate) currency: Currency,
    pub(crate) buyer_seats_max: u32,
    #[serde(default)]
    pub(crate) request: Option<Fingerprint>,
    /// Under which conditions who holds from now on may cancel; `None`: not at all.
    pub(crate) policy: Option<CancellationPolicy>,
    pub(crate) rescheduled: Option<Rescheduled>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) published_at: Option<DateTime<Utc>>,
    /// Why it does not take place, once it is cancelled.
    pub(crate) cancel_reason: Option<Name>,
    pub(crate) stage: Stage,
}

/// How far an Event's life has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    Draft,
    Published { sales: SalesWindow },
    Cancelled { sales: SalesWindow, at: DateTime<Utc> },
    Deleted,
}

/// When seats are for sale: from `from`, which is `None` until sales are opened, until before `until`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SalesWindow {
    /// First moment of sale.
    pub from: Option<DateTime<Utc>>,
    /// First moment without sale.
    pub until: Option<DateTime<Utc>>,
}

/// Where an Event stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum EventStatus {
    /// Only its organizer sees it.
    Draft,
    /// Everybody sees it; sales have not begun.
    Published,
    /// Seats are for sale.
    OnSale,
    /// Sales are closed, or it is over.
    Closed,
    /// It does not take place.
    Cancelled,
    /// Its draft was deleted.
    Deleted,
}

impl SalesWindow {
    /// Whether `at` lies within.
    pub fn is_open(self, at: DateTime<Utc>) -> bool {
        self.from.is_some_and(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }

    /// The window after sales were opened from `from` on: a closing after that stays, an earlier one no longer counts.
    pub fn opened(self, from: DateTime<Utc>) -> Self {
        Self {
            from: Some(from),
            until: self.until.filter(|until| from < *until),
        }
    }

    /// The window after sales were closed from `until` on.
    pub const fn closed(self, until: DateTime<Utc>) -> Self {
        Self {
            from: self.from,
            until: Some(until),
        }
    }
}

impl EventStatus {
    /// Where a published Event that ends at `ends_at` stands at `at`.
    pub fn of_published(sales: SalesWindow, ends_at: DateTime<Utc>, at: DateTime<Utc>) -> Self {
        if sales.until.is_some_and(|until| until <= at) || ends_at <= at {
            Self::Closed
        } else if sales.is_open(at) {
            Self::OnSale
        } else {
            Self::Published
        }
    }

    /// The status as the API and reports name it.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl Event {
    /// Whether there is an Event, drafts included, deleted ones not.
    pub fn exists(&self) -> bool {
        self.profile().is_some()
    }

    /// Who runs it; also of a deleted draft.
    pub fn organizer(&self) -> Option<AccountId> {
        self.profile.as_ref().map(|profile| profile.organizer)
    }

    /// What it is, where and when.
    pub fn details(&self) -> Option<&EventDetails> {
        self.profile().map(|profile| &profile.details)
    }

    /// When it ends.
    pub fn ends_at(&self) -> Option<DateTime<Utc>> {
        self.details().map(|details| details.ends_at)
    }

    /// What its prices are in.
    pub fn currency(&self) -> Option<Currency> {
        self.profile().map(|profile| profile.currency)
    }

    /// Places that one buyer may hold and own at once; zero where there is no Event.
    pub fn buyer_seats_max(&self) -> u32 {
        self.profile().map_or(0, |profile| profile.buyer_seats_max)
    }

    /// When seats are for sale; `None` unless it is published.
    pub fn sales(&self) -> Option<SalesWindow> {
        match self.profile()?.stage {
            Stage::Published { sales } => Some(sales),
            Stage::Draft | Stage::Cancelled { .. } | Stage::Deleted => None,
        }
    }

    /// When seats are, or before it was cancelled were, for sale; `None` where sales have no window yet.
    pub fn sales_window(&self) -> Option<SalesWindow> {
        match self.profile()?.stage {
            Stage::Published { sales } | Stage::Cancelled { sales, .. } => Some(sales),
            Stage::Draft | Stage::Deleted => None,
        }
    }

    /// When it was created.
    pub fn created_at(&self) -> Option<DateTime<Utc>> {
        self.profile().map(|profile| profile.created_at)
    }

    /// When it was published.
    pub fn published_at(&self) -> Option<DateTime<Utc>> {
        self.profile()?.published_at
    }

    /// Since when it is cancelled, and why.
    pub fn cancelled(&self) -> Option<(DateTime<Utc>, &Name)> {
        let profile = self.profile()?;
        match profile.stage {
            Stage::Cancelled { at, .. } => Some((at, profile.cancel_reason.as_ref()?)),
            Stage::Draft | Stage::Published { .. } | Stage::Deleted => None,
        }
    }

    /// That it was moved to another time.
    pub fn rescheduled(&self) -> Option<Rescheduled> {
        self.profile()?.rescheduled
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        let stage = self.profile().map(|profile| profile.stage);
        matches!(stage, Some(Stage::Cancelled { .. }))
    }

    /// Under which conditions who holds from now on may cancel; `None`: not at all.
    pub fn cancellation_policy(&self) -> Option<CancellationPolicy> {
        self.profile().and_then(|profile| profile.policy)
    }

    /// Where it stands at `at`; `None` where there never was an Event.
    pub fn status(&self, at: DateTime<Utc>) -> Option<EventStatus> {
        let profile = self.profile.as_ref()?;
        Some(match profile.stage {
            Stage::Draft => EventStatus::Draft,
            Stage::Cancelled { .. } => EventStatus::Cancelled,
            Stage::Deleted => EventStatus::Deleted,
            Stage::Published { sales } => EventStatus::of_published(sales, profile.details.ends_at, at),
        })
    }

    /// Its places, and who has them.
    pub const fn seats(&self) -> &SeatMap {
        &self.seats
    }

    /// When the last fact happened.
    pub const fn last_fact_at(&self) -> Option<DateTime<Utc>> {
        self.last_fact_at
    }

    pub(crate) fn profile(&self) -> Option<&Profile> {
        self.profile
            .as_ref()
            .filter(|profile| profile.stage != Stage::Deleted)
    }

    pub(crate) const fn profile_even_deleted(&self) -> Option<&Profile> {
        self.profile.as_ref()
    }
}
