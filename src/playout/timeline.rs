//! When each packet of a transport stream leaves, by the PCRs of one PID.
//!
//! A PCR is the time of its packet (ISO/IEC 13818-1, 2.4.2.2). Between two PCRs the rate is
//! constant: packets are as far apart in time as in the stream. All times are sums of whole ticks
//! from the start, and no rounding error adds up.

use std::collections::VecDeque;
use std::time::Duration;

use crate::format::ts::{PACKET_LEN, PCR_MODULUS};

/// A larger step is no passing of time, but a new time base. The standard permits 100 ms.
const LONGEST_STEP: u64 = 27_000_000;

/// Two PCRs of 500 ns accuracy each (ISO/IEC 13818-1, 2.4.2.2), in 27 MHz ticks.
const MOST_INACCURATE: u64 = 27;

/// Equal rates differ by less than one part of this many.
const TOLERANCE: u64 = 1000;

/// A time in 27 MHz ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticks(pub u64);

impl Ticks {
    /// Rounded down to a nanosecond.
    pub fn to_duration(self) -> Duration {
        let nanos = u128::from(self.0) * 1000 / 27;
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// Packets with one rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Segment {
    /// The number of the first packet, and of the first after it.
    from: u64,
    to: u64,
    /// The time of the first packet, and the time until the end.
    start: u64,
    ticks: u64,
}

impl Segment {
    fn time(&self, packet: u64) -> Ticks {
        let passed = Rate { ticks: self.ticks, packets: self.to - self.from };
        Ticks(self.start.saturating_add(passed.ticks_of(packet.saturating_sub(self.from))))
    }
}

/// Ticks for a number of packets, above 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rate {
    ticks: u64,
    packets: u64,
}

impl Rate {
    fn ticks_of(self, packets: u64) -> u64 {
        let ticks = u128::from(packets) * u128::from(self.ticks) / u128::from(self.packets.max(1));
        u64::try_from(ticks).unwrap_or(u64::MAX)
    }

    /// The packets that fill a time. The last one may end later.
    fn packets_for(self, ticks: u64) -> u64 {
        let packets = u128::from(ticks) * u128::from(self.packets);
        u64::try_from(packets.div_ceil(u128::from(self.ticks.max(1)))).unwrap_or(u64::MAX)
    }
}

/// The mean of equal rates, and how many of all rates between two PCRs these are.
#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    ticks: u64,
    packets: u64,
    equal: u64,
    all: u64,
}

impl Mean {
    fn add(&mut self, rate: Rate) {
        self.all += 1;
        let expected = self.rate().ticks_of(rate.packets);
        let tolerance = MOST_INACCURATE + expected / TOLERANCE;
        if self.equal == 0 || rate.ticks.abs_diff(expected) <= tolerance {
            self.equal += 1;
            self.ticks = self.ticks.saturating_add(rate.ticks);
            self.packets = self.packets.saturating_add(rate.packets);
        }
    }

    fn rate(self) -> Rate {
        Rate { ticks: self.ticks, packets: self.packets }
    }

    /// The rate if it is constant: nearly all are equal. Losses in the file change a few of them.
    fn constant(self) -> Option<Rate> {
        (self.equal > 0 && (self.all - self.equal) * 100 <= self.all).then(|| self.rate())
    }
}

/// The times of the packets of a stream, numbered from 0.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    segments: VecDeque<Segment>,
    /// The first packet without a time, and the time of that packet.
    end: u64,
    end_time: u64,
    /// The PCR at `end`. Before the first rate: at `anchor`.
    pcr: Option<u64>,
    /// The packet of the last PCR while no rate is known.
    anchor: u64,
    rate: Option<Rate>,
    first_rate: Option<Rate>,
    mean: Mean,
    /// The next PCR is on the same time base, however far away.
    is_trusted: bool,
    restarts: u64,
}

impl Timeline {
    /// Adds the PCR of a packet, in 27 MHz ticks. `is_announced`: the stream announces a new time
    /// base.
    pub fn add(&mut self, packet: u64, pcr: u64, is_announced: bool) {
        let Some(last) = self.pcr else {
            self.pcr = Some(pcr);
            if self.rate.is_some() {
                self.extend(packet);
            } else {
                self.anchor = packet;
            }
            return;
        };
        let step = (pcr + PCR_MODULUS - last) % PCR_MODULUS;
        if step == 0 && !is_announced {
            // A packet that was sent twice.
            return;
        }
        let from = if self.rate.is_some() { self.end } else { self.anchor };
        let packets = packet.saturating_sub(from);
        if packets == 0 {
            return;
        }
        self.pcr = Some(pcr);
        let is_trusted = std::mem::take(&mut self.is_trusted) && step < PCR_MODULUS / 2;
        if is_announced || (step > LONGEST_STEP && !is_trusted) {
            // Neither a pause nor a burst: the rate continues.
            self.restarts += 1;
            self.anchor = packet;
            return self.extend(packet);
        }
        let is_first = self.rate.is_none();
        let rate = Rate { ticks: step, packets };
        self.rate = Some(rate);
        self.mean.add(rate);
        if is_first {
            self.first_rate = self.rate;
            // The packets before the first PCR.
            self.extend(from);
        }
        self.push(packet, step);
    }

    /// Gives the packets before `packet` a time without a PCR, at the last rate. Returns `false` if
    /// no rate is known.
    pub fn stretch(&mut self, packet: u64) -> bool {
        if self.rate.is_none() {
            return false;
        }
        if packet > self.end {
            self.extend(packet);
            self.pcr = None;
        }
        true
    }

    /// The first packet without a time.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// The ticks of a number of packets at the last rate.
    pub fn ticks_of(&self, packets: u64) -> Option<u64> {
        self.rate.map(|rate| rate.ticks_of(packets))
    }

    /// The ticks of the packets before the first PCR of a pass, and of those from the last PCR of
    /// the pass on. At a constant rate, their sum is exact.
    pub fn ticks_of_ends(&self, before: u64, after: u64) -> (u64, u64) {
        if let Some(rate) = self.mean.constant() {
            let ticks = rate.ticks_of(before);
            return (ticks, rate.ticks_of(before.saturating_add(after)) - ticks);
        }
        let ticks = |rate: Option<Rate>, packets| rate.map_or(0, |rate| rate.ticks_of(packets));
        (ticks(self.first_rate, before), ticks(self.rate, after))
    }

    /// How many packets fill a time, at most `most`, and their ticks. At a constant rate, the last
    /// one may end later: the position of a packet states its time.
    pub fn padding(&self, ticks: u64, most: u64) -> (u64, u64) {
        let constant = self.mean.constant();
        let packets = constant.or(self.rate).map_or(0, |rate| rate.packets_for(ticks)).min(most);
        (packets, constant.map_or(ticks, |rate| rate.ticks_of(packets).max(ticks)))
    }

    /// Times the packets before `packet`, at the end of a pass, which last `ticks`. The next PCR is
    /// on the same time base, even if it is far away.
    pub fn end_pass(&mut self, packet: u64, ticks: u64) {
        let is_open = self.rate.is_some() && packet > self.end;
        if let Some(pcr) = self.pcr.filter(|_| is_open) {
            self.pcr = Some((pcr + ticks % PCR_MODULUS) % PCR_MODULUS);
            self.push(packet, ticks);
        }
        self.is_trusted = true;
    }

    /// The time of a packet before [`Timeline::end`], from the first packet on. Times before it
    /// are forgotten: packets are asked for in order.
    pub fn time(&mut self, packet: u64) -> Option<Ticks> {
        if packet >= self.end {
            return None;
        }
        while self.segments.front().is_some_and(|segment| segment.to <= packet) {
            self.segments.pop_front();
        }
        self.segments.front().map(|segment| segment.time(packet))
    }

    /// The bits per second between the first PCR and the last one, as far as times are known.
    pub fn bits_per_second(&self) -> Option<f64> {
        let bits = self.end as f64 * PACKET_LEN as f64 * 8.0;
        (self.end_time > 0).then(|| bits * 27e6 / self.end_time as f64)
    }

    /// How often a new time base began.
    pub fn restarts(&self) -> u64 {
        self.restarts
    }

    /// Times the packets before `packet` by the last rate, if there is one.
    fn extend(&mut self, packet: u64) {
        if let Some(rate) = self.rate.filter(|_| packet > self.end) {
            self.push(packet, rate.ticks_of(packet - self.end));
        }
    }

    fn push(&mut self, to: u64, ticks: u64) {
        self.segments.push_back(Segment { from: self.end, to, start: self.end_time, ticks });
        self.end = to;
        self.end_time = self.end_time.saturating_add(ticks);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 1,000 packets a second.
    const PACKET: u64 = 27_000;

    fn times(timeline: &mut Timeline) -> Vec<u64> {
        (0..timeline.end()).map(|packet| timeline.time(packet).unwrap().0).collect()
    }

    fn even(count: u64) -> Vec<u64> {
        (0..count).map(|packet| packet * PACKET).collect()
    }

    #[test]
    fn packets_before_the_first_pcr_have_its_rate() {
        let mut timeline = Timeline::default();
        timeline.add(3, 7_000_000, false);
        assert_eq!((timeline.end(), timeline.time(0)), (0, None));
        timeline.add(13, 7_000_000 + 10 * PACKET, false);
        assert_eq!(times(&mut timeline), even(13));
    }

    #[test]
    fn the_rate_varies_from_pcr_to_pcr() {
        let mut timeline = Timeline::default();
        timeline.add(0, 0, false);
        timeline.add(4, 4 * PACKET, false);
        timeline.add(12, 8 * PACKET, false);
        timeline.add(14, 12 * PACKET, false);
        let found: Vec<_> = times(&mut timeline).iter().map(|time| time / (PACKET / 2)).collect();
        assert_eq!(found, [0, 2, 4, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 20]);
    }

    #[test]
    fn a_new_time_base_is_neither_pause_nor_burst() {
        for (to, announced) in [(900_000_000, false), (5, false), (30 * PACKET, true)] {
            let mut timeline = Timeline::default();
            timeline.add(0, 10 * PACKET, false);
            timeline.add(20, 30 * PACKET, false);
            timeline.add(40, to, announced);
            timeline.add(60, to + 20 * PACKET, false);
            assert_eq!(times(&mut timeline), even(60));
            assert_eq!(timeline.restarts(), 1);
        }
    }

    #[test]
    fn a_jump_before_the_first_rate_is_no_time() {
        let mut timeline = Timeline::default();
        timeline.add(2, 500_000_000, false);
        timeline.add(10, 5, false);
        timeline.add(20, 5 + 10 * PACKET, false);
        assert_eq!(times(&mut timeline), even(20));
    }

    #[test]
    fn the_pcr_wraps() {
        let mut timeline = Timeline::default();
        for n in 0..5 {
            timeline.add(
                n * 20,
                (PCR_MODULUS - 30 * PACKET + n * 20 * PACKET) % PCR_MODULUS,
                false,
            );
        }
        assert_eq!(times(&mut timeline), even(80));
        assert_eq!(timeline.restarts(), 0);
    }

    #[test]
    fn without_pcrs_the_rate_continues() {
        let mut timeline = Timeline::default();
        assert!(!timeline.stretch(50));
        timeline.add(0, 0, false);
        timeline.add(20, 20 * PACKET, false);
        assert!(timeline.stretch(500));
        timeline.add(505, 900_000_000, false);
        timeline.add(520, 900_000_000 + 15 * PACKET, false);
        assert_eq!(times(&mut timeline), even(520));
    }

    #[test]
    fn a_repeated_pcr_is_ignored() {
        let mut timeline = Timeline::default();
        for (packet, at) in [(0, 0), (1, 0), (20, 20), (21, 20), (40, 40)] {
            timeline.add(packet, at * PACKET, false);
        }
        assert_eq!(times(&mut timeline), even(40));
    }

    #[test]
    fn a_day_has_no_drift() {
        // 40 ms and a third of a tick.
        let (mut timeline, step) = (Timeline::default(), 1_080_000);
        let day = 24 * 3600 * 25;
        for n in 0..=day {
            timeline.add(n * 41, n * step % PCR_MODULUS, false);
            if n > 0 {
                let last = (n - 1) * 41;
                assert_eq!(timeline.time(last), Some(Ticks((n - 1) * step)));
            }
        }
        let end = timeline.time(day * 41 - 41).unwrap().to_duration();
        assert_eq!(end, Duration::from_millis(24 * 3600 * 1000 - 40));
    }

    proptest! {
        #[test]
        fn times_never_decrease_and_stay_at_their_pcrs(
            steps in proptest::collection::vec((1..60_u64, 1..LONGEST_STEP), 1..40),
            first in 0..PCR_MODULUS,
            before in 0..30_u64,
        ) {
            let mut timeline = Timeline::default();
            let (mut packet, mut passed, mut expected) = (before, 0, vec![(before, 0)]);
            timeline.add(packet, first, false);
            for (packets, ticks) in steps {
                (packet, passed) = (packet + packets, passed + ticks);
                timeline.add(packet, (first + passed) % PCR_MODULUS, false);
                expected.push((packet, passed));
            }
            let times = times(&mut timeline);
            prop_assert!(times.is_sorted());
            let start = times[usize::try_from(before).unwrap()];
            for (packet, ticks) in &expected[..expected.len() - 1] {
                let time = times[usize::try_from(*packet).unwrap()];
                prop_assert_eq!(time - start, *ticks);
            }
        }

        #[test]
        fn arbitrary_pcrs_do_not_panic(
            pcrs in proptest::collection::vec((0..20_u64, 0..PCR_MODULUS, any::<bool>()), 0..50),
        ) {
            let (mut timeline, mut packet) = (Timeline::default(), 0);
            for (step, pcr, announced) in pcrs {
                packet += step;
                timeline.add(packet, pcr, announced);
                prop_assert!(timeline.end() <= packet);
            }
            timeline.stretch(packet + 100);
            prop_assert!(times(&mut timeline).is_sorted());
        }
    }
}
