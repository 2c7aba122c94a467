//! How facts change the state of an Event.

use crate::cancellation::Rescheduled;
use crate::event::aisles::blocks_of;
use crate::event::facts::EventFact;
use crate::event::state::{Event, Profile, SalesWindow, Stage};
use crate::seating::layout::{Section, SectionPlaces};

impl Event {
    /// Changes the state by one fact. Total: a fact that makes no sense here changes nothing that others own, and is
    /// reported by [`SeatMap::violations`](crate::seating::SeatMap::violations).
    #[expect(clippy::too_many_lines, reason = "one flat match over all facts")]
    pub fn evolve(&mut self, fact: &EventFact) {
        self.last_fact_at = self.last_fact_at.max(Some(fact.at()));
        match fact {
            EventFact::EventCreated {
                organizer,
                details,
                currency,
                buyer_seats_max,
                request,
                at,
            } => {
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
            EventFact::PlanImported { .. } | EventFact::ZoneAdded { .. } => {}
            EventFact::SectionAdded {
                section,
                name,
                price,
                category,
                capacity,
                ..
            } => self.seats.add_section(Section {
                id: section.clone(),
                name: name.clone(),
                price: *price,
                category: category.clone(),
                places: SectionPlaces::new(*capacity),
            }),
            EventFact::RowsAdded { section, rows, .. } => {
                let blocks = |row| blocks_of(row).map(|block| block.iter().map(|seat| &seat.id));
                self.seats.add_rows(section, rows.iter().map(blocks));
            }
            EventFact::DetailsEdited { details, .. } => {
                self.change(|profile| profile.details.clone_from(details));
            }
            EventFact::BuyerLimitSet { buyer_seats_max, .. } => {
                self.change(|profile| profile.buyer_seats_max = *buyer_seats_max);
            }
            EventFact::EventPublished { at } => self.change(|profile| {
                if profile.stage == Stage::Draft {
                    profile.published_at = Some(*at);
                    let sales = SalesWindow::default();
                    profile.stage = Stage::Published { sales };
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
                let limit = self.buyer_seats_max();
                self.seats.hold(*booking, *buyer, places, *until, limit);
            }
            EventFact::HoldExtended { booking, until, .. }
            | EventFact::HoldResumed { booking, until, .. } => {
                self.seats.extend(*booking, *until);
            }
            EventFact::HoldSecured { booking, .. } => self.seats.secure(*booking),
            EventFact::HoldReleased { booking, .. } | EventFact::HoldExpired { booking, .. } => {
                self.seats.free(*booking);
            }
            EventFact::SeatsSold { booking, .. } => self.seats.sell(*booking),
            EventFact::SeatsReturned { booking, places, .. } => self.seats.take_back(*booking, places),
            EventFact::CancellationPolicySet { policy, .. } => {
                self.change(|profile| profile.policy = *policy);
            }
            EventFact::EventRescheduled {
                starts_at,
                ends_at,
                free_until,
                at,
            } => self.change(|profile| {
                (profile.details.starts_at, profile.details.ends_at) = (*starts_at, *ends_at);
                profile.rescheduled = Some(Rescheduled::again(profile.rescheduled, *at, *free_until));
            }),
            EventFact::PriceChanged { section, price, .. } => self.seats.change_price(section, *price),
            EventFact::CapacityChanged {
                section, capacity, ..
            } => self.seats.change_capacity(section, *capacity),
            EventFact::EventCancelled { reason, at } => {
                let sales = self.sales_window().unwrap_or_default();
                self.change(|profile| {
                    profile.cancel_reason = Some(reason.clone());
                    profile.stage = Stage::Cancelled { sales, at: *at };
                });
            }
        }
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
}
