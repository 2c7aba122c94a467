//! Whether what a seat map says agrees with itself.

use crate::seating::holders::{Holder, runs_of};
use crate::seating::layout::{Layout, Row, SectionIndex, SectionPlaces};
use crate::seating::seat_map::SeatMap;
use crate::seating::seats::{Places, Seats};

impl SeatMap {
    /// What is wrong with the state, in words: facts that made no sense when they came, such as a second holder of a
    /// seat, and counts and indices that disagree. Empty where the state is sound. Looks at every seat.
    pub fn violations(&self) -> Vec<String> {
        let Self { layout, seats } = self;
        let mut found = seats.breaches.clone();
        found.extend(wrong_seats(layout, seats));
        found.extend(wrong_holds(layout, seats));
        found.extend(wrong_sections(layout, seats));
        found.extend(wrong_buyers(seats));
        found
    }
}

/// Seats that say other holders than the holds do, and rows whose free runs are miscounted.
fn wrong_seats(layout: &Layout, seats: &Seats) -> Vec<String> {
    let mut found = Vec::new();
    if seats.holders.len() != layout.seats().len() || seats.free_runs.len() != layout.rows().len() {
        found.push("seats or rows are missing".to_owned());
    }
    for (id, holder) in layout.seats().iter().zip(&seats.holders) {
        let known = match holder {
            Holder::Free => true,
            Holder::Held(booking) => seats.holds.contains_key(booking),
            Holder::Sold(booking) => seats.sales.contains_key(booking),
        };
        if !known {
            found.push(format!("seat {id} says {holder:?}, and that booking has nothing"));
        }
    }
    for (row, runs) in layout.rows().iter().zip(&seats.free_runs) {
        if runs_of(holders(seats, *row)) != *runs {
            found.push(format!(
                "the free runs of the row at seat {:?} are miscounted",
                row.first
            ));
        }
    }
    found
}

fn wrong_holds(layout: &Layout, seats: &Seats) -> Vec<String> {
    let mut found = Vec::new();
    let mut say_so = |holder: Holder, places: &Places, what: String| {
        let others = places
            .seats
            .iter()
            .filter(|seat| seats.holder(**seat) != Some(holder));
        let seats = others.map(|seat| format!("{what} seat {:?}, which says otherwise", layout.seat(*seat)));
        found.extend(seats);
    };
    for (booking, hold) in &seats.holds {
        say_so(
            Holder::Held(*booking),
            &hold.places,
            format!("booking {booking} holds"),
        );
    }
    for (booking, sale) in &seats.sales {
        say_so(
            Holder::Sold(*booking),
            &sale.places,
            format!("booking {booking} owns"),
        );
    }
    for (booking, hold) in &seats.holds {
        if seats.deadlines.contains(&(hold.until, *booking)) == hold.secured {
            found.push(format!(
                "the deadline of booking {booking} counts where it must not, or the contrary"
            ));
        }
    }
    if seats.deadlines.len() != seats.holds.values().filter(|hold| !hold.secured).count() {
        found.push("deadlines and holds differ in number".to_owned());
    }
    found
}

fn wrong_sections(layout: &Layout, seats: &Seats) -> Vec<String> {
    let mut found = Vec::new();
    for (place, section) in layout.sections().iter().enumerate() {
        let index = SectionIndex::at(place);
        let counts = seats.counts(index);
        let (free, sold) = match &section.places {
            SectionPlaces::Rows { rows, .. } => {
                let all = || {
                    rows.iter()
                        .filter_map(|row| layout.row(*row))
                        .flat_map(|row| holders(seats, row))
                };
                let free = all().filter(|holder| matches!(holder, Holder::Free)).count();
                let sold = all().filter(|holder| matches!(holder, Holder::Sold(_))).count();
                (free as u64, sold as u64)
            }
            SectionPlaces::General { capacity } => {
                let sold = without_seats(seats.sales.values().map(|sale| &*sale.places), index);
                let taken = sold + without_seats(seats.holds.values().map(|hold| &*hold.places), index);
                if taken > u64::from(*capacity) {
                    found.push(format!(
                        "section {} has {taken} of {capacity} places taken",
                        section.id
                    ));
                }
                (u64::from(*capacity).saturating_sub(taken), sold)
            }
        };
        if (u64::from(counts.free), u64::from(counts.sold)) != (free, sold) {
            found.push(format!(
                "section {} counts {counts:?} and has {free} free, {sold} sold",
                section.id
            ));
        }
    }
    found
}

/// Buyers whose count differs from what they hold and own.
fn wrong_buyers(seats: &Seats) -> Vec<String> {
    let holds = seats.holds.values().map(|hold| (hold.buyer, &hold.places));
    let sales = seats.sales.values().map(|sale| (sale.buyer, &sale.places));
    let mut left = seats.buyers.clone();
    let mut differ = false;
    for (buyer, places) in holds.chain(sales) {
        let counted = left.entry(buyer).or_insert(0);
        differ |= *counted < places.quantity();
        *counted = counted.saturating_sub(places.quantity());
    }
    if differ || left.values().any(|rest| *rest > 0) {
        vec!["buyers' counts differ from what they hold and own".to_owned()]
    } else {
        Vec::new()
    }
}

fn without_seats<'a>(places: impl Iterator<Item = &'a Places>, section: SectionIndex) -> u64 {
    let counts = places
        .flat_map(|places| &places.counts)
        .filter(|(counted, _)| *counted == section);
    counts.map(|(_, count)| u64::from(*count)).sum()
}

fn holders(seats: &Seats, row: Row) -> &[Holder] {
    seats.holders.get(row.range()).unwrap_or_default()
}
