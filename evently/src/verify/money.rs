//! The money of a Booking as a bookkeeper sees it: every payment, every refund, and what must follow next.

use domain::booking::facts::{BookingFact, RefundReason};
use domain::ids::{PaymentId, RefundId};
use domain::money::Money;

/// Payments and refunds of one Booking; only what was paid or given back has them.
#[derive(Debug, Default)]
pub(crate) struct MoneyBook {
    payments: Vec<Payment>,
    refunds: Vec<Refund>,
    cancellations: Vec<RefundId>,
    /// What the next fact must be, as both belong into one unit.
    due: Option<Due>,
}

#[derive(Debug)]
struct Payment {
    id: PaymentId,
    amount: Money,
    state: PaymentState,
    /// What was asked to be returned of it, in minor units.
    returned: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PaymentState {
    Open,
    Declined,
    Captured,
}

#[derive(Debug)]
struct Refund {
    id: RefundId,
    payment: PaymentId,
    amount: Money,
    reason: RefundReason,
    attempt: u32,
    state: RefundState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RefundState {
    Open,
    Settled,
    Refused,
}

/// What must follow a fact at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    /// The sale of what was paid.
    Sale,
    /// The end of a Booking that cannot be paid.
    Failure,
    /// The return of a payment that came too late, all of it.
    LateRefund { payment: PaymentId, amount: Money },
    /// The return of what is due for places.
    Refund { refund: RefundId, amount: Money },
}

impl Due {
    fn is_met_by(self, fact: &BookingFact) -> bool {
        match (self, fact) {
            (Self::Sale, BookingFact::BookingConfirmed { .. })
            | (Self::Failure, BookingFact::BookingFailed { .. }) => true,
            (
                Self::LateRefund { payment, amount },
                BookingFact::RefundRequested {
                    payment: of,
                    amount: asked,
                    reason: RefundReason::LateCapture,
                    attempt: 1,
                    ..
                },
            ) => payment == *of && amount == *asked,
            (
                Self::Refund { refund, amount },
                BookingFact::RefundRequested {
                    refund: id,
                    amount: asked,
                    reason: RefundReason::Cancellation,
                    attempt: 1,
                    ..
                },
            ) => refund == *id && amount == *asked,
            (Self::Sale | Self::Failure | Self::LateRefund { .. } | Self::Refund { .. }, _) => false,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Sale => "a payment was captured, and no sale follows",
            Self::Failure => "its last payment was declined, and it does not end",
            Self::LateRefund { .. } => "a payment came too late, and no refund of all of it follows",
            Self::Refund { .. } => "places were cancelled, and the refund that is due does not follow",
        }
    }
}

/// What the books of a Booking sum up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MoneySums {
    /// Payments that were captured.
    pub(crate) captured: u64,
    /// What was captured, in minor units.
    pub(crate) captured_amount: i64,
    /// Payments whose outcome is unknown.
    pub(crate) open_payments: u64,
    /// Refunds that were returned.
    pub(crate) settled: u64,
    /// What was returned, in minor units.
    pub(crate) settled_amount: i64,
    /// Refunds that were not returned yet, refused ones included.
    pub(crate) open_refunds: u64,
}

impl MoneyBook {
    /// The fact that must come next has come, or has not.
    pub(crate) fn next_is(&mut self, fact: &BookingFact, complain: &mut dyn FnMut(String)) -> bool {
        match self.due.take() {
            Some(due) if due.is_met_by(fact) => true,
            Some(due) => {
                complain(due.words().to_owned());
                false
            }
            None => false,
        }
    }

    /// Complains of what must have followed and never did.
    pub(crate) fn close(&self, complain: &mut dyn FnMut(String)) {
        if let Some(due) = self.due {
            complain(due.words().to_owned());
        }
    }

    /// Whether a payment is under way.
    pub(crate) fn awaits_payment(&self) -> bool {
        self.payments
            .iter()
            .any(|payment| payment.state == PaymentState::Open)
    }

    /// Whether something was to be returned, and all of it was.
    pub(crate) fn is_refunded(&self) -> bool {
        let settled = |refund: &Refund| refund.state == RefundState::Settled;
        !self.refunds.is_empty() && self.refunds.iter().all(settled) && !self.awaits_payment()
    }

    pub(crate) fn sums(&self) -> MoneySums {
        let mut sums = MoneySums::default();
        for payment in &self.payments {
            match payment.state {
                PaymentState::Open => sums.open_payments += 1,
                PaymentState::Declined => {}
                PaymentState::Captured => {
                    sums.captured += 1;
                    sums.captured_amount = sums.captured_amount.saturating_add(payment.amount.amount);
                }
            }
        }
        for refund in &self.refunds {
            if refund.state == RefundState::Settled {
                sums.settled += 1;
                sums.settled_amount = sums.settled_amount.saturating_add(refund.amount.amount);
            } else {
                sums.open_refunds += 1;
            }
        }
        sums
    }

    /// A payment of `amount` for a Booking that costs `total`.
    pub(crate) fn request(
        &mut self,
        id: PaymentId,
        amount: Money,
        total: Option<Money>,
        complain: &mut dyn FnMut(String),
    ) {
        if self.awaits_payment() {
            complain(format!("payment {id} was requested while another is under way"));
        }
        if self.payments.iter().any(|payment| payment.id == id) {
            complain(format!("payment {id} was requested twice"));
        }
        if total != Some(amount) {
            complain(format!("payment {id} is not of what the booking costs"));
        }
        self.payments.push(Payment {
            id,
            amount,
            state: PaymentState::Open,
            returned: 0,
        });
    }

    /// The gateway said no; `last`: the Booking waited for it, and cannot be paid any more.
    pub(crate) fn decline(&mut self, id: PaymentId, last: bool, complain: &mut dyn FnMut(String)) {
        match self.payments.iter_mut().find(|payment| payment.id == id) {
            Some(payment) if payment.state == PaymentState::Open => payment.state = PaymentState::Declined,
            Some(_) => complain(format!("payment {id} was declined after its outcome was known")),
            None => complain(format!("payment {id} was declined but never requested")),
        }
        if last {
            self.due = Some(Due::Failure);
        }
    }

    /// The gateway took the money, in time to buy or not.
    pub(crate) fn capture(
        &mut self,
        id: PaymentId,
        amount: Money,
        late: bool,
        complain: &mut dyn FnMut(String),
    ) {
        match self.payments.iter_mut().find(|payment| payment.id == id) {
            None => complain(format!("payment {id} was captured but never requested")),
            Some(payment) => {
                match payment.state {
                    PaymentState::Open => {}
                    PaymentState::Declined if late => {}
                    PaymentState::Declined => complain(format!("payment {id} bought after it was declined")),
                    PaymentState::Captured => complain(format!("payment {id} was captured twice")),
                }
                if payment.amount != amount {
                    complain(format!("payment {id} captured another amount than was requested"));
                }
                payment.state = PaymentState::Captured;
            }
        }
        self.due = Some(if late {
            Due::LateRefund { payment: id, amount }
        } else {
            Due::Sale
        });
    }

    /// Places are given back, and `refund` of what was paid for them is due.
    pub(crate) fn cancel(&mut self, id: RefundId, refund: Money, complain: &mut dyn FnMut(String)) {
        if self.cancellations.contains(&id) {
            complain(format!("cancellation {id} happened twice"));
        }
        self.cancellations.push(id);
        if !refund.is_zero() {
            self.due = Some(Due::Refund {
                refund: id,
                amount: refund,
            });
        }
    }

    /// Money is to be returned: `awaited`, as something before it brings it, or else asked for again.
    pub(crate) fn request_refund(
        &mut self,
        fact: &BookingFact,
        awaited: bool,
        complain: &mut dyn FnMut(String),
    ) {
        let BookingFact::RefundRequested {
            refund: id,
            payment,
            attempt,
            amount,
            reason,
            ..
        } = fact
        else {
            return;
        };
        if let Some(refund) = self.refunds.iter_mut().find(|refund| refund.id == *id) {
            let same = (refund.payment, refund.amount, refund.reason) == (*payment, *amount, *reason);
            let next = refund.attempt.checked_add(1) == Some(*attempt);
            if awaited || !same || !next || refund.state != RefundState::Refused {
                complain(format!("refund {id} was requested twice"));
            }
            (refund.attempt, refund.state) = (*attempt, RefundState::Open);
            return;
        }
        if !awaited {
            complain(format!("refund {id} was requested, and nothing brings it"));
        }
        self.charge(*id, *payment, *amount, complain);
        self.refunds.push(Refund {
            id: *id,
            payment: *payment,
            amount: *amount,
            reason: *reason,
            attempt: *attempt,
            state: RefundState::Open,
        });
    }

    /// Counts a refund against its payment.
    fn charge(&mut self, refund: RefundId, id: PaymentId, amount: Money, complain: &mut dyn FnMut(String)) {
        let captured = |payment: &&mut Payment| payment.id == id && payment.state == PaymentState::Captured;
        let Some(payment) = self.payments.iter_mut().find(captured) else {
            complain(format!("refund {refund} is of a payment that was not captured"));
            return;
        };
        payment.returned = payment.returned.saturating_add(amount.amount);
        if payment.returned > payment.amount.amount || payment.amount.currency != amount.currency {
            complain(format!("refund {refund} returns more than payment {id} captured"));
        }
    }

    pub(crate) fn settle_refund(&mut self, id: RefundId, amount: Money, complain: &mut dyn FnMut(String)) {
        match self.refunds.iter_mut().find(|refund| refund.id == id) {
            None => complain(format!("refund {id} was settled but never requested")),
            Some(refund) => {
                if refund.state == RefundState::Settled {
                    complain(format!("refund {id} was settled twice"));
                }
                if refund.amount != amount {
                    complain(format!("refund {id} returned another amount than was requested"));
                }
                refund.state = RefundState::Settled;
            }
        }
    }

    pub(crate) fn refuse_refund(&mut self, id: RefundId, attempt: u32, complain: &mut dyn FnMut(String)) {
        match self.refunds.iter_mut().find(|refund| refund.id == id) {
            Some(refund) if refund.state == RefundState::Open && refund.attempt == attempt => {
                refund.state = RefundState::Refused;
            }
            Some(_) | None => complain(format!("refund {id} was refused but is not under way")),
        }
    }
}
