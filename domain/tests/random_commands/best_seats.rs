//! Which seats are the best: side by side, and none left alone beside them.

use std::collections::BTreeSet;

use crate::theatre::rows;

/// Where any window of free seats side by side would do, a window it is; and one that strands no seat, where any does.
pub(crate) fn are_together_where_they_can_be(
    section: &str,
    taken: &BTreeSet<String>,
    seats: &BTreeSet<String>,
) {
    let windows: Vec<Vec<String>> = rows(section)
        .iter()
        .flat_map(|row| {
            row.windows(seats.len())
                .map(<[String]>::to_vec)
                .collect::<Vec<_>>()
        })
        .filter(|window| window.iter().all(|seat| !taken.contains(seat)))
        .collect();
    if windows.is_empty() {
        return;
    }
    let chosen = windows
        .iter()
        .find(|window| window.iter().collect::<BTreeSet<_>>() == seats.iter().collect());
    let chosen = chosen.unwrap_or_else(|| panic!("{seats:?} are apart and need not be"));
    let lonely_before: usize = rows(section).iter().map(|row| lonely(row, taken, &[])).sum();
    let strands = |window: &Vec<String>| {
        let after: usize = rows(section).iter().map(|row| lonely(row, taken, window)).sum();
        // One person may take a seat that stood alone.
        let was_lonely = window.len() == 1 && after < lonely_before;
        !was_lonely && after > lonely_before
    };
    if windows.iter().any(|window| !strands(window)) {
        assert!(!strands(chosen), "{seats:?} strand a seat");
    }
}

/// Free seats of `row` without a free neighbour, once `window` is taken too.
fn lonely(row: &[String], taken: &BTreeSet<String>, window: &[String]) -> usize {
    let free: Vec<bool> = row
        .iter()
        .map(|seat| !taken.contains(seat) && !window.contains(seat))
        .collect();
    let is_free = |seat: Option<usize>| seat.and_then(|seat| free.get(seat)).copied().unwrap_or(false);
    (0..free.len())
        .filter(|seat| is_free(Some(*seat)) && !is_free(seat.checked_sub(1)) && !is_free(Some(seat + 1)))
        .count()
}
