//! The stream of one trial.

use std::ops::ControlFlow;
use std::time::Instant;

use crate::commands::bench::asker::Part;
use crate::commands::send::SendLoop;
use crate::event::Totals;
use crate::net::Outbox;
use crate::plan;
use crate::report::Reporter;
use crate::verdict::Stop;

/// What was sent in a trial.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sent {
    pub stream: u64,
    pub datagrams: u64,
    pub errors: u64,
    /// The rate from the first to the last datagram.
    pub pps: Option<f64>,
}

/// Sends the stream of `plan`.
pub fn send(plan: &plan::Send, outbox: &mut Outbox, reporter: &mut Reporter) -> Part<Sent> {
    let mut send_loop = SendLoop::new(plan, None, outbox, Instant::now());
    let stop = send_loop.run(outbox, reporter)?;
    if !matches!(stop, Stop::Count | Stop::Duration) {
        return Ok(ControlFlow::Break(stop));
    }
    let sender = &send_loop.sender;
    Ok(ControlFlow::Continue(Sent {
        stream: sender.payload.stream().unwrap_or_default(),
        datagrams: sender.totals.iter().map(|target| target.datagrams).sum(),
        errors: sender.totals.iter().map(|target| target.errors).sum(),
        pps: Totals::from(&sender.meter).rate_pps,
    }))
}
