//! What is wrong with something that a client sent, and where.

use std::fmt::{self, Display};

use serde::de::{self, Expected, Unexpected};

use crate::problem::{FieldError, pointer};

/// The longest text that is handed back; it may quote the client's own value.
const DETAIL_CHARS_MAX: usize = 200;

/// A fault: a fragment such as "is missing", and the way to what is wrong.
#[derive(Debug)]
pub(super) struct Fault {
    /// Names of members and numbers of items, the innermost first.
    way: Vec<String>,
    detail: String,
}

impl Fault {
    pub(super) fn new(detail: impl Display) -> Self {
        let detail = detail.to_string();
        let plain = detail.chars().filter(|letter| !letter.is_control());
        Self {
            way: Vec::new(),
            detail: plain.take(DETAIL_CHARS_MAX).collect(),
        }
    }

    /// The same fault, of what stands at `step` of something larger.
    pub(super) fn inside(mut self, step: impl Display) -> Self {
        self.way.push(step.to_string());
        self
    }

    pub(super) fn begins_with(&self, words: &str) -> bool {
        self.detail.starts_with(words)
    }

    /// As an error of a body that was read from the pointer `root` on.
    pub(super) fn in_body(self, root: &str) -> FieldError {
        let way = self.way.iter().rev();
        let pointer = way.fold(root.to_owned(), |pointer, step| pointer::member(&pointer, step));
        FieldError::at(pointer, self.detail)
    }

    /// As an error of a query string.
    pub(super) fn in_query(mut self) -> FieldError {
        FieldError::parameter(self.way.pop().unwrap_or_default(), self.detail)
    }
}

/// "a, b and c" would need a grammar; "a, b, c" does not.
pub(super) fn listed(names: &[&str]) -> String {
    names.join(", ")
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    /// What a type of ours says of its text.
    fn custom<T: Display>(detail: T) -> Self {
        Self::new(detail)
    }

    /// What was expected is not said: it is the name of a type. Readers check the usual shapes before serde sees them.
    fn invalid_type(found: Unexpected<'_>, _: &dyn Expected) -> Self {
        if found == Unexpected::UnitVariant {
            return Self::new("needs a value");
        }
        Self::new("is of another kind than it should be")
    }

    fn invalid_value(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::new("has a value that is not possible here")
    }

    fn invalid_length(length: usize, _: &dyn Expected) -> Self {
        Self::new(format_args!(
            "has another number of items than it should have, {length}"
        ))
    }

    fn unknown_variant(_: &str, known: &'static [&'static str]) -> Self {
        Self::new(format_args!("is not one of {}", listed(known)))
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        let fault = match known {
            [] => Self::new("is unknown; nothing is known here"),
            known => Self::new(format_args!("is unknown; known are {}", listed(known))),
        };
        fault.inside(name)
    }

    fn missing_field(name: &'static str) -> Self {
        Self::new("is missing").inside(name)
    }

    fn duplicate_field(name: &'static str) -> Self {
        Self::new(NAMED_TWICE).inside(name)
    }
}

/// What is wrong with what stands twice where it may stand once.
pub(super) const NAMED_TWICE: &str = "is named more than once";
