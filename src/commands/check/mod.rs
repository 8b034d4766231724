//! `mcast check`: why multicast does, or does not, arrive on this host.
//!
//! Facts are gathered ([`Facts`], plain data), findings follow from them ([`findings`], which asks
//! nobody anything), and one sentence sums them up.

pub mod gather;
mod live;
mod path;

use std::fs::File;
use std::io::{self, Write};
use std::time::Instant;

use crate::diagnosis::{Facts, conclusion, findings};
use crate::event::{CheckSummary, Event};
use crate::notice::{Finding, Level};
use crate::report::Reporter;
use crate::sys::Interrupt;
use crate::verdict::{RunError, Stop, Verdict};
use crate::{plan, verdict};

/// Looks, and says what it found.
///
/// # Errors
/// What kept it from looking.
pub fn run(
    plan: &plan::Check,
    reporter: &mut Reporter,
    interrupt: &Interrupt,
) -> Result<Verdict, RunError> {
    let start = Instant::now();
    let cannot_keep =
        |source| RunError::Record { file: plan.record.clone().unwrap_or_default(), source };
    // Before anything is looked at, so that it is not looked at in vain.
    let record = plan.record.as_ref().map(File::create).transpose().map_err(cannot_keep)?;
    let mut facts = None;
    let gathered = gather::gather(plan, reporter, interrupt).map(|(seen, stop)| {
        facts = Some(seen);
        stop
    });
    let (stop, failure) = verdict::conclude(gathered, interrupt);
    if let Some(error) = failure {
        return Err(error);
    }
    let Some(facts) = facts else { return Ok(Verdict::default()) };
    let kept = record.map_or(Ok(()), |file| keep(&facts, file));
    let found = findings(&facts);
    let conclusion = conclusion(&facts, &found);
    let verdict = judge(&found, stop);
    reporter.final_output(|reporter| {
        found.iter().try_for_each(|finding| reporter.event(&Event::Finding(finding)))?;
        reporter.event(&Event::CheckSummary(CheckSummary::new(
            start.elapsed(),
            &found,
            conclusion,
            verdict.clone(),
        )))
    })?;
    kept.map_err(cannot_keep)?;
    Ok(verdict)
}

/// A fault is a no. Who interrupts has not heard all of it.
fn judge(found: &[Finding], stop: Stop) -> Verdict {
    let reasons: Vec<String> = found
        .iter()
        .filter(|finding| finding.level == Level::Fault)
        .map(|finding| finding.what.clone())
        .collect();
    match stop {
        Stop::Interrupted(signal) => Verdict {
            status: signal.status(),
            reasons: [vec![format!("{} before the time was over", signal.name())], reasons]
                .concat(),
        },
        _ => Verdict { status: u8::from(!reasons.is_empty()), reasons },
    }
}

fn keep(facts: &Facts, mut file: File) -> io::Result<()> {
    let text = serde_json::to_string_pretty(facts)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")
}
