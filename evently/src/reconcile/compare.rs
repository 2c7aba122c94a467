//! Comparing two sets of books: what the one has and the other has not, or has otherwise.

use std::collections::HashSet;
use std::fmt;

use chrono::{DateTime, Utc};
use domain::ids::{BookingId, EventId, PaymentId, RefundId};
use domain::money::Money;
use domain::payment::GatewayReference;
use gateway::{Movement, MovementKind, MovementStatus};

use super::books::{Books, Paid, Returned, State};

/// Something that the books of gateway and log disagree about.
#[derive(Clone, Debug)]
pub(super) enum Difference {
    /// The gateway took money, and the log does not know.
    Unrecorded { repair: Repair },
    /// The gateway returned money, and the log does not know.
    UnrecordedRefund { repair: Repair },
    /// The gateway took or returned another amount than it was asked for.
    WrongAmount {
        reference: GatewayReference,
        asked: Money,
        moved: Money,
    },
    /// The gateway took or returned the same money twice.
    Twice {
        reference: GatewayReference,
        known: GatewayReference,
        amount: Money,
    },
    /// The gateway took or returned money that the log knows nothing of.
    Foreign {
        reference: GatewayReference,
        amount: Money,
    },
    /// The log says that money was taken, and the gateway does not know.
    Unfounded { payment: PaymentId, booking: BookingId },
    /// The log says that money was returned, and the gateway does not know.
    UnfoundedRefund { refund: RefundId, booking: BookingId },
}

/// What makes a fact of what the gateway knows.
#[derive(Clone, Debug)]
pub(super) enum Repair {
    /// The money was taken.
    Payment {
        event: EventId,
        booking: BookingId,
        payment: PaymentId,
        reference: GatewayReference,
        amount: Money,
    },
    /// The money was returned.
    Refund {
        event: EventId,
        booking: BookingId,
        refund: RefundId,
        attempt: u32,
        reference: GatewayReference,
    },
}

/// Every difference between our books and the gateway's `movements`, which reach back to `since`.
pub(super) fn differences(ours: &Books, since: DateTime<Utc>, movements: &[Movement]) -> Vec<Difference> {
    let done = movements
        .iter()
        .filter(|movement| movement.status == MovementStatus::Done);
    let mut found: Vec<Difference> = done.filter_map(|movement| unlike_ours(ours, movement)).collect();
    let (charged, returned) = named(movements);
    let is_done = |state: &State| matches!(state, State::Done(_));
    let unfounded = ours
        .payments
        .iter()
        .filter(|(id, paid)| is_done(&paid.state) && paid.requested_at >= since && !charged.contains(id));
    found.extend(unfounded.map(|(payment, paid)| Difference::Unfounded {
        payment: *payment,
        booking: paid.booking,
    }));
    let unfounded = ours
        .refunds
        .iter()
        .filter(|(id, back)| is_done(&back.state) && back.requested_at >= since && !returned.contains(id));
    found.extend(unfounded.map(|(refund, back)| Difference::UnfoundedRefund {
        refund: *refund,
        booking: back.booking,
    }));
    found
}

/// Payments and refunds of ours that the gateway has.
fn named(movements: &[Movement]) -> (HashSet<PaymentId>, HashSet<RefundId>) {
    let (mut charged, mut returned) = (HashSet::new(), HashSet::new());
    for movement in movements {
        match movement.kind {
            MovementKind::Charge { payment } => charged.extend(payment),
            MovementKind::Refund { refund } => returned.extend(refund.map(|(refund, _)| refund)),
        }
    }
    (charged, returned)
}

/// How a movement of money differs from ours, if it does.
fn unlike_ours(ours: &Books, movement: &Movement) -> Option<Difference> {
    let foreign = || Difference::Foreign {
        reference: movement.reference.clone(),
        amount: movement.amount,
    };
    match movement.kind {
        MovementKind::Charge { payment } => {
            match payment.and_then(|payment| Some((payment, ours.payments.get(&payment)?))) {
                Some((payment, paid)) => unlike_payment(movement, payment, paid),
                None => Some(foreign()),
            }
        }
        MovementKind::Refund { refund } => {
            match refund.and_then(|(refund, attempt)| Some((refund, attempt, ours.refunds.get(&refund)?))) {
                Some((refund, attempt, returned)) => unlike_refund(movement, refund, attempt, returned),
                None => Some(foreign()),
            }
        }
    }
}

fn unlike_payment(movement: &Movement, payment: PaymentId, paid: &Paid) -> Option<Difference> {
    if movement.amount != paid.amount {
        return Some(wrong_amount(movement, paid.amount));
    }
    if let State::Done(known) = &paid.state {
        return twice(movement, known);
    }
    Some(Difference::Unrecorded {
        repair: Repair::Payment {
            event: paid.event,
            booking: paid.booking,
            payment,
            reference: movement.reference.clone(),
            amount: movement.amount,
        },
    })
}

fn unlike_refund(
    movement: &Movement,
    refund: RefundId,
    attempt: u32,
    returned: &Returned,
) -> Option<Difference> {
    if movement.amount != returned.amount {
        return Some(wrong_amount(movement, returned.amount));
    }
    if let State::Done(known) = &returned.state {
        return twice(movement, known);
    }
    Some(Difference::UnrecordedRefund {
        repair: Repair::Refund {
            event: returned.event,
            booking: returned.booking,
            refund,
            attempt: attempt.max(returned.attempt),
            reference: movement.reference.clone(),
        },
    })
}

/// Another movement of the same money than the one that is known.
fn twice(movement: &Movement, known: &GatewayReference) -> Option<Difference> {
    (movement.reference != *known).then(|| Difference::Twice {
        reference: movement.reference.clone(),
        known: known.clone(),
        amount: movement.amount,
    })
}

fn wrong_amount(movement: &Movement, asked: Money) -> Difference {
    Difference::WrongAmount {
        reference: movement.reference.clone(),
        asked,
        moved: movement.amount,
    }
}

impl Difference {
    /// What puts it right, where a machine can.
    pub(super) fn repair(&self) -> Option<Repair> {
        match self {
            Self::Unrecorded { repair } | Self::UnrecordedRefund { repair } => Some(repair.clone()),
            Self::WrongAmount { .. }
            | Self::Twice { .. }
            | Self::Foreign { .. }
            | Self::Unfounded { .. }
            | Self::UnfoundedRefund { .. } => None,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unrecorded { repair } => write!(f, "taken, and not in the log: {repair}"),
            Self::UnrecordedRefund { repair } => write!(f, "returned, and not in the log: {repair}"),
            Self::WrongAmount {
                reference,
                asked,
                moved,
            } => write!(
                f,
                "{reference} moved {} {}, and was asked for {} {}",
                moved.amount, moved.currency, asked.amount, asked.currency
            ),
            Self::Twice {
                reference,
                known,
                amount,
            } => write!(
                f,
                "{reference} moved {} {} a second time, after {known}",
                amount.amount, amount.currency
            ),
            Self::Foreign { reference, amount } => write!(
                f,
                "{reference} moved {} {}, and the log knows nothing of it",
                amount.amount, amount.currency
            ),
            Self::Unfounded { payment, booking } => {
                write!(
                    f,
                    "payment {payment} of booking {booking} is in the log as taken, and not there"
                )
            }
            Self::UnfoundedRefund { refund, booking } => {
                write!(
                    f,
                    "refund {refund} of booking {booking} is in the log as returned, and not there"
                )
            }
        }
    }
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Payment { booking, payment, .. } => write!(f, "payment {payment} of booking {booking}"),
            Self::Refund { booking, refund, .. } => write!(f, "refund {refund} of booking {booking}"),
        }
    }
}

#[cfg(test)]
mod tests;
