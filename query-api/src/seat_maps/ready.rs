//! A map that is ready to be sent, and for how long it is.

use std::sync::Arc;
use std::time::{Duration, Instant};

use event_store::Position;
use uuid::Uuid;

use super::head::Head;
use super::key::MapKind;
use crate::answer::PositionHeader;
use crate::encoding::Encoded;

/// How long the state of seats is served without asking whether it changed: far below the 100 ms in which a sale shall
/// be seen, far above the time of the question.
const SEATS_FRESH: Duration = Duration::from_millis(50);
/// The same for the plan, which hardly ever changes.
const PLAN_FRESH: Duration = Duration::from_secs(1);
/// After a build that took long, its result is served for this many times as long: a huge map that changes all the time
/// takes at most a third of one core.
const REST_PER_BUILD: u32 = 2;

/// A map that is ready to be sent.
#[derive(Debug)]
pub(crate) struct SeatMap {
    pub(super) head: Head,
    pub(crate) body: Encoded,
}

impl SeatMap {
    /// Whether everybody may see it.
    pub(crate) const fn is_public(&self) -> bool {
        self.head.public
    }

    /// Who else may.
    pub(crate) const fn organizer(&self) -> Uuid {
        self.head.organizer
    }
}

/// A map as it was when it was last compared with the tables.
#[derive(Clone, Debug)]
pub(crate) struct ReadyMap {
    pub(crate) map: Arc<SeatMap>,
    pub(crate) position: PositionHeader,
    reflects: Position,
    fresh_until: Instant,
}

impl ReadyMap {
    /// A map that was found to be right at `position` by work that began at `started`.
    pub(super) fn new(map: Arc<SeatMap>, kind: MapKind, position: Position, started: Instant) -> Self {
        let now = Instant::now();
        let rest = now.duration_since(started).saturating_mul(REST_PER_BUILD);
        Self {
            map,
            position: position.into(),
            reflects: position,
            fresh_until: now + fresh(kind).max(rest),
        }
    }

    pub(super) fn serves(&self, min: Position) -> bool {
        // A client that asks for a position that is here is served at once, and never with less.
        Instant::now() < self.fresh_until && self.reflects >= min
    }
}

const fn fresh(kind: MapKind) -> Duration {
    match kind {
        MapKind::Plan => PLAN_FRESH,
        MapKind::Seats => SEATS_FRESH,
    }
}
