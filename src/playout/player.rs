//! A transport stream as datagrams with send times.

use std::time::Duration;

use super::outline::Outline;
use super::packets::Aligner;
use super::splice::Splice;
use super::timeline::{Ticks, Timeline};
use super::window::Window;
use super::{Framing, Program};
use crate::format::ts::{NULL_PACKET, PACKET_LEN, PCR_MODULUS, Packet};

/// The most packets that wait for the next PCR: 8 MiB.
const MOST_WAITING: usize = 8 * 1024 * 1024 / PACKET_LEN;

/// After this time without a PCR the rate continues, in 27 MHz ticks.
const LONGEST_WITHOUT_PCR: u64 = 27_000_000;

/// Without tables, the first PCR decides after this time, in 27 MHz ticks.
const LONGEST_WITHOUT_TABLES: u64 = 27_000_000;

/// The most null packets between two passes.
const MOST_PADDING: u64 = 4096;

/// The PCRs that wait for the tables.
const MOST_FIRST_PCRS: usize = 4096;

/// The stream has no PCR to time it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoPcr {
    /// The packets that were searched.
    pub packets: u64,
}

/// A datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// Whole packets.
    pub packets: &'a [u8],
    /// When it leaves, from the start of the stream; `None` if the stream is not timed.
    pub time: Option<Ticks>,
}

/// A PCR of any PID before the choice of one.
#[derive(Clone, Copy, Debug)]
struct Reference {
    packet: u64,
    pid: u16,
    pcr: u64,
    is_announced: bool,
}

/// Divides a stream into datagrams, and times them.
#[derive(Clone, Debug)]
pub struct Player {
    aligner: Aligner,
    window: Window,
    outline: Outline,
    timeline: Timeline,
    splice: Option<Splice>,
    /// The packets of a datagram.
    packets: usize,
    is_timed: bool,
    /// The PID of the PCR that times the stream.
    pcr_pid: Option<u16>,
    /// The PCRs before the choice.
    first_pcrs: Vec<Reference>,
    /// Another PID with PCRs since the last PCR.
    other_pcr_pid: Option<u16>,
    pass: Pass,
    has_ended: bool,
    gaps: u64,
}

/// The PCRs of a pass.
#[derive(Clone, Copy, Debug, Default)]
struct Pass {
    /// The number of its first packet.
    start: u64,
    /// (packet, PCR) of the first and the last one.
    first: Option<(u64, u64)>,
    last: Option<(u64, u64)>,
}

/// The duration of a pass in 27 MHz ticks: before its first PCR, between this and the last one, and
/// after it.
#[derive(Clone, Copy, Debug, Default)]
struct PassTicks {
    before: u64,
    between: u64,
    after: u64,
}

impl Player {
    /// Datagrams of up to `packets` packets. `is_timed`: each has a time by the PCR.
    pub fn new(framing: Framing, packets: usize, is_timed: bool) -> Self {
        Player {
            aligner: Aligner::new(framing),
            window: Window::default(),
            outline: Outline::default(),
            timeline: Timeline::default(),
            splice: None,
            packets: packets.max(1),
            is_timed,
            pcr_pid: None,
            first_pcrs: Vec::new(),
            other_pcr_pid: None,
            pass: Pass::default(),
            has_ended: false,
            gaps: 0,
        }
    }

    /// The stream will repeat.
    pub fn repeating(self) -> Self {
        Player { splice: Some(Splice::default()), ..self }
    }

    /// Adds the next bytes of the input.
    pub fn add(&mut self, bytes: &[u8]) {
        let mut aligner = std::mem::replace(&mut self.aligner, Aligner::new(Framing::PLAIN));
        aligner.add(bytes, |packet| self.push(packet));
        self.aligner = aligner;
        self.settle();
    }

    /// Whether more bytes are useful now. Otherwise too many packets wait.
    pub fn wants_more(&self) -> bool {
        !self.has_ended && self.window.len() < MOST_WAITING
    }

    /// The next datagram, once its packets have a time. Without one: add bytes, or finish.
    ///
    /// # Errors
    /// The stream has no PCR.
    pub fn next_datagram(&mut self) -> Result<Option<Datagram<'_>>, NoPcr> {
        let packets = self.packets.min(self.window.len());
        if packets == 0 || (packets < self.packets && !self.has_ended) {
            return Ok(None);
        }
        let (first, next) = self.window.range();
        if !self.is_timed {
            return Ok(Some(Datagram { packets: self.window.take(packets), time: None }));
        }
        if self.timeline.end() < first + packets as u64 {
            let is_full = self.window.len() >= MOST_WAITING;
            if (is_full || self.has_ended) && !self.timeline.stretch(next) {
                return Err(NoPcr { packets: next });
            }
            if self.timeline.end() < first + packets as u64 {
                return Ok(None);
            }
        }
        let time = self.timeline.time(first + self.timed_packet(packets) as u64);
        Ok(Some(Datagram { packets: self.window.take(packets), time }))
    }

    /// Ends the input.
    pub fn finish(&mut self) {
        self.end_pass();
        self.has_ended = true;
    }

    /// Ends a pass. The next bytes are the first of the input again.
    pub fn repeat(&mut self) {
        self.end_pass();
        let Some(media) = self.splice.as_ref().map(Splice::media_ticks) else { return };
        let (pass, (_, end)) = (self.pass_ticks(), self.window.range());
        self.timeline.end_pass(end, pass.after);
        // Null packets fill the time if the pictures of this pass last longer than its packets.
        let missing = media.saturating_sub(pass.total());
        let (packets, ticks) = self.timeline.padding(missing, MOST_PADDING);
        (0..packets).for_each(|_| {
            self.window.push(&NULL_PACKET);
        });
        let next = end + packets;
        self.timeline.end_pass(next, ticks);
        let Some(splice) = &mut self.splice else { return };
        splice.next_pass(pass.total() + ticks);
        self.pass = Pass { start: next, ..Pass::default() };
    }

    /// The programs.
    pub fn programs(&self) -> &[Program] {
        self.outline.programs()
    }

    /// The PID of the PCR that times the stream.
    pub fn pcr_pid(&self) -> Option<u16> {
        self.pcr_pid
    }

    /// The bits per second of packets so far, by the PCR.
    pub fn bits_per_second(&self) -> Option<f64> {
        self.timeline.bits_per_second()
    }

    /// How many bytes of the input belonged to no packet.
    pub fn skipped(&self) -> u64 {
        self.aligner.skipped()
    }

    /// How often the PCR jumped, or began a new time base.
    pub fn restarts(&self) -> u64 {
        self.timeline.restarts()
    }

    /// How often a second without a PCR passed.
    pub fn gaps(&self) -> u64 {
        self.gaps
    }

    /// The packet of the next datagram that leaves at its time.
    ///
    /// A receiver has one arrival time for all packets of a datagram. It compares the PCR with it:
    /// a datagram with a PCR leaves at the time of that packet. With the time of its first packet,
    /// the PCR would jitter by the duration of a datagram. All others leave in the middle, which is
    /// the least far from either.
    fn timed_packet(&self, packets: usize) -> usize {
        let has_pcr = |place: &usize| {
            let bytes = self.window.front(packets).get(place * PACKET_LEN..);
            let packet = bytes.and_then(Packet::read);
            packet.filter(|packet| packet.adaptation().pcr.is_some()).map(Packet::pid)
        };
        let main =
            (0..packets).find(|place| has_pcr(place).is_some_and(|pid| Some(pid) == self.pcr_pid));
        let any = || (0..packets).find(|place| has_pcr(place).is_some());
        main.or_else(any).unwrap_or(packets / 2)
    }

    fn push(&mut self, packet: &[u8; PACKET_LEN]) {
        let is_choosing = self.is_choosing();
        let (number, bytes) = self.window.push(packet);
        if let Some(splice) = &mut self.splice {
            splice.apply(bytes);
        }
        let Some(packet) = Packet::read(bytes) else { return };
        if is_choosing {
            self.outline.add(packet);
        }
        let adaptation = packet.adaptation();
        let Some(pcr) = adaptation.pcr else { return };
        let (pid, is_announced) = (packet.pid(), adaptation.discontinuity);
        let reference = Reference { packet: number, pid, pcr, is_announced };
        if is_choosing {
            if self.first_pcrs.len() < MOST_FIRST_PCRS {
                self.first_pcrs.push(reference);
            }
        } else {
            self.note_pcr(reference);
        }
    }

    fn is_choosing(&self) -> bool {
        self.pcr_pid.is_none()
    }

    fn note_pcr(&mut self, reference: Reference) {
        let Reference { packet, pid, pcr, is_announced } = reference;
        if self.pcr_pid != Some(pid) {
            self.other_pcr_pid = Some(pid);
            return;
        }
        self.other_pcr_pid = None;
        if packet >= self.pass.start {
            self.pass.first.get_or_insert((packet, pcr));
            self.pass.last = Some((packet, pcr));
        }
        self.timeline.add(packet, pcr, is_announced);
    }

    /// Chooses a PCR if that is possible, and continues without one if it is overdue.
    fn settle(&mut self) {
        if self.is_choosing() {
            self.choose(false);
        }
        let (_, next) = self.window.range();
        let waiting = self.timeline.ticks_of(next.saturating_sub(self.timeline.end()));
        if waiting.is_some_and(|ticks| ticks > LONGEST_WITHOUT_PCR) {
            self.gaps += 1;
            self.timeline.stretch(next);
            // Another file follows in the same stream, or the program has changed.
            if let Some(other) = self.other_pcr_pid.take() {
                self.pcr_pid = Some(other);
            }
        }
    }

    /// Chooses the PCR of the first program, or the first of the stream if there are no tables.
    /// `must`: there will be no further packets.
    fn choose(&mut self, must: bool) {
        let must = must || self.window.len() >= MOST_WAITING || self.has_waited();
        let by_table = self.outline.pcr_pid().filter(|pid| self.has_two_pcrs(*pid));
        let mut pids = self.first_pcrs.iter().map(|reference| reference.pid);
        let first = if must { pids.find(|pid| self.has_two_pcrs(*pid)) } else { None };
        let Some(pid) = by_table.or(first) else { return };
        self.pcr_pid = Some(pid);
        for reference in std::mem::take(&mut self.first_pcrs) {
            self.note_pcr(reference);
        }
    }

    fn has_two_pcrs(&self, pid: u16) -> bool {
        self.first_pcrs.iter().filter(|reference| reference.pid == pid).nth(1).is_some()
    }

    /// Whether the PCRs have waited long enough for the tables.
    fn has_waited(&self) -> bool {
        let Some(last) = self.first_pcrs.last() else { return false };
        // Each program may have its own time base.
        let mut of_pid = self.first_pcrs.iter().filter(|reference| reference.pid == last.pid);
        let first = of_pid.next().unwrap_or(last);
        let is_full = self.first_pcrs.len() >= MOST_FIRST_PCRS;
        is_full || last.pcr.saturating_sub(first.pcr) > LONGEST_WITHOUT_TABLES
    }

    fn end_pass(&mut self) {
        let mut aligner = std::mem::replace(&mut self.aligner, Aligner::new(Framing::PLAIN));
        aligner.finish(|packet| self.push(packet));
        self.aligner = aligner;
        if self.is_choosing() {
            self.choose(true);
        }
    }

    /// The ticks of this pass by its PCRs.
    fn pass_ticks(&self) -> PassTicks {
        let (_, next) = self.window.range();
        let ends = self.pass.first.zip(self.pass.last);
        let Some(((first, start), (last, end))) = ends else { return PassTicks::default() };
        let packets = (first.saturating_sub(self.pass.start), next.saturating_sub(last));
        let (before, after) = self.timeline.ticks_of_ends(packets.0, packets.1);
        PassTicks { before, between: (end + PCR_MODULUS - start) % PCR_MODULUS, after }
    }
}

impl PassTicks {
    fn total(self) -> u64 {
        self.before + self.between + self.after
    }
}

impl Datagram<'_> {
    /// When it leaves, from the start of the stream.
    pub fn due(&self) -> Option<Duration> {
        self.time.map(Ticks::to_duration)
    }
}
