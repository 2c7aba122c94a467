//! The traceparent header of W3C Trace Context, level 1: 16 bytes of trace id, 8 of span id, 1 of flags.

use std::fmt;

use actix_web::http::header::HeaderMap;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::hex::write_hex;

/// A place in a distributed trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traceparent {
    pub(super) trace_id: u128,
    pub(super) span_id: u64,
    pub(super) flags: u8,
}

impl Traceparent {
    /// The root of a new trace, not sampled.
    pub fn new_root() -> Self {
        Self {
            trace_id: Uuid::new_v4().as_u128(),
            span_id: new_span_id(),
            flags: 0,
        }
    }

    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        Self::parse(headers.get("traceparent")?.to_str().ok()?)
    }

    /// Parses a header's value; `None` when it breaks the grammar or is all zeros. Later versions may append fields
    /// (Trace Context, 4.3), version ff is invalid.
    pub fn parse(text: &str) -> Option<Self> {
        let mut fields = text.split('-');
        let version = hex(fields.next()?, 2)?;
        let trace_id = hex(fields.next()?, 32)?;
        let span_id = hex(fields.next()?, 16)?;
        let flags = hex(fields.next()?, 2)?;
        let is_known = version != 0xff && (version != 0 || fields.next().is_none());
        (is_known && trace_id != 0 && span_id != 0).then_some(Self {
            trace_id,
            span_id: span_id.try_into().ok()?,
            flags: flags.try_into().ok()?,
        })
    }

    /// The same trace, continued under a new span: what this process writes down and hands on.
    pub fn child(self) -> Self {
        Self {
            span_id: new_span_id(),
            ..self
        }
    }
}

impl Traceparent {
    /// The header's value, as `read` takes it.
    fn with_text<T>(&self, read: impl FnOnce(&str) -> T) -> T {
        let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
        let [_, _, _, fields @ ..] = &mut text;
        let (trace_id, fields) = fields.split_at_mut(33);
        let (span_id, flags) = fields.split_at_mut(17);
        write_hex(&self.trace_id.to_be_bytes(), trace_id);
        write_hex(&self.span_id.to_be_bytes(), span_id);
        write_hex(&[self.flags], flags);
        read(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Display for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| f.write_str(text))
    }
}

impl Serialize for Traceparent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.with_text(|text| serializer.serialize_str(text))
    }
}

/// The first half of a version 4 UUID is random but for four bits of its version, so it is never all zeros.
fn new_span_id() -> u64 {
    Uuid::new_v4().as_u64_pair().0
}

/// Lower-case hex digits, as the grammar demands.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_lower = text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
    if text.len() != digits || !is_lower {
        return None;
    }
    u128::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_well_formed_header_is_read_and_written_unchanged() {
        let parsed = Traceparent::parse(GIVEN).unwrap();
        assert_eq!(parsed.to_string(), GIVEN);
    }

    #[test]
    fn a_child_stays_in_its_trace_under_another_span() {
        let parent = Traceparent::parse(GIVEN).unwrap();
        let child = parent.child();
        assert_eq!(child.trace_id, parent.trace_id);
        assert_ne!(child.to_string(), parent.to_string());
    }

    #[test]
    fn malformed_headers_are_ignored() {
        for text in [
            "",
            "00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",
        ] {
            assert_eq!(Traceparent::parse(text), None, "{text}");
        }
    }

    #[test]
    fn fields_of_a_later_version_are_tolerated() {
        let later = "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more";
        assert!(Traceparent::parse(later).is_some());
    }

    #[test]
    fn new_traces_differ() {
        assert_ne!(Traceparent::new_root().trace_id, Traceparent::new_root().trace_id);
    }
}
