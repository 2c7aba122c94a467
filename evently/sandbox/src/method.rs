//! The methods: what a charge or a refund does, as data. The crate's documentation has the same table in words.

use std::time::Duration;

/// How long after its first answer a charge is captured that comes late.
pub(crate) const CAPTURED_LATER_AFTER: Duration = Duration::from_millis(300);

/// What happens to the first request with a key before it has any effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum First {
    Works,
    Hangs,
    Fails,
}

/// How the request is answered that had the effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    AtOnce,
    Late,
    Never,
    AsFailure,
}

/// How the webhook tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    Once,
    Twice,
    /// The truth, and then that the charge is pending.
    ThenStale,
}

/// How long slow things take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pace {
    /// Before an answer that comes late.
    pub(crate) late: Duration,
    /// Before a connection is closed that is never answered.
    pub(crate) hang: Duration,
}

/// How a request behaves, whatever comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Conduct {
    pub(crate) first: First,
    pub(crate) manner: Manner,
    pub(crate) notice: Notice,
    pub(crate) pace: Pace,
}

/// What becomes of a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Captured,
    Declined(&'static str),
    Pending,
}

/// All that a charge does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChargeScript {
    pub(crate) verdict: Verdict,
    pub(crate) captured_later: bool,
    pub(crate) conduct: Conduct,
}

/// All that a refund does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RefundScript {
    /// Refused for this reason, even where it could be settled.
    pub(crate) refused: Option<&'static str>,
    pub(crate) conduct: Conduct,
}

/// The pace of methods that are asked for by name.
const AS_SAID: Pace = Pace {
    late: Duration::from_secs(3),
    hang: Duration::from_mins(1),
};

/// The pace of chaos: many requests, so each must end soon.
pub(crate) const SHORT: Pace = Pace {
    late: Duration::from_millis(100),
    hang: Duration::from_millis(1_500),
};

const PLAIN: Conduct = Conduct {
    first: First::Works,
    manner: Manner::AtOnce,
    notice: Notice::Once,
    pace: AS_SAID,
};

const APPROVE: ChargeScript = ChargeScript {
    verdict: Verdict::Captured,
    captured_later: false,
    conduct: PLAIN,
};

const SETTLE: RefundScript = RefundScript {
    refused: None,
    conduct: PLAIN,
};

const REFUSE: RefundScript = RefundScript {
    refused: Some("account_closed"),
    ..SETTLE
};

const LATE: Conduct = Conduct {
    manner: Manner::Late,
    ..PLAIN
};
const NEVER: Conduct = Conduct {
    manner: Manner::Never,
    ..PLAIN
};
const AS_FAILURE: Conduct = Conduct {
    manner: Manner::AsFailure,
    ..PLAIN
};
const HANGS_FIRST: Conduct = Conduct {
    first: First::Hangs,
    ..PLAIN
};
const FAILS_FIRST: Conduct = Conduct {
    first: First::Fails,
    ..PLAIN
};
const TOLD_TWICE: Conduct = Conduct {
    notice: Notice::Twice,
    ..PLAIN
};
const TOLD_STALE: Conduct = Conduct {
    notice: Notice::ThenStale,
    ..PLAIN
};

const fn captured(conduct: Conduct) -> ChargeScript {
    ChargeScript { conduct, ..APPROVE }
}

const fn declined(reason: &'static str) -> ChargeScript {
    ChargeScript {
        verdict: Verdict::Declined(reason),
        ..APPROVE
    }
}

const fn settled(conduct: Conduct) -> RefundScript {
    RefundScript { conduct, ..SETTLE }
}

/// Methods by what they do to the charge. Chaos draws from these.
pub(crate) const OF_CHARGES: [(&str, ChargeScript); 12] = [
    ("sandbox_approve", APPROVE),
    ("sandbox_decline", declined("card_declined")),
    ("sandbox_insufficient_funds", declined("insufficient_funds")),
    ("sandbox_slow", captured(LATE)),
    ("sandbox_timeout_after_capture", captured(NEVER)),
    ("sandbox_timeout_before_capture", captured(HANGS_FIRST)),
    ("sandbox_500_then_success", captured(FAILS_FIRST)),
    ("sandbox_500_after_capture", captured(AS_FAILURE)),
    ("sandbox_duplicate", captured(TOLD_TWICE)),
    ("sandbox_out_of_order", captured(TOLD_STALE)),
    (
        "sandbox_pending",
        ChargeScript {
            verdict: Verdict::Pending,
            captured_later: true,
            conduct: PLAIN,
        },
    ),
    (
        "sandbox_decline_then_capture",
        ChargeScript {
            captured_later: true,
            ..declined("card_declined")
        },
    ),
];

/// Methods by what they do to the refunds of a charge; the charge itself is approved.
pub(crate) const OF_REFUNDS: [(&str, RefundScript); 3] = [
    ("sandbox_refund_500_then_success", settled(FAILS_FIRST)),
    ("sandbox_refund_timeout", settled(NEVER)),
    ("sandbox_refund_refused", REFUSE),
];

/// What chaos draws from for refunds: everything above that a refund can do.
pub(crate) const REFUNDS_IN_CHAOS: [RefundScript; 8] = [
    SETTLE,
    REFUSE,
    settled(LATE),
    settled(NEVER),
    settled(HANGS_FIRST),
    settled(FAILS_FIRST),
    settled(AS_FAILURE),
    settled(TOLD_TWICE),
];

/// What a charge with `method` does.
pub(crate) fn of_charge(method: &str) -> Option<ChargeScript> {
    let refunds = OF_REFUNDS.iter().map(|(name, _)| (*name, APPROVE));
    let mut all = OF_CHARGES.into_iter().chain(refunds);
    all.find(|(name, _)| *name == method).map(|(_, script)| script)
}

/// What a refund of a charge with `method` does.
pub(crate) fn of_refund(method: &str) -> RefundScript {
    let named = OF_REFUNDS.iter().find(|(name, _)| *name == method);
    named.map_or(SETTLE, |(_, script)| *script)
}
