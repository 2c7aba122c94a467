//! The sandbox: a payment gateway of its own, for demonstrations and tests.
mod book;
mod chaos;
mod charge;
mod charges;
mod clock;
mod config;
mod digest;
mod entry;
mod gateway;
mod journal;
mod key;
mod ledger;
mod method;
mod pages;
mod refund;
mod refunds;
mod refusal;
mod respond;
mod sandbox;
mod server;
mod webhook;
mod writer;

pub use chaos::Chaos;
pub use config::{SandboxConfig, Webhook};
pub use sandbox::{RunningSandbox, Sandbox};
