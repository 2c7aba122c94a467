//! The read side over HTTP: what the read tables hold, and for auditors what the log holds. Changes nothing.

mod access;
mod analytics;
mod answer;
mod audit;
mod bookings;
mod encoding;
mod events;
mod facts;
mod failure;
mod freshness;
mod openapi;
mod page;
mod patience;
mod query;
mod query_api;
mod routes;
mod seat_maps;
mod snapshot;
mod tables;

pub use crate::openapi::openapi;
pub use crate::query_api::QueryApi;
pub use crate::routes::{operations, routes};
