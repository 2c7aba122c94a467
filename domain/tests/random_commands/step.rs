//! What may happen next.

use proptest::collection::vec;
use proptest::prelude::*;

/// One step.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Time passes.
    Wait { seconds: u32 },
    /// A buyer asks for seats by their numbers; some numbers do not exist.
    PlaceNamed { key: u8, buyer: u8, seats: Vec<u8> },
    /// A buyer asks for some places of a section; the last one does not exist.
    PlaceAny {
        key: u8,
        buyer: u8,
        section: u8,
        quantity: u8,
    },
    /// Asks to hold longer.
    Extend { key: u8, buyer: u8 },
    /// Asks to hold as long as any hold lasts.
    Prolong { key: u8, buyer: u8 },
    /// Gives all back, held or sold.
    Release { key: u8, buyer: u8 },
    /// A timer goes off.
    Expire { key: u8 },
    /// Confirms.
    Confirm { key: u8, buyer: u8 },
    /// Asks to pay, as attempt number `attempt`, which may have been made before, with the same card or another.
    Pay {
        key: u8,
        buyer: u8,
        attempt: u8,
        card: u8,
    },
    /// The gateway says what came of an attempt, mostly of the [`LAST`] one, perhaps again, late, or otherwise than before.
    Settle { key: u8, attempt: u8, said: Said },
    /// Gives seats back: the booking's own by their place in it, or others by their number.
    CancelSeats {
        key: u8,
        by: Who,
        picks: Vec<u8>,
        cancellation: u8,
    },
    /// Gives so many places of a section back.
    CancelCount {
        key: u8,
        by: Who,
        section: u8,
        quantity: u8,
        cancellation: u8,
    },
    /// Gives all places back, by a key.
    CancelAll { key: u8, by: Who, cancellation: u8 },
    /// The gateway says what came of one of the booking's refunds, at its last attempt or so many before.
    SettleRefund {
        key: u8,
        which: u8,
        attempts_ago: u8,
        returned: bool,
    },
    /// Asks once more for a refund.
    RetryRefund { key: u8, which: u8 },
    /// Sales open so many minutes from now.
    Open { minutes: i8 },
    /// Sales close so many minutes from now.
    Close { minutes: i8 },
    /// The limit changes.
    Limit { seats: u8 },
    /// Buyers who hold from now on may cancel under these conditions.
    Policy { policy: u8 },
    /// The event moves to so many minutes from now, and is free to cancel for some hours.
    Reschedule { minutes: i16, free_hours: u8 },
    /// A section costs another price.
    Price { section: u8, price: u8 },
    /// A section has another capacity.
    Capacity { section: u8, capacity: u8 },
    /// The event is cancelled.
    CallOff,
}

/// Stands for the last attempt to pay that a booking has seen.
pub(crate) const LAST: u8 = 9;
/// Keys of bookings.
const KEYS: u8 = 24;

/// Who gives places back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Buyer(u8),
    Organizer,
    /// Who runs other events.
    Stranger,
    /// The process of a cancelled event.
    Process,
}

/// What a gateway says of a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Captured,
    /// It took less than it was asked for.
    CapturedLess,
    Declined,
}

impl Step {
    /// The key of the booking that it is about.
    pub(crate) fn key(&self) -> u8 {
        match self {
            Self::PlaceNamed { key, .. }
            | Self::PlaceAny { key, .. }
            | Self::Extend { key, .. }
            | Self::Prolong { key, .. }
            | Self::Release { key, .. }
            | Self::Expire { key }
            | Self::Confirm { key, .. }
            | Self::Pay { key, .. }
            | Self::Settle { key, .. }
            | Self::CancelSeats { key, .. }
            | Self::CancelCount { key, .. }
            | Self::CancelAll { key, .. }
            | Self::SettleRefund { key, .. }
            | Self::RetryRefund { key, .. } => *key,
            other => unreachable!("{other:?} is not about a booking"),
        }
    }

    /// Whether a person other than a buyer gives a booking's places back.
    pub(crate) fn is_by_others(&self) -> bool {
        match self {
            Self::CancelSeats { by, .. } | Self::CancelCount { by, .. } | Self::CancelAll { by, .. } => {
                !matches!(by, Who::Buyer(_))
            }
            _ => false,
        }
    }
}

impl Step {
    /// The same step about the booking with `key`, by its owner where a buyer takes it.
    fn about(mut self, to: u8) -> Self {
        match &mut self {
            Self::PlaceNamed { key, buyer, .. }
            | Self::PlaceAny { key, buyer, .. }
            | Self::Extend { key, buyer }
            | Self::Prolong { key, buyer }
            | Self::Release { key, buyer }
            | Self::Confirm { key, buyer }
            | Self::Pay { key, buyer, .. } => (*key, *buyer) = (to, owner(to)),
            Self::CancelSeats { key, by, .. }
            | Self::CancelCount { key, by, .. }
            | Self::CancelAll { key, by, .. } => {
                *key = to;
                if let Who::Buyer(buyer) = by {
                    *buyer = owner(to);
                }
            }
            Self::Expire { key }
            | Self::Settle { key, .. }
            | Self::SettleRefund { key, .. }
            | Self::RetryRefund { key, .. } => *key = to,
            _ => {}
        }
        self
    }
}

/// Whose booking a key usually is.
fn owner(key: u8) -> u8 {
    key % 5
}

/// A key, and mostly its owner.
fn key_and_buyer() -> impl Strategy<Value = (u8, u8)> {
    let key = || 0_u8..KEYS;
    prop_oneof![
        9 => key().prop_map(|key| (key, owner(key))),
        1 => (key(), 0_u8..5),
    ]
}

fn key_and_canceller() -> impl Strategy<Value = (u8, Who)> {
    prop_oneof![
        8 => key_and_buyer().prop_map(|(key, buyer)| (key, Who::Buyer(buyer))),
        3 => (0_u8..KEYS).prop_map(|key| (key, Who::Organizer)),
        1 => (0_u8..KEYS).prop_map(|key| (key, Who::Stranger)),
        4 => (0_u8..KEYS).prop_map(|key| (key, Who::Process)),
    ]
}

/// Steps of all kinds in any order, and between them stories: a booking is placed, and much is asked of it at once.
pub(crate) fn steps(stories_max: usize) -> impl Strategy<Value = Vec<Step>> {
    let one = any_step().prop_map(|step| vec![step]);
    let stories = vec(
        prop_oneof![30 => one, 20 => story(), 1 => unlucky()],
        1..stories_max,
    );
    stories.prop_map(|stories| stories.concat())
}

/// Mostly buyers, sometimes time, seldom the organizer, and once in a long while the event is cancelled.
fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![20 => holding(), 30 => paying(), 16 => cancelling(), 10 => waiting(), 16 => organizing()]
}

/// A booking that costs something, and what comes of it.
fn story() -> impl Strategy<Value = Vec<Step>> {
    let then = prop_oneof![2 => holding(), 8 => paying(), 6 => cancelling(), 1 => waiting()];
    let placed = (prop_oneof![Just(0_u8), Just(2)], 1_u8..4);
    (0_u8..KEYS, placed, vec(then, 1..24)).prop_map(|(key, (section, quantity), then)| {
        let buyer = owner(key);
        let place = Step::PlaceAny {
            key,
            buyer,
            section,
            quantity,
        };
        std::iter::once(place)
            .chain(then.into_iter().map(|step| step.about(key)))
            .collect()
    })
}

/// A buyer whose card is declined until the booking fails, or nearly.
fn unlucky() -> impl Strategy<Value = Vec<Step>> {
    (0_u8..KEYS, 3_u8..6).prop_map(|(key, attempts)| {
        let buyer = owner(key);
        let (section, quantity, card, said) = (0, 1, 0, Said::Declined);
        let place = Step::PlaceAny {
            key,
            buyer,
            section,
            quantity,
        };
        let attempt = |attempt| {
            [
                Step::Pay {
                    key,
                    buyer,
                    attempt,
                    card,
                },
                Step::Settle { key, attempt, said },
            ]
        };
        std::iter::once(place)
            .chain((0..attempts).flat_map(attempt))
            .collect()
    })
}

fn waiting() -> impl Strategy<Value = Step> {
    prop_oneof![
        9 => 0_u32..240,
        1 => 0_u32..7_200,
    ]
    .prop_map(|seconds| Step::Wait { seconds })
}

fn holding() -> impl Strategy<Value = Step> {
    prop_oneof![
        10 => (key_and_buyer(), vec(0_u8..26, 0..4))
            .prop_map(|((key, buyer), seats)| Step::PlaceNamed { key, buyer, seats }),
        14 => (key_and_buyer(), 0_u8..4, 0_u8..6)
            .prop_map(|((key, buyer), section, quantity)| Step::PlaceAny { key, buyer, section, quantity }),
        2 => key_and_buyer().prop_map(|(key, buyer)| Step::Extend { key, buyer }),
        2 => key_and_buyer().prop_map(|(key, buyer)| Step::Prolong { key, buyer }),
        2 => key_and_buyer().prop_map(|(key, buyer)| Step::Release { key, buyer }),
        2 => (0_u8..KEYS).prop_map(|key| Step::Expire { key }),
        4 => key_and_buyer().prop_map(|(key, buyer)| Step::Confirm { key, buyer }),
    ]
}

fn paying() -> impl Strategy<Value = Step> {
    let said =
        prop_oneof![6 => Just(Said::Captured), 1 => Just(Said::CapturedLess), 6 => Just(Said::Declined)];
    prop_oneof![
        3 => (key_and_buyer(), 0_u8..6, prop_oneof![5 => Just(0_u8), 1 => Just(1)])
            .prop_map(|((key, buyer), attempt, card)| Step::Pay { key, buyer, attempt, card }),
        5 => (0_u8..KEYS, prop_oneof![5 => Just(LAST), 1 => 0_u8..6], said).prop_map(|(key, attempt, said)| Step::Settle { key, attempt, said }),
    ]
}

fn cancelling() -> impl Strategy<Value = Step> {
    let picks = vec(prop_oneof![6 => 0_u8..4, 1 => 20_u8..26], 0..3);
    prop_oneof![
        4 => (key_and_canceller(), picks, 0_u8..6)
            .prop_map(|((key, by), picks, cancellation)| Step::CancelSeats { key, by, picks, cancellation }),
        3 => (key_and_canceller(), prop_oneof![4 => Just(2_u8), 1 => 0_u8..4], 0_u8..4, 0_u8..6).prop_map(
            |((key, by), section, quantity, cancellation)| Step::CancelCount {
                key, by, section, quantity, cancellation
            }
        ),
        2 => (key_and_canceller(), 0_u8..6)
            .prop_map(|((key, by), cancellation)| Step::CancelAll { key, by, cancellation }),
        4 => (0_u8..KEYS, 0_u8..6, 0_u8..2, any::<bool>()).prop_map(
            |(key, which, attempts_ago, returned)| Step::SettleRefund { key, which, attempts_ago, returned }
        ),
        2 => (0_u8..KEYS, 0_u8..6).prop_map(|(key, which)| Step::RetryRefund { key, which }),
    ]
}

fn organizing() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => (-3_i8..6).prop_map(|minutes| Step::Open { minutes }),
        5 => (-3_i8..20).prop_map(|minutes| Step::Close { minutes }),
        10 => (0_u8..9).prop_map(|seats| Step::Limit { seats }),
        20 => (0_u8..5).prop_map(|policy| Step::Policy { policy }),
        10 => (-60_i16..2_000, 0_u8..3)
            .prop_map(|(minutes, free_hours)| Step::Reschedule { minutes, free_hours }),
        15 => (0_u8..4, 0_u8..4).prop_map(|(section, price)| Step::Price { section, price }),
        15 => (prop_oneof![3 => Just(2_u8), 1 => 0_u8..4], 0_u8..14)
            .prop_map(|(section, capacity)| Step::Capacity { section, capacity }),
        3 => Just(Step::CallOff),
    ]
}
