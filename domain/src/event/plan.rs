//! Seating plans, in the shapes of pretix' seating-plan JSON; keys that we do not know are kept.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::text::{Name, SeatId};

/// A plan but for its zones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanHead {
    /// What the plan is called.
    pub name: Name,
    /// `size`, `categories` and whatever else stood beside them.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A zone but for its rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanZone {
    /// What the zone is called.
    pub name: Name,
    /// `zone_id`, `position`, `areas` and whatever else stood beside them.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A row, or the part of a row that lies in one section.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanRow {
    /// Name of its zone, where there is an imported plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Name>,
    /// The row's number or letter, as tickets print it.
    pub row_number: Name,
    /// Its seats, neighbours side by side.
    pub seats: Vec<PlanSeat>,
    /// `row_label`, `position` and whatever else stood beside them.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A seat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanSeat {
    /// Its id, unique within the Event.
    #[serde(rename = "seat_guid")]
    pub id: SeatId,
    /// Its number within the row, as tickets print it.
    pub seat_number: Name,
    /// `position`, `radius` and whatever else stood beside them.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}
