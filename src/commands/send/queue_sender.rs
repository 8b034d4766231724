//! Sends the queue of a sender, and counts the datagrams that were sent and the errors.

use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::end_markers::send_end_markers;
use super::impairment::Impairment;
use super::payload::PayloadWriter;
use super::recovery::{Recovery, Refusal};
use super::source::Source;
use super::steady_times::SteadyTimes;
use crate::commands::send_warnings::SendWarnings;
use crate::event::{self, Event, ProbeInfo, SentDatagram, TargetTotals};
use crate::format::probe::ENDS;
use crate::net::{Failure, NetError, Outbox, Queued, SendQueue, Slot, Wake};
use crate::notice::send;
use crate::plan;
use crate::report::Reporter;
use crate::stats::Meter;
use crate::target::Endpoint;
use crate::units::UnixTime;
use crate::verdict::RunError;

/// The longest time that a datagram waits for space in the system's queues.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// The same if datagrams that leave through other sockets wait behind it.
const MAX_WAIT_OF_MANY: Duration = Duration::from_millis(100);

/// Queues datagrams, sends the queue and counts.
pub struct QueueSender {
    pub payload: PayloadWriter,
    /// The datagrams that were sent, over all endpoints, by the monotonic clock.
    pub meter: Meter,
    /// The totals of each endpoint.
    pub totals: Vec<TargetTotals>,
    /// How many messages (datagrams, or trains of them) did not fit the system's queues at
    /// once.
    pub waits: u64,
    /// The impairments, if there are any: the datagrams pass through them into the queue.
    pub impairment: Option<Box<Impairment>>,
    /// Whether each datagram is shown.
    show: bool,
    /// The longest time that a datagram waits for space.
    max_wait: Duration,
    queue: SendQueue,
    /// The timestamp of each datagram in the queue.
    times: Vec<SystemTime>,
    /// The same on the monotonic clock, for the meter.
    steady: SteadyTimes,
    warnings: SendWarnings,
}

/// The parts of a run that sending the queue needs.
pub struct SendContext<'a, 'b> {
    pub outbox: &'a Outbox,
    pub reporter: &'a mut Reporter<'b>,
    /// When the run ends, if its duration is limited.
    pub end: Option<Instant>,
}

impl SendContext<'_, '_> {
    /// Whether the run ends before the round is complete.
    pub fn is_over(&self) -> bool {
        self.reporter.signal().is_some() || self.end.is_some_and(|end| end <= Instant::now())
    }
}

/// How far the sending of the queue has got.
#[derive(Default)]
struct Cursor {
    /// The first datagram that was neither sent nor given up.
    next: usize,
    /// When the message that begins with this datagram was refused for the first time.
    waiting_since: Option<Instant>,
}

impl Cursor {
    fn advance(&mut self, datagrams: usize) {
        if datagrams > 0 {
            self.next += datagrams;
            self.waiting_since = None;
        }
    }
}

impl QueueSender {
    /// Sends what `plan` says; `source` supplies the datagrams if the plan has an input.
    pub fn new(plan: &plan::Send, source: Option<Box<dyn Source>>, outbox: &Outbox) -> Self {
        let payload = PayloadWriter::new(plan, source, outbox);
        QueueSender {
            impairment: Impairment::new(plan, &payload),
            payload,
            meter: Meter::default(),
            totals: outbox.endpoints().map(totals_of).collect(),
            waits: 0,
            show: plan.show,
            max_wait: if outbox.is_one() { MAX_WAIT } else { MAX_WAIT_OF_MANY },
            queue: SendQueue::new(plan.backend, plan.period.is_some()),
            times: Vec::new(),
            steady: SteadyTimes::new(Instant::now()),
            warnings: SendWarnings::default(),
        }
    }

    /// Counts the endpoints that were added to `outbox`.
    pub fn follow(&mut self, outbox: &Outbox) {
        self.totals.extend(outbox.endpoints().skip(self.totals.len()).map(totals_of));
        self.max_wait = if outbox.is_one() { MAX_WAIT } else { MAX_WAIT_OF_MANY };
    }

    /// How many endpoints it sends to.
    pub fn targets(&self) -> usize {
        self.totals.len()
    }

    /// How many datagrams the queue holds at most.
    pub fn queue_capacity(&self) -> usize {
        self.queue.most()
    }

    /// Takes the next datagram to the endpoint at `position`. Without space in the queue, it sends
    /// the queue first. Returns whether it took the datagram: the end of the run prevents that.
    #[inline(always)]
    pub fn put(&mut self, position: usize, context: &mut SendContext) -> io::Result<bool> {
        if let Some(impairment) = &mut self.impairment {
            impairment.offer(position, &mut self.payload);
            return Ok(true);
        }
        let len = self.payload.len();
        if !self.queue.has_room(position, len) && (!self.send(context)? || context.is_over()) {
            return Ok(false);
        }
        // The datagrams of a queue leave in one call, and have one time.
        let time = self.times.last().copied().unwrap_or_else(SystemTime::now);
        self.steady.note(time, Instant::now);
        self.payload.write(position, time, self.queue.add(position, len));
        self.times.push(time);
        Ok(true)
    }

    /// Sends the datagrams that were put, if nothing delays them. Returns whether they were sent,
    /// counted as errors, or passed to the impairments.
    pub fn finish(&mut self, context: &mut SendContext) -> io::Result<bool> {
        if self.impairment.is_some() {
            return self.release(context).map(|()| true);
        }
        self.send(context)
    }

    /// When the next impaired datagram leaves.
    pub fn next_release(&self) -> Option<Instant> {
        self.impairment.as_ref()?.next_release()
    }

    /// Sends the impaired datagrams that leave now, up to the end of the run.
    pub fn release(&mut self, context: &mut SendContext) -> io::Result<()> {
        while let Some((position, len)) = self.impairment.as_ref().and_then(|held| held.due()) {
            if !self.queue.has_room(position, len) && (!self.send(context)? || context.is_over()) {
                return Ok(());
            }
            let Some(copy) = self.impairment.as_mut().and_then(|held| held.take()) else { break };
            let time = self.times.last().copied().unwrap_or_else(SystemTime::now);
            self.steady.note(time, Instant::now);
            self.queue.add(position, len).bytes.copy_from_slice(&copy.bytes);
            self.times.push(time);
        }
        self.send(context).map(drop)
    }

    /// Sends the impaired datagrams that still wait, at their times. After a signal it discards
    /// those that wait for longer than [`MAX_WAIT`].
    pub fn drain(&mut self, outbox: &mut Outbox, reporter: &mut Reporter) -> Result<(), RunError> {
        self.impairment.iter_mut().for_each(|held| held.flush());
        let mut limit = None;
        while let Some(next) = self.next_release() {
            let now = Instant::now();
            if reporter.signal().is_some() && *limit.get_or_insert(now + MAX_WAIT) <= now {
                break;
            }
            if next <= now {
                self.release(&mut SendContext { outbox, reporter, end: None })?;
            } else if reporter.signal().is_some() {
                // After a signal, each wait ends at once.
                thread::sleep(Duration::from_millis(1));
            } else {
                let wake = Wake { output: None, ..reporter.wake() };
                outbox.wait(None, wake, Some(next))?;
            }
        }
        Ok(())
    }

    /// Sends the queue. Datagrams that cannot be sent are counted as errors and warned of. Returns
    /// whether every datagram was sent or counted as an error: the end of the run discards those
    /// that wait for space.
    fn send(&mut self, context: &mut SendContext) -> io::Result<bool> {
        let (mut cursor, mut is_over) = (Cursor::default(), false);
        while cursor.next < self.queue.items().len() && !is_over {
            let result = context.outbox.send(&self.queue, cursor.next);
            if let Some(error) = result.returned {
                let position = self.queue.items()[cursor.next].position;
                let at = context.outbox.endpoint(position);
                self.warnings.warn(position, error.raw_os_error(), context.reporter, || {
                    send::came_back(at, &error)
                })?;
            }
            self.count_sent(cursor.next..cursor.next + result.datagrams, context)?;
            cursor.advance(result.datagrams);
            if let Some(failure) = result.failure {
                is_over = self.recover(failure, &mut cursor, context)?;
            }
        }
        self.queue.clear();
        self.times.clear();
        self.steady.clear();
        self.impairment.iter_mut().for_each(|held| held.clear());
        Ok(!is_over)
    }

    /// Handles the message at the cursor, which the system refused. Returns whether the run ended
    /// while the message waited for space.
    fn recover(
        &mut self,
        Failure { datagrams, full, error }: Failure,
        cursor: &mut Cursor,
        context: &mut SendContext,
    ) -> io::Result<bool> {
        let position = self.queue.items()[cursor.next].position;
        let now = Instant::now();
        let since = cursor.waiting_since.unwrap_or(now);
        let may_wait = context.outbox.may_wait(position);
        let refusal = Refusal { datagrams, full, may_wait, since };
        let mut is_over = false;
        match refusal.recovery(now, self.max_wait) {
            Recovery::Retry { until } => {
                self.waits += u64::from(cursor.waiting_since.is_none());
                cursor.waiting_since = Some(since);
                let until = context.end.map_or(until, |end| end.min(until));
                context.outbox.wait_for_room(position, &error, context.reporter.wake(), until)?;
                is_over = context.is_over();
                if is_over {
                    context.outbox.give_up(position);
                }
            }
            Recovery::WithoutTrains => {
                context.outbox.give_up_trains(position);
                cursor.waiting_since = None;
            }
            Recovery::GiveUp => {
                if full {
                    context.outbox.give_up(position);
                }
                self.count_errors(position, datagrams, error, context)?;
                cursor.advance(datagrams);
            }
        }
        self.rewrite(cursor.next, position);
        Ok(is_over)
    }

    /// Counts datagrams that could not be sent, and warns of the error.
    fn count_errors(
        &mut self,
        position: usize,
        datagrams: usize,
        error: NetError,
        context: &mut SendContext,
    ) -> io::Result<()> {
        self.totals[position].errors += datagrams as u64;
        let number = error.source.raw_os_error();
        self.warnings.warn(position, number, context.reporter, || send::not_sent(&error))
    }

    /// Counts and shows the datagrams of the queue that were sent.
    fn count_sent(&mut self, sent: Range<usize>, context: &mut SendContext) -> io::Result<()> {
        // All are counted before the first is shown, because the reader may close the output.
        let mut numbers = Vec::new();
        let show = self.show && context.reporter.shows_datagrams();
        let mut last: Option<(SystemTime, UnixTime)> = None;
        let measured = self.payload.stream().is_some();
        for index in sent.clone() {
            let Queued { position, len, .. } = self.queue.items()[index];
            let number = match &mut self.impairment {
                Some(held) => Some(held.leave(index, position)).filter(|_| measured),
                None => self.payload.count_sent(position),
            };
            let time = self.times[index];
            let steady = match last {
                Some((known, steady)) if known == time => steady,
                _ => self.steady.of(time, Instant::now).into(),
            };
            last = Some((time, steady));
            self.meter.add(steady, len);
            self.totals[position].datagrams += 1;
            self.totals[position].bytes += len as u64;
            if show {
                numbers.push(number);
            }
        }
        for (index, number) in sent.zip(numbers) {
            let Queued { position, len, .. } = self.queue.items()[index];
            let at = context.outbox.endpoint(position);
            let shown = if number.is_some() { &[] } else { self.queue.bytes(index..index + 1) };
            context.reporter.event(&Event::Sent(SentDatagram {
                time: self.times[index],
                group: at.group,
                port: at.port,
                iface: &at.via.name,
                len_bytes: len,
                probe: self
                    .payload
                    .stream()
                    .zip(number)
                    .map(|(stream, seq)| ProbeInfo::Sent { stream, seq }),
                payload: event::Payload(shown),
            }))?;
        }
        Ok(())
    }

    /// Writes the datagrams of the queue from `first` on again, after a message to `position`
    /// failed or waited: their send times are past, and their sequence numbers may have
    /// changed.
    fn rewrite(&mut self, first: usize, position: usize) {
        if self.impairment.is_some() {
            // The impairments gave these datagrams their numbers, and a receiver misses them.
            return self.times[first..].fill(SystemTime::now());
        }
        self.payload.recall(position);
        self.queue.items()[first..].iter().for_each(|piece| self.payload.recall(piece.position));
        let time = SystemTime::now();
        self.times[first..].fill(time);
        if self.payload.source().is_some() {
            // The queue still holds these datagrams, and the source has others now.
            return;
        }
        for (position, bytes) in self.queue.rewrite(first) {
            self.payload.write(position, time, Slot { bytes, repeats: true });
        }
    }

    /// Sends the end markers of measured streams. After a signal they wait less, because the user
    /// waits for the end.
    pub fn end_streams(
        &mut self,
        outbox: &mut Outbox,
        reporter: &Reporter,
    ) -> Result<(), RunError> {
        let max_wait = if reporter.signal().is_some() { MAX_WAIT_OF_MANY } else { self.max_wait };
        send_end_markers(&self.payload, ENDS, &mut self.queue, max_wait, outbox, reporter)
    }

    /// Sends one more end marker to each endpoint: it asks for the last reports again.
    pub fn ask_again(&mut self, outbox: &mut Outbox, reporter: &Reporter) -> Result<(), RunError> {
        let max_wait = MAX_WAIT_OF_MANY;
        send_end_markers(&self.payload, 1, &mut self.queue, max_wait, outbox, reporter)
    }
}

/// The totals of an endpoint that has no datagrams yet.
fn totals_of((at, _): (&Endpoint, SocketAddr)) -> TargetTotals {
    TargetTotals {
        group: at.group,
        port: at.port,
        iface: at.via.name.clone(),
        datagrams: 0,
        bytes: 0,
        errors: 0,
        impaired: None,
    }
}
