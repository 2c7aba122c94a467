//! Prolonging a hold to the longest that there is, because we cannot take the buyer's money just now.

use chrono::{DateTime, Utc};

use crate::booking::change::Change;
use crate::booking::extend::extended;
use crate::booking::held::NotHeld;
use crate::booking::state::Booking;
use crate::event::state::Event;
use crate::ids::{AccountId, BookingId};

/// Hold the places as long as any hold lasts. Where that is so, or nothing is held any more, it changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProlongBooking {
    pub booking: BookingId,
    pub buyer: AccountId,
    pub at: DateTime<Utc>,
}

pub(crate) fn decide(event: &Event, booking: &Booking, command: &ProlongBooking) -> Result<Change, NotHeld> {
    let longest = booking.placed_by(command.buyer)?.longest_hold(event);
    Ok(match booking.held(event.ends_at(), command.at) {
        Ok(held) if held.until < longest => extended(command.booking, longest, command.at),
        Ok(_) | Err(_) => Change::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::booking::{BookingCommand, BookingRefusal};
    use crate::fixtures::{World, booking, buyer, extend, minute, named, place};
    use crate::limits::HOLD_MINUTES_MAX;

    fn prolong(by: u128, at: i64) -> BookingCommand {
        BookingCommand::Prolong(ProlongBooking {
            booking: booking(1),
            buyer: buyer(by),
            at: minute(at),
        })
    }

    fn held() -> World {
        World::on_sale(&[place(1, 1, named(&["floor-A-1"]), 0)])
    }

    #[test]
    fn a_hold_is_prolonged_to_the_longest_once() {
        let mut world = held();
        world.when(&prolong(1, 3)).unwrap();
        assert_eq!(world.booking(1).until(), Some(minute(HOLD_MINUTES_MAX)));
        assert!(world.when(&prolong(1, 4)).unwrap().is_empty());
        assert!(world.when(&extend(1, 1, 5)).unwrap().is_empty());
    }

    #[test]
    fn a_hold_that_is_over_stays_over() {
        assert!(held().when(&prolong(1, 10)).unwrap().is_empty());
    }

    #[test]
    fn what_is_absent_or_of_another_is_not_prolonged() {
        let refusal = |world: &mut World, by| world.when(&prolong(by, 1)).unwrap_err();
        assert_eq!(
            refusal(&mut World::on_sale(&[]), 1),
            BookingRefusal::Prolong(NotHeld::Absent)
        );
        assert_eq!(
            refusal(&mut held(), 2),
            BookingRefusal::Prolong(NotHeld::NotYours)
        );
    }
}
