//! What a datagram says of itself, by its content.

pub mod probe;
