//! Sweeps of an Event: expired holds end, and a cancelled Event gives all places back.

use domain::booking::{BookingCommand, CancelPlaces, CancelRequest, Canceller, ExpireBooking};
use domain::ids::{BookingId, RefundId};
use event_store::Position;
use event_store::clock::new_id;

use super::{EventLane, SweepAsk, Swept};
use crate::cause::Cause;
use crate::lane::{Draft, Failure, Store};

/// The name under which holds expire, by a lane and by the process that looks after the others.
pub const HOLD_EXPIRY: &str = "hold-expiry";

/// Holds that end together in one unit at most: bounds how long buyers wait behind a wave of deadlines.
const EXPIRIES_PER_SWEEP_MAX: usize = 1_000;

/// Bookings of a cancelled Event that are cancelled together: each may have to be read from the log first.
const CANCELLATIONS_PER_SWEEP_MAX: usize = 500;

impl EventLane {
    /// Ends holds whose deadline has passed, the longest overdue first; how many.
    pub(super) async fn expire_overdue(
        &mut self,
        draft: &mut Draft,
        store: &Store,
    ) -> Result<usize, Failure> {
        let mut expired = 0;
        for overdue in self.event.seats().overdue(draft.now(), EXPIRIES_PER_SWEEP_MAX) {
            expired += usize::from(self.expire(overdue, draft, store).await?);
        }
        Ok(expired)
    }

    /// Ends an overdue hold and its Booking; whether that changed something.
    pub(super) async fn expire(
        &mut self,
        id: BookingId,
        draft: &mut Draft,
        store: &Store,
    ) -> Result<bool, Failure> {
        let command = BookingCommand::Expire(ExpireBooking {
            booking: id,
            at: draft.now(),
        });
        let cause = Cause::system(HOLD_EXPIRY, new_id(&store.clock));
        self.carry_out(&command, &cause, draft, store).await
    }

    /// Ends overdue holds, and cancels some Bookings of a cancelled Event, if asked to.
    pub(super) async fn sweep(
        &mut self,
        ask: &mut SweepAsk,
        draft: &mut Draft,
        store: &Store,
    ) -> Result<(), Failure> {
        let expired = self.expire_overdue(draft, store).await?;
        let mut cancelled = 0;
        if let Some((process, cause)) = ask.command.cancelling.filter(|_| self.event.is_cancelled()) {
            for booking in self.event.seats().bookings_left(CANCELLATIONS_PER_SWEEP_MAX) {
                cancelled += usize::from(self.call_off(booking, process, cause, draft, store).await?);
            }
        }
        let left = if self.event.is_cancelled() {
            self.event.seats().bookings_left_count()
        } else {
            0
        };
        let swept = Swept {
            next_deadline: self.event.seats().next_deadline(),
            expired,
            cancelled,
            bookings_left: left,
        };
        let changed = expired + cancelled > 0;
        ask.decided(swept, self.sequence, draft.facts(), self.position, changed);
        Ok(())
    }

    /// Cancels a Booking because its Event is cancelled; whether that changed something.
    async fn call_off(
        &mut self,
        id: BookingId,
        process: &'static str,
        cause: Position,
        draft: &mut Draft,
        store: &Store,
    ) -> Result<bool, Failure> {
        let command = BookingCommand::Cancel(CancelPlaces {
            booking: id,
            by: Canceller::EventCancellation,
            places: CancelRequest::All,
            cancellation: RefundId::new(id.uuid()),
            request: None,
            at: draft.now(),
        });
        let cause = Cause::process(process, id.uuid(), cause);
        self.carry_out(&command, &cause, draft, store).await
    }

    /// Decides a command of the lane's own, and records what follows; whether something did.
    async fn carry_out(
        &mut self,
        command: &BookingCommand,
        cause: &Cause,
        draft: &mut Draft,
        store: &Store,
    ) -> Result<bool, Failure> {
        let id = command.booking();
        match self.know(id, false, store).await {
            Ok(()) => {}
            Err(Failure::Decode(error)) => {
                // One Booking that this program cannot read must not hold up the others.
                tracing::error!(booking = %id, error = &error as &dyn std::error::Error, "booking unreadable");
                return Ok(false);
            }
            Err(failure) => return Err(failure),
        }
        match self.change(command, cause, draft)? {
            Ok(changed) => Ok(changed),
            Err(refusal) => {
                tracing::error!(booking = %id, %refusal, "what is due of a booking was refused");
                Ok(false)
            }
        }
    }
}
