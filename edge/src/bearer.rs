//! The bearer of a request's access token (RFC 6750), as an extractor.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, web};

use crate::caller::{Caller, MaybeCaller};
use crate::problem::{Problem, kinds};
use crate::request::from_head;
use crate::token::{TokenRefusal, Verifier};

from_head!(Caller, |request| {
    bearer(request)?.ok_or_else(|| unauthenticated("Bearer", "send an access token"))
});

from_head!(MaybeCaller, |request| bearer(request).map(MaybeCaller));

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
    let (challenge, detail) = match refusal {
        TokenRefusal::Invalid => (
            "Bearer error=\"invalid_token\", error_description=\"not valid\"",
            "the access token is not valid",
        ),
        TokenRefusal::Expired => (
            "Bearer error=\"invalid_token\", error_description=\"expired\"",
            "the access token has expired",
        ),
        TokenRefusal::Early => (
            "Bearer error=\"invalid_token\", error_description=\"not valid yet\"",
            "the access token is not valid yet",
        ),
    };
    unauthenticated(challenge, detail)
}

/// `unauthenticated` (401) with its challenge.
fn unauthenticated(challenge: &'static str, detail: &'static str) -> Problem {
    Problem::new(&kinds::UNAUTHENTICATED)
        .detail(detail)
        .header(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
}

#[cfg(test)]
mod tests {
    use actix_web::http::StatusCode;
    use actix_web::test::TestRequest;
    use actix_web::{FromRequest, ResponseError};
    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::token::{Issuer, Keys, Role, SigningKey, TokenPolicy};
    use event_store::clock::Clock;
    use uuid::Uuid;

    const LIFETIME_S: u32 = 600;

    fn policy() -> TokenPolicy {
        TokenPolicy {
            issuer: "evently".to_owned(),
            audience: "evently".to_owned(),
            lifetime_s: LIFETIME_S,
            skew_s: 30,
            cache_entries_max: 8,
        }
    }

    fn keys() -> Keys {
        Keys::new(vec![SigningKey::from_seed(&[7; 32]).unwrap()]).unwrap()
    }

    fn clock() -> Clock {
        Clock::manual(DateTime::from_timestamp(1_800_000_000, 0).unwrap())
    }

    /// The header's value with a token that was issued so many seconds after now.
    fn issued(after_s: i64) -> String {
        let at = clock().now() + TimeDelta::seconds(after_s);
        let issuer = Issuer::new(&keys(), &policy());
        let (token, _) = issuer.issue(Uuid::from_u128(1), Role::User, at).unwrap();
        format!("Bearer {token}")
    }

    fn asking(values: &[&str]) -> HttpRequest {
        let mut request = TestRequest::get();
        for value in values {
            request = request.append_header((header::AUTHORIZATION, *value));
        }
        let verifier = Verifier::new(keys(), &policy(), clock());
        request.app_data(web::Data::new(verifier)).to_http_request()
    }

    /// The challenge with which `values` are refused.
    async fn challenge(values: &[&str]) -> String {
        let refused = Caller::extract(&asking(values)).await.unwrap_err();
        assert_eq!(refused.status_code(), StatusCode::UNAUTHORIZED);
        let answer = refused.error_response();
        let challenge = answer.headers().get(header::WWW_AUTHENTICATE).unwrap();
        challenge.to_str().unwrap().to_owned()
    }

    #[actix_web::test]
    async fn the_bearer_of_a_valid_token_is_who_it_says() {
        for scheme in ["Bearer ", "bearer ", "BEARER  "] {
            let value = issued(0).replace("Bearer ", scheme);
            let caller = Caller::extract(&asking(&[&value])).await.unwrap();
            assert_eq!((caller.account, caller.role), (Uuid::from_u128(1), Role::User));
        }
    }

    #[actix_web::test]
    async fn every_refusal_has_its_own_challenge() {
        assert_eq!(challenge(&[]).await, "Bearer");
        let valid = issued(0);
        for malformed in [
            &["Basic dTpw"][..],
            &["Bearer"],
            &["Bearer "],
            &[valid.as_str(), valid.as_str()],
        ] {
            let challenge = challenge(malformed).await;
            assert_eq!(challenge, "Bearer error=\"invalid_request\"", "{malformed:?}");
        }
        for (token, said) in [
            ("Bearer x.y.z".to_owned(), "not valid"),
            (issued(-2 * i64::from(LIFETIME_S)), "expired"),
            (issued(300), "not valid yet"),
        ] {
            let expected = format!("Bearer error=\"invalid_token\", error_description=\"{said}\"");
            assert_eq!(challenge(&[&token]).await, expected);
        }
    }

    #[actix_web::test]
    async fn a_stranger_is_anonymous_but_a_bad_token_is_refused_even_on_public_routes() {
        let stranger = MaybeCaller::extract(&asking(&[])).await.unwrap();
        assert!(stranger.0.is_none());
        let refused = MaybeCaller::extract(&asking(&["Bearer x.y.z"])).await;
        assert_eq!(refused.unwrap_err().status_code(), StatusCode::UNAUTHORIZED);
    }
}
