//! The verbs of Events over HTTP, for organizers and administrators: one file each.

pub mod cancel;
mod carry_out;
pub mod change_capacity;
pub mod change_price;
pub mod close;
pub mod create;
pub mod create_body;
pub mod delete;
mod details;
pub mod edit;
mod faults;
pub mod open;
mod plan_fault;
pub mod publish;
mod refusal;
pub mod reschedule;
pub mod section;
pub mod set_cancellation_policy;
pub mod staff;
