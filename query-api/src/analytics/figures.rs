//! Figures of hours, added up over hours or days.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use contract::figures::{Amounts, Counts, Figures, MoneyFigures};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, QueryBuilder, Row};

use crate::analytics::period::{Granularity, Period};
use crate::analytics::scope::Scope;
use crate::snapshot::Snapshot;

/// Sums of an hour or a day, in one currency.
#[derive(Clone, Debug)]
pub(super) struct FiguresRow {
    pub(super) begins_at: DateTime<Utc>,
    currency: String,
    figures: Figures,
}

impl FromRow<'_, PgRow> for FiguresRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            begins_at: row.try_get("begins_at")?,
            currency: row.try_get("currency")?,
            figures: Figures::read(|column| row.try_get(column))?,
        })
    }
}

/// Sums by hours or days in which anything happened, the first first; of all times without a period.
pub(super) async fn read(
    snapshot: &mut Snapshot,
    scope: Scope,
    granularity: Granularity,
    period: Option<&Period>,
) -> Result<Vec<FiguresRow>, sqlx::Error> {
    let mut query = QueryBuilder::new("select date_trunc(");
    query.push_bind(granularity.unit());
    query.push(", h.hour, 'UTC') as begins_at, e.currency");
    for column in Figures::columns() {
        query.push(format_args!(", sum(h.{column})::bigint as {column}"));
    }
    query.push(" from analytics_hours h join events e on e.event_id = h.event_id where true");
    if let Some(period) = period {
        query.push(" and h.hour >= ").push_bind(period.from);
        query.push(" and h.hour < ").push_bind(period.to);
    }
    scope.push(&mut query);
    query.push(" group by 1, e.currency order by 1, e.currency");
    query.build_query_as().fetch_all(snapshot.connection()).await
}

/// The counts of all `rows`.
pub(super) fn counts<'a>(rows: impl IntoIterator<Item = &'a FiguresRow>) -> Counts {
    let mut sum = Counts::default();
    for row in rows {
        sum += row.figures.counts;
    }
    sum
}

/// The money of all `rows`: one item for each currency that moved, in their order.
pub(super) fn money<'a>(rows: impl IntoIterator<Item = &'a FiguresRow>) -> Vec<MoneyFigures> {
    let mut sums: BTreeMap<&str, Amounts> = BTreeMap::new();
    for row in rows {
        if row.figures.amounts != Amounts::default() {
            *sums.entry(&row.currency).or_default() += row.figures.amounts;
        }
    }
    sums.into_iter()
        .map(|(currency, amounts)| amounts.of(currency))
        .collect()
}

/// The money of all `rows`, which are of one event and so of one currency.
pub(super) fn money_in(currency: &str, rows: &[FiguresRow]) -> MoneyFigures {
    let mut sum = Amounts::default();
    for row in rows {
        sum += row.figures.amounts;
    }
    sum.of(currency)
}

/// Cancelled bookings for each confirmed one, in basis points.
pub(super) fn cancellation_rate_bp(counts: &Counts) -> Option<i64> {
    basis_points(counts.bookings_cancelled, counts.bookings_confirmed)
}

/// `part` of `whole` in basis points, the rest dropped; `None` of nothing.
pub(super) fn basis_points(part: i64, whole: i64) -> Option<i64> {
    let share = i128::from(part)
        .checked_mul(10_000)?
        .checked_div(i128::from(whole))?;
    i64::try_from(share).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_whole_basis_points_and_nothing_has_no_share() {
        assert_eq!(basis_points(1, 3), Some(3_333));
        assert_eq!(basis_points(3, 3), Some(10_000));
        assert_eq!(basis_points(0, 7), Some(0));
        assert_eq!(basis_points(5, 0), None);
        assert_eq!(basis_points(i64::MAX, 1), None);
    }
}
