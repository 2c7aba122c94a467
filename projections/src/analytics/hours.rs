//! Rows of `analytics_hours`: what happened to an event within an hour of UTC.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use contract::figures::Figures;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{Arguments as _, Row as _};
use uuid::Uuid;

use crate::copy::CopyRows;
use crate::table::{Folded, Table};

pub(super) struct HourRow {
    event_id: Uuid,
    hour: DateTime<Utc>,
    position: i64,
    pub(super) figures: Figures,
}

/// By hand, as its columns are those of [`Figures`].
impl Table for HourRow {
    const NAME: &'static str = "analytics_hours";
    const KEY: &'static [&'static str] = &["event_id", "hour"];

    fn columns() -> Vec<&'static str> {
        ["event_id", "hour", "position"]
            .into_iter()
            .chain(Figures::columns())
            .collect()
    }

    fn bind(rows: &[&Self], arguments: &mut PgArguments) -> Result<(), BoxDynError> {
        arguments.add(rows.iter().map(|row| row.event_id).collect::<Vec<_>>())?;
        arguments.add(rows.iter().map(|row| row.hour).collect::<Vec<_>>())?;
        arguments.add(rows.iter().map(|row| row.position).collect::<Vec<_>>())?;
        let mut figures: Vec<_> = rows.iter().map(|row| row.figures.values()).collect();
        for _ in Figures::columns() {
            let column: Vec<i64> = figures.iter_mut().filter_map(Iterator::next).collect();
            arguments.add(column)?;
        }
        Ok(())
    }

    fn copy(&self, into: &mut CopyRows) -> Result<(), BoxDynError> {
        into.field(&self.event_id)?;
        into.field(&self.hour)?;
        into.field(&self.position)?;
        self.figures.values().try_for_each(|value| into.field(&value))
    }
}

impl Folded for HourRow {
    type Key = (Uuid, DateTime<Utc>);

    fn key(&self) -> Self::Key {
        (self.event_id, self.hour)
    }

    fn position(&mut self) -> &mut i64 {
        &mut self.position
    }

    fn read(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            event_id: row.try_get("event_id")?,
            hour: row.try_get("hour")?,
            position: row.try_get("position")?,
            figures: Figures::read(|column| row.try_get(column))?,
        })
    }
}

impl HourRow {
    pub(super) fn new((event_id, hour): (Uuid, DateTime<Utc>)) -> Self {
        Self {
            event_id,
            hour,
            position: 0,
            figures: Figures::default(),
        }
    }
}

/// The full hour in which `at` lies.
pub(super) fn hour_of(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::hours(1)).unwrap_or(at) // fails far beyond any time of ours
}
