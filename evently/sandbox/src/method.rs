//! The methods: what a charge or a refund does, as data, and the lot that draws from them in chaos. The crate's documentation
//! has the same table in words.

use std::time::Duration;

use crate::entry::{Kind, Operation, digest};

/// The method of charges that draw their behaviour by lot.
const RANDOM: &str = "sandbox_random";

/// Lets charges with the method `sandbox_random`, and every refund, behave as the seed and their key determine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chaos {
    /// Names the run: the same seed and the same keys give the same behaviours.
    pub seed: u64,
}

/// How a request behaves, besides its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conduct {
    Plain,
    /// The answer comes late.
    Late,
    /// The first request hangs and does nothing.
    SilentBefore,
    /// The request that has the effect hangs.
    SilentAfter,
    /// The first request fails and does nothing.
    FailsBefore,
    /// The request that has the effect fails.
    FailsAfter,
    /// The webhook comes twice.
    NotifiedTwice,
    /// The webhook comes, and then one that says that the charge is pending.
    NotifiedStale,
    /// The charge is captured later.
    CapturedLater,
}

/// How long slow things take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pace {
    /// Before an answer that comes late.
    pub(crate) late: Duration,
    /// Before a connection is closed that gets no answer.
    pub(crate) hang: Duration,
}

/// All that a charge or a refund does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Script {
    pub(crate) kind: Kind,
    pub(crate) reason: Option<&'static str>,
    pub(crate) conduct: Conduct,
    pub(crate) pace: Pace,
}

/// The pace of methods that are requested by name.
const AS_SAID: Pace = Pace {
    late: Duration::from_secs(3),
    hang: Duration::from_mins(1),
};

/// The pace of chaos: many requests, so each must end soon.
const SHORT: Pace = Pace {
    late: Duration::from_millis(100),
    hang: Duration::from_millis(1_500),
};

const fn script(kind: Kind, reason: Option<&'static str>, conduct: Conduct) -> Script {
    Script {
        kind,
        reason,
        conduct,
        pace: AS_SAID,
    }
}

const fn captured(conduct: Conduct) -> Script {
    script(Kind::ChargeCaptured, None, conduct)
}

const fn declined(reason: &'static str, conduct: Conduct) -> Script {
    script(Kind::ChargeDeclined, Some(reason), conduct)
}

const fn settled(conduct: Conduct) -> Script {
    script(Kind::RefundSettled, None, conduct)
}

const REFUSED: Script = script(Kind::RefundRefused, Some("account_closed"), Conduct::Plain);

/// Methods by what they do to the charge. Chaos draws from these.
const CHARGES: [(&str, Script); 12] = [
    ("sandbox_approve", captured(Conduct::Plain)),
    ("sandbox_decline", declined("card_declined", Conduct::Plain)),
    (
        "sandbox_insufficient_funds",
        declined("insufficient_funds", Conduct::Plain),
    ),
    ("sandbox_slow", captured(Conduct::Late)),
    ("sandbox_timeout_after_capture", captured(Conduct::SilentAfter)),
    ("sandbox_timeout_before_capture", captured(Conduct::SilentBefore)),
    ("sandbox_500_then_success", captured(Conduct::FailsBefore)),
    ("sandbox_500_after_capture", captured(Conduct::FailsAfter)),
    ("sandbox_duplicate", captured(Conduct::NotifiedTwice)),
    ("sandbox_out_of_order", captured(Conduct::NotifiedStale)),
    (
        "sandbox_pending",
        script(Kind::ChargePending, None, Conduct::CapturedLater),
    ),
    (
        "sandbox_decline_then_capture",
        declined("card_declined", Conduct::CapturedLater),
    ),
];

/// What refunds do, and the methods by which a charge asks for it; the charge itself is approved. Chaos draws from all.
const REFUNDS: [(&str, Script); 8] = [
    ("", settled(Conduct::Plain)),
    ("sandbox_refund_refused", REFUSED),
    ("", settled(Conduct::Late)),
    ("sandbox_refund_timeout", settled(Conduct::SilentAfter)),
    ("", settled(Conduct::SilentBefore)),
    ("sandbox_refund_500_then_success", settled(Conduct::FailsBefore)),
    ("", settled(Conduct::FailsAfter)),
    ("", settled(Conduct::NotifiedTwice)),
];

impl Script {
    /// What the charge `key` with `method` does; `None` where the sandbox has no such method.
    pub(crate) fn of_charge(chaos: Option<Chaos>, method: &str, key: &str) -> Option<Self> {
        if method == RANDOM {
            let (_, drawn) = chaos?.draw(&CHARGES, Operation::Charge, key)?;
            return Some(drawn.in_chaos());
        }
        let of_refunds = REFUNDS.iter().filter(|(name, _)| !name.is_empty());
        let of_refunds = of_refunds.map(|(name, _)| (*name, captured(Conduct::Plain)));
        let mut all = CHARGES.into_iter().chain(of_refunds);
        all.find(|(name, _)| *name == method).map(|(_, script)| script)
    }

    /// What the refund `key` of a charge with `method` does.
    pub(crate) fn of_refund(chaos: Option<Chaos>, method: &str, key: &str) -> Self {
        let drawn = chaos.and_then(|chaos| chaos.draw(&REFUNDS, Operation::Refund, key));
        if let Some((_, drawn)) = drawn {
            return drawn.in_chaos();
        }
        let named = REFUNDS.iter().find(|(name, _)| *name == method);
        named.map_or(settled(Conduct::Plain), |(_, script)| *script)
    }

    const fn in_chaos(&self) -> Self {
        Self { pace: SHORT, ..*self }
    }
}

impl Chaos {
    /// One of `choices`, by seed and key.
    fn draw<'a, T>(self, choices: &'a [T], operation: Operation, key: &str) -> Option<&'a T> {
        let seed = self.seed.to_be_bytes();
        let digest = digest(&[&seed, operation.as_str().as_bytes(), key.as_bytes()]);
        let number = usize::try_from(digest >> 96).ok()?;
        choices.get(number.checked_rem(choices.len())?)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn drawn(seed: u64) -> Vec<(String, String)> {
        let chaos = Some(Chaos { seed });
        let both = |number| {
            let key = format!("key-{number}");
            let charge = Script::of_charge(chaos, RANDOM, &key).unwrap();
            let refund = Script::of_refund(chaos, "sandbox_approve", &key);
            (format!("{charge:?}"), format!("{refund:?}"))
        };
        (0..400).map(both).collect()
    }

    #[test]
    fn the_same_seed_draws_the_same_and_another_draws_otherwise() {
        assert_eq!(drawn(7), drawn(7));
        assert_ne!(drawn(7), drawn(8));
    }

    #[test]
    fn every_behaviour_is_drawn_in_chaos_and_none_without() {
        let (charges, refunds): (HashSet<_>, HashSet<_>) = drawn(7).into_iter().unzip();
        assert_eq!(charges.len(), CHARGES.len());
        assert_eq!(refunds.len(), REFUNDS.len());
        assert_eq!(Script::of_charge(None, RANDOM, "k"), None);
    }
}
