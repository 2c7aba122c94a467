//! Changing what a section costs, for new holds: what is held and sold keeps its price.

use chrono::{DateTime, Utc};

use crate::event::facts::EventFact;
use crate::event::guards::By;
use crate::event::refusal::EventRefusal;
use crate::event::state::Event;
use crate::money::Price;
use crate::seating::layout::Section;
use crate::text::SectionId;

/// Change what new holds cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangePrice {
    pub by: By,
    pub section: SectionId,
    /// What a place costs from now on.
    pub price: Price,
    pub at: DateTime<Utc>,
}

pub(crate) fn decide(event: &Event, command: &ChangePrice) -> Result<Vec<EventFact>, EventRefusal> {
    event.commanded(command.by)?;
    event.takes_place()?;
    let section = section(event, &command.section)?;
    if section.price == command.price {
        return Ok(Vec::new());
    }
    Ok(vec![EventFact::PriceChanged {
        section: command.section.clone(),
        price: command.price,
        at: command.at,
    }])
}

/// The section with this id.
pub(super) fn section<'a>(event: &'a Event, id: &SectionId) -> Result<&'a Section, EventRefusal> {
    let found = event.seats.section(id);
    found.ok_or_else(|| EventRefusal::UnknownSection { section: id.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::refusal::EventCancelled;
    use crate::event::{EventCommand, decide};
    use crate::fixtures::{
        World, cancel_event, captured, minute, named, organizer, pay, place, price, section, settle,
    };

    fn change(id: &str, amount: i64) -> EventCommand {
        EventCommand::ChangePrice(ChangePrice {
            by: organizer(),
            section: section(id),
            price: price(amount),
            at: minute(5),
        })
    }

    #[test]
    fn new_holds_cost_the_new_price_and_old_ones_theirs() {
        let mut world = World::on_sale(&[place(1, 1, named(&["floor-A-1"]), 0)]);
        world.organize(&change("floor", 1_500));
        world.when(&place(2, 2, named(&["floor-A-2"]), 6)).unwrap();
        assert_eq!(world.booking(1).total().unwrap().amount, 1_000);
        assert_eq!(world.booking(2).total().unwrap().amount, 1_500);
        world.when(&pay(1, 1, 1, 7)).unwrap();
        world.when(&settle(1, 1, captured(1_000), 7)).unwrap();
    }

    #[test]
    fn the_same_price_is_no_fact() {
        assert_eq!(
            decide(&World::on_sale(&[]).event, &change("floor", 1_000)),
            Ok(vec![])
        );
    }

    #[test]
    fn unknown_sections_and_cancelled_events_are_refused() {
        let mut world = World::on_sale(&[]);
        let unknown = EventRefusal::UnknownSection {
            section: section("moon"),
        };
        assert_eq!(decide(&world.event, &change("moon", 1)), Err(unknown));
        world.organize(&cancel_event(1));
        assert_eq!(
            decide(&world.event, &change("floor", 1)),
            Err(EventRefusal::Cancelled(EventCancelled))
        );
    }
}
