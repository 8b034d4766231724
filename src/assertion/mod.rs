//! The language of `--assert`, and the measured values that it compares.

mod expression;
mod limit;
mod metric;
mod operator;
mod refusal;
mod value;

pub use expression::{Assertion, Judgement};
pub use metric::{Metric, Statistic};
pub use value::Value;
