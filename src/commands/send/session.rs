//! One sender at work: sends what is due, waits, until there is a reason to stop.

use std::collections::HashSet;
use std::ops::Range;
use std::time::{Duration, Instant, SystemTime};
use std::{hint, io, thread};

use tracing::debug;

use super::payload::Payload;
use crate::event::{self, Event, ProbeInfo, SentDatagram, TargetTotals};
use crate::format::probe::{END_INTERVAL, ENDS, MIN_LEN};
use crate::net::{Failure, Outbox, SendQueue, Wake};
use crate::notice::{Notice, send};
use crate::plan;
use crate::report::{Goal, Reporter};
use crate::stats::Meter;
use crate::stats::delay::{Delays, Precision};
use crate::sys::Interrupt;
use crate::units::Pace;
use crate::verdict::{RunError, Stop};

/// How often a sender that has no time to wait looks at signals, interfaces and its reader.
const LOOK: Duration = Duration::from_millis(50);

/// The last of a wait is spent awake: a core that sleeps takes 30 to 70 us to come back, and now
/// and then twice that.
///
/// Where a wait is no more exact than a millisecond there is no way between, and nobody is kept
/// awake for so long.
const AWAKE: Duration =
    Duration::from_micros(if cfg!(any(target_os = "linux", target_os = "freebsd")) {
        150
    } else {
        0
    });

/// How much earlier a long wait ends, for ppoll(2) may be late by a thousandth of it
/// (select_estimate_accuracy in fs/select.c).
const ACCURACY: u32 = 500;

/// How long a datagram waits for room in the system's queues before it counts as not sent.
const PATIENCE: Duration = Duration::from_secs(1);

/// The same where others wait behind it, who go elsewhere.
const PATIENCE_OF_MANY: Duration = Duration::from_millis(100);

/// How long a train waits before its datagrams leave one by one.
const PATIENCE_OF_TRAINS: Duration = Duration::from_millis(20);

/// How many targets are named in warnings of one kind.
const MOST_WARNINGS: usize = 10;

/// What changes while sending.
pub(super) struct Session<'a> {
    plan: &'a plan::Send,
    /// What each datagram carries.
    pub payload: Payload,
    /// What was sent, over all endpoints.
    pub meter: Meter,
    /// What was sent to each.
    pub totals: Vec<TargetTotals>,
    /// How many datagrams it was each endpoint's turn for.
    pub sent: u64,
    /// How late rounds were.
    pub lateness: Delays,
    /// How many rounds were due before the time was over, and were left out.
    pub skipped: u64,
    /// How many datagrams, or trains of them, found no room in the system's queues at once.
    pub waits: u64,
    /// How long a datagram waits for room.
    patience: Duration,
    queue: SendQueue,
    /// When each datagram of the queue was written.
    times: Vec<SystemTime>,
    /// The failures that were warned of: the position of the endpoint, and the error.
    warned: HashSet<(usize, Option<i32>)>,
}

/// What a sender needs besides itself to send.
struct Means<'a, 'b> {
    outbox: &'a Outbox,
    reporter: &'a mut Reporter<'b>,
    interrupt: &'a Interrupt,
    end: Option<Instant>,
}

impl Means<'_, '_> {
    /// Whether a round is to be left unfinished.
    fn is_over(&self) -> bool {
        self.interrupt.signal().is_some() || self.end.is_some_and(|end| end <= Instant::now())
    }
}

impl<'a> Session<'a> {
    /// A session that has sent nothing.
    pub fn new(plan: &'a plan::Send, outbox: &Outbox) -> Self {
        let totals = outbox.endpoints().map(|(at, _)| TargetTotals {
            group: at.group,
            port: at.port,
            iface: at.via.name.clone(),
            datagrams: 0,
            bytes: 0,
            errors: 0,
        });
        Session {
            plan,
            payload: Payload::new(plan, outbox),
            meter: Meter::default(),
            totals: totals.collect(),
            sent: 0,
            lateness: Delays::new(Precision::Coarse),
            skipped: 0,
            waits: 0,
            patience: if outbox.is_one() { PATIENCE } else { PATIENCE_OF_MANY },
            queue: SendQueue::new(plan.backend, plan.period.is_some()),
            times: Vec::new(),
            warned: HashSet::new(),
        }
    }

    /// What is due, one wait, until there is a reason to stop.
    pub fn send(
        &mut self,
        outbox: &mut Outbox,
        start: Instant,
        reporter: &mut Reporter,
        interrupt: &Interrupt,
    ) -> Result<Stop, RunError> {
        let end = self.plan.duration.and_then(|duration| start.checked_add(duration));
        let mut look = start + LOOK;
        let mut pace = self.plan.period.map(|period| Pace::new(start, period));
        let mut progress = reporter.progress(self.goal(start), self.plan.show);
        loop {
            if let Some(signal) = interrupt.signal() {
                return Ok(Stop::Interrupted(signal));
            }
            if self.plan.count.is_some_and(|count| self.sent >= count) {
                return Ok(Stop::Count);
            }
            let now = Instant::now();
            if let Some(end) = end.filter(|end| *end <= now) {
                // What was due until then and has not left never will.
                self.skipped =
                    pace.as_ref().map_or(0, |pace| pace.skipped().saturating_add(pace.owed(end)));
                return Ok(Stop::Duration);
            }
            let rounds = self.due(pace.as_mut(), now);
            if rounds > 0 {
                self.rounds(rounds, Means { outbox, reporter, interrupt, end })?;
                if now < look {
                    continue;
                }
            }
            let next = pace.as_ref().map_or(Some(now), Pace::next).into_iter().chain(end).min();
            let left = next.map(|next| next.saturating_duration_since(now));
            if let (Some(next), Some(left), true) = (next, left, now < look) {
                if left <= AWAKE {
                    spin_until(next);
                    continue;
                }
            }
            // Who has no time to wait looks around all the same, from time to time.
            look = now + LOOK;
            reporter.flush()?;
            progress.draw(now, if rounds > 0 { Some(now) } else { next }, self.sent, &self.meter);
            let early = left.map(|left| now + left.saturating_sub(AWAKE + left / ACCURACY));
            let until = early.into_iter().chain(progress.due()).min();
            if outbox.wait(reporter.wake(interrupt), until)? {
                return Ok(Stop::ReaderGone);
            }
            reporter.interface_events(outbox.follow()?)?;
        }
    }

    /// How many rounds are due at once: one, or what was missed, or without a pace as many as leave
    /// together.
    fn due(&mut self, pace: Option<&mut Pace>, now: Instant) -> u64 {
        let datagrams = self.plan.burst.saturating_mul(self.totals.len() as u64);
        let together = (self.queue.most() as u64 / datagrams).max(1);
        let Some(pace) = pace else { return together };
        let lateness = &mut self.lateness;
        pace.due_together(now, together, |late| {
            lateness.record(i64::try_from(late.as_nanos()).unwrap_or(i64::MAX))
        })
    }

    /// What it goes towards, if it ends by itself.
    fn goal(&self, start: Instant) -> Option<Goal> {
        let plan::Send { count, duration, period, burst, .. } = *self.plan;
        // The first round takes no time.
        let planned = count
            .zip(period)
            .map(|(count, period)| period.times((count - 1) / burst).to_duration());
        (count.is_some() || duration.is_some()).then_some(Goal {
            count,
            duration,
            planned,
            ..Goal::open(start)
        })
    }

    /// So many bursts to each endpoint. A signal ends the round where it is, and so does the end of
    /// the time.
    fn rounds(&mut self, rounds: u64, mut means: Means) -> io::Result<()> {
        let left = self.plan.count.map_or(u64::MAX, |count| count - self.sent);
        let burst = self.plan.burst.saturating_mul(rounds).min(left);
        let len = self.payload.len();
        for position in 0..self.totals.len() {
            for _ in 0..burst {
                if !self.queue.has_room(position, len)
                    && (!self.depart(&mut means)? || means.is_over())
                {
                    return Ok(());
                }
                let time = SystemTime::now();
                self.payload.write(position, time, self.queue.add(position, len));
                self.times.push(time);
            }
        }
        if self.depart(&mut means)? {
            self.sent += burst;
        }
        Ok(())
    }

    /// Sends the queue. What cannot leave is counted and warned of. Answers whether all of it had
    /// its turn: the end of the run leaves waiting what waits for room.
    fn depart(&mut self, means: &mut Means) -> io::Result<bool> {
        let (mut gone, mut patience) = (0, None);
        let mut over = false;
        while gone < self.queue.items().len() && !over {
            let result = means.outbox.send(&self.queue, gone);
            if let Some(error) = result.returned {
                let position = self.queue.items()[gone].position;
                let at = means.outbox.endpoint(position);
                self.warn_once(position, error.raw_os_error(), means.reporter, || {
                    send::came_back(at, &error)
                })?;
            }
            self.credit(gone..gone + result.datagrams, means)?;
            gone += result.datagrams;
            patience = patience.filter(|_| result.datagrams == 0);
            let Some(Failure { datagrams, full, error }) = result.failure else { continue };
            let position = self.queue.items()[gone].position;
            let now = Instant::now();
            let since = patience.unwrap_or(now);
            let until = since + if datagrams > 1 { PATIENCE_OF_TRAINS } else { self.patience };
            if full && now < until && means.outbox.may_wait(position) {
                self.waits += u64::from(patience.is_none());
                patience = Some(since);
                means.outbox.wait_for_room(
                    position,
                    &error,
                    means.interrupt,
                    means.end.map_or(until, |end| end.min(until)),
                )?;
                over = means.is_over();
                if over {
                    means.outbox.give_up(position);
                }
            } else if full && datagrams > 1 && means.outbox.may_wait(position) {
                means.outbox.give_up_trains(position);
                patience = None;
            } else {
                if full {
                    means.outbox.give_up(position);
                }
                self.totals[position].errors += datagrams as u64;
                let number = error.source.raw_os_error();
                self.warn_once(position, number, means.reporter, || send::not_sent(&error))?;
                (gone, patience) = (gone + datagrams, None);
            }
            self.write_anew(gone, position);
        }
        self.queue.clear();
        self.times.clear();
        Ok(!over)
    }

    /// Counts and shows datagrams of the queue that have left.
    fn credit(&mut self, gone: Range<usize>, means: &mut Means) -> io::Result<()> {
        let len = self.payload.len();
        // All of them are counted before the first is shown, for who reads may go away in between.
        let mut numbers = Vec::new();
        for index in gone.clone() {
            let position = self.queue.items()[index].position;
            let number = self.payload.left(position);
            self.meter.add(self.times[index], len);
            self.totals[position].datagrams += 1;
            self.totals[position].bytes += len as u64;
            if self.plan.show {
                numbers.push(number);
            }
        }
        for (index, number) in gone.zip(numbers) {
            let at = means.outbox.endpoint(self.queue.items()[index].position);
            means.reporter.event(&Event::Sent(SentDatagram {
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
                payload: event::Payload(self.payload.text()),
            }))?;
        }
        Ok(())
    }

    /// Writes what is left of the queue anew, with its time and its number, after something to
    /// `position` could not leave or had to wait.
    fn write_anew(&mut self, first: usize, position: usize) {
        self.payload.recall(position);
        self.queue.items()[first..].iter().for_each(|piece| self.payload.recall(piece.position));
        let time = SystemTime::now();
        self.times[first..].fill(time);
        for (position, bytes) in self.queue.rewrite(first) {
            self.payload.write(position, time, bytes);
        }
    }

    /// Says the end of measured streams, often enough that a receiver hears it though some are
    /// lost.
    pub fn end(&mut self, outbox: &mut Outbox, interrupt: &Interrupt) -> Result<(), RunError> {
        if self.payload.stream().is_none() {
            return Ok(());
        }
        let start = Instant::now();
        // Who interrupts does not want to wait for long.
        let patience = if interrupt.signal().is_some() { PATIENCE_OF_MANY } else { self.patience };
        for turn in 0..ENDS {
            while turn > 0 && start + END_INTERVAL * turn > Instant::now() {
                outbox.wait(Wake { interrupt, output: None }, Some(start + END_INTERVAL * turn))?;
            }
            self.queue.clear();
            for position in 0..self.totals.len() {
                if !self.queue.has_room(position, MIN_LEN) {
                    self.send_ends(outbox, interrupt, start + patience)?;
                }
                self.payload.end(position, SystemTime::now(), self.queue.add(position, MIN_LEN));
            }
            self.send_ends(outbox, interrupt, start + patience)?;
        }
        Ok(())
    }

    /// Sends the ends that wait; for want of room they wait until `until`. One that cannot leave is
    /// none of the datagrams that are counted.
    fn send_ends(
        &mut self,
        outbox: &Outbox,
        interrupt: &Interrupt,
        until: Instant,
    ) -> io::Result<()> {
        let mut gone = 0;
        while gone < self.queue.items().len() {
            let result = outbox.send(&self.queue, gone);
            gone += result.datagrams;
            let Some(Failure { datagrams, full, error }) = result.failure else { continue };
            let position = self.queue.items()[gone].position;
            if full && Instant::now() < until {
                outbox.wait_for_room(position, &error, interrupt, until)?;
                if interrupt.signal().is_some() {
                    // A signal that is known ends each wait at once.
                    thread::sleep(Duration::from_millis(1));
                }
                continue;
            }
            debug!(%error, "an end could not be sent");
            outbox.give_up(position);
            gone += datagrams;
        }
        self.queue.clear();
        Ok(())
    }

    /// Warns of a failure, unless it was warned of. Many targets fail alike, and then the first few
    /// are enough.
    fn warn_once(
        &mut self,
        position: usize,
        number: Option<i32>,
        reporter: &mut Reporter,
        warning: impl FnOnce() -> Notice,
    ) -> io::Result<()> {
        let alike = self.warned.iter().filter(|(_, known)| *known == number).count();
        let news = alike < MOST_WARNINGS && self.warned.insert((position, number));
        if news { reporter.warn(&warning()) } else { Ok(()) }
    }
}

/// Waits without sleep.
fn spin_until(time: Instant) {
    while Instant::now() < time {
        hint::spin_loop();
    }
}
