//! What the two sides of Evently and their clients say to each other: bodies and status words of the API.

pub mod figures;
