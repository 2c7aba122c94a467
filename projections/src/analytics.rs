//! Tables `analytics_events`, `analytics_sections`, `analytics_hours` and `analytics_sales`. Read by the analytics of the
//! platform, of organizers, and of one event.
//!
//! Places are counted by the facts of Events and money by those of Bookings that name their Event, so that a hold costs
//! no row: it counts in its section and its hour. A sale has a row, which tells its last returned place from others.

mod events;
mod figures;
mod hours;
mod rows;
mod sales;
mod sections;

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use domain::event::facts::EventFact;
use event_store::{Position, RecordedFact, Sequence};
use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::PgConnection;
use uuid::Uuid;

use self::events::EventRow;
use self::figures::Figures;
use self::hours::HourRow;
use self::rows::Rows;
use self::sales::SaleRow;
use self::sections::SectionRow;
use crate::decode::{BOOKING, EVENT, booking_fact, event_fact};
use crate::{ApplyError, Projection};

/// What events sold, took and gave back, hour by hour.
#[derive(Clone, Copy, Debug)]
pub struct Analytics;

impl Projection for Analytics {
    fn name(&self) -> &'static str {
        "analytics"
    }

    fn handles(&self, fact: &RecordedFact) -> bool {
        let event_type = fact.event_type.as_str();
        match fact.stream.aggregate_type.as_ref() {
            EVENT => {
                events::changes_row(event_type)
                    || sections::changes_row(event_type)
                    || figures::counts_places(event_type)
            }
            BOOKING => figures::counts_money(event_type),
            _ => false,
        }
    }

    fn apply<'a>(
        &'a self,
        connection: &'a mut PgConnection,
        facts: &'a [&'a RecordedFact],
    ) -> BoxFuture<'a, Result<(), ApplyError>> {
        apply(connection, facts).boxed()
    }
}

/// A fact, as far as analytics goes.
struct Heard {
    event: Uuid,
    sequence: Sequence,
    position: i64,
    /// What it counts for, and in which hour.
    counts: Option<(DateTime<Utc>, Figures)>,
    /// The fact, where it is the Event's own.
    fact: Option<EventFact>,
}

async fn apply(connection: &mut PgConnection, facts: &[&RecordedFact]) -> Result<(), ApplyError> {
    let heard = facts
        .iter()
        .filter_map(|fact| Heard::of(fact).transpose())
        .collect::<Result<Vec<_>, _>>()?;
    let mut batch = Batch::load(connection, &heard).await?;
    for each in &heard {
        batch.fold(each).map_err(|reason| ApplyError::Unfit {
            position: Position::new(each.position),
            reason,
        })?;
    }
    batch.save(connection).await
}

impl Heard {
    fn of(fact: &RecordedFact) -> Result<Option<Self>, ApplyError> {
        let heard = |event, counts, own| Self {
            event,
            sequence: fact.sequence,
            position: fact.position.get(),
            counts,
            fact: own,
        };
        if fact.stream.aggregate_type == EVENT {
            let own = event_fact(fact)?;
            let counts = Figures::of_places(&own).map(|figures| (hours::hour_of(own.at()), figures));
            return Ok(Some(heard(fact.stream.aggregate_id, counts, Some(own))));
        }
        let money = figures::of_money(&booking_fact(fact)?);
        Ok(money.map(|(event, at, figures)| heard(event.uuid(), Some((hours::hour_of(at), figures)), None)))
    }
}

/// The rows that a batch is about.
struct Batch {
    events: Rows<EventRow>,
    sections: Rows<SectionRow>,
    hours: Rows<HourRow>,
    sales: Rows<SaleRow>,
    deleted: Vec<Uuid>,
}

impl Batch {
    async fn load(connection: &mut PgConnection, heard: &[Heard]) -> Result<Self, ApplyError> {
        let (mut events, mut sections) = (HashSet::new(), HashSet::new());
        let (mut hours, mut sales) = (HashSet::new(), HashSet::new());
        for each in heard {
            hours.extend(each.counts.map(|(hour, _)| (each.event, hour)));
            let Some(fact) = &each.fact else { continue };
            if events::changes_row(fact.name()) {
                events.insert(each.event);
            }
            sections.extend(sections::of(fact).map(|section| (each.event, section.as_str())));
            if let EventFact::SeatsReturned { booking, .. } = fact {
                sales.insert(booking.uuid());
            }
        }
        Ok(Self {
            events: events::load(connection, events).await?,
            sections: sections::load(connection, sections).await?,
            hours: hours::load(connection, hours).await?,
            sales: sales::load(connection, sales).await?,
            deleted: Vec::new(),
        })
    }

    fn fold(&mut self, heard: &Heard) -> Result<(), &'static str> {
        let Heard {
            event,
            sequence,
            position,
            counts,
            fact,
        } = heard;
        let (event, position) = (*event, *position);
        let mut last_of_sale = None;
        if let Some(fact) = fact {
            if let EventFact::DraftDeleted { .. } = fact {
                self.events.remove(|id| *id == event);
                self.sections.remove(|(of, _)| *of == event);
                self.deleted.push(event);
                return Ok(());
            }
            events::change(&mut self.events, (event, position), fact)?;
            sections::change(&mut self.sections, (event, *sequence, position), fact)?;
            last_of_sale = sales::change(&mut self.sales, position, fact)?;
        }
        if let Some((hour, figures)) = counts {
            let row = self.hours.or_begin((event, *hour), position, HourRow::new);
            if let Some(row) = row {
                row.figures.add(*figures);
                row.figures.note_return(last_of_sale);
            }
        }
        Ok(())
    }

    async fn save(&self, connection: &mut PgConnection) -> Result<(), ApplyError> {
        if !self.deleted.is_empty() {
            events::delete(connection, &self.deleted).await?;
            sections::delete(connection, &self.deleted).await?;
        }
        events::save(connection, &self.events).await?;
        sections::save(connection, &self.sections).await?;
        hours::save(connection, &self.hours).await?;
        sales::save(connection, &self.sales).await
    }
}
