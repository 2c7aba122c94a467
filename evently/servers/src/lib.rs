//! Private PostgreSQL and NATS servers, as child processes: found, started unprivileged, kept running, stopped.

pub mod child;
pub mod ports;
pub mod programs;
pub mod system_account;
