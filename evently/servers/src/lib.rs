//! Private PostgreSQL and NATS servers as child processes, for `evently dev`, tests and benchmarks.

mod nats;
pub mod ports;
mod postgres;
mod process;
mod programs;
mod supervised;
mod system_account;

pub use self::nats::NatsServer;
pub use self::postgres::PostgresServer;
pub use self::process::{Process, Program};
pub use self::supervised::Supervised;
pub use self::system_account::SystemAccount;

/// Superuser of PostgreSQL, and what clients of NATS log in as.
const USER: &str = "evently";
/// Password of servers that live as long as a test.
const TEMPORARY_PASSWORD: &str = "temporary";
