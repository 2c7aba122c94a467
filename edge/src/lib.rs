//! How a process meets the world: problems, requests, tokens, configuration, telemetry, health and shutdown.

pub mod caller;
pub mod conditional;
pub mod config;
pub mod consistency;
pub mod health;
pub mod idempotency;
pub mod openapi;
pub mod problem;
pub mod request;
pub mod shutdown;
pub mod telemetry;
pub mod token;
