//! HTTP: problems, requests, tokens and their callers, health.

mod bearer;
pub mod caller;
pub mod conditional;
pub mod consistency;
pub mod health;
pub mod idempotency;
pub mod openapi;
pub mod problem;
pub mod request;
pub mod secret;
pub mod settings;
pub mod token;
