//! The Idempotency-Key header (IETF draft): the client's name for one request, however often it is sent.

use std::fmt;

use actix_web::HttpRequest;

use crate::problem::{FieldError, Problem, kinds};
use crate::request::from_head;

const HEADER: &str = "idempotency-key";
pub const KEY_LEN_MAX: usize = 255;

/// A key of 1 to 255 visible ASCII characters. As an extractor it is required: without it the request is refused with
/// `missing-idempotency-key` (400).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(Box<str>);

/// The key where it may be left out; a malformed one is still refused.
#[derive(Clone, Debug)]
pub struct OptionalIdempotencyKey(pub Option<IdempotencyKey>);

impl IdempotencyKey {
    /// Parses a key. The draft's quotes (a structured-field string) are part of the text: what matters is that a retry
    /// sends the same bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=KEY_LEN_MAX).contains(&text.len());
        (fits && text.bytes().all(|c| c.is_ascii_graphic())).then(|| Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn missing(detail: &'static str) -> Problem {
    let error = FieldError::header("Idempotency-Key", detail);
    Problem::new(&kinds::MISSING_IDEMPOTENCY_KEY)
        .detail(detail)
        .errors(vec![error])
}

fn given(request: &HttpRequest) -> Result<Option<IdempotencyKey>, Problem> {
    let mut values = request.headers().get_all(HEADER);
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(missing("send one Idempotency-Key, not several"));
    }
    let key = value.to_str().ok().and_then(IdempotencyKey::parse);
    key.map(Some)
        .ok_or_else(|| missing("an Idempotency-Key is 1 to 255 visible ASCII characters"))
}

from_head!(IdempotencyKey, |request| {
    given(request)?.ok_or_else(|| missing("send an Idempotency-Key header"))
});

from_head!(OptionalIdempotencyKey, |request| given(request)
    .map(OptionalIdempotencyKey));

#[cfg(test)]
mod tests {
    use actix_web::FromRequest;
    use actix_web::test::TestRequest;

    use super::*;

    async fn required(values: &[&str]) -> Result<IdempotencyKey, Problem> {
        let request = values
            .iter()
            .fold(TestRequest::default(), |r, v| r.append_header((HEADER, *v)));
        IdempotencyKey::extract(&request.to_http_request()).await
    }

    #[actix_web::test]
    async fn a_key_of_visible_characters_is_taken() {
        assert_eq!(required(&["k-1"]).await.unwrap().as_str(), "k-1");
        assert!(required(&[&"x".repeat(255)]).await.is_ok());
    }

    #[actix_web::test]
    async fn a_missing_malformed_or_doubled_key_is_refused() {
        for values in [&[][..], &[""], &["a b"], &["a", "b"], &[&"x".repeat(256)]] {
            let problem = required(values).await.unwrap_err();
            assert_eq!(problem.kind(), &kinds::MISSING_IDEMPOTENCY_KEY, "{values:?}");
        }
    }

    #[actix_web::test]
    async fn where_it_may_be_left_out_a_malformed_key_is_still_refused() {
        let none = TestRequest::default().to_http_request();
        assert!(OptionalIdempotencyKey::extract(&none).await.unwrap().0.is_none());
        let bad = TestRequest::default()
            .insert_header((HEADER, "a b"))
            .to_http_request();
        assert!(OptionalIdempotencyKey::extract(&bad).await.is_err());
    }
}
