//! The program is killed before and after every step outside of it. Whatever the moment: each captured payment ends as one
//! ticket or one refund, nothing is stuck, and nothing is paid twice.
//!
//! Moments of one kind run beside each other, each in a shop of its own: most of the time they wait for a process to pick
//! up what the kill left lying. Each has a thread, because a shop that is torn down blocks it.

#[cfg(test)]
#[path = "payments_crash/charging.rs"]
mod charging;
#[cfg(test)]
#[path = "payments_crash/event_cancellation.rs"]
mod event_cancellation;
#[cfg(test)]
#[path = "payments_crash/refunding.rs"]
mod refunding;

use std::thread;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use tokio::runtime::Runtime;

#[test]
fn a_kill_around_a_charge_loses_no_money_and_takes_none_twice() {
    beside_each_other([
        || charging::before_the_request_is_durable().boxed_local(),
        || charging::before_the_gateway_is_asked().boxed_local(),
        || charging::before_the_answer_arrives().boxed_local(),
        || charging::before_a_refusal_arrives().boxed_local(),
        || charging::before_the_answer_is_durable().boxed_local(),
        || charging::after_the_answer_is_durable().boxed_local(),
    ]);
}

#[test]
fn a_kill_around_a_refund_or_in_an_event_cancellation_returns_everything_once() {
    beside_each_other([
        || refunding::before_the_gateway_is_asked().boxed_local(),
        || refunding::before_the_answer_arrives().boxed_local(),
        || refunding::before_the_answer_is_durable().boxed_local(),
        || event_cancellation::in_the_middle().boxed_local(),
    ]);
}

#[expect(clippy::unwrap_used, reason = "a test fails by panic")]
fn beside_each_other<const N: usize>(moments: [fn() -> LocalBoxFuture<'static, ()>; N]) {
    thread::scope(|threads| {
        for moment in moments {
            threads.spawn(move || Runtime::new().unwrap().block_on(moment()));
        }
    });
}
