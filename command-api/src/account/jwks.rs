//! The public keys of access tokens: `GET /.well-known/jwks.json`, so that others can verify them.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use edge::token::Verifier;

/// Shorter than the overlap of two keys when they are rotated.
const CACHED: &str = "public, max-age=300";

/// Lists the public keys of access tokens
///
/// A JSON Web Key set (RFC 7517) of Ed25519 keys (RFC 8037), every one that verifies tokens now.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    operation_id = "jwks",
    tag = "auth",
    security(()),
    responses((status = 200, description = "The keys", body = Object, content_type = "application/jwk-set+json")),
)]
pub async fn jwks(verifier: web::Data<Verifier>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/jwk-set+json"))
        .insert_header((CACHE_CONTROL, CACHED))
        .body(verifier.jwks().to_string())
}
