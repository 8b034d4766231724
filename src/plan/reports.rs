//! The plan for the reports of receivers.

use std::time::Duration;

use super::PlanError;
use crate::assertion::Assertion;
use crate::cli::SendArgs;
use crate::format::exchange::REPORT_LEN;

/// The reports that a sender asks for.
#[derive(Clone, Debug)]
pub struct Reports {
    /// The time between two reports of a receiver.
    pub interval: Duration,
    /// How many reports a second all receivers together may send.
    pub budget: u64,
    pub assertions: Vec<Assertion>,
}

impl Reports {
    /// The reports that the arguments ask for; `None` without `--reports`.
    ///
    /// # Errors
    /// [`PlanError::ReportsTooLong`].
    pub fn new(args: &SendArgs) -> Result<Option<Self>, PlanError> {
        let args_of_reports = &args.reports;
        let Some(interval) = args_of_reports.reports else { return Ok(None) };
        if let Some(size) = args.size.filter(|size| usize::from(*size) < REPORT_LEN) {
            return Err(PlanError::ReportsTooLong { size });
        }
        Ok(Some(Reports {
            interval,
            budget: args_of_reports.reply_budget,
            assertions: args_of_reports.assert.clone(),
        }))
    }
}
