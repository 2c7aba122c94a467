//! Settling a payment, given when then: in time, too late, declined, twice, and of another amount.

use super::*;
use crate::booking::BookingRefusal;
use crate::fixtures::{
    World, booking, buyer, cancel_event, captured, declined, give_up, minute, named, pay, payment, place,
    settle,
};

fn paying(at: i64) -> World {
    World::on_sale(&[
        place(1, 1, named(&["floor-A-1", "floor-A-2"]), 0),
        pay(1, 1, 1, at),
    ])
}

#[test]
fn a_captured_payment_makes_the_hold_a_sale_in_both_streams_at_once() {
    let mut world = paying(1);
    let change = world.when(&settle(1, 1, captured(2_000), 2)).unwrap();
    assert!(matches!(change.event[..], [EventFact::SeatsSold { .. }]));
    assert!(matches!(
        change.booking[..],
        [
            BookingFact::PaymentCaptured { .. },
            BookingFact::BookingConfirmed { .. }
        ]
    ));
    assert_eq!(world.booking(1).status(), "confirmed");
    assert_eq!(
        world.booking(1).payments().unwrap().bought_by().unwrap().id,
        payment(1)
    );
    assert_eq!(world.event.seats().violations(), Vec::<String>::new());
}

#[test]
fn an_answer_that_comes_hours_later_still_makes_the_sale() {
    let mut world = paying(9);
    world.when(&settle(1, 1, captured(2_000), 600)).unwrap();
    assert_eq!(world.booking(1).status(), "confirmed");
}

#[test]
fn the_same_answer_again_changes_nothing() {
    for answer in [captured(2_000), declined()] {
        let mut world = paying(1);
        world.when(&settle(1, 1, answer.clone(), 2)).unwrap();
        assert!(world.when(&settle(1, 1, answer, 3)).unwrap().is_empty());
    }
}

#[test]
fn a_decline_after_the_capture_changes_nothing() {
    let mut world = paying(1);
    world.when(&settle(1, 1, captured(2_000), 2)).unwrap();
    assert!(world.when(&settle(1, 1, declined(), 3)).unwrap().is_empty());
}

#[test]
fn after_a_decline_the_hold_goes_on_until_its_old_deadline() {
    let mut world = paying(1);
    let change = world.when(&settle(1, 1, declined(), 2)).unwrap();
    assert_eq!(
        change.event,
        [EventFact::HoldResumed {
            booking: booking(1),
            until: minute(10),
            at: minute(2)
        }]
    );
    assert_eq!(world.booking(1).until(), Some(minute(10)));
    assert_eq!(world.event.seats().overdue(minute(10), 9), [booking(1)]);
}

#[test]
fn a_late_decline_leaves_time_for_another_card_within_the_longest_hold() {
    let mut world = paying(9);
    world.when(&settle(1, 1, declined(), 12)).unwrap();
    assert_eq!(world.booking(1).until(), Some(minute(14)));
    let mut world = paying(9);
    world.when(&settle(1, 1, declined(), 60)).unwrap();
    assert_eq!(world.booking(1).until(), Some(minute(15)));
    assert_eq!(world.event.seats().overdue(minute(60), 9), [booking(1)]);
}

#[test]
fn the_last_decline_gives_the_places_back() {
    let mut world = World::on_sale(&[place(1, 1, named(&["floor-A-1"]), 0)]);
    for attempt in 1..=PAYMENT_ATTEMPTS_MAX as u128 {
        world.when(&pay(1, 1, attempt, 1)).unwrap();
        world.when(&settle(1, attempt, declined(), 1)).unwrap();
    }
    assert_eq!(world.booking(1).status(), "failed");
    assert_eq!(world.event.seats().places_of_buyer(buyer(1)), 0);
    world.when(&place(2, 2, named(&["floor-A-1"]), 1)).unwrap();
}

#[test]
fn money_that_comes_after_a_decline_is_returned() {
    let mut world = paying(1);
    world.when(&settle(1, 1, declined(), 2)).unwrap();
    let change = world.when(&settle(1, 1, captured(2_000), 3)).unwrap();
    assert_eq!(change.event, []);
    assert!(matches!(
        change.booking[..],
        [
            BookingFact::PaymentCapturedLate { .. },
            BookingFact::RefundRequested {
                reason: RefundReason::LateCapture,
                attempt: 1,
                ..
            }
        ]
    ));
    assert_eq!(world.booking(1).status(), "held");
    assert!(world.when(&settle(1, 1, captured(2_000), 4)).unwrap().is_empty());
}

#[test]
fn money_that_comes_for_a_cancelled_event_is_returned() {
    let mut world = paying(1);
    world.organize(&cancel_event(2));
    world.when(&give_up(1, 3)).unwrap();
    assert_eq!(world.booking(1).status(), "cancelled");
    let change = world.when(&settle(1, 1, captured(2_000), 4)).unwrap();
    assert!(matches!(
        change.booking[..],
        [BookingFact::PaymentCapturedLate { .. }, _]
    ));
    assert_eq!(world.event.seats().violations(), Vec::<String>::new());
}

#[test]
fn another_amount_than_was_asked_for_is_refused() {
    let refusal = paying(1).when(&settle(1, 1, captured(1_999), 2)).unwrap_err();
    assert!(matches!(
        refusal,
        BookingRefusal::SettlePayment(SettlePaymentRefusal::WrongAmount { .. })
    ));
}

#[test]
fn an_answer_for_no_payment_is_refused() {
    let refusal = paying(1).when(&settle(1, 2, captured(2_000), 2)).unwrap_err();
    assert_eq!(
        refusal,
        BookingRefusal::SettlePayment(SettlePaymentRefusal::Absent)
    );
}
