//! Habits from other tools: what works as it was typed, and what is answered with the right line.

mod answer;
mod foreign;
mod line;
mod port;
mod rewrite;
mod table;
mod words;

pub use answer::{answer, misread, read};
pub use port::join_ports;
pub use words::command_first;
