//! Places by section, as facts name them: what is left of them, what they cost, how many they are.

use serde::{Deserialize, Serialize};

use crate::money::{Currency, Money, Price};
use crate::text::{SeatId, SectionId};

/// Places of one section: named seats, or a count where places have no names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allotment {
    pub section: SectionId,
    /// How many places; with named seats, their number.
    pub quantity: u32,
    /// The seats; empty in general admission.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seats: Vec<SeatId>,
}

/// Places of one section at one price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookingLine {
    pub section: SectionId,
    /// How many places; with named seats, their number.
    pub quantity: u32,
    /// The seats; empty in general admission.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seats: Vec<SeatId>,
    /// What one of them costs, in minor units of the total's currency.
    pub unit_price: Price,
}

impl Allotment {
    pub(super) fn of_seats(section: SectionId, seats: Vec<SeatId>) -> Self {
        let quantity = u32::try_from(seats.len()).unwrap_or(u32::MAX);
        Self {
            section,
            quantity,
            seats,
        }
    }

    /// The places at `unit_price` each.
    pub(super) fn at(self, unit_price: Price) -> BookingLine {
        BookingLine {
            section: self.section,
            quantity: self.quantity,
            seats: self.seats,
            unit_price,
        }
    }
}

/// The places of `lines`, without their prices.
pub(crate) fn allotments(lines: &[BookingLine]) -> Vec<Allotment> {
    let allotment = |line: &BookingLine| Allotment {
        section: line.section.clone(),
        quantity: line.quantity,
        seats: line.seats.clone(),
    };
    lines.iter().map(allotment).collect()
}

/// What is left of `lines` without `gone`.
pub(crate) fn without(lines: &[BookingLine], gone: &[BookingLine]) -> Vec<BookingLine> {
    let left = |line: &BookingLine| {
        let gone: Vec<&BookingLine> = gone.iter().filter(|gone| gone.section == line.section).collect();
        let taken: u32 = gone.iter().map(|gone| gone.quantity).sum();
        let stays = |seat: &&_| !gone.iter().any(|gone| gone.seats.contains(seat));
        BookingLine {
            section: line.section.clone(),
            quantity: line.quantity.saturating_sub(taken),
            seats: line.seats.iter().filter(stays).cloned().collect(),
            unit_price: line.unit_price,
        }
    };
    lines.iter().map(left).filter(|line| line.quantity > 0).collect()
}

/// What `lines` have of `seats`.
pub(crate) fn of_seats(lines: &[BookingLine], seats: &[SeatId]) -> Vec<BookingLine> {
    let of_line = |line: &BookingLine| {
        let seats = line.seats.iter().filter(|seat| seats.contains(seat));
        Allotment::of_seats(line.section.clone(), seats.cloned().collect()).at(line.unit_price)
    };
    let found = lines.iter().map(of_line);
    found.filter(|line| line.quantity > 0).collect()
}

/// What `lines` cost together; `None` beyond what money can count.
pub(crate) fn cost(lines: &[BookingLine], currency: Currency) -> Option<Money> {
    let zero = Money::zero(currency);
    lines
        .iter()
        .try_fold(zero, |sum, line| sum.plus_seats(line.unit_price, line.quantity))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{price, seat, section};

    fn seated(ids: &[&str]) -> BookingLine {
        BookingLine {
            section: section("floor"),
            quantity: u32::try_from(ids.len()).unwrap(),
            seats: ids.iter().map(|id| seat(id)).collect(),
            unit_price: price(1_000),
        }
    }

    fn standing(quantity: u32) -> BookingLine {
        BookingLine {
            section: section("standing"),
            quantity,
            seats: Vec::new(),
            unit_price: price(500),
        }
    }

    #[test]
    fn what_is_left_is_what_was_not_given_back() {
        let lines = [seated(&["A-1", "A-2"]), standing(3)];
        assert_eq!(
            without(&lines, &[seated(&["A-1"]), standing(1)]),
            [seated(&["A-2"]), standing(2)]
        );
        assert_eq!(without(&lines, &[standing(3)]), [seated(&["A-1", "A-2"])]);
        assert_eq!(without(&lines, &lines), []);
    }

    #[test]
    fn lines_cost_what_their_places_cost() {
        let eur = Currency::parse("EUR").unwrap();
        let lines = [seated(&["A-1", "A-2"]), standing(3)];
        assert_eq!(cost(&lines, eur).unwrap().amount, 3_500);
    }
}
