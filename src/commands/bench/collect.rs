//! Collects the reports of all receivers on a stream.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::asker::{Asked, Asker, Part};
use super::roster::{Reports, Roster};
use crate::net::Outbox;
use crate::report::Reporter;

/// How long datagrams may still arrive after the last one was sent (RFC 2544, 23): queues hold them.
const RESIDUE: Duration = Duration::from_millis(500);

/// From one question to the next, and to the end, in addition to the window of the answers.
const PATIENCE: Duration = Duration::from_millis(300);

/// Reports per second on the way back to the sender.
const REPORT_RATE: u32 = 1000;

/// Asks with one end marker after another: `questions` are the endpoint and its datagrams. Ends
/// when all receivers of the roster have reported; with an empty roster after the last question.
pub fn collect(
    stream: u64,
    questions: impl Iterator<Item = (usize, u64)>,
    roster: &Roster,
    asker: &mut Asker,
    outbox: &mut Outbox,
    reporter: &mut Reporter,
) -> Part<Reports> {
    let mut reports = Reports::on(stream);
    let residue = Instant::now() + RESIDUE;
    let ignore = |_| ControlFlow::Continue(());
    if let ControlFlow::Break(stop) = asker.wait(residue, outbox, reporter, ignore)? {
        return Ok(ControlFlow::Break(stop));
    }
    let receivers = u32::try_from(roster.len()).unwrap_or(u32::MAX);
    let window = Duration::from_secs(1) * receivers / REPORT_RATE;
    for (position, sent) in questions {
        asker.ask(&Asked { stream, position, sent, window }, outbox);
        let until = Instant::now() + window + PATIENCE;
        let ended = asker.wait(until, outbox, reporter, |answered| {
            reports.take(&answered);
            match !roster.is_empty() && reports.are_complete(roster) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        })?;
        if let ControlFlow::Break(stop) = ended {
            return Ok(ControlFlow::Break(stop));
        }
        if !roster.is_empty() && reports.are_complete(roster) {
            break;
        }
    }
    Ok(ControlFlow::Continue(reports))
}
