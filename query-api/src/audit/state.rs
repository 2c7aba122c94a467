//! `GET /audit/{aggregate}/{id}`: the state of something as of any moment, folded from the log.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use domain::instant::Instant;
use edge::caller::Caller;
use edge::problem::Problem;
use edge::request::Params;
use edge::token::Role;
use event_store::{Position, RecordedFact, Sequence, StreamId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::timeout;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::QueryApi;
use crate::answer::Audience;
use crate::audit::fold::Fold;
use crate::audit::stream::{self, page};
use crate::failure;
use crate::query::Query;

/// How long a request waits for a permit to fold.
const PERMIT_WITHIN: Duration = Duration::from_secs(2);
/// Facts read at once, at first: the first ones may be a large plan.
const READ_AT_ONCE_MIN: usize = 32;
/// Facts read at once, at most.
const READ_AT_ONCE_MAX: usize = 4_096;
/// Pages with more bytes than this do not grow.
const PAGE_BYTES: usize = 1_024 * 1_024;

/// Which moment.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StateParams {
    /// As of this time: with what had been recorded by the end of this millisecond. Now, if neither is given.
    #[param(value_type = Option<DateTime<Utc>>)]
    as_of: Option<Instant>,
    /// As of this position of the log.
    #[param(minimum = 1)]
    at_position: Option<i64>,
}

/// The state of an aggregate as of a moment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AggregateState {
    /// `event`, `booking` or `account`.
    aggregate: &'static str,
    /// Which one.
    id: Uuid,
    /// The moment.
    as_of: DateTime<Utc>,
    /// Sequence of the last fact that is in the state.
    sequence: i64,
    /// Position of that fact.
    position: i64,
    /// When that fact was recorded.
    recorded_at: DateTime<Utc>,
    /// The state.
    #[schema(value_type = Object)]
    state: Value,
}

/// A moment of the log.
#[derive(Clone, Copy, Debug)]
enum Moment {
    Now(DateTime<Utc>),
    Time(DateTime<Utc>),
    Position(Position),
}

impl Moment {
    fn includes(self, fact: &RecordedFact) -> bool {
        match self {
            Self::Now(_) => true, // whatever the clocks of the two machines say
            Self::Time(at) => fact.recorded_at.timestamp_millis() <= at.timestamp_millis(),
            Self::Position(at) => fact.position <= at,
        }
    }
}

/// The last fact that is in a state.
#[derive(Clone, Copy, Debug)]
struct Last {
    sequence: Sequence,
    position: Position,
    recorded_at: DateTime<Utc>,
}

/// The state of one aggregate as of a time or a position. What is sealed stays sealed.
#[utoipa::path(get, path = "/api/v1/audit/{aggregate}/{id}", tag = "audit",
    params(("aggregate" = String, Path, description = "`event`, `booking` or `account`"), StateParams),
    responses((status = 200, description = "The state", body = AggregateState)))]
pub(crate) async fn get_state(
    query: Query,
    caller: Caller,
    path: web::Path<(String, String)>,
    params: Params<StateParams>,
) -> Result<HttpResponse, Problem> {
    caller.require(&[Role::Auditor, Role::Admin])?;
    let (kind, stream) = stream::parse(&path.0, &path.1)?;
    let (api, now) = (&query.api, query.now());
    let moment = moment(&params.0, now)?;
    let needed = match moment {
        Moment::Position(at) => at.max(query.min),
        Moment::Now(_) | Moment::Time(_) => query.min,
    };
    let head = api.log_position(needed).await?;
    let permit = timeout(PERMIT_WITHIN, api.folds.acquire())
        .await
        .map_err(|_| failure::overloaded())?;
    let _permit = permit.map_err(Problem::internal)?;
    let (fold, last) = fold(api, &stream, Fold::new(kind), moment, head).await?;
    let as_of = match moment {
        Moment::Now(at) | Moment::Time(at) => at,
        Moment::Position(_) => last.recorded_at,
    };
    let view = AggregateState {
        aggregate: kind.name(),
        id: stream.aggregate_id,
        as_of,
        sequence: last.sequence.get(),
        position: last.position.get(),
        recorded_at: last.recorded_at,
        state: aside(move || fold.view(as_of))
            .await?
            .map_err(Problem::internal)?,
    };
    query.answer_at(head, &view, Audience::Caller).await
}

fn moment(params: &StateParams, now: DateTime<Utc>) -> Result<Moment, Problem> {
    match (params.as_of, params.at_position) {
        (Some(_), Some(_)) => Err(failure::invalid("at_position", "excludes as_of")),
        (None, Some(position)) if position < 1 => Err(failure::invalid("at_position", "is at least 1")),
        (None, Some(position)) => Ok(Moment::Position(Position::new(position))),
        (Some(at), None) => Ok(Moment::Time(at.utc().min(now))), // nothing is known of the future
        (None, None) => Ok(Moment::Now(now)),
    }
}

/// Folds the facts of `stream` up to `moment` and up to `head`, page by page. Snapshots are left aside: an auditor asks for the log.
async fn fold(
    api: &QueryApi,
    stream: &StreamId,
    mut fold: Fold,
    moment: Moment,
    head: Position,
) -> Result<(Fold, Last), Problem> {
    let mut last: Option<Last> = None;
    let mut at_once = READ_AT_ONCE_MIN;
    loop {
        let after = last.map_or(Sequence::START, |last| last.sequence);
        let mut facts = page(api, stream, after, at_once).await?;
        let whole = facts.len() == at_once;
        let beyond = |fact: &RecordedFact| fact.position > head || !moment.includes(fact);
        let included = facts.iter().position(beyond).unwrap_or(facts.len());
        let more = whole && included == facts.len();
        facts.truncate(included);
        if let Some(fact) = facts.last() {
            let (sequence, position) = (fact.sequence, fact.position);
            last = Some(Last {
                sequence,
                position,
                recorded_at: fact.recorded_at,
            });
        }
        let bytes: usize = facts.iter().map(|fact| fact.payload.get().len()).sum();
        at_once = if bytes < PAGE_BYTES {
            READ_AT_ONCE_MAX.min(at_once * 2)
        } else {
            READ_AT_ONCE_MIN
        };
        fold = aside(move || fold.with(&facts))
            .await?
            .map_err(Problem::internal)?;
        if !more {
            let last = last.ok_or_else(failure::not_found)?;
            return Ok((fold, last));
        }
    }
}

/// Runs `work` where it does not hold up other requests.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(Problem::internal)
}
