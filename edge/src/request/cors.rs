//! Cross-origin requests (Fetch, "CORS protocol"): pages of the allowed origins may read our answers, no others.
//!
//! Access tokens come in a header and never in a cookie, so credentials are never allowed.

use std::str::FromStr;

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::{Method, Uri};
use serde::Deserialize;

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");

const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, evently-min-position, idempotency-key, if-match, if-none-match, traceparent, \
     tracestate, x-correlation-id",
);

const EXPOSED_HEADERS: HeaderValue =
    HeaderValue::from_static("Evently-Position, ETag, Location, Retry-After, x-correlation-id");

/// Seconds for which a browser remembers a preflight: two hours, the most that browsers take.
const REMEMBERED_S: HeaderValue = HeaderValue::from_static("7200");

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

/// The origins that may read our answers.
#[derive(Clone, Default)]
pub(super) struct Origins(Vec<Origin>);

impl Origins {
    pub(super) const fn new(origins: Vec<Origin>) -> Self {
        Self(origins)
    }

    /// The origin of a request, where it is one of these.
    pub(super) fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        if self.0.is_empty() {
            return None;
        }
        let origin = headers.get(header::ORIGIN)?;
        let known = self.0.iter().any(|known| known.admits(origin));
        known.then(|| origin.clone())
    }

    /// Tells the browser whether it may show an answer to the page that asked; `allowed` as found by
    /// [`Self::allowed`]. With origins at all, every answer depends on who asks, which caches must know.
    pub(super) fn sign(&self, headers: &mut HeaderMap, allowed: Option<&HeaderValue>) {
        if self.0.is_empty() {
            return;
        }
        headers.append(header::VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = allowed {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
        }
    }
}

/// Whether an allowed origin asks if it may send a request, instead of sending it.
pub(super) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::OPTIONS && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// What may be sent. The answer is the same for every path: the request itself finds out that a path does not exist.
pub(super) fn preflight() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, METHODS))
        .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, REMEMBERED_S))
        .finish()
}

#[cfg(test)]
mod tests {
    use super::*;

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
