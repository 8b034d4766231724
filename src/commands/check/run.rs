//! One run of `mcast check`, from the facts to the verdict.

use std::fs::File;
use std::io::{self, Write};
use std::time::{Instant, SystemTime};

use super::gather::gather;
use crate::diagnosis::{Facts, conclusion, findings};
use crate::event::{CheckState, CheckSummary, Event};
use crate::notice::{Level, Notice};
use crate::report::Reporter;
use crate::sys::create_file;
use crate::verdict::{RunError, Stop, Verdict};
use crate::{plan, verdict};

/// Checks, and reports the findings.
///
/// # Errors
/// The operation without which the check cannot run.
pub fn run(plan: &plan::Check, reporter: &mut Reporter) -> Result<Verdict, RunError> {
    let start = Instant::now();
    let cannot_record =
        |source| RunError::Record { file: plan.record.clone().unwrap_or_default(), source };
    // The file is opened first: a check without its record would have to run again.
    let record = plan.record.as_deref().map(create_file).transpose().map_err(cannot_record)?;
    let mut facts = None;
    let gathered = gather(plan, reporter).map(|(seen, stop)| {
        facts = Some(seen);
        stop
    });
    let (stop, failure) = verdict::conclude(gathered, reporter.signal());
    if let Some(error) = failure {
        return Err(error);
    }
    let Some(facts) = facts else { return Ok(judge(&[], stop)) };
    let recorded = record.map_or(Ok(()), |file| write_record(&facts, file));
    let found = findings(&facts);
    if !matches!(stop, Stop::Interrupted(_) | Stop::ReaderGone) {
        reporter.observe(&Event::Checked(CheckState {
            cycle: 1,
            time: SystemTime::now(),
            elapsed: start.elapsed(),
            group: facts.target.group,
            port: facts.target.port,
            iface: facts.iface.as_deref(),
            findings: &found,
        }));
    }
    let conclusion = conclusion(&facts, &found);
    let failure = recorded.map_err(cannot_record).err();
    let verdict = failure.as_ref().map_or_else(|| judge(&found, stop), Verdict::could_not);
    reporter.final_output(|reporter| {
        found.iter().try_for_each(|finding| reporter.event(&Event::Finding(finding)))?;
        reporter.event(&Event::CheckSummary(CheckSummary::new(
            start.elapsed(),
            &found,
            conclusion,
            verdict.clone(),
        )))
    })?;
    failure.map_or(Ok(verdict), Err)
}

/// A fault fails the check, and a signal too, because the findings are incomplete.
fn judge(found: &[Notice], stop: Stop) -> Verdict {
    let reasons: Vec<String> = found
        .iter()
        .filter(|finding| finding.level == Level::Fault)
        .map(|finding| finding.what.clone())
        .collect();
    match stop {
        Stop::Interrupted(signal) => Verdict {
            status: signal.status(),
            reasons: [vec![format!("stopped by {}", signal.name())], reasons].concat(),
        },
        _ => Verdict { status: u8::from(!reasons.is_empty()), reasons },
    }
}

fn write_record(facts: &Facts, mut file: File) -> io::Result<()> {
    let text = serde_json::to_string_pretty(facts)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")
}
