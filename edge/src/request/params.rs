//! The strict query string: unknown parameters are refused, not ignored.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;

use super::strict;
use crate::problem::{Problem, kinds};

/// Query parameters, read strictly. Derive `Deserialize` with `#[serde(deny_unknown_fields)]`.
///
/// Refused with `invalid-parameters` (422), which names the parameter.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Params<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let read = strict::parameters(request.query_string()).map(Self);
        ready(read.map_err(|error| Problem::new(&kinds::INVALID_PARAMETERS).errors(vec![error])))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::ResponseError;
    use actix_web::body::to_bytes;
    use actix_web::test::TestRequest;
    use serde::Deserialize;
    use serde_json::{Value, json};

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Page {
        limit: Option<u8>,
        sort: Option<Sort>,
        #[serde(rename = "name")]
        _name: Option<Name>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Sort {
        Title,
        Start,
    }

    #[derive(Debug, Deserialize)]
    #[serde(try_from = "String")]
    struct Name;

    impl TryFrom<String> for Name {
        type Error = &'static str;

        fn try_from(name: String) -> Result<Self, Self::Error> {
            if name.is_empty() {
                Err("is empty")
            } else {
                Ok(Self)
            }
        }
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
        assert_eq!(ask("/?sort=start").await.unwrap().sort, Some(Sort::Start));
    }

    #[actix_web::test]
    async fn what_is_wrong_is_named_with_its_parameter_in_plain_words() {
        for (uri, parameter, detail) in [
            ("/?limits=7", "limits", "is unknown; known are limit, sort, name"),
            ("/?limit=7&limit=8", "limit", "is named more than once"),
            ("/?limit=x", "limit", "is not a whole number from 0 to 255"),
            ("/?limit=-1", "limit", "is not a whole number from 0 to 255"),
            ("/?limit=", "limit", "is not a whole number from 0 to 255"),
            (
                "/?limit=99999999999",
                "limit",
                "is not a whole number from 0 to 255",
            ),
            ("/?=1", "", "is unknown; known are limit, sort, name"),
            ("/?name=", "name", "is empty"),
            ("/?sort=price", "sort", "is not one of title, start"),
            ("/?sort=%00", "sort", "contains a null character"),
        ] {
            let refused = ask(uri).await.unwrap_err();
            assert_eq!(refused.kind(), &kinds::INVALID_PARAMETERS, "{uri}");
            let document: Value =
                serde_json::from_slice(&to_bytes(refused.error_response().into_body()).await.unwrap())
                    .unwrap();
            let expected = json!([{ "parameter": parameter, "detail": detail }]);
            assert_eq!(document["errors"], expected, "{uri}");
        }
    }
}
