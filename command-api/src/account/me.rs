//! Who one is: `GET /api/v1/auth/me`.

use actix_web::{HttpResponse, web};
use domain::ids::AccountId;
use edge::caller::Caller;
use edge::problem::{Problem, kinds};

use identity::{AccountBody, Accounts};

/// Tells who you are
///
/// As it is now: the role may have changed since the token was issued.
#[utoipa::path(
    get,
    path = "/api/v1/auth/me",
    operation_id = "me",
    tag = "auth",
    responses(
        (status = 200, description = "Your account", body = AccountBody),
        (status = 401, description = "`unauthenticated`"),
        (status = 404, description = "`not-found`: the account was erased"),
    ),
)]
pub async fn me(accounts: web::Data<Accounts>, caller: Caller) -> Result<HttpResponse, Problem> {
    let account = accounts.read(AccountId::new(caller.account)).await?;
    let account = account.ok_or_else(|| Problem::new(&kinds::NOT_FOUND))?;
    Ok(HttpResponse::Ok().json(account))
}
