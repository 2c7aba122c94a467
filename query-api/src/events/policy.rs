//! Under which conditions buyers may cancel, as read tables and clients have it.

use domain::event::Fee;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Conditions of cancelling. Hours count back from the start of the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct PolicyView {
    /// Hours before the start until which cancelling costs nothing.
    free_hours: u32,
    /// What it costs afterwards.
    fee: FeeView,
    /// Hours before the start from which it is refused.
    closes_hours: u32,
}

/// What is kept of what was paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FeeView {
    /// A share, in hundredths of a percent: 1500 are 15 %.
    #[schema(example = 1_500)]
    BasisPoints(u16),
    /// Minor units of the event's currency for each place, never more than was paid for it.
    #[schema(example = 500)]
    PerPlace(i64),
}

impl From<Fee> for FeeView {
    fn from(fee: Fee) -> Self {
        match fee {
            Fee::BasisPoints(share) => Self::BasisPoints(share),
            Fee::PerPlace(price) => Self::PerPlace(price.amount()),
        }
    }
}
