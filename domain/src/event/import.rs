//! Importing a seating plan in pretix' JSON: parsed once, bounded, cut into zones and blocks of one category.

mod json;
mod size;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::event::facts::EventFact;
use crate::event::plan::{PlanHead, PlanRow, PlanZone};
use crate::limits::{FACT_BYTES_MAX, SEATS_PER_EVENT_MAX};
use crate::text::{Name, SeatId, SectionId, counted};

/// A seating plan that can be used: its seat ids are unique, its categories known, its size bounded.
#[derive(Clone, Debug, PartialEq)]
pub struct SeatingPlan {
    head: PlanHead,
    categories: BTreeSet<Name>,
    zones: Vec<(PlanZone, Vec<PlanBlock>)>,
}

/// The rows of one category within one zone.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanBlock {
    /// The category's name.
    pub category: Name,
    /// Its rows, front to back. A row whose category changes midway is cut there, so that neighbours are neighbours.
    pub rows: Vec<PlanRow>,
}

/// Why a seating plan cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanRefusal {
    /// It is not JSON, or not of the shape of a seating plan.
    #[error("not a seating plan: {detail}")]
    Malformed {
        /// What is wrong, and where.
        detail: String,
    },
    /// It has no seats.
    #[error("the plan has no seats")]
    NoSeats,
    /// It has more than [`SEATS_PER_EVENT_MAX`] seats.
    #[error("a plan has at most {SEATS_PER_EVENT_MAX} seats, not {found}")]
    TooManySeats { found: usize },
    /// Several seats share an id.
    #[error("{} more than once", counted(seats.len(), "seat id occurs", "seat ids occur"))]
    DuplicateSeats {
        /// The ids, the first few of them.
        seats: Vec<SeatId>,
    },
    /// Two zones have one name, or names that look the same.
    #[error("the name of zone {zone} is given more than once")]
    ZoneNamedTwice {
        zone: Name,
        /// Which zone it is, counted from zero.
        index: usize,
    },
    /// Seats are of categories that the plan does not list.
    #[error("{} among the plan's", counted(categories.len(), "category of seats is not", "categories of seats are not"))]
    UnknownCategories { categories: Vec<Name> },
    /// A row, a zone's drawing or the plan's head is larger than a fact may be.
    #[error("{what} takes {bytes} bytes, at most {FACT_BYTES_MAX} are allowed")]
    TooLarge {
        what: String,
        /// Bytes of its JSON.
        bytes: usize,
    },
}

impl SeatingPlan {
    /// Parses a plan from JSON text.
    pub fn parse(json: &str) -> Result<Self, PlanRefusal> {
        json::parse(serde_json::from_str(json).map_err(|error| json::malformed(&error))?)
    }

    /// Parses a plan from a JSON value.
    pub fn from_value(json: serde_json::Value) -> Result<Self, PlanRefusal> {
        json::parse(serde_json::from_value(json).map_err(|error| json::malformed(&error))?)
    }

    /// The plan but for its zones.
    pub const fn head(&self) -> &PlanHead {
        &self.head
    }

    /// Names of its categories, those without seats included.
    pub const fn categories(&self) -> &BTreeSet<Name> {
        &self.categories
    }

    /// Its zones, each with its blocks.
    pub fn zones(&self) -> impl Iterator<Item = (&PlanZone, &[PlanBlock])> {
        self.zones.iter().map(|(zone, blocks)| (zone, blocks.as_slice()))
    }

    /// How many seats it has.
    pub fn seats(&self) -> usize {
        let rows = self
            .zones
            .iter()
            .flat_map(|(_, blocks)| blocks)
            .flat_map(|block| &block.rows);
        rows.map(|row| row.seats.len()).sum()
    }
}

/// Facts that add `rows` to `section`, each within [`FACT_BYTES_MAX`].
pub(crate) fn rows_in_facts(section: &SectionId, rows: Vec<PlanRow>, at: DateTime<Utc>) -> Vec<EventFact> {
    let mut facts = Vec::new();
    let mut run = Vec::new();
    let mut bytes = 0;
    for row in rows {
        let size = size::of_json(&row);
        if !run.is_empty() && bytes + size > size::ROWS_BYTES_MAX {
            facts.push(EventFact::RowsAdded {
                section: section.clone(),
                rows: std::mem::take(&mut run),
                at,
            });
            bytes = 0;
        }
        bytes += size + size::COMMA;
        run.push(row);
    }
    if !run.is_empty() {
        facts.push(EventFact::RowsAdded {
            section: section.clone(),
            rows: run,
            at,
        });
    }
    facts
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn plan(seats: &Value) -> Result<SeatingPlan, PlanRefusal> {
        let zone = json!({ "name": "Stalls", "rows": [{ "row_number": "A", "seats": seats }] });
        SeatingPlan::from_value(
            json!({ "name": "House", "categories": [{ "name": "One" }], "zones": [zone] }),
        )
    }

    fn seat(id: &str, category: &str) -> Value {
        json!({ "seat_guid": id, "seat_number": "1", "category": category })
    }

    #[test]
    fn what_is_no_plan_is_refused_with_the_place_of_the_fault() {
        assert!(matches!(
            SeatingPlan::parse("[1, 2"),
            Err(PlanRefusal::Malformed { .. })
        ));
        let refusal = SeatingPlan::parse(r#"{"name": "", "zones": []}"#).unwrap_err();
        assert!(refusal.to_string().contains("is empty"), "{refusal}");
    }

    #[test]
    fn a_plan_without_seats_is_refused() {
        assert_eq!(plan(&json!([])), Err(PlanRefusal::NoSeats));
    }

    #[test]
    fn seats_that_share_an_id_are_refused() {
        let refusal = plan(&json!([seat("a", "One"), seat("a", "One"), seat("b", "One")]));
        assert_eq!(
            refusal,
            Err(PlanRefusal::DuplicateSeats {
                seats: vec![SeatId::parse("a").unwrap()]
            })
        );
    }

    #[test]
    fn seat_ids_and_zones_that_look_the_same_are_refused() {
        let refusal = plan(&json!([seat("\u{e9}", "One"), seat("e\u{301}", "One")]));
        assert!(
            matches!(refusal, Err(PlanRefusal::DuplicateSeats { .. })),
            "{refusal:?}"
        );
        let hidden = plan(&json!([seat("g1", "One"), seat("g1\u{200b}", "One")])).unwrap_err();
        assert!(hidden.to_string().contains("U+200B"), "{hidden}");
        let zone =
            |id| json!({ "name": "Stalls", "rows": [{ "row_number": "A", "seats": [seat(id, "One")] }] });
        let twice = SeatingPlan::from_value(json!({
            "name": "House", "categories": [{ "name": "One" }], "zones": [zone("a"), zone("b")],
        }));
        let zone = Name::parse("Stalls").unwrap();
        assert_eq!(twice, Err(PlanRefusal::ZoneNamedTwice { zone, index: 1 }));
    }

    #[test]
    fn categories_that_the_plan_does_not_list_are_refused() {
        let refusal = plan(&json!([seat("a", "Two")]));
        assert_eq!(
            refusal,
            Err(PlanRefusal::UnknownCategories {
                categories: vec![Name::parse("Two").unwrap()]
            })
        );
    }

    #[test]
    fn a_row_that_no_fact_can_carry_is_refused() {
        let mut heavy = seat("a", "One");
        heavy["note"] = Value::String("x".repeat(FACT_BYTES_MAX));
        assert!(matches!(plan(&json!([heavy])), Err(PlanRefusal::TooLarge { .. })));
    }

    #[test]
    fn a_foreign_key_named_like_ours_does_no_harm() {
        let row = json!({ "row_number": "A", "zone": "elsewhere", "seats": [seat("a", "One")] });
        let plan = SeatingPlan::from_value(json!({
            "name": "House", "categories": [{ "name": "One" }], "zones": [{ "name": "Stalls", "rows": [row] }],
        }))
        .unwrap();
        let (_, blocks) = plan.zones().next().unwrap();
        let written = serde_json::to_string(&blocks[0].rows[0]).unwrap();
        assert_eq!(
            serde_json::from_str::<PlanRow>(&written).unwrap(),
            blocks[0].rows[0]
        );
    }
}
