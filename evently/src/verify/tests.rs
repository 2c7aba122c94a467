//! A sound log passes; what must not be is found.

use ::tests::TestDatabase;
use chrono::{DateTime, TimeDelta, Utc};
use domain::booking::Booking;
use domain::booking::facts::{BookingFact, BookingLine, CancelledBy, RefundReason};
use domain::booking::{Fingerprint, Reference};
use domain::event::Event;
use domain::event::details::EventDetails;
use domain::event::facts::{Allotment, EventFact};
use domain::ids::{AccountId, BookingId, EventId, PaymentId, RefundId};
use domain::money::{Currency, Money, Price};
use domain::payment::{GatewayName, GatewayReference, MethodToken};
use domain::text::{Name, SectionId, Title};
use event_store::{NewFact, Outcome, Sequence, StreamId, Unit};
use serde::Serialize;
use uuid::Uuid;

use super::*;

const EVENT: EventId = EventId::new(Uuid::from_u128(1));
const BOOKING: BookingId = BookingId::new(Uuid::from_u128(2));
const BUYER: AccountId = AccountId::new(Uuid::from_u128(3));

fn at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn until() -> DateTime<Utc> {
    at() + TimeDelta::minutes(10)
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn floor() -> SectionId {
    SectionId::parse("floor").unwrap()
}

fn price() -> Price {
    Price::parse(1_500).unwrap()
}

fn euro() -> Currency {
    Currency::parse("EUR").unwrap()
}

/// An event with two places on the floor.
fn created() -> Vec<EventFact> {
    let details = EventDetails {
        title: Title::parse("Night Shift").unwrap(),
        description: String::new(),
        category: name("club"),
        venue: name("Pumpwerk"),
        city: name("Vienna"),
        time_zone: name("Europe/Vienna"),
        starts_at: at() + TimeDelta::days(1),
        ends_at: at() + TimeDelta::days(2),
    };
    let organizer = AccountId::new(Uuid::from_u128(4));
    vec![
        EventFact::EventCreated {
            organizer,
            details,
            currency: euro(),
            buyer_seats_max: 8,
            request: None,
            at: at(),
        },
        EventFact::SectionAdded {
            section: floor(),
            name: name("Floor"),
            price: price(),
            category: None,
            capacity: Some(2),
            at: at(),
        },
    ]
}

fn places(quantity: u32) -> Vec<Allotment> {
    vec![Allotment {
        section: floor(),
        quantity,
        seats: vec![],
    }]
}

fn held(booking: BookingId, quantity: u32) -> EventFact {
    EventFact::SeatsHeld {
        booking,
        buyer: BUYER,
        places: places(quantity),
        until: until(),
        at: at(),
    }
}

fn line(quantity: u32) -> BookingLine {
    BookingLine {
        section: floor(),
        quantity,
        seats: vec![],
        unit_price: price(),
    }
}

fn placed(quantity: u32) -> BookingFact {
    BookingFact::BookingPlaced {
        event: EVENT,
        buyer: BUYER,
        reference: Reference::of(BOOKING),
        request: Fingerprint::new(7),
        lines: vec![line(quantity)],
        total: Money::zero(euro()).plus_seats(price(), quantity).unwrap(),
        policy: None,
        until: until(),
        at: at(),
    }
}

fn record(stream: &StreamId, sequence: usize, event_type: &'static str, fact: &impl Serialize) -> NewFact {
    let metadata = r#"{"actor":"test","role":"process","command_id":"00000000-0000-0000-0000-000000000000","correlation_id":"t"}"#;
    NewFact {
        stream: stream.clone(),
        sequence: Sequence::new(i64::try_from(sequence).unwrap() + 1),
        event_type,
        event_version: "1.0",
        payload: serde_json::to_string(fact).unwrap(),
        metadata: metadata.into(),
    }
}

/// Verifies a log of these facts.
async fn verified(event: &[EventFact], booking: &[BookingFact]) -> Findings {
    let database = TestDatabase::create().await;
    let (event_stream, booking_stream) = (StreamId::of::<Event>(EVENT), StreamId::of::<Booking>(BOOKING));
    let events = event
        .iter()
        .enumerate()
        .map(|(i, fact)| record(&event_stream, i, fact.name(), fact));
    let bookings = booking
        .iter()
        .enumerate()
        .map(|(i, fact)| record(&booking_stream, i, fact.name(), fact));
    let unit = Unit {
        facts: events.chain(bookings).collect(),
    };
    let outcomes = Log::new(database.writer.clone()).append(&[unit]).await.unwrap();
    assert!(matches!(outcomes[..], [Outcome::Appended(_)]), "{outcomes:?}");
    verify(&database.reader).await.unwrap().findings
}

fn with(mut facts: Vec<EventFact>, more: impl IntoIterator<Item = EventFact>) -> Vec<EventFact> {
    facts.extend(more);
    facts
}

#[tokio::test]
async fn a_sound_log_passes() {
    let findings = verified(&with(created(), [held(BOOKING, 2)]), &[placed(2)]).await;
    assert!(findings.sound(), "{findings}");
    assert_eq!(
        (
            findings.checked.facts,
            findings.checked.held,
            findings.checked.live_bookings
        ),
        (4, 2, 1)
    );
}

#[tokio::test]
async fn places_sold_twice_are_found() {
    let other = BookingId::new(Uuid::from_u128(5));
    let findings = verified(&with(created(), [held(other, 2), held(BOOKING, 1)]), &[placed(1)]).await;
    assert!(findings.to_string().contains("3 of 2 places"), "{findings}");
}

#[tokio::test]
async fn a_booking_that_its_event_does_not_know_is_found() {
    let findings = verified(&created(), &[placed(1)]).await;
    assert!(findings.to_string().contains("which gives it none"), "{findings}");
}

#[tokio::test]
async fn places_of_a_booking_that_is_not_live_are_found() {
    let ended = [placed(1), BookingFact::BookingReleased { at: at() }];
    let findings = verified(&with(created(), [held(BOOKING, 1)]), &ended).await;
    assert!(findings.to_string().contains("is not live"), "{findings}");
}

#[tokio::test]
async fn a_booking_with_other_places_than_its_event_gives_is_found() {
    let findings = verified(&with(created(), [held(BOOKING, 2)]), &[placed(1)]).await;
    assert!(!findings.sound(), "{findings}");
}

fn euros(amount: i64) -> Money {
    Money {
        amount,
        currency: euro(),
    }
}

const PAYMENT: PaymentId = PaymentId::new(Uuid::from_u128(6));

fn payment_requested() -> BookingFact {
    BookingFact::PaymentRequested {
        payment: PAYMENT,
        event: EVENT,
        amount: euros(3_000),
        method: MethodToken::parse("pm_1").unwrap(),
        gateway: GatewayName::parse("sandbox").unwrap(),
        request: Fingerprint::new(8),
        at: at(),
    }
}

/// Two places of the booking paid and sold.
fn paid() -> (Vec<EventFact>, Vec<BookingFact>) {
    let secured = EventFact::HoldSecured {
        booking: BOOKING,
        at: at(),
    };
    let sold = EventFact::SeatsSold {
        booking: BOOKING,
        buyer: BUYER,
        places: places(2),
        at: at(),
    };
    let captured = BookingFact::PaymentCaptured {
        payment: PAYMENT,
        event: EVENT,
        amount: euros(3_000),
        reference: GatewayReference::parse("ch_1").unwrap(),
        at: at(),
    };
    let booking = vec![
        placed(2),
        payment_requested(),
        captured,
        BookingFact::BookingConfirmed { at: at() },
    ];
    (with(created(), [held(BOOKING, 2), secured, sold]), booking)
}

#[tokio::test]
async fn a_sale_that_is_partly_cancelled_is_counted_and_folded_again() {
    let (mut event, mut booking) = paid();
    let returned = |quantity| EventFact::SeatsReturned {
        booking: BOOKING,
        places: places(quantity),
        at: at(),
    };
    let (cancellation, refund) = (RefundId::new(Uuid::from_u128(7)), euros(1_500));
    booking.extend([
        BookingFact::PlacesCancelled {
            cancellation,
            event: EVENT,
            request: None,
            lines: vec![line(1)],
            by: CancelledBy::Organizer,
            gross: refund,
            fee: euros(0),
            refund,
            at: at(),
        },
        BookingFact::RefundRequested {
            refund: cancellation,
            event: EVENT,
            payment: PAYMENT,
            attempt: 1,
            amount: refund,
            reason: RefundReason::Cancellation,
            at: at(),
        },
    ]);
    event.push(returned(1));
    let findings = verified(&event, &booking).await;
    assert!(findings.sound(), "{findings}");
    let money = &findings.checked.money;
    assert_eq!(
        (
            money.captured,
            money.open_payments,
            money.settled,
            money.open_refunds
        ),
        (1, 0, 0, 1)
    );
    assert_eq!(money.amounts["EUR"], (3_000, 0));
    assert_eq!((findings.checked.sold, findings.checked.live_bookings), (1, 1));

    event.push(returned(1));
    let findings = verified(&event, &booking).await;
    assert!(findings.to_string().contains("which gives it none"), "{findings}");
}

#[tokio::test]
async fn a_sale_that_the_domain_folds_to_something_else_is_found() {
    let (event, mut booking) = paid();
    booking.push(payment_requested());
    let findings = verified(&event, &booking).await;
    assert!(
        findings.to_string().contains("the domain folds it to confirmed"),
        "{findings}"
    );
}

#[tokio::test]
async fn a_hold_that_waits_for_its_payment_on_one_side_alone_is_found() {
    let findings = verified(
        &with(created(), [held(BOOKING, 2)]),
        &[placed(2), payment_requested()],
    )
    .await;
    assert!(!findings.sound(), "{findings}");
}
