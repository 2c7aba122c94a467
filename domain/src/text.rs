//! Short texts that name things: parsed once, never empty, bounded, free of control characters.
//!
//! A clone shares the characters: facts, tables and indices name the same seat many times over.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use derive_more::Display;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// Why a text cannot be used as a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextRefusal {
    /// Nothing but white space.
    #[error("is empty")]
    Empty,
    /// More characters than allowed.
    #[error("has {length} characters, at most {max} are allowed")]
    TooLong { length: usize, max: usize },
    /// A control character, which could forge log lines and break tickets.
    #[error("contains a control character")]
    ControlCharacter,
}

fn parse(text: &str, max: usize) -> Result<&str, TextRefusal> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(TextRefusal::Empty);
    }
    let length = trimmed.chars().count();
    if length > max {
        return Err(TextRefusal::TooLong { length, max });
    }
    if trimmed.chars().any(char::is_control) {
        return Err(TextRefusal::ControlCharacter);
    }
    Ok(trimmed)
}

/// `error` and its sources on one line.
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

/// A count and what it counts, such as `1 seat` and `2 seats`.
pub fn counted(count: impl TryInto<u64>, one: &str, many: &str) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Parses a text where it lies: a log has millions of them.
struct TextVisitor<T>(fn(&str) -> Result<T, TextRefusal>);

impl<T> Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        (self.0)(text).map_err(E::custom)
    }
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $max:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Display, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub struct $name(Arc<str>);

        impl $name {
            pub const CHARS_MAX: usize = $max;

            /// Parses `text`, with white space around it dropped.
            pub fn parse(text: &str) -> Result<Self, TextRefusal> {
                parse(text, Self::CHARS_MAX).map(|text| Self(text.into()))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(TextVisitor(Self::parse))
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.as_str().to_owned()
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

text!(
    /// A seat's id, as its plan names it (`seat_guid` of a pretix seating plan): unique within its Event.
    SeatId, 100
);
text!(
    /// A section's id within its Event, a lower-case slug such as `stalls-premium`.
    SectionId, 100
);
text!(
    /// What a section, category, zone or seating plan is called.
    Name, 200
);
text!(
    /// An Event's title.
    Title, 200
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular_and_all_else_plural() {
        let taken = |count: usize| format!("{} taken", counted(count, "seat is", "seats are"));
        assert_eq!(taken(0), "0 seats are taken");
        assert_eq!(taken(1), "1 seat is taken");
        assert_eq!(taken(2), "2 seats are taken");
    }
}
