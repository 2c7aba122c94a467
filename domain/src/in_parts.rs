//! States that are kept in parts, so that a snapshot of a large one writes those that changed since the last.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A state that a snapshot keeps as what changes often, its head, and as numbered parts of the rest.
pub trait InParts: Serialize + DeserializeOwned {
    /// What one part holds.
    type Part: Serialize + DeserializeOwned;

    /// Takes the parts out, by their numbers. What did not change is in the same part as before.
    fn take_parts(&mut self) -> BTreeMap<u32, Self::Part>;

    /// Puts a part back.
    fn put_part(&mut self, part: Self::Part);
}
