//! Our side: one Event and its Bookings, as the facts that the domain decides make them.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::booking::{
    self, Booking, BookingCommand, CancelPlaces, CancelRequest, Canceller, ExpireBooking, Fingerprint,
    PaymentAnswer, PlaceBooking, RefundAnswer, RequestPayment, RetryRefund, SeatRequest, SettlePayment,
    SettleRefund,
};
use domain::event::{
    self, By, CancelEvent, CancellationPolicy, CreateEvent, Event, EventCommand, EventDetails, Fee,
    NewPlaces, NewSection, OpenSales, PublishEvent, Seating, SetCancellationPolicy,
};
use domain::ids::{AccountId, BookingId, EventId, PaymentId, RefundId};
use domain::money::{Currency, Money, Price};
use domain::payment::{DeclineReason, GatewayName, GatewayReference, MethodToken};
use domain::text::{Name, SeatId, Title};
use uuid::Uuid;

use crate::fault::Fault;
use crate::network::Outcome;

/// What a seat costs.
const PRICE: i64 = 1_000;

/// The Event and its Bookings. Equal where their stored forms are; a clone costs nothing.
#[derive(Clone, Debug)]
pub(crate) struct World(Arc<Streams>);

#[derive(Debug)]
struct Streams {
    event: Event,
    bookings: Vec<Booking>,
    stored: String,
    is_sound: bool,
}

impl World {
    fn of(event: Event, bookings: Vec<Booking>) -> Self {
        let streams = Streams {
            stored: serde_json::to_string(&(&event, &bookings)).unwrap(),
            is_sound: event.seats().violations().is_empty(),
            event,
            bookings,
        };
        Self(Arc::new(streams))
    }
}

impl PartialEq for World {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.stored == other.0.stored
    }
}

impl Eq for World {}

impl Hash for World {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.stored.hash(state);
    }
}

pub(crate) fn minute(minute: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::minutes(minute)
}

pub(crate) fn booking_id(buyer: usize) -> BookingId {
    BookingId::new(Uuid::from_u128(0xc0 + buyer as u128))
}

fn account(buyer: usize) -> AccountId {
    AccountId::new(Uuid::from_u128(0xb0 + buyer as u128))
}

fn eur(amount: i64) -> Money {
    Money {
        amount,
        currency: Currency::parse("EUR").unwrap(),
    }
}

impl World {
    /// An Event on sale with a row of so many seats; cancelling costs 15 % of the price.
    pub(crate) fn on_sale(seats: u32, buyers: usize) -> Self {
        let mut event = Event::default();
        for command in opening(seats) {
            for fact in event::decide(&event, &command).unwrap() {
                event.evolve(&fact);
            }
        }
        Self::of(event, vec![Booking::default(); buyers])
    }

    pub(crate) fn event(&self) -> &Event {
        &self.0.event
    }

    pub(crate) fn bookings(&self) -> impl Iterator<Item = &Booking> {
        self.0.bookings.iter()
    }

    pub(crate) fn booking(&self, buyer: usize) -> &Booking {
        &self.0.bookings[buyer]
    }

    /// Whether no fact made nonsense of the Event's state.
    pub(crate) fn is_sound(&self) -> bool {
        self.0.is_sound
    }

    /// Whose Booking has this id.
    pub(crate) fn buyer_of(&self, booking: BookingId) -> usize {
        let theirs = |buyer: &usize| booking_id(*buyer) == booking;
        (0..self.0.bookings.len()).find(theirs).unwrap()
    }

    /// Whose Booking has this payment.
    pub(crate) fn buyer_paying(&self, payment: PaymentId) -> usize {
        let theirs = |booking: &Booking| {
            booking
                .payments()
                .is_some_and(|payments| payments.attempt(payment).is_some())
        };
        self.bookings().position(theirs).unwrap()
    }

    /// Whose Booking has this refund.
    pub(crate) fn buyer_returning(&self, refund: RefundId) -> usize {
        let theirs = |booking: &Booking| {
            booking
                .payments()
                .is_some_and(|payments| payments.refund(refund).is_some())
        };
        self.bookings().position(theirs).unwrap()
    }

    /// Decides, and appends what follows in one unit: all of it, or where something is refused nothing. The world
    /// afterwards; `None` where nothing changed.
    pub(crate) fn decide(&self, fault: Fault, command: &BookingCommand, at: DateTime<Utc>) -> Option<Self> {
        let (mut event, mut bookings) = (self.0.event.clone(), self.0.bookings.clone());
        for booking in booking::expired_holds_blocking(&event, command) {
            let expire = BookingCommand::Expire(ExpireBooking { booking, at });
            let overdue = &mut bookings[self.buyer_of(booking)];
            append(fault, &mut event, overdue, &expire)?;
        }
        let booking = &mut bookings[self.buyer_of(command.booking())];
        let changed = append(fault, &mut event, booking, command)?;
        changed.then(|| Self::of(event, bookings))
    }

    /// The organizer calls the Event off.
    pub(crate) fn call_off(&self, at: DateTime<Utc>) -> Option<Self> {
        let command = EventCommand::Cancel(CancelEvent {
            by: organizer(),
            reason: name("The singer is ill"),
            at,
        });
        let facts = event::decide(self.event(), &command).ok()?;
        let mut event = self.event().clone();
        for fact in &facts {
            event.evolve(fact);
        }
        (!facts.is_empty()).then(|| Self::of(event, self.0.bookings.clone()))
    }
}

/// Decides one command and changes both states by what follows. Whether anything did; `None` where it was refused.
fn append(fault: Fault, event: &mut Event, booking: &mut Booking, command: &BookingCommand) -> Option<bool> {
    let known = fault.shown(booking, command);
    let change = fault.written(booking::decide(event, &known, command).ok()?);
    for fact in &change.event {
        event.evolve(fact);
    }
    for fact in &change.booking {
        booking.evolve(fact);
    }
    Some(!change.is_empty())
}

pub(crate) fn place(buyer: usize, seats: &[&str], at: DateTime<Utc>) -> BookingCommand {
    BookingCommand::Place(PlaceBooking {
        booking: booking_id(buyer),
        event: EventId::new(Uuid::from_u128(7)),
        buyer: account(buyer),
        seats: SeatRequest::Named(seats.iter().map(|id| SeatId::parse(id).unwrap()).collect()),
        request: Fingerprint::new(buyer as u64),
        at,
    })
}

/// The buyer's attempt number `attempt` to pay.
pub(crate) fn pay(buyer: usize, attempt: usize, at: DateTime<Utc>) -> BookingCommand {
    BookingCommand::RequestPayment(RequestPayment {
        booking: booking_id(buyer),
        buyer: account(buyer),
        payment: PaymentId::new(Uuid::from_u128(0xd000 + buyer as u128 * 16 + attempt as u128)),
        method: MethodToken::parse("pm_1").unwrap(),
        gateway: GatewayName::parse("sandbox").unwrap(),
        request: Fingerprint::new(attempt as u64),
        at,
    })
}

pub(crate) fn settle(
    buyer: usize,
    payment: PaymentId,
    outcome: Outcome,
    at: DateTime<Utc>,
) -> BookingCommand {
    let answer = match outcome {
        Outcome::Captured { amount } => PaymentAnswer::Captured {
            reference: GatewayReference::parse("ch_1").unwrap(),
            amount: eur(amount),
        },
        Outcome::Declined => PaymentAnswer::Declined {
            reason: DeclineReason::parse("card_declined").unwrap(),
        },
    };
    BookingCommand::SettlePayment(SettlePayment {
        booking: booking_id(buyer),
        payment,
        answer,
        at,
    })
}

pub(crate) fn settle_refund(
    buyer: usize,
    refund: RefundId,
    attempt: u32,
    returned: bool,
    at: DateTime<Utc>,
) -> BookingCommand {
    let answer = if returned {
        RefundAnswer::Settled {
            reference: GatewayReference::parse("re_1").unwrap(),
        }
    } else {
        RefundAnswer::Refused {
            reason: DeclineReason::parse("account_closed").unwrap(),
        }
    };
    BookingCommand::SettleRefund(SettleRefund {
        booking: booking_id(buyer),
        refund,
        attempt,
        answer,
        at,
    })
}

pub(crate) fn retry_refund(buyer: usize, refund: RefundId, at: DateTime<Utc>) -> BookingCommand {
    BookingCommand::RetryRefund(RetryRefund {
        booking: booking_id(buyer),
        refund,
        at,
    })
}

pub(crate) fn expire(buyer: usize, at: DateTime<Utc>) -> BookingCommand {
    BookingCommand::Expire(ExpireBooking {
        booking: booking_id(buyer),
        at,
    })
}

/// The buyer gives places back, as cancellation number `number` of the Booking.
pub(crate) fn cancel(
    buyer: usize,
    places: CancelRequest,
    number: usize,
    at: DateTime<Utc>,
) -> BookingCommand {
    BookingCommand::Cancel(CancelPlaces {
        booking: booking_id(buyer),
        by: Canceller::Buyer(account(buyer)),
        places,
        cancellation: RefundId::new(Uuid::from_u128(0xe000 + buyer as u128 * 16 + number as u128)),
        request: None,
        at,
    })
}

/// The process of a cancelled Event reaches the Booking.
pub(crate) fn give_up(buyer: usize, at: DateTime<Utc>) -> BookingCommand {
    BookingCommand::Cancel(CancelPlaces {
        booking: booking_id(buyer),
        by: Canceller::EventCancellation,
        places: CancelRequest::All,
        cancellation: RefundId::new(booking_id(buyer).uuid()),
        request: None,
        at,
    })
}

fn organizer() -> By {
    By {
        account: account(9),
        any_event: false,
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn opening(seats: u32) -> [EventCommand; 4] {
    let at = minute(-1);
    let create = CreateEvent {
        organizer: organizer().account,
        details: EventDetails {
            title: Title::parse("Any").unwrap(),
            description: String::new(),
            category: name("any"),
            venue: name("Any"),
            city: name("Any"),
            time_zone: name("UTC"),
            starts_at: minute(60),
            ends_at: minute(120),
        },
        currency: eur(0).currency,
        buyer_seats_max: 4,
        seating: Seating::Sections(vec![NewSection {
            name: name("Floor"),
            price: Price::parse(PRICE).unwrap(),
            places: NewPlaces::Rows {
                rows: 1,
                seats_per_row: seats,
            },
        }]),
        request: None,
        at,
    };
    let by = organizer();
    [
        EventCommand::Create(create),
        EventCommand::SetCancellationPolicy(SetCancellationPolicy {
            by,
            policy: Some(CancellationPolicy::new(1, Fee::BasisPoints(1_500), 0).unwrap()),
            at,
        }),
        EventCommand::Publish(PublishEvent { by, at }),
        EventCommand::OpenSales(OpenSales { by, from: None, at }),
    ]
}
