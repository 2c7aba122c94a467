//! The events that sold most places in a period.

use contract::Money;
use serde::Serialize;
use sqlx::QueryBuilder;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::analytics::figures::basis_points;
use crate::analytics::period::Period;
use crate::analytics::scope::Scope;
use crate::snapshot::Snapshot;

/// Events on the list at most: what people take in at a glance.
const EVENTS_MAX: i64 = 10;

/// One of the events that sold most places in the period.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PopularEvent {
    /// The event.
    event_id: Uuid,
    /// Its title now.
    title: String,
    /// Places sold in the period, those that were returned since included.
    sold: i64,
    /// Its places in all, now.
    capacity: i64,
    /// Places that are sold now of all its places, in basis points; null without places.
    utilisation_bp: Option<i64>,
    /// Captured in the period by payments that bought places.
    gross: Money,
}

#[derive(sqlx::FromRow)]
struct PopularRow {
    event_id: Uuid,
    title: String,
    currency: String,
    sold: i64,
    gross: i64,
    capacity: i64,
    sold_now: i64,
}

/// The most popular events of `scope` in `period`, the most popular first; the id decides between equals.
pub(super) async fn read(
    snapshot: &mut Snapshot,
    scope: Scope,
    period: &Period,
) -> Result<Vec<PopularEvent>, sqlx::Error> {
    let mut query = QueryBuilder::new(
        "select e.event_id, e.title, e.currency, t.sold, t.gross, s.capacity, s.sold_now from ( \
           select h.event_id, sum(h.places_sold)::bigint as sold, sum(h.gross)::bigint as gross \
             from analytics_hours h join events e on e.event_id = h.event_id \
            where h.hour >= ",
    );
    query.push_bind(period.from);
    query.push(" and h.hour < ").push_bind(period.to);
    scope.push(&mut query);
    query.push(
        " group by h.event_id having sum(h.places_sold) > 0 \
          order by sum(h.places_sold) desc, h.event_id limit ",
    );
    query.push_bind(EVENTS_MAX);
    query.push(
        ") t join events e on e.event_id = t.event_id cross join lateral ( \
             select coalesce(sum(capacity), 0)::bigint as capacity, coalesce(sum(sold), 0)::bigint as sold_now \
               from sections where sections.event_id = e.event_id) s \
          order by t.sold desc, e.event_id",
    );
    let rows: Vec<PopularRow> = query.build_query_as().fetch_all(snapshot.connection()).await?;
    Ok(rows.into_iter().map(PopularEvent::from).collect())
}

impl From<PopularRow> for PopularEvent {
    fn from(row: PopularRow) -> Self {
        Self {
            event_id: row.event_id,
            title: row.title,
            sold: row.sold,
            capacity: row.capacity,
            utilisation_bp: basis_points(row.sold_now, row.capacity),
            gross: Money::new(row.gross, &row.currency),
        }
    }
}
