//! What the books of a Booking notice: each rule with a story that breaks it and nothing else.

use chrono::TimeDelta;
use domain::booking::facts::{BookingLine, RefundReason};
use domain::booking::{Fingerprint, Reference};
use domain::event::facts::EventFact;
use domain::ids::{AccountId, BookingId, RefundId};
use domain::money::{Currency, Price};
use domain::payment::{DeclineReason, GatewayName, GatewayReference, MethodToken};
use domain::text::{Name, SectionId};
use uuid::Uuid;

use super::*;

const EVENT: EventId = EventId::new(Uuid::from_u128(1));

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::minutes(minute)
}

fn euros(amount: i64) -> Money {
    Money {
        amount,
        currency: Currency::parse("EUR").unwrap(),
    }
}

fn payment(number: u128) -> PaymentId {
    PaymentId::new(Uuid::from_u128(0xd0 + number))
}

fn refund_id(number: u128) -> RefundId {
    RefundId::new(Uuid::from_u128(0xf0 + number))
}

fn floor(quantity: u32) -> BookingLine {
    BookingLine {
        section: SectionId::parse("floor").unwrap(),
        quantity,
        seats: vec![],
        unit_price: Price::parse(1_000).unwrap(),
    }
}

/// Three places at ten euros, held for ten minutes.
fn placed() -> BookingFact {
    BookingFact::BookingPlaced {
        event: EVENT,
        buyer: AccountId::new(Uuid::from_u128(3)),
        reference: Reference::of(BookingId::new(Uuid::from_u128(2))),
        request: Fingerprint::new(7),
        lines: vec![floor(3)],
        total: euros(3_000),
        policy: None,
        until: at(10),
        at: at(0),
    }
}

fn requested(number: u128, amount: i64, minute: i64) -> BookingFact {
    BookingFact::PaymentRequested {
        payment: payment(number),
        event: EVENT,
        amount: euros(amount),
        method: MethodToken::parse("pm_1").unwrap(),
        gateway: GatewayName::parse("sandbox").unwrap(),
        request: Fingerprint::new(1),
        at: at(minute),
    }
}

fn declined(number: u128, until: Option<i64>) -> BookingFact {
    BookingFact::PaymentDeclined {
        payment: payment(number),
        event: EVENT,
        reason: DeclineReason::parse("card_declined").unwrap(),
        until: until.map(at),
        at: at(2),
    }
}

fn captured(number: u128, amount: i64) -> BookingFact {
    BookingFact::PaymentCaptured {
        payment: payment(number),
        event: EVENT,
        amount: euros(amount),
        reference: GatewayReference::parse("ch_1").unwrap(),
        at: at(2),
    }
}

fn late(number: u128) -> BookingFact {
    BookingFact::PaymentCapturedLate {
        payment: payment(number),
        event: EVENT,
        amount: euros(3_000),
        reference: GatewayReference::parse("ch_1").unwrap(),
        at: at(3),
    }
}

fn confirmed() -> BookingFact {
    BookingFact::BookingConfirmed { at: at(2) }
}

fn cancelled(number: u128, lines: Vec<BookingLine>, (gross, fee, refund): (i64, i64, i64)) -> BookingFact {
    BookingFact::PlacesCancelled {
        cancellation: refund_id(number),
        event: EVENT,
        request: None,
        lines,
        by: CancelledBy::Buyer,
        gross: euros(gross),
        fee: euros(fee),
        refund: euros(refund),
        at: at(4),
    }
}

fn refund(number: u128, amount: i64, attempt: u32, reason: RefundReason) -> BookingFact {
    BookingFact::RefundRequested {
        refund: refund_id(number),
        event: EVENT,
        payment: payment(1),
        attempt,
        amount: euros(amount),
        reason,
        at: at(4),
    }
}

fn settled(number: u128, amount: i64) -> BookingFact {
    BookingFact::RefundSettled {
        refund: refund_id(number),
        event: EVENT,
        amount: euros(amount),
        reason: RefundReason::Cancellation,
        reference: GatewayReference::parse("re_1").unwrap(),
        at: at(5),
    }
}

fn refused(number: u128, attempt: u32) -> BookingFact {
    BookingFact::RefundRefused {
        refund: refund_id(number),
        event: EVENT,
        attempt,
        reason: DeclineReason::parse("account_closed").unwrap(),
        at: at(5),
    }
}

/// Held, paid and sold.
fn sold() -> Vec<BookingFact> {
    vec![placed(), requested(1, 3_000, 1), captured(1, 3_000), confirmed()]
}

/// A floor at ten euros.
fn ledger() -> SeatLedger {
    let mut ledger = SeatLedger::default();
    let fact = EventFact::SectionAdded {
        section: SectionId::parse("floor").unwrap(),
        name: Name::parse("Floor").unwrap(),
        price: Price::parse(1_000).unwrap(),
        category: None,
        capacity: Some(10),
        at: at(0),
    };
    ledger.book(&fact, &mut |complaint| panic!("{complaint}"));
    ledger
}

/// What is noticed of `facts`, one upon the other.
fn complaints(facts: impl IntoIterator<Item = BookingFact>) -> (BookingRecord, Vec<String>) {
    let (ledger, mut record, mut words) = (ledger(), BookingRecord::default(), Vec::new());
    for fact in facts {
        record.book(&fact, |_| Some(&ledger), &mut |complaint| words.push(complaint));
    }
    record.close(&mut |complaint| words.push(complaint));
    (record, words)
}

/// `facts` after a sale are noticed with these words.
fn after_a_sale(facts: Vec<BookingFact>, words: &str) {
    noticed(sold().into_iter().chain(facts), words);
}

fn noticed(facts: impl IntoIterator<Item = BookingFact>, words: &str) {
    let (_, complaints) = complaints(facts);
    assert!(
        complaints.iter().any(|each| each.contains(words)),
        "{complaints:?}"
    );
}

#[test]
fn a_sale_that_is_cancelled_and_refunded_part_by_part_passes() {
    let facts = [
        cancelled(1, vec![floor(1)], (1_000, 150, 850)),
        refund(1, 850, 1, RefundReason::Cancellation),
        refused(1, 1),
        refund(1, 850, 2, RefundReason::Cancellation),
        settled(1, 850),
        cancelled(2, vec![floor(2)], (2_000, 0, 2_000)),
        refund(2, 2_000, 1, RefundReason::Cancellation),
    ];
    let (record, words) = complaints(sold().into_iter().chain(facts.clone()));
    assert_eq!(
        (words.as_slice(), record.status(), record.live()),
        (&[][..], "cancelled", false)
    );
    let (record, words) = complaints(sold().into_iter().chain(facts).chain([settled(2, 2_000)]));
    assert_eq!((words.as_slice(), record.status()), (&[][..], "refunded"));
    let sums = MoneySums {
        captured: 1,
        captured_amount: 3_000,
        open_payments: 0,
        settled: 2,
        settled_amount: 2_850,
        open_refunds: 0,
    };
    assert_eq!(record.sums(), Some((euros(3_000), sums)));
    assert!(record.lapsed(), "it is folded again");
}

#[test]
fn a_payment_that_comes_late_and_is_refunded_passes() {
    let story = [
        placed(),
        requested(1, 3_000, 1),
        declined(1, Some(10)),
        BookingFact::BookingExpired { at: at(11) },
        late(1),
        refund(1, 3_000, 1, RefundReason::LateCapture),
    ];
    let (record, words) = complaints(story);
    assert_eq!((words.as_slice(), record.status()), (&[][..], "expired"));
    assert_eq!(record.sums().unwrap().1.open_refunds, 1);
}

#[test]
fn a_payment_without_a_live_hold_is_noticed() {
    noticed([placed(), requested(1, 3_000, 10)], "without a live hold");
    after_a_sale(vec![requested(2, 3_000, 3)], "without a live hold");
}

#[test]
fn two_payments_at_once_are_noticed() {
    noticed(
        [placed(), requested(1, 3_000, 1), requested(2, 3_000, 1)],
        "another is under way",
    );
}

#[test]
fn a_payment_of_another_amount_is_noticed() {
    noticed(
        [placed(), requested(1, 2_999, 1)],
        "not of what the booking costs",
    );
    noticed(
        [placed(), requested(1, 3_000, 1), captured(1, 2_999), confirmed()],
        "another amount",
    );
}

#[test]
fn a_capture_without_its_sale_is_noticed() {
    noticed(
        [placed(), requested(1, 3_000, 1), captured(1, 3_000)],
        "no sale follows",
    );
    noticed(
        [
            placed(),
            requested(1, 3_000, 1),
            captured(1, 3_000),
            captured(1, 3_000),
        ],
        "no sale follows",
    );
}

#[test]
fn a_second_sale_is_noticed() {
    after_a_sale(vec![captured(1, 3_000), confirmed()], "captured twice");
    after_a_sale(vec![confirmed()], "confirmed without a hold");
    noticed(
        [placed(), requested(1, 3_000, 1), confirmed()],
        "a payment is under way",
    );
}

#[test]
fn a_late_capture_without_its_whole_refund_is_noticed() {
    let begin = || vec![placed(), requested(1, 3_000, 1), declined(1, Some(10))];
    let with = |more: Vec<BookingFact>| begin().into_iter().chain(more);
    noticed(with(vec![late(1)]), "no refund of all of it follows");
    noticed(
        with(vec![late(1), refund(1, 2_999, 1, RefundReason::LateCapture)]),
        "no refund of all of it follows",
    );
}

#[test]
fn a_refund_above_its_payment_is_noticed() {
    let all = || refund(1, 3_000, 1, RefundReason::Cancellation);
    after_a_sale(
        vec![
            cancelled(1, vec![floor(3)], (3_000, 0, 3_000)),
            all(),
            cancelled(2, vec![floor(1)], (1_000, 0, 1_000)),
            refund(2, 1_000, 1, RefundReason::Cancellation),
        ],
        "returns more than payment",
    );
}

#[test]
fn a_refund_that_nothing_brings_is_noticed() {
    after_a_sale(
        vec![refund(1, 10, 1, RefundReason::Cancellation)],
        "nothing brings it",
    );
    let asked = || refund(1, 1_000, 1, RefundReason::Cancellation);
    let cancelled = || cancelled(1, vec![floor(1)], (1_000, 0, 1_000));
    after_a_sale(vec![cancelled(), asked(), asked()], "requested twice");
    after_a_sale(
        vec![cancelled(), asked(), settled(1, 999)],
        "returned another amount",
    );
    after_a_sale(
        vec![cancelled(), asked(), settled(1, 1_000), settled(1, 1_000)],
        "settled twice",
    );
    after_a_sale(vec![cancelled(), asked(), refused(1, 2)], "not under way");
    after_a_sale(vec![settled(1, 1_000)], "never requested");
}

#[test]
fn a_cancellation_whose_money_does_not_add_up_is_noticed() {
    after_a_sale(
        vec![cancelled(1, vec![floor(1)], (1_000, 100, 850))],
        "fee and refund",
    );
    after_a_sale(
        vec![cancelled(1, vec![floor(1)], (999, 0, 999))],
        "what its places cost",
    );
    after_a_sale(
        vec![cancelled(1, vec![floor(1)], (1_000, 0, 1_000))],
        "does not follow",
    );
    after_a_sale(
        vec![cancelled(1, vec![floor(1)], (1_000, 1_500, -500))],
        "less than nothing",
    );
}

#[test]
fn places_that_the_booking_does_not_have_are_noticed() {
    after_a_sale(
        vec![cancelled(1, vec![floor(4)], (4_000, 4_000, 0))],
        "does not have",
    );
    let elsewhere = BookingLine {
        section: SectionId::parse("lawn").unwrap(),
        ..floor(1)
    };
    after_a_sale(
        vec![cancelled(1, vec![elsewhere], (1_000, 1_000, 0))],
        "does not have",
    );
    noticed([placed(), cancelled(1, vec![floor(3)], (0, 0, 0))], "not sold");
}

#[test]
fn a_hold_that_fails_without_a_declined_payment_is_noticed() {
    noticed(
        [placed(), BookingFact::BookingFailed { at: at(1) }],
        "no payment was declined",
    );
    noticed(
        [placed(), requested(1, 3_000, 1), declined(1, None)],
        "does not end",
    );
    noticed(
        [
            placed(),
            requested(1, 3_000, 1),
            BookingFact::BookingExpired { at: at(11) },
        ],
        "expired without a hold",
    );
}
