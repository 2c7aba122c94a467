//! Cross-origin requests (Fetch, "CORS protocol"): pages of the allowed origins may read our answers, no others.
//!
//! Access tokens come in a header and never in a cookie, so credentials are never allowed.

use std::str::FromStr;

use actix_cors::Cors;
use actix_web::http::header::HeaderValue;
use actix_web::http::{Method, Uri};
use actix_web::middleware::Condition;
use serde::Deserialize;

const METHODS: [Method; 6] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
];

const REQUEST_HEADERS: [&str; 9] = [
    "authorization",
    "content-type",
    "evently-min-position",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "traceparent",
    "tracestate",
    "x-correlation-id",
];

const EXPOSED_HEADERS: [&str; 5] = [
    "evently-position",
    "etag",
    "location",
    "retry-after",
    "x-correlation-id",
];

/// Seconds for which a browser remembers a preflight: two hours, the most that browsers take.
const REMEMBERED_S: usize = 7200;

/// Who may read our answers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Origin {
    /// One origin as browsers write it: scheme, host, and the port where it is not the scheme's own.
    One(HeaderValue),
    /// Each port of the browser's own machine, where development servers run.
    Localhost,
}

/// How [`Origin::Localhost`] is written.
const LOCALHOST: &str = "http://localhost:*";

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("holds something that is no origin such as https://shop.example or http://localhost:3000")]
pub struct NoOrigin;

impl Origin {
    fn admits(&self, origin: &HeaderValue) -> bool {
        match self {
            Self::One(known) => known == origin,
            Self::Localhost => origin
                .as_bytes()
                .strip_prefix(b"http://localhost:")
                .is_some_and(|port| port.iter().all(u8::is_ascii_digit)),
        }
    }
}

impl TryFrom<String> for Origin {
    type Error = NoOrigin;

    fn try_from(text: String) -> Result<Self, NoOrigin> {
        text.parse()
    }
}

impl FromStr for Origin {
    type Err = NoOrigin;

    /// Other wildcards and `null` are no origins: everybody has those.
    fn from_str(text: &str) -> Result<Self, NoOrigin> {
        let text = text.to_ascii_lowercase();
        if text == LOCALHOST {
            return Ok(Self::Localhost);
        }
        let (scheme, authority) = text.split_once("://").ok_or(NoOrigin)?;
        let own_port = match scheme {
            "https" => ":443",
            "http" => ":80",
            _ => return Err(NoOrigin),
        };
        let authority = authority.strip_suffix(own_port).unwrap_or(authority);
        let uri: Uri = format!("{scheme}://{authority}").parse().map_err(|_| NoOrigin)?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(NoOrigin)?;
        let port = authority.strip_prefix(host).ok_or(NoOrigin)?;
        let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b':' | b'[' | b']');
        let is_origin = host.bytes().all(plain) && (port.is_empty() || uri.port_u16().is_some());
        let value = HeaderValue::try_from(format!("{scheme}://{authority}")).map_err(|_| NoOrigin)?;
        is_origin.then_some(Self::One(value)).ok_or(NoOrigin)
    }
}

/// The middleware that lets pages of `origins` read our answers, besides our own; nothing where there are none. Wrap it around
/// the [`super::Boundary`], so that its refusals and failures can be read too.
pub fn cors(origins: Vec<Origin>) -> Condition<Cors> {
    let any = !origins.is_empty();
    let rules = Cors::default()
        .allowed_origin_fn(move |origin, _| origins.iter().any(|known| known.admits(origin)))
        .allowed_methods(METHODS)
        .allowed_headers(REQUEST_HEADERS)
        .expose_headers(EXPOSED_HEADERS)
        .max_age(REMEMBERED_S);
    Condition::new(any, rules)
}

#[cfg(test)]
mod tests {
    use actix_web::body::MessageBody;
    use actix_web::dev::{Service, ServiceResponse};
    use actix_web::http::StatusCode;
    use actix_web::http::header::{self, HeaderMap};
    use actix_web::test::{TestRequest, init_service};
    use actix_web::{App, Error, HttpResponse, web};

    use super::*;
    use crate::request::{Boundary, not_routed};

    /// The status and the headers of an application's answer, which pages of `origins` may read.
    async fn ask(origins: &[&str], request: TestRequest) -> (StatusCode, HeaderMap) {
        async fn panics() -> HttpResponse {
            panic!("a bug")
        }
        let operations = || vec![(Method::POST, "/bookings"), (Method::GET, "/panics")];
        let origins = origins.iter().map(|origin| origin.parse().unwrap()).collect();
        let app = App::new()
            .wrap(Boundary::new(operations()))
            .wrap(cors(origins))
            .route("/bookings", web::post().to(HttpResponse::Created))
            .route("/panics", web::get().to(panics))
            .default_service(web::to(not_routed(operations())));
        let answer = init_service(app).await.call(request.to_request()).await;
        seen(answer)
    }

    /// What the server makes of an answer that is an error is an answer too.
    fn seen(answer: Result<ServiceResponse<impl MessageBody>, Error>) -> (StatusCode, HeaderMap) {
        match answer {
            Ok(answer) => (answer.status(), answer.headers().clone()),
            Err(error) => {
                let answer = error.error_response();
                (answer.status(), answer.headers().clone())
            }
        }
    }

    fn from(origin: &str, request: TestRequest) -> TestRequest {
        request.insert_header((header::ORIGIN, origin))
    }

    fn preflight(header: &str) -> TestRequest {
        TestRequest::with_uri("/bookings")
            .method(Method::OPTIONS)
            .insert_header((header::ACCESS_CONTROL_REQUEST_METHOD, "POST"))
            .insert_header((header::ACCESS_CONTROL_REQUEST_HEADERS, header))
    }

    #[actix_web::test]
    async fn pages_of_an_allowed_origin_may_read_answers_of_every_kind() {
        for (request, status) in [
            (TestRequest::post().uri("/bookings"), StatusCode::CREATED),
            (TestRequest::get().uri("/nowhere"), StatusCode::NOT_FOUND),
            (
                TestRequest::get().uri("/panics"),
                StatusCode::INTERNAL_SERVER_ERROR,
            ),
        ] {
            let (answered, headers) =
                ask(&["https://shop.example"], from("https://shop.example", request)).await;
            assert_eq!(answered, status);
            let allowed = headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN).unwrap();
            assert_eq!(allowed, "https://shop.example");
            let exposed = headers.get(header::ACCESS_CONTROL_EXPOSE_HEADERS).unwrap();
            for name in EXPOSED_HEADERS {
                assert!(exposed.to_str().unwrap().contains(name), "{name}");
            }
            assert!(!headers.contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS));
        }
    }

    #[actix_web::test]
    async fn security_31_an_unknown_origin_is_not_allowed_and_caches_keep_it_apart() {
        for origin in [
            "https://evil.example",
            "https://shop.example.evil",
            "http://shop.example",
            "null",
        ] {
            let request = from(origin, TestRequest::post().uri("/bookings"));
            let (_, headers) = ask(&["https://shop.example"], request).await;
            assert!(
                !headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN),
                "{origin}"
            );
            let vary = headers.get(header::VARY).unwrap().to_str().unwrap();
            assert!(vary.to_ascii_lowercase().contains("origin"), "{vary}");
        }
    }

    #[actix_web::test]
    async fn a_preflight_of_an_allowed_origin_is_granted_and_no_other() {
        let known = from("https://shop.example", preflight("idempotency-key"));
        let (status, headers) = ask(&["https://shop.example"], known).await;
        assert_eq!(status, StatusCode::OK);
        let methods = headers.get(header::ACCESS_CONTROL_ALLOW_METHODS).unwrap();
        assert!(methods.to_str().unwrap().contains("POST"));
        assert!(headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
        assert_eq!(headers.get(header::ACCESS_CONTROL_MAX_AGE).unwrap(), "7200");

        for refused in [
            from("https://evil.example", preflight("idempotency-key")),
            from("https://shop.example", preflight("x-unheard-of")),
        ] {
            let (status, headers) = ask(&["https://shop.example"], refused).await;
            assert_eq!(status, StatusCode::BAD_REQUEST);
            assert!(!headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
        }
    }

    #[actix_web::test]
    async fn without_origins_nothing_is_said_of_them() {
        let (_, headers) = ask(
            &[],
            from("https://shop.example", TestRequest::post().uri("/bookings")),
        )
        .await;
        assert!(!headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
        assert!(!headers.contains_key(header::VARY));
    }

    fn origin(text: &str) -> Result<Origin, NoOrigin> {
        text.parse()
    }

    fn one(text: &'static str) -> Origin {
        Origin::One(HeaderValue::from_static(text))
    }

    #[test]
    fn each_port_of_localhost_is_admitted_where_that_is_asked_for() {
        let localhost = origin("http://localhost:*").unwrap();
        assert!(localhost.admits(&HeaderValue::from_static("http://localhost:5173")));
        for other in [
            "https://localhost:5173",
            "http://localhost.evil:1",
            "http://localhost:1.evil",
        ] {
            assert!(!localhost.admits(&HeaderValue::from_static(other)), "{other}");
        }
    }

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        for (text, written) in [
            ("https://shop.example", "https://shop.example"),
            ("HTTPS://Shop.Example:443", "https://shop.example"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://[::1]:80", "http://[::1]"),
        ] {
            assert_eq!(origin(text).unwrap(), one(written));
        }
    }

    #[test]
    fn what_is_no_origin_or_a_wildcard_is_refused() {
        for text in [
            "*",
            "null",
            "shop.example",
            "https://",
            "https://*.shop.example",
            "https://shop.example/",
            "https://shop.example/path",
            "https://user@shop.example",
            "https://shop.example:x",
            "https://shop.example:*",
            "file:///etc",
        ] {
            assert_eq!(origin(text), Err(NoOrigin), "{text}");
        }
    }
}
