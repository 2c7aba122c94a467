//! Seating plans for the demonstration, drawn by rule in the format that venues exchange (pretix seating-plan JSON).

use serde_json::{Value, json};

/// Distance between neighbouring seats, and between rows, in the plan's units.
const PITCH: i64 = 12;

/// A block of seats: `rows` rows of `seats_per_row`, at a place of the plan.
struct Block<'a> {
    name: &'a str,
    id: &'a str,
    x: i64,
    y: i64,
    rows: i64,
    seats_per_row: i64,
    /// The category of a row, counted from the stage or pitch.
    category: fn(i64) -> &'static str,
    /// Rows by letter, as theatres do, or by number.
    lettered: bool,
    /// Units that a further row lies from the one before.
    row_step: (i64, i64),
    /// Units that a further seat lies from the one before.
    seat_step: (i64, i64),
}

/// A theatre of 500 seats: stalls, circle and gallery.
pub(super) fn theatre() -> Value {
    let level = |name, id, y, rows, seats_per_row, category| Block {
        name,
        id,
        x: (30 - seats_per_row) * PITCH / 2,
        y,
        rows,
        seats_per_row,
        category,
        lettered: true,
        row_step: (0, PITCH),
        seat_step: (PITCH, 0),
    };
    let blocks = [
        level("Stalls", "stalls", 100, 12, 24, |row| {
            if row < 3 { "Premium" } else { "Standard" }
        }),
        level("Circle", "circle", 300, 6, 26, |row| {
            if row == 0 { "Premium" } else { "Standard" }
        }),
        level("Gallery", "gallery", 420, 2, 28, |_| "Gallery"),
    ];
    json!({
        "name": "Lantern Theatre",
        "size": {"width": 30 * PITCH, "height": 480},
        "categories": categories(&[("Premium", "#b03a2e"), ("Standard", "#2471a3"), ("Gallery", "#1e8449")]),
        "zones": blocks.iter().map(zone).collect::<Vec<_>>(),
    })
}

/// Blocks on each of a stadium's four sides, clockwise from the north: 50 in all.
const SIDES: [(&str, i64); 4] = [("North", 15), ("East", 10), ("South", 15), ("West", 10)];
/// Rows of a block.
const BLOCK_ROWS: i64 = 40;
/// Seats of a block's row.
const BLOCK_SEATS: i64 = 25;
/// Room that a block takes along its side, aisle included.
const BLOCK_WIDTH: i64 = (BLOCK_SEATS + 2) * PITCH;
/// Room that a block takes away from the pitch.
const BLOCK_DEPTH: i64 = BLOCK_ROWS * PITCH;

/// A stadium of 50,000 seats: four stands of blocks of 1,000 around a pitch.
pub(super) fn stadium() -> Value {
    let (width, height) = (15 * BLOCK_WIDTH, 10 * BLOCK_WIDTH);
    let mut zones = Vec::new();
    for (side, blocks) in SIDES {
        for number in 1..=blocks {
            let along = (number - 1) * BLOCK_WIDTH;
            let (x, y, row_step, seat_step) = match side {
                "North" => (BLOCK_DEPTH + along, BLOCK_DEPTH, (0, -PITCH), (PITCH, 0)),
                "East" => (BLOCK_DEPTH + width, BLOCK_DEPTH + along, (PITCH, 0), (0, PITCH)),
                "South" => (BLOCK_DEPTH + along, BLOCK_DEPTH + height, (0, PITCH), (PITCH, 0)),
                _ => (BLOCK_DEPTH, BLOCK_DEPTH + along, (-PITCH, 0), (0, PITCH)),
            };
            zones.push(zone(&Block {
                name: &format!("{side} {number}"),
                id: &format!("{}-{number:02}", side.to_lowercase()),
                x,
                y,
                rows: BLOCK_ROWS,
                seats_per_row: BLOCK_SEATS,
                category: match side {
                    "North" | "South" => |row| if row < 10 { "Premium" } else { "Standard" },
                    "East" => |_| "Family",
                    _ => |_| "Supporters",
                },
                lettered: false,
                row_step,
                seat_step,
            }));
        }
    }
    let colours = [
        ("Premium", "#b03a2e"),
        ("Standard", "#2471a3"),
        ("Family", "#b9770e"),
        ("Supporters", "#1e8449"),
    ];
    json!({
        "name": "Riverside Stadium",
        "size": {"width": width + 2 * BLOCK_DEPTH, "height": height + 2 * BLOCK_DEPTH},
        "categories": categories(&colours),
        "zones": zones,
    })
}

fn categories(colours: &[(&str, &str)]) -> Value {
    colours
        .iter()
        .map(|(name, color)| json!({"name": name, "color": color}))
        .collect()
}

fn zone(block: &Block<'_>) -> Value {
    json!({
        "name": block.name,
        "zone_id": block.id,
        "position": {"x": block.x, "y": block.y},
        "rows": (0..block.rows).map(|row| row_of(block, row)).collect::<Vec<_>>(),
        "areas": [],
    })
}

fn row_of(block: &Block<'_>, row: i64) -> Value {
    let number = match (block.lettered, u8::try_from(row)) {
        (true, Ok(letter)) => char::from(b'A' + letter).to_string(),
        (true | false, _) => (row + 1).to_string(),
    };
    let seats: Vec<Value> = (0..block.seats_per_row)
        .map(|seat| {
            json!({
                "seat_guid": format!("{}-{number}-{}", block.id, seat + 1),
                "seat_number": (seat + 1).to_string(),
                "position": {"x": seat * block.seat_step.0, "y": seat * block.seat_step.1},
                "category": (block.category)(row),
            })
        })
        .collect();
    json!({
        "row_number": number,
        "row_label": format!("Row {number}"),
        "row_number_position": "both",
        "position": {"x": row * block.row_step.0, "y": row * block.row_step.1},
        "seats": seats,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn seat_ids(plan: &Value) -> Vec<String> {
        let items = |value: &Value| value.as_array().unwrap().clone();
        items(&plan["zones"])
            .iter()
            .flat_map(|zone| items(&zone["rows"]))
            .flat_map(|row| items(&row["seats"]))
            .map(|seat| seat["seat_guid"].as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn the_stadium_has_fifty_thousand_seats_with_names_of_their_own() {
        let ids = seat_ids(&stadium());
        assert_eq!(ids.len(), 50_000);
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 50_000);
    }

    #[test]
    fn the_theatre_has_five_hundred_seats() {
        assert_eq!(seat_ids(&theatre()).len(), 500);
    }
}
