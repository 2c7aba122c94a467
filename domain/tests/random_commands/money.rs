//! The rules of money, written naively: what is paid, given back and returned.

mod cancelling;

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use domain::ids::BookingId;

use crate::command::booking_id;
use crate::ledger::Ledger;
use crate::model::{Model, Placed, Stands, longest};
use crate::step::{LAST, Said, Step};

/// An attempt to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    number: u8,
    card: u8,
    outcome: &'static str,
}

/// What was given back together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    /// Its key; `None` where it had none, and all was given back.
    cancellation: Option<u8>,
    request: String,
    gross: i64,
    fee: i64,
}

/// A refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Back {
    amount: i64,
    attempt: u32,
    outcome: &'static str,
}

impl Back {
    const fn new(amount: i64) -> Self {
        Self {
            amount,
            attempt: 1,
            outcome: "open",
        }
    }
}

impl Placed {
    fn attempt(&self, number: u8) -> Option<&Attempt> {
        if number == LAST {
            return self.attempts.last();
        }
        self.attempts.iter().find(|attempt| attempt.number == number)
    }

    /// The attempt that is under way, and that the hold waits for.
    fn awaits(&self, number: u8) -> bool {
        self.stands == Stands::Paying && self.attempts.last().is_some_and(|last| last.number == number)
    }

    fn know(&mut self, number: u8, outcome: &'static str) {
        let mut attempts = self.attempts.iter_mut();
        if let Some(attempt) = attempts.find(|attempt| attempt.number == number) {
            attempt.outcome = outcome;
        }
    }

    fn refund(&self, which: u8) -> Option<usize> {
        (!self.refunds.is_empty()).then(|| usize::from(which) % self.refunds.len())
    }

    fn ledger(&self, live: bool) -> Ledger {
        let gross: i64 = self.given.iter().map(|given| given.gross).sum();
        let is_settled = self.attempts.iter().all(|attempt| attempt.outcome != "open")
            && self.refunds.iter().all(|refund| refund.outcome == "settled");
        let status = match self.stands {
            Stands::Held if live => "held",
            Stands::Paying => "paying",
            Stands::Sold => "sold",
            Stands::Cancelled if gross > 0 && !self.refunds.is_empty() && is_settled => "refunded",
            Stands::Cancelled if gross > 0 => "cancelled",
            Stands::Failed => "failed",
            Stands::Held | Stands::Cancelled | Stands::Over => "over",
        };
        let given = self.given.iter().filter(|given| given.gross > 0);
        Ledger {
            status,
            places: if live { self.places() } else { BTreeSet::new() },
            total: self.total,
            attempts: self.attempts.iter().map(|attempt| attempt.outcome).collect(),
            cancelled: given
                .map(|given| (given.gross, given.fee, given.gross - given.fee))
                .collect(),
            refunds: self
                .refunds
                .iter()
                .map(|refund| (refund.amount, refund.attempt, refund.outcome))
                .collect(),
        }
    }
}

impl Model {
    /// What the rules say of every booking.
    pub(crate) fn ledgers(&self) -> BTreeMap<BookingId, Ledger> {
        let ledger = |placed: &Placed| placed.ledger(placed.is_live(self.now));
        self.bookings
            .iter()
            .map(|(key, placed)| (booking_id(*key), ledger(placed)))
            .collect()
    }

    pub(crate) fn answer_paying(&self, step: &Step) -> Result<(), String> {
        match step {
            Step::Pay {
                key,
                buyer,
                attempt,
                card,
            } => self.answer_pay(*key, *buyer, *attempt, *card),
            Step::Settle { key, attempt, said } => {
                let placed = self.bookings.get(key).ok_or("Absent")?;
                let known = placed.attempt(*attempt).ok_or("Absent")?;
                let is_news = ["open", "declined"].contains(&known.outcome);
                if *said == Said::CapturedLess && is_news {
                    return Err("WrongAmount".to_owned());
                }
                Ok(())
            }
            Step::SettleRefund { key, which, .. } | Step::RetryRefund { key, which } => {
                let placed = self.bookings.get(key).ok_or("Absent")?;
                placed.refund(*which).ok_or("Absent")?;
                Ok(())
            }
            other => unreachable!("{other:?} pays nothing"),
        }
    }

    fn answer_pay(&self, key: u8, buyer: u8, attempt: u8, card: u8) -> Result<(), String> {
        let placed = self.of(key, buyer)?;
        let refused = |kind: &str| Err(kind.to_owned());
        match placed.attempt(attempt) {
            Some(known) if known.card == card => return Ok(()),
            Some(_) => return refused("KeyReused"),
            None => {}
        }
        match placed.stands {
            Stands::Paying => refused("InFlight"),
            Stands::Sold => refused("Confirmed"),
            _ if !placed.is_live(self.now) => refused("Over"),
            _ if placed.total == 0 => refused("NothingToPay"),
            _ if self.called_off => refused("EventCancelled"),
            _ => Ok(()),
        }
    }

    pub(crate) fn take_paying(&mut self, step: &Step) {
        match step {
            Step::Pay {
                key, attempt, card, ..
            } => self.change(*key, |placed| {
                if placed.attempt(*attempt).is_none() {
                    placed.stands = Stands::Paying;
                    placed.attempts.push(Attempt {
                        number: *attempt,
                        card: *card,
                        outcome: "open",
                    });
                }
            }),
            Step::Settle { key, attempt, said } => self.settle(*key, *attempt, *said),
            Step::SettleRefund {
                key,
                which,
                attempts_ago,
                returned,
            } => self.change(*key, |placed| {
                let which = placed.refund(*which).unwrap();
                let refund = &mut placed.refunds[which];
                match (refund.outcome, returned) {
                    ("settled", _) => {}
                    (_, true) => refund.outcome = "settled",
                    ("open", false) if *attempts_ago == 0 => refund.outcome = "refused",
                    _ => {}
                }
            }),
            Step::RetryRefund { key, which } => self.change(*key, |placed| {
                let which = placed.refund(*which).unwrap();
                let refund = &mut placed.refunds[which];
                if refund.outcome == "refused" {
                    (refund.attempt, refund.outcome) = (refund.attempt + 1, "open");
                }
            }),
            other => unreachable!("{other:?} pays nothing"),
        }
    }

    fn settle(&mut self, key: u8, number: u8, said: Said) {
        let (now, ends_at) = (self.now, self.ends_at);
        self.change(key, |placed| {
            let Attempt { number, outcome, .. } = *placed.attempt(number).unwrap();
            match (outcome, said) {
                ("open", Said::Captured) if placed.awaits(number) => {
                    placed.know(number, "captured");
                    placed.stands = Stands::Sold;
                }
                ("open" | "declined", Said::Captured) => {
                    placed.know(number, "captured late");
                    placed.refunds.push(Back::new(placed.total));
                }
                ("open", Said::Declined) if placed.awaits(number) => {
                    placed.know(number, "declined");
                    let failed = placed
                        .attempts
                        .iter()
                        .filter(|attempt| ["declined", "captured late"].contains(&attempt.outcome));
                    if failed.count() == 5 {
                        placed.stands = Stands::Failed;
                        return;
                    }
                    placed.stands = Stands::Held;
                    let another_try = (now + TimeDelta::minutes(2)).min(longest(placed.at, ends_at));
                    placed.until = placed.until.min(ends_at).max(another_try);
                }
                ("open", Said::Declined) => placed.know(number, "declined"),
                _ => {}
            }
        });
    }
}
