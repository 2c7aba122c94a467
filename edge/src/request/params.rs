//! The strict query string: unknown parameters are refused, not ignored.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::error::QueryPayloadError;
use actix_web::{FromRequest, HttpRequest, web};
use serde::de::DeserializeOwned;

use super::errors;
use crate::problem::{Problem, kinds};

/// Query parameters, read strictly. Derive `Deserialize` with `#[serde(deny_unknown_fields)]`.
///
/// Refused with `invalid-parameters` (422), which names the parameter where serde does.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Params<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let parsed = web::Query::<T>::from_query(request.query_string());
        ready(
            parsed
                .map(|parsed| Self(parsed.into_inner()))
                .map_err(|error| refuse(&error)),
        )
    }
}

fn refuse(error: &QueryPayloadError) -> Problem {
    let message = match error {
        QueryPayloadError::Deserialize(error) => error.to_string(),
        other => other.to_string(),
    };
    Problem::new(&kinds::INVALID_PARAMETERS).errors(vec![errors::in_query(&message)])
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Page {
        limit: Option<u8>,
    }

    async fn ask(uri: &str) -> Result<Page, Problem> {
        Params::extract(&TestRequest::with_uri(uri).to_http_request())
            .await
            .map(|page| page.0)
    }

    #[actix_web::test]
    async fn known_parameters_are_read() {
        assert_eq!(ask("/?limit=7").await.unwrap().limit, Some(7));
        assert_eq!(ask("/").await.unwrap().limit, None);
    }

    #[actix_web::test]
    async fn unknown_repeated_and_impossible_parameters_are_refused() {
        for uri in [
            "/?limits=7",
            "/?limit=7&limit=8",
            "/?limit=x",
            "/?limit=-1",
            "/?=1",
        ] {
            assert_eq!(
                ask(uri).await.unwrap_err().kind(),
                &kinds::INVALID_PARAMETERS,
                "{uri}"
            );
        }
    }
}
