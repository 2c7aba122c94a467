//! The Account as cqrs-es and the log see it.

use crate::account::command::{AccountCommand, decide};
use crate::account::facts::AccountFact;
use crate::account::refusal::AccountRefusal;
use crate::account::state::Account;
use crate::ids::AccountId;

recorded! {
    Account: "account", AccountId, state 1;
    AccountFact: "1.0", upcasters &[];
    AccountCommand, AccountRefusal, (): |account, (), command| decide(account, command)
}
