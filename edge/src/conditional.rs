//! Conditional requests (RFC 9110, 13): entity tags, If-Match for changes, If-None-Match for reads.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpRequest, HttpResponse};

use crate::problem::{Problem, kinds};

/// The `ETag` header of an aggregate: its sequence in quotes, so that equal tags mean equal states.
#[must_use]
pub fn etag(sequence: i64) -> (HeaderName, HeaderValue) {
    (header::ETAG, quoted(&sequence.to_string()))
}

/// The `ETag` header of anything else, such as `12-br`. Characters that a tag may not have are left out.
#[must_use]
pub fn etag_of(tag: &str) -> (HeaderName, HeaderValue) {
    (header::ETAG, quoted(tag))
}

fn quoted(tag: &str) -> HeaderValue {
    let clean: String = tag
        .chars()
        .filter(|c| c.is_ascii_graphic() && *c != '"')
        .collect();
    HeaderValue::from_str(&format!("\"{clean}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// The version that a change is based on. As an extractor it is required: without the header the request is refused
/// with `precondition-required` (428).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: whatever the version is.
    Any,
    /// The aggregate's sequence.
    Sequence(i64),
}

impl IfMatch {
    /// The sequence to check; `None` for `*`.
    #[must_use]
    pub const fn expected(self) -> Option<i64> {
        match self {
            Self::Any => None,
            Self::Sequence(sequence) => Some(sequence),
        }
    }
}

/// The answer to a change that is based on another version than the current one: `precondition-failed` (412).
#[must_use]
pub fn stale(current: i64) -> Problem {
    let (name, value) = etag(current);
    Problem::new(&kinds::PRECONDITION_FAILED)
        .with("current", format!("\"{current}\""))
        .header(name, value)
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let values = joined(request.headers(), &header::IF_MATCH);
        ready(match values.as_deref().map(str::trim) {
            None => Err(Problem::new(&kinds::PRECONDITION_REQUIRED)),
            Some("*") => Ok(Self::Any),
            Some(tags) => sequence_of(tags),
        })
    }
}

/// If-Match compares strongly (RFC 9110, 13.1.1), so a weak tag matches nothing, and neither does a foreign one.
fn sequence_of(tags: &str) -> Result<IfMatch, Problem> {
    let mut tags = tags.split(',').map(str::trim);
    let (first, more) = (tags.next().unwrap_or_default(), tags.next());
    if more.is_some() {
        return Err(Problem::new(&kinds::BAD_REQUEST).detail("name one version in If-Match"));
    }
    let tag = first.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let sequence = tag.and_then(|tag| tag.parse().ok()).map(IfMatch::Sequence);
    sequence
        .ok_or_else(|| Problem::new(&kinds::PRECONDITION_FAILED).detail("If-Match names no version of this"))
}

/// What the client already has. As an extractor it is optional and never refuses.
#[derive(Clone, Debug, Default)]
pub struct IfNoneMatch(Option<String>);

impl IfNoneMatch {
    /// Whether the client has `current`, a tag without its quotes. Compares weakly (RFC 9110, 13.1.2).
    #[must_use]
    pub fn has(&self, current: &str) -> bool {
        let Some(tags) = self.0.as_deref() else {
            return false;
        };
        let opaque = |tag: &str| {
            let tag = tag.trim();
            tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"') == current
        };
        tags.trim() == "*" || tags.split(',').any(opaque)
    }
}

impl FromRequest for IfNoneMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(joined(request.headers(), &header::IF_NONE_MATCH))))
    }
}

/// 304 with the tag that the client already has, without its quotes.
#[must_use]
pub fn not_modified(tag: &str) -> HttpResponse {
    HttpResponse::NotModified().insert_header(etag_of(tag)).finish()
}

/// All values of a list header as one list; `None` when it is absent.
fn joined(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let values: Vec<&str> = headers
        .get_all(name)
        .filter_map(|value| value.to_str().ok())
        .collect();
    (!values.is_empty()).then(|| values.join(","))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    async fn if_match(value: Option<&str>) -> Result<IfMatch, Problem> {
        let request = value.map_or_else(TestRequest::default, |v| {
            TestRequest::default().insert_header(("if-match", v))
        });
        IfMatch::extract(&request.to_http_request()).await
    }

    #[actix_web::test]
    async fn a_change_names_the_version_that_it_is_based_on() {
        assert_eq!(if_match(Some("\"12\"")).await.unwrap().expected(), Some(12));
        assert_eq!(if_match(Some("*")).await.unwrap().expected(), None);
    }

    #[actix_web::test]
    async fn a_change_without_if_match_is_refused() {
        assert_eq!(
            if_match(None).await.unwrap_err().kind(),
            &kinds::PRECONDITION_REQUIRED
        );
    }

    #[actix_web::test]
    async fn weak_and_foreign_tags_match_nothing() {
        for tag in ["W/\"12\"", "\"twelve\"", "12", "\"\""] {
            assert_eq!(
                if_match(Some(tag)).await.unwrap_err().kind(),
                &kinds::PRECONDITION_FAILED,
                "{tag}"
            );
        }
    }

    #[actix_web::test]
    async fn if_none_match_compares_weakly_and_in_lists() {
        let request = TestRequest::default()
            .insert_header(("if-none-match", "\"a\", W/\"12-br\""))
            .to_http_request();
        let known = IfNoneMatch::extract(&request).await.unwrap();
        assert!(known.has("a") && known.has("12-br") && !known.has("12"));
        assert!(!IfNoneMatch::default().has("a"));
    }

    #[test]
    fn a_tag_is_quoted_and_cannot_break_out() {
        assert_eq!(etag(7).1, "\"7\"");
        assert_eq!(etag_of("a\"b\r\nc").1, "\"abc\"");
    }
}
