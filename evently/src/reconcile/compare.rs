//! Comparing two sets of books: what the one has and the other has not, or has otherwise.

use std::collections::HashSet;
use std::fmt;

use chrono::{DateTime, Utc};
use domain::ids::{BookingId, EventId};
use domain::money::Money;
use domain::payment::GatewayReference;
use gateway::{ChargeOutcome, Movement, MovementKind, MovementStatus, News, RefundOutcome};

use super::books::{Books, Item, State};

/// Something that the books of gateway and log disagree about.
#[derive(Clone, Debug)]
pub(super) enum Difference {
    /// The gateway took or returned money, and the log does not know.
    Unrecorded { event: EventId, news: News },
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
    /// The log says that money was taken or returned, and the gateway does not know.
    Unfounded { item: Item, booking: BookingId },
}

/// Every difference between our books and the gateway's `movements`, which reach back to `since`.
pub(super) fn differences(ours: &Books, since: DateTime<Utc>, movements: &[Movement]) -> Vec<Difference> {
    let done = movements
        .iter()
        .filter(|movement| movement.status == MovementStatus::Done);
    let mut found: Vec<Difference> = done.filter_map(|movement| unlike_ours(ours, movement)).collect();
    let theirs: HashSet<Item> = movements.iter().filter_map(|each| Some(item(each)?.0)).collect();
    let unfounded = ours.0.iter().filter(|(item, entry)| {
        matches!(entry.state, State::Done(_)) && entry.requested_at >= since && !theirs.contains(item)
    });
    found.extend(unfounded.map(|(item, entry)| Difference::Unfounded {
        item: *item,
        booking: entry.booking,
    }));
    found
}

/// The payment or refund of ours that the gateway moved money for, and at which attempt.
fn item(movement: &Movement) -> Option<(Item, u32)> {
    match movement.kind {
        MovementKind::Charge { payment } => Some((Item::Payment(payment?), 1)),
        MovementKind::Refund { refund } => refund.map(|(refund, attempt)| (Item::Refund(refund), attempt)),
    }
}

/// How a movement of money differs from ours, if it does.
fn unlike_ours(ours: &Books, movement: &Movement) -> Option<Difference> {
    let (reference, amount) = (movement.reference.clone(), movement.amount);
    let known = item(movement).and_then(|(item, attempt)| Some((item, attempt, ours.0.get(&item)?)));
    let Some((item, attempt, entry)) = known else {
        return Some(Difference::Foreign { reference, amount });
    };
    if amount != entry.amount {
        return Some(Difference::WrongAmount {
            reference,
            asked: entry.amount,
            moved: amount,
        });
    }
    if let State::Done(known) = &entry.state {
        return (reference != *known).then(|| Difference::Twice {
            reference,
            known: known.clone(),
            amount,
        });
    }
    let booking = entry.booking;
    let news = match item {
        Item::Payment(payment) => News::Charge {
            booking,
            payment,
            outcome: ChargeOutcome::Captured { reference, amount },
        },
        Item::Refund(refund) => News::Refund {
            booking,
            refund,
            attempt: attempt.max(entry.attempt),
            outcome: RefundOutcome::Settled { reference },
        },
    };
    Some(Difference::Unrecorded {
        event: entry.event,
        news,
    })
}

impl Difference {
    /// What puts it right, where a machine can: what the gateway knows, and of which Event.
    pub(super) fn repair(self) -> Option<(EventId, News)> {
        if let Self::Unrecorded { event, news } = self {
            Some((event, news))
        } else {
            None
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unrecorded { news, .. } => match news {
                News::Charge { booking, payment, .. } => {
                    write!(
                        f,
                        "taken, and not in the log: payment {payment} of booking {booking}"
                    )
                }
                News::Refund { booking, refund, .. } => {
                    write!(
                        f,
                        "returned, and not in the log: refund {refund} of booking {booking}"
                    )
                }
            },
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
            Self::Unfounded { item, booking } => {
                let (what, done) = match item {
                    Item::Payment(payment) => (format!("payment {payment}"), "taken"),
                    Item::Refund(refund) => (format!("refund {refund}"), "returned"),
                };
                write!(
                    f,
                    "{what} of booking {booking} is in the log as {done}, and not there"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests;
