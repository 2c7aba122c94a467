//! Figures of hours, added up over hours or days.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::QueryBuilder;
use utoipa::ToSchema;

use crate::analytics::period::{Granularity, Period};
use crate::analytics::scope::Scope;
use crate::snapshot::Snapshot;

/// How often something happened, and to how many places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema, sqlx::FromRow)]
pub(crate) struct CountsView {
    /// Holds that began.
    holds: i64,
    /// Holds that were given back, by their buyers or because they could not be paid.
    holds_released: i64,
    /// Holds whose deadline passed.
    holds_expired: i64,
    /// Places of the holds that began.
    places_held: i64,
    /// Attempts to pay that the gateway refused.
    payments_declined: i64,
    /// Holds that became sales.
    pub(super) bookings_confirmed: i64,
    /// Confirmed bookings that gave their last places back.
    pub(super) bookings_cancelled: i64,
    /// Times that a confirmed booking gave some places back and kept others.
    bookings_reduced: i64,
    /// Places of the holds that became sales.
    places_sold: i64,
    /// Sold places that were given back.
    places_returned: i64,
}

/// Amounts in minor units of one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct MoneyFiguresView {
    /// ISO 4217 code.
    #[schema(example = "EUR")]
    currency: String,
    /// Captured by payments that bought places.
    gross: i64,
    /// Paid back for places that were given back.
    refunds: i64,
    /// `gross` without `refunds`.
    net: i64,
    /// Kept of what was paid for places that were given back.
    fees: i64,
    /// To be paid back for places that were given back, whether it has been since or not.
    refunds_due: i64,
    /// Captured when it could buy nothing any more; no part of `gross`.
    late_captured: i64,
    /// Paid back of what was captured too late; no part of `refunds`.
    late_refunded: i64,
}

/// Sums of an hour or a day, in one currency.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct FiguresRow {
    pub(super) begins_at: DateTime<Utc>,
    currency: String,
    #[sqlx(flatten)]
    counts: CountsView,
    #[sqlx(flatten)]
    amounts: Amounts,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
struct Amounts {
    gross: i64,
    fees: i64,
    refunds_due: i64,
    refunds_paid: i64,
    late_captured: i64,
    late_refunded: i64,
}

const SUMS: &str = "e.currency, sum(h.holds)::bigint as holds, sum(h.holds_released)::bigint as holds_released, \
    sum(h.holds_expired)::bigint as holds_expired, sum(h.places_held)::bigint as places_held, \
    sum(h.payments_declined)::bigint as payments_declined, sum(h.bookings_confirmed)::bigint as bookings_confirmed, \
    sum(h.bookings_cancelled)::bigint as bookings_cancelled, sum(h.bookings_reduced)::bigint as bookings_reduced, \
    sum(h.places_sold)::bigint as places_sold, sum(h.places_returned)::bigint as places_returned, \
    sum(h.gross)::bigint as gross, sum(h.fees)::bigint as fees, sum(h.refunds_due)::bigint as refunds_due, \
    sum(h.refunds_paid)::bigint as refunds_paid, sum(h.late_captured)::bigint as late_captured, \
    sum(h.late_refunded)::bigint as late_refunded \
    from analytics_hours h join analytics_events e on e.event_id = h.event_id where true";

/// Sums by hours or days in which anything happened, the first first; of all times without a period.
pub(super) async fn read(
    snapshot: &mut Snapshot,
    scope: Scope,
    granularity: Granularity,
    period: Option<&Period>,
) -> Result<Vec<FiguresRow>, sqlx::Error> {
    let mut query = QueryBuilder::new("select date_trunc(");
    query.push_bind(granularity.unit());
    query.push(", h.hour, 'UTC') as begins_at, ").push(SUMS);
    if let Some(period) = period {
        query.push(" and h.hour >= ").push_bind(period.from);
        query.push(" and h.hour < ").push_bind(period.to);
    }
    scope.push(&mut query);
    query.push(" group by 1, e.currency order by 1, e.currency");
    query.build_query_as().fetch_all(snapshot.connection()).await
}

/// The counts of all `rows`.
pub(super) fn counts<'a>(rows: impl IntoIterator<Item = &'a FiguresRow>) -> CountsView {
    let mut sum = CountsView::default();
    for row in rows {
        sum.add(&row.counts);
    }
    sum
}

/// The money of all `rows`: one item for each currency that moved, in their order.
pub(super) fn money<'a>(rows: impl IntoIterator<Item = &'a FiguresRow>) -> Vec<MoneyFiguresView> {
    let mut sums: BTreeMap<&str, Amounts> = BTreeMap::new();
    for row in rows {
        if row.amounts != Amounts::default() {
            sums.entry(&row.currency).or_default().add(&row.amounts);
        }
    }
    sums.into_iter()
        .map(|(currency, amounts)| amounts.view(currency))
        .collect()
}

/// The money of all `rows`, which are of one event and so of one currency.
pub(super) fn money_in(currency: &str, rows: &[FiguresRow]) -> MoneyFiguresView {
    let mut sum = Amounts::default();
    for row in rows {
        sum.add(&row.amounts);
    }
    sum.view(currency)
}

/// `part` of `whole` in basis points, the rest dropped; `None` of nothing.
pub(super) fn basis_points(part: i64, whole: i64) -> Option<i64> {
    let share = i128::from(part)
        .checked_mul(10_000)?
        .checked_div(i128::from(whole))?;
    i64::try_from(share).ok()
}

impl CountsView {
    const fn add(&mut self, more: &Self) {
        self.holds += more.holds;
        self.holds_released += more.holds_released;
        self.holds_expired += more.holds_expired;
        self.places_held += more.places_held;
        self.payments_declined += more.payments_declined;
        self.bookings_confirmed += more.bookings_confirmed;
        self.bookings_cancelled += more.bookings_cancelled;
        self.bookings_reduced += more.bookings_reduced;
        self.places_sold += more.places_sold;
        self.places_returned += more.places_returned;
    }

    /// Cancelled bookings for each confirmed one, in basis points.
    pub(super) fn cancellation_rate_bp(&self) -> Option<i64> {
        basis_points(self.bookings_cancelled, self.bookings_confirmed)
    }
}

impl Amounts {
    const fn add(&mut self, more: &Self) {
        self.gross += more.gross;
        self.fees += more.fees;
        self.refunds_due += more.refunds_due;
        self.refunds_paid += more.refunds_paid;
        self.late_captured += more.late_captured;
        self.late_refunded += more.late_refunded;
    }

    fn view(&self, currency: &str) -> MoneyFiguresView {
        MoneyFiguresView {
            currency: currency.to_owned(),
            gross: self.gross,
            refunds: self.refunds_paid,
            net: self.gross - self.refunds_paid,
            fees: self.fees,
            refunds_due: self.refunds_due,
            late_captured: self.late_captured,
            late_refunded: self.late_refunded,
        }
    }
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
