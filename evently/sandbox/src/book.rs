//! The book: every charge, every refund and every entry, as the journal tells them. In memory, and pure.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;

use crate::charge::{Charge, ChargeStatus};
use crate::entry::{Entry, Kind, Operation, Outcome};
use crate::key::Key;
use crate::refund::Refund;

/// A charge or a refund, as one of them is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Recorded {
    Charge(Charge),
    Refund(Refund),
}

/// Why a refund is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unrefundable {
    NotCaptured,
    ExceedsCapture,
}

impl Unrefundable {
    /// The word in `refuse_reason`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::NotCaptured => "charge_not_captured",
            Self::ExceedsCapture => "exceeds_capture",
        }
    }
}

/// A charge and the money that goes back from it.
#[derive(Debug)]
struct Account {
    charge: Charge,
    method: String,
    /// The sum of settled refunds.
    settled: u64,
    /// The sum of refunds that are on their way into the journal.
    reserved: u64,
}

/// What the journal says, by key.
#[derive(Debug, Default)]
pub(crate) struct Book {
    accounts: HashMap<Key, Account>,
    refunds: HashMap<Key, Refund>,
    entries: Vec<Arc<Entry>>,
}

impl Book {
    /// Takes the next entry in, and tells the charge or refund as it is now.
    pub(crate) fn enter(&mut self, entry: Arc<Entry>) -> Option<Recorded> {
        let recorded = match entry.outcome.kind.operation() {
            Operation::Charge => self.enter_charge(&entry).map(Recorded::Charge),
            Operation::Refund => self.enter_refund(&entry).map(Recorded::Refund),
        };
        self.entries.push(entry);
        recorded
    }

    fn enter_charge(&mut self, entry: &Entry) -> Option<Charge> {
        let outcome = &entry.outcome;
        if let Some(account) = self.accounts.get_mut(&outcome.key) {
            account.charge.status = ChargeStatus::after(outcome.kind)?;
            account.charge.decline_reason.clone_from(&outcome.reason);
            return Some(account.charge.clone());
        }
        let charge = Charge::begun(entry)?;
        let account = Account {
            charge: charge.clone(),
            method: outcome.method.clone().unwrap_or_default(),
            settled: 0,
            reserved: 0,
        };
        self.accounts.insert(outcome.key.clone(), account);
        Some(charge)
    }

    fn enter_refund(&mut self, entry: &Entry) -> Option<Refund> {
        let refund = Refund::told(entry)?;
        if entry.outcome.kind == Kind::RefundSettled
            && let Some(account) = self.accounts.get_mut(&refund.charge_key)
        {
            account.settled = account.settled.saturating_add(refund.amount);
            account.reserved = account.reserved.saturating_sub(refund.amount);
        }
        self.refunds.insert(refund.key.clone(), refund.clone());
        Some(refund)
    }

    /// The charge or refund that `key` made, as it is now.
    pub(crate) fn find(&self, operation: Operation, key: &Key) -> Option<Recorded> {
        match operation {
            Operation::Charge => self.charge(key).cloned().map(Recorded::Charge),
            Operation::Refund => self.refunds.get(key).cloned().map(Recorded::Refund),
        }
    }

    /// Whether something came of `key`.
    pub(crate) fn has(&self, operation: Operation, key: &Key) -> bool {
        match operation {
            Operation::Charge => self.accounts.contains_key(key),
            Operation::Refund => self.refunds.contains_key(key),
        }
    }

    /// The charge `key`.
    pub(crate) fn charge(&self, key: &Key) -> Option<&Charge> {
        self.accounts.get(key).map(|account| &account.charge)
    }

    /// The method of the charge `key`.
    pub(crate) fn method(&self, key: &Key) -> Option<&str> {
        self.accounts.get(key).map(|account| account.method.as_str())
    }

    /// Reserves `amount` of the charge `key` for a refund that goes into the journal next. What is reserved and what is
    /// settled never exceed the capture.
    pub(crate) fn reserve(&mut self, key: &Key, amount: u64) -> Result<(), Unrefundable> {
        let account = self.accounts.get_mut(key).ok_or(Unrefundable::NotCaptured)?;
        if account.charge.status != ChargeStatus::Captured {
            return Err(Unrefundable::NotCaptured);
        }
        let taken = account.settled.saturating_add(account.reserved);
        if amount > account.charge.amount.saturating_sub(taken) {
            return Err(Unrefundable::ExceedsCapture);
        }
        account.reserved = account.reserved.saturating_add(amount);
        Ok(())
    }

    /// Takes a reservation back: its refund does not go into the journal.
    pub(crate) fn unreserve(&mut self, key: &Key, amount: u64) {
        if let Some(account) = self.accounts.get_mut(key) {
            account.reserved = account.reserved.saturating_sub(amount);
        }
    }

    /// Entries after `after`, at most `limit`.
    pub(crate) fn page(&self, after: u64, limit: usize) -> Vec<Arc<Entry>> {
        let skipped = usize::try_from(after).unwrap_or(usize::MAX);
        self.entries.iter().skip(skipped).take(limit).cloned().collect()
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Captures that are still to come: of charges that are pending, or declined by a method of which `later` is true.
    pub(crate) fn captures_to_come(&self, later: impl Fn(&str, &Key) -> bool) -> Vec<Outcome> {
        let open = self
            .accounts
            .values()
            .filter(|account| match account.charge.status {
                ChargeStatus::Captured => false,
                ChargeStatus::Pending => true,
                ChargeStatus::Declined => later(&account.method, &account.charge.key),
            });
        open.map(|account| Outcome {
            kind: Kind::ChargeCaptured,
            key: account.charge.key.clone(),
            id: account.charge.id.clone(),
            charge_key: None,
            method: Some(account.method.clone()),
            amount: account.charge.amount,
            currency: account.charge.currency.clone(),
            reason: None,
            metadata: account.charge.metadata.clone(),
        })
        .collect()
    }
}
