//! The state of an Event, and how facts change it.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::event::details::EventDetails;
use crate::event::facts::{Allotment, EventFact};
use crate::event::layout::{Layout, SectionPlaces};
use crate::event::limits::HOLD_MINUTES;
use crate::event::plan::PlanRow;
use crate::event::seats::{Hold, Places, Seats};
use crate::ids::{AccountId, BookingId};
use crate::money::{Currency, Price};
use crate::text::{Name, SectionId};

/// Version of the shape in which an Event's state is stored; another one is not read.
pub const SCHEMA_VERSION: i32 = 1;

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
    pub(crate) stage: Stage,
}

/// How far an Event's life has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    Draft,
    Published { sales: SalesWindow },
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
    #[must_use]
    pub fn is_open(self, at: DateTime<Utc>) -> bool {
        self.from.is_some_and(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }

    /// The window after sales were opened from `from` on: a closing after that stays, an earlier one no longer counts.
    #[must_use]
    pub fn opened(self, from: DateTime<Utc>) -> Self {
        Self {
            from: Some(from),
            until: self.until.filter(|until| from < *until),
        }
    }

    /// The window after sales were closed from `until` on.
    #[must_use]
    pub const fn closed(self, until: DateTime<Utc>) -> Self {
        Self {
            from: self.from,
            until: Some(until),
        }
    }
}

impl EventStatus {
    /// The status as the API and reports name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::OnSale => "on_sale",
            Self::Closed => "closed",
            Self::Deleted => "deleted",
        }
    }
}

impl Event {
    /// Whether there is an Event, drafts included, deleted ones not.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.profile().is_some()
    }

    /// Who runs it; also of a deleted draft.
    #[must_use]
    pub fn organizer(&self) -> Option<AccountId> {
        self.profile.as_ref().map(|profile| profile.organizer)
    }

    /// What it is, where and when.
    #[must_use]
    pub fn details(&self) -> Option<&EventDetails> {
        self.profile().map(|profile| &profile.details)
    }

    /// What its prices are in.
    #[must_use]
    pub fn currency(&self) -> Option<Currency> {
        self.profile().map(|profile| profile.currency)
    }

    /// Places that one buyer may hold and own at once; zero where there is no Event.
    #[must_use]
    pub fn buyer_seats_max(&self) -> u32 {
        self.profile().map_or(0, |profile| profile.buyer_seats_max)
    }

    /// Minutes that a hold lasts.
    #[must_use]
    pub const fn hold_minutes(&self) -> i64 {
        HOLD_MINUTES
    }

    /// When seats are for sale; `None` unless it is published.
    #[must_use]
    pub fn sales(&self) -> Option<SalesWindow> {
        match self.profile()?.stage {
            Stage::Published { sales } => Some(sales),
            Stage::Draft | Stage::Deleted => None,
        }
    }

    /// Where it stands at `at`; `None` where there never was an Event.
    #[must_use]
    pub fn status(&self, at: DateTime<Utc>) -> Option<EventStatus> {
        let profile = self.profile.as_ref()?;
        Some(match profile.stage {
            Stage::Draft => EventStatus::Draft,
            Stage::Deleted => EventStatus::Deleted,
            Stage::Published { sales } => {
                let closed = sales.until.is_some_and(|until| until <= at) || profile.details.ends_at <= at;
                if closed {
                    EventStatus::Closed
                } else if sales.is_open(at) {
                    EventStatus::OnSale
                } else {
                    EventStatus::Published
                }
            }
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
                seated: matches!(section.places, SectionPlaces::Rows { .. }),
                capacity: section.capacity(),
                free: counts.free,
                sold: counts.sold,
            })
    }

    /// Places that `buyer` holds and owns.
    #[must_use]
    pub fn places_of_buyer(&self, buyer: AccountId) -> u32 {
        self.seats.places_of_buyer(buyer)
    }

    /// When the next hold is over; it may lie in the past.
    #[must_use]
    pub fn next_deadline(&self) -> Option<DateTime<Utc>> {
        self.seats.deadlines.first().map(|(until, _)| *until)
    }

    /// The first `max` holds that are over at `at`, the longest overdue first.
    #[must_use]
    pub fn overdue(&self, at: DateTime<Utc>, max: usize) -> Vec<BookingId> {
        self.overdue_holds(at)
            .map(|(booking, _)| booking)
            .take(max)
            .collect()
    }

    /// When the last fact happened.
    #[must_use]
    pub const fn last_fact_at(&self) -> Option<DateTime<Utc>> {
        self.last_fact_at
    }

    /// Changes the state by one fact. Total: a fact that makes no sense here changes nothing that others own, and is
    /// told by [`Event::violations`].
    pub fn evolve(&mut self, fact: &EventFact) {
        self.last_fact_at = self.last_fact_at.max(Some(fact.at()));
        match fact {
            EventFact::EventCreated {
                organizer,
                details,
                currency,
                buyer_seats_max,
                ..
            } => {
                self.profile.get_or_insert_with(|| Profile {
                    organizer: *organizer,
                    details: details.clone(),
                    currency: *currency,
                    buyer_seats_max: *buyer_seats_max,
                    stage: Stage::Draft,
                });
            }
            EventFact::PlanImported { .. } | EventFact::ZoneAdded { .. } => {}
            EventFact::SectionAdded {
                section,
                name,
                price,
                capacity,
                ..
            } => {
                self.add_section(section, name, *price, *capacity);
            }
            EventFact::RowsAdded { section, rows, .. } => self.add_rows(section, rows),
            EventFact::DetailsEdited { details, .. } => {
                self.change(|profile| profile.details = details.clone())
            }
            EventFact::BuyerLimitSet { buyer_seats_max, .. } => {
                self.change(|profile| profile.buyer_seats_max = *buyer_seats_max);
            }
            EventFact::EventPublished { .. } => self.change(|profile| {
                if profile.stage == Stage::Draft {
                    profile.stage = Stage::Published {
                        sales: SalesWindow::default(),
                    };
                }
            }),
            EventFact::SalesOpened { from, .. } => self.change_sales(|sales| sales.opened(*from)),
            EventFact::SalesClosed { until, .. } => self.change_sales(|sales| sales.closed(*until)),
            EventFact::DraftDeleted { .. } => self.change(|profile| profile.stage = Stage::Deleted),
            EventFact::SeatsHeld {
                booking,
                buyer,
                places,
                until,
                ..
            } => {
                self.hold(*booking, *buyer, places, *until);
            }
            EventFact::HoldExtended { booking, until, .. } => self.seats.extend(*booking, *until),
            EventFact::HoldReleased { booking, .. } | EventFact::HoldExpired { booking, .. } => {
                self.seats.free(&self.layout, *booking);
            }
            EventFact::SeatsSold { booking, .. } => self.seats.sell(&self.layout, *booking),
        }
    }

    /// Changes the state by one fact, as [`Event::evolve`] does.
    pub fn apply(&mut self, fact: EventFact) {
        cqrs_es::Aggregate::apply(self, fact);
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

    fn change(&mut self, change: impl FnOnce(&mut Profile)) {
        if let Some(profile) = &mut self.profile {
            change(profile);
        }
    }

    fn change_sales(&mut self, change: impl FnOnce(SalesWindow) -> SalesWindow) {
        self.change(|profile| {
            if let Stage::Published { sales } = &mut profile.stage {
                *sales = change(*sales);
            }
        });
    }

    fn add_section(&mut self, id: &SectionId, name: &Name, price: Price, capacity: Option<u32>) {
        if !Arc::make_mut(&mut self.layout).add_section(id, name, price, capacity) {
            self.seats.breach(|| format!("section {id} is added twice"));
        }
        self.seats.grow(&self.layout);
    }

    fn add_rows(&mut self, id: &SectionId, rows: &[PlanRow]) {
        let Some(section) = self.layout.find_section(id) else {
            self.seats
                .breach(|| format!("rows are added to section {id}, which is not there"));
            return;
        };
        let layout = Arc::make_mut(&mut self.layout);
        let twice: usize = rows.iter().map(|row| layout.add_row(section, row)).sum();
        if twice > 0 {
            self.seats
                .breach(|| format!("{twice} seats of section {id} are added twice"));
        }
        self.seats.grow(&self.layout);
    }

    fn hold(&mut self, booking: BookingId, buyer: AccountId, places: &[Allotment], until: DateTime<Utc>) {
        let places = self.places(places);
        self.seats
            .hold(&self.layout, booking, Hold { buyer, until, places });
        let owned = self.seats.places_of_buyer(buyer);
        if owned > self.buyer_seats_max() {
            self.seats
                .breach(|| format!("buyer {buyer} has {owned} places, above the limit"));
        }
    }

    /// The places that `allotments` name; what is not there is told as a breach.
    fn places(&mut self, allotments: &[Allotment]) -> Places {
        let mut places = Places::default();
        for allotment in allotments {
            let Some(section) = self.layout.find_section(&allotment.section) else {
                self.seats
                    .breach(|| format!("section {} is not there", allotment.section));
                continue;
            };
            if allotment.seats.is_empty() {
                places.counts.push((section, allotment.quantity));
            }
            for id in &allotment.seats {
                match self.layout.find_seat(id) {
                    Some(seat) => places.seats.push(seat),
                    None => self.seats.breach(|| format!("seat {id} is not there")),
                }
            }
        }
        places
    }
}
