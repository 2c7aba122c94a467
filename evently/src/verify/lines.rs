//! What a Booking has, section by section, without the names of seats: a few words a line.

use std::hash::{DefaultHasher, Hash, Hasher};

use domain::booking::facts::BookingLine;
use domain::money::{Currency, Money, Price};

use super::holding::digest;

/// What a Booking has.
#[derive(Debug, Default)]
pub(crate) struct Lines(Box<[Line]>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Line {
    /// Hash of the section's id.
    section: u64,
    /// Which places, by their [`digest`].
    places: u64,
    quantity: u32,
    price: Price,
}

impl Lines {
    pub(crate) fn new(lines: &[BookingLine]) -> Self {
        let line = |line: &BookingLine| Line {
            section: hash(line),
            places: digest(std::iter::once((
                &line.section,
                line.quantity,
                line.seats.as_slice(),
            ))),
            quantity: line.quantity,
            price: line.unit_price,
        };
        Self(lines.iter().map(line).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.quantity() == 0
    }

    pub(crate) fn quantity(&self) -> u64 {
        self.0.iter().map(|line| u64::from(line.quantity)).sum()
    }

    pub(crate) fn digest(&self) -> u64 {
        self.0.iter().fold(0, |sum, line| sum.wrapping_add(line.places))
    }

    /// What they cost together; `None` beyond what money can count.
    pub(crate) fn cost(&self, currency: Currency) -> Option<Money> {
        let zero = Money::zero(currency);
        self.0
            .iter()
            .try_fold(zero, |sum, line| sum.plus_seats(line.price, line.quantity))
    }

    /// Takes `gone` away; `false` where it was not all there, at its price. Which seats they are is known of a section
    /// that is left empty: its digest is then nothing.
    pub(crate) fn remove(&mut self, gone: &Self) -> bool {
        let mut sound = true;
        for gone in &gone.0 {
            let same = |line: &&mut Line| (line.section, line.price) == (gone.section, gone.price);
            let Some(line) = self.0.iter_mut().find(same) else {
                sound = false;
                continue;
            };
            sound &= gone.quantity > 0 && gone.quantity <= line.quantity;
            line.quantity = line.quantity.saturating_sub(gone.quantity);
            line.places = line.places.wrapping_sub(gone.places);
            sound &= line.quantity > 0 || line.places == 0;
        }
        sound
    }
}

fn hash(line: &BookingLine) -> u64 {
    let mut hasher = DefaultHasher::new();
    line.section.hash(&mut hasher);
    hasher.finish()
}
