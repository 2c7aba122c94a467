//! What serde found wrong, said as field errors with JSON pointers.

use serde::de::DeserializeOwned;

use crate::problem::{FieldError, pointer};

/// The longest text of an error that is handed back; it may quote the client's own value.
const DETAIL_CHARS_MAX: usize = 200;

/// The place and text of `error`, which `serde_json` raised when it read `body` as a `T`.
pub(super) fn in_body<T: DeserializeOwned>(body: &[u8], error: &serde_json::Error) -> FieldError {
    let mut json = serde_json::Deserializer::from_slice(body);
    let traced = serde_path_to_error::deserialize::<_, T>(&mut json).err();
    let pointer = traced.map_or_else(|| "#".to_owned(), |traced| pointer::to("#", traced.path()));
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    match quoted_field(message) {
        Some(field) if !pointer.ends_with(&pointer::member("", field)) => {
            FieldError::at(pointer::member(&pointer, field), shorten(message))
        }
        _ => FieldError::at(pointer, shorten(message)),
    }
}

/// The place and text of a message about a query string.
pub(super) fn in_query(message: &str) -> FieldError {
    FieldError::parameter(quoted_field(message).unwrap_or_default(), shorten(message))
}

/// serde names the member in "unknown field `x`", "missing field `x`" and "duplicate field `x`".
fn quoted_field(message: &str) -> Option<&str> {
    let starts = ["unknown field `", "missing field `", "duplicate field `"];
    let rest = starts.iter().find_map(|start| message.strip_prefix(start))?;
    rest.split('`').next()
}

fn shorten(message: &str) -> String {
    message
        .chars()
        .filter(|c| !c.is_control())
        .take(DETAIL_CHARS_MAX)
        .collect()
}
