//! Aisles: where a plan says where its seats stand, a wide gap parts a row.

use serde_json::Value;

use crate::event::plan::{PlanRow, PlanSeat};

/// The seats of `row` in blocks side by side. An aisle is more than one and a half times as wide as the usual distance of
/// neighbours in that row, the middle one of all. Seats without a position stand beside their neighbours.
pub(crate) fn blocks_of(row: &PlanRow) -> impl Iterator<Item = &[PlanSeat]> {
    let usual = usual_distance(&row.seats);
    row.seats
        .chunk_by(move |one, next| match (distance(one, next), usual) {
            // squares: nine quarters is one and a half times as far
            (Some(distance), Some(usual)) => distance.saturating_mul(4) <= usual.saturating_mul(9),
            (None, _) | (_, None) => true,
        })
}

fn usual_distance(seats: &[PlanSeat]) -> Option<i128> {
    let mut distances: Vec<i128> = seats
        .windows(2)
        .filter_map(|pair| match pair {
            [one, next] => distance(one, next),
            _ => None,
        })
        .collect();
    distances.sort_unstable();
    distances.get(distances.len().checked_sub(1)? / 2).copied()
}

/// The square of the distance of two seats, in thousandths of the plan's units.
fn distance(one: &PlanSeat, other: &PlanSeat) -> Option<i128> {
    let along = |axis| Some(i128::from(coordinate(one, axis)?) - i128::from(coordinate(other, axis)?));
    let (x, y) = (along("x")?, along("y")?);
    Some(x.saturating_mul(x).saturating_add(y.saturating_mul(y)))
}

/// A coordinate in thousandths.
fn coordinate(seat: &PlanSeat, axis: &str) -> Option<i64> {
    match seat.rest.get("position")?.get(axis)? {
        Value::Number(number) => thousandths(&number.to_string()),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A decimal number in thousandths, the rest cut off; `None` where it is written with an exponent.
fn thousandths(number: &str) -> Option<i64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = fraction.chars().chain(std::iter::repeat('0')).take(3);
    let text: String = whole.chars().chain(digits).collect();
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(positions: &[Value]) -> PlanRow {
        let seats = positions.iter().zip(1..).map(|(position, number)| {
            let id = format!("A-{number}");
            json!({"seat_guid": id, "seat_number": number.to_string(), "position": position})
        });
        let row = json!({"row_number": "A", "seats": seats.collect::<Vec<_>>()});
        serde_json::from_value(row).unwrap()
    }

    fn lengths(positions: &[Value]) -> Vec<usize> {
        blocks_of(&row(positions)).map(<[_]>::len).collect()
    }

    #[test]
    fn a_wide_gap_parts_a_row() {
        let at = |x: i64| json!({"x": x, "y": 0});
        assert_eq!(lengths(&[0, 30, 60, 150, 180].map(at)), [3, 2]);
        assert_eq!(lengths(&[180, 150, 60, 30, 0].map(at)), [2, 3]);
        assert_eq!(lengths(&[0, 30, 75, 105].map(at)), [4], "half a seat is no aisle");
    }

    #[test]
    fn distances_count_in_any_direction_and_in_fractions() {
        let at = |(x, y): (f64, f64)| json!({"x": x, "y": y});
        let round = [
            (0.0, 0.0),
            (18.5, 18.5),
            (37.0, 37.0),
            (90.5, 90.5),
            (109.0, 109.0),
        ];
        assert_eq!(lengths(&round.map(at)), [3, 2]);
    }

    #[test]
    fn a_plan_may_count_in_any_unit() {
        let at = |x: f64| json!({"x": x, "y": 0});
        assert_eq!(lengths(&[0.0, 1.2, 2.4, 3.6, 4.8, 6.0, 7.2].map(at)), [7]);
        assert_eq!(lengths(&[0.0, 0.5, 1.0, 2.5, 3.0].map(at)), [3, 2]);
        assert_eq!(lengths(&[-0.5, 0.0, 0.5].map(at)), [3]);
    }

    #[test]
    fn an_aisle_of_a_short_row_is_found() {
        let at = |x: i64| json!({"x": x, "y": 0});
        assert_eq!(lengths(&[0, 30, 120].map(at)), [2, 1]);
        assert_eq!(lengths(&[0, 90].map(at)), [2], "nothing says what is usual");
    }

    #[test]
    fn seats_without_positions_are_neighbours() {
        assert_eq!(
            lengths(&[json!(null), json!({"x": 1}), json!({"x": "a", "y": 2})]),
            [3]
        );
        assert!(lengths(&[]).is_empty());
    }
}
