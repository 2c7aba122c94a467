//! How facts change the state of a Booking.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::booking::facts::BookingFact;
use crate::booking::payments::Payments;
use crate::booking::state::{
    Booking, Cancellation, CancelledPlaces, EndedBooking, ExpiredBooking, HeldBooking, PendingBooking,
    Placement, Sale,
};
use crate::seating::lines::without;

impl Booking {
    /// Changes the state by one fact. Total: a fact that makes no sense here changes nothing.
    pub fn evolve(&mut self, fact: &BookingFact) {
        if let Some(payments) = self.payments_mut() {
            payments.evolve(fact);
        }
        *self = match std::mem::take(self) {
            Self::Unplaced => placed(fact),
            Self::Held(held) => held.then(fact),
            Self::AwaitingPayment(pending) => pending.then(fact),
            Self::Confirmed(sale) => sale.then(fact),
            over @ (Self::Cancelled(_) | Self::Released(_) | Self::Failed(_) | Self::Expired(_)) => over,
        };
    }
}

fn placed(fact: &BookingFact) -> Booking {
    let BookingFact::BookingPlaced {
        event,
        buyer,
        reference,
        request,
        lines,
        total,
        policy,
        until,
        at,
    } = fact
    else {
        return Booking::Unplaced;
    };
    Booking::Held(HeldBooking {
        placement: Arc::new(Placement {
            event: *event,
            buyer: *buyer,
            reference: reference.clone(),
            request: *request,
            lines: lines.clone(),
            total: *total,
            policy: *policy,
            at: *at,
        }),
        until: *until,
        extended: false,
        payments: Payments::default(),
    })
}

impl HeldBooking {
    fn then(self, fact: &BookingFact) -> Booking {
        match fact {
            BookingFact::BookingExtended { until, .. } => Booking::Held(Self {
                until: *until,
                extended: true,
                ..self
            }),
            BookingFact::PaymentRequested { payment, .. } => Booking::AwaitingPayment(PendingBooking {
                held: self,
                payment: *payment,
            }),
            BookingFact::BookingReleased { at } => Booking::Released(self.ended(*at)),
            BookingFact::BookingExpired { at } => Booking::Expired(ExpiredBooking {
                placement: self.placement,
                payments: self.payments,
                extended: self.extended,
                until: self.until,
                at: *at,
            }),
            BookingFact::BookingConfirmed { at } => Booking::Confirmed(self.sold(*at)),
            BookingFact::PlacesCancelled { at, .. } => self.sold(*at).then(fact),
            BookingFact::BookingPlaced { .. }
            | BookingFact::PaymentDeclined { .. }
            | BookingFact::PaymentCaptured { .. }
            | BookingFact::PaymentCapturedLate { .. }
            | BookingFact::BookingFailed { .. }
            | BookingFact::RefundRequested { .. }
            | BookingFact::RefundSettled { .. }
            | BookingFact::RefundRefused { .. } => Booking::Held(self),
        }
    }

    fn ended(self, at: DateTime<Utc>) -> EndedBooking {
        EndedBooking {
            placement: self.placement,
            payments: self.payments,
            extended: self.extended,
            at,
        }
    }

    fn sold(self, at: DateTime<Utc>) -> Sale {
        Sale {
            lines: self.placement.lines.clone(),
            placement: self.placement,
            cancelled: Vec::new(),
            payments: self.payments,
            extended: self.extended,
            at,
        }
    }
}

impl PendingBooking {
    fn then(self, fact: &BookingFact) -> Booking {
        match fact {
            BookingFact::PaymentDeclined {
                until: Some(until), ..
            } => Booking::Held(HeldBooking {
                until: *until,
                ..self.held
            }),
            BookingFact::BookingFailed { at } => Booking::Failed(self.held.ended(*at)),
            BookingFact::BookingConfirmed { at } => Booking::Confirmed(self.held.sold(*at)),
            BookingFact::PlacesCancelled { at, .. } => self.held.sold(*at).then(fact),
            BookingFact::BookingPlaced { .. }
            | BookingFact::BookingExtended { .. }
            | BookingFact::BookingReleased { .. }
            | BookingFact::BookingExpired { .. }
            | BookingFact::PaymentRequested { .. }
            | BookingFact::PaymentDeclined { .. }
            | BookingFact::PaymentCaptured { .. }
            | BookingFact::PaymentCapturedLate { .. }
            | BookingFact::RefundRequested { .. }
            | BookingFact::RefundSettled { .. }
            | BookingFact::RefundRefused { .. } => Booking::AwaitingPayment(self),
        }
    }
}

impl Sale {
    fn then(self, fact: &BookingFact) -> Booking {
        match fact {
            BookingFact::PlacesCancelled {
                cancellation,
                request,
                lines,
                by,
                gross,
                fee,
                refund,
                at,
                ..
            } => self.give_back(CancelledPlaces {
                id: *cancellation,
                request: *request,
                lines: lines.clone(),
                by: *by,
                gross: *gross,
                fee: *fee,
                refund: *refund,
                at: *at,
            }),
            BookingFact::BookingPlaced { .. }
            | BookingFact::BookingExtended { .. }
            | BookingFact::BookingReleased { .. }
            | BookingFact::BookingExpired { .. }
            | BookingFact::BookingConfirmed { .. }
            | BookingFact::PaymentRequested { .. }
            | BookingFact::PaymentDeclined { .. }
            | BookingFact::PaymentCaptured { .. }
            | BookingFact::PaymentCapturedLate { .. }
            | BookingFact::BookingFailed { .. }
            | BookingFact::RefundRequested { .. }
            | BookingFact::RefundSettled { .. }
            | BookingFact::RefundRefused { .. } => Booking::Confirmed(self),
        }
    }

    fn give_back(mut self, cancelled: CancelledPlaces) -> Booking {
        let at = cancelled.at;
        self.lines = without(&self.lines, &cancelled.lines);
        self.cancelled.push(cancelled);
        if !self.lines.is_empty() {
            return Booking::Confirmed(self);
        }
        Booking::Cancelled(Cancellation {
            placement: self.placement,
            cancelled: self.cancelled,
            payments: self.payments,
            extended: self.extended,
            hold_ended_at: self.at,
            at,
        })
    }
}
