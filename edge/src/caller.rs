//! Who calls: the bearer of an access token (RFC 6750), and what its role lets it do.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{FromRequest, HttpRequest, web};
use uuid::Uuid;

use crate::problem::{Problem, kinds};
use crate::token::{Role, TokenRefusal, Verifier};

/// The bearer of a valid access token. As an extractor it is required: without one the request is refused with
/// `unauthenticated` (401).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub account: Uuid,
    /// Its role when the token was issued.
    pub role: Role,
    /// The token's own id (`jti`).
    pub token_id: Uuid,
    /// When the token was issued (`iat`), in seconds since 1970.
    pub issued_at: i64,
    /// From when the token is valid (`nbf`), in seconds since 1970.
    pub not_before: i64,
    /// When the token expires (`exp`), in seconds since 1970.
    pub expires_at: i64,
}

impl Caller {
    /// Refuses with `forbidden` (403) unless the caller has one of `roles`.
    pub fn require(&self, roles: &[Role]) -> Result<(), Problem> {
        if roles.contains(&self.role) {
            return Ok(());
        }
        Err(Problem::new(&kinds::FORBIDDEN).detail("your role does not allow this"))
    }
}

/// The caller where anybody may ask: `None` without a token. A token that is sent but not valid is refused even here,
/// so that nobody is taken for a stranger by mistake.
#[derive(Clone, Debug)]
pub struct MaybeCaller(pub Option<Caller>);

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(
            bearer(request)
                .and_then(|caller| caller.ok_or_else(|| unauthenticated("Bearer", "send an access token"))),
        )
    }
}

impl FromRequest for MaybeCaller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(bearer(request).map(Self))
    }
}

fn bearer(request: &HttpRequest) -> Result<Option<Caller>, Problem> {
    let mut values = request.headers().get_all(header::AUTHORIZATION);
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let token = value
        .to_str()
        .ok()
        .and_then(token_of)
        .filter(|_| values.next().is_none());
    let token =
        token.ok_or_else(|| unauthenticated("Bearer error=\"invalid_request\"", "send one bearer token"))?;
    let verifier = request.app_data::<web::Data<Verifier>>();
    let verifier = verifier.ok_or_else(|| Problem::internal("the application has no token verifier"))?;
    verifier.caller(token).map(Some).map_err(refuse)
}

/// The scheme's name is case-insensitive (RFC 9110, 11.1).
fn token_of(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim_start_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

fn refuse(refusal: TokenRefusal) -> Problem {
    match refusal {
        TokenRefusal::Invalid => unauthenticated(
            "Bearer error=\"invalid_token\", error_description=\"not valid\"",
            "the access token is not valid",
        ),
        TokenRefusal::Expired => unauthenticated(
            "Bearer error=\"invalid_token\", error_description=\"expired\"",
            "the access token has expired",
        ),
        TokenRefusal::Early => unauthenticated(
            "Bearer error=\"invalid_token\", error_description=\"not valid yet\"",
            "the access token is not valid yet",
        ),
    }
}

/// `unauthenticated` (401) with its challenge.
#[must_use]
fn unauthenticated(challenge: &'static str, detail: &'static str) -> Problem {
    Problem::new(&kinds::UNAUTHENTICATED)
        .detail(detail)
        .header(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
}
