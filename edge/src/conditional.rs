//! Conditional changes (RFC 9110, 13): entity tags, and If-Match.

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::problem::{Problem, kinds};
use crate::request::from_head;

/// The `ETag` header of an aggregate: its sequence in quotes, so that equal tags mean equal states.
pub fn etag(sequence: i64) -> (HeaderName, HeaderValue) {
    let tag = format!("\"{sequence}\"");
    let value = HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"\""));
    (header::ETAG, value)
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

/// The version where it may be left out: a change without it goes ahead whatever the version is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionalIfMatch(pub Option<IfMatch>);

impl IfMatch {
    /// The sequence to check; `None` for `*`.
    pub const fn expected(self) -> Option<i64> {
        match self {
            Self::Any => None,
            Self::Sequence(sequence) => Some(sequence),
        }
    }
}

/// The answer to a change that is based on another version than the current one: `precondition-failed` (412).
pub fn stale(current: i64) -> Problem {
    let (name, value) = etag(current);
    Problem::new(&kinds::PRECONDITION_FAILED)
        .with("current", format!("\"{current}\""))
        .header(name, value)
}

from_head!(IfMatch, |request| {
    given(request)?.ok_or_else(|| Problem::new(&kinds::PRECONDITION_REQUIRED))
});

from_head!(OptionalIfMatch, |request| given(request).map(OptionalIfMatch));

fn given(request: &HttpRequest) -> Result<Option<IfMatch>, Problem> {
    let values = joined(request.headers(), &header::IF_MATCH);
    match values.as_deref().map(str::trim) {
        None => Ok(None),
        Some("*") => Ok(Some(IfMatch::Any)),
        Some(tags) => sequence_of(tags).map(Some),
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
    use actix_web::FromRequest;
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
    async fn where_if_match_may_be_left_out_one_that_is_sent_counts() {
        let absent = OptionalIfMatch::extract(&TestRequest::default().to_http_request());
        assert_eq!(absent.await.unwrap(), OptionalIfMatch(None));
        let request = TestRequest::default().insert_header(("if-match", "\"12\""));
        let sent = OptionalIfMatch::extract(&request.to_http_request()).await;
        assert_eq!(sent.unwrap(), OptionalIfMatch(Some(IfMatch::Sequence(12))));
        let request = TestRequest::default().insert_header(("if-match", "12"));
        let foreign = OptionalIfMatch::extract(&request.to_http_request()).await;
        assert_eq!(foreign.unwrap_err().kind(), &kinds::PRECONDITION_FAILED);
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

    #[test]
    fn a_tag_is_quoted() {
        assert_eq!(etag(7).1, "\"7\"");
    }
}
