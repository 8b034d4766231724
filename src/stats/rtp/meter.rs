//! All measurements of one RTP stream.

use super::clock::{ClockOrigin, Estimate, MediaClock};
use super::jitter::{Arrivals, Firsts, Jitter, Place};
use super::packet_time::PacketTime;
use super::ptp::{Ptp, PtpDelay};
use super::reports::SenderReports;
use super::ts_df::{DelayFactor, TsDf};
use crate::format::rtp::{self, Rtp};
use crate::stats::sequence::Order;
use crate::units::UnixTime;

/// After this many datagrams of another payload type in a row, the stream has that type. Fewer are
/// a digit or a pause within it.
const CHANGED: u32 = 8;

/// The measurements of one RTP stream: the datagrams of one SSRC.
#[derive(Clone, Debug)]
pub struct RtpMeter {
    payload_type: u8,
    /// Consecutive datagrams of other payload types.
    others: u32,
    clock: Option<(MediaClock, ClockOrigin)>,
    /// The timestamp at the epoch of PTP.
    epoch: u32,
    estimating: Option<Box<Estimating>>,
    firsts: Firsts,
    jitter: Jitter,
    ts_df: TsDf,
    ptp: Ptp,
    packet_time: PacketTime,
    markers: u64,
    /// The arrivals of the first and the last marker.
    marked: Option<(UnixTime, UnixTime)>,
    reports: SenderReports,
}

/// The state of a stream whose clock is estimated.
#[derive(Clone, Debug)]
struct Estimating {
    estimate: Estimate,
    arrivals: Arrivals,
}

impl RtpMeter {
    /// A stream of a payload type, which may fix the clock.
    pub fn new(payload_type: u8) -> Self {
        let mut meter = RtpMeter {
            payload_type,
            others: 0,
            clock: None,
            epoch: 0,
            estimating: None,
            firsts: Firsts::default(),
            jitter: Jitter::default(),
            ts_df: TsDf::default(),
            ptp: Ptp::new(),
            packet_time: PacketTime::default(),
            markers: 0,
            marked: None,
            reports: SenderReports::default(),
        };
        meter.start_clock();
        meter
    }

    /// Sets the clock, unless its rate is 0 or a stronger origin has set it. Jitter and delay
    /// factor begin again if the rate changes; the last arrivals of an unknown clock still count.
    pub fn set_clock(&mut self, hz: u32, origin: ClockOrigin) {
        let Some(clock) = MediaClock::new(hz) else {
            return;
        };
        if self.clock.is_some_and(|(_, known)| known > origin) {
            return;
        }
        let is_same = self.clock.is_some_and(|(known, _)| known == clock);
        self.clock = Some((clock, origin));
        if !is_same {
            let estimating = self.estimating.as_ref();
            self.jitter = estimating.map(|state| state.arrivals.jitter(clock)).unwrap_or_default();
            self.ts_df = TsDf::default();
            self.ptp = Ptp::new();
        }
        if origin > ClockOrigin::Estimated {
            self.estimating = None;
        }
    }

    /// Sets the timestamp at the epoch of PTP, as a description of the session states it.
    pub fn set_epoch(&mut self, timestamp: u32) {
        if self.epoch != timestamp {
            self.epoch = timestamp;
            self.ptp = Ptp::new();
        }
    }

    /// Adds a datagram. Duplicates do not count.
    pub fn take(&mut self, rtp: &Rtp, time: UnixTime, order: Order) {
        if matches!(order, Order::Duplicate | Order::Stale) || self.is_of_another_type(rtp) {
            return;
        }
        if rtp.marker {
            self.markers += 1;
            let (first, last) = self.marked.unwrap_or((time, time));
            self.marked = Some((first.min(time), last.max(time)));
        }
        if order == Order::InOrder {
            self.packet_time.take(rtp.sequence, rtp.timestamp);
            match self.firsts.take(rtp.timestamp) {
                Place::First => self.take_first(time, rtp.timestamp),
                Place::Start => self.rebase(time, rtp.timestamp),
                Place::Further => {}
            }
        }
        if let Some((clock, _)) = self.clock {
            self.ts_df.take(time, rtp.timestamp, clock);
        }
    }

    /// Begins again behind a restart of the sender: its sequence and timestamps are new.
    pub fn restart(&mut self) {
        self.firsts = Firsts::default();
        self.packet_time = PacketTime::default();
        self.reports = SenderReports::default();
        self.ts_df.close();
    }

    /// The sender reports.
    pub fn reports(&self) -> &SenderReports {
        &self.reports
    }

    /// The sender reports, to add one.
    pub fn reports_mut(&mut self) -> &mut SenderReports {
        &mut self.reports
    }

    /// The sampling time of a timestamp by the sender's clock, as its last report relates them.
    pub fn sampled_at(&self, timestamp: u32) -> Option<UnixTime> {
        self.reports.sampled_at(timestamp, self.clock?.0)
    }

    /// The payload type.
    pub fn payload_type(&self) -> u8 {
        self.payload_type
    }

    /// The media clock, and how it is known.
    pub fn clock(&self) -> Option<(MediaClock, ClockOrigin)> {
        self.clock
    }

    /// The current interarrival jitter in ns (RFC 3550, 6.4.1); `None` while the clock is unknown,
    /// and before the second timestamp.
    pub fn jitter(&self) -> Option<f64> {
        self.jitter.nanos().filter(|_| self.clock.is_some())
    }

    /// The delay factors; `None` while the clock is unknown, and before the second datagram.
    pub fn ts_df(&self) -> Option<DelayFactor> {
        self.ts_df.factors()
    }

    /// The delay by a PTP clock that the sender shares with this host.
    pub fn ptp_delay(&self) -> Option<PtpDelay> {
        self.ptp.delay()
    }

    /// The time of media in a datagram in ns; `None` if it varies.
    pub fn packet_time(&self) -> Option<i64> {
        let (clock, _) = self.clock?;
        Some(clock.nanos(self.packet_time.ticks()?))
    }

    /// The datagrams with a marker.
    pub fn markers(&self) -> u64 {
        self.markers
    }

    /// The markers per second: the frame rate of video. `None` without two at different times.
    pub fn marker_rate(&self) -> Option<f64> {
        let (first, last) = self.marked?;
        let span = last.duration_since(first).as_secs_f64();
        (span > 0.0).then(|| (self.markers - 1) as f64 / span)
    }

    /// The heap memory in bytes.
    pub fn bytes(&self) -> usize {
        self.estimating.as_ref().map_or(0, |state| size_of::<Estimating>() + state.arrivals.bytes())
    }

    /// Takes the clock of the payload type, or begins to estimate it.
    fn start_clock(&mut self) {
        match rtp::static_type(self.payload_type) {
            Some(known) => self.set_clock(known.clock_hz, ClockOrigin::PayloadType),
            None => {
                let (estimate, arrivals) = (Estimate::default(), Arrivals::new());
                self.estimating = Some(Box::new(Estimating { estimate, arrivals }));
            }
        }
    }

    /// Whether a datagram is of another payload type than the stream, which may change.
    #[inline]
    fn is_of_another_type(&mut self, rtp: &Rtp) -> bool {
        if rtp.payload_type == self.payload_type {
            self.others = 0;
            return false;
        }
        self.others += 1;
        if self.others < CHANGED {
            return true;
        }
        self.change_type(rtp.payload_type);
        false
    }

    /// Takes another payload type. Only a clock that the user set remains.
    fn change_type(&mut self, payload_type: u8) {
        self.payload_type = payload_type;
        self.others = 0;
        self.firsts = Firsts::default();
        self.packet_time = PacketTime::default();
        if self.clock.is_none_or(|(_, origin)| origin < ClockOrigin::Option) {
            self.clock = None;
            self.jitter = Jitter::default();
            self.ts_df = TsDf::default();
            self.ptp = Ptp::new();
            self.start_clock();
        }
    }

    /// The first datagram of a timestamp later than all before.
    fn take_first(&mut self, time: UnixTime, timestamp: u32) {
        if let Some((clock, _)) = self.clock {
            self.jitter.take(time, timestamp, clock);
            self.ptp.take(time, timestamp, self.epoch, clock);
        }
        if let Some(state) = &mut self.estimating {
            state.arrivals.take(time, timestamp);
            if let Some(hz) = state.estimate.take(time, timestamp) {
                let is_final = state.estimate.is_final();
                self.set_clock(hz, ClockOrigin::Estimated);
                if is_final {
                    self.estimating = None;
                }
            }
        }
    }

    /// The first timestamp of all, or after a change of the timestamps.
    fn rebase(&mut self, time: UnixTime, timestamp: u32) {
        self.jitter.rebase(time, timestamp);
        self.ts_df.close();
        if let Some((clock, _)) = self.clock {
            self.ptp.take(time, timestamp, self.epoch, clock);
        }
        if let Some(state) = &mut self.estimating {
            state.estimate = Estimate::default();
            let _ = state.estimate.take(time, timestamp);
            state.arrivals.clear();
            state.arrivals.take(time, timestamp);
        }
    }
}

#[cfg(test)]
mod tests;
