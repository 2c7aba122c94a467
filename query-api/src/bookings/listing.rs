//! Pages of Bookings, the newest first: of a buyer, or of an Event.

use chrono::{DateTime, Utc};
use domain::ids::{AccountId, EventId};
use edge::problem::Problem;
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use crate::bookings::row::{BookingRow, BookingStatus, BookingView};
use crate::failure;
use crate::page::{self, Limit, Page};
use crate::snapshot::Snapshot;

/// Whose Bookings a list shows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum BookingScope {
    /// Of a buyer; of one Event only, where one is given.
    Of(AccountId, Option<EventId>),
    /// Of an Event.
    For(EventId),
}

/// A checked list request.
#[derive(Debug)]
pub(crate) struct BookingListing {
    scope: BookingScope,
    status: Option<BookingStatus>,
    after: Option<Key>,
    limit: Limit,
}

/// When the last Booking of a page was placed, and its id.
type Key = (DateTime<Utc>, Uuid);

const SELECT: &str = "select b.booking_id, b.event_id, b.account_id, b.reference, b.status, b.lines, b.quantity, \
     b.total_amount, b.currency, b.expires_at, b.extended, b.placed_at, b.ended_at, b.sequence, b.policy, \
     m.lines as lines_left, m.quantity as quantity_left, m.payment, m.attempts_left, m.cancelled, m.refunds, \
     m.paid_amount, m.refunded_amount, \
     e.title as event_title, e.starts_at as event_starts_at, e.organizer_id, e.status as event_status, \
     e.rescheduled_at, e.free_until \
     from bookings b left join booking_money m using (booking_id) left join events e on e.event_id = b.event_id \
     where true";

impl BookingListing {
    /// Checks a request for the page after `cursor`.
    pub(crate) fn new(
        scope: BookingScope,
        status: Option<BookingStatus>,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Self, Problem> {
        Ok(Self {
            scope,
            status,
            after: page::cursor(cursor)?,
            limit: Limit::parse(limit)?,
        })
    }

    /// The page as it stands at `now`.
    pub(crate) async fn page(
        &self,
        snapshot: &mut Snapshot,
        now: DateTime<Utc>,
    ) -> Result<Page<BookingView>, Problem> {
        let mut query = self.query(now);
        let rows: Vec<BookingRow> = query
            .build_query_as()
            .fetch_all(snapshot.connection())
            .await
            .map_err(failure::database)?;
        Ok(Page::new(
            rows,
            self.limit,
            |row| (row.placed_at, row.booking_id),
            |row| BookingView::new(row, now),
        ))
    }

    fn query(&self, now: DateTime<Utc>) -> QueryBuilder<'static, Postgres> {
        let mut query = QueryBuilder::new(SELECT);
        match self.scope {
            BookingScope::Of(account, event) => {
                query.push(" and b.account_id = ").push_bind(account.uuid());
                if let Some(event) = event {
                    query.push(" and b.event_id = ").push_bind(event.uuid());
                }
            }
            BookingScope::For(event) => {
                query.push(" and b.event_id = ").push_bind(event.uuid());
            }
        }
        match self.status {
            None => {}
            Some(BookingStatus::Held) => {
                query
                    .push(" and b.status = 'held' and b.expires_at > ")
                    .push_bind(now);
            }
            Some(BookingStatus::Expired) => {
                query.push(" and (b.status = 'expired' or b.status = 'held' and b.expires_at <= ");
                query.push_bind(now).push(")");
            }
            Some(
                status @ (BookingStatus::AwaitingPayment
                | BookingStatus::Confirmed
                | BookingStatus::Cancelled
                | BookingStatus::Refunded
                | BookingStatus::Released
                | BookingStatus::Failed),
            ) => {
                query.push(" and b.status = ").push_bind(status.as_str());
            }
        }
        if let Some((placed_at, id)) = self.after {
            query
                .push(" and (b.placed_at, b.booking_id) < (")
                .push_bind(placed_at);
            query.push(", ").push_bind(id).push(")");
        }
        query
            .push(" order by b.placed_at desc, b.booking_id desc limit ")
            .push_bind(self.limit.rows());
        query
    }
}
