//! Resuming what is stuck: `POST /api/v1/admin/processes/{process}/{subject}/resumption`.

use actix_web::{HttpResponse, web};
use domain::booking::{BookingCommand, RetryRefund};
use domain::ids::{BookingId, RefundId};
use domain::text::Name;
use edge::caller::Caller;
use edge::problem::{Problem, kinds};
use edge::token::Role;
use processes::REFUND;
use uuid::Uuid;

use crate::answer::unavailable;
use crate::verb::Verb;

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
pub async fn handle(verb: Verb<Caller>, path: web::Path<(String, String)>) -> Result<HttpResponse, Problem> {
    verb.actor.require(&[Role::Admin])?;
    let (process, subject) = path.into_inner();
    let absent = || Problem::new(&kinds::NOT_FOUND);
    let subject = Uuid::try_parse(&subject).map_err(|_| absent())?;
    Name::read(&process).map_err(|_| absent())?; // what is no name, PostgreSQL would not even compare
    let deadlines = &verb.api.deadlines;
    let stream = deadlines.stuck_stream(&process, subject).await;
    let stream = stream.map_err(unavailable)?.ok_or_else(absent)?;
    if process == REFUND {
        // Requested once more, in the administrator's name; a refund that is not refused stays as it is.
        let command = BookingCommand::RetryRefund(RetryRefund {
            booking: BookingId::new(stream),
            refund: RefundId::new(subject),
            at: verb.now(),
        });
        verb.booking(command).await?;
    }
    // Where the request of a refund was read already, it is due by itself.
    let resumed = deadlines.resume(&process, subject, verb.now()).await;
    resumed.map_err(unavailable)?;
    tracing::info!(process, %subject, account = %verb.actor.account, "process.resumed");
    Ok(HttpResponse::Accepted().finish())
}
