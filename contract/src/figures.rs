//! What analytics counts. A figure is declared here once; it is a column of `analytics_hours`, and a word of the API.

use std::ops::AddAssign;

use serde::Serialize;
use utoipa::ToSchema;

/// Declares figures: a struct of numbers that add up, and the names of their columns.
macro_rules! figures {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $figure:ident,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
        pub struct $name {
            $($(#[$doc])* pub $figure: i64,)+
        }

        impl $name {
            const COLUMNS: &'static [&'static str] = &[$(stringify!($figure),)+];

            const fn values(&self) -> [i64; Self::COLUMNS.len()] {
                [$(self.$figure,)+]
            }

            fn read<E>(mut column: impl FnMut(&'static str) -> Result<i64, E>) -> Result<Self, E> {
                Ok(Self { $($figure: column(stringify!($figure))?,)+ })
            }
        }

        impl AddAssign for $name {
            fn add_assign(&mut self, more: Self) {
                $(self.$figure += more.$figure;)+
            }
        }
    };
}

figures! {
    /// How often something happened, and to how many places.
    Counts {
        /// Holds that began.
        holds,
        /// Holds that were given back, by their buyers or because they could not be paid.
        holds_released,
        /// Holds whose deadline passed.
        holds_expired,
        /// Places of the holds that began.
        places_held,
        /// Attempts to pay that the gateway refused.
        payments_declined,
        /// Holds that became sales.
        bookings_confirmed,
        /// Confirmed bookings that gave their last places back.
        bookings_cancelled,
        /// Times that a confirmed booking gave some places back and kept others.
        bookings_reduced,
        /// Places of the holds that became sales.
        places_sold,
        /// Sold places that were given back.
        places_returned,
    }
}

figures! {
    /// Amounts in minor units of one currency.
    Amounts {
        /// Captured by payments that bought places.
        gross,
        /// Paid back for places that were given back.
        #[serde(rename = "refunds")]
        refunds_paid,
        /// Kept of what was paid for places that were given back.
        fees,
        /// To be paid back for places that were given back, whether it has been since or not.
        refunds_due,
        /// Captured when it could buy nothing any more; no part of `gross`.
        late_captured,
        /// Paid back of what was captured too late; no part of `refunds`.
        late_refunded,
    }
}

/// All that is counted by the hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub counts: Counts,
    pub amounts: Amounts,
}

/// Money of one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MoneyFigures {
    /// ISO 4217 code.
    #[schema(example = "EUR")]
    pub currency: String,
    #[serde(flatten)]
    pub amounts: Amounts,
    /// `gross` without `refunds`.
    pub net: i64,
}

impl Figures {
    /// The names of the columns.
    pub fn columns() -> impl Iterator<Item = &'static str> {
        Counts::COLUMNS.iter().chain(Amounts::COLUMNS).copied()
    }

    /// The figures in the order of [`Figures::columns`].
    pub fn values(&self) -> impl Iterator<Item = i64> {
        self.counts.values().into_iter().chain(self.amounts.values())
    }

    /// Figures of which `column` reads each by the name of its column.
    pub fn read<E>(mut column: impl FnMut(&'static str) -> Result<i64, E>) -> Result<Self, E> {
        Ok(Self {
            counts: Counts::read(&mut column)?,
            amounts: Amounts::read(column)?,
        })
    }
}

impl AddAssign for Figures {
    fn add_assign(&mut self, more: Self) {
        self.counts += more.counts;
        self.amounts += more.amounts;
    }
}

impl Amounts {
    pub fn of(self, currency: &str) -> MoneyFigures {
        MoneyFigures {
            currency: currency.to_owned(),
            amounts: self,
            net: self.gross - self.refunds_paid,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_by_the_names_of_their_columns_in_any_order() {
        let stored: Vec<(&str, i64)> = Figures::columns().zip(1..).collect();
        let read = |name| {
            stored
                .iter()
                .find(|(column, _)| *column == name)
                .map(|(_, value)| *value)
        };
        let mut figures = Figures::read(|name| read(name).ok_or(())).unwrap();
        assert!(figures.values().eq(1..=16));
        figures += figures;
        assert_eq!((figures.counts.holds, figures.amounts.late_refunded), (2, 32));
    }
}
