//! Tables `sections`, `seat_rows` and `seats`. Read by availability, the seat map (its static plan and its state), and
//! the details of an event.

mod rows;
mod seats;
mod sections;

use std::collections::HashSet;

use domain::event::facts::{Allotment, EventFact};
use domain::ids::BookingId;
use domain::text::SectionId;
use event_store::RecordedFact;
use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::PgConnection;
use uuid::Uuid;

use self::rows::Rows;
use self::seats::{Move, Seat, Seats};
use self::sections::Sections;
use crate::decode::{EVENT, event_fact};
use crate::{ApplyError, Projection};

/// The seating of events, and which places of it are taken.
#[derive(Clone, Copy, Debug)]
pub struct SectionsAndSeats;

impl Projection for SectionsAndSeats {
    fn name(&self) -> &'static str {
        "seats"
    }

    fn handles(&self, fact: &RecordedFact) -> bool {
        fact.stream.aggregate_type == EVENT
            && matches!(
                fact.event_type.as_str(),
                "SectionAdded"
                    | "RowsAdded"
                    | "DraftDeleted"
                    | "SeatsHeld"
                    | "HoldReleased"
                    | "HoldExpired"
                    | "SeatsSold"
                    | "SeatsReturned"
                    | "PriceChanged"
                    | "CapacityChanged"
            )
    }

    fn apply<'a>(
        &'a self,
        connection: &'a mut PgConnection,
        facts: &'a [&'a RecordedFact],
    ) -> BoxFuture<'a, Result<(), ApplyError>> {
        apply(connection, facts).boxed()
    }
}

#[derive(Default)]
struct Batch {
    sections: Sections,
    rows: Rows,
    seats: Seats,
    deleted: Vec<Uuid>,
}

async fn apply(connection: &mut PgConnection, facts: &[&RecordedFact]) -> Result<(), ApplyError> {
    let decoded = facts
        .iter()
        .map(|fact| event_fact(fact))
        .collect::<Result<Vec<_>, _>>()?;
    let mut touched = HashSet::new();
    for (fact, what) in facts.iter().zip(&decoded) {
        let sections = sections_of(what);
        touched.extend(
            sections
                .into_iter()
                .map(|section| (fact.stream.aggregate_id, section.as_str())),
        );
    }
    let mut batch = Batch {
        sections: Sections::load(connection, &touched).await?,
        ..Batch::default()
    };
    for (fact, what) in facts.iter().zip(decoded) {
        batch.fold(fact, what).map_err(|reason| ApplyError::Unfit {
            position: fact.position,
            reason,
        })?;
    }
    batch.save(connection).await
}

/// The sections that a fact is about.
fn sections_of(what: &EventFact) -> Vec<&SectionId> {
    match what {
        EventFact::SectionAdded { section, .. }
        | EventFact::RowsAdded { section, .. }
        | EventFact::PriceChanged { section, .. }
        | EventFact::CapacityChanged { section, .. } => vec![section],
        EventFact::SeatsHeld { places, .. }
        | EventFact::HoldReleased { places, .. }
        | EventFact::HoldExpired { places, .. }
        | EventFact::SeatsSold { places, .. }
        | EventFact::SeatsReturned { places, .. } => places.iter().map(|place| &place.section).collect(),
        EventFact::EventCreated { .. }
        | EventFact::PlanImported { .. }
        | EventFact::ZoneAdded { .. }
        | EventFact::DetailsEdited { .. }
        | EventFact::BuyerLimitSet { .. }
        | EventFact::EventPublished { .. }
        | EventFact::SalesOpened { .. }
        | EventFact::SalesClosed { .. }
        | EventFact::DraftDeleted { .. }
        | EventFact::HoldSecured { .. }
        | EventFact::HoldResumed { .. }
        | EventFact::CancellationPolicySet { .. }
        | EventFact::EventRescheduled { .. }
        | EventFact::EventCancelled { .. }
        | EventFact::HoldExtended { .. } => Vec::new(),
    }
}

impl Batch {
    fn fold(&mut self, fact: &RecordedFact, what: EventFact) -> Result<(), &'static str> {
        let (event, position) = (fact.stream.aggregate_id, fact.position.get());
        match what {
            EventFact::SectionAdded { .. } => self.sections.add(event, fact.sequence, position, what)?,
            EventFact::RowsAdded { section, rows, .. } => {
                if let Some((_, known)) = self.sections.before(event, &section, position)? {
                    let first = known.add_rows(&rows, position)?;
                    self.rows.add(event, &section, first, &rows)?;
                }
            }
            EventFact::DraftDeleted { .. } => {
                self.sections.forget(event);
                self.rows.forget(event);
                self.seats.forget(event);
                self.deleted.push(event);
            }
            EventFact::SeatsHeld { booking, places, .. } => {
                self.allot((event, position), booking, places, Move::Held)?;
            }
            EventFact::HoldReleased { booking, places, .. }
            | EventFact::HoldExpired { booking, places, .. } => {
                self.allot((event, position), booking, places, Move::Freed)?;
            }
            EventFact::SeatsSold { booking, places, .. } => {
                self.allot((event, position), booking, places, Move::Sold)?;
            }
            EventFact::SeatsReturned { booking, places, .. } => {
                self.allot((event, position), booking, places, Move::Returned)?;
            }
            EventFact::PriceChanged { section, price, .. } => {
                if let Some((_, known)) = self.sections.before(event, &section, position)? {
                    known.cost(price, position);
                }
            }
            EventFact::CapacityChanged {
                section, capacity, ..
            } => {
                if let Some((_, known)) = self.sections.before(event, &section, position)? {
                    known.resize(capacity, position)?;
                }
            }
            EventFact::EventCreated { .. }
            | EventFact::PlanImported { .. }
            | EventFact::ZoneAdded { .. }
            | EventFact::DetailsEdited { .. }
            | EventFact::BuyerLimitSet { .. }
            | EventFact::EventPublished { .. }
            | EventFact::SalesOpened { .. }
            | EventFact::SalesClosed { .. }
            | EventFact::HoldSecured { .. }
            | EventFact::HoldResumed { .. }
            | EventFact::CancellationPolicySet { .. }
            | EventFact::EventRescheduled { .. }
            | EventFact::EventCancelled { .. }
            | EventFact::HoldExtended { .. } => {}
        }
        Ok(())
    }

    fn allot(
        &mut self,
        (event, position): (Uuid, i64),
        booking: BookingId,
        places: Vec<Allotment>,
        how: Move,
    ) -> Result<(), &'static str> {
        for Allotment {
            section,
            quantity,
            seats,
        } in places
        {
            let Some((section, known)) = self.sections.before(event, &section, position)? else {
                continue;
            };
            known.count(how, quantity, position)?;
            for id in seats {
                self.seats.set(
                    event,
                    id,
                    Seat {
                        section,
                        booking: booking.uuid(),
                        state: how.to(),
                        position,
                    },
                );
            }
        }
        Ok(())
    }

    async fn save(&self, connection: &mut PgConnection) -> Result<(), ApplyError> {
        if !self.deleted.is_empty() {
            sections::delete(connection, &self.deleted).await?;
            rows::delete(connection, &self.deleted).await?;
            seats::delete(connection, &self.deleted).await?;
        }
        self.sections.save(connection).await?;
        self.rows.save(connection).await?;
        self.seats.save(connection, &self.sections).await
    }
}
