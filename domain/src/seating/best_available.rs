//! Best available: which seats of a section a party gets that names none.
//!
//! The published rule, first match first:
//! 1. Side by side in the first row, front to back, where that strands no single free seat.
//! 2. Side by side in the first row where there is room for all, stranding as few as can be.
//! 3. In as few groups as the free seats allow: whole runs, the longest first and front rows first, then the rest by 1 and 2.
//!
//! Within a row the seats nearest to its middle win, and of two equally near those with the lower numbers. A *run* is an
//! unbroken series of free seats of a row without an aisle between them, and a seat is *stranded* when it is left as a run
//! of one.

use crate::seating::holders::{Holder, bit, has_clean_room, has_room};
use crate::seating::layout::{Layout, Row, RowIndex, SeatIndex, SectionIndex, SectionPlaces};
use crate::seating::seats::Seats;

/// The best `quantity` seats of a seated section; fewer where fewer are free.
pub(super) fn best_available(
    layout: &Layout,
    seats: &Seats,
    section: SectionIndex,
    quantity: u32,
) -> Vec<SeatIndex> {
    let Some(SectionPlaces::Rows { rows, .. }) = layout.section(section).map(|section| &section.places)
    else {
        return Vec::new();
    };
    let search = Search { layout, seats, rows };
    match search.window(quantity, &[]) {
        Some(window) => window.seats().collect(),
        None => search.groups(quantity),
    }
}

/// Some seats side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    first: SeatIndex,
    length: u32,
}

impl Span {
    fn seats(self) -> impl Iterator<Item = SeatIndex> {
        let first = self.first.get();
        (first..first + self.length as usize).map(SeatIndex::at)
    }

    fn overlaps(self, other: Self) -> bool {
        let end = |span: Self| span.first.get() + span.length as usize;
        self.first.get() < end(other) && other.first.get() < end(self)
    }
}

struct Search<'a> {
    layout: &'a Layout,
    seats: &'a Seats,
    rows: &'a [RowIndex],
}

impl Search<'_> {
    /// The best `quantity` seats side by side, none of them in a run that is `spoken_for`.
    fn window(&self, quantity: u32, spoken_for: &[Span]) -> Option<Span> {
        self.first_row(quantity, spoken_for, has_clean_room)
            .or_else(|| self.first_row(quantity, spoken_for, has_room))
    }

    fn first_row(
        &self,
        quantity: u32,
        spoken_for: &[Span],
        has_room: impl Fn(u32, u32) -> bool,
    ) -> Option<Span> {
        let goes_on = |next: &RowIndex| self.layout.row(*next).is_some_and(|row| row.goes_on);
        self.rows.chunk_by(|_, next| goes_on(next)).find_map(|blocks| {
            let seats = |index: &RowIndex| self.seats.free_runs.get(index.get()).copied().unwrap_or(0);
            let roomy = blocks.iter().filter(|block| has_room(seats(block), quantity));
            let runs = roomy
                .filter_map(|block| self.layout.row(*block))
                .flat_map(|block| self.runs(block))
                .filter(|run| has_room(bit(run.length), quantity))
                .filter(|run| !spoken_for.iter().any(|taken| taken.overlaps(*run)));
            runs.flat_map(|run| windows(run, quantity))
                .min_by_key(|window| {
                    let off_centre = self.off_centre(blocks, window.span);
                    (window.stranded, off_centre, window.span.first)
                })
                .map(|window| window.span)
        })
    }

    /// Twice the distance, in seats, between the middles of `span` and of the row of which these are the `blocks`.
    fn off_centre(&self, blocks: &[RowIndex], span: Span) -> usize {
        let ends = |block: &RowIndex| self.layout.row(*block).map(Row::range);
        let first = blocks.first().and_then(ends).map_or(0, |block| block.start);
        let end = blocks.last().and_then(ends).map_or(0, |block| block.end);
        let middle_of_span = 2 * span.first.get() + span.length as usize;
        (first + end).abs_diff(middle_of_span)
    }

    /// `quantity` seats in as few groups as can be.
    fn groups(&self, quantity: u32) -> Vec<SeatIndex> {
        let mut runs: Vec<Span> = self
            .rows
            .iter()
            .filter_map(|row| self.layout.row(*row))
            .flat_map(|row| self.runs(row))
            .collect();
        runs.sort_by_key(|run| std::cmp::Reverse(run.length));
        let mut groups: Vec<Span> = Vec::new();
        let mut wanted = quantity;
        for run in runs {
            if run.length >= wanted {
                break;
            }
            wanted -= run.length;
            groups.push(run);
        }
        groups.extend(self.window(wanted, &groups));
        groups.into_iter().flat_map(Span::seats).collect()
    }

    fn runs(&self, row: Row) -> impl Iterator<Item = Span> {
        let holders = self.seats.holders.get(row.range()).unwrap_or_default();
        let mut from = 0;
        holders
            .chunk_by(|one, next| is_free(*one) == is_free(*next))
            .filter_map(move |run| {
                let first = SeatIndex::at(row.first.get() + from);
                from += run.len();
                let length = u32::try_from(run.len()).unwrap_or(u32::MAX);
                run.first()
                    .copied()
                    .is_some_and(is_free)
                    .then_some(Span { first, length })
            })
    }
}

const fn is_free(holder: Holder) -> bool {
    matches!(holder, Holder::Free)
}

struct Window {
    span: Span,
    /// Single free seats that taking it leaves: 0, 1 or 2.
    stranded: u8,
}

/// Every way to take `quantity` seats side by side of `run`.
fn windows(run: Span, quantity: u32) -> impl Iterator<Item = Window> {
    let spare = run.length.checked_sub(quantity);
    spare.into_iter().flat_map(move |spare| {
        (0..=spare).map(move |before| Window {
            span: Span {
                first: SeatIndex::at(run.first.get() + before as usize),
                length: quantity,
            },
            stranded: u8::from(before == 1) + u8::from(spare - before == 1),
        })
    })
}

#[cfg(test)]
mod tests;
