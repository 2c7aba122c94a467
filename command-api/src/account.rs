//! The verbs of accounts: registering, logging in, and who one is.

pub mod jwks;
pub mod login;
pub mod me;
pub mod register;
