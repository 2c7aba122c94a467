//! What is known of a booking and its money. Domain and model must agree on it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use domain::booking::{Booking, BookingLine, PaymentOutcome, RefundOutcome};

/// What is known of a booking.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ledger {
    /// `held`, `paying`, `sold`, `cancelled`, `refunded`, `failed`; `over` where it ended before any money was its own:
    /// the moment at which a passed deadline is noticed is open.
    pub(crate) status: &'static str,
    /// What it has.
    pub(crate) places: BTreeSet<String>,
    /// What it cost when it was placed.
    pub(crate) total: i64,
    /// What came of every attempt to pay.
    pub(crate) attempts: Vec<&'static str>,
    /// Price, fee and refund of everything that was given back.
    pub(crate) cancelled: Vec<(i64, i64, i64)>,
    /// Every refund: how much, at which attempt, and what came of it.
    pub(crate) refunds: Vec<(i64, u32, &'static str)>,
}

impl Ledger {
    /// What the domain says of `booking`.
    pub(crate) fn of(booking: &Booking, now: DateTime<Utc>) -> Option<Self> {
        let payments = booking.payments()?;
        let status = status(booking, now);
        let has = ["held", "paying", "sold"].contains(&status);
        let places = booking.lines().iter().filter(|_| has).flat_map(places);
        Some(Self {
            status,
            places: places.collect(),
            total: booking.total()?.amount,
            attempts: payments
                .attempts()
                .iter()
                .map(|payment| match payment.outcome {
                    PaymentOutcome::Open => "open",
                    PaymentOutcome::Declined { .. } => "declined",
                    PaymentOutcome::Captured { late: false, .. } => "captured",
                    PaymentOutcome::Captured { late: true, .. } => "captured late",
                })
                .collect(),
            cancelled: cancelled(booking),
            refunds: payments
                .refunds()
                .iter()
                .map(|refund| {
                    let outcome = match refund.outcome {
                        RefundOutcome::Open => "open",
                        RefundOutcome::Settled { .. } => "settled",
                        RefundOutcome::Refused { .. } => "refused",
                    };
                    (refund.amount.amount, refund.attempt, outcome)
                })
                .collect(),
        })
    }
}

impl Ledger {
    /// What of it is worth having been seen.
    pub(crate) fn remarkable(&self) -> Vec<&'static str> {
        let mut seen = vec![self.status];
        seen.extend(&self.attempts);
        seen.extend(
            self.cancelled
                .iter()
                .filter(|(_, fee, _)| *fee > 0)
                .map(|_| "a fee"),
        );
        if self.status == "sold" && !self.cancelled.is_empty() {
            seen.push("a part given back");
        }
        for (_, attempt, outcome) in &self.refunds {
            seen.extend((*attempt > 1).then_some("a refund retried"));
            seen.extend((*outcome == "settled").then_some("a settled refund"));
            seen.extend((*outcome == "refused").then_some("a refused refund"));
        }
        seen
    }
}

fn status(booking: &Booking, now: DateTime<Utc>) -> &'static str {
    let given_back: i64 = cancelled(booking).iter().map(|(gross, ..)| gross).sum();
    match booking {
        Booking::Held(held) if now < held.until => "held",
        Booking::AwaitingPayment(_) => "paying",
        Booking::Confirmed(_) => "sold",
        Booking::Cancelled(_) if given_back > 0 => booking.status(),
        Booking::Failed(_) => "failed",
        _ => "over",
    }
}

fn cancelled(booking: &Booking) -> Vec<(i64, i64, i64)> {
    let amounts = booking
        .cancelled()
        .iter()
        .map(|places| (places.gross.amount, places.fee.amount, places.refund.amount));
    amounts.filter(|(gross, ..)| *gross > 0).collect()
}

fn places(line: &BookingLine) -> Vec<String> {
    if line.seats.is_empty() {
        vec![format!("{}*{}", line.section, line.quantity)]
    } else {
        line.seats.iter().map(ToString::to_string).collect()
    }
}

/// All that a gateway took is the price of what is kept, a fee, or returned or about to be; and of no payment is more
/// returned than was taken.
pub(crate) fn money_adds_up(booking: &Booking) {
    let Some(payments) = booking.payments() else {
        return;
    };
    let (mut taken, mut late) = (0, 0);
    for payment in payments.attempts() {
        let amount = payment.amount.amount;
        let refunds = payments
            .refunds()
            .iter()
            .filter(|refund| refund.payment == payment.id);
        let returned: i64 = refunds.map(|refund| refund.amount.amount).sum();
        match payment.outcome {
            PaymentOutcome::Captured { late: false, .. } => taken += amount,
            PaymentOutcome::Captured { late: true, .. } => {
                late += amount;
                assert_eq!(returned, amount, "a late capture is returned whole");
            }
            PaymentOutcome::Open | PaymentOutcome::Declined { .. } => assert_eq!(returned, 0),
        }
        assert!(returned <= amount, "more is returned than was taken");
    }
    let kept: i64 = match booking {
        Booking::Confirmed(sale) => sale
            .lines
            .iter()
            .map(|line| line.unit_price.amount() * i64::from(line.quantity))
            .sum(),
        _ => 0,
    };
    let fees: i64 = cancelled(booking).iter().map(|(_, fee, _)| fee).sum();
    let returned: i64 = payments.refunds().iter().map(|refund| refund.amount.amount).sum();
    assert_eq!(taken + late, kept + fees + returned, "the money of {booking:?}");
}
