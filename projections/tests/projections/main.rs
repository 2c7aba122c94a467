//! Projections against real PostgreSQL and NATS: what the read tables say after a story, whatever came in between.

mod live;
mod parking;
mod rebuilding;
mod story;
mod tables;
