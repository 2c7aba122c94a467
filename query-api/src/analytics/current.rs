//! How events and their places stand now.

use chrono::{DateTime, Utc};
use contract::EventStatus;
use serde::Serialize;
use sqlx::QueryBuilder;
use utoipa::ToSchema;

use crate::analytics::figures::basis_points;
use crate::analytics::scope::Scope;
use crate::events::row::push_status;
use crate::snapshot::Snapshot;

/// How many events stand how, now. Each counts in the word of its status.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct EventCounts {
    draft: i64,
    /// Sales have not begun.
    published: i64,
    on_sale: i64,
    /// Sales are closed, or it is over.
    closed: i64,
    cancelled: i64,
    /// Of those that are published, on sale or closed: those that have not ended.
    upcoming: i64,
    /// Of the same: those that have ended.
    past: i64,
}

/// Places as they stand now.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub(crate) struct PlacesNow {
    /// Places in all.
    pub(super) capacity: i64,
    /// Reserved for a while.
    pub(super) held: i64,
    /// Sold, without those that were returned.
    pub(super) sold: i64,
}

#[derive(sqlx::FromRow)]
struct CurrentRow {
    #[sqlx(try_from = "String")]
    status: EventStatus,
    is_over: bool,
    events: i64,
    capacity: i64,
    held: i64,
    sold: i64,
}

/// How events and their places stand, by their status and by whether they are over.
const PLACES: &str = "count(*) as events, coalesce(sum(s.capacity), 0)::bigint as capacity, \
           coalesce(sum(s.held), 0)::bigint as held, coalesce(sum(s.sold), 0)::bigint as sold \
      from events e cross join lateral ( \
             select sum(capacity) as capacity, sum(held) as held, sum(sold) as sold \
               from sections where sections.event_id = e.event_id) s \
     where true";

/// The events of `scope` at `now`, and the places of those of them that are published and not cancelled.
pub(super) async fn read(
    snapshot: &mut Snapshot,
    scope: Scope,
    now: DateTime<Utc>,
) -> Result<(EventCounts, PlacesNow), sqlx::Error> {
    let mut query = QueryBuilder::new("select ");
    push_status(&mut query, now);
    query.push(" as status, e.ends_at <= ").push_bind(now);
    query.push(" as is_over, ").push(PLACES);
    scope.push(&mut query);
    query.push(" group by 1, 2");
    let rows: Vec<CurrentRow> = query.build_query_as().fetch_all(snapshot.connection()).await?;
    let (mut events, mut places) = (EventCounts::default(), PlacesNow::default());
    for row in rows {
        let (count, takes_place) = match row.status {
            EventStatus::Draft => (&mut events.draft, false),
            EventStatus::Cancelled => (&mut events.cancelled, false),
            EventStatus::Published => (&mut events.published, true),
            EventStatus::OnSale => (&mut events.on_sale, true),
            EventStatus::Closed => (&mut events.closed, true),
        };
        *count += row.events;
        if takes_place {
            let when = if row.is_over {
                &mut events.past
            } else {
                &mut events.upcoming
            };
            *when += row.events;
            places.capacity += row.capacity;
            places.held += row.held;
            places.sold += row.sold;
        }
    }
    Ok((events, places))
}

impl PlacesNow {
    /// Sold places of all, in basis points.
    pub(super) fn utilisation_bp(&self) -> Option<i64> {
        basis_points(self.sold, self.capacity)
    }
}
