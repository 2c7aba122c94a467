//! Setting how many seats one buyer may hold and own at once. Who already has more keeps them.

use chrono::{DateTime, Utc};

use crate::ensure::ensure;
use crate::event::facts::EventFact;
use crate::event::guards::By;
use crate::event::refusal::EventRefusal;
use crate::event::state::Event;
use crate::limits::BUYER_SEATS_CAP;

/// Change how many seats one buyer may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetBuyerLimit {
    pub by: By,
    /// Seats, 1 to [`BUYER_SEATS_CAP`].
    pub buyer_seats_max: u32,
    pub at: DateTime<Utc>,
}

pub(crate) fn decide(event: &Event, command: &SetBuyerLimit) -> Result<Vec<EventFact>, EventRefusal> {
    let profile = event.commanded(command.by)?;
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
    ensure(
        (1..=BUYER_SEATS_CAP).contains(&seats),
        EventRefusal::BuyerLimitOutOfRange,
    )
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;

    use super::*;
    use crate::event::EventCommand;
    use crate::fixtures::{World, any, minute, on_sale, organizer, place};

    type Given = TestFramework<Event>;

    fn limit(buyer_seats_max: u32) -> EventCommand {
        EventCommand::SetBuyerLimit(SetBuyerLimit {
            by: organizer(),
            buyer_seats_max,
            at: minute(2),
        })
    }

    #[test]
    fn the_limit_is_set() {
        Given::with(())
            .given(on_sale())
            .when(limit(6))
            .then_expect_events(vec![EventFact::BuyerLimitSet {
                buyer_seats_max: 6,
                at: minute(2),
            }]);
    }

    #[test]
    fn the_same_limit_is_no_fact() {
        Given::with(())
            .given(on_sale())
            .when(limit(4))
            .then_expect_events(vec![]);
    }

    #[test]
    fn no_seats_and_more_than_the_cap_are_refused() {
        for seats in [0, BUYER_SEATS_CAP + 1] {
            Given::with(())
                .given(on_sale())
                .when(limit(seats))
                .then_expect_error(EventRefusal::BuyerLimitOutOfRange);
        }
    }

    #[test]
    fn who_has_more_than_a_new_limit_keeps_it() {
        let mut world = World::on_sale(&[place(1, 1, any("standing", 4), 1)]);
        world.organize(&limit(1));
        assert_eq!(world.event.seats().places_of_buyer(crate::fixtures::buyer(1)), 4);
        assert_eq!(world.event.seats().violations(), Vec::<String>::new());
    }
}
