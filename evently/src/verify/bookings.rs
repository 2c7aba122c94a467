//! Bookings as a bookkeeper sees them: small enough that millions fit in memory.

use chrono::{DateTime, Utc};
use domain::booking::Booking;
use domain::booking::facts::BookingFact;
use domain::ids::EventId;
use domain::money::Money;

use super::seats::{Holding, SeatLedger, digest};

/// One Booking.
#[derive(Debug, Default)]
pub(crate) struct BookingRecord {
    /// The Event and what this Booking has of it; `None` before it was placed.
    pub(crate) claim: Option<(EventId, Holding)>,
    /// How it ended, once it has.
    pub(crate) ended: bool,
    /// As the domain folds it, while it can still change.
    folded: Option<Box<Booking>>,
}

impl BookingRecord {
    /// Books `fact`, handing everything that cannot be to `complain`. `ledger` finds the seats of its Event.
    pub(crate) fn book<'a>(
        &mut self,
        fact: BookingFact,
        ledger: impl FnOnce(EventId) -> Option<&'a SeatLedger>,
        complain: &mut dyn FnMut(String),
    ) {
        let status = match &fact {
            BookingFact::BookingPlaced { .. } => {
                self.place(&fact, ledger, complain);
                "held"
            }
            BookingFact::BookingExtended { until, .. } => {
                match &mut self.claim {
                    Some((_, holding)) if holding.until.is_some() => holding.until = Some(*until),
                    Some(_) | None => complain("it was extended without a hold".to_owned()),
                }
                "held"
            }
            BookingFact::BookingReleased { .. } => self.end("released", complain),
            BookingFact::BookingExpired { .. } => self.end("expired", complain),
            BookingFact::BookingConfirmed { .. } => {
                match &mut self.claim {
                    Some((_, holding)) if holding.until.is_some() => holding.until = None,
                    Some(_) | None => complain("it was confirmed without a hold".to_owned()),
                }
                "confirmed"
            }
            BookingFact::PaymentRequested { .. }
            | BookingFact::PaymentDeclined { .. }
            | BookingFact::PaymentCaptured { .. }
            | BookingFact::PaymentCapturedLate { .. }
            | BookingFact::BookingFailed { .. }
            | BookingFact::PlacesCancelled { .. }
            | BookingFact::RefundRequested { .. }
            | BookingFact::RefundSettled { .. }
            | BookingFact::RefundRefused { .. } => return,
        };
        let mut folded = self.folded.take().unwrap_or_default();
        folded.apply(fact);
        if folded.status() != status {
            complain(format!(
                "the domain folds it to {} where its facts say {status}",
                folded.status()
            ));
        }
        self.folded = (status == "held").then_some(folded);
    }

    /// Whether it holds or owns places.
    pub(crate) fn live(&self) -> bool {
        self.claim.is_some() && !self.ended
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
        let mut sum = Some(Money::zero(total.currency));
        let ledger = ledger(*event);
        for line in lines {
            sum = sum.and_then(|sum| sum.plus_seats(line.unit_price, line.quantity));
            if ledger.and_then(|ledger| ledger.price(&line.section)) != Some(line.unit_price) {
                complain(format!(
                    "it pays another price than section {} asks",
                    line.section
                ));
            }
        }
        if sum != Some(*total) {
            complain("its total is not the sum of its lines".to_owned());
        }
        let holding = Holding {
            buyer: *buyer,
            places: digest(
                lines
                    .iter()
                    .map(|line| (&line.section, line.quantity, line.seats.as_slice())),
            ),
            quantity: lines.iter().map(|line| u64::from(line.quantity)).sum(),
            until: Some(*until),
        };
        self.claim = Some((*event, holding));
    }

    fn end(&mut self, status: &'static str, complain: &mut dyn FnMut(String)) -> &'static str {
        let held: Option<DateTime<Utc>> = self.claim.as_ref().and_then(|(_, holding)| holding.until);
        if self.ended || held.is_none() {
            complain(format!("it was {status} without a hold"));
        }
        self.ended = true;
        status
    }
}
