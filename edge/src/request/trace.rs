//! The traceparent header of W3C Trace Context, level 1: 16 bytes of trace id, 8 of span id, 1 of flags.

use std::fmt;

use uuid::Uuid;

/// Length of `00-{32 hex}-{16 hex}-{2 hex}`.
const TEXT_LEN: usize = 55;

/// A place in a distributed trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traceparent {
    trace_id: [u8; 16],
    span_id: [u8; 8],
    flags: u8,
}

impl Traceparent {
    /// The root of a new trace, not sampled.
    pub fn new_root() -> Self {
        Self {
            trace_id: Uuid::new_v4().into_bytes(),
            span_id: new_span_id(),
            flags: 0,
        }
    }

    /// Parses a header's value; `None` when it breaks the grammar or is all zeros. Later versions may append fields
    /// (Trace Context, 4.3), version ff is invalid.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let version = hex::<1>(text.get(0..2)?)?;
        let longer = text.len() > TEXT_LEN;
        if version == [0xff] || (longer && (version == [0] || text.get(TEXT_LEN) != Some(&b'-'))) {
            return None;
        }
        if [2, 35, 52].iter().any(|at| text.get(*at) != Some(&b'-')) {
            return None;
        }
        let trace_id = hex::<16>(text.get(3..35)?)?;
        let span_id = hex::<8>(text.get(36..52)?)?;
        let [flags] = hex::<1>(text.get(53..55)?)?;
        let zero = trace_id == [0; 16] || span_id == [0; 8];
        (!zero).then_some(Self {
            trace_id,
            span_id,
            flags,
        })
    }

    /// The same trace, continued under a new span: what this process writes down and hands on.
    pub fn child(self) -> Self {
        Self {
            span_id: new_span_id(),
            ..self
        }
    }

    /// The trace id.
    pub const fn trace_id(&self) -> [u8; 16] {
        self.trace_id
    }
}

impl fmt::Display for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let trace_id = u128::from_be_bytes(self.trace_id);
        let span_id = u64::from_be_bytes(self.span_id);
        write!(f, "00-{trace_id:032x}-{span_id:016x}-{:02x}", self.flags)
    }
}

fn new_span_id() -> [u8; 8] {
    // The first half of a version 4 UUID is random but for four bits of its version, so it is never all zeros.
    let mut span_id = [0; 8];
    span_id
        .iter_mut()
        .zip(Uuid::new_v4().as_bytes())
        .for_each(|(to, from)| *to = *from);
    span_id
}

/// Lower-case hex digits, as the grammar demands.
fn hex<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != N * 2 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

const fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_well_formed_header_is_read_and_written_unchanged() {
        let parsed = Traceparent::parse(GIVEN.as_bytes()).unwrap();
        assert_eq!(parsed.to_string(), GIVEN);
    }

    #[test]
    fn a_child_stays_in_its_trace_under_another_span() {
        let parent = Traceparent::parse(GIVEN.as_bytes()).unwrap();
        let child = parent.child();
        assert_eq!(child.trace_id(), parent.trace_id());
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
            assert_eq!(Traceparent::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn fields_of_a_later_version_are_tolerated() {
        let later = "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more";
        assert!(Traceparent::parse(later.as_bytes()).is_some());
    }

    #[test]
    fn new_traces_differ() {
        assert_ne!(
            Traceparent::new_root().trace_id(),
            Traceparent::new_root().trace_id()
        );
    }
}
