//! The media delivery index (RFC 4445): the delay factor and the media loss rate of each second.

use crate::units::UnixTime;

/// The length of an interval.
const SECOND: i64 = 1_000_000_000;

/// A virtual buffer that drains at the media rate.
#[derive(Clone, Copy, Debug, Default)]
pub struct MdiMeter {
    interval: Option<Interval>,
    last: Option<Index>,
    worst: Option<Index>,
    worst_since_mark: Option<Index>,
}

/// The two values of an interval.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Index {
    /// The delay factor in nanoseconds.
    pub delay_factor: f64,
    /// The media packets that were lost or out of order, per second.
    pub loss_rate: u64,
}

#[derive(Clone, Copy, Debug)]
struct Interval {
    start: UnixTime,
    /// Bytes per second.
    media_rate: f64,
    bytes: u64,
    /// The extremes of the buffer in bytes.
    min: f64,
    max: f64,
    /// Lost and late packets at the start.
    losses: u64,
}

impl Interval {
    /// An interval that begins with the first datagram or with the end of another interval.
    fn new(start: UnixTime, media_rate: f64, losses: u64) -> Self {
        Interval { start, media_rate, bytes: 0, min: 0.0, max: 0.0, losses }
    }

    fn buffer(&self, time: UnixTime) -> f64 {
        let seconds = time.since(self.start).clamp(0, SECOND) as f64 / 1e9;
        self.bytes as f64 - self.media_rate * seconds
    }

    fn add(&mut self, time: UnixTime, bytes: u64) {
        self.min = self.min.min(self.buffer(time));
        self.bytes += bytes;
        self.max = self.max.max(self.buffer(time));
    }

    fn end(mut self, losses: u64) -> Index {
        self.add(UnixTime::from_nanos(self.start.nanos().saturating_add(SECOND)), 0);
        Index {
            delay_factor: (self.max - self.min) / self.media_rate * 1e9,
            loss_rate: losses.saturating_sub(self.losses),
        }
    }
}

impl MdiMeter {
    /// Whether an interval ends or begins with a datagram at this time.
    #[inline]
    pub fn is_due(&self, time: UnixTime) -> bool {
        self.interval.is_none_or(|interval| time.since(interval.start) >= SECOND)
    }

    /// Adds the media bytes of a datagram, once [`MdiMeter::roll`] was called if it is due.
    #[inline]
    pub fn add(&mut self, time: UnixTime, bytes: u64) {
        if let Some(interval) = &mut self.interval {
            interval.add(time, bytes);
        }
    }

    /// The index of the last whole interval.
    pub fn last(&self) -> Option<Index> {
        self.last
    }

    /// The worst values since the last mark, or of the run.
    pub fn worst(&self, interval: bool) -> Option<Index> {
        if interval { self.worst_since_mark } else { self.worst }
    }

    /// Begins a new interval of the output.
    pub fn mark(&mut self) {
        self.worst_since_mark = None;
    }

    /// Ends the interval and those without datagrams since, and begins one. `media_rate` is in bytes
    /// per second; without it no interval begins. `losses` are all lost and late packets before this
    /// datagram.
    pub fn roll(&mut self, time: UnixTime, media_rate: Option<f64>, losses: u64) {
        let mut start = time;
        if let Some(interval) = self.interval.take() {
            self.note(interval.end(losses));
            let silent = time.since(interval.start) / SECOND - 1;
            if silent > 0 {
                self.note(Index { delay_factor: SECOND as f64, loss_rate: 0 });
            }
            start = UnixTime::from_nanos(
                interval.start.nanos().saturating_add((silent + 1).saturating_mul(SECOND)),
            );
        }
        let rate = media_rate.filter(|rate| *rate > 0.0);
        self.interval = rate.map(|rate| Interval::new(start, rate, losses));
    }

    fn note(&mut self, index: Index) {
        self.last = Some(index);
        for worst in [&mut self.worst, &mut self.worst_since_mark] {
            let before = worst.unwrap_or_default();
            *worst = Some(Index {
                delay_factor: before.delay_factor.max(index.delay_factor),
                loss_rate: before.loss_rate.max(index.loss_rate),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLIS: i64 = 1_000_000;

    fn add(meter: &mut MdiMeter, millis: i64, losses: u64) {
        let time = UnixTime::from_nanos(millis * MILLIS);
        if meter.is_due(time) {
            meter.roll(time, Some(100_000.0), losses);
        }
        meter.add(time, 1000);
    }

    /// Datagrams of 1,000 bytes at 100,000 bytes per second, at these times in milliseconds.
    fn meter(times: impl IntoIterator<Item = i64>) -> MdiMeter {
        let mut meter = MdiMeter::default();
        for time in times {
            add(&mut meter, time, 0);
        }
        meter
    }

    fn delay_factor(meter: &MdiMeter) -> Option<i64> {
        meter.worst(false).map(|index| (index.delay_factor / 1e6).round() as i64)
    }

    #[test]
    fn a_paced_stream_has_the_delay_factor_of_one_datagram() {
        assert_eq!(delay_factor(&meter((0..100).map(|n| n * 10))), None, "no whole interval");
        assert_eq!(delay_factor(&meter((0..500).map(|n| n * 10))), Some(10));
    }

    #[test]
    fn a_burst_fills_the_buffer() {
        // Ten datagrams at once, each 100 ms.
        assert_eq!(delay_factor(&meter((0..500).map(|n| n / 10 * 100))), Some(100));
    }

    #[test]
    fn a_silent_second_drains_the_buffer() {
        let paced = (0..200).map(|n| n * 10);
        let meter = meter(paced.chain([4995]));
        assert_eq!(delay_factor(&meter), Some(1000));
    }

    #[test]
    fn losses_count_in_the_second_that_reveals_them() {
        let mut meter = MdiMeter::default();
        for (time, losses) in [(0, 0), (500, 7), (1100, 7), (1200, 9), (2500, 9)] {
            add(&mut meter, time, losses);
        }
        let rate = |index: Option<Index>| index.map(|index| index.loss_rate);
        assert_eq!((rate(meter.worst(false)), rate(meter.last())), (Some(7), Some(2)));
        meter.mark();
        assert_eq!((rate(meter.worst(true)), rate(meter.worst(false))), (None, Some(7)));
    }
}
