//! Books that agree, and every way in which they may not.

use std::collections::HashMap;

use domain::ids::{PaymentId, RefundId};
use domain::money::Currency;
use uuid::Uuid;

use super::super::books::Entry;
use super::*;

fn euros(amount: i64) -> Money {
    Money {
        amount,
        currency: Currency::parse("EUR").unwrap(),
    }
}

fn done() -> State {
    State::Done(GatewayReference::parse("sch_1").unwrap())
}

fn payment(number: u128) -> PaymentId {
    PaymentId::new(Uuid::from_u128(number))
}

fn books(state: State) -> Books {
    let entry = Entry {
        booking: BookingId::new(Uuid::from_u128(8)),
        event: EventId::new(Uuid::from_u128(7)),
        attempt: 1,
        amount: euros(1_000),
        requested_at: DateTime::UNIX_EPOCH,
        state,
    };
    let refund = RefundId::new(Uuid::from_u128(1));
    Books(HashMap::from([
        (Item::Payment(payment(1)), entry.clone()),
        (Item::Refund(refund), entry),
    ]))
}

fn moved(kind: MovementKind, amount: i64) -> Movement {
    Movement {
        kind,
        reference: GatewayReference::parse("sch_1").unwrap(),
        amount: euros(amount),
        at: DateTime::UNIX_EPOCH,
        status: MovementStatus::Done,
    }
}

fn both(amount: i64) -> [Movement; 2] {
    let refund = Some((RefundId::new(Uuid::from_u128(1)), 1));
    [
        moved(
            MovementKind::Charge {
                payment: Some(payment(1)),
            },
            amount,
        ),
        moved(MovementKind::Refund { refund }, amount),
    ]
}

#[test]
fn books_that_agree_have_no_differences() {
    assert!(differences(&books(done()), DateTime::UNIX_EPOCH, &both(1_000)).is_empty());
    assert!(
        differences(&books(State::Open), DateTime::UNIX_EPOCH, &[]).is_empty(),
        "what is under way is no difference"
    );
}

#[test]
fn what_the_gateway_knows_and_the_log_does_not_is_repaired() {
    for state in [State::Open, State::Refused] {
        let found = differences(&books(state), DateTime::UNIX_EPOCH, &both(1_000));
        assert_eq!(found.len(), 2);
        assert!(found.into_iter().all(|difference| difference.repair().is_some()));
    }
}

#[test]
fn what_the_log_says_and_the_gateway_does_not_know_is_for_people() {
    let found = differences(&books(done()), DateTime::UNIX_EPOCH, &[]);
    assert!(matches!(
        found[..],
        [Difference::Unfounded { .. }, Difference::Unfounded { .. }]
    ));
    assert!(found.into_iter().all(|difference| difference.repair().is_none()));
}

#[test]
fn other_amounts_and_strangers_money_are_for_people() {
    let found = differences(&books(done()), DateTime::UNIX_EPOCH, &both(999));
    assert!(matches!(
        found[..],
        [Difference::WrongAmount { .. }, Difference::WrongAmount { .. }]
    ));
    let strangers = [
        moved(MovementKind::Charge { payment: None }, 5),
        moved(MovementKind::Refund { refund: None }, 5),
    ];
    let found = differences(&Books::default(), DateTime::UNIX_EPOCH, &strangers);
    assert!(matches!(
        found[..],
        [Difference::Foreign { .. }, Difference::Foreign { .. }]
    ));
}

#[test]
fn the_same_money_moved_twice_is_for_people() {
    let again = Movement {
        reference: GatewayReference::parse("sch_2").unwrap(),
        ..moved(
            MovementKind::Charge {
                payment: Some(payment(1)),
            },
            1_000,
        )
    };
    let [charge, refund] = both(1_000);
    let found = differences(&books(done()), DateTime::UNIX_EPOCH, &[charge, refund, again]);
    assert!(matches!(found[..], [Difference::Twice { .. }]), "{found:?}");
}

#[test]
fn what_is_pending_there_is_no_difference() {
    let pending = Movement {
        status: MovementStatus::Pending,
        ..moved(
            MovementKind::Charge {
                payment: Some(payment(1)),
            },
            1_000,
        )
    };
    assert!(differences(&books(State::Open), DateTime::UNIX_EPOCH, &[pending]).is_empty());
}
