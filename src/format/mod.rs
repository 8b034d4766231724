//! The payload formats that mcast recognises.

pub mod probe;
