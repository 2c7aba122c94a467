//! Giving up on a database that does not answer: its machine may be gone without a word, and TCP waits for many minutes.

use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web;
use tokio::time::timeout;

use crate::QueryApi;
use crate::failure;

/// Lets `next` answer within the time that the read side gives it, or answers for it that the database is unavailable.
pub(crate) async fn limited(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let within = request
        .app_data::<web::Data<QueryApi>>()
        .map_or(Duration::MAX, |api| api.answer_within);
    let asked = request.request().clone();
    match timeout(within, next.call(request)).await {
        Ok(answered) => Ok(answered?.map_into_boxed_body()),
        Err(elapsed) => Ok(ServiceResponse::from_err(
            failure::unavailable().cause(elapsed),
            asked,
        )),
    }
}
