//! The Idempotency-Key header (IETF draft): the client's name for one request, and the gateway's for what came of it.

use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;

/// The header's name.
const HEADER: &str = "idempotency-key";
/// The longest key.
const KEY_LEN_MAX: usize = 255;

/// 1 to 255 visible ASCII characters. As an extractor it is required, once.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Key(Arc<str>);

impl Key {
    /// Parses a key.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let fits = (1..=KEY_LEN_MAX).contains(&text.len());
        (fits && text.bytes().all(|c| c.is_ascii_graphic())).then(|| Self(text.into()))
    }

    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromRequest for Key {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut values = request.headers().get_all(HEADER);
        let key = match (values.next(), values.next()) {
            (Some(only), None) => only.to_str().ok().and_then(Self::parse),
            _ => None,
        };
        ready(key.ok_or(Refusal::NoIdempotencyKey))
    }
}
