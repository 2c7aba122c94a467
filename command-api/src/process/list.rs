//! How processes stand, for operators: `GET /api/v1/admin/processes`.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use edge::caller::Caller;
use edge::problem::{Problem, kinds};
use edge::token::Role;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::CommandApi;
use processes::status::{ProcessStatus, StuckSubject};

/// How processes stand.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProcessList {
    /// Each process.
    processes: Vec<ProcessBody>,
    /// What somebody should look at, the longest stuck first, 200 at most.
    stuck: Vec<StuckBody>,
}

/// How one process stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProcessBody {
    /// Its name.
    process: String,
    /// Up to where it has read the log.
    position: i64,
    /// Facts that it has not read.
    lag_facts: i64,
    /// Subjects that are under way.
    under_way: i64,
    /// Subjects whose deadline has passed.
    overdue: i64,
    /// Subjects that somebody should look at.
    stuck: i64,
}

/// A subject that somebody should look at.
#[derive(Debug, Serialize, ToSchema)]
pub struct StuckBody {
    /// Which process.
    process: String,
    /// What is stuck, such as a payment.
    subject: Uuid,
    /// The booking or event that it belongs to.
    stream: Uuid,
    /// Position of the fact that it follows from.
    cause: i64,
    /// How often it was tried in vain.
    attempts: i32,
    /// Why.
    reason: String,
    /// Since when.
    since: DateTime<Utc>,
}

/// Lists processes
///
/// How far each has read the log, what is under way, and what is stuck until somebody looks.
#[utoipa::path(
    get,
    path = "/api/v1/admin/processes",
    operation_id = "list_processes",
    tag = "operations",
    responses((status = 200, description = "How they stand", body = ProcessList)),
)]
pub async fn handle(api: web::Data<CommandApi>, caller: Caller) -> Result<HttpResponse, Problem> {
    caller.require(&[Role::Admin, Role::Auditor])?;
    let unavailable = |error: sqlx::Error| Problem::new(&kinds::UNAVAILABLE).cause(error).retry_after(1);
    let statuses = api
        .deadlines
        .statuses(api.clock.now())
        .await
        .map_err(unavailable)?;
    let stuck = api.deadlines.stuck().await.map_err(unavailable)?;
    Ok(HttpResponse::Ok().json(ProcessList {
        processes: statuses.into_iter().map(ProcessBody::from).collect(),
        stuck: stuck.into_iter().map(StuckBody::from).collect(),
    }))
}

impl From<ProcessStatus> for ProcessBody {
    fn from(status: ProcessStatus) -> Self {
        Self {
            process: status.process,
            position: status.position,
            lag_facts: status.lag_facts,
            under_way: status.under_way,
            overdue: status.overdue,
            stuck: status.stuck,
        }
    }
}

impl From<StuckSubject> for StuckBody {
    fn from(stuck: StuckSubject) -> Self {
        Self {
            process: stuck.process,
            subject: stuck.subject,
            stream: stuck.stream,
            cause: stuck.cause,
            attempts: stuck.attempts,
            reason: stuck.reason,
            since: stuck.since,
        }
    }
}
