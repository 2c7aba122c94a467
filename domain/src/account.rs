//! The Account aggregate: who somebody is and what they may do.

pub mod facts;
