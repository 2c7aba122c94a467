//! What a request asks for, in 64 bits: a repeated Idempotency-Key with another body is known by it.

use aws_lc_rs::digest::{Context, SHA256};
use domain::Fingerprint;
use domain::booking::{CancelRequest, SeatRequest};
use domain::ids::EventId;
use domain::payment::MethodToken;
use domain::text::{SeatId, SectionId};

/// The first 64 bits of a SHA-256 over the request: what was asked for, not how its JSON was written. Seats count in the
/// order in which they were named.
pub(super) fn of(event: EventId, seats: &SeatRequest) -> Fingerprint {
    let mut hash = Context::new(&SHA256);
    hash.update(event.uuid().as_bytes());
    match seats {
        SeatRequest::Named(seats) => named(&mut hash, b"named", seats),
        SeatRequest::Any { section, quantity } => counted(&mut hash, b"any", section, *quantity),
    }
    Fingerprint::of_hash(hash.finish().as_ref())
}

/// The same of what to pay with.
pub(super) fn of_payment(method: &MethodToken) -> Fingerprint {
    let mut hash = Context::new(&SHA256);
    hash.update(b"pay");
    text(&mut hash, method.as_str());
    Fingerprint::of_hash(hash.finish().as_ref())
}

/// The same of what to give back.
pub(super) fn of_cancellation(places: &CancelRequest) -> Fingerprint {
    let mut hash = Context::new(&SHA256);
    match places {
        CancelRequest::All => hash.update(b"all"),
        CancelRequest::Seats(seats) => named(&mut hash, b"seats", seats),
        CancelRequest::Count { section, quantity } => counted(&mut hash, b"count", section, *quantity),
    }
    Fingerprint::of_hash(hash.finish().as_ref())
}

fn named(hash: &mut Context, word: &[u8], seats: &[SeatId]) {
    hash.update(word);
    for seat in seats {
        text(hash, seat.as_str());
    }
}

fn counted(hash: &mut Context, word: &[u8], section: &SectionId, quantity: u32) {
    hash.update(word);
    text(hash, section.as_str());
    hash.update(&quantity.to_be_bytes());
}

/// Texts go in with their length, so that no two lists of them read the same.
fn text(hash: &mut Context, text: &str) {
    hash.update(&text.len().to_be_bytes());
    hash.update(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use domain::text::{SeatId, SectionId};
    use uuid::Uuid;

    use super::*;

    fn event(number: u128) -> EventId {
        EventId::new(Uuid::from_u128(number))
    }

    fn named(seats: &[&str]) -> SeatRequest {
        SeatRequest::Named(seats.iter().map(|seat| SeatId::parse(seat).unwrap()).collect())
    }

    fn any(quantity: u32) -> SeatRequest {
        SeatRequest::Any {
            section: SectionId::parse("stalls").unwrap(),
            quantity,
        }
    }

    #[test]
    fn the_same_request_has_the_same_fingerprint_for_ever() {
        let text = |fingerprint| String::from(fingerprint);
        assert_eq!(text(of(event(1), &named(&["A-1", "A-2"]))), "11dde3b20cca1264");
        assert_eq!(text(of(event(1), &any(2))), "d0567bdcdb1a960b");
    }

    #[test]
    fn another_request_has_another_fingerprint() {
        let one = of(event(1), &named(&["A-1", "A-2"]));
        for other in [
            of(event(2), &named(&["A-1", "A-2"])),
            of(event(1), &named(&["A-1"])),
            of(event(1), &named(&["A-1A", "-2"])),
            of(event(1), &any(1)),
            of(event(1), &any(2)),
        ] {
            assert_ne!(one, other);
        }
    }
}
