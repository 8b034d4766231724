//! Files that describe a whole run: an HTML report, test cases, a table of the intervals.

mod csv;
mod csv_rows;
mod html;
mod junit;
mod test_cases;

pub use csv::csv;
pub use html::html;
pub use junit::junit;
