//! Sends requests and end markers.

use std::io;
use std::time::{Duration, Instant, SystemTime};

use crate::commands::send_warnings::SendWarnings;
use crate::format::exchange::Request;
use crate::format::probe::{Probe, ProbeKind, Writer};
use crate::host;
use crate::net::{Failure, Outbox, SendQueue};
use crate::notice::send;
use crate::plan;
use crate::report::Reporter;
use crate::stats::ping::Table;
use crate::units::UnixTime;

/// The longest time that a request waits for space in the system's queues.
const MAX_WAIT: Duration = Duration::from_millis(100);

/// Sends requests and end markers, and counts the failures.
pub struct Requester {
    size: u16,
    /// The fields that all requests share.
    common: Probe,
    /// The writer of the last request: its tables depend on the body.
    writer: (Request, Writer),
    queue: SendQueue,
    /// The requests that could not be sent, by target.
    pub errors: Vec<u64>,
    warnings: SendWarnings,
}

/// A request or an end marker.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing {
    /// The position of the target.
    pub target: usize,
    pub kind: ProbeKind,
    /// Receivers should answer.
    pub reply_wanted: bool,
    /// How they should answer.
    pub request: Request,
    /// The stream and the number of a sample, which is no round of the user.
    pub sample: Option<(u64, u64)>,
}

impl Requester {
    /// Sends requests as `plan` says.
    pub fn new(plan: &plan::Ping) -> Self {
        let common = Probe {
            kind: ProbeKind::Data,
            reply_wanted: true,
            report_wanted: false,
            synchronised: host::is_synchronised(),
            stream: 0,
            sequence: 0,
            sent: 0,
            ttl: 0,
            traffic_class: plan.options.dscp.unwrap_or(0) << 2,
            host: host::host_id(),
        };
        let writer = Writer::with_body(plan.size, &Request::AT_ONCE.body());
        Requester {
            size: plan.size,
            common,
            writer: (Request::AT_ONCE, writer),
            queue: SendQueue::new(plan.backend, true),
            errors: vec![0; plan.endpoints.len()],
            warnings: SendWarnings::default(),
        }
    }

    /// Sends one datagram. A request that was sent is noted in `table`. Returns whether it was.
    ///
    /// # Errors
    /// As [`Reporter::warn`].
    pub fn send(
        &mut self,
        outgoing: Outgoing,
        table: &mut Table,
        outbox: &Outbox,
        reporter: &mut Reporter,
    ) -> io::Result<bool> {
        let target = outgoing.target;
        if self.writer.0 != outgoing.request {
            let writer = Writer::with_body(self.size, &outgoing.request.body());
            self.writer = (outgoing.request, writer);
        }
        self.errors.resize(self.errors.len().max(target + 1), 0);
        let (stream, sequence) =
            outgoing.sample.unwrap_or_else(|| (table.stream(target), table.requests(target)));
        let probe = Probe {
            kind: outgoing.kind,
            reply_wanted: outgoing.reply_wanted,
            stream,
            sequence,
            ttl: outbox.ttl(target).unwrap_or(0),
            ..self.common
        };
        let begun = Instant::now();
        let writer = &self.writer.1;
        loop {
            let now = UnixTime::from(SystemTime::now());
            let sent = u64::try_from(now.nanos()).unwrap_or(0);
            self.queue.clear();
            let slot = self.queue.add(target, writer.len());
            writer.write(&Probe { sent, ..probe }, slot.bytes);
            let result = outbox.send(&self.queue, 0);
            if let Some(error) = result.returned {
                // An ICMP error answers an earlier request, which did leave.
                let at = outbox.endpoint(target);
                let number = error.raw_os_error();
                let warning = || send::came_back(at, &error);
                self.warnings.warn(target, number, reporter, warning)?;
            }
            let Some(Failure { full, error, .. }) = result.failure else {
                if outgoing.kind == ProbeKind::Data && outgoing.sample.is_none() {
                    table.sent(target, now);
                }
                return Ok(true);
            };
            let until = begun + MAX_WAIT;
            if full && outbox.may_wait(target) && Instant::now() < until {
                outbox.wait_for_room(target, &error, reporter.wake(), until)?;
                continue;
            }
            outbox.give_up(target);
            if outgoing.kind == ProbeKind::Data {
                self.errors[target] += 1;
                let number = error.source.raw_os_error();
                self.warnings.warn(target, number, reporter, || send::not_sent(&error))?;
            }
            return Ok(false);
        }
    }
}
