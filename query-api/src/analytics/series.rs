//! Series: a point for every hour or day, those without anything included.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use contract::figures::{Counts, MoneyFigures};
use serde::Serialize;
use utoipa::ToSchema;

use crate::analytics::figures::{self, FiguresRow};
use crate::analytics::period::{Granularity, POINTS_MAX, Period};

/// What happened within an hour or a day of UTC.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Point {
    /// The first moment of the hour or day.
    from: DateTime<Utc>,
    #[serde(flatten)]
    counts: Counts,
    /// Money by currency; a currency that did not move is left out.
    money: Vec<MoneyFigures>,
}

/// The points of `period`, from `rows` of its granularity.
pub(super) fn over(period: &Period, rows: &[FiguresRow]) -> Vec<Point> {
    let mut by_beginning: BTreeMap<DateTime<Utc>, Vec<&FiguresRow>> = BTreeMap::new();
    for row in rows {
        by_beginning.entry(row.begins_at).or_default().push(row);
    }
    let point = |from: DateTime<Utc>| {
        let rows = by_beginning.get(&from).map_or(&[][..], Vec::as_slice);
        Point {
            from,
            counts: figures::counts(rows.iter().copied()),
            money: figures::money(rows.iter().copied()),
        }
    };
    period.beginnings().map(point).collect()
}

/// The days from the first of `rows` to the last, or the last [`POINTS_MAX`] of them.
pub(super) fn days_of(rows: &[FiguresRow]) -> Vec<Point> {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return Vec::new();
    };
    let to = last.begins_at + TimeDelta::days(1);
    let period = Period {
        from: first.begins_at.max(to - TimeDelta::days(POINTS_MAX)),
        to,
        granularity: Granularity::Day,
    };
    over(&period, rows)
}
