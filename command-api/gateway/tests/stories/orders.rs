//! What the stories ask of gateways.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Utc};
use domain::ids::{BookingId, PaymentId, RefundId};
use domain::money::{Currency, Money};
use domain::payment::{GatewayReference, MethodToken};
use gateway::{Charge, ChargeOutcome, RefundOrder, RefundOutcome};
use uuid::Uuid;

pub(crate) fn now() -> DateTime<Utc> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    DateTime::from_timestamp(i64::try_from(since.as_secs()).unwrap(), since.subsec_nanos()).unwrap()
}

pub(crate) fn euros(amount: i64) -> Money {
    Money {
        amount,
        currency: Currency::parse("EUR").unwrap(),
    }
}

pub(crate) fn charge(amount: i64, method: MethodToken) -> Charge {
    Charge {
        payment: PaymentId::new(Uuid::new_v4()),
        booking: BookingId::new(Uuid::new_v4()),
        amount: euros(amount),
        method,
        requested_at: now(),
        asked_before: false,
    }
}

pub(crate) fn again(charge: &Charge) -> Charge {
    Charge {
        asked_before: true,
        ..charge.clone()
    }
}

pub(crate) fn refund(charge: &Charge, reference: &GatewayReference, amount: i64) -> RefundOrder {
    RefundOrder {
        refund: RefundId::new(Uuid::new_v4()),
        booking: charge.booking,
        attempt: 1,
        payment: charge.payment,
        charge: reference.clone(),
        amount: euros(amount),
        requested_at: now(),
    }
}

pub(crate) fn captured(outcome: &ChargeOutcome) -> (GatewayReference, Money) {
    let ChargeOutcome::Captured { reference, amount } = outcome else {
        panic!("not captured: {outcome:?}");
    };
    (reference.clone(), *amount)
}

pub(crate) fn declined(outcome: &ChargeOutcome) -> String {
    let ChargeOutcome::Declined { reason } = outcome else {
        panic!("not declined: {outcome:?}");
    };
    reason.to_string()
}

pub(crate) fn settled(outcome: &RefundOutcome) -> GatewayReference {
    let RefundOutcome::Settled { reference } = outcome else {
        panic!("not settled: {outcome:?}");
    };
    reference.clone()
}

pub(crate) fn refused(outcome: &RefundOutcome) -> String {
    let RefundOutcome::Refused { reason } = outcome else {
        panic!("not refused: {outcome:?}");
    };
    reason.to_string()
}
