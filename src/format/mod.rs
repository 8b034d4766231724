//! Formats of datagrams, recognised by their content.

pub mod probe;
