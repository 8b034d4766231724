//! Market data: the public packet headers of exchanges, each with a sequence number. Their messages
//! are counted, not decoded.

mod blocks;
mod preset;
mod rules;
mod session;
mod table;
#[cfg(test)]
mod tests;

pub use preset::{Preset, Reading};
pub use session::Session;
pub use table::{by_name, names, presets, recognise};
