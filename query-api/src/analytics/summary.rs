//! `GET /admin/analytics`: figures of a period, over all events or some.

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use contract::figures::{Counts, MoneyFigures};
use domain::instant::Instant;
use edge::caller::Caller;
use edge::problem::Problem;
use edge::request::Params;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::analytics::current::{self, EventCounts, PlacesNow};
use crate::analytics::figures;
use crate::analytics::period::{Granularity, Period};
use crate::analytics::popular::{self, PopularEvent};
use crate::analytics::scope::{PROJECTIONS, Scope};
use crate::analytics::series::{self, Point};
use crate::answer::Audience;
use crate::failure;
use crate::query::Query;
use crate::snapshot::Snapshot;

/// What is reported on.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AnalyticsParams {
    /// First moment of the period: a full hour, or with days the beginning of a day in UTC. Thirty days before its end,
    /// if not given.
    #[param(value_type = Option<DateTime<Utc>>)]
    from: Option<Instant>,
    /// First moment after the period. The end of this hour or day, if not given.
    #[param(value_type = Option<DateTime<Utc>>)]
    to: Option<Instant>,
    /// Only this event.
    event_id: Option<Uuid>,
    /// Only what this account organizes; organizers see their own alone.
    organizer_id: Option<Uuid>,
    /// How long a point of the series is: a day of UTC, if not given. A series has 1000 points at most.
    #[param(inline)]
    granularity: Option<Granularity>,
}

/// Figures of a period.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Analytics {
    /// What is reported on.
    period: Period,
    /// What happened in the period.
    totals: Counts,
    /// Money of the period, by currency; one that did not move is left out.
    money: Vec<MoneyFigures>,
    /// How events stand now.
    events: EventCounts,
    /// How the places of published events that were not cancelled stand now.
    places: PlacesNow,
    /// Of these places, those that are sold, in basis points; null without places.
    utilisation_bp: Option<i64>,
    /// Bookings cancelled in the period for each that was confirmed in it, in basis points: above 10000 where more were
    /// cancelled than confirmed. Null where none was confirmed.
    cancellation_rate_bp: Option<i64>,
    /// The ten events that sold most places in the period.
    popular: Vec<PopularEvent>,
    /// The period hour by hour or day by day, those without anything included. Days are those of UTC.
    series: Vec<Point>,
}

/// Totals, money, events, popularity, utilisation, cancellations and a series, over a period.
#[utoipa::path(get, path = "/api/v1/admin/analytics", tag = "analytics", params(AnalyticsParams),
    responses((status = 200, description = "The figures", body = Analytics)))]
pub(crate) async fn get_analytics(
    query: Query,
    caller: Caller,
    params: Params<AnalyticsParams>,
) -> Result<HttpResponse, Problem> {
    let (params, now) = (params.0, query.now());
    let scope = Scope::new(&caller, params.organizer_id, params.event_id)?;
    let period = Period::parse(
        params.from.map(Instant::utc),
        params.to.map(Instant::utc),
        params.granularity.unwrap_or_default(),
        now,
    )?;
    let mut snapshot = query.snapshot(PROJECTIONS).await?;
    scope.check(&mut snapshot).await?;
    let figures = read(&mut snapshot, scope, period, now)
        .await
        .map_err(failure::database)?;
    query.answer(snapshot, &figures, Audience::Caller).await
}

async fn read(
    snapshot: &mut Snapshot,
    scope: Scope,
    period: Period,
    now: DateTime<Utc>,
) -> Result<Analytics, sqlx::Error> {
    let rows = figures::read(snapshot, scope, period.granularity, Some(&period)).await?;
    let (events, places) = current::read(snapshot, scope, now).await?;
    let popular = popular::read(snapshot, scope, &period).await?;
    let totals = figures::counts(&rows);
    Ok(Analytics {
        series: series::over(&period, &rows),
        money: figures::money(&rows),
        utilisation_bp: places.utilisation_bp(),
        cancellation_rate_bp: figures::cancellation_rate_bp(&totals),
        period,
        totals,
        events,
        places,
        popular,
    })
}
