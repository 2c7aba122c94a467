//! The state of an Event, and what others may ask of it.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::booking::reference::Fingerprint;
use crate::cancellation_policy::CancellationPolicy;
use crate::event::details::EventDetails;
use crate::ids::{AccountId, BookingId};
use crate::limits::HOLD_MINUTES;
use crate::money::{Currency, Price};
use crate::seating::layout::Layout;
use crate::seating::seats::{Hold, Seats};
use crate::text::{Name, SectionId};

/// An Event as its facts so far make it. A clone shares the seating and copies only what moves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event {
    pub(crate) profile: Option<Profile>,
    pub(crate) layout: Arc<Layout>,
    pub(crate) seats: Seats,
    pub(crate) last_fact_at: Option<DateTime<Utc>>,
}

/// What an Event is, apart from its seats.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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

/// That an Event was moved to another time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Rescheduled {
    /// When that was decided.
    pub at: DateTime<Utc>,
    /// First moment at which the usual conditions hold again for who booked before.
    pub free_until: DateTime<Utc>,
}

/// How far an Event's life has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    Draft,
    Published { sales: SalesWindow },
    Cancelled { sales: SalesWindow, at: DateTime<Utc> },
    Deleted,
}

/// When seats are for sale: from `from`, which is `None` until somebody opens sales, until before `until`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SalesWindow {
    /// First moment of sale.
    pub from: Option<DateTime<Utc>>,
    /// First moment without sale.
    pub until: Option<DateTime<Utc>>,
}

/// Where an Event stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    /// Its draft was thrown away.
    Deleted,
}

/// A section and how much of it is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SectionState<'a> {
    /// Its id.
    pub id: &'a SectionId,
    /// What buyers call it.
    pub name: &'a Name,
    /// What a seat costs.
    pub price: Price,
    /// Category of the plan that it comes from, where there is a plan.
    pub category: Option<&'a Name>,
    /// Whether its places are named seats.
    pub seated: bool,
    /// Places.
    pub capacity: u32,
    /// Places that nobody has.
    pub free: u32,
    /// Places that somebody owns; the others are held.
    pub sold: u32,
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
    #[must_use]
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
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::OnSale => "on_sale",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
            Self::Deleted => "deleted",
        }
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

    /// What its prices are in.
    pub fn currency(&self) -> Option<Currency> {
        self.profile().map(|profile| profile.currency)
    }

    /// Places that one buyer may hold and own at once; zero where there is no Event.
    pub fn buyer_seats_max(&self) -> u32 {
        self.profile().map_or(0, |profile| profile.buyer_seats_max)
    }

    /// Minutes that a hold lasts.
    pub const fn hold_minutes(&self) -> i64 {
        HOLD_MINUTES
    }

    /// When seats are for sale; `None` unless it is published.
    pub fn sales(&self) -> Option<SalesWindow> {
        match self.profile()?.stage {
            Stage::Published { sales } => Some(sales),
            Stage::Draft | Stage::Cancelled { .. } | Stage::Deleted => None,
        }
    }

    /// When seats are, or before it was cancelled were, for sale; `None` where sales have no window yet.
    #[must_use]
    pub fn sales_window(&self) -> Option<SalesWindow> {
        match self.profile()?.stage {
            Stage::Published { sales } | Stage::Cancelled { sales, .. } => Some(sales),
            Stage::Draft | Stage::Deleted => None,
        }
    }

    /// When it was created.
    #[must_use]
    pub fn created_at(&self) -> Option<DateTime<Utc>> {
        self.profile().map(|profile| profile.created_at)
    }

    /// When it was published.
    #[must_use]
    pub fn published_at(&self) -> Option<DateTime<Utc>> {
        self.profile()?.published_at
    }

    /// Since when it is cancelled, and why.
    #[must_use]
    pub fn cancelled(&self) -> Option<(DateTime<Utc>, &Name)> {
        let profile = self.profile()?;
        match profile.stage {
            Stage::Cancelled { at, .. } => Some((at, profile.cancel_reason.as_ref()?)),
            Stage::Draft | Stage::Published { .. } | Stage::Deleted => None,
        }
    }

    /// That it was moved to another time.
    #[must_use]
    pub fn rescheduled(&self) -> Option<Rescheduled> {
        self.profile()?.rescheduled
    }

    /// Whether it was called off.
    pub fn is_cancelled(&self) -> bool {
        matches!(
            self.profile(),
            Some(Profile {
                stage: Stage::Cancelled { .. },
                ..
            })
        )
    }

    /// Under which conditions who holds from now on may cancel; `None`: not at all.
    pub fn cancellation_policy(&self) -> Option<CancellationPolicy> {
        self.profile().and_then(|profile| profile.policy)
    }

    /// Whether a Booking placed at `placed_at` may be cancelled for nothing at `at`, as the Event was moved since.
    pub(crate) fn frees_cancellation(&self, placed_at: DateTime<Utc>, at: DateTime<Utc>) -> bool {
        let rescheduled = self.profile().and_then(|profile| profile.rescheduled);
        rescheduled.is_some_and(|rescheduled| placed_at < rescheduled.at && at < rescheduled.free_until)
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

    /// Its sections in order, with what is left of each.
    pub fn sections(&self) -> impl Iterator<Item = SectionState<'_>> {
        self.layout
            .sections()
            .iter()
            .zip(&self.seats.counts)
            .map(|(section, counts)| SectionState {
                id: &section.id,
                name: &section.name,
                price: section.price,
                category: section.category.as_ref(),
                seated: section.is_seated(),
                capacity: section.capacity(),
                free: counts.free,
                sold: counts.sold,
            })
    }

    /// Places that `buyer` holds and owns.
    pub fn places_of_buyer(&self, buyer: AccountId) -> u32 {
        self.seats.places_of_buyer(buyer)
    }

    /// When the next hold is over; it may lie in the past.
    pub fn next_deadline(&self) -> Option<DateTime<Utc>> {
        self.seats.deadlines.first().map(|(until, _)| *until)
    }

    /// The first `max` holds that are over at `at`, the longest overdue first.
    pub fn overdue(&self, at: DateTime<Utc>, max: usize) -> Vec<BookingId> {
        self.overdue_holds(at)
            .map(|(booking, _)| booking)
            .take(max)
            .collect()
    }

    /// Some Bookings that hold or own places, at most `max`, in no order.
    pub fn bookings_left(&self, max: usize) -> Vec<BookingId> {
        let all = self.seats.holds.keys().chain(self.seats.sales.keys());
        all.copied().take(max).collect()
    }

    /// How many Bookings hold or own places.
    pub fn bookings_left_count(&self) -> usize {
        self.seats.holds.len() + self.seats.sales.len()
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

    /// Holds that are over at `at`, the longest overdue first.
    pub(crate) fn overdue_holds(&self, at: DateTime<Utc>) -> impl Iterator<Item = (BookingId, &Hold)> {
        let overdue = self
            .seats
            .deadlines
            .iter()
            .take_while(move |(until, _)| *until <= at);
        overdue.filter_map(|(_, booking)| Some((*booking, self.seats.holds.get(booking)?)))
    }
}
