//! What Evently is compared with, over the same HTTP stack and token check.

pub(crate) mod plain_cqrs;
pub(crate) mod serve;
pub(crate) mod sql;
