//! Resuming what is stuck: `POST /api/v1/admin/processes/{process}/{subject}/resumption`.

use actix_web::{HttpResponse, web};
use domain::booking::{BookingCommand, RetryRefund};
use domain::ids::{BookingId, RefundId};
use edge::caller::Caller;
use edge::problem::{Problem, kinds};
use edge::request::RequestContext;
use edge::token::Role;
use uuid::Uuid;

use crate::CommandApi;
use crate::answer::{cause, failed, problem};
use lanes::Cause;
use processes::REFUND;

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
    context: RequestContext,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    caller.require(&[Role::Admin])?;
    let (process, subject) = path.into_inner();
    let subject = Uuid::try_parse(&subject).map_err(|_| Problem::new(&kinds::NOT_FOUND))?;
    let unavailable = |error: sqlx::Error| Problem::new(&kinds::UNAVAILABLE).cause(error).retry_after(1);
    let stream = api
        .deadlines
        .stuck_stream(&process, subject)
        .await
        .map_err(unavailable)?;
    let stream = stream.ok_or_else(|| Problem::new(&kinds::NOT_FOUND))?;
    if process == REFUND {
        let cause = cause(&api, &caller, &context);
        request_again(&api, BookingId::new(stream), RefundId::new(subject), cause).await?;
    }
    // Where the request of a refund was read already, it is due by itself.
    api.deadlines
        .resume(&process, subject, api.clock.now())
        .await
        .map_err(unavailable)?;
    tracing::info!(process, %subject, account = %caller.account, "process.resumed");
    Ok(HttpResponse::Accepted().finish())
}

/// Requests a refused refund once more, in the administrator's name. One that is not refused stays as it is.
async fn request_again(
    api: &CommandApi,
    booking: BookingId,
    refund: RefundId,
    cause: Cause,
) -> Result<(), Problem> {
    let event = api.events.event_of(booking).await.map_err(failed)?;
    let event = event.ok_or_else(|| Problem::new(&kinds::NOT_FOUND))?;
    let command = BookingCommand::RetryRefund(RetryRefund {
        booking,
        refund,
        at: api.clock.now(),
    });
    let done = api.events.booking(event, command, cause).await;
    done.map(drop).map_err(|error| problem(error, Problem::internal))
}
