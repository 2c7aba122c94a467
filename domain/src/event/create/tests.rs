//! Creating an Event from sections and from plans, given / when / then.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test looks for one kind of fact among all"
)]

use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::event::SeatingPlan;
use crate::fingerprint::Fingerprint;
use crate::fixtures::{another_organizer, create, draft, event_of, name, price, section};
use crate::limits::FACT_BYTES_MAX;

fn create_from(sections: Vec<NewSection>) -> Result<Vec<EventFact>, EventRefusal> {
    decide(
        &Event::default(),
        &CreateEvent {
            seating: Seating::Sections(sections),
            ..create()
        },
    )
}

fn rows(rows: u32, seats_per_row: u32) -> Vec<NewSection> {
    vec![NewSection {
        name: name("Floor"),
        price: price(1),
        places: NewPlaces::Rows { rows, seats_per_row },
    }]
}

fn capacity(places: u32) -> NewSection {
    named_capacity("Standing", places)
}

fn named_capacity(called: &str, places: u32) -> NewSection {
    NewSection {
        name: name(called),
        price: price(1),
        places: NewPlaces::Capacity(places),
    }
}

fn seat_ids(facts: &[EventFact]) -> Vec<String> {
    let rows = facts.iter().flat_map(|fact| match fact {
        EventFact::RowsAdded { rows, .. } => rows.as_slice(),
        _ => &[],
    });
    rows.flat_map(|row| &row.seats)
        .map(|seat| seat.id.to_string())
        .collect()
}

#[test]
fn sections_become_seats_with_readable_ids_and_places_without() {
    let event = event_of(&draft());
    let found: Vec<_> = event
        .seats()
        .sections()
        .map(|one| (one.id.as_str(), one.capacity, one.seated))
        .collect();
    assert_eq!(
        found,
        [("floor", 12, true), ("balcony", 4, true), ("standing", 10, false)]
    );
    let ids = seat_ids(&draft());
    assert_eq!((ids[0].as_str(), ids[11].as_str()), ("floor-A-1", "floor-B-6"));
}

#[test]
fn rows_after_z_have_two_letters() {
    let ids = seat_ids(&create_from(rows(28, 1)).unwrap());
    assert_eq!(ids[25..], ["floor-Z-1", "floor-AA-1", "floor-AB-1"]);
}

#[test]
fn sections_whose_names_differ_little_have_ids_of_their_own() {
    let facts = create_from(vec![capacity(1), named_capacity("Standing!", 2)]).unwrap();
    let event = event_of(&facts);
    assert_eq!(
        event
            .seats()
            .sections()
            .map(|one| one.id.as_str())
            .collect::<Vec<_>>(),
        ["standing", "standing-2"]
    );
}

#[test]
fn sections_whose_names_look_the_same_are_refused() {
    for (one, other) in [
        ("Standing", "Standing"),
        ("Caf\u{e9}", "Cafe\u{301}"),
        ("A", "A\u{200d}"),
    ] {
        let refused = create_from(vec![named_capacity(one, 1), named_capacity(other, 2)]);
        let section = name(other);
        assert_eq!(
            refused,
            Err(EventRefusal::SectionNamedTwice { section, index: 1 })
        );
    }
}

#[test]
fn the_largest_event_is_cut_into_facts_of_bounded_size() {
    let facts = create_from(rows(400, 500)).unwrap();
    assert_eq!(
        event_of(&facts)
            .seats()
            .sections()
            .map(|one| one.capacity)
            .sum::<u32>(),
        200_000
    );
    let largest = facts
        .iter()
        .map(|fact| serde_json::to_string(fact).unwrap().len())
        .max()
        .unwrap();
    assert!(largest <= FACT_BYTES_MAX, "{largest}");
}

#[test]
fn sections_without_places_and_beyond_bounds_are_refused() {
    let floor = name("Floor");
    assert_eq!(create_from(vec![]), Err(EventRefusal::NoSections));
    assert_eq!(
        create_from(rows(0, 5)),
        Err(EventRefusal::EmptySection {
            section: floor.clone()
        })
    );
    assert_eq!(
        create_from(rows(5, 0)),
        Err(EventRefusal::EmptySection {
            section: floor.clone()
        })
    );
    assert_eq!(
        create_from(rows(1, 1001)),
        Err(EventRefusal::RowTooLong { section: floor })
    );
    assert_eq!(
        create_from(rows(401, 500)),
        Err(EventRefusal::TooManySeats { found: 200_500 })
    );
    assert_eq!(
        create_from(vec![capacity(1_000_001)]),
        Err(EventRefusal::TooManyPlaces { found: 1_000_001 })
    );
    assert_eq!(
        create_from(vec![capacity(1); 1001]),
        Err(EventRefusal::TooManySections { found: 1001 })
    );
}

#[test]
fn the_same_organizer_asking_again_changes_nothing_and_another_collides() {
    let event = event_of(&draft());
    assert_eq!(decide(&event, &create()), Ok(vec![]));
    let another = CreateEvent {
        organizer: another_organizer().account,
        ..create()
    };
    assert_eq!(decide(&event, &another), Err(EventRefusal::AlreadyExists));
}

#[test]
fn a_request_with_the_same_key_for_something_else_collides() {
    let asked = |bits| CreateEvent {
        request: Some(Fingerprint::new(bits)),
        ..create()
    };
    let event = event_of(&decide(&Event::default(), &asked(1)).unwrap());
    assert_eq!(decide(&event, &asked(1)), Ok(vec![]));
    assert_eq!(decide(&event, &asked(2)), Err(EventRefusal::AlreadyExists));
}

#[test]
fn a_limit_of_nothing_is_refused() {
    let command = CreateEvent {
        buyer_seats_max: 0,
        ..create()
    };
    assert_eq!(
        decide(&Event::default(), &command),
        Err(EventRefusal::BuyerLimitOutOfRange)
    );
}

/// Stalls with a row whose middle is premium, and a box of one category.
fn plan() -> SeatingPlan {
    let seat = |id: &str, category: &str| json!({ "seat_guid": id, "seat_number": "1", "category": category, "x": 1.5 });
    let plan = json!({
        "name": "House", "size": { "width": 1, "height": 2 }, "mystery": [1],
        "categories": [{ "name": "Standard", "color": "#fff" }, { "name": "Premium", "color": "#000" }],
        "zones": [
            { "name": "Stalls", "areas": [], "rows": [{ "row_number": "A", "row_label": "Row A", "seats": [
                seat("s1", "Standard"), seat("s2", "Standard"), seat("p1", "Premium"), seat("s3", "Standard")] }] },
            { "name": "Box", "position": { "x": 0 }, "rows": [{ "row_number": "1", "seats": [seat("b1", "Premium")] }] },
        ],
    });
    SeatingPlan::from_value(plan).unwrap()
}

fn create_from_plan(prices: &[(&str, i64)]) -> Result<Vec<EventFact>, EventRefusal> {
    let prices: BTreeMap<_, _> = prices
        .iter()
        .map(|(text, amount)| (name(text), price(*amount)))
        .collect();
    decide(
        &Event::default(),
        &CreateEvent {
            seating: Seating::Plan { plan: plan(), prices },
            ..create()
        },
    )
}

#[test]
fn a_plan_becomes_a_section_per_zone_and_category() {
    let facts = create_from_plan(&[("Standard", 5), ("Premium", 9)]).unwrap();
    let event = event_of(&facts);
    let found: Vec<_> = event
        .seats()
        .sections()
        .map(|one| {
            (
                one.id.as_str(),
                one.name.as_str(),
                one.price.amount(),
                one.capacity,
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("stalls-standard", "Stalls, Standard", 5, 3),
            ("stalls-premium", "Stalls, Premium", 9, 1),
            ("box-premium", "Box", 9, 1),
        ]
    );
    assert_eq!(event.seats().violations(), Vec::<String>::new());
}

#[test]
fn a_row_is_cut_where_its_category_changes_and_keeps_what_it_said() {
    let facts = create_from_plan(&[("Standard", 5), ("Premium", 9)]).unwrap();
    let stalls = facts.iter().find_map(|fact| match fact {
        EventFact::RowsAdded {
            section: id, rows, ..
        } if *id == section("stalls-standard") => Some(rows),
        _ => None,
    });
    let rows = stalls.unwrap();
    let seats: Vec<Vec<&str>> = rows
        .iter()
        .map(|row| row.seats.iter().map(|seat| seat.id.as_str()).collect())
        .collect();
    assert_eq!(seats, [vec!["s1", "s2"], vec!["s3"]]);
    assert_eq!(rows[1].rest["row_label"], "Row A");
    assert_eq!(rows[0].seats[0].rest["x"], 1.5);
    let head = facts.iter().find_map(|fact| match fact {
        EventFact::PlanImported { plan, .. } => Some(plan),
        _ => None,
    });
    assert_eq!(head.unwrap().rest["mystery"], json!([1]));
}

#[test]
fn every_category_with_seats_needs_a_price_and_every_price_a_category() {
    assert_eq!(
        create_from_plan(&[("Standard", 5)]),
        Err(EventRefusal::PricesMissing {
            categories: vec![name("Premium")]
        })
    );
    assert_eq!(
        create_from_plan(&[("Standard", 5), ("Premium", 9), ("Premum", 9)]),
        Err(EventRefusal::PricesUnknown {
            categories: vec![name("Premum")]
        })
    );
}

#[test]
fn a_description_that_cannot_be_stored_is_refused() {
    let mut command = create();
    command.details.description = "An opera.\u{0}".to_owned();
    let refused = decide(&Event::default(), &command);
    assert_eq!(refused, Err(EventRefusal::DescriptionControlCharacter));
}
