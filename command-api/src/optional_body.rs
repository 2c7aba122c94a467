//! A body that may be absent: no body means the default, any body must be the JSON that the verb takes.

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, TRANSFER_ENCODING};
use actix_web::{FromRequest, HttpRequest};
use edge::problem::Problem;
use edge::request::Body;
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
        Body::from_request(request, payload)
            .map(|read| read.map(|Body(body)| Self(body)))
            .boxed_local()
    }
}

/// RFC 9112, 6.3: a request has a body if it announces its length or its encoding. A media type is taken for the
/// intention to send one.
fn is_absent(headers: &HeaderMap) -> bool {
    let length = headers
        .get(CONTENT_LENGTH)
        .map_or(&b"0"[..], |value| value.as_bytes());
    length == b"0" && !headers.contains_key(TRANSFER_ENCODING) && !headers.contains_key(CONTENT_TYPE)
}
