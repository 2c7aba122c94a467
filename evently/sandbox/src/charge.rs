//! A charge as clients see it.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::entry::{Entry, Kind, Metadata};
use crate::key::Key;

/// How a charge stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChargeStatus {
    Captured,
    Declined,
    Pending,
}

/// Money taken, or not taken, from a buyer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Charge {
    pub(crate) id: String,
    pub(crate) key: Key,
    pub(crate) status: ChargeStatus,
    /// In minor units.
    pub(crate) amount: u64,
    pub(crate) currency: String,
    pub(crate) decline_reason: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) created_at: DateTime<Utc>,
}

impl Charge {
    /// The charge that `entry` began; none if the entry is about a refund.
    pub(crate) fn begun(entry: &Entry) -> Option<Self> {
        let outcome = &entry.outcome;
        Some(Self {
            id: outcome.id.clone(),
            key: outcome.key.clone(),
            status: ChargeStatus::after(outcome.kind)?,
            amount: outcome.amount,
            currency: outcome.currency.clone(),
            decline_reason: outcome.reason.clone(),
            metadata: outcome.metadata.clone(),
            created_at: entry.at,
        })
    }
}

impl ChargeStatus {
    /// How a charge stands after `kind`; none if that is about a refund.
    pub(crate) const fn after(kind: Kind) -> Option<Self> {
        match kind {
            Kind::ChargeCaptured => Some(Self::Captured),
            Kind::ChargeDeclined => Some(Self::Declined),
            Kind::ChargePending => Some(Self::Pending),
            Kind::RefundSettled | Kind::RefundRefused => None,
        }
    }
}
