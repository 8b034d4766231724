//! Runs a benchmark.

use super::{groups, join, throughput};
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
        plan::Bench::Throughput(plan) => throughput::run(plan, reporter),
        plan::Bench::Groups(plan) => groups::run(plan, reporter),
    }
}
