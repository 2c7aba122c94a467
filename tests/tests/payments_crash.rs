//! The program is killed before and after every step outside of it. Whatever the moment: each captured payment ends as one
//! ticket or one refund, nothing is stuck, and nothing is paid twice.
//!
//! Moments of one kind run beside each other, each in a shop of its own: most of the time they wait for a process to pick
//! up what the kill left lying.

#[cfg(test)]
#[path = "payments_crash/charging.rs"]
mod charging;
#[cfg(test)]
#[path = "payments_crash/event_cancellation.rs"]
mod event_cancellation;
#[cfg(test)]
#[path = "payments_crash/refunding.rs"]
mod refunding;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_around_a_charge_loses_no_money_and_takes_none_twice() {
    tokio::join!(
        charging::before_the_request_is_durable(),
        charging::before_the_gateway_is_asked(),
        charging::before_the_answer_arrives(),
        charging::before_a_refusal_arrives(),
        charging::before_the_answer_is_durable(),
        charging::after_the_answer_is_durable(),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_around_a_refund_or_in_an_event_cancellation_returns_everything_once() {
    tokio::join!(
        refunding::before_the_gateway_is_asked(),
        refunding::before_the_answer_arrives(),
        refunding::before_the_answer_is_durable(),
        event_cancellation::in_the_middle(),
    );
}
