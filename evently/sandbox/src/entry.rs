//! What the journal says: one entry for each thing that came of a request.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::key::Key;

/// Words of the client's own that travel with a charge or a refund.
pub(crate) type Metadata = BTreeMap<String, String>;

/// What a client can ask for. Keys of the two are apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    Charge,
    Refund,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    ChargeCaptured,
    ChargeDeclined,
    ChargePending,
    RefundSettled,
    RefundRefused,
}

/// What came of one charge or refund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) kind: Kind,
    pub(crate) key: Key,
    pub(crate) id: String,
    /// Of a refund: the key of the charge that it returns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) charge_key: Option<Key>,
    /// Of a charge: the method that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<String>,
    pub(crate) amount: u64,
    pub(crate) currency: String,
    /// Why it was declined or refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    pub(crate) metadata: Metadata,
}

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Its place: 1, 2, 3 and so on, without a hole.
    pub(crate) sequence: u64,
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
    pub(crate) at: DateTime<Utc>,
}

impl Kind {
    /// What webhooks call it.
    pub(crate) const fn notice(self) -> &'static str {
        match self {
            Self::ChargeCaptured => "charge.captured",
            Self::ChargeDeclined => "charge.declined",
            Self::ChargePending => "charge.pending",
            Self::RefundSettled => "refund.settled",
            Self::RefundRefused => "refund.refused",
        }
    }

    /// What was asked for.
    pub(crate) const fn operation(self) -> Operation {
        match self {
            Self::ChargeCaptured | Self::ChargeDeclined | Self::ChargePending => Operation::Charge,
            Self::RefundSettled | Self::RefundRefused => Operation::Refund,
        }
    }
}

impl Outcome {
    /// The fingerprint of the request that it came of: equal for equal requests, and it survives a restart.
    pub(crate) fn fingerprint(&self) -> Digest {
        let of = match self.kind.operation() {
            Operation::Charge => self.method.as_deref(),
            Operation::Refund => self.charge_key.as_ref().map(Key::as_str),
        };
        let currency = match self.kind.operation() {
            Operation::Charge => self.currency.as_str(),
            Operation::Refund => "",
        };
        fingerprint(of.unwrap_or_default(), self.amount, currency, &self.metadata)
    }
}

/// The fingerprint of a request: `of` is the method of a charge or the charge of a refund; a refund has no currency.
pub(crate) fn fingerprint(of: &str, amount: u64, currency: &str, metadata: &Metadata) -> Digest {
    let amount = amount.to_be_bytes();
    let fixed = [of.as_bytes(), &amount, currency.as_bytes()];
    let words = metadata
        .iter()
        .flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]);
    Digest::of(fixed.into_iter().chain(words))
}
