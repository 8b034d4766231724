//! Writes pcapng (draft-ietf-opsawg-pcapng).

mod block;
mod headers;
mod recorded;
#[cfg(test)]
mod tests;
mod writer;

pub use block::whole_blocks;
pub use recorded::{About, Recorded};
pub use writer::Writer;
