//! What a run is to have measured: the language of `--assert`, and the values that it compares.

mod expression;
mod value;

pub use expression::{Assertion, Judgement, Metric, Statistic};
pub use value::Value;
