//! A model check of paying and refunding: the domain's own rules between buyers, a process that crashes, a network that
//! loses, repeats and reorders, and a gateway that takes or declines as it likes. Every order in which things may happen,
//! within bounds, is walked through.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "all of this crate is a test, its model too"
)]

mod fault;
mod gateway;
mod network;
mod process;
mod properties;
mod sale;
mod world;

use std::collections::BTreeSet;

use stateright::{Checker, Expectation, HasDiscoveries, Model};

use crate::fault::Fault;
use crate::properties as the;
use crate::sale::{Bounds, Left, Sale};

/// One buyer, one seat, two attempts to pay, and a gateway that tells everything twice.
const ONE_BUYER: Bounds = Bounds {
    seats: 1,
    wishes: &[&["floor-A-1"]],
    clock: &[0, 11, 30],
    attempts: 2,
    buyers_cancel: false,
    notices: true,
    called_off: false,
    left: Left { mishaps: 2, whims: 2 },
};

/// One buyer, who may give the seat back, of an Event that may be cancelled.
const CANCELLING: Bounds = Bounds {
    clock: &[0, 8, 30],
    attempts: 1,
    buyers_cancel: true,
    notices: false,
    called_off: true,
    left: Left { mishaps: 1, whims: 2 },
    ..ONE_BUYER
};

/// Two buyers who want the same seat.
const ONE_SEAT: Bounds = Bounds {
    wishes: &[&["floor-A-1"], &["floor-A-1"]],
    notices: false,
    called_off: true,
    left: Left { mishaps: 1, whims: 2 },
    ..ONE_BUYER
};

/// A buyer of both seats, who may give one back, and another who wants that one.
const TWO_SEATS: Bounds = Bounds {
    seats: 2,
    wishes: &[&["floor-A-1", "floor-A-2"], &["floor-A-1"]],
    clock: &[0, 30],
    attempts: 1,
    buyers_cancel: true,
    notices: false,
    left: Left { mishaps: 1, whims: 0 },
    ..ONE_BUYER
};

/// Walks through all of `bounds`: everything holds that must, and every one of `seen` happens.
fn holds(bounds: Bounds, seen: &[&'static str]) {
    let checker = Sale::new(bounds, Fault::None).checker().spawn_dfs().join();
    println!(
        "{} states, {} of them different, up to {} steps deep",
        checker.state_count(),
        checker.unique_state_count(),
        checker.max_depth()
    );
    for property in checker.model().properties() {
        match property.expectation {
            Expectation::Always | Expectation::Eventually => checker.assert_no_discovery(property.name),
            Expectation::Sometimes if seen.contains(&property.name) => {
                checker.assert_any_discovery(property.name);
            }
            Expectation::Sometimes => {}
        }
    }
    assert!(checker.is_done());
}

#[test]
fn one_buyer_gets_a_ticket_or_the_money_back_whatever_goes_wrong() {
    let seen = [the::LATE_REFUNDED, the::SECOND_ATTEMPT, the::SECURED_LATE];
    holds(ONE_BUYER, &seen);
}

#[test]
fn one_buyer_who_cancels_gets_the_money_back_less_the_fee() {
    let seen = [
        the::LATE_REFUNDED,
        the::CALLED_OFF,
        the::FEE_KEPT,
        the::REFUND_RETRIED,
    ];
    holds(CANCELLING, &seen);
}

#[test]
fn two_buyers_never_share_a_seat() {
    let seen = [
        the::LATE_REFUNDED,
        the::SECOND_ATTEMPT,
        the::EXPIRED_BESIDE,
        the::SECURED_LATE,
        the::CALLED_OFF,
    ];
    holds(ONE_SEAT, &seen);
}

#[test]
fn a_seat_that_is_given_back_is_sold_again_and_its_price_returned() {
    holds(TWO_SEATS, &[the::PART_KEPT, the::FEE_KEPT]);
}

/// Each fault breaks the property that it should, or the check could not see it.
fn breaks(fault: Fault, bounds: Bounds, property: &'static str) {
    let found = HasDiscoveries::AnyOf(BTreeSet::from([property]));
    let checker = Sale::new(bounds, fault)
        .checker()
        .finish_when(found)
        .spawn_bfs()
        .join();
    let Some(path) = checker.discovery(property) else {
        panic!("{fault:?} passes for correct: {property}");
    };
    println!("{fault:?}: {:#?}", path.into_actions());
}

#[test]
fn a_forgotten_late_capture_is_found() {
    breaks(Fault::ForgetsLateCaptures, ONE_BUYER, the::SETTLED);
}

#[test]
fn a_hold_that_ends_while_it_is_paid_is_found() {
    breaks(Fault::ExpiresSecuredHolds, ONE_SEAT, the::SOUND);
    breaks(Fault::ExpiresSecuredHolds, ONE_SEAT, the::ONE_HOLDER);
}

#[test]
fn a_sale_of_what_is_held_no_more_is_found() {
    breaks(Fault::SellsWithoutCheck, CANCELLING, the::SOUND);
}

#[test]
fn a_new_key_for_an_old_payment_is_found() {
    breaks(Fault::NewKeyOnRetry, ONE_BUYER, the::TAKEN_ONCE);
}

#[test]
fn a_new_key_for_an_old_refund_is_found() {
    breaks(Fault::NewRefundKeyOnRetry, CANCELLING, the::REFUNDS_BOUNDED);
}

#[test]
fn what_a_restart_forgets_is_found() {
    breaks(Fault::ForgetsOpenPayments, ONE_BUYER, the::SETTLED);
}

#[test]
fn half_a_unit_is_found() {
    breaks(Fault::TearsUnits, ONE_BUYER, the::AGREE);
}

#[test]
fn a_cancelled_event_that_keeps_its_buyers_is_found() {
    breaks(Fault::LeavesCancelledEvent, CANCELLING, the::SETTLED);
}
