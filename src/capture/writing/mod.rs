//! Writes pcapng (draft-ietf-opsawg-pcapng).

mod block;
mod headers;
mod recorded;
#[cfg(test)]
mod tests;
mod writer;

pub use recorded::{About, Recorded};
pub use writer::Writer;
