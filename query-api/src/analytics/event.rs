//! `GET /admin/analytics/events/{id}`: how one event sells, from the first hold on.

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use contract::Money;
use contract::figures::{Counts, MoneyFigures};
use domain::ids::EventId;
use edge::caller::Caller;
use edge::problem::Problem;
use edge::request::{Params, PathId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::analytics::current::PlacesNow;
use crate::analytics::figures::{self, basis_points};
use crate::analytics::period::{Granularity, Period};
use crate::analytics::scope::{PROJECTIONS, Scope};
use crate::analytics::series::{self, Point};
use crate::answer::Audience;
use crate::failure;
use crate::query::Query;
use crate::snapshot::Snapshot;

/// Hours of the pace that are shown one by one: yesterday beside today.
const PACE_HOURS: i64 = 48;

/// It takes no parameters: whatever is given is refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoParams {}

/// How one event sells.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventAnalytics {
    /// The event.
    event_id: Uuid,
    /// Who runs it.
    organizer_id: Uuid,
    /// Its title.
    title: String,
    /// When it starts.
    starts_at: DateTime<Utc>,
    /// From holds to sales and back: all that ever happened.
    funnel: Counts,
    /// All money that ever moved.
    money: MoneyFigures,
    /// Its places now.
    places: PlacesNow,
    /// Of these, those that are sold, in basis points; null without places.
    utilisation_bp: Option<i64>,
    /// Cancelled bookings for each confirmed one, in basis points; null where none was confirmed.
    cancellation_rate_bp: Option<i64>,
    /// Its sections, as the organizer ordered them.
    sections: Vec<SectionFigures>,
    /// How fast it sells.
    pace: Pace,
}

/// How one section sells.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SectionFigures {
    /// Its id within the event.
    id: String,
    /// What buyers call it.
    name: String,
    /// What a place costs who books now; who booked before may have paid another price.
    price: Money,
    #[serde(flatten)]
    places: PlacesNow,
    /// How many places ever were returned after they were sold.
    returned: i64,
    /// Sold places of all, in basis points; null without places.
    utilisation_bp: Option<i64>,
}

/// How fast an event sells.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Pace {
    /// The days of UTC from the first on which anything happened to the last; the last 1000 at most.
    days: Vec<Point>,
    /// The last 48 hours, the running one included.
    hours: Vec<Point>,
}

struct EventRow {
    organizer_id: Uuid,
    title: String,
    currency: String,
    starts_at: DateTime<Utc>,
}

struct SectionRow {
    section_id: String,
    name: String,
    price_amount: i64,
    capacity: i32,
    held: i32,
    sold: i32,
    returned: i32,
}

/// One event: funnel, pace, sections, money, utilisation and cancellations.
#[utoipa::path(get, path = "/api/v1/admin/analytics/events/{id}", tag = "analytics",
    responses((status = 200, description = "The figures", body = EventAnalytics)))]
pub(crate) async fn get_event_analytics(
    query: Query,
    caller: Caller,
    id: PathId<EventId>,
    _none: Params<NoParams>,
) -> Result<HttpResponse, Problem> {
    let may_see = Scope::new(&caller, None, None)?;
    let event = id.0.uuid();
    let scope = may_see.of(event);
    let mut snapshot = query.snapshot(PROJECTIONS).await?;
    scope.check(&mut snapshot).await?;
    let figures = read(&mut snapshot, scope, event, query.now())
        .await
        .map_err(failure::database)?;
    query.answer(snapshot, &figures, Audience::Caller).await
}

async fn read(
    snapshot: &mut Snapshot,
    scope: Scope,
    event_id: Uuid,
    now: DateTime<Utc>,
) -> Result<EventAnalytics, sqlx::Error> {
    let event = sqlx::query_as!(
        EventRow,
        "select organizer_id, title, currency, starts_at from events where event_id = $1",
        event_id
    )
    .fetch_one(snapshot.connection())
    .await?;
    let sections = sections(snapshot, event_id, &event.currency).await?;
    let last_hours = Period::last_hours(PACE_HOURS, now);
    let days = figures::read(snapshot, scope, Granularity::Day, None).await?;
    let hours = figures::read(snapshot, scope, Granularity::Hour, Some(&last_hours)).await?;
    let (funnel, places) = (figures::counts(&days), sum(&sections));
    Ok(EventAnalytics {
        event_id,
        organizer_id: event.organizer_id,
        title: event.title,
        starts_at: event.starts_at,
        money: figures::money_in(&event.currency, &days),
        utilisation_bp: places.utilisation_bp(),
        cancellation_rate_bp: figures::cancellation_rate_bp(&funnel),
        funnel,
        places,
        sections,
        pace: Pace {
            days: series::days_of(&days),
            hours: series::over(&last_hours, &hours),
        },
    })
}

async fn sections(
    snapshot: &mut Snapshot,
    event: Uuid,
    currency: &str,
) -> Result<Vec<SectionFigures>, sqlx::Error> {
    let rows = sqlx::query_as!(
        SectionRow,
        "select section_id, name, price_amount, capacity, held, sold, returned
           from sections where event_id = $1 order by ordinal",
        event
    )
    .fetch_all(snapshot.connection())
    .await?;
    let view = |row: SectionRow| SectionFigures {
        id: row.section_id,
        name: row.name,
        price: Money::new(row.price_amount, currency),
        places: PlacesNow {
            capacity: row.capacity.into(),
            held: row.held.into(),
            sold: row.sold.into(),
        },
        returned: row.returned.into(),
        utilisation_bp: basis_points(row.sold.into(), row.capacity.into()),
    };
    Ok(rows.into_iter().map(view).collect())
}

fn sum(sections: &[SectionFigures]) -> PlacesNow {
    let mut sum = PlacesNow::default();
    for section in sections {
        sum.capacity += section.places.capacity;
        sum.held += section.places.held;
        sum.sold += section.places.sold;
    }
    sum
}
