//! Money as clients see it.

use serde::Serialize;
use utoipa::ToSchema;

/// An amount in minor units of a currency, such as 12000 EUR for 120.00 €.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct MoneyView {
    /// Minor units.
    #[schema(example = 12_000)]
    pub(crate) amount: i64,
    /// ISO 4217 code.
    #[schema(example = "EUR")]
    pub(crate) currency: String,
}

impl MoneyView {
    /// `amount` minor units of `currency`.
    pub(crate) fn new(amount: i64, currency: &str) -> Self {
        Self {
            amount,
            currency: currency.to_owned(),
        }
    }
}
