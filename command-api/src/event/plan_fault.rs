//! Where a seating plan is malformed. The domain decides what is wrong; this reads the plan's outline once more, only to
//! find the place and to point at it.

use domain::event::PlanRefusal;
use domain::text::{Name, SeatId};
use edge::problem::{FieldError, Problem, kinds};
use edge::request::strict;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Where the plan stands in the body.
const PLAN: &str = "#/seating_plan";

/// The parts of a plan that must have a shape; what else there is, may be anything.
#[derive(Deserialize)]
struct Outline {
    #[serde(rename = "name", deserialize_with = "Name::deserialize_new")]
    _name: Name,
    #[serde(rename = "categories", default)]
    _categories: Vec<OutlineCategory>,
    #[serde(rename = "zones")]
    _zones: Vec<OutlineZone>,
}

#[derive(Deserialize)]
struct OutlineCategory {
    #[serde(rename = "name", deserialize_with = "Name::deserialize_new")]
    _name: Name,
}

#[derive(Deserialize)]
struct OutlineZone {
    #[serde(rename = "name", deserialize_with = "Name::deserialize_new")]
    _name: Name,
    #[serde(rename = "rows", default)]
    _rows: Vec<OutlineRow>,
}

#[derive(Deserialize)]
struct OutlineRow {
    #[serde(rename = "row_number", deserialize_with = "Name::deserialize_new")]
    _row_number: Name,
    #[serde(rename = "seats", default)]
    _seats: Vec<OutlineSeat>,
}

#[derive(Deserialize)]
struct OutlineSeat {
    #[serde(rename = "seat_guid", deserialize_with = "SeatId::deserialize_new")]
    _seat_guid: SeatId,
    #[serde(rename = "seat_number", deserialize_with = "Name::deserialize_new")]
    _seat_number: Name,
    #[serde(rename = "category", deserialize_with = "Name::deserialize_new")]
    _category: Name,
}

/// The problem for a plan that cannot be used.
pub(super) fn problem(json: &str, refusal: &PlanRefusal) -> Problem {
    let problem = Problem::new(&kinds::INVALID_PLAN);
    if let PlanRefusal::Malformed { .. } = refusal {
        let fault = malformed(json);
        let place = fault.pointer.as_deref().unwrap_or(PLAN).trim_start_matches("#/");
        let detail = format!("{place} {}", fault.detail);
        return problem.detail(detail).errors(vec![fault]);
    }
    let problem = problem.detail(refusal.to_string());
    match refusal {
        PlanRefusal::DuplicateSeats { seats } => {
            problem.with("seats", seats.iter().map(SeatId::as_str).collect::<Vec<_>>())
        }
        PlanRefusal::UnknownCategories { categories } => problem.with(
            "categories",
            categories.iter().map(Name::as_str).collect::<Vec<_>>(),
        ),
        PlanRefusal::ZoneNamedTwice { index, .. } => {
            let pointer = format!("{PLAN}/zones/{index}/name");
            problem.errors(vec![FieldError::at(pointer, refusal.to_string())])
        }
        PlanRefusal::Malformed { .. }
        | PlanRefusal::NoSeats
        | PlanRefusal::TooManySeats { .. }
        | PlanRefusal::TooLarge { .. } => problem.errors(vec![FieldError::at(PLAN, refusal.to_string())]),
    }
}

/// What the reader of plans says is not for clients: it names types of ours, and lines of the plan alone.
fn malformed(json: &str) -> FieldError {
    let read = serde_json::from_str::<&RawValue>(json).map(|json| strict::read::<Outline>(json, PLAN));
    match read {
        Ok(Err(fault)) => fault,
        Ok(Ok(_)) | Err(_) => FieldError::at(PLAN, "cannot be read as a seating plan"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointer_into(json: &str) -> String {
        malformed(json).pointer.unwrap()
    }

    #[test]
    fn a_malformed_plan_is_pointed_at() {
        let seats =
            r#"{"name":"P","zones":[{"name":"Z","rows":[{"row_number":"1","seats":[{"seat_guid":7}]}]}]}"#;
        assert_eq!(
            pointer_into(seats),
            "#/seating_plan/zones/0/rows/0/seats/0/seat_guid"
        );
        assert_eq!(
            pointer_into(r#"{"name":"P","zones":[{"rows":[]}]}"#),
            "#/seating_plan/zones/0/name"
        );
        assert_eq!(pointer_into(r#"{"name":"","zones":[]}"#), "#/seating_plan/name");
    }

    #[test]
    fn what_only_the_domain_finds_is_pointed_at_as_a_whole() {
        assert_eq!(pointer_into(r#"{"name":"P","zones":[]}"#), "#/seating_plan");
    }
}
