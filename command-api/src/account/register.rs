//! Registering: `POST /api/v1/auth/register`. The answer is the same whether the address was free or not.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use domain::account::facts::Role;
use edge::problem::Problem;
use edge::request::{Body, RequestContext};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;

use identity::applicant::Applicant;
use identity::opening::{Opening, open};
use identity::{AccountFailure, Accounts};

/// Answers leave at whole steps after the request came, so that the appending of a fact, which only a free address
/// needs, does not show in the time of the answer. Several times what hashing and appending take together.
const ANSWER_STEP: Duration = Duration::from_millis(250);

/// Who wants an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterRequest {
    /// Where to reach you; you log in with it.
    #[schema(example = "ann@example.org", max_length = 254, format = Email)]
    email: String,
    /// 15 to 128 characters of any kind; a short sentence does well. Not a common password, your name or your address.
    #[schema(example = "a canticle for the monk", min_length = 15, max_length = 128, format = Password)]
    password: String,
    /// What to call you.
    #[schema(example = "Ann Leibowitz", min_length = 1, max_length = 200)]
    name: String,
}

/// The answer to every registration.
#[derive(Serialize, ToSchema)]
pub struct RegisterAnswer {
    /// What holds now.
    #[schema(value_type = String)]
    message: &'static str,
    /// Where to log in.
    #[schema(value_type = String, example = "/api/v1/auth/login")]
    login: &'static str,
}

const ANSWER: RegisterAnswer = RegisterAnswer {
    message: "If this address had no account, it has one now, with this password: log in. If it had one, nothing was changed.",
    login: "/api/v1/auth/login",
};

/// Registers an account
///
/// The answer is the same whether the address was free or has an account already, so that it does not tell who is a
/// customer. An account that is new exists when the answer arrives: log in to use it. Its role is always `user`.
/// Sending the same again changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/auth/register",
    operation_id = "register",
    tag = "auth",
    security(()),
    request_body = RegisterRequest,
    responses(
        (status = 202, description = "There is an account with this address now", body = RegisterAnswer),
        (status = 422, description = "`weak-password`, `invalid-body`: `errors` tells what is wrong"),
        (status = 503, description = "`overloaded`, `unavailable`: repeat after Retry-After"),
    ),
)]
pub async fn register(
    accounts: web::Data<Accounts>,
    context: RequestContext,
    Body(request): Body<RegisterRequest>,
) -> Result<HttpResponse, Problem> {
    let came = Instant::now();
    let applicant = Applicant::parse(&request.email, &request.password, &request.name)?;
    accounts
        .delay
        .registration(accounts.clock.now(), context.client)
        .await;
    let outcome = open_to_the_end(accounts, applicant, context).await;
    tokio::time::sleep_until(next_step(came)).await;
    if let Opening::Taken(credential) = outcome? {
        tracing::info!(
            event = "user_create_refused",
            account.id = %credential.account,
            client = context.client.map(tracing::field::display),
            "a registration named an address that has an account"
        );
    }
    Ok(HttpResponse::Accepted().json(ANSWER))
}

/// Runs in a task of its own: a client that goes away does not leave an opening half done.
async fn open_to_the_end(
    accounts: web::Data<Accounts>,
    applicant: Applicant,
    context: RequestContext,
) -> Result<Opening, Problem> {
    let opening = tokio::spawn(async move {
        let cause = |owner| accounts.cause_of_owner(owner, &context);
        open(&accounts, &applicant, Role::User, cause).await
    });
    let outcome: Result<Opening, AccountFailure> = opening.await.map_err(Problem::internal)?;
    Ok(outcome?)
}

/// The next whole step after `came` that is still to come.
fn next_step(came: Instant) -> Instant {
    let steps = came.elapsed().as_nanos() / ANSWER_STEP.as_nanos() + 1;
    came + ANSWER_STEP.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX))
}
