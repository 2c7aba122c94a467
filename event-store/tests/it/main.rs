//! The log, the relay and the feed against real servers.

mod append_only;
mod appending;
mod counter;
mod cqrs;
mod faults;
mod feed;
mod following;
mod relay;
mod roles;
mod snapshots;
