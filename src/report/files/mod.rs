//! Files that describe a whole run: an HTML report, test cases, a table of the intervals.

mod junit;
mod test_cases;
mod unfinished;

pub use junit::junit;
pub use unfinished::{csv, html};
