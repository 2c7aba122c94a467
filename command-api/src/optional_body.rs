//! A body that may be absent: no body means the default, as `null` does; any other must be the JSON that the verb
//! takes.

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, TRANSFER_ENCODING};
use actix_web::{FromRequest, HttpRequest};
use edge::problem::Problem;
use edge::request::RawBody;
use futures::FutureExt;
use futures::future::{LocalBoxFuture, ready};
use serde::de::DeserializeOwned;

/// A JSON body, read strictly, or the default where there is none.
#[derive(Debug)]
pub struct OptionalBody<T>(pub T);

impl<T: DeserializeOwned + Default + 'static> FromRequest for OptionalBody<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if is_absent(request.headers()) {
            return ready(Ok(Self(T::default()))).boxed_local();
        }
        let received = RawBody::from_request(request, payload);
        async move {
            let body = received.await?;
            if body.is_empty() {
                return Ok(Self(T::default()));
            }
            let body: Option<T> = body.parse()?;
            Ok(Self(body.unwrap_or_default()))
        }
        .boxed_local()
    }
}

/// RFC 9112, 6.3: a request has a body if it announces its length or its encoding. A media type alone announces
/// nothing, as many clients always send one; whether a body follows is then seen by reading.
fn is_absent(headers: &HeaderMap) -> bool {
    if headers.contains_key(TRANSFER_ENCODING) {
        return false;
    }
    match headers.get(CONTENT_LENGTH) {
        Some(length) => length.as_bytes() == b"0",
        None => !headers.contains_key(CONTENT_TYPE),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use edge::problem::kinds;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Eq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wish {
        seats: u8,
    }

    async fn send(headers: &[(&str, &str)], body: &'static str) -> Result<Wish, Problem> {
        let mut request = TestRequest::post().set_payload(body);
        for header in headers {
            request = request.insert_header(*header);
        }
        let (request, mut payload) = request.to_http_parts();
        let read = OptionalBody::from_request(&request, &mut payload).await;
        read.map(|OptionalBody(wish)| wish)
    }

    const JSON: (&str, &str) = ("content-type", "application/json");
    const CHUNKED: (&str, &str) = ("transfer-encoding", "chunked");

    #[actix_web::test]
    async fn no_body_means_the_default_whatever_the_headers_say() {
        for headers in [
            &[][..],
            &[JSON],
            &[("content-length", "0")],
            &[JSON, ("content-length", "0")],
            &[("content-type", "text/plain"), ("content-length", "0")],
            &[JSON, CHUNKED],
        ] {
            assert_eq!(send(headers, "").await.unwrap(), Wish::default(), "{headers:?}");
        }
    }

    #[actix_web::test]
    async fn a_body_is_read_as_strictly_as_any() {
        let body = r#"{"seats": 2}"#;
        for headers in [&[JSON][..], &[JSON, ("content-length", "12")], &[JSON, CHUNKED]] {
            assert_eq!(send(headers, body).await.unwrap(), Wish { seats: 2 });
        }
        let untyped = send(&[("content-length", "12")], body).await.unwrap_err();
        assert_eq!(untyped.kind(), &kinds::UNSUPPORTED_MEDIA_TYPE);
        let unknown = send(&[JSON], r#"{"rows": 2}"#).await.unwrap_err();
        assert_eq!(unknown.kind(), &kinds::INVALID_BODY);
        assert_eq!(send(&[JSON], "null").await.unwrap(), Wish::default());
        let blank = send(&[JSON], " ").await.unwrap_err();
        assert_eq!(blank.kind(), &kinds::UNREADABLE_BODY);
    }
}
