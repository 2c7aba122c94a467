//! Reading one's own writes: commands answer with a position, queries accept the least one that they must reflect.

use actix_web::http::header::{HeaderName, HeaderValue};

use crate::problem::{FieldError, Problem, kinds};
use crate::request::from_head;

/// The header with the position that an answer reflects.
pub const EVENTLY_POSITION: HeaderName = HeaderName::from_static("evently-position");
/// The header with the least position that a query's answer must reflect.
const EVENTLY_MIN_POSITION: HeaderName = HeaderName::from_static("evently-min-position");

/// The header that says which position an answer reflects.
pub fn position(position: i64) -> (HeaderName, HeaderValue) {
    (EVENTLY_POSITION, HeaderValue::from(position))
}

/// The least position that the answer must reflect; 0 when the client asks for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MinPosition(pub i64);

from_head!(MinPosition, |request| {
    let Some(value) = request.headers().get(EVENTLY_MIN_POSITION) else {
        return Ok(MinPosition::default());
    };
    let position = value.to_str().ok().and_then(|text| text.parse::<i64>().ok());
    let refusal = || {
        let error = FieldError::header("Evently-Min-Position", "is not a whole number from 0");
        Problem::new(&kinds::BAD_REQUEST)
            .detail("Evently-Min-Position is a whole number from 0")
            .errors(vec![error])
    };
    position
        .filter(|given| *given >= 0)
        .map(MinPosition)
        .ok_or_else(refusal)
});

#[cfg(test)]
mod tests {
    use actix_web::FromRequest;
    use actix_web::test::TestRequest;

    use super::*;

    async fn min_position(text: &str) -> Result<MinPosition, Problem> {
        let request = TestRequest::default()
            .insert_header(("evently-min-position", text))
            .to_http_request();
        MinPosition::extract(&request).await
    }

    #[actix_web::test]
    async fn a_query_asks_for_the_position_that_a_command_answered() {
        assert_eq!(min_position("42").await.unwrap(), MinPosition(42));
        assert_eq!(position(42).1, "42");
    }

    #[actix_web::test]
    async fn what_is_no_position_is_refused() {
        for text in ["-1", "x", "", "1.5", "99999999999999999999"] {
            assert_eq!(
                min_position(text).await.unwrap_err().kind(),
                &kinds::BAD_REQUEST,
                "{text}"
            );
        }
    }
}
