//! Cancelling, given when then: by policy, in parts, again, by others, and with the whole Event.

use super::*;
use crate::booking::{BookingCommand, BookingRefusal};
use crate::cancellation::CancellationPolicy;
use crate::event::{EventCommand, SetCancellationPolicy};
use crate::fixtures::{
    World, admin, another_organizer, any, booking, buyer, cancel, cancel_all, cancel_event, captured,
    confirm, give_up, minute, named, organizer, pay, place, reschedule, seat, section, settle,
};

/// The Event starts at minute 10,000: free until 24 hours before (8,560), then 10 %, until an hour before (9,940).
fn with_policy() -> World {
    let mut world = World::on_sale(&[]);
    let policy = CancellationPolicy::new(24, Fee::BasisPoints(1_000), 1).unwrap();
    world.organize(&EventCommand::SetCancellationPolicy(SetCancellationPolicy {
        by: organizer(),
        policy: Some(policy),
        at: minute(0),
    }));
    world
}

/// Two paid seats of 10.00 each.
fn sold(mut world: World) -> World {
    for command in [
        place(1, 1, named(&["floor-A-1", "floor-A-2"]), 0),
        pay(1, 1, 1, 1),
        settle(1, 1, captured(2_000), 2),
    ] {
        world.when(&command).unwrap();
    }
    world
}

fn refused(world: &mut World, command: &BookingCommand) -> CancelRefusal {
    match world.when(command) {
        Err(BookingRefusal::Cancel(refusal)) => refusal,
        other => panic!("expected a refusal to cancel, got {other:?}"),
    }
}

fn amounts(change: &Change) -> (i64, i64, i64) {
    match change.booking.first() {
        Some(BookingFact::PlacesCancelled {
            gross, fee, refund, ..
        }) => (gross.amount, fee.amount, refund.amount),
        other => panic!("expected cancelled places, got {other:?}"),
    }
}

fn one_seat() -> CancelRequest {
    CancelRequest::Seats(vec![seat("floor-A-1")])
}

#[test]
fn in_time_all_is_returned_and_the_seats_are_for_sale() {
    let mut world = sold(with_policy());
    let change = world.when(&cancel_all(1, 1, 8_559)).unwrap();
    assert_eq!(amounts(&change), (2_000, 0, 2_000));
    assert!(matches!(change.event[..], [EventFact::SeatsReturned { .. }]));
    assert!(
        matches!(change.booking[..], [_, BookingFact::RefundRequested { amount, .. }] if amount.amount == 2_000)
    );
    assert_eq!(world.booking(1).status(), "cancelled");
    assert_eq!(world.event.seats().places_of_buyer(buyer(1)), 0);
    assert_eq!(world.event.seats().violations(), Vec::<String>::new());
    world
        .when(&place(2, 2, named(&["floor-A-1", "floor-A-2"]), 8_560))
        .unwrap();
}

#[test]
fn later_the_fee_is_kept_and_then_it_is_too_late() {
    let change = sold(with_policy()).when(&cancel_all(1, 1, 8_560)).unwrap();
    assert_eq!(amounts(&change), (2_000, 200, 1_800));
    assert_eq!(
        refused(&mut sold(with_policy()), &cancel_all(1, 1, 9_940)),
        CancelRefusal::NotCancellable(NotCancellable::TooLate { until: minute(9_940) })
    );
}

#[test]
fn parts_are_given_back_one_by_one_and_add_up() {
    let mut world = sold(with_policy());
    let change = world.when(&cancel(1, 1, one_seat(), 1, 100)).unwrap();
    assert_eq!(amounts(&change), (1_000, 0, 1_000));
    assert_eq!(world.booking(1).status(), "confirmed");
    assert_eq!(world.booking(1).lines().len(), 1);
    assert_eq!(world.event.seats().places_of_buyer(buyer(1)), 1);
    let rest = CancelRequest::Seats(vec![seat("floor-A-2")]);
    assert_eq!(
        amounts(&world.when(&cancel(1, 1, rest, 2, 101)).unwrap()),
        (1_000, 0, 1_000)
    );
    assert_eq!(world.booking(1).status(), "cancelled");
    let payments = world.booking(1).payments().unwrap().clone();
    assert_eq!(
        payments.refundable(payments.bought_by().unwrap()).unwrap().amount,
        0
    );
    assert_eq!(world.event.seats().violations(), Vec::<String>::new());
}

#[test]
fn the_same_request_again_changes_nothing_and_another_by_its_key_is_refused() {
    let mut world = sold(with_policy());
    world.when(&cancel(1, 1, one_seat(), 1, 100)).unwrap();
    assert!(world.when(&cancel(1, 1, one_seat(), 1, 101)).unwrap().is_empty());
    let mut other = cancel(1, 1, CancelRequest::All, 1, 101);
    if let BookingCommand::Cancel(command) = &mut other {
        command.request = Some(Fingerprint::new(77));
    }
    assert_eq!(refused(&mut world, &other), CancelRefusal::KeyReused);
    assert_eq!(
        refused(&mut world, &cancel(1, 1, one_seat(), 2, 101)),
        CancelRefusal::UnknownSeats(vec![seat("floor-A-1")])
    );
}

#[test]
fn seats_that_are_named_twice_are_refused() {
    let mut world = sold(with_policy());
    let twice = CancelRequest::Seats(vec![seat("floor-A-1"), seat("floor-A-2"), seat("floor-A-1")]);
    assert_eq!(
        refused(&mut world, &cancel(1, 1, twice, 1, 100)),
        CancelRefusal::DuplicateSeats(vec![seat("floor-A-1")])
    );
}

#[test]
fn cancelling_all_again_changes_nothing() {
    let mut world = sold(with_policy());
    world.when(&cancel_all(1, 1, 100)).unwrap();
    assert!(world.when(&cancel_all(1, 1, 101)).unwrap().is_empty());
    let ended = CancelRefusal::Ended { status: "cancelled" };
    assert_eq!(refused(&mut world, &cancel(1, 1, one_seat(), 2, 101)), ended);
}

#[test]
fn without_a_policy_buyers_cannot_cancel_what_they_paid() {
    assert_eq!(
        refused(&mut sold(World::on_sale(&[])), &cancel_all(1, 1, 100)),
        CancelRefusal::NotCancellable(NotCancellable::Never)
    );
}

#[test]
fn the_policy_of_the_hold_counts_whatever_comes_later() {
    let mut world = sold(with_policy());
    world.organize(&EventCommand::SetCancellationPolicy(SetCancellationPolicy {
        by: organizer(),
        policy: None,
        at: minute(50),
    }));
    assert_eq!(
        amounts(&world.when(&cancel_all(1, 1, 100)).unwrap()),
        (2_000, 0, 2_000)
    );
}

#[test]
fn what_cost_nothing_is_given_back_until_the_start() {
    let bought = [place(1, 1, any("standing", 3), 0), confirm(1, 1, 1)];
    let mut world = World::on_sale(&bought);
    let two = CancelRequest::Count {
        section: section("standing"),
        quantity: 2,
    };
    let change = world.when(&cancel(1, 1, two.clone(), 1, 9_999)).unwrap();
    assert_eq!(change.booking.len(), 1, "nothing is refunded");
    assert_eq!(world.event.seats().places_of_buyer(buyer(1)), 1);
    assert_eq!(world.event.seats().violations(), Vec::<String>::new());
    assert!(matches!(
        refused(&mut world, &cancel(1, 1, two, 2, 9_999)),
        CancelRefusal::TooMany { left: 1, .. }
    ));
    let late = refused(&mut World::on_sale(&bought), &cancel_all(1, 1, 10_000));
    assert_eq!(
        late,
        CancelRefusal::NotCancellable(NotCancellable::TooLate {
            until: minute(10_000)
        })
    );
}

#[test]
fn who_booked_before_an_event_was_rescheduled_cancels_for_nothing_for_a_while() {
    let mut world = sold(World::on_sale(&[]));
    world.organize(&reschedule(20_000, 2, 60));
    assert_eq!(
        refused(&mut world, &cancel_all(1, 1, 60 + 120)),
        CancelRefusal::NotCancellable(NotCancellable::Never)
    );
    assert_eq!(
        amounts(&world.when(&cancel_all(1, 1, 60 + 119)).unwrap()),
        (2_000, 0, 2_000)
    );
}

#[test]
fn who_books_after_it_was_rescheduled_does_not() {
    let mut world = World::on_sale(&[]);
    world.organize(&reschedule(20_000, 24, -1));
    let mut world = sold(world);
    assert_eq!(
        refused(&mut world, &cancel_all(1, 1, 3)),
        CancelRefusal::NotCancellable(NotCancellable::Never)
    );
}

#[test]
fn an_event_that_is_over_is_not_cancelled_however_long_the_window() {
    let mut world = sold(World::on_sale(&[]));
    world.organize(&reschedule(300, 500, 60));
    let until = minute(300);
    assert_eq!(
        refused(&mut world, &cancel_all(1, 1, 301)),
        CancelRefusal::NotCancellable(NotCancellable::TooLate { until })
    );
}

#[test]
fn a_second_move_takes_no_window_away() {
    let mut world = sold(World::on_sale(&[]));
    world.organize(&reschedule(20_000, 100, 60));
    world.organize(&reschedule(30_000, 0, 61));
    world.when(&cancel_all(1, 1, 62)).unwrap();
}

#[test]
fn a_hold_is_released_whole_by_its_buyer() {
    let mut world = World::on_sale(&[place(1, 1, named(&["floor-A-1"]), 0)]);
    assert_eq!(
        refused(&mut world, &cancel(1, 1, one_seat(), 1, 1)),
        CancelRefusal::NotConfirmed
    );
    let change = world.when(&cancel_all(1, 1, 1)).unwrap();
    assert_eq!(change.booking, [BookingFact::BookingReleased { at: minute(1) }]);
}

#[test]
fn nothing_is_cancelled_while_a_payment_is_under_way() {
    let mut world = World::on_sale(&[place(1, 1, named(&["floor-A-1"]), 0), pay(1, 1, 1, 1)]);
    assert_eq!(
        refused(&mut world, &cancel_all(1, 1, 2)),
        CancelRefusal::PaymentInFlight
    );
}

#[test]
fn an_organizer_cancels_without_a_fee_whenever() {
    let by = |by| {
        BookingCommand::Cancel(CancelPlaces {
            booking: booking(1),
            by: Canceller::Organizer(by),
            places: CancelRequest::All,
            cancellation: RefundId::new(booking(1).uuid()),
            request: None,
            at: minute(9_999),
        })
    };
    assert_eq!(
        refused(&mut sold(with_policy()), &by(another_organizer())),
        CancelRefusal::NotYours
    );
    for staff in [organizer(), admin()] {
        let change = sold(with_policy()).when(&by(staff)).unwrap();
        assert_eq!(amounts(&change), (2_000, 0, 2_000));
    }
}

#[test]
fn a_cancelled_event_cancels_holds_payments_under_way_and_sales() {
    let mut world = sold(World::on_sale(&[]));
    for command in [
        place(2, 2, named(&["floor-B-1"]), 3),
        pay(2, 2, 2, 4),
        place(3, 3, any("standing", 2), 3),
    ] {
        world.when(&command).unwrap();
    }
    assert_eq!(
        refused(&mut world, &give_up(1, 5)),
        CancelRefusal::EventNotCancelled
    );
    world.organize(&cancel_event(5));
    for number in 1..=3 {
        world.when(&give_up(number, 6)).unwrap();
        assert_eq!(world.booking(number).status(), "cancelled");
        assert!(world.when(&give_up(number, 7)).unwrap().is_empty());
    }
    let refunds = |number| world.booking(number).payments().unwrap().refunds().len();
    assert_eq!((refunds(1), refunds(2), refunds(3)), (1, 0, 0));
    assert_eq!(world.event.seats().bookings_left(9), []);
    assert_eq!(world.event.seats().violations(), Vec::<String>::new());
}

#[test]
fn what_is_absent_or_of_another_is_not_cancelled() {
    assert_eq!(
        refused(&mut World::on_sale(&[]), &cancel_all(1, 1, 1)),
        CancelRefusal::Absent
    );
    assert_eq!(
        refused(&mut sold(with_policy()), &cancel_all(1, 2, 3)),
        CancelRefusal::NotYours
    );
}
