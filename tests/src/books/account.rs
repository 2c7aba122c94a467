//! What the log says of one Booking's money.

use std::collections::BTreeMap;

use domain::booking::{BookingFact, BookingLine, RefundReason};
use domain::ids::{PaymentId, RefundId};
use domain::money::Money;

use super::journal::Entry;

/// A Booking's money, by its facts.
#[derive(Debug, Default)]
pub struct Account {
    /// Attempts to pay.
    pub payments: BTreeMap<PaymentId, Paid>,
    /// Money that goes back.
    pub refunds: BTreeMap<RefundId, Returned>,
    /// How often it became a sale.
    pub sales: usize,
    placed: i64,
    given_back: i64,
    fees: i64,
    /// What the next fact must be: that of the same unit.
    follows: Option<Follows>,
    broken: Vec<String>,
}

/// An attempt to pay.
#[derive(Debug)]
pub struct Paid {
    /// What was asked for.
    pub asked: Money,
    /// Whether the gateway said no.
    pub declined: bool,
    /// What the gateway took: once at most.
    pub captures: Vec<Capture>,
}

/// Money that the gateway took.
#[derive(Debug)]
pub struct Capture {
    amount: Money,
    reference: String,
    late: bool,
}

/// Money that goes back.
#[derive(Debug)]
pub struct Returned {
    payment: PaymentId,
    amount: Money,
    reason: RefundReason,
    /// What the gateway calls it, where it came back: once at most.
    pub settled: Vec<String>,
}

/// What must follow a capture at once.
#[derive(Debug)]
enum Follows {
    Sale,
    RefundOf(PaymentId, Money),
}

impl Capture {
    /// Whether the journal's `entry` says the same.
    pub fn is(&self, entry: &Entry) -> bool {
        self.reference == entry.id && is_amount(self.amount, entry)
    }
}

impl Returned {
    /// Whether the journal's `entry` says the same, called `reference` by the log.
    pub fn is(&self, entry: &Entry, reference: &str) -> bool {
        reference == entry.id
            && is_amount(self.amount, entry)
            && entry.charge_key == Some(self.payment.to_string())
    }
}

fn is_amount(amount: Money, entry: &Entry) -> bool {
    amount.amount == entry.amount && amount.currency.to_string() == entry.currency
}

impl Account {
    /// Every capture, and whose it is.
    pub fn captures(&self) -> impl Iterator<Item = (PaymentId, &Capture)> {
        let all = self.payments.iter();
        all.flat_map(|(payment, paid)| paid.captures.iter().map(|capture| (*payment, capture)))
    }

    /// Minor units that are to be kept: for places that are sold, and fees for those that were given back.
    pub const fn due(&self) -> i64 {
        if self.sales == 0 {
            return 0;
        }
        self.placed - self.given_back + self.fees
    }

    /// Takes the next fact in.
    pub(super) fn enter(&mut self, fact: BookingFact) {
        self.is_what_follows(&fact);
        match fact {
            BookingFact::BookingPlaced { lines, total, .. } => {
                self.placed = cost(&lines);
                self.holds(
                    self.placed == total.amount,
                    "the total is not the sum of its lines",
                );
            }
            BookingFact::BookingConfirmed { .. } => self.sales += 1,
            BookingFact::PaymentRequested { payment, amount, .. } => self.asked(payment, amount),
            BookingFact::PaymentDeclined { payment, .. } => {
                if let Some(paid) = self.payments.get_mut(&payment) {
                    paid.declined = true;
                }
            }
            BookingFact::PaymentCaptured {
                payment,
                amount,
                reference,
                ..
            } => self.captured(payment, amount, reference.to_string(), false),
            BookingFact::PaymentCapturedLate {
                payment,
                amount,
                reference,
                ..
            } => self.captured(payment, amount, reference.to_string(), true),
            BookingFact::PlacesCancelled {
                lines,
                gross,
                fee,
                refund,
                ..
            } => self.given_back(cost(&lines), gross, fee, refund),
            BookingFact::RefundRequested {
                refund,
                payment,
                amount,
                reason,
                ..
            } => self.awaited(refund, payment, amount, reason),
            BookingFact::RefundSettled {
                refund, reference, ..
            } => {
                if let Some(returned) = self.refunds.get_mut(&refund) {
                    returned.settled.push(reference.to_string());
                }
            }
            BookingFact::BookingExtended { .. }
            | BookingFact::BookingReleased { .. }
            | BookingFact::BookingExpired { .. }
            | BookingFact::BookingFailed { .. }
            | BookingFact::RefundRefused { .. } => {}
        }
    }

    fn asked(&mut self, payment: PaymentId, asked: Money) {
        let paid = Paid {
            asked,
            declined: false,
            captures: Vec::new(),
        };
        let before = self.payments.insert(payment, paid);
        self.holds(before.is_none(), "a payment was requested twice");
    }

    /// Places of a sale have a price; a hold costs nothing.
    fn given_back(&mut self, cost: i64, gross: Money, fee: Money, refund: Money) {
        if self.sales > 0 {
            self.given_back += cost;
            self.fees += fee.amount;
            self.holds(gross.amount == cost, "what is given back cost something else");
        }
        self.holds(
            gross.amount == fee.amount + refund.amount,
            "a fee and a refund are not the price",
        );
    }

    /// A refund that was refused is requested again, under the same id.
    fn awaited(&mut self, refund: RefundId, payment: PaymentId, amount: Money, reason: RefundReason) {
        self.refunds.entry(refund).or_insert(Returned {
            payment,
            amount,
            reason,
            settled: Vec::new(),
        });
    }

    fn captured(&mut self, payment: PaymentId, amount: Money, reference: String, late: bool) {
        self.follows = Some(if late {
            Follows::RefundOf(payment, amount)
        } else {
            Follows::Sale
        });
        match self.payments.get_mut(&payment) {
            Some(paid) => paid.captures.push(Capture {
                amount,
                reference,
                late,
            }),
            None => self.holds(false, "a payment was captured that was never requested"),
        }
    }

    /// A capture and what it buys, or its refund, are one unit: the one stands right after the other.
    fn is_what_follows(&mut self, fact: &BookingFact) {
        let Some(follows) = self.follows.take() else {
            return;
        };
        let right = match (follows, fact) {
            (Follows::Sale, BookingFact::BookingConfirmed { .. }) => true,
            (
                Follows::RefundOf(paid, whole),
                BookingFact::RefundRequested {
                    payment,
                    amount,
                    reason: RefundReason::LateCapture,
                    ..
                },
            ) => paid == *payment && whole == *amount,
            (Follows::Sale | Follows::RefundOf(..), _) => false,
        };
        self.holds(right, "after a capture stands neither its sale nor its refund");
    }

    fn holds(&mut self, holds: bool, otherwise: &str) {
        if !holds {
            self.broken.push(otherwise.to_owned());
        }
    }

    /// What the log alone shows to be wrong, or not at its end.
    pub(super) fn own_differences(&self, tell: &mut impl FnMut(String)) {
        self.broken.iter().cloned().for_each(&mut *tell);
        if self.follows.is_some() {
            tell("a capture has neither a sale nor a refund".to_owned());
        }
        let bought = self.captures().filter(|(_, capture)| !capture.late).count();
        if self.placed > 0 && self.sales != bought || self.sales > 1 {
            tell(format!(
                "{} sales and {bought} captures that bought something",
                self.sales
            ));
        }
        for (payment, paid) in &self.payments {
            match paid.captures.as_slice() {
                [] if paid.declined => {}
                [] => tell(format!("payment {payment} has no outcome")),
                [capture] if capture.amount == paid.asked => {}
                captures => tell(format!("payment {payment} has the captures {captures:?}")),
            }
        }
        for (refund, returned) in &self.refunds {
            if returned.settled.len() != 1 {
                tell(format!(
                    "refund {refund} ({:?}) came back {} times",
                    returned.reason,
                    returned.settled.len()
                ));
            }
        }
    }
}

fn cost(lines: &[BookingLine]) -> i64 {
    let each = lines.iter();
    each.map(|line| i64::from(line.quantity) * line.unit_price.amount())
        .sum()
}
