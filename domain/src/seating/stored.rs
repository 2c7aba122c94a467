//! The stored form of a seat map: small, because seats of a row mostly share their ids but for a number.

use std::sync::Arc;

use chrono::DateTime;
use foldhash::HashMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ids::BookingId;
use crate::seating::layout::{Layout, Row, Section, SectionIndex};
use crate::seating::seat_map::SeatMap;
use crate::seating::seats::{Hold, Sale, Seats};
use crate::text::SeatId;

#[derive(Serialize, Deserialize)]
struct Stored {
    sections: Vec<Section>,
    /// Every row in order, as (section, seats).
    rows: Vec<(SectionIndex, StoredRow)>,
    holds: Vec<(BookingId, Hold)>,
    sales: Vec<(BookingId, Sale)>,
    breaches: Vec<String>,
}

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
                .map(|row| (row.section, StoredRow::of(layout, *row)))
                .collect(),
            holds: sorted(&seats.holds),
            sales: sorted(&seats.sales),
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
        for (section, row) in &stored.rows {
            layout.add_row(*section, row.ids().iter());
        }
        let mut seats = Seats::default();
        seats.grow(&layout);
        for (booking, Sale { buyer, places }) in stored.sales {
            let places = Arc::unwrap_or_clone(places);
            seats.hold(&layout, booking, buyer, DateTime::UNIX_EPOCH, places);
            seats.sell(&layout, booking);
        }
        for (booking, hold) in stored.holds {
            let places = Arc::unwrap_or_clone(hold.places);
            seats.hold(&layout, booking, hold.buyer, hold.until, places);
            if hold.secured {
                seats.secure(booking);
            }
        }
        seats.breaches = stored.breaches;
        Self {
            layout: Arc::new(layout),
            seats,
        }
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
                .filter_map(|number| SeatId::parse(&format!("{prefix}{number}")).ok())
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

/// Entries in the order of their keys, so that equal states are stored in equal bytes.
fn sorted<K: Copy + Ord, V: Clone>(map: &HashMap<K, V>) -> Vec<(K, V)> {
    let mut entries: Vec<(K, V)> = map.iter().map(|(key, value)| (*key, value.clone())).collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::fixtures::{World, any, confirm, draft, event_of, named, place};

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
