//! The Account aggregate: who somebody is and what they may do.

mod aggregate;
pub mod command;
pub mod facts;
pub mod grant_role;
pub mod register;
pub mod state;

pub use command::{AccountCommand, AccountRefusal, decide};
pub use facts::{AccountFact, Role, Sealed};
pub use state::Account;
