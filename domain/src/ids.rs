//! Identities: one kind of id, one type.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Names the id that `uuid` stands for.
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The id as a UUID (RFC 9562).
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
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
