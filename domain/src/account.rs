//! The Account aggregate: who its owner is and may do.

mod aggregate;
pub mod command;
pub mod facts;
pub mod grant_role;
mod refusal;
pub mod register;
pub mod state;

pub use command::{AccountCommand, decide};
pub use facts::{AccountFact, Role, Sealed};
pub use refusal::AccountRefusal;
pub use state::Account;
