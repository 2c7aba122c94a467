//! What may happen next.

use proptest::prelude::*;

/// One step.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Time passes.
    Wait { seconds: u32 },
    /// A buyer asks for seats by their numbers; some numbers do not exist.
    PlaceNamed { key: u8, buyer: u8, seats: Vec<u8> },
    /// A buyer asks for some places of a section; the last one does not exist.
    PlaceAny {
        key: u8,
        buyer: u8,
        section: u8,
        quantity: u8,
    },
    /// Asks to hold longer.
    Extend { key: u8, buyer: u8 },
    /// Gives back, held or sold.
    Release { key: u8, buyer: u8 },
    /// A timer goes off.
    Expire { key: u8 },
    /// Confirms.
    Confirm { key: u8, buyer: u8 },
    /// Sales open so many minutes from now.
    Open { minutes: i8 },
    /// Sales close so many minutes from now.
    Close { minutes: i8 },
    /// The limit changes.
    Limit { seats: u8 },
}

/// Mostly buyers, sometimes time, seldom the organizer.
pub(crate) fn steps() -> impl Strategy<Value = Step> {
    let key = || 0_u8..40;
    let buyer = || 0_u8..5;
    prop_oneof![
        6 => (0_u32..240).prop_map(|seconds| Step::Wait { seconds }),
        10 => (key(), buyer(), proptest::collection::vec(0_u8..26, 0..4))
            .prop_map(|(key, buyer, seats)| Step::PlaceNamed { key, buyer, seats }),
        14 => (key(), buyer(), 0_u8..4, 0_u8..6)
            .prop_map(|(key, buyer, section, quantity)| Step::PlaceAny { key, buyer, section, quantity }),
        3 => (key(), buyer()).prop_map(|(key, buyer)| Step::Extend { key, buyer }),
        4 => (key(), buyer()).prop_map(|(key, buyer)| Step::Release { key, buyer }),
        3 => key().prop_map(|key| Step::Expire { key }),
        6 => (key(), buyer()).prop_map(|(key, buyer)| Step::Confirm { key, buyer }),
        1 => (-3_i8..6).prop_map(|minutes| Step::Open { minutes }),
        1 => (-3_i8..20).prop_map(|minutes| Step::Close { minutes }),
        1 => (0_u8..9).prop_map(|seats| Step::Limit { seats }),
    ]
}
