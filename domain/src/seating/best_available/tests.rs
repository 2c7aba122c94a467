//! The published rule by pictures of rows: `.` is free, `x` is taken, and `o` is what a party gets.

use super::*;
use crate::fixtures::{name, price, section};
use crate::ids::BookingId;
use crate::seating::holders::runs_of;
use crate::seating::layout::Section;
use crate::text::SeatId;

/// What a party of `quantity` gets of `rows`, in which `|` is an aisle.
fn picked(rows: &[&str], quantity: u32) -> Vec<String> {
    let mut layout = Layout::default();
    let (id, name, price) = (section("floor"), name("Floor"), price(0));
    layout.add_section(Section {
        id,
        name,
        price,
        category: None,
        places: SectionPlaces::new(None),
    });
    for (number, row) in rows.iter().enumerate() {
        for (block, seats) in row.split('|').enumerate() {
            let ids: Vec<SeatId> = (0..seats.len())
                .map(|seat| SeatId::parse(&format!("{number}-{block}-{seat}")).unwrap())
                .collect();
            layout.add_row(SectionIndex::at(0), ids.iter(), block > 0);
        }
    }
    let mut seats = Seats::default();
    seats.grow(&layout);
    let taken = BookingId::new(uuid::Uuid::nil());
    let seats_of = |row: &&str| row.bytes().filter(|mark| *mark != b'|').collect::<Vec<_>>();
    let marks = rows.iter().flat_map(seats_of);
    for (holder, mark) in seats.holders.iter_mut().zip(marks) {
        if mark == b'x' {
            *holder = Holder::Sold(taken);
        }
    }
    for (row, runs) in layout.rows().iter().zip(&mut seats.free_runs) {
        *runs = runs_of(&seats.holders[row.range()]);
    }
    let got = best_available(&layout, &seats, SectionIndex::at(0), quantity);
    let mut picture: Vec<u8> = rows.iter().flat_map(seats_of).collect();
    for seat in &got {
        assert_eq!(picture[seat.get()], b'.', "a free seat, and each once");
        picture[seat.get()] = b'o';
    }
    let mut seats = picture.into_iter().map(char::from);
    let drawn = |row: &&str| {
        row.chars()
            .map(|mark| if mark == '|' { mark } else { seats.next().unwrap() })
            .collect()
    };
    rows.iter().map(drawn).collect()
}

#[test]
fn an_aisle_parts_a_party_no_less_than_another_buyer_does() {
    assert_eq!(picked(&["......|......"], 4), ["..oooo|......"]);
    assert_eq!(picked(&["...|...", "......"], 4), ["...|...", "oooo.."]);
    assert_eq!(picked(&["..|....|.."], 2), ["..|oo..|.."]);
    assert_eq!(picked(&["..|xxxx|.."], 2), ["oo|xxxx|.."]);
}

#[test]
fn the_middle_of_the_front_row_is_best() {
    assert_eq!(picked(&["........", "........"], 2), ["...oo...", "........"]);
}

#[test]
fn of_two_equally_near_the_lower_numbers_win() {
    assert_eq!(picked(&["......."], 2), ["..oo..."]);
}

#[test]
fn no_seat_is_left_alone_where_the_row_allows() {
    assert_eq!(picked(&["....."], 2), ["oo..."]);
    assert_eq!(picked(&["x....x.."], 2), ["x..oox.."]);
}

#[test]
fn a_row_further_back_is_better_than_a_seat_left_alone() {
    assert_eq!(picked(&["...", "......"], 2), ["...", "..oo.."]);
}

#[test]
fn a_gap_of_just_the_right_size_is_filled() {
    assert_eq!(picked(&["x..x..."], 2), ["xoox..."]);
}

#[test]
fn a_seat_is_left_alone_where_that_cannot_be_avoided() {
    assert_eq!(picked(&["x...x", "xx.xx"], 2), ["xoo.x", "xx.xx"]);
}

#[test]
fn one_person_takes_the_seat_that_stands_alone() {
    assert_eq!(picked(&["x.x..x"], 1), ["xox..x"]);
}

#[test]
fn a_party_that_fits_nowhere_together_is_split_in_few_groups() {
    assert_eq!(picked(&["x.x..x", "...x.x"], 5), ["x.xoox", "ooox.x"]);
    assert_eq!(picked(&["..x..", "..x.."], 5), ["ooxoo", ".ox.."]);
}

#[test]
fn full_rows_give_nothing() {
    assert_eq!(picked(&["xxx", "x"], 1), ["xxx", "x"]);
}

#[test]
fn parties_and_runs_of_the_largest_sizes_are_seated() {
    assert_eq!(picked(&[&".".repeat(20)], 20), ["o".repeat(20)]);
    let row = ".".repeat(100);
    assert_eq!(
        picked(&[&row], 20),
        [format!("{}{}{}", ".".repeat(40), "o".repeat(20), ".".repeat(40))]
    );
    assert_eq!(picked(&[&".".repeat(21), &".".repeat(22)], 20)[0], ".".repeat(21));
}

#[test]
fn lengths_of_runs_follow_from_bits() {
    let booking = BookingId::new(uuid::Uuid::nil());
    let holders = |picture: &str| -> Vec<Holder> {
        picture
            .bytes()
            .map(|mark| {
                if mark == b'.' {
                    Holder::Free
                } else {
                    Holder::Held(booking)
                }
            })
            .collect()
    };
    assert_eq!(runs_of(&holders("xx")), 0);
    assert_eq!(runs_of(&holders(".x..x...")), 0b1110);
    assert_eq!(runs_of(&holders(&".".repeat(500))), 1 << 31);
}
