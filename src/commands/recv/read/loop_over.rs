//! The loop over a capture: reads, counts and shows, until its end or a reason to stop.

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use super::clock::CaptureClock;
use super::places::{Fate, Found, Places};
use super::repeats::Repeats;
use crate::capture::{Captured, Checksum, Damage, ReadError, Reader};
use crate::commands::input_silence::{InputSilence, PATIENCE};
use crate::commands::recv::clock::Moment;
use crate::commands::recv::count::Counts;
use crate::commands::recv::measurement::Measurement;
use crate::commands::recv::recording::Recorder;
use crate::event::{Event, LeftOut, Program, Reading};
use crate::input::Input;
use crate::net::Datagram;
use crate::notice::capture;
use crate::notice::input::capture_awaited;
use crate::plan::{self, Unselected};
use crate::report::{Goal, Progress, Reporter};
use crate::stats::Copies;
use crate::stats::stream::LocalClock;
use crate::sys::Meta;
use crate::target::TargetRange;
use crate::units::UnixTime;
use crate::verdict::{RunError, Stop};

/// How many datagrams are read between two looks at the clock of this host and at signals.
const TURN: u32 = 256;

/// How a user reads a capture, for tips.
pub const COMMAND: &str = "mcast recv --read";

/// A run over a capture.
pub struct ReadLoop<'a> {
    plan: &'a plan::Read,
    reader: Reader<Input>,
    taking: Taking<'a>,
    is_announced: bool,
    /// How many bytes of the input were read before the last wait.
    read_before: u64,
    silence: InputSilence,
}

/// What becomes of the datagrams.
pub struct Taking<'a> {
    pub measurement: Measurement<'a>,
    pub clock: CaptureClock,
    pub places: Places<'a>,
    pub repeats: Repeats,
    pub tally: CaptureTally,
    /// The metadata of the current datagram.
    meta: Meta,
    /// When the run ended, if a limit ended it.
    limit: Option<Instant>,
    /// The recording has begun.
    is_recording: bool,
}

/// The counters of a capture.
#[derive(Clone, Debug, Default)]
pub struct CaptureTally {
    /// All datagrams.
    pub datagrams: u64,
    /// Datagrams with a verified checksum.
    pub checked: u64,
    /// Those with a wrong one.
    pub wrong: u64,
    /// The datagrams that were left out.
    pub left_out: LeftOut,
    /// Source and destination of the first datagram from another source.
    pub other: Option<(SocketAddr, SocketAddr)>,
}

/// How the reading ended.
pub struct ReadEnd {
    pub stop: Stop,
    /// Why the rest of the capture could not be read.
    pub damage: Option<ReadError>,
}

/// How some reading ended.
enum Turn {
    /// More follows.
    Over,
    /// The input has no more bytes yet.
    Waits,
    Ends(ReadEnd),
}

impl From<Stop> for Turn {
    fn from(stop: Stop) -> Self {
        Turn::Ends(ReadEnd { stop, damage: None })
    }
}

impl<'a> ReadLoop<'a> {
    pub fn new(plan: &'a plan::Read, input: Input, recorder: Option<Recorder<'a>>) -> Self {
        ReadLoop {
            plan,
            reader: Reader::new(input),
            taking: Taking::new(plan, recorder),
            is_announced: false,
            read_before: 0,
            silence: InputSilence::new(Instant::now()),
        }
    }

    /// The capture, as far as it was read, and what became of its datagrams.
    pub fn into_parts(self) -> (Reader<Input>, Taking<'a>) {
        (self.reader, self.taking)
    }

    /// Reads until the end of the capture, or until there is a reason to stop.
    pub fn run(&mut self, reporter: &mut Reporter) -> Result<ReadEnd, RunError> {
        let mut progress = self.progress(reporter);
        loop {
            if let Some(signal) = reporter.signal() {
                return Ok(ReadEnd { stop: Stop::Interrupted(signal), damage: None });
            }
            self.taking.measurement.check_recorder(Instant::now(), None, reporter)?;
            if progress.due().is_some() {
                let counts = &self.taking.measurement.counts;
                progress.draw(Instant::now(), None, self.reader.position(), counts.meter());
            }
            match self.turn(reporter)? {
                Turn::Over => {}
                Turn::Waits => {
                    if self.wait(reporter)? {
                        return Ok(ReadEnd { stop: Stop::ReaderGone, damage: None });
                    }
                }
                Turn::Ends(end) => return Ok(end),
            }
        }
    }

    /// Waits for more of the input. Returns whether the reader of the output is gone.
    fn wait(&mut self, reporter: &mut Reporter) -> Result<bool, RunError> {
        let (input, now) = (self.reader.input(), Instant::now());
        if input.position() > self.read_before {
            self.read_before = input.position();
            // Only reports are expected to appear from time to time.
            let stats = self.plan.measuring.stats;
            self.silence.end(now, stats.map(|period| period.max(PATIENCE)));
        }
        let warning = || capture_awaited(&self.plan.place.quoted());
        self.silence.warn_if_due(now, reporter, warning)?;
        reporter.flush()?;
        let recorder = self.taking.measurement.recorder.as_mut();
        recorder.map_or(Ok(()), Recorder::write_out)?;
        Ok(input.wait(reporter.wake(), self.silence.due())?)
    }

    /// The progress by bytes, if the length of the input is known.
    fn progress(&self, reporter: &Reporter) -> Progress {
        let len = self.reader.input().size();
        let goal = len.map(|bytes| Goal { bytes: Some(bytes), ..Goal::open(Instant::now()) });
        reporter.progress(goal, self.plan.measuring.show)
    }

    /// Reads some datagrams.
    fn turn(&mut self, reporter: &mut Reporter) -> Result<Turn, RunError> {
        for _ in 0..TURN {
            let next = self.reader.next_datagram();
            // An input that is no capture only ends with an error.
            let is_capture = next.as_ref().map_or_else(ReadError::is_temporary, |_| true);
            if is_capture && !self.is_announced {
                self.is_announced = true;
                announce(self.plan, reporter)?;
            }
            let captured = match next {
                Ok(Some(captured)) => captured,
                Ok(None) => return Ok(self.reach_end()),
                Err(ReadError::Pause) => break,
                Err(error) if error.is_temporary() => return Ok(Turn::Waits),
                Err(error) => return self.fail(error),
            };
            let stop = if self.taking.places.lacks(&captured) {
                // The interfaces cannot be read while the datagram borrows the reader.
                let payload = captured.payload.to_vec();
                let captured = Captured { payload: &payload, ..captured };
                self.taking.note_interface(&captured, &self.reader)?;
                self.taking.take(&captured, reporter)?
            } else {
                self.taking.take(&captured, reporter)?
            };
            if let Some(stop) = stop {
                return Ok(stop.into());
            }
        }
        Ok(Turn::Over)
    }

    fn reach_end(&mut self) -> Turn {
        if let Some((_, last)) = self.reader.times() {
            self.taking.clock.end(last);
        }
        Stop::InputEnd.into()
    }

    /// Ends with an error of the reader: what precedes damage counts.
    fn fail(&mut self, error: ReadError) -> Result<Turn, RunError> {
        let place = self.plan.place.quoted();
        match error {
            ReadError::Io(source) => Err(self.reader.input().failed(source).into()),
            ReadError::Damaged { damage, .. } if damage != Damage::Header => {
                self.reach_end();
                Ok(Turn::Ends(ReadEnd { stop: Stop::InputEnd, damage: Some(error) }))
            }
            source => {
                let tip = source.tip(COMMAND, &self.plan.place);
                Err(RunError::Capture { place, tip, source })
            }
        }
    }
}

/// Reports that the capture is open.
fn announce(plan: &plan::Read, reporter: &mut Reporter) -> io::Result<()> {
    reporter.event(&Event::Reading(Reading {
        program: Program::default(),
        file: plan.place.to_string(),
        targets: plan.selection.targets(),
        ifaces: plan.selection.interfaces(),
    }))?;
    reporter.flush()
}

impl<'a> Taking<'a> {
    fn new(plan: &'a plan::Read, recorder: Option<Recorder<'a>>) -> Self {
        // Nothing is known of the clock that made the capture.
        let asserted = plan.measuring.formats.trust_clock;
        let clock = LocalClock { asserted, ..LocalClock::default() };
        let (start, intervals) = (Instant::now(), plan.measuring.stats.is_some());
        let targets = plan.selection.targets().iter().map(TargetRange::count).sum::<u64>();
        let targets = usize::try_from(targets).unwrap_or(usize::MAX);
        let formats = plan.measuring.formats.clone();
        let counts = Counts::new(start, targets, intervals, false, clock, formats, &[]);
        Taking {
            measurement: Measurement::new(&plan.measuring, start, counts, recorder),
            clock: CaptureClock::new(start),
            places: Places::new(&plan.selection),
            repeats: Repeats::default(),
            tally: CaptureTally::default(),
            meta: Meta::unknown(),
            limit: None,
            is_recording: false,
        }
    }

    /// When the run ended.
    pub fn end(&self) -> Moment {
        self.limit.map_or_else(|| self.clock.now(), |at| self.clock.at(at))
    }

    /// Notes the interface of a datagram, which is the first one there.
    fn note_interface(&mut self, captured: &Captured, reader: &Reader<Input>) -> io::Result<()> {
        let interfaces = reader.interfaces();
        self.places.add_interface(captured, interfaces.get(captured.interface));
        if let Some((first, _)) = reader.times() {
            self.clock.begin(first);
        }
        let copies = &mut self.measurement.counts.copies;
        if copies.is_none() && (interfaces.len() > 1 || self.places.interfaces() > 1) {
            *copies = Some(Copies::default());
        }
        self.begin_recording()
    }

    /// Begins the recording, if there is one that has not begun. A capture without datagrams makes
    /// an empty recording.
    pub fn begin_recording(&mut self) -> io::Result<()> {
        let start = self.clock.time().map_or_else(UnixTime::now, UnixTime::from);
        let recorder = self.measurement.recorder.as_mut().filter(|_| !self.is_recording);
        self.is_recording = true;
        recorder.map_or(Ok(()), |recorder| recorder.begin(start, [], None))
    }

    /// Takes a datagram. Returns the reason to stop, if there is one.
    fn take(
        &mut self,
        captured: &Captured,
        reporter: &mut Reporter,
    ) -> Result<Option<Stop>, RunError> {
        let time = self.clock.advance(captured.time);
        let now = self.clock.now().steady;
        if let Some((at, stop)) = self.measurement.conditions.deadline() {
            if at <= now {
                self.limit = Some(at);
                self.report_until(at, reporter)?;
                return Ok(Some(stop));
            }
        }
        self.report_until(now, reporter)?;
        reporter.date(self.clock.time());
        self.tally.add(captured);
        let Found { place, fate, origin } = self.places.find(captured);
        let place = self.places.place(place);
        self.meta = Meta {
            source: captured.source,
            destination: Some(captured.destination.ip()),
            ifindex: place.iface().map(|_| place.endpoint.via.index),
            time,
            kernel_time: false,
            ttl: Some(captured.ttl),
            traffic_class: Some(captured.traffic_class),
            truncated: false,
        };
        let datagram = Datagram {
            payload: captured.payload,
            meta: &self.meta,
            endpoint: &place.endpoint,
            iface: place.iface(),
            zone: place.iface(),
            read: time,
            origin,
        };
        let left_out = &mut self.tally.left_out;
        match fate {
            Fate::Taken => {}
            Fate::Beside => {
                left_out.beside += 1;
                self.measurement.record(&datagram)?;
                self.measurement.counts.describe(&datagram);
                return Ok(None);
            }
            Fate::OtherSource => {
                left_out.other_sources += 1;
                self.tally.other.get_or_insert((captured.source, captured.destination));
                return Ok(None);
            }
            Fate::Left(reason) => {
                *match reason {
                    Unselected::Interface => &mut left_out.other_ifaces,
                    Unselected::NotMulticast => &mut left_out.not_multicast,
                    Unselected::Target => &mut left_out.other_targets,
                } += 1;
                return Ok(None);
            }
        }
        let addresses = (captured.source, captured.destination);
        self.repeats.add(time, place.endpoint.via.index, addresses, captured.payload);
        let places = &self.places;
        let twice = |first: u32, second: &str| {
            capture::twice(places.name_of(first).unwrap_or("another interface"), second)
        };
        self.measurement.take(now, &datagram, twice, reporter)
    }

    /// Reports on the intervals that were over by `now`. After a silence, one report covers all
    /// the empty intervals.
    fn report_until(&mut self, now: Instant, reporter: &mut Reporter) -> io::Result<()> {
        let Some(reports) = &mut self.measurement.reports else { return Ok(()) };
        let Some(first) = reports.next().filter(|at| *at <= now) else { return Ok(()) };
        while reports.due(now).is_some() {}
        let last = reports.next().and_then(|next| next.checked_sub(reports.period().to_duration()));
        let last = last.filter(|last| *last > first);
        for at in [Some(first), last].into_iter().flatten() {
            let at = self.clock.at(at);
            reporter.date(Some(at.system));
            if let Some(report) = self.measurement.counts.report(at, None) {
                reporter.event(&Event::Interval(report))?;
            }
        }
        Ok(())
    }

    /// Reports on the intervals until the end.
    pub fn report_rest(&mut self, reporter: &mut Reporter) -> io::Result<()> {
        let end = self.end();
        self.report_until(end.steady, reporter)?;
        reporter.date(self.clock.time().map(|_| end.system));
        Ok(())
    }
}

impl CaptureTally {
    #[inline]
    fn add(&mut self, captured: &Captured) {
        self.datagrams += 1;
        match captured.checksum {
            Checksum::Right => self.checked += 1,
            Checksum::Wrong => {
                self.checked += 1;
                self.wrong += 1;
            }
            Checksum::Absent | Checksum::Unchecked => {}
        }
    }
}
