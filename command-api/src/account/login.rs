//! Logging in: `POST /api/v1/auth/login`. Wrong is wrong: neither the answer nor its time tells which part was.

use actix_web::http::header::{HeaderValue, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, web};
use edge::problem::{Problem, kinds};
use edge::request::{Body, RequestContext};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use identity::credentials::Credential;
use identity::email::Email;
use identity::login_delay::TooManyAttempts;
use identity::password::Password;
use identity::password::hashing::{HashedPassword, Verdict};
use identity::{AccountBody, Accounts};

use crate::answer::invalid;

/// Who wants to log in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    /// The address of the account.
    #[schema(example = "ann@example.org", format = Email)]
    email: String,
    /// Its password.
    #[schema(example = "a canticle for the monk", format = Password)]
    password: String,
}

/// An access token, in the words of OAuth 2.0 (RFC 6749, 5.1), and whose it is.
#[derive(Serialize, ToSchema)]
pub struct LoginAnswer {
    /// Send it as `Authorization: Bearer …`.
    access_token: String,
    /// Always `Bearer`.
    #[schema(value_type = String, example = "Bearer")]
    token_type: &'static str,
    /// In how many seconds it expires.
    expires_in: u32,
    /// The account.
    account: AccountBody,
}

/// Logs in
///
/// Failed attempts are answered later and later: by client and address, by client, and a little by address.
#[utoipa::path(
    post,
    path = "/api/v1/auth/login",
    operation_id = "login",
    tag = "auth",
    security(()),
    request_body = LoginRequest,
    responses(
        (status = 200, description = "The password is right", body = LoginAnswer),
        (status = 401, description = "`invalid-credentials`: no such account, or another password"),
        (status = 422, description = "`invalid-body`: the address is none"),
        (status = 429, description = "`too-many-logins`: too many of your attempts wait"),
        (status = 503, description = "`overloaded`, `unavailable`: repeat after Retry-After"),
    ),
)]
pub async fn login(
    accounts: web::Data<Accounts>,
    context: RequestContext,
    Body(request): Body<LoginRequest>,
) -> Result<HttpResponse, Problem> {
    let email = Email::read(&request.email).map_err(|refusal| invalid("#/email", refusal))?;
    let address = accounts.digests.of(&email);
    let attempt = accounts
        .delay
        .login(accounts.clock.now(), address, context.client)
        .await
        .map_err(too_many)?;
    match check(&accounts, address, Password::typed(&request.password)).await {
        Ok(Some(account)) => {
            attempt.succeeded();
            answer(&accounts, account)
        }
        Ok(None) => {
            drop(attempt); // it counts as failed
            let client = context.client.map(tracing::field::display);
            tracing::warn!(event = "authn_login_fail", client, "a login failed");
            Err(invalid_credentials())
        }
        Err(broken) => {
            attempt.forgive();
            Err(broken)
        }
    }
}

/// The account behind the address if the password is its own. An account without its fact, or whose personal data were
/// erased, is none.
async fn check(
    accounts: &Accounts,
    address: identity::email::EmailDigest,
    password: Password,
) -> Result<Option<AccountBody>, Problem> {
    let credential = accounts.credentials.find(address).await?;
    let stored = credential.as_ref().map(|credential| credential.password.clone());
    let verdict = accounts.hashing.verify(password, stored).await?;
    let (Some(credential), Verdict::Right { stronger }) = (credential, verdict) else {
        return Ok(None);
    };
    let account = accounts.read(credential.account).await?;
    if account.is_some()
        && let Some(stronger) = stronger
    {
        strengthen(accounts, &credential, &stronger).await;
    }
    Ok(account)
}

/// Stores the password's hash at today's costs. If that fails, the next login does it.
async fn strengthen(accounts: &Accounts, credential: &Credential, stronger: &HashedPassword) {
    if let Err(failure) = accounts.credentials.replace(credential, stronger).await {
        tracing::warn!(account.id = %credential.account, %failure, "a stronger hash could not be stored");
    }
}

fn answer(accounts: &Accounts, account: AccountBody) -> Result<HttpResponse, Problem> {
    let issued = accounts
        .issuer
        .issue(account.id, account.role, accounts.clock.now());
    let (access_token, expires_in) = issued.map_err(Problem::internal)?;
    tracing::info!(event = "authn_login_success", account.id = %account.id, "a login succeeded");
    let answer = LoginAnswer {
        access_token,
        token_type: "Bearer",
        expires_in,
        account,
    };
    Ok(HttpResponse::Ok().json(answer))
}

/// RFC 9110, 11.6.1, wants a challenge with every 401, though no header but this body carries the password.
fn invalid_credentials() -> Problem {
    let challenge = HeaderValue::from_static("Bearer realm=\"evently\"");
    Problem::new(&kinds::INVALID_CREDENTIALS).header(WWW_AUTHENTICATE, challenge)
}

fn too_many(refusal: TooManyAttempts) -> Problem {
    Problem::new(&kinds::TOO_MANY_LOGINS).retry_after(refusal.retry_after_seconds)
}
