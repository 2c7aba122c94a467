//! Counts what was appended, so that holds, sales, declines and money show as metrics.

use std::collections::HashMap;

use domain::booking::BookingFact;
use domain::money::Money;
use event_store::{NewFact, Unit};
use metrics::{Counter, counter};

/// Counters of facts by their kind.
#[derive(Default)]
pub(crate) struct Trade {
    facts: HashMap<&'static str, Counter>,
}

impl Trade {
    /// `unit` was appended.
    pub(crate) fn note(&mut self, unit: &Unit) {
        for fact in &unit.facts {
            let kind = fact.event_type;
            let facts = self.facts.entry(kind);
            facts
                .or_insert_with(|| counter!("evently_facts_appended_total", "type" => kind))
                .increment(1);
            if let Some((direction, money)) = moved(fact) {
                counter!(
                    "evently_money_minor_units_total",
                    "direction" => direction, "currency" => money.currency.as_str().to_owned()
                )
                .increment(u64::try_from(money.amount).unwrap_or_default());
            }
        }
    }
}

/// The money that moved by a fact, and where it went.
fn moved(fact: &NewFact) -> Option<(&'static str, Money)> {
    if !matches!(
        fact.event_type,
        "PaymentCaptured" | "PaymentCapturedLate" | "RefundSettled"
    ) {
        return None;
    }
    let fact = serde_json::from_str(&fact.payload).ok()?;
    if let BookingFact::RefundSettled { amount, .. } = fact {
        return Some(("refunded", amount));
    }
    if let BookingFact::PaymentCaptured { amount, .. } | BookingFact::PaymentCapturedLate { amount, .. } =
        fact
    {
        return Some(("captured", amount));
    }
    None
}

#[cfg(test)]
mod tests {
    use domain::booking::Booking;
    use event_store::{Sequence, StreamId};

    use super::*;

    fn recorded(golden: &str) -> NewFact {
        let stream = StreamId {
            aggregate_type: "booking".into(),
            aggregate_id: uuid::Uuid::nil(),
        };
        let fact: BookingFact = serde_json::from_str(golden).unwrap();
        NewFact::of::<Booking>(&stream, Sequence::new(1), &fact, &"{}".into()).unwrap()
    }

    #[test]
    fn money_moves_where_it_is_captured_or_returned_and_nowhere_else() {
        let of = |golden| moved(&recorded(golden)).map(|(way, money)| (way, money.amount));
        let captured = include_str!("../../../domain/golden/booking/PaymentCaptured.1.0.json");
        assert_eq!(of(captured), Some(("captured", 24_000)));
        let refunded = include_str!("../../../domain/golden/booking/RefundSettled.1.0.json");
        assert_eq!(of(refunded), Some(("refunded", 10_800)));
        let confirmed = include_str!("../../../domain/golden/booking/BookingConfirmed.1.0.json");
        assert_eq!(of(confirmed), None);
    }
}
