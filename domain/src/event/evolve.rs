//! How facts change the state of an Event.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::event::facts::{Allotment, EventFact};
use crate::seating::layout::{Section, SectionIndex, SectionPlaces};
use crate::event::plan::PlanRow;
use crate::seating::seats::Places;
use crate::event::state::{Event, Profile, Rescheduled, SalesWindow, Stage};
use crate::ids::{AccountId, BookingId};
use crate::text::{Name, SectionId};

impl Event {
    /// Changes the state by one fact. Total: a fact that makes no sense here changes nothing that others own, and is
    /// told by [`Event::violations`].
    pub fn evolve(&mut self, fact: &EventFact) {
        self.last_fact_at = self.last_fact_at.max(Some(fact.at()));
        match fact {
            EventFact::EventCreated { .. } => self.create(fact),
            EventFact::PlanImported { .. } | EventFact::ZoneAdded { .. } => {}
            EventFact::SectionAdded {
                section,
                name,
                price,
                category,
                capacity,
                ..
            } => {
                let (id, name, category) = (section.clone(), name.clone(), category.clone());
                let places = SectionPlaces::new(*capacity);
                self.add_section(Section {
                    id,
                    name,
                    price: *price,
                    category,
                    places,
                });
            }
            EventFact::RowsAdded { section, rows, .. } => self.add_rows(section, rows),
            EventFact::DetailsEdited { details, .. } => {
                self.change(|profile| profile.details.clone_from(details));
            }
            EventFact::BuyerLimitSet { buyer_seats_max, .. } => {
                self.change(|profile| profile.buyer_seats_max = *buyer_seats_max);
            }
            EventFact::EventPublished { at } => self.publish(*at),
            EventFact::SalesOpened { from, .. } => self.change_sales(|sales| sales.opened(*from)),
            EventFact::SalesClosed { until, .. } => self.change_sales(|sales| sales.closed(*until)),
            EventFact::DraftDeleted { .. } => self.change(|profile| profile.stage = Stage::Deleted),
            EventFact::SeatsHeld { .. }
            | EventFact::HoldExtended { .. }
            | EventFact::HoldSecured { .. }
            | EventFact::HoldResumed { .. }
            | EventFact::HoldReleased { .. }
            | EventFact::HoldExpired { .. }
            | EventFact::SeatsSold { .. }
            | EventFact::SeatsReturned { .. } => self.move_seats(fact),
            EventFact::CancellationPolicySet { policy, .. } => {
                self.change(|profile| profile.policy = *policy);
            }
            EventFact::EventRescheduled { .. } => self.reschedule(fact),
            EventFact::PriceChanged { section, price, .. } => {
                self.change_section(section, |section| section.price = *price);
            }
            EventFact::CapacityChanged {
                section, capacity, ..
            } => self.change_capacity(section, *capacity),
            EventFact::EventCancelled { reason, at } => self.cancel(reason, *at),
        }
    }

    /// Changes the state by one fact, as [`Event::evolve`] does.
    pub fn apply(&mut self, fact: EventFact) {
        cqrs_es::Aggregate::apply(self, fact);
    }

    fn create(&mut self, fact: &EventFact) {
        if let EventFact::EventCreated {
            organizer,
            details,
            currency,
            buyer_seats_max,
            request,
            at,
        } = fact
        {
            self.profile.get_or_insert_with(|| Profile {
                organizer: *organizer,
                details: details.clone(),
                currency: *currency,
                buyer_seats_max: *buyer_seats_max,
                request: *request,
                policy: None,
                rescheduled: None,
                created_at: *at,
                published_at: None,
                cancel_reason: None,
                stage: Stage::Draft,
            });
        }
    }

    /// Changes who has what by a fact of that kind; other facts change nothing here.
    fn move_seats(&mut self, fact: &EventFact) {
        if let EventFact::SeatsHeld {
            booking,
            buyer,
            places,
            until,
            ..
        } = fact
        {
            self.hold(*booking, *buyer, places, *until);
        } else if let EventFact::HoldExtended { booking, until, .. }
        | EventFact::HoldResumed { booking, until, .. } = fact
        {
            self.seats.extend(*booking, *until);
        } else if let EventFact::HoldSecured { booking, .. } = fact {
            self.seats.secure(*booking);
        } else if let EventFact::HoldReleased { booking, .. } | EventFact::HoldExpired { booking, .. } = fact
        {
            self.seats.free(&self.layout, *booking);
        } else if let EventFact::SeatsSold { booking, .. } = fact {
            self.seats.sell(&self.layout, *booking);
        } else if let EventFact::SeatsReturned { booking, places, .. } = fact {
            let places = self.places(places);
            self.seats.take_back(&self.layout, *booking, &places);
        }
    }

    fn reschedule(&mut self, fact: &EventFact) {
        if let EventFact::EventRescheduled {
            starts_at,
            ends_at,
            free_until,
            at,
        } = fact
        {
            self.change(|profile| {
                (profile.details.starts_at, profile.details.ends_at) = (*starts_at, *ends_at);
                // A second move takes nothing away that the first one gave.
                let before = profile
                    .rescheduled
                    .map_or(*free_until, |before| before.free_until);
                profile.rescheduled = Some(Rescheduled {
                    at: *at,
                    free_until: before.max(*free_until),
                });
            });
        }
    }

    fn publish(&mut self, at: DateTime<Utc>) {
        self.change(|profile| {
            if profile.stage == Stage::Draft {
                profile.published_at = Some(at);
                profile.stage = Stage::Published {
                    sales: SalesWindow::default(),
                };
            }
        });
    }

    fn cancel(&mut self, reason: &Name, at: DateTime<Utc>) {
        let sales = self.sales_window().unwrap_or_default();
        self.change(|profile| {
            profile.cancel_reason = Some(reason.clone());
            profile.stage = Stage::Cancelled { sales, at };
        });
    }

    fn add_section(&mut self, section: Section) {
        let id = section.id.clone();
        if !Arc::make_mut(&mut self.layout).add_section(section) {
            self.seats.breach(|| format!("section {id} is added twice"));
        }
        self.seats.grow(&self.layout);
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

    fn change_section(&mut self, id: &SectionId, change: impl FnOnce(&mut Section)) {
        if !Arc::make_mut(&mut self.layout).change_section(id, change) {
            self.seats.breach(|| format!("section {id} is not there"));
        }
    }

    fn change_capacity(&mut self, id: &SectionId, capacity: u32) {
        let before = self
            .layout
            .find_section(id)
            .map(|index| (index, self.layout.capacity(index)));
        let Some((section, before)) = before else {
            self.seats.breach(|| format!("section {id} is not there"));
            return;
        };
        self.change_section(id, |section| section.places = SectionPlaces::General { capacity });
        self.seats.resize(section, before, capacity);
    }

    fn add_rows(&mut self, id: &SectionId, rows: &[PlanRow]) {
        let seated = |section: &SectionIndex| self.layout.section(*section).is_some_and(Section::is_seated);
        let Some(section) = self.layout.find_section(id).filter(seated) else {
            self.seats
                .breach(|| format!("rows are added to section {id}, which is not a seated one"));
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
        self.seats.hold(&self.layout, booking, buyer, until, places);
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
            let seated = self.layout.section(section).is_some_and(Section::is_seated);
            if seated == allotment.seats.is_empty() {
                self.seats
                    .breach(|| format!("places of section {} are named wrongly", allotment.section));
                continue;
            }
            if !seated {
                places.counts.push((section, allotment.quantity));
            }
            for id in &allotment.seats {
                if let Some(seat) = self.layout.find_seat(id) {
                    places.seats.push(seat);
                } else {
                    self.seats.breach(|| format!("seat {id} is not there"));
                }
            }
        }
        places
    }
}
