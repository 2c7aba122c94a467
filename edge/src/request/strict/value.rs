//! A value of JSON as it lies in its body.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::fault::Fault;

/// A value of JSON that is known to be well-formed.
#[derive(Clone, Copy)]
pub(super) struct Json<'de> {
    pub(super) raw: &'de RawValue,
    pub(super) depth: u8,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Object,
    Array,
    Text,
    Truth,
    Null,
    Number,
}

/// A text that lies in the JSON, unless it has escapes.
#[derive(Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

impl<'de> Json<'de> {
    pub(super) const fn new(raw: &'de RawValue) -> Self {
        Self { raw, depth: 0 }
    }

    /// A value that lies in this one.
    pub(super) const fn inner(self, raw: &'de RawValue) -> Self {
        Self {
            raw,
            depth: self.depth + 1,
        }
    }

    /// Its first letter tells: white space around it is no part of it.
    pub(super) fn shape(self) -> Shape {
        match self.raw.get().as_bytes().first() {
            Some(b'{') => Shape::Object,
            Some(b'[') => Shape::Array,
            Some(b'"') => Shape::Text,
            Some(b't' | b'f') => Shape::Truth,
            Some(b'n') => Shape::Null,
            _ => Shape::Number,
        }
    }

    pub(super) fn is(self, shape: Shape, otherwise: &str) -> Result<(), Fault> {
        if self.shape() == shape {
            return Ok(());
        }
        Err(Fault::new(otherwise))
    }

    pub(super) fn text(self) -> Result<Cow<'de, str>, Fault> {
        self.is(Shape::Text, "is not a text")?;
        // An escape of half a letter, such as `\ud800`, is well-formed JSON and no text.
        let read = serde_json::from_str::<Text<'de>>(self.raw.get());
        read.map(|text| text.0)
            .map_err(|_| Fault::new("is not a text of Unicode"))
    }
}
