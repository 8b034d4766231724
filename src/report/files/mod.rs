//! Files that describe a whole run: an HTML report, test cases, a table of the intervals.

mod unfinished;

pub use unfinished::{csv, html, junit};
