//! Two books of the same money, compared: the sandbox's journal, a witness that survives every kill, and the log.
//!
//! The journal is read from its file and the log from its table, and nothing of what the program thinks of either is used
//! but the shape of facts.

mod account;
mod journal;

use std::collections::BTreeMap;
use std::path::Path;

use domain::booking::BookingFact;
use domain::ids::BookingId;
use sqlx::PgPool;
use sqlx::types::Json;
use uuid::Uuid;

pub use self::account::Account;
pub use self::journal::{Entry, read_journal};

/// What the journal and the log say, at about the same time.
#[derive(Debug, Default)]
pub struct Books {
    /// The journal's entries, in order.
    pub journal: Vec<Entry>,
    /// What the log says of each Booking.
    pub accounts: BTreeMap<BookingId, Account>,
}

impl Books {
    /// Reads both. First the log: what is in it happened before, so that the journal has it.
    ///
    /// # Panics
    /// Where one of them cannot be read.
    #[expect(clippy::expect_used, reason = "a test fails by panic")]
    pub async fn read(log: &PgPool, journal: &Path) -> Self {
        let facts: Vec<(String, Json<BookingFact>)> = sqlx::query_as(
            "select aggregate_id, payload from public.events where aggregate_type = 'booking' order by position",
        )
        .fetch_all(log)
        .await
        .expect("facts of bookings should be readable");
        let facts = facts.into_iter().map(|(id, Json(fact))| {
            let id: Uuid = id.parse().expect("a booking's id should be one");
            (BookingId::new(id), fact)
        });
        Self::of(facts, read_journal(journal))
    }

    fn of(facts: impl IntoIterator<Item = (BookingId, BookingFact)>, journal: Vec<Entry>) -> Self {
        let mut accounts: BTreeMap<BookingId, Account> = BTreeMap::new();
        for (booking, fact) in facts {
            accounts.entry(booking).or_default().enter(fact);
        }
        Self { journal, accounts }
    }

    /// Entries of one kind, such as `charge_captured`.
    pub fn entries(&self, kind: &str) -> impl Iterator<Item = &Entry> {
        self.journal.iter().filter(move |entry| entry.kind == kind)
    }

    /// Everything that does not add up, or is not settled yet; empty where the books are square.
    pub fn differences(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.captures(&mut found);
        self.refunds(&mut found);
        for (booking, account) in &self.accounts {
            account.own_differences(&mut |text| found.push(format!("booking {booking}: {text}")));
            self.balance(*booking, account, &mut found);
        }
        found
    }

    /// Each capture of the journal is one of the log, and the other way round; none is there twice.
    fn captures(&self, found: &mut Vec<String>) {
        let mut journal: BTreeMap<(BookingId, &str), Vec<&Entry>> = BTreeMap::new();
        for entry in self.entries("charge_captured") {
            match entry.booking() {
                Some(booking) => journal.entry((booking, &entry.key)).or_default().push(entry),
                None => found.push(format!("charge {} is of no booking", entry.key)),
            }
        }
        let keys: Vec<_> = self
            .accounts
            .iter()
            .flat_map(|(booking, account)| {
                account
                    .captures()
                    .map(|(payment, capture)| (*booking, payment.to_string(), capture))
            })
            .collect();
        for ((booking, key), entries) in &journal {
            let known: Vec<_> = keys
                .iter()
                .filter(|(of, payment, _)| of == booking && payment == key)
                .collect();
            match (entries.as_slice(), known.as_slice()) {
                ([entry], [(_, _, capture)]) => {
                    if !capture.is(entry) {
                        found.push(format!("payment {key}: the books differ: {entry:?} {capture:?}"));
                    }
                }
                (entries, known) => found.push(format!(
                    "payment {key} of booking {booking} was captured {} times, and {} times by the log",
                    entries.len(),
                    known.len()
                )),
            }
        }
        for (booking, key, _) in &keys {
            if !journal.contains_key(&(*booking, key.as_str())) {
                found.push(format!("payment {key} of booking {booking} was never captured"));
            }
        }
    }

    /// Each refund of the journal is one of the log, and the other way round; none was returned twice.
    fn refunds(&self, found: &mut Vec<String>) {
        let mut journal: BTreeMap<String, Vec<&Entry>> = BTreeMap::new();
        for entry in self.entries("refund_settled") {
            // The key ends with the attempt: a refund that was refused is asked for again.
            let refund = entry
                .key
                .rsplit_once('-')
                .map_or(entry.key.as_str(), |(id, _)| id);
            journal.entry(refund.to_owned()).or_default().push(entry);
        }
        for (booking, account) in &self.accounts {
            for (refund, returned) in &account.refunds {
                let entries = journal.remove(&refund.to_string()).unwrap_or_default();
                match (entries.as_slice(), returned.settled.as_slice()) {
                    ([], []) => {}
                    ([entry], [reference]) if returned.is(entry, reference) => {}
                    (entries, settled) => found.push(format!(
                        "refund {refund} of booking {booking}: the books differ: {entries:?} {settled:?}"
                    )),
                }
            }
        }
        for refund in journal.keys() {
            found.push(format!(
                "refund {refund} was returned, and the log has no such refund"
            ));
        }
    }

    /// What the gateway keeps of a Booking's money is what its remaining places and its fees cost.
    fn balance(&self, booking: BookingId, account: &Account, found: &mut Vec<String>) {
        let sum = |kind: &str| -> i64 {
            let own = self
                .entries(kind)
                .filter(|entry| entry.booking() == Some(booking));
            own.map(|entry| entry.amount).sum()
        };
        let (captured, returned) = (sum("charge_captured"), sum("refund_settled"));
        let due = account.due();
        if captured - returned != due {
            found.push(format!(
                "booking {booking}: {captured} captured and {returned} returned, where {due} are to be kept"
            ));
        }
    }
}

#[cfg(test)]
mod tests;
