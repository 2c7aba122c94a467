//! States that are kept in parts, so that a snapshot of a large one writes those that changed since the last.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A state that a snapshot keeps as what changes often, its head, and as numbered parts of the rest.
pub trait InParts: Serialize + DeserializeOwned {
    /// What one part holds.
    type Part: Serialize + DeserializeOwned;

    /// The head, which lacks what is in the parts, and these by their numbers. What did not change is in the same part as
    /// before.
    fn split(&self) -> (Self, BTreeMap<u32, Self::Part>);

    /// Puts a part back.
    fn put_part(&mut self, part: Self::Part);
}
