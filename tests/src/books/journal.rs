//! The sandbox's journal, read from its file.

use std::collections::BTreeMap;
use std::path::Path;

use domain::ids::BookingId;
use serde::Deserialize;

/// One line of the journal: what came of a charge or a refund.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Entry {
    /// What happened, such as `charge_captured`.
    pub kind: String,
    /// The idempotency key: a payment, or a refund and an attempt.
    pub key: String,
    /// What the gateway calls it.
    pub id: String,
    /// Of a refund: the payment whose money it returns.
    #[serde(default)]
    pub charge_key: Option<String>,
    /// Minor units.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// Our own words with it.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
}

impl Entry {
    /// The Booking that it is of.
    pub fn booking(&self) -> Option<BookingId> {
        self.metadata.get("booking")?.parse().ok()
    }
}

/// Every whole line of the journal in `folder`; a line that is being written is left out.
///
/// # Panics
/// Where it cannot be read.
#[expect(clippy::expect_used, reason = "a test fails by panic")]
pub fn read_journal(folder: &Path) -> Vec<Entry> {
    let text = std::fs::read_to_string(folder.join("journal.jsonl")).expect("the journal should be readable");
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of the journal should be an entry"))
        .collect()
}
