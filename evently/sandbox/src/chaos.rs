//! Chaos: behaviours drawn by lot, the same ones for the same seed and key.

use crate::digest::Digest;
use crate::entry::Operation;
use crate::key::Key;
use crate::method::{self, ChargeScript, Conduct, OF_CHARGES, REFUNDS_IN_CHAOS, RefundScript, SHORT};

/// The method of charges that draw their behaviour by lot.
const RANDOM: &str = "sandbox_random";

/// Lets charges with the method `sandbox_random`, and every refund, behave as the seed and their key say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chaos {
    /// Names the run: the same seed and the same keys give the same behaviours.
    pub seed: u64,
}

/// Knows what each charge and refund does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scripts {
    pub(crate) chaos: Option<Chaos>,
}

impl Scripts {
    /// What the charge `key` with `method` does; none where the sandbox has no such method.
    pub(crate) fn of_charge(self, method: &str, key: &Key) -> Option<ChargeScript> {
        if method != RANDOM {
            return method::of_charge(method);
        }
        let lot = self.chaos?.lot(Operation::Charge, key, OF_CHARGES.len());
        let (_, drawn) = OF_CHARGES.get(lot)?;
        Some(ChargeScript {
            conduct: shortened(drawn.conduct),
            ..*drawn
        })
    }

    /// What the refund `key` of a charge with `method` does.
    pub(crate) fn of_refund(self, method: &str, key: &Key) -> RefundScript {
        let drawn = self.chaos.and_then(|chaos| {
            REFUNDS_IN_CHAOS.get(chaos.lot(Operation::Refund, key, REFUNDS_IN_CHAOS.len()))
        });
        match drawn {
            Some(drawn) => RefundScript {
                conduct: shortened(drawn.conduct),
                ..*drawn
            },
            None => method::of_refund(method),
        }
    }
}

impl Chaos {
    /// One of `choices`, by seed and key.
    fn lot(self, operation: Operation, key: &Key, choices: usize) -> usize {
        let operation: &[u8] = match operation {
            Operation::Charge => b"charge",
            Operation::Refund => b"refund",
        };
        let digest = Digest::of([&self.seed.to_be_bytes()[..], operation, key.as_str().as_bytes()]);
        digest.number().checked_rem(choices).unwrap_or(0)
    }
}

fn shortened(conduct: Conduct) -> Conduct {
    Conduct {
        pace: SHORT,
        ..conduct
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn keys() -> impl Iterator<Item = Key> {
        (0..400).map(|number| Key::parse(&format!("key-{number}")).unwrap())
    }

    fn drawn(seed: u64) -> Vec<(String, String)> {
        let scripts = Scripts {
            chaos: Some(Chaos { seed }),
        };
        let both = |key: Key| {
            let charge = scripts.of_charge(RANDOM, &key).unwrap();
            let refund = scripts.of_refund("sandbox_approve", &key);
            (format!("{charge:?}"), format!("{refund:?}"))
        };
        keys().map(both).collect()
    }

    #[test]
    fn the_same_seed_draws_the_same_and_another_draws_otherwise() {
        assert_eq!(drawn(7), drawn(7));
        assert_ne!(drawn(7), drawn(8));
    }

    #[test]
    fn every_behaviour_is_drawn() {
        let (charges, refunds): (HashSet<_>, HashSet<_>) = drawn(7).into_iter().unzip();
        assert_eq!(charges.len(), OF_CHARGES.len());
        assert_eq!(refunds.len(), REFUNDS_IN_CHAOS.len());
    }

    #[test]
    fn without_chaos_nothing_is_drawn() {
        let scripts = Scripts { chaos: None };
        let key = Key::parse("k").unwrap();
        assert_eq!(scripts.of_charge(RANDOM, &key), None);
        assert_eq!(
            scripts.of_refund("sandbox_approve", &key),
            method::of_refund("sandbox_approve")
        );
    }
}
