//! Setting how many seats one buyer may hold and own at once. Who already has more keeps them.

use chrono::{DateTime, Utc};

use crate::event::command::{By, commanded};
use crate::event::facts::EventFact;
use crate::event::limits::BUYER_SEATS_CAP;
use crate::event::refusal::EventRefusal;
use crate::event::state::Event;

/// Change how many seats one buyer may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetBuyerLimit {
    /// Who asks.
    pub by: By,
    /// Seats, 1 to [`BUYER_SEATS_CAP`].
    pub buyer_seats_max: u32,
    /// When.
    pub at: DateTime<Utc>,
}

pub(crate) fn decide(event: &Event, command: &SetBuyerLimit) -> Result<Vec<EventFact>, EventRefusal> {
    let profile = commanded(event, command.by)?;
    buyer_limit_is_in_range(command.buyer_seats_max)?;
    if profile.buyer_seats_max == command.buyer_seats_max {
        return Ok(Vec::new());
    }
    Ok(vec![EventFact::BuyerLimitSet {
        buyer_seats_max: command.buyer_seats_max,
        at: command.at,
    }])
}

/// A limit of nothing sells nothing; above [`BUYER_SEATS_CAP`] it is none.
pub(crate) fn buyer_limit_is_in_range(seats: u32) -> Result<(), EventRefusal> {
    if (1..=BUYER_SEATS_CAP).contains(&seats) {
        Ok(())
    } else {
        Err(EventRefusal::BuyerLimitOutOfRange)
    }
}
