//! Arithmetic of places by section: what is left of them, what they cost, how many they are.

use crate::booking::facts::BookingLine;
use crate::money::{Currency, Money};

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

/// What `lines` cost together; `None` beyond what money can count.
pub(crate) fn cost(lines: &[BookingLine], currency: Currency) -> Option<Money> {
    let zero = Money::zero(currency);
    lines
        .iter()
        .try_fold(zero, |sum, line| sum.plus_seats(line.unit_price, line.quantity))
}

/// How many places `lines` are.
pub(crate) fn quantity(lines: &[BookingLine]) -> u32 {
    lines
        .iter()
        .fold(0, |sum, line| sum.saturating_add(line.quantity))
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
        assert_eq!(quantity(&lines), 5);
    }
}
