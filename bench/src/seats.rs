//! Events to sell in a benchmark, and the ids of their seats.

use serde_json::{Value, json};

/// Rows of a section; with [`SEATS_PER_ROW`] seats each.
const ROWS: u32 = 50;
/// Seats of a row.
pub(crate) const SEATS_PER_ROW: u32 = 100;
/// Seats of a section.
pub(crate) const SEATS_PER_SECTION: u32 = ROWS * SEATS_PER_ROW;

/// The request that creates an Event of `sections` whole sections at `price` minor units a seat.
pub(crate) fn event_body(title: &str, sections: u32, price: i64) -> Value {
    event_of_rows(title, sections, ROWS, price)
}

/// The same with so many `rows` a section.
pub(crate) fn event_of_rows(title: &str, sections: u32, rows: u32, price: i64) -> Value {
    let sections: Vec<Value> = (0..sections)
        .map(|number| {
            json!({"name": section_name(number), "price": price, "rows": rows, "seats_per_row": SEATS_PER_ROW})
        })
        .collect();
    json!({
        "title": title,
        "description": "Made to be sold out.",
        "category": "benchmark",
        "venue": "National Stadium",
        "city": "Berlin",
        "time_zone": "Europe/Berlin",
        "starts_at": "2040-06-01T18:00:00Z",
        "ends_at": "2040-06-01T21:00:00Z",
        "currency": "EUR",
        "buyer_seats_max": 1_000_000,
        "sections": sections,
    })
}

fn section_name(number: u32) -> String {
    format!("Block {number}")
}

/// Ids of seats `first` and the one after it, counted over the whole Event.
pub(crate) fn pair(first: u32) -> [String; 2] {
    [seat_id(first), seat_id(first + 1)]
}

/// Id of seat `number`, counted over the whole Event.
pub(crate) fn seat_id(number: u32) -> String {
    let (section, within) = (number / SEATS_PER_SECTION, number % SEATS_PER_SECTION);
    let (row, seat) = (within / SEATS_PER_ROW, within % SEATS_PER_ROW);
    format!("block-{section}-{}-{}", row_letters(row), seat + 1)
}

/// A, B, … Z, AA, AB, …: how rows of a generated section are lettered.
fn row_letters(row: u32) -> String {
    let letter = |place: u32| char::from(b'A' + u8::try_from(place % 26).unwrap_or_default());
    match row.checked_sub(26) {
        None => letter(row).to_string(),
        Some(rest) => format!("{}{}", letter(rest / 26), letter(rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_after_z_have_two_letters() {
        assert_eq!(row_letters(25), "Z");
        assert_eq!(row_letters(26), "AA");
        assert_eq!(row_letters(49), "AX");
    }

    #[test]
    fn seats_are_counted_through_rows_and_sections() {
        assert_eq!(pair(0), ["block-0-A-1", "block-0-A-2"]);
        assert_eq!(seat_id(SEATS_PER_SECTION + 101), "block-1-B-2");
    }
}
