//! Bodies that create Events.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::new_event;

/// A new Event's body with these members instead.
pub(crate) fn but(members: &Value) -> Value {
    let mut body = new_event();
    for (name, value) in members.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

pub(crate) fn with_plan(plan: &Value, prices: &Value) -> Value {
    let mut body = but(&json!({ "seating_plan": plan, "prices": prices }));
    body.as_object_mut().unwrap().remove("sections");
    body
}

/// A plan of one zone with this many rows of ten seats.
pub(crate) fn plan(rows: usize) -> Value {
    let seat = |row: usize, seat: usize| {
        json!({ "seat_guid": format!("{row}-{seat}"), "seat_number": seat.to_string(), "category": "Gold",
                "uuid": Uuid::new_v4(), "position": { "x": seat * 12, "y": 0 } })
    };
    let row = |row: usize| {
        let seats: Vec<Value> = (1..=10).map(|number| seat(row, number)).collect();
        json!({ "row_number": row.to_string(), "position": { "x": 0, "y": row * 12 }, "seats": seats })
    };
    let rows: Vec<Value> = (1..=rows).map(row).collect();
    json!({
        "name": "Hall",
        "size": { "width": 100, "height": 100 },
        "categories": [{ "name": "Gold", "color": "#fc0" }],
        "zones": [{ "name": "Floor", "position": { "x": 0, "y": 0 }, "rows": rows, "areas": [] }],
    })
}
