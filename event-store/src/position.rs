//! Places: of a fact in the whole log, and of a fact in its stream.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! place {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(i64);

        impl $name {
            /// Before the first one.
            pub const START: Self = Self(0);

            /// The place with this number; the first is 1.
            pub const fn new(number: i64) -> Self {
                Self(number)
            }

            /// The place right after this one.
            pub const fn next(self) -> Self {
                Self(self.0.saturating_add(1))
            }

            /// The place right before this one; none is before the start.
            pub const fn previous(self) -> Self {
                if self.0 > 0 { Self(self.0 - 1) } else { self }
            }

            /// Its number.
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

place!(
    /// A fact's place in the one total order of the log: dense, from 1, in the order of commits.
    Position
);
place!(
    /// A fact's place in the stream of its aggregate: dense, from 1.
    Sequence
);
