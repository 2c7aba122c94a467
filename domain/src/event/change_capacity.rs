//! Changing how many places a section of general admission has; never below what is held and sold.

use chrono::{DateTime, Utc};

use crate::ensure::ensure;
use crate::event::change_price::section;
use crate::event::facts::EventFact;
use crate::event::guards::By;
use crate::event::refusal::EventRefusal;
use crate::event::state::Event;
use crate::limits::GENERAL_ADMISSION_MAX;
use crate::seating::layout::{Section, SectionPlaces};
use crate::text::SectionId;

/// Change the capacity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeCapacity {
    pub by: By,
    pub section: SectionId,
    /// Its places from now on, taken ones included.
    pub capacity: u32,
    pub at: DateTime<Utc>,
}

pub(crate) fn decide(event: &Event, command: &ChangeCapacity) -> Result<Vec<EventFact>, EventRefusal> {
    event.commanded(command.by)?;
    event.takes_place()?;
    let section = section(event, &command.section)?;
    let before = counted(section)?;
    if before == command.capacity {
        return Ok(Vec::new());
    }
    there_are_places(section, command.capacity)?;
    the_taken_stay(event, command)?;
    admission_stays_in_bounds(event, before, command.capacity)?;
    Ok(vec![EventFact::CapacityChanged {
        section: command.section.clone(),
        capacity: command.capacity,
        at: command.at,
    }])
}

fn counted(section: &Section) -> Result<u32, EventRefusal> {
    match section.places {
        SectionPlaces::General { capacity } => Ok(capacity),
        SectionPlaces::Rows { .. } => Err(EventRefusal::NotGeneralAdmission {
            section: section.id.clone(),
        }),
    }
}

fn there_are_places(section: &Section, capacity: u32) -> Result<(), EventRefusal> {
    ensure(
        capacity > 0,
        EventRefusal::EmptySection {
            section: section.name.clone(),
        },
    )
}

/// What is held and sold stays.
fn the_taken_stay(event: &Event, command: &ChangeCapacity) -> Result<(), EventRefusal> {
    let taken = event.seats.taken(&command.section);
    ensure(
        taken <= command.capacity,
        EventRefusal::BelowTaken {
            section: command.section.clone(),
            taken,
        },
    )
}

fn admission_stays_in_bounds(event: &Event, before: u32, capacity: u32) -> Result<(), EventRefusal> {
    let admitted: u64 = event
        .seats
        .sections()
        .filter(|section| !section.seated)
        .map(|section| u64::from(section.capacity))
        .sum();
    let found = admitted.saturating_sub(u64::from(before)) + u64::from(capacity);
    ensure(
        found <= u64::from(GENERAL_ADMISSION_MAX),
        EventRefusal::TooManyPlaces { found },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{EventCommand, decide};
    use crate::fixtures::{World, any, confirm, minute, organizer, place, section};

    fn change(id: &str, capacity: u32) -> EventCommand {
        EventCommand::ChangeCapacity(ChangeCapacity {
            by: organizer(),
            section: section(id),
            capacity,
            at: minute(5),
        })
    }

    fn four_taken() -> World {
        World::on_sale(&[
            place(1, 1, any("standing", 3), 0),
            confirm(1, 1, 0),
            place(2, 2, any("standing", 1), 0),
        ])
    }

    #[test]
    fn a_section_grows_and_shrinks_around_what_is_taken() {
        let mut world = four_taken();
        for (capacity, free) in [(20, 16), (4, 0), (5, 1)] {
            world.organize(&change("standing", capacity));
            let standing = world
                .event
                .seats()
                .sections()
                .find(|section| section.id.as_str() == "standing")
                .unwrap();
            assert_eq!((standing.capacity, standing.free), (capacity, free));
            assert_eq!(world.event.seats().violations(), Vec::<String>::new());
        }
        assert!(world.when(&place(3, 3, any("standing", 2), 6)).is_err());
        world.when(&place(3, 3, any("standing", 1), 6)).unwrap();
    }

    #[test]
    fn it_never_shrinks_below_what_is_held_and_sold() {
        let refusal = decide(&four_taken().event, &change("standing", 3));
        assert_eq!(
            refusal,
            Err(EventRefusal::BelowTaken {
                section: section("standing"),
                taken: 4
            })
        );
    }

    #[test]
    fn named_seats_nothing_and_too_much_are_refused() {
        let event = World::on_sale(&[]).event;
        assert!(matches!(
            decide(&event, &change("floor", 3)),
            Err(EventRefusal::NotGeneralAdmission { .. })
        ));
        assert!(matches!(
            decide(&event, &change("standing", 0)),
            Err(EventRefusal::EmptySection { .. })
        ));
        assert!(matches!(
            decide(&event, &change("standing", GENERAL_ADMISSION_MAX + 1)),
            Err(EventRefusal::TooManyPlaces { .. })
        ));
    }
}
