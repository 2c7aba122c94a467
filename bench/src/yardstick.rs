//! The yardsticks: each sets its stage, measures, and prints its figures.

pub(crate) mod checkout;
pub(crate) mod contention;
pub(crate) mod everything;
pub(crate) mod growth;
pub(crate) mod hot_event;
pub(crate) mod lag;
pub(crate) mod limit;
pub(crate) mod replay;
pub(crate) mod seat_map;
pub(crate) mod sell_out;
pub(crate) mod spread;
