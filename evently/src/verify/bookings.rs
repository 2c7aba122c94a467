//! Bookings as a bookkeeper sees them: small enough that millions fit in memory.

use chrono::{DateTime, Utc};
use domain::booking::Booking;
use domain::booking::facts::{BookingFact, CancelledBy};
use domain::ids::{EventId, PaymentId};
use domain::money::Money;

use super::holding::{Holding, Term};
use super::lines::Lines;
use super::money::{MoneyBook, MoneySums};
use super::seats::SeatLedger;

/// One Booking.
#[derive(Debug, Default)]
pub(crate) struct BookingRecord {
    /// The Event and what this Booking has of it; `None` before it was placed.
    pub(crate) claim: Option<(EventId, Holding)>,
    /// How it ended, once it has no places any more.
    ended: Option<Ending>,
    lines: Lines,
    total: Option<Money>,
    money: Option<Box<MoneyBook>>,
    /// As the domain folds it, until it is sold or ended: what happens then is rare, and folded again at the end.
    folded: Option<Box<Booking>>,
    /// Whether something happened after the fold was given up.
    lapsed: bool,
}

/// How a Booking lost its places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Released,
    Expired,
    Failed,
    Cancelled,
}

impl BookingRecord {
    /// Books `fact`, handing everything that cannot be to `complain`. `ledger` finds the seats of its Event.
    pub(crate) fn book<'a>(
        &mut self,
        fact: &BookingFact,
        ledger: impl FnOnce(EventId) -> Option<&'a SeatLedger>,
        complain: &mut dyn FnMut(String),
    ) {
        let awaited = self
            .money
            .as_deref_mut()
            .is_some_and(|money| money.next_is(fact, complain));
        if let BookingFact::BookingPlaced { .. } = fact {
            self.place(fact, ledger, complain);
        } else {
            self.change(fact, awaited, complain);
        }
        self.fold(fact, complain);
    }

    /// Where it stands, as its own books say.
    pub(crate) fn status(&self) -> &'static str {
        match (self.ended, self.term()) {
            (Some(Ending::Released), _) => "released",
            (Some(Ending::Expired), _) => "expired",
            (Some(Ending::Failed), _) => "failed",
            (Some(Ending::Cancelled), _) if self.money.as_deref().is_some_and(MoneyBook::is_refunded) => {
                "refunded"
            }
            (Some(Ending::Cancelled), _) => "cancelled",
            (None, Some(Term::Until(_))) => "held",
            (None, Some(Term::Secured)) => "awaiting_payment",
            (None, Some(Term::Sold)) => "confirmed",
            (None, None) => "unplaced",
        }
    }

    /// Whether it holds or owns places.
    pub(crate) fn live(&self) -> bool {
        self.claim.is_some() && self.ended.is_none()
    }

    /// Whether its facts must be folded again to know what the domain makes of them.
    pub(crate) const fn lapsed(&self) -> bool {
        self.lapsed
    }

    /// What its books sum up to, and in which currency.
    pub(crate) fn sums(&self) -> Option<(Money, MoneySums)> {
        Some((self.total?, self.money.as_deref()?.sums()))
    }

    /// Complains of what must have followed and never did.
    pub(crate) fn close(&self, complain: &mut dyn FnMut(String)) {
        if let Some(money) = self.money.as_deref() {
            money.close(complain);
        }
    }

    fn change(&mut self, fact: &BookingFact, awaited: bool, complain: &mut dyn FnMut(String)) {
        match fact {
            BookingFact::BookingPlaced { .. } => {}
            BookingFact::BookingExtended { until, .. } => match self.term() {
                Some(Term::Until(_)) => self.set(Term::Until(*until)),
                Some(Term::Secured | Term::Sold) | None => {
                    complain("it was extended without a hold".to_owned());
                }
            },
            BookingFact::BookingReleased { .. } => self.end(Ending::Released, "released", complain),
            BookingFact::BookingExpired { .. } => self.end(Ending::Expired, "expired", complain),
            BookingFact::BookingConfirmed { .. } => match self.term() {
                Some(Term::Until(_)) => {
                    if self.total.is_some_and(|total| !total.is_zero()) {
                        complain("it costs something and was sold without a payment".to_owned());
                    }
                    self.set(Term::Sold);
                }
                Some(Term::Secured) if awaited => self.set(Term::Sold),
                Some(Term::Secured) => complain("it was confirmed while a payment is under way".to_owned()),
                Some(Term::Sold) | None => complain("it was confirmed without a hold".to_owned()),
            },
            BookingFact::BookingFailed { .. } => {
                if !awaited {
                    complain("it failed, and no payment was declined".to_owned());
                }
                self.ended = Some(Ending::Failed);
            }
            BookingFact::PaymentRequested {
                payment, amount, at, ..
            } => self.request_payment(*payment, *amount, *at, complain),
            BookingFact::PaymentDeclined { payment, until, .. } => {
                self.decline(*payment, *until, complain);
            }
            BookingFact::PaymentCaptured { payment, amount, .. } => {
                if self.term() != Some(Term::Secured) || self.ended.is_some() {
                    complain(format!("payment {payment} bought what is not held for it"));
                }
                self.money().capture(*payment, *amount, false, complain);
            }
            BookingFact::PaymentCapturedLate { payment, amount, .. } => {
                self.money().capture(*payment, *amount, true, complain);
            }
            BookingFact::PlacesCancelled { .. } => self.cancel(fact, complain),
            BookingFact::RefundRequested { .. } => self.money().request_refund(fact, awaited, complain),
            BookingFact::RefundSettled { refund, amount, .. } => {
                self.money().settle_refund(*refund, *amount, complain);
            }
            BookingFact::RefundRefused { refund, attempt, .. } => {
                self.money().refuse_refund(*refund, *attempt, complain);
            }
        }
    }

    /// Compares with what the domain makes of it. A fold is large, so that what is sold or ended has none.
    fn fold(&mut self, fact: &BookingFact, complain: &mut dyn FnMut(String)) {
        let first = matches!(fact, BookingFact::BookingPlaced { .. });
        let Some(mut folded) = self.folded.take().or_else(|| first.then(Box::default)) else {
            self.lapsed = true;
            return;
        };
        folded.evolve(fact);
        let status = self.status();
        if folded.status() != status {
            complain(format!(
                "the domain folds it to {} where its facts say {status}",
                folded.status()
            ));
        }
        self.folded = matches!(status, "held" | "awaiting_payment").then_some(folded);
    }

    fn term(&self) -> Option<Term> {
        self.claim.as_ref().map(|(_, holding)| holding.term)
    }

    fn set(&mut self, term: Term) {
        if let Some((_, holding)) = &mut self.claim {
            holding.term = term;
        }
    }

    fn money(&mut self) -> &mut MoneyBook {
        self.money.get_or_insert_default()
    }

    fn place<'a>(
        &mut self,
        fact: &BookingFact,
        ledger: impl FnOnce(EventId) -> Option<&'a SeatLedger>,
        complain: &mut dyn FnMut(String),
    ) {
        let BookingFact::BookingPlaced {
            event,
            buyer,
            lines,
            total,
            until,
            ..
        } = fact
        else {
            return;
        };
        if self.claim.is_some() {
            complain("it was placed twice".to_owned());
        }
        let ledger = ledger(*event);
        for line in lines {
            if ledger.and_then(|ledger| ledger.price(&line.section)) != Some(line.unit_price) {
                complain(format!(
                    "it pays another price than section {} asks",
                    line.section
                ));
            }
        }
        self.lines = Lines::new(lines);
        if self.lines.cost(total.currency) != Some(*total) {
            complain("its total is not the sum of its lines".to_owned());
        }
        self.total = Some(*total);
        let holding = Holding {
            buyer: *buyer,
            places: self.lines.digest(),
            quantity: self.lines.quantity(),
            term: Term::Until(*until),
        };
        self.claim = Some((*event, holding));
    }

    /// A hold ends by itself or by its buyer, and not while a payment is under way.
    fn end(&mut self, ending: Ending, how: &str, complain: &mut dyn FnMut(String)) {
        let held = matches!(self.term(), Some(Term::Until(_)));
        if self.ended.is_some() || !held {
            complain(format!("it was {how} without a hold"));
        }
        self.ended = Some(ending);
    }

    fn request_payment(
        &mut self,
        id: PaymentId,
        amount: Money,
        at: DateTime<Utc>,
        complain: &mut dyn FnMut(String),
    ) {
        let live = matches!(self.term(), Some(Term::Until(until)) if at < until);
        if !live || self.ended.is_some() {
            complain(format!("payment {id} was requested without a live hold"));
        }
        let total = self.total;
        self.money().request(id, amount, total, complain);
        self.set(Term::Secured);
    }

    fn decline(&mut self, id: PaymentId, until: Option<DateTime<Utc>>, complain: &mut dyn FnMut(String)) {
        let pending = self.ended.is_none() && self.term() == Some(Term::Secured);
        self.money().decline(id, pending && until.is_none(), complain);
        match until {
            Some(until) if pending => self.set(Term::Until(until)),
            Some(_) => complain(format!("payment {id} resumes a hold that does not wait for it")),
            None => {}
        }
    }

    fn cancel(&mut self, fact: &BookingFact, complain: &mut dyn FnMut(String)) {
        let BookingFact::PlacesCancelled {
            cancellation: id,
            lines,
            by,
            gross,
            fee,
            refund,
            ..
        } = fact
        else {
            return;
        };
        if fee.amount < 0 || refund.amount < 0 {
            complain(format!("cancellation {id} returns or keeps less than nothing"));
        }
        if gross.minus(*fee) != Some(*refund) {
            complain(format!(
                "cancellation {id} does not divide what was paid into fee and refund"
            ));
        }
        let gone = Lines::new(lines);
        let sold = self.ended.is_none() && self.term() == Some(Term::Sold);
        let (withdrawn, cost) = if sold {
            (false, gone.cost(gross.currency))
        } else {
            (true, Some(Money::zero(gross.currency)))
        };
        if cost != Some(*gross) {
            complain(format!("cancellation {id} is not of what its places cost"));
        }
        if !self.lines.remove(&gone) {
            complain(format!(
                "cancellation {id} gives back places that the booking does not have"
            ));
        }
        if withdrawn && (*by != CancelledBy::EventCancellation || !self.live() || !self.lines.is_empty()) {
            complain(format!("cancellation {id} is of places that were not sold"));
        }
        if let Some((_, holding)) = &mut self.claim {
            (holding.places, holding.quantity) = (self.lines.digest(), self.lines.quantity());
        }
        if self.lines.is_empty() {
            self.ended = Some(Ending::Cancelled);
        }
        self.money().cancel(*id, *refund, complain);
    }
}

#[cfg(test)]
mod tests;
