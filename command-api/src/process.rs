//! What administrators see of processes, and how they resume what is stuck.

pub mod list;
pub mod resume;
