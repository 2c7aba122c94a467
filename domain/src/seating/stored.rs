//! The stored form of a seat map: small, because seats of a row mostly share their ids but for a number.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::DateTime;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ids::BookingId;
use crate::seating::layout::{Layout, Row, Section, SectionIndex};
use crate::seating::seat_map::SeatMap;
use crate::seating::seats::{Hold, Sale, Seats};
use crate::text::SeatId;

#[derive(Serialize, Deserialize)]
struct Stored {
    sections: Vec<Section>,
    /// Every row in order, as (section, seats, whether it goes on the one before).
    rows: Vec<(SectionIndex, StoredRow, bool)>,
    bookings: SeatPart,
    begun: u32,
    breaches: Vec<String>,
}

/// Bookings that hold or own places.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct SeatPart {
    #[serde(serialize_with = "sorted")]
    holds: Vec<(BookingId, Hold)>,
    #[serde(serialize_with = "sorted")]
    sales: Vec<(BookingId, Sale)>,
}

impl SeatPart {
    const fn is_empty(&self) -> bool {
        self.holds.is_empty() && self.sales.is_empty()
    }
}

/// How many Bookings that began one after the other share a part: what ends and what is paid at the same time mostly
/// began so.
const BOOKINGS_PER_PART: u32 = 4_096;

/// The seat ids of a row.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StoredRow {
    /// A prefix, the first number and the last.
    Numbered(String, u64, u64),
    /// Each as it is.
    Named(Vec<SeatId>),
}

impl Serialize for SeatMap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { layout, seats } = self;
        let rows = layout.rows().iter();
        let stored = Stored {
            sections: layout.sections().to_vec(),
            rows: rows
                .map(|row| (row.section, StoredRow::of(layout, *row), row.goes_on))
                .collect(),
            bookings: SeatPart {
                holds: seats.holds.clone().into_iter().collect(),
                sales: seats.sales.clone().into_iter().collect(),
            },
            begun: seats.begun,
            breaches: seats.breaches.clone(),
        };
        stored.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SeatMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Stored::deserialize(deserializer).map(Self::from)
    }
}

impl From<Stored> for SeatMap {
    fn from(stored: Stored) -> Self {
        let mut layout = Layout::default();
        for section in stored.sections {
            layout.add_section(section);
        }
        for (section, row, goes_on) in &stored.rows {
            layout.add_row(*section, row.ids().iter(), *goes_on);
        }
        let mut seats = Seats::default();
        seats.grow(&layout);
        (seats.begun, seats.breaches) = (stored.begun, stored.breaches);
        let mut map = Self {
            layout: Arc::new(layout),
            seats,
        };
        map.put_part(stored.bookings);
        map
    }
}

impl SeatMap {
    /// The map without who has what, and that, by number of part.
    pub(crate) fn split(&self) -> (Self, BTreeMap<u32, SeatPart>) {
        let count = self.seats.begun.div_ceil(BOOKINGS_PER_PART) as usize;
        let mut parts: Vec<SeatPart> = std::iter::repeat_with(SeatPart::default).take(count).collect();
        let part = |number: u32| (number / BOOKINGS_PER_PART) as usize;
        for (booking, hold) in &self.seats.holds {
            if let Some(part) = parts.get_mut(part(hold.number)) {
                part.holds.push((*booking, hold.clone()));
            }
        }
        for (booking, sale) in &self.seats.sales {
            if let Some(part) = parts.get_mut(part(sale.number)) {
                part.sales.push((*booking, sale.clone()));
            }
        }
        let head = Self {
            layout: Arc::clone(&self.layout),
            seats: Seats {
                begun: self.seats.begun,
                breaches: self.seats.breaches.clone(),
                ..Seats::default()
            },
        };
        let parts = (0..).zip(parts).filter(|(_, part)| !part.is_empty());
        (head, parts.collect())
    }

    /// Gives the places of `part` to those who have them.
    pub(crate) fn put_part(&mut self, part: SeatPart) {
        let Self { layout, seats } = self;
        let begun = seats.begun;
        for (
            booking,
            Sale {
                buyer,
                places,
                number,
            },
        ) in part.sales
        {
            seats.begun = number;
            let places = Arc::unwrap_or_clone(places);
            seats.hold(layout, booking, buyer, DateTime::UNIX_EPOCH, places);
            seats.sell(layout, booking);
        }
        for (booking, hold) in part.holds {
            seats.begun = hold.number;
            let places = Arc::unwrap_or_clone(hold.places);
            seats.hold(layout, booking, hold.buyer, hold.until, places);
            if hold.secured {
                seats.secure(booking);
            }
        }
        seats.begun = begun;
    }
}

impl StoredRow {
    fn of(layout: &Layout, row: Row) -> Self {
        let ids = layout.seats().get(row.range()).unwrap_or_default();
        Self::numbered(ids).unwrap_or_else(|| Self::Named(ids.to_vec()))
    }

    /// The short form, where the ids count up by one behind a common prefix.
    fn numbered(ids: &[SeatId]) -> Option<Self> {
        let (prefix, from) = split_number(ids.first()?)?;
        let (_, to) = split_number(ids.last()?)?;
        let counts_up = (from..=to).map(|number| format!("{prefix}{number}"));
        counts_up
            .eq(ids.iter().map(SeatId::as_str))
            .then(|| Self::Numbered(prefix.to_owned(), from, to))
    }

    fn ids(&self) -> Vec<SeatId> {
        match self {
            Self::Numbered(prefix, from, to) => (*from..=*to)
                .filter_map(|number| SeatId::read(&format!("{prefix}{number}")).ok())
                .collect(),
            Self::Named(ids) => ids.clone(),
        }
    }
}

/// A seat's id as what stands before its last digits, and these.
fn split_number(id: &SeatId) -> Option<(&str, u64)> {
    let prefix = id.as_str().trim_end_matches(|last: char| last.is_ascii_digit());
    let number = id.as_str().strip_prefix(prefix)?;
    Some((prefix, number.parse().ok()?))
}

/// Writes entries in the order of their ids, so that equal states are stored in equal bytes.
fn sorted<S: Serializer, T: Serialize>(entries: &[(BookingId, T)], serializer: S) -> Result<S::Ok, S::Error> {
    let mut entries: Vec<&(BookingId, T)> = entries.iter().collect();
    entries.sort_unstable_by_key(|(booking, _)| *booking);
    entries.serialize(serializer)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::InParts;
    use crate::event::Event;
    use crate::fixtures::{World, any, confirm, draft, event_of, named, place};
    use crate::ids::AccountId;
    use crate::seating::seats::Places;

    fn stored_and_read(event: &Event) -> Event {
        serde_json::from_str(&serde_json::to_string(event).unwrap()).unwrap()
    }

    #[test]
    fn a_state_is_stored_and_read() {
        let world = World::on_sale(&[
            place(1, 1, named(&["floor-A-1", "balcony-A-4"]), 1),
            place(2, 2, any("standing", 3), 2),
            place(3, 3, any("balcony", 2), 3),
            confirm(3, 3, 4),
            place(4, 4, any("standing", 1), 4),
            confirm(4, 4, 5),
        ]);
        assert_eq!(stored_and_read(&world.event), world.event);
        assert_eq!(stored_and_read(&Event::default()), Event::default());
    }

    #[test]
    fn a_state_in_parts_is_put_together_again() {
        let world = World::on_sale(&[
            place(1, 1, named(&["floor-A-1", "balcony-A-4"]), 1),
            place(2, 2, any("standing", 3), 2),
            place(3, 3, any("balcony", 2), 3),
            confirm(3, 3, 4),
        ]);
        let (head, parts) = world.event.split();
        let (mut read, kept) = (stored_and_read(&head), stored_and_read(&head));
        assert_eq!(parts.keys().copied().collect::<Vec<_>>(), [0]);
        for part in parts.into_values() {
            read.put_part(part);
        }
        assert_eq!(read, world.event);
        assert_ne!(kept, world.event, "the head has nothing of the parts");
    }

    #[test]
    fn what_began_together_shares_a_part_whatever_became_of_others() {
        let mut map = SeatMap::default();
        let last = BOOKINGS_PER_PART + 1;
        let seats = &mut map.seats;
        for number in 0..=last {
            let (booking, buyer) = (BookingId::new(id(number)), AccountId::new(id(number)));
            seats.hold(
                &map.layout,
                booking,
                buyer,
                DateTime::UNIX_EPOCH,
                Places::default(),
            );
        }
        seats.free(&map.layout, BookingId::new(id(1)));
        seats.sell(&map.layout, BookingId::new(id(2)));
        let (_, parts) = map.split();
        let sizes = parts.values().map(|part| (part.holds.len(), part.sales.len()));
        let full = BOOKINGS_PER_PART as usize;
        assert_eq!(sizes.collect::<Vec<_>>(), [(full - 2, 1), (2, 0)]);
    }

    fn id(number: u32) -> Uuid {
        Uuid::from_u128(number.into())
    }

    #[test]
    fn rows_are_stored_by_their_first_and_last_number() {
        let stored = serde_json::to_string(&event_of(&draft())).unwrap();
        assert!(stored.contains(r#"["floor-A-",1,6]"#), "{stored}");
    }

    #[test]
    fn ids_that_do_not_count_up_are_stored_as_they_are() {
        for ids in [
            vec!["a"],
            vec!["a1", "a3"],
            vec!["a01", "a02"],
            vec!["a2", "a1"],
            vec!["1", "2"],
            vec!["a1", "b2"],
        ] {
            let ids: Vec<SeatId> = ids.into_iter().map(|id| SeatId::parse(id).unwrap()).collect();
            let row = StoredRow::numbered(&ids).unwrap_or_else(|| StoredRow::Named(ids.clone()));
            let stored = serde_json::to_string(&row).unwrap();
            assert_eq!(
                serde_json::from_str::<StoredRow>(&stored).unwrap().ids(),
                ids,
                "{stored}"
            );
        }
    }
}
