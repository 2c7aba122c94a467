//! Where an Event stands at a moment: what the log decided, and what the clock makes of it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{Postgres, QueryBuilder};
use utoipa::ToSchema;

/// Where an Event stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EventStatus {
    /// Not published: only its organizer sees it.
    Draft,
    /// Published; sales have not begun.
    Upcoming,
    /// Seats can be booked.
    OnSale,
    /// Sales are over.
    Closed,
    /// It has ended.
    Past,
    /// It does not take place.
    Cancelled,
}

/// What the status depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StatusBasis {
    pub(crate) published: bool,
    pub(crate) cancelled: bool,
    pub(crate) ends_at: DateTime<Utc>,
    pub(crate) sales_from: Option<DateTime<Utc>>,
    pub(crate) sales_until: Option<DateTime<Utc>>,
}

impl EventStatus {
    /// The status at `now`.
    pub(crate) fn at(now: DateTime<Utc>, basis: StatusBasis) -> Self {
        if basis.cancelled {
            Self::Cancelled
        } else if !basis.published {
            Self::Draft
        } else if basis.ends_at <= now {
            Self::Past
        } else if basis.sales_until.is_some_and(|until| until <= now) {
            Self::Closed
        } else if basis.sales_from.is_some_and(|from| from <= now) {
            Self::OnSale
        } else {
            Self::Upcoming
        }
    }

    /// Adds the condition that a row `e` of `events` has this status at `now`: the same as [`EventStatus::at`], in SQL.
    pub(crate) fn push_condition(self, query: &mut QueryBuilder<'_, Postgres>, now: DateTime<Utc>) {
        match self {
            Self::Draft => {
                query.push(" and e.status = 'draft'");
                return;
            }
            Self::Cancelled => {
                query.push(" and e.status = 'cancelled'");
                return;
            }
            Self::Past => {
                query
                    .push(" and e.status = 'published' and e.ends_at <= ")
                    .push_bind(now);
                return;
            }
            Self::Upcoming | Self::OnSale | Self::Closed => {}
        }
        query
            .push(" and e.status = 'published' and e.ends_at > ")
            .push_bind(now);
        if self == Self::Closed {
            query.push(" and e.sales_until <= ").push_bind(now);
            return;
        }
        query
            .push(" and (e.sales_until is null or e.sales_until > ")
            .push_bind(now)
            .push(")");
        if self == Self::OnSale {
            query.push(" and e.sales_from <= ").push_bind(now);
        } else {
            query
                .push(" and (e.sales_from is null or e.sales_from > ")
                .push_bind(now)
                .push(")");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    #[test]
    fn the_sales_window_includes_its_first_moment_and_not_its_last() {
        let basis = StatusBasis {
            published: true,
            cancelled: false,
            ends_at: at(100),
            sales_from: Some(at(10)),
            sales_until: Some(at(20)),
        };
        assert_eq!(EventStatus::at(at(9), basis), EventStatus::Upcoming);
        assert_eq!(EventStatus::at(at(10), basis), EventStatus::OnSale);
        assert_eq!(EventStatus::at(at(20), basis), EventStatus::Closed);
        assert_eq!(EventStatus::at(at(100), basis), EventStatus::Past);
    }

    #[test]
    fn what_is_cancelled_stays_so() {
        let basis = StatusBasis {
            published: false,
            cancelled: true,
            ends_at: at(100),
            sales_from: Some(at(10)),
            sales_until: None,
        };
        for second in [9, 10, 100] {
            assert_eq!(EventStatus::at(at(second), basis), EventStatus::Cancelled);
        }
    }

    #[test]
    fn a_draft_stays_a_draft() {
        let basis = StatusBasis {
            published: false,
            cancelled: false,
            ends_at: at(100),
            sales_from: None,
            sales_until: None,
        };
        assert_eq!(EventStatus::at(at(500), basis), EventStatus::Draft);
    }
}
