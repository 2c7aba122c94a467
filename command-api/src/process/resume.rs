//! Resuming what is stuck: `POST /api/v1/admin/processes/{process}/{subject}/resumption`.

use actix_web::{HttpResponse, web};
use edge::caller::Caller;
use edge::problem::{Problem, kinds};
use edge::token::Role;
use uuid::Uuid;

use crate::CommandApi;

/// Resumes a stuck subject
///
/// Whatever it waits for is tried again at once; a refund that the gateway refused is asked for once more.
#[utoipa::path(
    post,
    path = "/api/v1/admin/processes/{process}/{subject}/resumption",
    operation_id = "resume_process",
    tag = "operations",
    params(
        ("process" = String, Path, description = "Its name, such as `refund`"),
        ("subject" = Uuid, Path, description = "What is stuck, such as a refund"),
    ),
    responses(
        (status = 202, description = "It is tried again"),
        (status = 404, description = "`not-found`: nothing of that process with that id is stuck"),
    ),
)]
pub async fn handle(
    api: web::Data<CommandApi>,
    caller: Caller,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    caller.require(&[Role::Admin])?;
    let (process, subject) = path.into_inner();
    let subject = Uuid::try_parse(&subject).map_err(|_| Problem::new(&kinds::NOT_FOUND))?;
    let resumed = api.deadlines.resume(&process, subject, api.clock.now()).await;
    if resumed.map_err(|error| Problem::new(&kinds::UNAVAILABLE).cause(error).retry_after(1))? {
        tracing::info!(process, %subject, account = %caller.account, "process.resumed");
        Ok(HttpResponse::Accepted().finish())
    } else {
        Err(Problem::new(&kinds::NOT_FOUND))
    }
}
