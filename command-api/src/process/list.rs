//! How processes stand, for operators: `GET /api/v1/admin/processes`.

use actix_web::{HttpResponse, web};
use contract::process::{ProcessStatus, StuckSubject};
use edge::caller::Caller;
use edge::problem::Problem;
use edge::token::Role;
use serde::Serialize;
use utoipa::ToSchema;

use crate::CommandApi;
use crate::answer::unavailable;

/// How processes stand.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProcessList {
    /// Each process.
    processes: Vec<ProcessStatus>,
    /// What an administrator should look at, the longest stuck first, 200 at most.
    stuck: Vec<StuckSubject>,
}

/// Lists processes
///
/// How far each has read the log, what is under way, and what is stuck until an administrator resumes it.
#[utoipa::path(
    get,
    path = "/api/v1/admin/processes",
    operation_id = "list_processes",
    tag = "operations",
    responses((status = 200, description = "How they stand", body = ProcessList)),
)]
pub async fn handle(api: web::Data<CommandApi>, caller: Caller) -> Result<HttpResponse, Problem> {
    caller.require(&[Role::Admin, Role::Auditor])?;
    let processes = api.deadlines.statuses(api.clock.now()).await;
    Ok(HttpResponse::Ok().json(ProcessList {
        processes: processes.map_err(unavailable)?,
        stuck: api.deadlines.stuck().await.map_err(unavailable)?,
    }))
}
