//! The meter of one transport stream, datagram by datagram.

use super::checks::Checks;
use super::copies::Copies;
use super::marked::{Marked, Spread};
use super::mdi::MdiMeter;
use super::pcr::Pcr;
use super::pids::Pids;
use super::sync::Sync;
use super::tables::Tables;
use crate::format::ts::{PACKET_LEN, Packet, packet_len};
use crate::stats::sequence::{Losses, RangeOrder};
use crate::units::UnixTime;

/// The absence of tables is checked this often, in nanoseconds.
const CHECK_INTERVAL: i64 = 100_000_000;

/// The rate is measured well by this many PCRs, or by the arrivals of a second.
const FEWEST_PCRS: u64 = 5;

const SECOND: i64 = 1_000_000_000;

/// The place of a datagram in the order that another layer numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TsOrder {
    /// No other layer numbers the datagrams: only their continuity counters show the order.
    Unnumbered,
    /// In order by the RTP sequence.
    InOrder,
    /// Late by the RTP sequence.
    Late,
    /// A copy by the RTP sequence, which is not measured.
    Duplicate,
}

/// The circumstances of a datagram.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    pub time: UnixTime,
    /// Memory for new PIDs is available.
    pub may_grow: bool,
}

/// The counters of the whole stream.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Totals {
    pub packets: u64,
    pub null_packets: u64,
    pub scrambled: u64,
    pub lost_min: u64,
    /// Copies of datagrams.
    pub duplicates: u64,
    /// Late datagrams.
    pub reordered: u64,
    /// Late packets.
    pub late: u64,
}

/// The measurements of one transport stream. It takes the datagrams of one sender.
#[derive(Clone, Debug)]
pub struct TsMeter {
    /// The length of a packet with its parity.
    pub(super) packet_len: usize,
    pub(super) pids: Pids,
    pub(super) tables: Tables,
    /// The measurements of each PCR, by [`Pid::pcr`].
    pub(super) pcrs: Vec<Pcr>,
    pub(super) checks: Checks,
    pub(super) sync: Sync,
    pub(super) totals: Totals,
    totals_at_mark: Totals,
    pub(super) longest: Marked<u64>,
    /// Continuity errors that show a loss: a third copy shows none.
    pub(super) runs: Marked<u64>,
    pub(super) mdi: MdiMeter,
    /// The time between two datagrams in nanoseconds.
    pub(super) iat: Marked<Spread>,
    /// The first and the last arrival, and the packets of the first datagram.
    arrived: Option<(UnixTime, UnixTime)>,
    packets_of_first: u64,
    next_check: UnixTime,
    /// The number of the datagram, modulo 2^32.
    pub(super) datagram: u32,
    pub(super) copies: Copies,
    /// The heap memory may have changed.
    pub(super) has_grown: bool,
}

impl Default for TsMeter {
    fn default() -> Self {
        TsMeter::new()
    }
}

impl TsMeter {
    /// A meter without datagrams. It allocates memory with the PIDs that occur.
    pub fn new() -> Self {
        TsMeter {
            packet_len: PACKET_LEN,
            pids: Pids::default(),
            tables: Tables::default(),
            pcrs: Vec::new(),
            checks: Checks::default(),
            sync: Sync::default(),
            totals: Totals::default(),
            totals_at_mark: Totals::default(),
            longest: Marked::default(),
            runs: Marked::default(),
            mdi: MdiMeter::default(),
            iat: Marked::default(),
            arrived: None,
            packets_of_first: 0,
            next_check: UnixTime::default(),
            datagram: 0,
            copies: Copies::default(),
            has_grown: false,
        }
    }

    /// Adds a datagram: the payload of UDP, or that of RTP. Unless the memory `may_grow`, packets of
    /// further PIDs are only counted. Returns the order of the packets; `None` if
    /// the payload is none of a transport stream.
    pub fn take(
        &mut self,
        payload: &[u8],
        time: UnixTime,
        order: TsOrder,
        may_grow: bool,
    ) -> Option<RangeOrder> {
        if !self.accepts(payload) {
            return None;
        }
        let is_unnumbered = order == TsOrder::Unnumbered;
        if order == TsOrder::Duplicate || (is_unnumbered && self.is_copy(payload)) {
            self.totals.duplicates += 1;
            let duplicate = (payload.len() / self.packet_len) as u64;
            return Some(RangeOrder { duplicate, ..RangeOrder::default() });
        }
        let (before, losses) = (self.totals, self.media_losses());
        self.datagram = self.datagram.wrapping_add(1);
        self.note_time(time);
        let arrival = Arrival { time, may_grow };
        match order {
            TsOrder::Late => self.take_numbered_late(payload, arrival),
            _ => self.take_in_order(payload, is_unnumbered, arrival),
        }
        let taken = self.totals.packets - before.packets;
        if self.packets_of_first == 0 {
            self.packets_of_first = taken;
        }
        if self.mdi.is_due(time) {
            self.mdi.roll(time, self.media_rate(), losses);
        }
        self.mdi.add(time, taken * PACKET_LEN as u64);
        if time >= self.next_check {
            self.next_check = UnixTime::from_nanos(time.nanos().saturating_add(CHECK_INTERVAL));
            self.tables.check_absences(&mut self.pids, &mut self.checks, time);
        }
        let late = self.totals.late - before.late;
        Some(RangeOrder { new: taken - late, late, extent: late.min(1), ..RangeOrder::default() })
    }

    /// Whether the heap memory may have changed since the last call.
    #[inline]
    pub fn may_have_grown(&mut self) -> bool {
        std::mem::take(&mut self.has_grown)
    }

    /// The losses in packets, at least: a counter of 4 bits cannot show more.
    pub fn losses(&self) -> Losses {
        self.losses_of(false)
    }

    /// The losses since the last mark.
    pub fn losses_since_mark(&self) -> Losses {
        self.losses_of(true)
    }

    /// Begins a new interval.
    pub fn mark(&mut self) {
        self.totals_at_mark = self.totals;
        self.longest.mark();
        self.runs.mark();
        self.checks.mark();
        self.mdi.mark();
        self.iat.mark();
        self.tables.mark();
        self.pids.iter_mut().for_each(|pid| pid.at_mark = pid.counters);
        self.pcrs.iter_mut().for_each(Pcr::mark);
    }

    /// The heap memory in bytes.
    pub fn bytes(&self) -> usize {
        let pcrs = size_of::<Pcr>() * self.pcrs.capacity();
        let hulls = self.pcrs.iter().map(Pcr::bytes).sum::<usize>();
        self.pids.bytes() + self.tables.bytes() + pcrs + hulls
    }

    pub(super) fn totals(&self, interval: bool) -> Totals {
        let Totals { packets, null_packets, scrambled, lost_min, duplicates, reordered, late } =
            self.totals;
        let before = if interval { self.totals_at_mark } else { Totals::default() };
        Totals {
            packets: packets - before.packets,
            null_packets: null_packets - before.null_packets,
            scrambled: scrambled - before.scrambled,
            // Late packets may have arrived from before the mark.
            lost_min: lost_min.saturating_sub(before.lost_min),
            duplicates: duplicates - before.duplicates,
            reordered: reordered - before.reordered,
            late: late - before.late,
        }
    }

    /// The bits of packets per second: by the PCR, else by the arrivals.
    pub(super) fn bits_per_second(&self, interval: bool) -> Option<f64> {
        let by_pcr = self.reference().and_then(|pcr| pcr.rate.bits_per_second(interval));
        by_pcr.or_else(|| {
            let (first, last) = self.arrived?;
            let span = last.duration_since(first).as_secs_f64();
            let packets = self.totals.packets.saturating_sub(self.packets_of_first);
            (span > 0.0).then(|| packets as f64 * PACKET_LEN as f64 * 8.0 / span)
        })
    }

    /// The rate of the stream in bytes per second, once it is measured well.
    fn media_rate(&self) -> Option<f64> {
        let by_pcr = self.reference().is_some_and(|pcr| pcr.count >= FEWEST_PCRS);
        let (first, last) = self.arrived?;
        let is_measured = by_pcr || last.since(first) >= SECOND;
        self.bits_per_second(false).filter(|_| is_measured).map(|bits| bits / 8.0)
    }

    /// The PCR that arrives most often.
    pub(super) fn reference(&self) -> Option<&Pcr> {
        match &self.pcrs[..] {
            [only] => Some(only),
            pcrs => pcrs.iter().max_by_key(|pcr| pcr.count),
        }
    }

    fn losses_of(&self, interval: bool) -> Losses {
        let Totals { packets, lost_min, .. } = self.totals(interval);
        let expected = packets + lost_min;
        if lost_min == 0 {
            return Losses { expected, ..Losses::default() };
        }
        // Late packets fill a part of runs, also of those before the mark: each run that is left has
        // at least one packet and at most `longest`.
        let longest = self.longest.get(interval).clamp(1, lost_min);
        let runs =
            self.runs.get(interval).clamp(lost_min.div_ceil(longest), lost_min - longest + 1);
        Losses { expected, lost: lost_min, runs, longest }
    }

    /// The packets that were lost or late: the media losses of RFC 4445.
    fn media_losses(&self) -> u64 {
        self.totals.lost_min + self.totals.late
    }

    /// Whether the payload has a packet of this stream, and the length of its packets. In a datagram
    /// of another length, packets begin at wrong places.
    fn accepts(&mut self, payload: &[u8]) -> bool {
        let has_packet = |len| payload.chunks_exact(len).any(|bytes| Packet::read(bytes).is_some());
        if payload.len() % self.packet_len == 0 && has_packet(self.packet_len) {
            return true;
        }
        if let Some(len) = packet_len(payload) {
            self.packet_len = len;
            return true;
        }
        payload.len() > self.packet_len && Packet::read(payload).is_some()
    }

    fn note_time(&mut self, time: UnixTime) {
        let Some((first, last)) = self.arrived else {
            self.arrived = Some((time, time));
            self.tables = Tables::starting_at(time);
            return;
        };
        let iat = time.since(last).max(0);
        self.iat.each(|spread| spread.add(iat));
        self.arrived = Some((first, last.max(time)));
    }
}
