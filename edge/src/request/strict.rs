//! Reads what clients send more strictly than serde alone, and says in plain words what is wrong with it, and where.
//!
//! An array is no object, a member stands once, a word is no object with a `null` in it. No text of a parser and no name of a
//! type of ours reaches a client: what is wrong with numbers, words, ids and shapes is said here and nowhere else; what is wrong
//! with a title, a price or a time is said by its type in the domain.

mod fault;
mod json;
mod parameters;
mod scalar;
mod value;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use self::fault::Fault;
use self::value::Json;
use crate::problem::FieldError;

/// Reads well-formed `json`, which stands at the pointer `root` of a body.
pub fn read<T: DeserializeOwned>(json: &RawValue, root: &str) -> Result<T, FieldError> {
    T::deserialize(Json::new(json)).map_err(|fault| fault.in_body(root))
}

/// Reads the parameters of a query string.
pub(super) fn parameters<T: DeserializeOwned>(query: &str) -> Result<T, FieldError> {
    parameters::read(query).map_err(Fault::in_query)
}

#[cfg(test)]
mod tests;
