//! What every request passes through: its boundary (ids, headers, metrics, problems) and its strict extractors.

mod body;
mod boundary;
mod client;
mod context;
mod cors;
mod current;
mod get;
mod head;
mod hex;
mod params;
mod path_id;
mod patterns;
mod span;
pub mod strict;
mod trace;
mod unmatched;

pub use body::{BODY_BYTES_MAX, Body, BodyLimit, RawBody};
pub use boundary::Boundary;
pub use client::{ClientDigest, Clients};
pub use context::{CorrelationId, RequestContext};
pub use cors::{NoOrigin, Origin, cors};
pub use current::correlation_id;
pub use get::get;
pub(crate) use head::from_head;
pub use params::Params;
pub use path_id::PathId;
pub use span::{Traced, traced};
pub use trace::Traceparent;
pub use unmatched::not_routed;
