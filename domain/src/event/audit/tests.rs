//! Facts that no sound Event ever tells are found, both by the audit and by the Event's own state.

use super::*;
use crate::event::Event;
use crate::fixtures::{
    World, any, booking, buyer, confirm, event_of, expire, minute, named, on_sale, place, seat, section,
};

fn audited(facts: &[EventFact]) -> Vec<String> {
    let mut audit = SeatAudit::default();
    for fact in facts {
        audit.see(fact);
    }
    audit.violations()
}

fn held(number: u128, by: u128, id: &str, quantity: u32, seats: &[&str]) -> EventFact {
    EventFact::SeatsHeld {
        booking: booking(number),
        buyer: buyer(by),
        places: vec![Allotment {
            section: section(id),
            quantity,
            seats: seats.iter().map(|id| seat(id)).collect(),
        }],
        until: minute(10),
        at: minute(0),
    }
}

/// Both accounts find fault with `planted` after an Event went on sale; gives what the Event says.
fn faulty(planted: &[EventFact]) -> Vec<String> {
    let facts = [on_sale(), planted.to_vec()].concat();
    assert_ne!(audited(&facts), Vec::<String>::new(), "the audit finds it");
    let event: Event = event_of(&facts);
    let found = event.violations();
    assert_ne!(found, Vec::<String>::new(), "the state tells it");
    found
}

#[test]
fn what_the_rules_allow_is_sound() {
    let world = World::on_sale(&[
        place(1, 1, named(&["floor-A-1", "balcony-A-1"]), 1),
        place(2, 2, any("standing", 4), 2),
        confirm(2, 2, 3),
        expire(1, 11),
        place(3, 3, named(&["floor-A-1"]), 12),
    ]);
    assert_eq!(audited(&world.facts), Vec::<String>::new());
    assert_eq!(world.event.violations(), Vec::<String>::new());
}

#[test]
fn two_holders_of_a_seat_are_found_and_the_first_keeps_it() {
    let planted = [
        held(1, 1, "floor", 1, &["floor-A-1"]),
        held(2, 2, "floor", 1, &["floor-A-1"]),
    ];
    assert!(faulty(&planted)[0].contains("floor-A-1"));
    let event = event_of(&[on_sale(), planted.to_vec()].concat());
    assert_eq!(event.places_of_buyer(buyer(1)), 1);
    assert_eq!(event.places_of_buyer(buyer(2)), 0);
}

#[test]
fn more_than_the_capacity_is_found() {
    let planted: Vec<EventFact> = (1..=3)
        .map(|number| held(number, number, "standing", 4, &[]))
        .collect();
    faulty(&planted);
}

#[test]
fn more_than_the_limit_of_a_buyer_is_found() {
    faulty(&[held(1, 1, "standing", 3, &[]), held(2, 1, "standing", 2, &[])]);
}

#[test]
fn ends_of_holds_that_never_were_are_found() {
    let (booking, places, at) = (booking(1), Vec::new(), minute(1));
    faulty(&[EventFact::HoldReleased {
        booking,
        places: places.clone(),
        at,
    }]);
    faulty(&[EventFact::HoldExpired {
        booking,
        places: places.clone(),
        at,
    }]);
    faulty(&[EventFact::SeatsSold {
        booking,
        buyer: buyer(1),
        places,
        at,
    }]);
    faulty(&[EventFact::HoldExtended {
        booking,
        until: minute(15),
        at,
    }]);
}

#[test]
fn seats_and_sections_that_never_were_are_found() {
    faulty(&[held(1, 1, "floor", 1, &["floor-Z-1"])]);
    faulty(&[held(1, 1, "pit", 1, &[])]);
    faulty(&[held(1, 1, "floor", 1, &[])]);
}
