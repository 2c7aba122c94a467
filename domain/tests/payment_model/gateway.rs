//! The gateway: decides once for each key, answers the same for ever after, and keeps a journal of what it took and gave.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::PaymentId;

use crate::network::{ChargeKey, Outcome, ReturnKey};

/// The gateway's journal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Gateway {
    charges: BTreeMap<ChargeKey, Charge>,
    returns: BTreeMap<ReturnKey, Return>,
    /// Notices that are not confirmed yet.
    unheard: BTreeSet<(ChargeKey, Outcome)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Charge {
    amount: i64,
    captured: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Return {
    payment: PaymentId,
    amount: i64,
    returned: bool,
}

impl Charge {
    const fn outcome(&self) -> Outcome {
        if self.captured {
            Outcome::Captured { amount: self.amount }
        } else {
            Outcome::Declined
        }
    }
}

impl Gateway {
    pub(crate) fn has_charged(&self, key: ChargeKey) -> bool {
        self.charges.contains_key(&key)
    }

    pub(crate) fn has_returned(&self, key: ReturnKey) -> bool {
        self.returns.contains_key(&key)
    }

    /// Takes `amount` or not, unless it was asked before; the answer.
    pub(crate) fn charge(&mut self, key: ChargeKey, amount: i64, captured: bool) -> Outcome {
        let charge = self.charges.entry(key).or_insert(Charge { amount, captured });
        charge.outcome()
    }

    /// Returns `amount` or not, unless it was asked before; the answer.
    pub(crate) fn give_back(
        &mut self,
        key: ReturnKey,
        payment: PaymentId,
        amount: i64,
        returned: bool,
    ) -> bool {
        let asked = Return {
            payment,
            amount,
            returned,
        };
        self.returns.entry(key).or_insert(asked).returned
    }

    /// Charges that it declined, and may take after all.
    pub(crate) fn declined(&self) -> impl Iterator<Item = ChargeKey> {
        let declined = self.charges.iter().filter(|(_, charge)| !charge.captured);
        declined.map(|(key, _)| *key)
    }

    /// Takes after all what it declined.
    pub(crate) fn change_mind(&mut self, key: ChargeKey) -> Outcome {
        let charge = self.charges.get_mut(&key).expect("it was declined");
        charge.captured = true;
        charge.outcome()
    }

    pub(crate) fn is_to_tell(&mut self, key: ChargeKey, outcome: Outcome) {
        self.unheard.insert((key, outcome));
    }

    pub(crate) fn was_heard(&mut self, key: ChargeKey, outcome: Outcome) {
        self.unheard.remove(&(key, outcome));
    }

    pub(crate) fn unheard(&self) -> impl Iterator<Item = (ChargeKey, Outcome)> {
        self.unheard.iter().copied()
    }

    /// Every payment that it took money for, with the sum and how often it took it.
    pub(crate) fn captured(&self) -> BTreeMap<PaymentId, (i64, u32)> {
        let mut taken = BTreeMap::new();
        for (key, charge) in self.charges.iter().filter(|(_, charge)| charge.captured) {
            let (sum, times) = taken.entry(key.payment).or_insert((0, 0));
            *sum += charge.amount;
            *times += 1;
        }
        taken
    }

    /// What it returned of `payment`.
    pub(crate) fn returned(&self, payment: PaymentId) -> i64 {
        let theirs = self
            .returns
            .values()
            .filter(|entry| entry.returned && entry.payment == payment);
        theirs.map(|entry| entry.amount).sum()
    }
}
