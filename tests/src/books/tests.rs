//! The comparison finds what it is there to find: each test cooks the books.

use domain::ids::{PaymentId, RefundId};
use serde_json::{Value, json};

use super::*;

const BOOKING: u128 = 1;
const PAYMENT: u128 = 2;

fn money(amount: i64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

fn fact(name: &str, mut fields: Value) -> BookingFact {
    fields["at"] = json!("2030-01-01T00:00:00Z");
    fields["event"] = json!(Uuid::from_u128(9));
    serde_json::from_value(json!({ name: fields })).unwrap()
}

fn placed() -> BookingFact {
    fact(
        "BookingPlaced",
        json!({
            "buyer": Uuid::from_u128(8), "reference": "7K3M9QX2PV", "request": "0000000000000000", "total": money(9000),
            "lines": [{"section": "floor", "quantity": 2, "seats": ["floor-A-1", "floor-A-2"], "unit_price": 4500}],
            "until": "2030-01-01T00:10:00Z",
        }),
    )
}

fn requested() -> BookingFact {
    let payment = json!({"payment": PaymentId::new(Uuid::from_u128(PAYMENT)), "amount": money(9000),
        "method": "sandbox_approve", "gateway": "sandbox", "request": "0000000000000000"});
    fact("PaymentRequested", payment)
}

fn captured(name: &str) -> BookingFact {
    let payment = Uuid::from_u128(PAYMENT);
    fact(
        name,
        json!({"payment": payment, "amount": money(9000), "reference": "sch_1"}),
    )
}

fn sold() -> Vec<BookingFact> {
    let confirmed = fact("BookingConfirmed", json!({}));
    vec![placed(), requested(), captured("PaymentCaptured"), confirmed]
}

fn late() -> Vec<BookingFact> {
    vec![
        placed(),
        requested(),
        captured("PaymentCapturedLate"),
        refund_requested(PAYMENT, 9000, "late_capture"),
    ]
}

fn refund_requested(refund: u128, amount: i64, reason: &str) -> BookingFact {
    let body = json!({"refund": Uuid::from_u128(refund), "payment": Uuid::from_u128(PAYMENT), "attempt": 1,
        "amount": money(amount), "reason": reason});
    fact("RefundRequested", body)
}

fn refund_settled(refund: u128, amount: i64, reason: &str) -> BookingFact {
    let body = json!({"refund": Uuid::from_u128(refund), "amount": money(amount), "reason": reason,
        "reference": "srf_1"});
    fact("RefundSettled", body)
}

/// One of the two seats is given back, for 15 %.
fn half_given_back() -> Vec<BookingFact> {
    let cancelled = fact(
        "PlacesCancelled",
        json!({
            "cancellation": Uuid::from_u128(3), "by": "buyer", "gross": money(4500), "fee": money(675),
            "refund": money(3825),
            "lines": [{"section": "floor", "quantity": 1, "seats": ["floor-A-1"], "unit_price": 4500}],
        }),
    );
    let refund = [
        refund_requested(3, 3825, "cancellation"),
        refund_settled(3, 3825, "cancellation"),
    ];
    sold().into_iter().chain([cancelled]).chain(refund).collect()
}

fn charge() -> Entry {
    entry(
        "charge_captured",
        &PaymentId::new(Uuid::from_u128(PAYMENT)).to_string(),
        "sch_1",
        9000,
    )
}

fn refund(refund: u128, attempt: u32, amount: i64) -> Entry {
    let key = format!("{}-{attempt}", RefundId::new(Uuid::from_u128(refund)));
    Entry {
        charge_key: Some(Uuid::from_u128(PAYMENT).to_string()),
        ..entry("refund_settled", &key, "srf_1", amount)
    }
}

fn entry(kind: &str, key: &str, id: &str, amount: i64) -> Entry {
    let booking = ("booking".to_owned(), Uuid::from_u128(BOOKING).to_string());
    Entry {
        kind: kind.to_owned(),
        key: key.to_owned(),
        id: id.to_owned(),
        charge_key: None,
        amount,
        currency: "EUR".to_owned(),
        metadata: BTreeMap::from([booking]),
    }
}

fn differences(facts: Vec<BookingFact>, journal: &[Entry]) -> Vec<String> {
    let booking = BookingId::new(Uuid::from_u128(BOOKING));
    let facts = facts.into_iter().map(|fact| (booking, fact));
    Books::of(facts, journal.to_vec()).differences()
}

#[track_caller]
fn finds(text: &str, facts: Vec<BookingFact>, journal: &[Entry]) {
    let found = differences(facts, journal);
    assert!(
        found.iter().any(|difference| difference.contains(text)),
        "{found:#?}"
    );
}

#[test]
fn books_that_agree_are_square() {
    let square: [(Vec<BookingFact>, Vec<Entry>); 4] = [
        (vec![placed()], vec![]),
        (sold(), vec![charge()]),
        (
            late()
                .into_iter()
                .chain([refund_settled(PAYMENT, 9000, "late_capture")])
                .collect(),
            vec![charge(), refund(PAYMENT, 2, 9000)],
        ),
        (half_given_back(), vec![charge(), refund(3, 1, 3825)]),
    ];
    for (facts, journal) in square {
        assert_eq!(differences(facts, &journal), Vec::<String>::new());
    }
}

#[test]
fn money_that_was_taken_twice_or_never_is_found() {
    finds("captured 2 times", sold(), &[charge(), charge()]);
    finds("never captured", sold(), &[]);
    let less = Entry {
        amount: 8999,
        ..charge()
    };
    finds("the books differ", sold(), &[less]);
}

#[test]
fn a_capture_that_bought_nothing_and_went_nowhere_is_found() {
    finds("0 times by the log", vec![placed(), requested()], &[charge()]);
    finds("has no outcome", vec![placed(), requested()], &[]);
    finds("came back 0 times", late(), &[charge()]);
    finds("9000 captured and 0 returned", late(), &[charge()]);
    let unsold = vec![placed(), requested(), captured("PaymentCaptured")];
    finds("neither a sale nor a refund", unsold, &[charge()]);
}

#[test]
fn a_ticket_and_a_refund_for_one_capture_are_found() {
    let both: Vec<BookingFact> = late()
        .into_iter()
        .chain([fact("BookingConfirmed", json!({}))])
        .collect();
    finds(
        "1 sales and 0 captures",
        both,
        &[charge(), refund(PAYMENT, 1, 9000)],
    );
}

#[test]
fn refunds_that_differ_are_found() {
    finds("the books differ", half_given_back(), &[charge()]);
    finds(
        "the books differ",
        half_given_back(),
        &[charge(), refund(3, 1, 3825), refund(3, 2, 3825)],
    );
    finds(
        "the books differ",
        half_given_back(),
        &[charge(), refund(3, 1, 3824)],
    );
    finds("no such refund", sold(), &[charge(), refund(4, 1, 9000)]);
    finds("are to be kept", sold(), &[charge(), refund(4, 1, 9000)]);
}
