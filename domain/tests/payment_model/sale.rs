//! The model: buyers, their Bookings, the process, the network and the gateway, and every step that any of them may take.

use std::collections::HashMap;
use std::sync::Mutex;

use chrono::{DateTime, Utc};
use domain::booking::{Booking, BookingCommand, CancelRequest, RefundOutcome};
use domain::ids::{PaymentId, RefundId};
use stateright::{Model, Property};

use crate::fault::Fault;
use crate::gateway::Gateway;
use crate::network::{ChargeKey, Message, Network, Outcome, ReturnKey};
use crate::process::{Ask, Process, refunds};
use crate::properties::properties;
use crate::world::{World, cancel, expire, give_up, minute, pay, place, retry_refund, settle, settle_refund};

/// A sale to be checked.
pub(crate) struct Sale {
    fault: Fault,
    bounds: Bounds,
    /// What was decided before: the same command upon the same world has the same facts, and the same world comes back
    /// with many states of network and gateway.
    decided: Mutex<HashMap<(World, usize, Step), Option<World>>>,
}

/// Who takes part in a sale, and how much may go wrong in it, so that the number of its states is finite.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Seats of the Event.
    pub(crate) seats: u32,
    /// What each buyer wants.
    pub(crate) wishes: &'static [&'static [&'static str]],
    /// Minutes that the clock jumps to, one after the other; after the last one every hold is over.
    pub(crate) clock: &'static [i64],
    /// Attempts to pay that a buyer makes.
    pub(crate) attempts: usize,
    /// Whether buyers give back what they hold or own, and seats of it.
    pub(crate) buyers_cancel: bool,
    /// Whether the gateway tells what came of a charge by a notice too; that it changed its mind it always tells.
    pub(crate) notices: bool,
    /// Whether the organizer may call the Event off.
    pub(crate) called_off: bool,
    pub(crate) left: Left,
}

/// How often each of these may still happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Left {
    /// A message is lost or repeated, or the process crashes.
    pub(crate) mishaps: u8,
    /// The gateway declines, takes after all what it declined, or refuses a refund.
    pub(crate) whims: u8,
}

/// Everything at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Moment {
    pub(crate) world: World,
    pub(crate) process: Process,
    pub(crate) network: Network,
    pub(crate) gateway: Gateway,
    pub(crate) left: Left,
    pub(crate) tick: usize,
}

/// A step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    Tick,
    Place(usize),
    Pay(usize),
    CancelAll(usize),
    CancelSeat(usize),
    CallOff,
    /// The process of a cancelled Event reaches a Booking.
    GiveUp(usize),
    /// A timer.
    Expire(usize),
    /// The process asks the gateway.
    Ask(Ask),
    /// A message arrives, and the gateway says yes, where it is to decide.
    Deliver(Message),
    /// A message arrives at the gateway, which says no.
    Refuse(Message),
    /// The gateway repeats notices that are not confirmed.
    TellAgain(ChargeKey, Outcome),
    ChangeMind(ChargeKey),
    /// The operator asks once more for a refused refund.
    RetryRefund(RefundId),
    Lose(Message),
    Duplicate(Message),
    Crash,
}

impl Model for Sale {
    type State = Moment;
    type Action = Step;

    fn init_states(&self) -> Vec<Moment> {
        vec![Moment {
            world: World::on_sale(self.bounds.seats, self.bounds.wishes.len()),
            process: Process::default(),
            network: Network::default(),
            gateway: Gateway::default(),
            left: self.bounds.left,
            tick: 0,
        }]
    }

    fn actions(&self, now: &Moment, steps: &mut Vec<Step>) {
        self.wills(now, steps);
        self.duties(now, steps);
        misfortunes(now, steps);
    }

    fn next_state(&self, now: &Moment, step: Step) -> Option<Moment> {
        let mut next = now.clone();
        self.take(&mut next, step).then(|| {
            next.process.tidy(&next.world);
            next
        })
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties()
    }
}

impl Sale {
    pub(crate) fn new(bounds: Bounds, fault: Fault) -> Self {
        Self {
            fault,
            bounds,
            decided: Mutex::default(),
        }
    }

    /// What people may do and need not. What the domain refuses is no step.
    fn wills(&self, now: &Moment, steps: &mut Vec<Step>) {
        if now.tick + 1 < self.bounds.clock.len() {
            steps.push(Step::Tick);
        }
        if self.bounds.called_off && !now.world.event().is_cancelled() {
            steps.push(Step::CallOff);
        }
        let is_last_tick = now.tick + 1 == self.bounds.clock.len();
        for (buyer, booking) in now.world.bookings().enumerate() {
            match booking {
                Booking::Unplaced if !is_last_tick => steps.push(Step::Place(buyer)),
                Booking::Held(held) => {
                    if held.payments.attempts().len() < self.bounds.attempts {
                        steps.push(Step::Pay(buyer));
                    }
                    if self.bounds.buyers_cancel {
                        steps.push(Step::CancelAll(buyer));
                    }
                }
                Booking::Confirmed(_) if self.bounds.buyers_cancel => {
                    steps.extend([Step::CancelAll(buyer), Step::CancelSeat(buyer)]);
                }
                Booking::Unplaced
                | Booking::AwaitingPayment(_)
                | Booking::Confirmed(_)
                | Booking::Cancelled(_)
                | Booking::Released(_)
                | Booking::Failed(_)
                | Booking::Expired(_) => {}
            }
        }
    }

    /// What happens sooner or later by itself.
    fn duties(&self, now: &Moment, steps: &mut Vec<Step>) {
        let Moment {
            world,
            network,
            gateway,
            ..
        } = now;
        let overdue = world.event().seats().overdue(self.now(now), usize::MAX);
        steps.extend(
            overdue
                .iter()
                .map(|booking| Step::Expire(world.buyer_of(*booking))),
        );
        if world.event().is_cancelled() && self.fault != Fault::LeavesCancelledEvent {
            let left = world.event().seats().bookings_left(usize::MAX);
            steps.extend(left.iter().map(|booking| Step::GiveUp(world.buyer_of(*booking))));
        }
        steps.extend(
            now.process
                .due(world, network, self.fault)
                .into_iter()
                .map(Step::Ask),
        );
        steps.extend(network.messages().map(Step::Deliver));
        let is_lost = |(key, outcome): &(ChargeKey, Outcome)| {
            let notice = Message::Notice {
                key: *key,
                outcome: *outcome,
            };
            !network.messages().any(|message| message == notice)
        };
        let lost = gateway.unheard().filter(is_lost);
        steps.extend(lost.map(|(key, outcome)| Step::TellAgain(key, outcome)));
        let refused = refunds(world).filter(|refund| matches!(refund.outcome, RefundOutcome::Refused { .. }));
        steps.extend(refused.map(|refund| Step::RetryRefund(refund.id)));
    }

    /// What the clock says.
    pub(crate) fn now(&self, now: &Moment) -> DateTime<Utc> {
        minute(self.bounds.clock[now.tick])
    }

    /// Whether nothing more happens by itself: no process has work, and time has passed.
    pub(crate) fn rests(&self, now: &Moment) -> bool {
        let mut duties = Vec::new();
        self.duties(now, &mut duties);
        duties.is_empty() && now.tick + 1 == self.bounds.clock.len()
    }

    /// Whether the step changed anything.
    fn take(&self, next: &mut Moment, step: Step) -> bool {
        match step {
            Step::Tick => next.tick += 1,
            Step::Ask(ask) => next.process.ask(&next.world, &mut next.network, ask, self.fault),
            Step::Deliver(message) => {
                next.network.take(message);
                self.arrive(next, message);
            }
            Step::Refuse(message) => {
                next.network.take(message);
                self.refuse(next, message);
            }
            Step::TellAgain(key, outcome) => next.network.send(Message::Notice { key, outcome }),
            Step::ChangeMind(key) => {
                next.left.whims -= 1;
                let outcome = next.gateway.change_mind(key);
                tell(next, key, outcome);
            }
            Step::Lose(message) => {
                next.left.mishaps -= 1;
                next.network.take(message);
            }
            Step::Duplicate(message) => {
                next.left.mishaps -= 1;
                next.network.send(message);
            }
            Step::Crash => {
                next.left.mishaps -= 1;
                next.process.crash(&next.world, self.fault);
            }
            Step::Place(_)
            | Step::Pay(_)
            | Step::CancelAll(_)
            | Step::CancelSeat(_)
            | Step::CallOff
            | Step::GiveUp(_)
            | Step::Expire(_)
            | Step::RetryRefund(_) => return self.decide(next, step),
        }
        true
    }

    /// Decides what the step asks for. Whether anything changed.
    fn decide(&self, next: &mut Moment, step: Step) -> bool {
        let mut decided = self.decided.lock().unwrap();
        let key = (next.world.clone(), next.tick, step);
        let after = decided.entry(key).or_insert_with(|| {
            let at = self.now(next);
            if step == Step::CallOff {
                return next.world.call_off(at);
            }
            let command = self.command(next, step)?;
            next.world.decide(self.fault, &command, at)
        });
        if let Some(after) = after {
            next.world = after.clone();
        }
        after.is_some()
    }

    /// What the step asks of a Booking.
    fn command(&self, now: &Moment, step: Step) -> Option<BookingCommand> {
        let (world, at) = (&now.world, self.now(now));
        let cancellation = |buyer| world.booking(buyer).cancelled().len();
        Some(match step {
            Step::Place(buyer) => place(buyer, self.bounds.wishes[buyer], at),
            Step::Pay(buyer) => pay(buyer, attempts(world.booking(buyer)) + 1, at),
            Step::CancelAll(buyer) => cancel(buyer, CancelRequest::All, cancellation(buyer), at),
            Step::CancelSeat(buyer) => {
                let [seat, _, ..] = &*world.booking(buyer).lines()[0].seats else {
                    return None; // the last seat is given back with all
                };
                let one = CancelRequest::Seats(vec![seat.clone()]);
                cancel(buyer, one, cancellation(buyer), at)
            }
            Step::GiveUp(buyer) => give_up(buyer, at),
            Step::Expire(buyer) => expire(buyer, at),
            Step::RetryRefund(refund) => retry_refund(world.buyer_returning(refund), refund, at),
            Step::Deliver(Message::Charged { key, outcome } | Message::Notice { key, outcome }) => {
                settle(world.buyer_paying(key.payment), key.payment, outcome, at)
            }
            Step::Deliver(Message::Returned { key, returned }) => {
                let buyer = world.buyer_returning(key.refund);
                settle_refund(buyer, key.refund, key.attempt, returned, at)
            }
            Step::Tick
            | Step::CallOff
            | Step::Ask(_)
            | Step::Deliver(Message::Charge { .. } | Message::Return { .. })
            | Step::Refuse(_)
            | Step::TellAgain(..)
            | Step::ChangeMind(_)
            | Step::Lose(_)
            | Step::Duplicate(_)
            | Step::Crash => return None,
        })
    }

    /// A message is where it should be.
    fn arrive(&self, next: &mut Moment, message: Message) {
        match message {
            Message::Charge { key, amount } => self.charge(next, key, amount, true),
            Message::Return { key, payment, amount } => give_back(next, key, payment, amount, true),
            Message::Charged { .. } | Message::Returned { .. } => {
                self.decide(next, Step::Deliver(message));
            }
            Message::Notice { key, outcome } => {
                self.decide(next, Step::Deliver(message));
                next.gateway.was_heard(key, outcome);
            }
        }
    }

    /// A question is at the gateway, which says no.
    fn refuse(&self, next: &mut Moment, message: Message) {
        if let Message::Charge { key, amount } = message {
            next.left.whims -= 1;
            self.charge(next, key, amount, false);
        }
        if let Message::Return { key, payment, amount } = message {
            next.left.whims -= 1;
            give_back(next, key, payment, amount, false);
        }
    }

    /// The gateway is asked to take money: it answers, and what is new it may tell by a notice of its own too.
    fn charge(&self, next: &mut Moment, key: ChargeKey, amount: i64, captured: bool) {
        let is_new = !next.gateway.has_charged(key);
        let outcome = next.gateway.charge(key, amount, captured);
        next.network.send(Message::Charged { key, outcome });
        if is_new && self.bounds.notices {
            tell(next, key, outcome);
        }
    }
}

/// What may go wrong.
fn misfortunes(now: &Moment, steps: &mut Vec<Step>) {
    let Moment {
        network,
        gateway,
        left,
        ..
    } = now;
    let is_refusable = |message: &Message| match message {
        Message::Charge { key, .. } => left.whims > 0 && !gateway.has_charged(*key),
        Message::Return { key, .. } => left.whims > 0 && !gateway.has_returned(*key),
        Message::Charged { .. } | Message::Notice { .. } | Message::Returned { .. } => false,
    };
    steps.extend(network.messages().filter(is_refusable).map(Step::Refuse));
    if left.whims > 0 {
        steps.extend(gateway.declined().map(Step::ChangeMind));
    }
    if left.mishaps > 0 {
        steps.extend(network.messages().map(Step::Lose));
        steps.extend(network.messages().map(Step::Duplicate));
        steps.push(Step::Crash);
    }
}

fn give_back(next: &mut Moment, key: ReturnKey, payment: PaymentId, amount: i64, returned: bool) {
    let returned = next.gateway.give_back(key, payment, amount, returned);
    next.network.send(Message::Returned { key, returned });
}

fn tell(next: &mut Moment, key: ChargeKey, outcome: Outcome) {
    next.gateway.is_to_tell(key, outcome);
    next.network.send(Message::Notice { key, outcome });
}

fn attempts(booking: &Booking) -> usize {
    booking.payments().map_or(0, |payments| payments.attempts().len())
}
