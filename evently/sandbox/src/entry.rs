//! What comes of requests: an entry of the journal, and the charge or refund as the API shows it.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{Context, SHA256};
use chrono::{DateTime, SubsecRound, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What a client can request. Their keys are apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    Charge,
    Refund,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    ChargeCaptured,
    ChargeDeclined,
    ChargePending,
    RefundSettled,
    RefundRefused,
}

/// What was requested: two requests are the same if these are equal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Request {
    /// Of a refund: the charge that it returns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) charge_key: Option<String>,
    /// Of a charge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<String>,
    pub(crate) amount: u64,
    pub(crate) currency: String,
    pub(crate) metadata: BTreeMap<String, String>,
}

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Its place: 1, 2, 3 and so on, without a hole. The journal's writer sets it, and `at`.
    pub(crate) sequence: u64,
    pub(crate) kind: Kind,
    pub(crate) key: String,
    pub(crate) id: String,
    #[serde(flatten)]
    pub(crate) request: Request,
    /// Why it was declined or refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    pub(crate) at: DateTime<Utc>,
}

impl Operation {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Refund => "refund",
        }
    }

    /// The id of what a key makes.
    pub(crate) fn id(self, key: &str) -> String {
        let digest = digest(&[self.as_str().as_bytes(), key.as_bytes()]);
        match self {
            Self::Charge => format!("sch_{digest:032x}"),
            Self::Refund => format!("srf_{digest:032x}"),
        }
    }
}

impl Kind {
    /// The operation, and the status that it results in.
    pub(crate) const fn parts(self) -> (Operation, &'static str) {
        match self {
            Self::ChargeCaptured => (Operation::Charge, "captured"),
            Self::ChargeDeclined => (Operation::Charge, "declined"),
            Self::ChargePending => (Operation::Charge, "pending"),
            Self::RefundSettled => (Operation::Refund, "settled"),
            Self::RefundRefused => (Operation::Refund, "refused"),
        }
    }
}

impl Entry {
    /// The charge or refund after this entry.
    pub(crate) fn object(&self, created_at: DateTime<Utc>) -> Value {
        let (operation, status) = self.kind.parts();
        let reason = match operation {
            Operation::Charge => "decline_reason",
            Operation::Refund => "refuse_reason",
        };
        let mut object = json!({
            "id": self.id,
            "key": self.key,
            "status": status,
            "amount": self.request.amount,
            "currency": self.request.currency,
            reason: self.reason,
            "metadata": self.request.metadata,
            "created_at": created_at,
        });
        if let (Some(object), Some(charge_key)) = (object.as_object_mut(), &self.request.charge_key) {
            object.insert("charge_key".to_owned(), json!(charge_key));
        }
        object
    }
}

/// The first 128 bits of the SHA-256 of `parts`. Each part goes in with its length, so no two lists look alike.
pub(crate) fn digest(parts: &[&[u8]]) -> u128 {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&part.len().to_be_bytes());
        context.update(part);
    }
    let digest = context.finish();
    digest
        .as_ref()
        .first_chunk()
        .map_or(0, |bytes| u128::from_be_bytes(*bytes))
}

/// The present moment in whole milliseconds, so that it survives JSON unchanged.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place of this crate that reads the system's clock"
)]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(3)
}
