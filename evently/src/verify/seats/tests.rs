//! What the ledger of seats notices.

use super::*;
use chrono::{DateTime, Utc};
use domain::ids::AccountId;
use uuid::Uuid;

fn booking(number: u128) -> BookingId {
    BookingId::new(Uuid::from_u128(number))
}

fn hall() -> SeatLedger {
    let section = SectionId::parse("hall").unwrap();
    let capacity = Some(2);
    let price = Price::parse(100).unwrap();
    let name = domain::text::Name::parse("Hall").unwrap();
    let mut ledger = SeatLedger {
        buyer_seats_max: 8,
        ..SeatLedger::default()
    };
    let fact = EventFact::SectionAdded {
        section,
        name,
        price,
        category: None,
        capacity,
        at: at(),
    };
    ledger.book(&fact, &mut |complaint| panic!("{complaint}"));
    ledger
}

fn at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn places(quantity: u32) -> Vec<Allotment> {
    vec![Allotment {
        section: SectionId::parse("hall").unwrap(),
        quantity,
        seats: vec![],
    }]
}

fn held(booking: BookingId, quantity: u32) -> EventFact {
    let buyer = AccountId::new(Uuid::from_u128(9));
    EventFact::SeatsHeld {
        booking,
        buyer,
        places: places(quantity),
        until: at(),
        at: at(),
    }
}

fn complaints(ledger: &mut SeatLedger, facts: &[EventFact]) -> Vec<String> {
    let mut complaints = Vec::new();
    for fact in facts {
        ledger.book(fact, &mut |complaint| complaints.push(complaint));
    }
    complaints
}

#[test]
fn a_section_sold_above_its_capacity_is_noticed() {
    assert_eq!(
        complaints(&mut hall(), &[held(booking(1), 2), held(booking(2), 1)]).len(),
        1
    );
}

#[test]
fn a_buyer_above_the_limit_is_noticed() {
    let mut ledger = hall();
    ledger.buyer_seats_max = 1;
    assert_eq!(
        complaints(&mut ledger, &[held(booking(1), 1), held(booking(2), 1)]).len(),
        1
    );
}

#[test]
fn places_that_were_freed_can_be_held_again() {
    let freed = EventFact::HoldExpired {
        booking: booking(1),
        places: places(2),
        at: at(),
    };
    assert_eq!(
        complaints(&mut hall(), &[held(booking(1), 2), freed, held(booking(2), 2)]),
        [""; 0]
    );
}

#[test]
fn freeing_more_than_was_held_is_noticed() {
    let freed = EventFact::HoldReleased {
        booking: booking(1),
        places: places(2),
        at: at(),
    };
    assert_eq!(
        complaints(&mut hall(), &[held(booking(1), 1), freed]).len(),
        2,
        "by the hold and by the section"
    );
}

fn sold(booking: BookingId, quantity: u32) -> EventFact {
    EventFact::SeatsSold {
        booking,
        buyer: AccountId::new(Uuid::from_u128(9)),
        places: places(quantity),
        at: at(),
    }
}

fn returned(booking: BookingId, quantity: u32) -> EventFact {
    EventFact::SeatsReturned {
        booking,
        places: places(quantity),
        at: at(),
    }
}

fn secured(booking: BookingId) -> EventFact {
    EventFact::HoldSecured { booking, at: at() }
}

fn resumed(booking: BookingId) -> EventFact {
    EventFact::HoldResumed {
        booking,
        until: at(),
        at: at(),
    }
}

fn cancelled() -> EventFact {
    EventFact::EventCancelled {
        reason: domain::text::Name::parse("Storm").unwrap(),
        at: at(),
    }
}

fn resized(capacity: u32) -> EventFact {
    EventFact::CapacityChanged {
        section: SectionId::parse("hall").unwrap(),
        capacity,
        at: at(),
    }
}

#[test]
fn a_hold_waits_for_its_payment_and_is_sold_and_returned_in_parts() {
    let story = [
        held(booking(1), 2),
        secured(booking(1)),
        resumed(booking(1)),
        secured(booking(1)),
        sold(booking(1), 2),
        returned(booking(1), 1),
        held(booking(2), 1),
        returned(booking(1), 1),
        held(booking(3), 1),
    ];
    let mut ledger = hall();
    assert_eq!(complaints(&mut ledger, &story), [""; 0]);
    assert_eq!(ledger.holdings.len(), 2);
}

#[test]
fn a_hold_that_ends_while_its_payment_is_under_way_is_noticed() {
    let expired = EventFact::HoldExpired {
        booking: booking(1),
        places: places(1),
        at: at(),
    };
    let extended = EventFact::HoldExtended {
        booking: booking(1),
        until: at(),
        at: at(),
    };
    for wrong in [expired, extended, secured(booking(1))] {
        let story = [held(booking(1), 1), secured(booking(1)), wrong];
        assert_eq!(complaints(&mut hall(), &story).len(), 1);
    }
    assert_eq!(
        complaints(&mut hall(), &[held(booking(1), 1), resumed(booking(1))]).len(),
        1
    );
}

#[test]
fn returning_what_was_not_sold_is_noticed() {
    assert!(!complaints(&mut hall(), &[held(booking(1), 1), returned(booking(1), 1)]).is_empty());
    let story = [held(booking(1), 1), sold(booking(1), 1), returned(booking(1), 2)];
    assert!(!complaints(&mut hall(), &story).is_empty());
}

#[test]
fn a_section_with_fewer_places_than_are_taken_is_noticed() {
    assert_eq!(
        complaints(&mut hall(), &[held(booking(1), 2), resized(1)]).len(),
        1
    );
    assert_eq!(
        complaints(&mut hall(), &[resized(3), held(booking(1), 3)]),
        [""; 0]
    );
}

#[test]
fn a_hold_pays_the_price_of_its_moment() {
    let price = Price::parse(150).unwrap();
    let hall_id = SectionId::parse("hall").unwrap();
    let changed = |section| EventFact::PriceChanged {
        section,
        price,
        at: at(),
    };
    let mut ledger = hall();
    assert_eq!(complaints(&mut ledger, &[changed(hall_id.clone())]), [""; 0]);
    assert_eq!(ledger.price(&hall_id), Some(price));
    let elsewhere = changed(SectionId::parse("lawn").unwrap());
    assert_eq!(complaints(&mut ledger, &[elsewhere]).len(), 1);
}

#[test]
fn a_cancelled_event_that_sells_is_noticed() {
    assert_eq!(
        complaints(&mut hall(), &[cancelled(), held(booking(1), 1)]).len(),
        1
    );
    let story = [held(booking(1), 1), cancelled(), secured(booking(1))];
    assert_eq!(complaints(&mut hall(), &story).len(), 1);
    let story = [held(booking(1), 1), cancelled(), sold(booking(1), 1)];
    assert_eq!(complaints(&mut hall(), &story).len(), 1);
    let paid = [
        held(booking(1), 1),
        secured(booking(1)),
        cancelled(),
        sold(booking(1), 1),
    ];
    assert_eq!(
        complaints(&mut hall(), &paid),
        [""; 0],
        "what is paid is sold, and returned after that"
    );
    assert_eq!(complaints(&mut hall(), &[cancelled(), cancelled()]).len(), 1);
}
