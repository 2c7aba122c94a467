//! Tables `analytics_hours` and `analytics_sales`. Read, beside `events` and `sections`, by the analytics of the platform,
//! of organizers, and of one event.
//!
//! Places are counted by the facts of Events and money by those of Bookings that name their Event, so that a hold costs
//! no row: it counts in its hour. A sale has a row, so that the return of its last place is recognised.

mod figures;
mod hours;
mod sales;

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use contract::figures::Figures;
use futures::FutureExt;
use sqlx::PgConnection;
use uuid::Uuid;

use self::hours::HourRow;
use self::sales::SaleRow;
use crate::decode::{BOOKING, EVENT, Entry, Fact};
use crate::rows::Rows;
use crate::seating::{Move, Seating};
use crate::{ApplyError, Projection};

/// What events sold, took and gave back, hour by hour.
pub static ANALYTICS: Projection = Projection {
    name: "analytics",
    aggregates: &[EVENT, BOOKING],
    apply: |connection, facts| apply(connection, facts).boxed(),
};

/// A fact, as far as analytics goes.
struct Counted<'a> {
    entry: Entry<'a>,
    event: Uuid,
    /// What it counts for, and in which hour.
    figures: Option<(DateTime<Utc>, Figures)>,
    seating: Option<Seating<'a>>,
}

impl<'a> Counted<'a> {
    /// `None` where it counts for nothing.
    fn of(entry: Entry<'a>) -> Option<Self> {
        match entry.fact {
            Fact::Event(fact) => Some(Self {
                entry,
                event: entry.aggregate,
                figures: figures::of_places(fact).map(|figures| (hours::hour_of(fact.at()), figures)),
                seating: Seating::of(fact),
            }),
            Fact::Booking(fact) => {
                let (event, at, figures) = figures::of_money(fact)?;
                Some(Self {
                    entry,
                    event: event.uuid(),
                    figures: Some((hours::hour_of(at), figures)),
                    seating: None,
                })
            }
        }
    }
}

async fn apply(connection: &mut PgConnection, facts: &[Entry<'_>]) -> Result<(), ApplyError> {
    let counted: Vec<Counted<'_>> = facts.iter().copied().filter_map(Counted::of).collect();
    let mut batch = Batch::load(connection, &counted).await?;
    for each in &counted {
        batch
            .fold(each)
            .map_err(|reason| ApplyError::unfit(each.entry.position, reason))?;
    }
    batch.save(connection).await?;
    Ok(())
}

/// The rows that a batch is about.
struct Batch {
    hours: Rows<HourRow>,
    sales: Rows<SaleRow>,
}

impl Batch {
    async fn load(connection: &mut PgConnection, facts: &[Counted<'_>]) -> Result<Self, sqlx::Error> {
        let (mut hours, mut sales) = (HashSet::new(), HashSet::new());
        for each in facts {
            hours.extend(each.figures.map(|(hour, _)| (each.event, hour)));
            if let Some(Seating::Moved(Move::Returned, booking, _)) = &each.seating {
                sales.insert(booking.uuid());
            }
        }
        Ok(Self {
            hours: Rows::load(connection, hours).await?,
            sales: Rows::load(connection, sales).await?,
        })
    }

    fn fold(&mut self, counted: &Counted<'_>) -> Result<(), &'static str> {
        let (event, position) = (counted.event, counted.entry.position);
        let mut figures = counted.figures;
        if let Some(seating) = &counted.seating {
            let returned = sales::change(&mut self.sales, position, seating)?;
            if let (Some(returned), Some((_, figures))) = (returned, &mut figures) {
                figures::count_return(&mut figures.counts, returned);
            }
        }
        if let Some((hour, figures)) = figures
            && let Some(row) = self.hours.or_begin((event, hour), position, HourRow::new)
        {
            row.figures += figures;
        }
        Ok(())
    }

    async fn save(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        self.hours.save(connection).await?;
        self.sales.save(connection).await
    }
}
