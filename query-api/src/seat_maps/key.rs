//! Which maps there are.

use domain::ids::EventId;

/// Which map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct MapKey {
    pub(crate) event: EventId,
    pub(crate) kind: MapKind,
}

/// What a map shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum MapKind {
    /// What stays: sections, prices, geometry.
    Plan,
    /// What changes: who has which seat.
    Seats,
}
