//! Faults planted in the wiring around the domain, to show that the checker would see them.

use domain::booking::{
    Booking, BookingCommand, BookingFact, Change, HeldBooking, PaymentAnswer, PendingBooking, SettlePayment,
};
use domain::event::EventFact;

/// What is wrong with our side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// A capture that comes too late is ignored instead of refunded.
    ForgetsLateCaptures,
    /// A hold ends by its deadline while a payment is in flight.
    ExpiresSecuredHolds,
    /// Whatever the gateway captured is sold, whether or not the hold still waits for it.
    SellsWithoutCheck,
    /// The gateway is asked to charge under a new key each time.
    NewKeyOnRetry,
    /// The gateway is asked to refund under a new key each time.
    NewRefundKeyOnRetry,
    /// After a restart only new facts are read, and nothing that was open is asked for again.
    ForgetsOpenPayments,
    /// A sale is written to the Booking, and not to the Event in the same unit.
    TearsUnits,
    /// A cancelled Event's Bookings are not cancelled.
    LeavesCancelledEvent,
}

impl Fault {
    /// The Booking as the faulty wiring shows it to the domain.
    pub(crate) fn shown(self, booking: &Booking, command: &BookingCommand) -> Booking {
        match (self, booking, command) {
            (Self::ExpiresSecuredHolds, Booking::AwaitingPayment(pending), BookingCommand::Expire(_)) => {
                Booking::Held(pending.held.clone())
            }
            (
                Self::SellsWithoutCheck,
                Booking::Cancelled(_),
                BookingCommand::SettlePayment(SettlePayment {
                    payment,
                    answer: PaymentAnswer::Captured { .. },
                    ..
                }),
            ) => waiting(booking, *payment),
            _ => booking.clone(),
        }
    }

    /// What the faulty wiring writes of what the domain decided.
    pub(crate) fn written(self, mut change: Change) -> Change {
        match self {
            Self::ForgetsLateCaptures => {
                let late = |fact: &BookingFact| matches!(fact, BookingFact::PaymentCapturedLate { .. });
                if change.booking.iter().any(late) {
                    change = Change::default();
                }
            }
            Self::ExpiresSecuredHolds => change
                .event
                .retain(|fact| !matches!(fact, EventFact::HoldSecured { .. })),
            Self::TearsUnits => change
                .event
                .retain(|fact| !matches!(fact, EventFact::SeatsSold { .. })),
            Self::None
            | Self::SellsWithoutCheck
            | Self::NewKeyOnRetry
            | Self::NewRefundKeyOnRetry
            | Self::ForgetsOpenPayments
            | Self::LeavesCancelledEvent => {}
        }
        change
    }
}

/// The Booking as if it still waited for `payment`.
fn waiting(booking: &Booking, payment: domain::ids::PaymentId) -> Booking {
    let (Some(placement), Some(payments)) = (booking.placement(), booking.payments()) else {
        return booking.clone();
    };
    Booking::AwaitingPayment(PendingBooking {
        held: HeldBooking {
            until: placement.at,
            placement: placement.clone().into(),
            extended: false,
            payments: payments.clone(),
        },
        payment,
    })
}
