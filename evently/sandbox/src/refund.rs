//! A refund as clients see it.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::entry::{Entry, Kind, Metadata};
use crate::key::Key;

/// How a refund stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefundStatus {
    Settled,
    Refused,
}

/// Money given back, or not given back, to a buyer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Refund {
    pub(crate) id: String,
    pub(crate) key: Key,
    pub(crate) charge_key: Key,
    pub(crate) status: RefundStatus,
    pub(crate) refuse_reason: Option<String>,
    /// In minor units.
    pub(crate) amount: u64,
    pub(crate) currency: String,
    pub(crate) metadata: Metadata,
    pub(crate) created_at: DateTime<Utc>,
}

impl Refund {
    /// The refund that `entry` tells of; none if the entry is about a charge.
    pub(crate) fn told(entry: &Entry) -> Option<Self> {
        let outcome = &entry.outcome;
        let status = match outcome.kind {
            Kind::RefundSettled => RefundStatus::Settled,
            Kind::RefundRefused => RefundStatus::Refused,
            Kind::ChargeCaptured | Kind::ChargeDeclined | Kind::ChargePending => return None,
        };
        Some(Self {
            id: outcome.id.clone(),
            key: outcome.key.clone(),
            charge_key: outcome.charge_key.clone()?,
            status,
            refuse_reason: outcome.reason.clone(),
            amount: outcome.amount,
            currency: outcome.currency.clone(),
            metadata: outcome.metadata.clone(),
            created_at: entry.at,
        })
    }
}
