//! How a rule refuses.

/// Refuses unless a rule holds.
pub(crate) fn ensure<E>(holds: bool, refusal: E) -> Result<(), E> {
    if holds { Ok(()) } else { Err(refusal) }
}
