//! Placing a Booking, given / when / then.

use cqrs_es::test::TestFramework;

use super::*;
use crate::booking::{BookingCommand, BookingRefusal, expired_holds_blocking};
use crate::event::facts::Allotment;
use crate::fixtures::{
    World, any, booking, buyer, close, confirm, draft, event_of, expire, minute, named, on_sale, place,
    price, published, release, seat, section,
};
use crate::text::SeatId;

fn refused(world: &mut World, command: &BookingCommand) -> PlaceRefusal {
    match world.when(command) {
        Err(BookingRefusal::Place(refusal)) => refusal,
        other => panic!("expected a refusal to place, got {other:?}"),
    }
}

fn seats_of(change: &Change) -> Vec<&str> {
    let BookingFact::BookingPlaced { lines, .. } = &change.booking[0] else {
        panic!("not placed")
    };
    lines
        .iter()
        .flat_map(|line| &line.seats)
        .map(SeatId::as_str)
        .collect()
}

#[test]
fn named_seats_are_held_at_their_price_for_ten_minutes() {
    let lines = vec![BookingLine {
        section: section("floor"),
        quantity: 2,
        seats: vec![seat("floor-A-1"), seat("floor-A-2")],
        unit_price: price(1000),
    }];
    let placed = BookingFact::BookingPlaced {
        event: EventId::new(uuid::Uuid::from_u128(7)),
        buyer: buyer(1),
        reference: Reference::of(booking(1)),
        request: Fingerprint::new(1),
        lines,
        total: Money {
            amount: 2000,
            currency: crate::money::Currency::parse("EUR").unwrap(),
        },
        policy: None,
        until: minute(11),
        at: minute(1),
    };
    TestFramework::<Booking>::with(event_of(&on_sale()))
        .given_no_previous_events()
        .when(place(1, 1, named(&["floor-A-1", "floor-A-2"]), 1))
        .then_expect_events(vec![placed]);
}

#[test]
fn the_event_has_the_same_places_and_deadline() {
    let change = World::on_sale(&[])
        .when(&place(1, 1, named(&["floor-A-1", "balcony-A-1"]), 1))
        .unwrap();
    let allotment = |id: &str, one: &str| Allotment {
        section: section(id),
        quantity: 1,
        seats: vec![seat(one)],
    };
    let held = EventFact::SeatsHeld {
        booking: booking(1),
        buyer: buyer(1),
        places: vec![
            allotment("floor", "floor-A-1"),
            allotment("balcony", "balcony-A-1"),
        ],
        until: minute(11),
        at: minute(1),
    };
    assert_eq!(change.event, [held]);
}

#[test]
fn general_admission_is_counted() {
    let mut world = World::on_sale(&[
        place(1, 1, any("standing", 4), 1),
        place(2, 2, any("standing", 4), 1),
    ]);
    assert_eq!(
        refused(&mut world, &place(3, 3, any("standing", 3), 1)),
        PlaceRefusal::Seats(SeatRefusal::SoldOut {
            section: section("standing"),
            left: 2
        })
    );
    world.when(&place(4, 3, any("standing", 2), 1)).unwrap();
}

#[test]
fn the_best_available_seats_are_in_the_front_row_and_in_its_middle() {
    let change = World::on_sale(&[])
        .when(&place(1, 1, any("floor", 2), 1))
        .unwrap();
    assert_eq!(seats_of(&change), ["floor-A-3", "floor-A-4"]);
}

#[test]
fn the_same_request_again_changes_nothing() {
    let mut world = World::on_sale(&[place(1, 1, any("floor", 2), 1)]);
    assert_eq!(
        world.when(&place(1, 1, any("floor", 2), 3)),
        Ok(Change::default())
    );
    world.when(&release(1, 1, 4)).unwrap();
    assert_eq!(
        world.when(&place(1, 1, any("floor", 2), 5)),
        Ok(Change::default())
    );
}

#[test]
fn another_request_with_the_same_key_is_refused() {
    let mut world = World::on_sale(&[place(1, 1, any("floor", 2), 1)]);
    let BookingCommand::Place(command) = place(1, 1, any("floor", 3), 1) else {
        panic!()
    };
    let another = BookingCommand::Place(PlaceBooking {
        request: Fingerprint::new(99),
        ..command
    });
    assert_eq!(refused(&mut world, &another), PlaceRefusal::KeyReused);
}

#[test]
fn buyers_do_not_see_what_is_absent_or_a_draft() {
    for facts in [vec![], draft()] {
        let mut world = World::given(facts);
        assert_eq!(
            refused(&mut world, &place(1, 1, any("floor", 1), 1)),
            PlaceRefusal::EventAbsent
        );
    }
}

#[test]
fn nothing_is_held_outside_the_sales_window() {
    let end = Some(minute(10_200));
    let mut world = World::given(published());
    let not_open = PlaceRefusal::NotOnSale {
        from: None,
        until: end,
    };
    assert_eq!(refused(&mut world, &place(1, 1, any("floor", 1), 1)), not_open);
    let mut world = World::given(on_sale());
    let window = PlaceRefusal::NotOnSale {
        from: Some(minute(0)),
        until: end,
    };
    assert_eq!(refused(&mut world, &place(1, 1, any("floor", 1), -1)), window);
    assert_eq!(refused(&mut world, &place(1, 1, any("floor", 1), 10_200)), window);
    world.organize(&close(5, 1));
    let closed = PlaceRefusal::NotOnSale {
        from: Some(minute(0)),
        until: Some(minute(5)),
    };
    assert_eq!(refused(&mut world, &place(1, 1, any("floor", 1), 5)), closed);
}

#[test]
fn a_booking_takes_at_least_one_seat_and_at_most_twenty() {
    let mut world = World::on_sale(&[]);
    assert_eq!(
        refused(&mut world, &place(1, 1, named(&[]), 1)),
        PlaceRefusal::Seats(SeatRefusal::NoSeats)
    );
    assert_eq!(
        refused(&mut world, &place(1, 1, any("floor", 0), 1)),
        PlaceRefusal::Seats(SeatRefusal::NoSeats)
    );
    assert_eq!(
        refused(&mut world, &place(1, 1, any("floor", 21), 1)),
        PlaceRefusal::Seats(SeatRefusal::TooManySeats { max: 20 })
    );
}

#[test]
fn seats_named_twice_are_listed() {
    let mut world = World::on_sale(&[]);
    let command = place(
        1,
        1,
        named(&["floor-A-1", "floor-A-2", "floor-A-1", "floor-A-1"]),
        1,
    );
    assert_eq!(
        refused(&mut world, &command),
        PlaceRefusal::Seats(SeatRefusal::DuplicateSeats(vec![seat("floor-A-1")]))
    );
}

#[test]
fn seats_and_sections_that_do_not_exist_are_named() {
    let mut world = World::on_sale(&[]);
    let command = place(1, 1, named(&["floor-A-1", "floor-Z-9"]), 1);
    assert_eq!(
        refused(&mut world, &command),
        PlaceRefusal::Seats(SeatRefusal::UnknownSeats(vec![seat("floor-Z-9")]))
    );
    assert_eq!(
        refused(&mut world, &place(1, 1, any("pit", 1), 1)),
        PlaceRefusal::Seats(SeatRefusal::UnknownSection)
    );
}

#[test]
fn held_and_sold_seats_are_listed_as_taken() {
    let mut world = World::on_sale(&[
        place(1, 1, named(&["floor-A-1"]), 1),
        place(2, 2, named(&["balcony-A-1"]), 1),
        confirm(2, 2, 2),
    ]);
    let command = place(3, 3, named(&["floor-A-1", "floor-A-2", "balcony-A-1"]), 3);
    let taken = vec![seat("floor-A-1"), seat("balcony-A-1")];
    assert_eq!(
        refused(&mut world, &command),
        PlaceRefusal::Seats(SeatRefusal::SeatsTaken(taken))
    );
}

#[test]
fn holds_and_sales_of_a_buyer_count_towards_the_limit_and_releases_do_not() {
    let mut world = World::on_sale(&[
        place(1, 1, any("balcony", 2), 1),
        confirm(1, 1, 1),
        place(2, 1, any("floor", 2), 1),
    ]);
    let over = PlaceRefusal::OverBuyerLimit { max: 4, already: 4 };
    assert_eq!(refused(&mut world, &place(3, 1, any("floor", 1), 2)), over);
    world.when(&release(2, 1, 3)).unwrap();
    world.when(&place(4, 1, any("floor", 2), 3)).unwrap();
}

#[test]
fn a_seat_whose_hold_is_over_is_free_at_that_very_moment() {
    let mut world = World::on_sale(&[place(1, 1, named(&["floor-A-1"]), 1)]);
    let wanted = |number, at| place(number, 2, named(&["floor-A-1"]), at);
    assert_eq!(
        refused(&mut world, &wanted(2, 10)),
        PlaceRefusal::Seats(SeatRefusal::SeatsTaken(vec![seat("floor-A-1")]))
    );
    assert_eq!(expired_holds_blocking(&world.event, &wanted(2, 10)), []);
    assert_eq!(expired_holds_blocking(&world.event, &wanted(2, 11)), [booking(1)]);
    world.when(&wanted(3, 11)).unwrap();
    assert_eq!(world.booking(1).status(), "expired");
}

#[test]
fn overdue_holds_of_the_section_and_of_the_buyer_stand_in_the_way_and_no_others() {
    let world = World::on_sale(&[
        place(1, 1, any("standing", 4), 1),
        place(2, 2, any("floor", 4), 1),
        place(3, 3, named(&["floor-B-6"]), 1),
        place(4, 4, any("balcony", 1), 2),
    ]);
    assert_eq!(
        expired_holds_blocking(&world.event, &place(9, 9, any("standing", 1), 20)),
        [booking(1)]
    );
    assert_eq!(
        expired_holds_blocking(&world.event, &place(9, 9, any("floor", 1), 20)),
        [booking(2), booking(3)]
    );
    assert_eq!(
        expired_holds_blocking(&world.event, &place(9, 1, any("balcony", 1), 20)),
        [booking(4), booking(1)]
    );
    assert_eq!(expired_holds_blocking(&world.event, &expire(1, 20)), []);
}
