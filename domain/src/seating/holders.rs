//! Who has the seats of a row, and the runs of free seats among them.

use crate::ids::BookingId;

/// Who has a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    Free,
    /// A Booking until its deadline.
    Held(BookingId),
    /// A Booking for good.
    Sold(BookingId),
}

/// Runs this long or longer share the highest bit; above any party's size and the two seats that must stay beside it.
const LONGEST_RUN: u32 = 31;

/// The lengths of a row's runs of free seats, one bit each: bit *n* says that there is a run of *n* seats. With it a
/// search skips rows without looking at their seats.
pub(super) fn runs_of(row: &[Holder]) -> u32 {
    let (mut lengths, mut length) = (0, 0);
    for holder in row {
        if matches!(holder, Holder::Free) {
            length += 1;
        } else {
            lengths |= bit(length);
            length = 0;
        }
    }
    lengths | bit(length)
}

/// The bit of a run of `length` seats.
pub(super) const fn bit(length: u32) -> u32 {
    match length {
        0 => 0,
        1..LONGEST_RUN => 1 << length,
        _ => 1 << LONGEST_RUN,
    }
}

/// Whether a row with runs of these `lengths` seats `quantity` people side by side.
pub(super) const fn has_room(lengths: u32, quantity: u32) -> bool {
    quantity <= LONGEST_RUN && lengths >> quantity != 0
}

/// Whether it does so without stranding a seat: a run of just that length, or one with two or more to spare.
pub(super) const fn has_clean_room(lengths: u32, quantity: u32) -> bool {
    quantity + 2 <= LONGEST_RUN && (lengths & (1 << quantity) != 0 || lengths >> (quantity + 2) != 0)
}
