//! Amounts of money, as the API spells them.

use serde::Serialize;
use utoipa::ToSchema;

/// An amount in minor units of a currency, such as 12000 EUR for 120.00 €.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Money {
    /// Minor units.
    #[schema(example = 12_000)]
    pub amount: i64,
    /// ISO 4217 code.
    #[schema(example = "EUR")]
    pub currency: String,
}

impl Money {
    /// `amount` minor units of `currency`.
    pub fn new(amount: i64, currency: &str) -> Self {
        Self {
            amount,
            currency: currency.to_owned(),
        }
    }
}

impl From<domain::money::Money> for Money {
    fn from(money: domain::money::Money) -> Self {
        Self::new(money.amount, money.currency.as_str())
    }
}
