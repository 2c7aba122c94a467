//! For auditors: the facts of anything, and its state as of any moment, folded from them.

mod facts;
mod fold;
mod ledger;
mod state;
mod stream;

pub(crate) use self::facts::*;
pub(crate) use self::ledger::*;
pub(crate) use self::state::*;
