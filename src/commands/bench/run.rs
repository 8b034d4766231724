//! Runs a benchmark.

use super::join;
use crate::plan;
use crate::report::Reporter;
use crate::verdict::{RunError, Verdict};

/// Runs the `plan` of a benchmark.
///
/// # Errors
/// The operation that the system refused.
pub fn run(plan: &plan::Bench, reporter: &mut Reporter) -> Result<Verdict, RunError> {
    match plan {
        plan::Bench::Join(plan) => join::run(plan, reporter),
        plan::Bench::Throughput(_) | plan::Bench::Groups(_) => todo!(),
    }
}
