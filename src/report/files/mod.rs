//! Files that describe a whole run: an HTML report, test cases, a table of the intervals.

mod html;
mod junit;
mod test_cases;
mod unfinished;

#[cfg(test)]
pub use html::SamplePages;
pub use html::html;
pub use junit::junit;
pub use unfinished::csv;
