//! What may be given back, and what of its price is kept.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::{Back, Given};
use crate::model::{Model, Placed, Stands};
use crate::step::{Step, Who};
use crate::theatre::picked;

/// What is asked to be given back.
struct Asked {
    seats: Vec<String>,
    standing: u32,
}

impl Model {
    pub(crate) fn answer_cancel(&self, step: &Step) -> Result<(), String> {
        let refused = |kind: &str| Err(kind.to_owned());
        let placed = self.bookings.get(&step.key()).ok_or("Absent")?;
        let (by, cancellation, request) = asked_by(step);
        match by {
            Who::Buyer(buyer) if buyer != placed.buyer => return refused("NotYours"),
            Who::Stranger => return refused("NotYours"),
            Who::Process if !self.called_off => return refused("EventNotCancelled"),
            Who::Buyer(_) | Who::Organizer | Who::Process => {}
        }
        if let Some(before) = placed
            .given
            .iter()
            .find(|given| given.cancellation == cancellation)
        {
            return if before.request == request {
                Ok(())
            } else {
                refused("KeyReused")
            };
        }
        let is_all = matches!(step, Step::Release { .. } | Step::CancelAll { .. });
        match (placed.stands, by) {
            (Stands::Sold, _) => {
                asked(placed, step)?;
                self.fee(placed, by, &[]).map(|_| ())
            }
            (Stands::Paying, Who::Process) => Ok(()),
            (Stands::Paying, _) => refused("PaymentInFlight"),
            (Stands::Held, Who::Process) if placed.is_live(self.now) => Ok(()),
            (Stands::Held, Who::Buyer(_)) if is_all => Ok(()),
            (Stands::Held, _) if placed.is_live(self.now) => refused("NotConfirmed"),
            _ if is_all => Ok(()),
            _ => refused("Over"),
        }
    }

    /// What is kept of places with these prices.
    fn fee(&self, placed: &Placed, by: Who, prices: &[i64]) -> Result<i64, String> {
        let late = || Err("TooLate".to_owned());
        let is_moved = self
            .moved
            .is_some_and(|(at, free_until)| placed.at < at && self.now < free_until);
        if !matches!(by, Who::Buyer(_)) || self.called_off {
            return Ok(0);
        }
        if self.starts_at <= self.now {
            return late();
        }
        if is_moved || placed.total == 0 {
            return Ok(0);
        }
        let policy = placed.policy.ok_or("NotCancellable")?;
        if self.starts_at - TimeDelta::hours(policy.closes_hours) <= self.now {
            return late();
        }
        if self.now < self.starts_at - TimeDelta::hours(policy.free_hours) {
            return Ok(0);
        }
        let of_place = |price: &i64| price * policy.share / 10_000 + policy.per_place.min(*price);
        Ok(prices.iter().map(of_place).sum())
    }

    pub(crate) fn take_cancel(&mut self, step: &Step) {
        let placed = &self.bookings[&step.key()];
        let (by, cancellation, request) = asked_by(step);
        if placed
            .given
            .iter()
            .any(|given| given.cancellation == cancellation)
        {
            return;
        }
        let live = placed.is_live(self.now);
        if placed.stands != Stands::Sold {
            return self.change(step.key(), |placed| {
                if !live {
                    return;
                }
                placed.stands = Stands::Over;
                if by == Who::Process {
                    placed.stands = Stands::Cancelled;
                    placed.given.push(Given {
                        cancellation,
                        request,
                        gross: 0,
                        fee: 0,
                    });
                }
            });
        }
        let Asked { seats, standing } = asked(placed, step).unwrap();
        let prices = placed.prices(&seats, standing);
        let gross: i64 = prices.iter().sum();
        let fee = self.fee(placed, by, &prices).unwrap();
        self.change(step.key(), |placed| {
            placed.seats.retain(|seat| !seats.contains(seat));
            placed.standing -= standing;
            if gross > fee {
                placed.refunds.push(Back::new(gross - fee));
            }
            placed.given.push(Given {
                cancellation,
                request,
                gross,
                fee,
            });
            if placed.places().is_empty() {
                placed.stands = Stands::Cancelled;
            }
        });
    }
}

/// Who asks, by which key, and for what.
fn asked_by(step: &Step) -> (Who, Option<u8>, String) {
    let request = format!("{step:?}");
    match step {
        Step::Release { buyer, .. } => (Who::Buyer(*buyer), None, String::new()),
        Step::CancelAll { by, cancellation, .. }
        | Step::CancelSeats { by, cancellation, .. }
        | Step::CancelCount { by, cancellation, .. } => (*by, Some(*cancellation), request),
        other => unreachable!("{other:?} gives nothing back"),
    }
}

/// The places of a sale that are asked to be given back.
fn asked(placed: &Placed, step: &Step) -> Result<Asked, String> {
    match step {
        Step::CancelSeats { picks, .. } => {
            let own: Vec<String> = placed.seats.iter().cloned().collect();
            let mut seats = picked(&own, picks);
            if seats.is_empty() {
                return Err("NoPlaces".to_owned());
            }
            seats.sort();
            let twice: BTreeSet<&String> = seats
                .windows(2)
                .filter(|pair| pair[0] == pair[1])
                .map(|pair| &pair[0])
                .collect();
            if !twice.is_empty() {
                return Err(format!("DuplicateSeats {twice:?}"));
            }
            let foreign: Vec<&String> = seats.iter().filter(|seat| !own.contains(seat)).collect();
            if foreign.is_empty() {
                Ok(Asked { seats, standing: 0 })
            } else {
                Err(format!(
                    "UnknownSeats {:?}",
                    foreign.iter().collect::<BTreeSet<_>>()
                ))
            }
        }
        Step::CancelCount { quantity: 0, .. } => Err("NoPlaces".to_owned()),
        Step::CancelCount {
            section, quantity, ..
        } => {
            let left = if *section == 2 { placed.standing } else { 0 };
            if u32::from(*quantity) > left {
                return Err(format!("TooMany, {left} left"));
            }
            Ok(Asked {
                seats: Vec::new(),
                standing: u32::from(*quantity),
            })
        }
        _ => Ok(Asked {
            seats: placed.seats.iter().cloned().collect(),
            standing: placed.standing,
        }),
    }
}
