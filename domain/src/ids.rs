//! Identities: one kind of id, one type.

use derive_more::{Display, FromStr, Into};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Display, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[derive(FromStr, Into)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }
    };
}

uuid_id!(
    /// An Event: what people attend.
    EventId
);
uuid_id!(
    /// A Booking of one buyer for one Event.
    BookingId
);
uuid_id!(
    /// An Account: a person who buys, organizes, administers or audits.
    AccountId
);
uuid_id!(
    /// One attempt to pay for a Booking; its text is the idempotency key under which the gateway is asked.
    PaymentId
);
uuid_id!(
    /// One return of money; its text, with the number of the attempt, is the idempotency key under which the gateway is asked.
    RefundId
);
