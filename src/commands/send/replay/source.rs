//! The datagrams of a capture as a source of a sender.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::time::Duration;

use super::super::source::{Length, Source, Supply};
use super::capture_copies::CaptureCopies;
use super::every_host::EveryHost;
use super::reading::{names, next_datagram};
use super::routes::{Routes, Way};
use super::selection::Selection;
use super::time_line::TimeLine;
use crate::capture::{Captured, ReadError, Reader};
use crate::cli::menu::Answer;
use crate::commands::input_silence::PATIENCE;
use crate::event::{NotReplayed, ReplayTotals};
use crate::iface::Interface;
use crate::input::{Input, InputError};
use crate::net::{Marks, Outbox};
use crate::notice::input::replay_awaited;
use crate::notice::{Notice, capture};
use crate::plan::{self, Host};
use crate::target::Endpoint;
use crate::units::Speed;

/// A replay that falls behind by more is postponed: after a stop it must not flood the network.
const MOST_BEHIND: Duration = Duration::from_secs(1);

/// How many datagrams are compared with each other to detect a doubled capture on a pipe.
const COMPARED: u64 = 1000;

/// The gap between datagrams that is assumed before it is known.
const USUAL_GAP: Duration = Duration::from_millis(1);

/// The datagrams of a capture.
pub struct Replay {
    plan: plan::Replay,
    reader: Reader<Input>,
    selection: Selection,
    copies: Option<CaptureCopies>,
    routes: Routes,
    line: TimeLine,
    every_host: EveryHost,
    /// The start of the time line, from the start of the run.
    begun: Option<Duration>,
    available: Option<Available>,
    payload: Vec<u8>,
    notices: Vec<Notice>,
    /// The input has had no byte, and the user was not warned of it.
    is_awaited: bool,
    /// How many datagrams of this pass were supplied.
    supplied: u64,
    has_ended: bool,
    totals: ReplayTotals,
    /// Why the capture cannot be read to its end.
    damage: Option<String>,
}

/// The available datagram, without its payload.
#[derive(Clone, Debug)]
struct Available {
    captured: Captured<'static>,
    /// Its endpoints; `None` if they must be found first.
    positions: Option<Range<usize>>,
    /// From the start of the run.
    due: Duration,
}

impl Replay {
    /// The replay of a plan. Its datagrams go to `targets`, or each to its own group.
    ///
    /// # Errors
    /// The capture cannot be opened.
    pub fn open(plan: &plan::Replay, targets: &[Endpoint]) -> Result<Self, InputError> {
        let is_compared = plan.drop_copies || plan.found.is_none();
        Ok(Replay {
            reader: Reader::new(open_at_start(plan)?),
            selection: Selection::new(plan),
            copies: is_compared.then(CaptureCopies::default),
            routes: Routes::new(if plan.to_targets { targets } else { &[] }),
            line: TimeLine::new(plan.speed, plan.max_gap),
            every_host: EveryHost::default(),
            begun: None,
            available: None,
            payload: Vec::new(),
            notices: Vec::new(),
            is_awaited: true,
            supplied: 0,
            has_ended: false,
            totals: ReplayTotals::default(),
            damage: None,
            plan: plan.clone(),
        })
    }

    /// Makes the datagram in the payload available, unless it is left out.
    fn take(&mut self, captured: Captured<'static>, elapsed: Duration) -> Result<(), NotReplayed> {
        self.totals.datagrams += 1;
        if let Some(why) = self.selection.refuses(&captured, self.reader.interfaces()) {
            return Err(why);
        }
        let whole = Captured { payload: &self.payload, ..captured };
        if let Some(copies) = &mut self.copies {
            let is_copy = copies.add(&whole);
            if self.plan.drop_copies && is_copy {
                return Err(NotReplayed::Copy);
            }
            if !self.plan.drop_copies && copies.datagrams() >= COMPARED {
                self.stop_comparing();
            }
        }
        self.available = Some(Available { captured, positions: None, due: Duration::ZERO });
        if self.routes.way(captured.destination).is_some() {
            self.schedule(elapsed)?;
        }
        Ok(())
    }

    /// Gives the available datagram its endpoints and its due time.
    fn schedule(&mut self, elapsed: Duration) -> Result<(), NotReplayed> {
        let Some(mut available) = self.available.take() else { return Ok(()) };
        let Captured { destination, time, .. } = available.captured;
        let (positions, reaches_all) = match self.routes.way(destination) {
            Some(Way::To { positions, reaches_all }) => (positions.clone(), *reaches_all),
            Some(Way::NotReplayed(why)) => return Err(*why),
            None => return Err(NotReplayed::NoInterface),
        };
        let offset = self.line.due(time);
        if reaches_all && !self.plan.force && !self.every_host.admits(offset) {
            if !self.totals.left_out.contains_key(&NotReplayed::Flood) {
                self.notices.push(capture::flood_limited(destination));
            }
            return Err(NotReplayed::Flood);
        }
        let begun = *self.begun.get_or_insert(elapsed);
        available.due = begun.saturating_add(offset);
        let behind = elapsed.saturating_sub(available.due);
        if behind > MOST_BEHIND && self.plan.speed != Speed::Max {
            self.totals.postponed += behind;
            self.begun = Some(begun + behind);
            available.due = elapsed;
        }
        available.positions = Some(positions);
        self.available = Some(available);
        self.supplied += 1;
        Ok(())
    }

    fn leave_out(&mut self, why: NotReplayed) {
        self.available = None;
        *self.totals.left_out.entry(why).or_default() += 1;
    }

    /// Warns if the datagrams until now are mostly copies.
    fn stop_comparing(&mut self) {
        let copies = self.copies.take_if(|_| !self.plan.drop_copies);
        if let Some(doubled) = copies.and_then(|copies| copies.doubled()) {
            self.notices.push(capture::doubled(&names(doubled, &self.reader)));
        }
    }

    /// The reader has read everything that it can: begins the next pass, or ends.
    fn end_pass(&mut self) -> Result<(), InputError> {
        self.stop_comparing();
        self.count_records();
        if let (0, Some(position)) = (self.totals.passes, self.reader.cut()) {
            self.notices.push(capture::cut(&self.plan.place.quoted(), position));
        }
        self.totals.passes += u64::from(self.damage.is_none());
        // A pass without datagrams would never end.
        let goes_on =
            self.damage.is_none() && self.supplied > 0 && self.totals.passes < self.plan.passes;
        if goes_on {
            self.supplied = 0;
            self.line.begin_pass();
            self.reader = Reader::new(open_at_start(&self.plan)?);
        } else {
            self.has_ended = true;
        }
        Ok(())
    }

    /// Adds the records of this pass to the totals.
    fn count_records(&mut self) {
        let reader = &self.reader;
        self.totals.records += reader.records();
        for (reason, count) in reader.omitted().reasons() {
            *self.totals.omitted.entry(reason.name()).or_default() += count;
            if self.totals.passes == 0 {
                self.totals.omitted_texts.push(format!("{count} {reason}"));
            }
        }
    }

    /// Opens the endpoints of the available datagram.
    fn find_way(&mut self, to: SocketAddr, outbox: &mut Outbox) {
        if self.routes.is_full() {
            return self.routes.leave_out(to, NotReplayed::TooManyTargets);
        }
        let known = outbox.endpoints().count();
        let ask = |_: IpAddr, _: &[&Interface]| Answer::NoTerminal;
        let found = Host::here(&ask)
            .map_err(plan::PlanError::from)
            .and_then(|host| self.plan.endpoints([to], &host));
        let opened = found.map_err(|error| error.to_string()).and_then(|endpoints| {
            let added = endpoints.into_iter().map(|at| outbox.add(at));
            added.collect::<Result<Vec<usize>, _>>().map_err(|error| error.to_string())
        });
        match opened {
            Ok(positions) if positions.is_empty() => {
                self.routes.leave_out(to, NotReplayed::NoInterface);
            }
            Ok(_) => self.routes.learn(outbox, known),
            Err(reason) => {
                self.notices.push(capture::no_way(to, &reason));
                self.routes.leave_out(to, NotReplayed::NoInterface);
            }
        }
    }
}

/// The capture, at its first byte if it is a file.
fn open_at_start(plan: &plan::Replay) -> Result<Input, InputError> {
    let mut input = Input::open(&plan.place)?;
    if input.size().is_some() {
        input.rewind().map_err(|error| input.failed(error))?;
    }
    Ok(input)
}

impl Source for Replay {
    fn fill(&mut self, elapsed: Duration) -> Result<Supply, InputError> {
        loop {
            match &self.available {
                _ if !self.notices.is_empty() => return Ok(Supply::Attention),
                Some(Available { positions: None, .. }) => return Ok(Supply::Attention),
                Some(_) => return Ok(Supply::Ready),
                None if self.has_ended => return Ok(Supply::End),
                None => {}
            }
            match next_datagram(&mut self.reader, &mut self.payload) {
                Ok(Some(captured)) => {
                    let taken = self.take(captured, elapsed);
                    taken.unwrap_or_else(|why| self.leave_out(why));
                }
                Ok(None) => self.end_pass()?,
                Err(ReadError::Pause) => return Ok(Supply::Later),
                Err(error) if error.is_temporary() => {
                    self.is_awaited &= self.reader.input().position() == 0;
                    if !self.is_awaited || elapsed < PATIENCE {
                        return Ok(Supply::Pending);
                    }
                    self.is_awaited = false;
                    self.notices.push(replay_awaited(&self.plan.place.quoted()));
                }
                Err(ReadError::Io(error)) => return Err(self.reader.input().failed(error)),
                Err(error) if self.totals.passes == 0 && self.reader.records() == 0 => {
                    let tip = error.tip("mcast send --replay", &self.plan.place);
                    let tip = tip.map(|tip| format!("\n  tip: {tip}")).unwrap_or_default();
                    let error = io::Error::other(format!("{error}{tip}"));
                    return Err(self.reader.input().failed(error));
                }
                Err(error) => {
                    self.damage = Some(format!(
                        "cannot read the rest of {}: {error}",
                        self.plan.place.quoted()
                    ));
                    self.end_pass()?;
                }
            }
        }
    }

    fn attend(&mut self, elapsed: Duration, outbox: &mut Outbox) -> Vec<Notice> {
        let waiting = self.available.as_ref().filter(|available| available.positions.is_none());
        if let Some(to) = waiting.map(|available| available.captured.destination) {
            self.find_way(to, outbox);
            self.schedule(elapsed).unwrap_or_else(|why| self.leave_out(why));
        }
        std::mem::take(&mut self.notices)
    }

    fn begin(&mut self, outbox: &Outbox) {
        if !self.plan.to_targets {
            self.routes.learn(outbox, 0);
        }
    }

    fn payload(&self) -> &[u8] {
        &self.payload
    }

    fn endpoints(&self) -> Option<Range<usize>> {
        self.available.as_ref()?.positions.clone()
    }

    fn due(&self) -> Option<Duration> {
        let available = self.available.as_ref()?;
        (self.plan.speed != Speed::Max).then_some(available.due)
    }

    fn retry(&self) -> Option<Duration> {
        self.is_awaited.then_some(PATIENCE)
    }

    fn marks(&self) -> Marks {
        let Some(Available { captured, .. }) = &self.available else { return Marks::default() };
        Marks {
            ttl: self.plan.keep_ttl.then_some(captured.ttl),
            dscp: self.plan.keep_dscp.then_some(captured.traffic_class >> 2),
        }
    }

    fn advance(&mut self) {
        self.available = None;
    }

    fn input(&self) -> Option<&Input> {
        Some(self.reader.input())
    }

    fn usual_gap(&self) -> Option<Duration> {
        if self.plan.speed == Speed::Max {
            return None;
        }
        let found = self.plan.found.filter(|found| found.datagrams > 1);
        let gap = found.map(|found| {
            let gaps = u32::try_from(found.datagrams - 1).unwrap_or(u32::MAX);
            found.duration / gaps
        });
        Some(gap.filter(|gap| !gap.is_zero()).unwrap_or(USUAL_GAP))
    }

    fn length(&self) -> Length {
        let found = self.plan.found.filter(|found| found.is_whole);
        let all = found.and_then(|found| {
            let passes = u32::try_from(self.plan.passes).ok()?;
            let between = self.usual_gap().unwrap_or_default().saturating_mul(passes - 1);
            let duration = found.duration.saturating_mul(passes).saturating_add(between);
            Some((found.datagrams.saturating_mul(passes.into()), duration))
        });
        let is_paced = self.plan.speed != Speed::Max;
        Length {
            datagrams: all.map(|(datagrams, _)| datagrams).filter(|_| !is_paced),
            duration: all.map(|(_, duration)| duration).filter(|_| is_paced),
        }
    }

    fn replayed(&mut self) -> Option<(ReplayTotals, Option<String>)> {
        if !self.has_ended {
            self.count_records();
        }
        let mut totals = std::mem::take(&mut self.totals);
        let changes = self.line.changes;
        totals.gaps_shortened = changes.gaps_shortened;
        totals.gap_time_removed = changes.gap_time_removed;
        totals.steps_back = changes.steps_back;
        totals.without_time = changes.without_time;
        Some((totals, self.damage.take()))
    }
}
