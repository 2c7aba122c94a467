//! The process on our side that asks the gateway. All that it keeps in memory is what it asked for already; what there
//! is to ask, it reads from the facts.

use std::collections::BTreeSet;

use domain::booking::{Booking, Payment, PaymentOutcome, Payments, Refund, RefundOutcome};
use domain::ids::{PaymentId, RefundId};

use crate::fault::Fault;
use crate::network::{ChargeKey, Message, Network, ReturnKey};
use crate::world::World;

/// A question to the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Ask {
    Payment(PaymentId),
    Refund(RefundId, u32),
}

/// What the process has in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Process {
    asked: BTreeSet<Ask>,
    /// Questions so far; counted only where a fault puts the number into the key.
    count: u8,
}

impl Process {
    /// What it would ask now: what is open and was not asked, or was and has been without an answer for too long.
    pub(crate) fn due(&self, world: &World, network: &Network, fault: Fault) -> Vec<Ask> {
        let is_on_its_way = |ask: &Ask| match ask {
            Ask::Payment(payment) => network.charges(*payment),
            Ask::Refund(refund, attempt) => network.returns(*refund, *attempt),
        };
        let asks_again = fault != Fault::ForgetsOpenPayments;
        open(world)
            .filter(|ask| !self.asked.contains(ask) || (asks_again && !is_on_its_way(ask)))
            .collect()
    }

    pub(crate) fn ask(&mut self, world: &World, network: &mut Network, ask: Ask, fault: Fault) {
        self.asked.insert(ask);
        let mut again = 0;
        if matches!(fault, Fault::NewKeyOnRetry | Fault::NewRefundKeyOnRetry) {
            again = self.count;
            self.count += 1;
        }
        network.send(question(world, ask, again, fault));
    }

    /// It stops and starts anew.
    pub(crate) fn crash(&mut self, world: &World, fault: Fault) {
        self.asked.clear();
        if fault == Fault::ForgetsOpenPayments {
            self.asked.extend(open(world));
        }
    }

    /// Forgets what is answered, so that states that will go on alike are alike.
    pub(crate) fn tidy(&mut self, world: &World) {
        let open: BTreeSet<Ask> = open(world).collect();
        self.asked.retain(|ask| open.contains(ask));
    }
}

fn question(world: &World, ask: Ask, again: u8, fault: Fault) -> Message {
    match ask {
        Ask::Payment(id) => Message::Charge {
            key: ChargeKey {
                payment: id,
                again: if fault == Fault::NewKeyOnRetry { again } else { 0 },
            },
            amount: payments(world)
                .find(|payment| payment.id == id)
                .unwrap()
                .amount
                .amount,
        },
        Ask::Refund(id, attempt) => {
            let refund = refunds(world).find(|refund| refund.id == id).unwrap();
            let again = if fault == Fault::NewRefundKeyOnRetry {
                again
            } else {
                0
            };
            Message::Return {
                key: ReturnKey {
                    refund: id,
                    attempt,
                    again,
                },
                payment: refund.payment,
                amount: refund.amount.amount,
            }
        }
    }
}

/// What the facts say is open.
pub(crate) fn open(world: &World) -> impl Iterator<Item = Ask> {
    let payments = payments(world).filter(|payment| payment.outcome == PaymentOutcome::Open);
    let refunds = refunds(world).filter(|refund| refund.outcome == RefundOutcome::Open);
    payments
        .map(|payment| Ask::Payment(payment.id))
        .chain(refunds.map(|refund| Ask::Refund(refund.id, refund.attempt)))
}

fn payments(world: &World) -> impl Iterator<Item = &Payment> {
    let money = world.bookings().filter_map(Booking::payments);
    money.flat_map(Payments::attempts)
}

/// Every refund of every Booking.
pub(crate) fn refunds(world: &World) -> impl Iterator<Item = &Refund> {
    let money = world.bookings().filter_map(Booking::payments);
    money.flat_map(Payments::refunds)
}
