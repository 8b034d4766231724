//! Habits from other tools: accepted as typed, or refused with the correct line.

mod answer;
mod foreign;
mod line;
mod port;
mod rewrite;
mod table;
mod words;

pub use answer::{answer, misread, read, shown};
pub use port::{join_ports, with_port};
#[cfg(test)]
pub(crate) use table::{FOREIGN_OPTIONS, ForeignOption};
pub use words::command_first;
