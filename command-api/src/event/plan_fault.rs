//! Where a seating plan is malformed. The domain decides what is wrong; this reads the plan's outline once more, only to
//! find the place and to point at it.

use domain::event::PlanRefusal;
use domain::text::{Name, SeatId};
use edge::problem::{FieldError, Problem, kinds, pointer};
use serde::Deserialize;

/// Where the plan stands in the body.
const PLAN: &str = "#/seating_plan";

/// The parts of a plan that must have a shape; what else there is, may be anything.
#[derive(Deserialize)]
struct Outline {
    #[serde(rename = "name")]
    _name: Name,
    #[serde(rename = "categories", default)]
    _categories: Vec<OutlineCategory>,
    #[serde(rename = "zones")]
    _zones: Vec<OutlineZone>,
}

#[derive(Deserialize)]
struct OutlineCategory {
    #[serde(rename = "name")]
    _name: Name,
}

#[derive(Deserialize)]
struct OutlineZone {
    #[serde(rename = "name")]
    _name: Name,
    #[serde(rename = "rows", default)]
    _rows: Vec<OutlineRow>,
}

#[derive(Deserialize)]
struct OutlineRow {
    #[serde(rename = "row_number")]
    _row_number: Name,
    #[serde(rename = "seats", default)]
    _seats: Vec<OutlineSeat>,
}

#[derive(Deserialize)]
struct OutlineSeat {
    #[serde(rename = "seat_guid")]
    _seat_guid: SeatId,
    #[serde(rename = "seat_number")]
    _seat_number: Name,
    #[serde(rename = "category")]
    _category: Name,
}

/// The problem for a plan that cannot be used.
pub(super) fn problem(json: &str, refusal: &PlanRefusal) -> Problem {
    let problem = Problem::new(&kinds::INVALID_PLAN).detail(refusal.to_string());
    match refusal {
        PlanRefusal::Malformed { detail } => problem.errors(vec![malformed(json, detail)]),
        PlanRefusal::DuplicateSeats { seats } => {
            problem.with("seats", seats.iter().map(SeatId::as_str).collect::<Vec<_>>())
        }
        PlanRefusal::UnknownCategories { categories } => problem.with(
            "categories",
            categories.iter().map(Name::as_str).collect::<Vec<_>>(),
        ),
        PlanRefusal::NoSeats | PlanRefusal::TooManySeats { .. } | PlanRefusal::TooLarge { .. } => {
            problem.errors(vec![FieldError::at(PLAN, refusal.to_string())])
        }
    }
}

fn malformed(json: &str, detail: &str) -> FieldError {
    let mut reader = serde_json::Deserializer::from_str(json);
    match serde_path_to_error::deserialize::<_, Outline>(&mut reader) {
        Ok(_) => FieldError::at(PLAN, detail),
        Err(fault) => FieldError::at(
            pointer::to(PLAN, fault.path()),
            without_place(&fault.inner().to_string()),
        ),
    }
}

/// Line and column would be those of the plan and not of the body.
fn without_place(message: &str) -> &str {
    message.split(" at line ").next().unwrap_or(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointer_into(json: &str) -> String {
        malformed(json, "detail").pointer
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
            "#/seating_plan/zones/0"
        );
        assert_eq!(pointer_into(r#"{"name":"","zones":[]}"#), "#/seating_plan/name");
    }

    #[test]
    fn what_only_the_domain_finds_is_pointed_at_as_a_whole() {
        assert_eq!(pointer_into(r#"{"name":"P","zones":[]}"#), "#/seating_plan");
    }
}
