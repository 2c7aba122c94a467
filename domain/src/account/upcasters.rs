//! Upcasters: how facts of an Account that were written in older shapes become today's when they are read.

use cqrs_es::persist::EventUpcaster;

/// The upcasters of Account facts, oldest shape first. Every shape ever written is today's, so there are none.
#[must_use]
pub fn upcasters() -> Vec<Box<dyn EventUpcaster>> {
    Vec::new()
}
