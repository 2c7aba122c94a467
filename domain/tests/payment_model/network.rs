//! The network between us and the gateway: messages on their way, which it may lose, repeat and deliver in any order.

use std::collections::BTreeMap;

use domain::ids::{PaymentId, RefundId};

/// Under which key the gateway is asked to take money. `again` is 0 but where a fault asks under new keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ChargeKey {
    pub(crate) payment: PaymentId,
    pub(crate) again: u8,
}

/// Under which key the gateway is asked to return money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ReturnKey {
    pub(crate) refund: RefundId,
    pub(crate) attempt: u32,
    pub(crate) again: u8,
}

/// What is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Message {
    /// To the gateway: take money.
    Charge { key: ChargeKey, amount: i64 },
    /// Its answer.
    Charged { key: ChargeKey, outcome: Outcome },
    /// The gateway calls us to tell what came of a charge.
    Notice { key: ChargeKey, outcome: Outcome },
    /// To the gateway: return money.
    Return {
        key: ReturnKey,
        payment: PaymentId,
        amount: i64,
    },
    /// Its answer.
    Returned { key: ReturnKey, returned: bool },
}

/// What the gateway says of a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Outcome {
    Captured { amount: i64 },
    Declined,
}

/// Messages on their way, each with how many of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Network(BTreeMap<Message, u8>);

impl Network {
    pub(crate) fn send(&mut self, message: Message) {
        *self.0.entry(message).or_insert(0) += 1;
    }

    /// Takes one of these out: it arrives, or is lost.
    pub(crate) fn take(&mut self, message: Message) {
        let count = self.0.get_mut(&message).expect("only what is on its way arrives");
        *count -= 1;
        if *count == 0 {
            self.0.remove(&message);
        }
    }

    pub(crate) fn messages(&self) -> impl Iterator<Item = Message> {
        self.0.keys().copied()
    }

    /// Whether a question about `payment`, or its answer, is on its way.
    pub(crate) fn charges(&self, payment: PaymentId) -> bool {
        self.messages().any(|message| match message {
            Message::Charge { key, .. } | Message::Charged { key, .. } => key.payment == payment,
            Message::Notice { .. } | Message::Return { .. } | Message::Returned { .. } => false,
        })
    }

    /// Whether a question about this attempt to refund, or its answer, is on its way.
    pub(crate) fn returns(&self, refund: RefundId, attempt: u32) -> bool {
        self.messages().any(|message| match message {
            Message::Return { key, .. } | Message::Returned { key, .. } => {
                (key.refund, key.attempt) == (refund, attempt)
            }
            Message::Charge { .. } | Message::Charged { .. } | Message::Notice { .. } => false,
        })
    }
}
