//! Asks the receivers of a stream for reports, by its end markers.

use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use tracing::debug;

use crate::format::exchange::{ALL, REPORT_LEN, Report, Request};
use crate::format::probe::{self, Probe, ProbeKind, Reading, Writer};
use crate::host;
use crate::net::{NetError, Outbox, SendQueue};
use crate::notice::interface::Role;
use crate::report::Reporter;
use crate::sys::{Backend, Batch};
use crate::units::UnixTime;
use crate::verdict::{RunError, Stop};

/// The time between two reports that a request names: longer than any benchmark. A receiver then
/// reports only after an end marker.
const NO_INTERVAL: Duration = Duration::from_secs(24 * 3600);

/// A stream whose receivers report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The stream id.
    pub stream: u64,
    /// The endpoint of the end marker.
    pub position: usize,
    /// The datagrams that were sent there.
    pub sent: u64,
    /// The time over which receivers spread their reports.
    pub window: Duration,
}

/// A report, and its sender.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answered {
    pub stream: u64,
    pub source: SocketAddr,
    pub report: Report,
}

/// Sends end markers that ask for reports, and reads the reports.
pub struct Asker {
    queue: SendQueue,
    batch: Batch,
    host: u64,
}

impl Asker {
    pub fn new(backend: Backend) -> Self {
        let (queue, batch) = (SendQueue::new(backend, true), Batch::new(backend));
        Asker { queue, batch, host: host::host_id() }
    }

    /// Sends an end marker. If it cannot be sent, the caller asks again.
    pub fn ask(&mut self, asked: &Asked, outbox: &Outbox) {
        let request = Request { window: asked.window, share: ALL, interval: NO_INTERVAL };
        let writer = Writer::with_body(REPORT_LEN as u16, &request.body());
        let marker = Probe {
            kind: ProbeKind::End,
            reply_wanted: false,
            report_wanted: true,
            synchronised: host::is_synchronised(),
            stream: asked.stream,
            sequence: asked.sent,
            sent: u64::try_from(UnixTime::now().nanos()).unwrap_or(0),
            ttl: outbox.ttl(asked.position).unwrap_or(0),
            traffic_class: 0,
            host: self.host,
        };
        self.queue.clear();
        writer.write(&marker, self.queue.add(asked.position, writer.len()).bytes);
        let result = outbox.send(&self.queue, 0);
        if let Some(failure) = result.failure {
            debug!(error = %failure.error, "cannot send an end marker");
            outbox.give_up(asked.position);
        }
        self.queue.clear();
    }

    /// Waits until `until`, and calls `take` for each report that arrives. Ends early if `take`
    /// breaks.
    ///
    /// # Errors
    /// The error of the system, or of the output.
    pub fn wait(
        &mut self,
        until: Instant,
        outbox: &mut Outbox,
        reporter: &mut Reporter,
        mut take: impl FnMut(Answered) -> ControlFlow<()>,
    ) -> Result<ControlFlow<Stop>, RunError> {
        let mut is_complete = false;
        loop {
            if let Some(signal) = reporter.signal() {
                return Ok(ControlFlow::Break(Stop::Interrupted(signal)));
            }
            outbox.read_answers(&mut self.batch, |answer| {
                if let Some(answered) = read(answer.payload, answer.meta.source) {
                    is_complete |= take(answered).is_break();
                }
                Ok::<_, NetError>(ControlFlow::Continue(()))
            })?;
            if is_complete || Instant::now() >= until {
                return Ok(ControlFlow::Continue(()));
            }
            if outbox.wait(None, reporter.wake(), Some(until))? {
                return Ok(ControlFlow::Break(Stop::ReaderGone));
            }
            reporter.interface_events(outbox.follow()?, Role::Sender)?;
        }
    }
}

/// The report in a payload.
fn read(payload: &[u8], source: SocketAddr) -> Option<Answered> {
    match probe::read(payload, false) {
        Reading::Probe(probe) if probe.kind == ProbeKind::Report => {
            let report = Report::read(payload)?;
            Some(Answered { stream: probe.stream, source, report })
        }
        _ => None,
    }
}

/// The outcome of a run's part that a signal may end.
pub type Part<T> = Result<ControlFlow<Stop, T>, RunError>;
