//! Files that describe a whole run: an HTML report, test cases, a table of the intervals.

mod csv;
mod csv_rows;
mod html;
mod junit;
mod test_cases;

pub use csv::csv;
#[cfg(test)]
pub use html::SamplePages;
pub use html::html;
pub use junit::junit;
