//! Short texts that name things: parsed once, never empty, bounded, free of control characters.
//!
//! A clone shares the characters: facts, tables and indices name the same seat many times over.
//!
//! What is new is parsed; what stands in facts is only read: it may be older than a rule.

mod letters;

pub use self::letters::is_invisible;
pub(crate) use self::letters::look;

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
    /// Nothing that anybody sees.
    #[error("shows nothing")]
    Invisible,
    /// A character that is not seen, so that two names look the same.
    #[error("contains the invisible character U+{:04X}", u32::from(*.0))]
    Hidden(char),
    /// A character that turns letters around, so that a name reads as another.
    #[error("contains the character U+{:04X}, which changes the direction of writing", u32::from(*.0))]
    Direction(char),
}

/// Parses a new text.
fn parse(text: &str, max: usize) -> Result<&str, TextRefusal> {
    let stored = read(text, max)?;
    if stored.is_ascii() {
        return Ok(stored);
    }
    if stored.chars().all(is_invisible) {
        return Err(TextRefusal::Invisible);
    }
    if let Some(letter) = stored.chars().find(|letter| letters::turns_direction(*letter)) {
        return Err(TextRefusal::Direction(letter));
    }
    match stored.chars().find(|letter| letters::is_hidden(*letter)) {
        Some(letter) => Err(TextRefusal::Hidden(letter)),
        None => Ok(stored),
    }
}

/// Reads a text that was written before, under the rules that always held.
fn read(text: &str, max: usize) -> Result<&str, TextRefusal> {
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

/// `text` with line feeds alone where it has pairs of carriage return and line feed, as forms of browsers send them.
pub fn with_line_feeds(text: String) -> String {
    if text.contains('\r') {
        text.replace("\r\n", "\n")
    } else {
        text
    }
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

            /// Parses a new text, with white space around it dropped.
            pub fn parse(text: &str) -> Result<Self, TextRefusal> {
                parse(text, Self::CHARS_MAX).map(|text| Self(text.into()))
            }

            /// Reads a text that exists already, in a fact or elsewhere, or that names one that does.
            pub fn read(text: &str) -> Result<Self, TextRefusal> {
                read(text, Self::CHARS_MAX).map(|text| Self(text.into()))
            }

            /// Deserializes a new text, for `#[serde(deserialize_with)]`; `Deserialize` reads.
            pub fn deserialize_new<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(TextVisitor(Self::parse))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(TextVisitor(Self::read))
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
    fn what_is_not_seen_or_turns_letters_around_is_no_new_name() {
        for (text, refusal) in [
            ("", TextRefusal::Empty),
            (" \u{a0}\u{3000} ", TextRefusal::Empty),
            ("a\nb", TextRefusal::ControlCharacter),
            ("\u{200b}\u{200b}", TextRefusal::Invisible),
            ("\u{200d}", TextRefusal::Invisible),
            ("\u{2800}\u{3164}", TextRefusal::Invisible),
            ("\u{202e}evil", TextRefusal::Direction('\u{202e}')),
            ("live \u{2067}now", TextRefusal::Direction('\u{2067}')),
            ("g1\u{200b}", TextRefusal::Hidden('\u{200b}')),
            ("\u{feff}Hall", TextRefusal::Hidden('\u{feff}')),
            ("Hall\u{2028}Two", TextRefusal::Hidden('\u{2028}')),
        ] {
            assert_eq!(Title::parse(text), Err(refusal), "{text:?}");
        }
    }

    #[test]
    fn names_of_all_scripts_and_emoji_are_names() {
        for text in [
            "Käse & Söhne",
            "音楽",
            "می\u{200c}خواهم",
            "\u{200f}שלום",
            "👩\u{200d}🎤",
            "❤\u{fe0f}",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            "Sta\u{ad}tions",
        ] {
            assert_eq!(Title::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_was_written_before_is_still_read() {
        for text in ["\u{200b}", "\u{202e}evil", "g1\u{200b}"] {
            let written = serde_json::to_string(text).unwrap();
            let name: Name = serde_json::from_str(&written).unwrap();
            assert_eq!(name.as_str(), text);
            let mut new = serde_json::Deserializer::from_str(&written);
            assert!(Name::deserialize_new(&mut new).is_err(), "{text:?}");
        }
    }

    #[test]
    fn lines_end_with_line_feeds() {
        assert_eq!(with_line_feeds("a\r\nb\r\n\n".to_owned()), "a\nb\n\n");
        assert_eq!(with_line_feeds("a\rb".to_owned()), "a\rb");
    }

    #[test]
    fn one_is_singular_and_all_else_plural() {
        let taken = |count: usize| format!("{} taken", counted(count, "seat is", "seats are"));
        assert_eq!(taken(0), "0 seats are taken");
        assert_eq!(taken(1), "1 seat is taken");
        assert_eq!(taken(2), "2 seats are taken");
    }
}
