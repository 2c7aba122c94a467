//! A payment gateway that is dead, then silent, then alive again: payments are put off quickly while it is away, and nothing
//! else is; afterwards everything that was begun comes to its end, once.

#[cfg(test)]
#[path = "payments_breaker/outage.rs"]
mod outage;
#[cfg(test)]
#[path = "payments_breaker/trade.rs"]
mod trade;

use outage::Outage;
use trade::Trade;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_is_away_puts_off_payments_and_nothing_else() {
    let outage = Outage::set().await;
    let trade = Trade::begin(&outage.shop).await;
    let before = trade.undisturbed().await;

    outage.shop.tollgate.shut().await;
    outage.begins().await;
    outage.everyone_can_see_it().await;
    let crowd = outage.pressure();
    trade.goes_on(before, "dead").await;

    outage.shop.tollgate.fall_silent().await;
    outage.the_silence_is_noticed().await;
    trade.goes_on(before, "silent").await;

    outage.shop.tollgate.open().await;
    crowd.all_pay().await;
    outage.payments_of_unknown_outcome_are_paid().await;
    outage.no_one_sees_it_any_more().await;
    outage.is_over().await;
}
