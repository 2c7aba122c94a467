//! What an event verb answers with: a summary of the Event after it, its `ETag`, and the log's position.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, LOCATION};
use chrono::{DateTime, Utc};
use domain::ids::EventId;
use edge::conditional::etag;
use edge::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::{at, json, locate};
use lanes::Done;
use lanes::EventSummary;

/// An Event after a verb. The read side has all of it at the same id.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventAfterCommand)]
pub struct EventBody<'a> {
    /// The Event's id.
    #[schema(value_type = uuid::Uuid)]
    pub id: EventId,
    /// Where it is in its life, such as `draft` or `published`.
    pub status: &'a str,
    /// Its title.
    pub title: &'a str,
    /// When it starts.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// First moment of sale, where sales were opened.
    pub sales_from: Option<DateTime<Utc>>,
    /// First moment without sale, where sales were closed.
    pub sales_until: Option<DateTime<Utc>>,
    /// Seats that one buyer may hold and own at once.
    pub buyer_seats_max: u32,
}

/// 201 with the Event that came to be.
pub(super) fn created(done: &Done<EventSummary>) -> Result<HttpResponse, Problem> {
    answer(StatusCode::CREATED, done)
}

/// 200 with the Event as it is now.
pub(super) fn ok(done: &Done<EventSummary>) -> Result<HttpResponse, Problem> {
    answer(StatusCode::OK, done)
}

/// `status` with the Event as it is now, and where to see how far what follows has come.
pub(super) fn going_on(
    status: StatusCode,
    done: &Done<EventSummary>,
    what: &str,
) -> Result<HttpResponse, Problem> {
    let mut answered = answer(status, done)?;
    let path = format!("/api/v1/admin/events/{}/{what}", done.state.id);
    if let Ok(path) = HeaderValue::try_from(path) {
        answered.headers_mut().insert(LOCATION, path);
    }
    Ok(answered)
}

fn answer(status: StatusCode, done: &Done<EventSummary>) -> Result<HttpResponse, Problem> {
    let summary = &done.state;
    let mut answer = at(status, done.position);
    answer.insert_header(etag(done.sequence.get()));
    if status == StatusCode::CREATED {
        locate(&mut answer, format!("/api/v1/admin/events/{}", summary.id));
    }
    let body = EventBody {
        id: summary.id,
        status: summary.status,
        title: summary.title.as_str(),
        starts_at: summary.starts_at,
        ends_at: summary.ends_at,
        sales_from: summary.sales_from,
        sales_until: summary.sales_until,
        buyer_seats_max: summary.buyer_seats_max,
    };
    json(answer, &body)
}
