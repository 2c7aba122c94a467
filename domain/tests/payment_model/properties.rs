//! What must hold at every moment, what must come about in the end, and what a check must have seen to be worth anything.

use std::collections::BTreeSet;

use domain::booking::{Booking, Payment, PaymentOutcome, RefundReason};
use domain::event::Holding;
use domain::ids::BookingId;
use stateright::Property;

use crate::process::{open, refunds};
use crate::sale::{Moment, Sale};
use crate::world::booking_id;

pub(crate) const ONE_HOLDER: &str = "a seat has one holder";
pub(crate) const SOUND: &str = "no fact makes nonsense of the Event";
pub(crate) const AGREE: &str = "the Event and its Bookings agree who has what";
pub(crate) const PAID: &str = "what is confirmed was paid";
pub(crate) const TAKEN_ONCE: &str = "a payment is taken once";
pub(crate) const REFUNDS_BOUNDED: &str = "no more is returned than was taken";
pub(crate) const NOT_BOTH: &str = "no buyer has a ticket and all the money back";
pub(crate) const SETTLED: &str = "what rests is settled";
pub(crate) const RESTS: &str = "everything comes to rest";

pub(crate) const LATE_REFUNDED: &str = "a late capture is refunded";
pub(crate) const SECOND_ATTEMPT: &str = "a declined buyer pays by a second attempt";
pub(crate) const EXPIRED_BESIDE: &str = "a hold expires beside a payment in flight";
pub(crate) const SECURED_LATE: &str = "a payment is in flight when its hold would be over";
pub(crate) const CALLED_OFF: &str = "an Event is cancelled with a payment in flight";
pub(crate) const FEE_KEPT: &str = "a buyer cancels and pays the fee";
pub(crate) const PART_KEPT: &str = "a buyer gives one seat of two back, and another buys it";
pub(crate) const REFUND_RETRIED: &str = "a refused refund is asked for again and settles";

pub(crate) fn properties() -> Vec<Property<Sale>> {
    vec![
        Property::always(ONE_HOLDER, |_, now: &Moment| a_seat_has_one_holder(now)),
        Property::always(SOUND, |_, now: &Moment| now.world.is_sound()),
        Property::always(AGREE, |_, now: &Moment| event_and_bookings_agree(now)),
        Property::always(PAID, |_, now: &Moment| what_is_confirmed_was_paid(now)),
        Property::always(TAKEN_ONCE, |_, now: &Moment| {
            now.gateway.captured().values().all(|(_, times)| *times == 1)
        }),
        Property::always(REFUNDS_BOUNDED, |_, now: &Moment| {
            let captured = now.gateway.captured();
            captured
                .iter()
                .all(|(payment, (taken, _))| now.gateway.returned(*payment) <= *taken)
        }),
        Property::always(NOT_BOTH, |_, now: &Moment| no_buyer_has_ticket_and_money(now)),
        Property::always(SETTLED, |sale: &Sale, now: &Moment| {
            !sale.rests(now) || is_settled(now)
        }),
        Property::eventually(RESTS, |sale: &Sale, now: &Moment| {
            sale.rests(now) && is_settled(now)
        }),
        Property::sometimes(LATE_REFUNDED, |_, now: &Moment| {
            refunds(&now.world)
                .any(|refund| refund.reason == RefundReason::LateCapture && refund.is_settled())
        }),
        Property::sometimes(SECOND_ATTEMPT, |_, now: &Moment| {
            now.world.bookings().any(second_attempt_bought)
        }),
        Property::sometimes(EXPIRED_BESIDE, |_, now: &Moment| {
            let is_expired = |booking: &Booking| matches!(booking, Booking::Expired(_));
            let is_paying = |booking: &Booking| matches!(booking, Booking::AwaitingPayment(_));
            now.world.bookings().any(is_expired) && now.world.bookings().any(is_paying)
        }),
        Property::sometimes(SECURED_LATE, |sale: &Sale, now: &Moment| {
            let over = |booking: &Booking| matches!(booking, Booking::AwaitingPayment(pending) if pending.held.until <= sale.now(now));
            now.world.bookings().any(over)
        }),
        Property::sometimes(CALLED_OFF, |_, now: &Moment| {
            let is_paying = |booking: &Booking| matches!(booking, Booking::AwaitingPayment(_));
            now.world.event().is_cancelled() && now.world.bookings().any(is_paying)
        }),
        Property::sometimes(FEE_KEPT, |_, now: &Moment| {
            let mut cancelled = now.world.bookings().flat_map(Booking::cancelled);
            cancelled.any(|places| places.fee.amount > 0)
        }),
        Property::sometimes(PART_KEPT, |_, now: &Moment| {
            let is_partly_cancelled = |booking: &Booking| {
                matches!(booking, Booking::Confirmed(_)) && !booking.cancelled().is_empty()
            };
            let is_bought = |booking: &Booking| {
                matches!(booking, Booking::Confirmed(_)) && booking.cancelled().is_empty()
            };
            now.world.bookings().any(is_partly_cancelled) && now.world.bookings().any(is_bought)
        }),
        Property::sometimes(REFUND_RETRIED, |_, now: &Moment| {
            refunds(&now.world).any(|refund| refund.attempt > 1 && refund.is_settled())
        }),
    ]
}

/// The seats that a Booking has by its own account.
fn seats_of(booking: &Booking) -> BTreeSet<&str> {
    let has = matches!(
        booking,
        Booking::Held(_) | Booking::AwaitingPayment(_) | Booking::Confirmed(_)
    );
    let lines = if has { booking.lines() } else { &[] };
    let seats = lines.iter().flat_map(|line| &line.seats);
    seats.map(domain::text::SeatId::as_str).collect()
}

fn a_seat_has_one_holder(now: &Moment) -> bool {
    let mut taken = BTreeSet::new();
    now.world
        .bookings()
        .flat_map(seats_of)
        .all(|seat| taken.insert(seat))
}

fn event_and_bookings_agree(now: &Moment) -> bool {
    let has = |holdings: Vec<Holding>, booking: BookingId| -> BTreeSet<String> {
        let theirs = holdings.into_iter().filter(|holding| holding.booking == booking);
        theirs
            .flat_map(|holding| holding.places)
            .flat_map(|places| places.seats)
            .map(|seat| seat.to_string())
            .collect()
    };
    now.world.bookings().enumerate().all(|(buyer, booking)| {
        let held = has(now.world.event().seats().holds().collect(), booking_id(buyer));
        let owned = has(now.world.event().seats().sales().collect(), booking_id(buyer));
        let seats: BTreeSet<String> = seats_of(booking).into_iter().map(str::to_owned).collect();
        if matches!(booking, Booking::Confirmed(_)) {
            held.is_empty() && owned == seats
        } else {
            owned.is_empty() && held == seats
        }
    })
}

fn what_is_confirmed_was_paid(now: &Moment) -> bool {
    let captured = now.gateway.captured();
    now.world.bookings().all(|booking| match booking {
        Booking::Confirmed(sale) => sale
            .payments
            .bought_by()
            .is_some_and(|payment| captured.contains_key(&payment.id)),
        Booking::Unplaced
        | Booking::Held(_)
        | Booking::AwaitingPayment(_)
        | Booking::Cancelled(_)
        | Booking::Released(_)
        | Booking::Failed(_)
        | Booking::Expired(_) => true,
    })
}

fn no_buyer_has_ticket_and_money(now: &Moment) -> bool {
    now.world.bookings().all(|booking| match booking {
        Booking::Confirmed(sale) => sale
            .payments
            .bought_by()
            .is_some_and(|payment| now.gateway.returned(payment.id) < payment.amount.amount),
        Booking::Unplaced
        | Booking::Held(_)
        | Booking::AwaitingPayment(_)
        | Booking::Cancelled(_)
        | Booking::Released(_)
        | Booking::Failed(_)
        | Booking::Expired(_) => true,
    })
}

/// Nothing is open, nothing is held, and every capture at the gateway bought what was paid for or is returned.
fn is_settled(now: &Moment) -> bool {
    let waits = |booking: &Booking| matches!(booking, Booking::Held(_) | Booking::AwaitingPayment(_));
    let everybody_has_an_answer = !now.world.bookings().any(waits);
    let left = now.world.event().seats().bookings_left(usize::MAX);
    let nobody_goes_to_nothing = !now.world.event().is_cancelled() || left.is_empty();
    everybody_has_an_answer
        && nobody_goes_to_nothing
        && open(&now.world).next().is_none()
        && refunds(&now.world).all(domain::booking::Refund::is_settled)
        && captures_are_accounted_for(now)
}

fn captures_are_accounted_for(now: &Moment) -> bool {
    now.gateway.captured().iter().all(|(id, (taken, _))| {
        let returned = now.gateway.returned(*id);
        let mut known = now.world.bookings().filter_map(|booking| {
            let payment = booking.payments()?.attempt(*id)?;
            Some((booking, payment))
        });
        known
            .next()
            .is_some_and(|(booking, payment)| returned == due(booking, payment, *taken))
    })
}

/// What is to be returned of `taken`: all that bought nothing, and of what bought something what was cancelled, less fees.
fn due(booking: &Booking, payment: &Payment, taken: i64) -> i64 {
    match payment.outcome {
        PaymentOutcome::Captured { late: false, .. } => {
            let back = booking.cancelled().iter().map(|places| places.refund.amount);
            back.sum()
        }
        PaymentOutcome::Captured { late: true, .. } => taken,
        PaymentOutcome::Open | PaymentOutcome::Declined { .. } => -1, // we do not even know of it
    }
}

fn second_attempt_bought(booking: &Booking) -> bool {
    booking.payments().is_some_and(|payments| {
        let bought = payments.bought_by();
        payments.failed() > 0 && bought.is_some() && bought != payments.attempts().first()
    })
}
