//! Steps as commands of the domain.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use chrono::{DateTime, TimeDelta, Utc};
use domain::booking::{
    Booking, BookingCommand, CancelPlaces, CancelRequest, Canceller, ConfirmBooking, ExpireBooking,
    ExtendBooking, Fingerprint, PaymentAnswer, PlaceBooking, ProlongBooking, RefundAnswer, RequestPayment,
    RetryRefund, SeatRequest, SettlePayment, SettleRefund,
};
use domain::event::{
    By, CancelEvent, CancellationPolicy, ChangeCapacity, ChangePrice, CloseSales, EventCommand, Fee,
    OpenSales, RescheduleEvent, SetBuyerLimit, SetCancellationPolicy,
};
use domain::ids::{AccountId, BookingId, EventId, PaymentId, RefundId};
use domain::money::{Currency, Money, Price};
use domain::payment::{DeclineReason, GatewayName, GatewayReference, MethodToken};
use domain::text::{Name, SeatId, SectionId};
use uuid::Uuid;

use crate::step::{LAST, Said, Step, Who};
use crate::theatre::{POLICIES, PRICES, SECTIONS, picked, seat_id};

pub(crate) fn booking_id(key: u8) -> BookingId {
    BookingId::new(Uuid::from_u128(0xb00 + u128::from(key)))
}

pub(crate) fn account(number: u8) -> AccountId {
    AccountId::new(Uuid::from_u128(0xa00 + u128::from(number)))
}

pub(crate) fn organizer() -> By {
    By {
        account: account(255),
        any_event: false,
    }
}

fn payment_id(key: u8, attempt: u8) -> PaymentId {
    PaymentId::new(Uuid::from_u128(
        0xd000 + u128::from(key) * 16 + u128::from(attempt),
    ))
}

fn cancellation_id(key: u8, cancellation: u8) -> RefundId {
    RefundId::new(Uuid::from_u128(
        0xe000 + u128::from(key) * 16 + u128::from(cancellation),
    ))
}

fn section(number: u8) -> SectionId {
    SectionId::parse(SECTIONS[usize::from(number)]).unwrap()
}

pub(crate) fn fingerprint(asked: &str) -> Fingerprint {
    let mut hasher = DefaultHasher::new();
    asked.hash(&mut hasher);
    Fingerprint::new(hasher.finish())
}

/// The organizer's command, where the step is one.
pub(crate) fn organizing(step: &Step, at: DateTime<Utc>) -> Option<EventCommand> {
    let by = organizer();
    let minutes = |minutes: i64| at + TimeDelta::minutes(minutes);
    Some(match step {
        Step::Open { minutes: ahead } => EventCommand::OpenSales(OpenSales {
            by,
            from: Some(minutes(i64::from(*ahead))),
            at,
        }),
        Step::Close { minutes: ahead } => EventCommand::CloseSales(CloseSales {
            by,
            until: Some(minutes(i64::from(*ahead))),
            at,
        }),
        Step::Limit { seats } => EventCommand::SetBuyerLimit(SetBuyerLimit {
            by,
            buyer_seats_max: u32::from(*seats),
            at,
        }),
        Step::Policy { policy } => EventCommand::SetCancellationPolicy(SetCancellationPolicy {
            by,
            policy: policy_of(*policy),
            at,
        }),
        Step::Reschedule {
            minutes: ahead,
            free_hours,
        } => EventCommand::Reschedule(RescheduleEvent {
            by,
            starts_at: minutes(i64::from(*ahead)),
            ends_at: minutes(i64::from(*ahead) + 120),
            free_hours: u32::from(*free_hours),
            sales_until: None,
            at,
        }),
        Step::Price { section: of, price } => EventCommand::ChangePrice(ChangePrice {
            by,
            section: section(*of),
            price: Price::parse(PRICES[usize::from(*price)]).unwrap(),
            at,
        }),
        Step::Capacity {
            section: of,
            capacity,
        } => EventCommand::ChangeCapacity(ChangeCapacity {
            by,
            section: section(*of),
            capacity: u32::from(*capacity),
            at,
        }),
        Step::CallOff => EventCommand::Cancel(CancelEvent {
            by,
            reason: Name::parse("The singer is ill").unwrap(),
            at,
        }),
        _ => return None,
    })
}

fn policy_of(number: u8) -> Option<CancellationPolicy> {
    let policy = POLICIES[usize::from(number)].as_ref()?;
    let fee = match (policy.share, policy.per_place) {
        (share, 0) => Fee::BasisPoints(u16::try_from(share).unwrap()),
        (_, per_place) => Fee::PerPlace(Price::parse(per_place).unwrap()),
    };
    let hours = |hours: i64| u32::try_from(hours).unwrap();
    Some(CancellationPolicy::new(hours(policy.free_hours), fee, hours(policy.closes_hours)).unwrap())
}

/// What the step asks of the booking with its key, as it stands.
pub(crate) fn booking(step: &Step, known: &Booking, at: DateTime<Utc>) -> BookingCommand {
    match step {
        Step::PlaceNamed { .. } | Step::PlaceAny { .. } => placing(step, at),
        Step::Extend { key, buyer } => BookingCommand::Extend(ExtendBooking {
            booking: booking_id(*key),
            buyer: account(*buyer),
            at,
        }),
        Step::Prolong { key, buyer } => BookingCommand::Prolong(ProlongBooking {
            booking: booking_id(*key),
            buyer: account(*buyer),
            at,
        }),
        Step::Confirm { key, buyer } => BookingCommand::Confirm(ConfirmBooking {
            booking: booking_id(*key),
            buyer: account(*buyer),
            at,
        }),
        Step::Expire { key } => BookingCommand::Expire(ExpireBooking {
            booking: booking_id(*key),
            at,
        }),
        Step::Pay { .. } | Step::Settle { .. } => paying(step, known, at),
        Step::Release { .. }
        | Step::CancelAll { .. }
        | Step::CancelSeats { .. }
        | Step::CancelCount { .. } => cancelling(step, known, at),
        Step::SettleRefund { .. } | Step::RetryRefund { .. } => refunding(step, known, at),
        other => unreachable!("{other:?} is not about a booking"),
    }
}

fn placing(step: &Step, at: DateTime<Utc>) -> BookingCommand {
    let (key, buyer, seats) = match step {
        Step::PlaceNamed { key, buyer, seats } => {
            let ids = seats
                .iter()
                .map(|number| SeatId::parse(&seat_id(*number)).unwrap());
            (key, buyer, SeatRequest::Named(ids.collect()))
        }
        Step::PlaceAny {
            key,
            buyer,
            section: of,
            quantity,
        } => {
            let any = SeatRequest::Any {
                section: section(*of),
                quantity: u32::from(*quantity),
            };
            (key, buyer, any)
        }
        other => unreachable!("{other:?} places nothing"),
    };
    BookingCommand::Place(PlaceBooking {
        booking: booking_id(*key),
        event: EventId::new(Uuid::from_u128(1)),
        buyer: account(*buyer),
        seats,
        request: fingerprint(&format!("{step:?}")),
        at,
    })
}

fn paying(step: &Step, known: &Booking, at: DateTime<Utc>) -> BookingCommand {
    match step {
        Step::Pay {
            key,
            buyer,
            attempt,
            card,
        } => BookingCommand::RequestPayment(RequestPayment {
            booking: booking_id(*key),
            buyer: account(*buyer),
            payment: payment_id(*key, *attempt),
            method: MethodToken::parse("pm_1").unwrap(),
            gateway: GatewayName::parse("sandbox").unwrap(),
            request: Fingerprint::new(u64::from(*card)),
            at,
        }),
        Step::Settle { key, attempt, said } => {
            let attempts = known.payments().map_or(&[][..], |payments| payments.attempts());
            let payment = match attempts.last() {
                Some(last) if *attempt == LAST => last.id,
                _ => payment_id(*key, *attempt),
            };
            let asked = known.payments().and_then(|payments| payments.attempt(payment));
            let asked = asked.map_or(0, |payment| payment.amount.amount);
            let captured = |amount| PaymentAnswer::Captured {
                reference: GatewayReference::parse("ch_1").unwrap(),
                amount: Money {
                    amount,
                    currency: Currency::parse("EUR").unwrap(),
                },
            };
            let answer = match said {
                Said::Captured => captured(asked),
                Said::CapturedLess => captured(asked - 1),
                Said::Declined => PaymentAnswer::Declined {
                    reason: DeclineReason::parse("card_declined").unwrap(),
                },
            };
            BookingCommand::SettlePayment(SettlePayment {
                booking: booking_id(*key),
                payment,
                answer,
                at,
            })
        }
        other => unreachable!("{other:?} pays nothing"),
    }
}

fn cancelling(step: &Step, known: &Booking, at: DateTime<Utc>) -> BookingCommand {
    let mut request = Some(fingerprint(&format!("{step:?}")));
    let (key, by, places, cancellation) = match step {
        Step::Release { key, buyer } => {
            request = None;
            let cancellation = RefundId::new(booking_id(*key).uuid());
            (key, Who::Buyer(*buyer), CancelRequest::All, cancellation)
        }
        Step::CancelAll {
            key,
            by,
            cancellation,
        } => (key, *by, CancelRequest::All, cancellation_id(*key, *cancellation)),
        Step::CancelSeats {
            key,
            by,
            picks,
            cancellation,
        } => {
            let seats = picked(&seats_of(known), picks);
            let seats = seats.iter().map(|id| SeatId::parse(id).unwrap()).collect();
            (
                key,
                *by,
                CancelRequest::Seats(seats),
                cancellation_id(*key, *cancellation),
            )
        }
        Step::CancelCount {
            key,
            by,
            section: of,
            quantity,
            cancellation,
        } => {
            let count = CancelRequest::Count {
                section: section(*of),
                quantity: u32::from(*quantity),
            };
            (key, *by, count, cancellation_id(*key, *cancellation))
        }
        other => unreachable!("{other:?} gives nothing back"),
    };
    BookingCommand::Cancel(CancelPlaces {
        booking: booking_id(*key),
        by: canceller(by),
        places,
        cancellation,
        request,
        at,
    })
}

/// The seats of a sale, in the order of their ids.
fn seats_of(booking: &Booking) -> Vec<String> {
    let lines = match booking {
        Booking::Confirmed(sale) => sale.lines.as_slice(),
        _ => &[],
    };
    let mut seats: Vec<String> = lines
        .iter()
        .flat_map(|line| &line.seats)
        .map(ToString::to_string)
        .collect();
    seats.sort();
    seats
}

fn canceller(by: Who) -> Canceller {
    match by {
        Who::Buyer(number) => Canceller::Buyer(account(number)),
        Who::Organizer => Canceller::Organizer(organizer()),
        Who::Stranger => Canceller::Organizer(By {
            account: account(254),
            any_event: false,
        }),
        Who::Process => Canceller::EventCancellation,
    }
}

fn refunding(step: &Step, known: &Booking, at: DateTime<Utc>) -> BookingCommand {
    let (Step::SettleRefund { key, which, .. } | Step::RetryRefund { key, which }) = step else {
        unreachable!("{step:?} returns nothing")
    };
    let refunds = known.payments().map_or(&[][..], |payments| payments.refunds());
    let chosen = (!refunds.is_empty()).then(|| &refunds[usize::from(*which) % refunds.len()]);
    let refund = chosen.map_or(cancellation_id(*key, 15), |refund| refund.id);
    let booking = booking_id(*key);
    let Step::SettleRefund {
        attempts_ago,
        returned,
        ..
    } = step
    else {
        return BookingCommand::RetryRefund(RetryRefund { booking, refund, at });
    };
    let attempt = chosen.map_or(1, |refund| refund.attempt);
    let answer = if *returned {
        RefundAnswer::Settled {
            reference: GatewayReference::parse("re_1").unwrap(),
        }
    } else {
        RefundAnswer::Refused {
            reason: DeclineReason::parse("account_closed").unwrap(),
        }
    };
    BookingCommand::SettleRefund(SettleRefund {
        booking,
        refund,
        attempt: attempt.saturating_sub(u32::from(*attempts_ago)),
        answer,
        at,
    })
}
