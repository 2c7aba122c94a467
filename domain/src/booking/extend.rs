//! Extending a hold: once, by some minutes, within a cap counted from its start.

use chrono::{DateTime, TimeDelta, Utc};

use crate::booking::command::Change;
use crate::booking::facts::BookingFact;
use crate::booking::state::{Booking, HeldBooking};
use crate::event::facts::EventFact;
use crate::ids::{AccountId, BookingId};
use crate::limits::{EXTENSION_MINUTES, HOLD_MINUTES_MAX};

/// Hold the places longer. Asked again, it changes nothing: the one extension is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtendBooking {
    /// The Booking.
    pub booking: BookingId,
    /// Who asks.
    pub buyer: AccountId,
    /// When.
    pub at: DateTime<Utc>,
}

/// Why a hold cannot be extended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtendRefusal {
    /// There is no such Booking.
    #[error("there is no such booking")]
    Absent,
    /// It is somebody else's.
    #[error("the booking is somebody else's")]
    NotYours,
    /// It is sold already; nothing can expire.
    #[error("the booking is confirmed")]
    Confirmed,
    /// Its payment is under way; nothing can expire before that is known.
    #[error("a payment for the booking is under way")]
    PaymentInFlight,
    /// Its places were given back.
    #[error("the booking is {status}")]
    Ended {
        /// How it ended.
        status: &'static str,
    },
    /// The hold is over.
    #[error("the hold ended at {until}")]
    Expired {
        /// When.
        until: DateTime<Utc>,
    },
}

pub(crate) fn decide(booking: &Booking, command: &ExtendBooking) -> Result<Change, ExtendRefusal> {
    let held = held(booking, command)?;
    hold_is_live(held, command.at)?;
    if held.extended {
        return Ok(Change::default());
    }
    let until = extended_until(held);
    Ok(Change::of(
        EventFact::HoldExtended {
            booking: command.booking,
            until,
            at: command.at,
        },
        BookingFact::BookingExtended {
            until,
            at: command.at,
        },
    ))
}

/// Only the buyer extends, and only a hold.
fn held<'a>(booking: &'a Booking, command: &ExtendBooking) -> Result<&'a HeldBooking, ExtendRefusal> {
    let buyer = booking.buyer().ok_or(ExtendRefusal::Absent)?;
    if buyer != command.buyer {
        return Err(ExtendRefusal::NotYours);
    }
    match booking {
        Booking::Held(held) => Ok(held),
        Booking::Unplaced => Err(ExtendRefusal::Absent),
        Booking::Confirmed(_) => Err(ExtendRefusal::Confirmed),
        Booking::AwaitingPayment(_) => Err(ExtendRefusal::PaymentInFlight),
        Booking::Cancelled(_) | Booking::Released(_) | Booking::Failed(_) => Err(ExtendRefusal::Ended {
            status: booking.status(),
        }),
        Booking::Expired(expired) => Err(ExtendRefusal::Expired { until: expired.until }),
    }
}

/// At its deadline a hold is over, whether or not somebody noticed.
fn hold_is_live(held: &HeldBooking, at: DateTime<Utc>) -> Result<(), ExtendRefusal> {
    if at < held.until {
        Ok(())
    } else {
        Err(ExtendRefusal::Expired { until: held.until })
    }
}

fn extended_until(held: &HeldBooking) -> DateTime<Utc> {
    let cap = held.placement.at + TimeDelta::minutes(HOLD_MINUTES_MAX);
    (held.until + TimeDelta::minutes(EXTENSION_MINUTES)).min(cap)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::booking::BookingRefusal;
    use crate::fixtures::{World, any, booking, confirm, expire, extend, minute, place, release};

    fn held() -> World {
        World::on_sale(&[place(1, 1, any("balcony", 2), 0)])
    }

    fn refused(world: &mut World, by: u128, at: i64) -> ExtendRefusal {
        match world.when(&extend(1, by, at)) {
            Err(BookingRefusal::Extend(refusal)) => refusal,
            other => panic!("expected a refusal to extend, got {other:?}"),
        }
    }

    #[test]
    fn a_hold_is_extended_by_five_minutes_in_both_streams() {
        let change = held().when(&extend(1, 1, 9)).unwrap();
        let until = minute(15);
        assert_eq!(
            change.event,
            [EventFact::HoldExtended {
                booking: booking(1),
                until,
                at: minute(9)
            }]
        );
        assert_eq!(
            change.booking,
            [BookingFact::BookingExtended { until, at: minute(9) }]
        );
    }

    #[test]
    fn an_extended_hold_lives_on_until_its_new_deadline() {
        let mut world = held();
        world.when(&extend(1, 1, 9)).unwrap();
        assert_eq!(world.event.overdue(minute(14), 9), []);
        assert_eq!(world.event.overdue(minute(15), 9), [booking(1)]);
        assert_eq!(world.event.next_deadline(), world.booking(1).until());
    }

    #[test]
    fn a_hold_is_extended_once() {
        let mut world = held();
        world.when(&extend(1, 1, 5)).unwrap();
        assert!(world.when(&extend(1, 1, 6)).unwrap().is_empty());
        assert_eq!(world.booking(1).until(), Some(minute(15)));
    }

    #[test]
    fn at_its_deadline_a_hold_is_over() {
        assert_eq!(
            refused(&mut held(), 1, 10),
            ExtendRefusal::Expired { until: minute(10) }
        );
    }

    #[test]
    fn what_is_absent_of_another_or_ended_is_not_extended() {
        assert_eq!(refused(&mut World::on_sale(&[]), 1, 1), ExtendRefusal::Absent);
        assert_eq!(refused(&mut held(), 2, 1), ExtendRefusal::NotYours);
        for (command, refusal) in [
            (confirm(1, 1, 1), ExtendRefusal::Confirmed),
            (release(1, 1, 1), ExtendRefusal::Ended { status: "released" }),
            (expire(1, 10), ExtendRefusal::Expired { until: minute(10) }),
        ] {
            let mut world = held();
            world.when(&command).unwrap();
            assert_eq!(refused(&mut world, 1, 11), refusal);
        }
    }
}
