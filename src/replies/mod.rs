//! The answers of a receiver: when it may send them, to whom, and what they state. Nothing here
//! sends or reads a clock.

pub mod reporter;
