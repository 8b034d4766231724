//! Files that describe a whole run: an HTML report, test cases, a table of the intervals.

mod html;
mod unfinished;

pub use html::html;
pub use unfinished::{csv, junit};
