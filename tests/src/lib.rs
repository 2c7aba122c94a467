//! What tests stand on: a database of their own, a part of NATS of their own, and servers that may be killed.
//!
//! `script/test` starts one PostgreSQL and one NATS for the whole run and tells where they are by
//! `EVENTLY_TEST_DATABASE_URL` (a superuser's) and `EVENTLY_TEST_NATS_URL`.

pub mod books;
mod buyer;
mod database;
mod evently;
mod lossy_proxy;
mod lots;
mod nats;
mod shop;
mod token;
mod tollgate;
mod turnstile;
mod waiting;

pub use servers::{NatsServer, PostgresServer};

pub use self::books::Books;
pub use self::buyer::{Answer, Buyer};
pub use self::database::TestDatabase;
pub use self::evently::{EventlyProcess, program};
pub use self::lossy_proxy::LossyProxy;
pub use self::lots::Lots;
pub use self::nats::{TestNats, nats};
pub use self::shop::{Catalogue, SANDBOX_KEY, Shop, ShopSettings};
pub use self::token::{DIGEST_SECRET, signing_key, token};
pub use self::tollgate::{Answered, Expected, Freight, Stopped, Tollgate};
pub use self::turnstile::Turnstile;
pub use self::waiting::eventually;

/// The variable's value, or a sentence that says how to get one.
#[expect(
    clippy::disallowed_methods,
    reason = "tests have no configuration but these variables"
)]
#[expect(clippy::panic, reason = "without a server no test can run")]
fn server(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set: run the tests by script/test, which starts the servers")
    })
}
