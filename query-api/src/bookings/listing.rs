//! Pages of Bookings, the newest first: of a buyer, or of an Event.

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use contract::{BookingStatus, ProjectionName};
use domain::ids::{AccountId, EventId};
use domain::instant::storable;
use edge::problem::Problem;
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use crate::answer::Audience;
use crate::bookings::row::{BookingRow, SELECT};
use crate::failure;
use crate::page::{self, Limit, Page};
use crate::query::Query;
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
pub(crate) struct Listing {
    scope: BookingScope,
    status: Option<BookingStatus>,
    after: Option<Key>,
    limit: Limit,
}

/// When the last Booking of a page was placed, and its id.
type Key = (DateTime<Utc>, Uuid);

impl Listing {
    /// What a page is read from.
    pub(crate) const READS: [ProjectionName; 2] = [ProjectionName::Bookings, ProjectionName::Events];

    /// Checks a request for the page after `cursor`.
    pub(crate) fn new(
        scope: BookingScope,
        status: Option<BookingStatus>,
        limit: Option<u64>,
        cursor: Option<&str>,
    ) -> Result<Self, Problem> {
        Ok(Self {
            scope,
            status,
            after: page::cursor(cursor)?,
            limit: Limit::parse(limit)?,
        })
    }

    /// Answers with the page as it stands now.
    pub(crate) async fn answer(
        &self,
        query: &Query,
        mut snapshot: Snapshot,
    ) -> Result<HttpResponse, Problem> {
        let now = query.now();
        let mut select = self.select(now);
        let rows: Vec<BookingRow> = select
            .build_query_as()
            .fetch_all(snapshot.connection())
            .await
            .map_err(failure::database)?;
        let key = |row: &BookingRow| (row.placed_at, row.booking_id);
        let page = Page::new(rows, self.limit, key, |row| row.body(now));
        query.answer(snapshot, &page, Audience::Caller).await
    }

    fn select(&self, now: DateTime<Utc>) -> QueryBuilder<'static, Postgres> {
        let mut query = QueryBuilder::new(SELECT);
        let (account, event) = match self.scope {
            BookingScope::Of(account, event) => (Some(account), event),
            BookingScope::For(event) => (None, Some(event)),
        };
        if let Some(account) = account {
            query.push(" and b.account_id = ").push_bind(account.uuid());
        }
        if let Some(event) = event {
            query.push(" and b.event_id = ").push_bind(event.uuid());
        }
        match self.status {
            None => {}
            Some(BookingStatus::Held) => {
                query
                    .push(" and b.status = 'held' and least(b.expires_at, e.ends_at) > ")
                    .push_bind(now);
            }
            Some(BookingStatus::Expired) => {
                query.push(
                    " and (b.status = 'expired' or b.status = 'held' and least(b.expires_at, e.ends_at) <= ",
                );
                query.push_bind(now).push(")");
            }
            Some(status) => {
                query.push(" and b.status = ").push_bind(status.as_str());
            }
        }
        if let Some((placed_at, id)) = self.after {
            query
                .push(" and (b.placed_at, b.booking_id) < (")
                .push_bind(storable(placed_at));
            query.push(", ").push_bind(id).push(")");
        }
        query
            .push(" order by b.placed_at desc, b.booking_id desc limit ")
            .push_bind(self.limit.rows());
        query
    }
}
