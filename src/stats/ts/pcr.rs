//! The program clock reference of one PID: interval, accuracy by position, jitter by arrival.

use super::checks::{Check, Checks};
use super::jitter::Jitter;
use super::marked::{Marked, Spread};
use super::rate::Rate;
use crate::format::ts::PCR_MODULUS;
use crate::units::UnixTime;

/// The longest interval between two PCRs in nanoseconds (ISO/IEC 13818-1, 2.7.2).
const LONGEST: i64 = 100_000_000;

/// The largest error of a PCR in nanoseconds (ISO/IEC 13818-1, 2.4.2.2).
const MOST_INACCURATE: f64 = 500.0;

const TICKS_PER_SECOND: f64 = 27e6;

/// A PCR where it arrived.
#[derive(Clone, Copy, Debug)]
pub struct Reference {
    /// 27 MHz ticks, below [`PCR_MODULUS`].
    pub pcr: u64,
    /// The PCR may have any value.
    pub discontinuity: bool,
    /// The arrival of its datagram.
    pub time: UnixTime,
    /// The number of its packet in the stream.
    pub position: u64,
    /// The packets that were missing in the stream before it.
    pub lost: u64,
}

/// The measurements of one PCR.
#[derive(Clone, Debug, Default)]
pub struct Pcr {
    last: Option<Reference>,
    /// The PCR before the last one: its position and ticks, if no packet between them is missing.
    before: Option<(u64, u64)>,
    /// The first arrival of the series, and the ticks since.
    start: UnixTime,
    ticks: u64,
    /// The PCRs so far.
    pub count: u64,
    /// The interval between two PCRs by their values, in nanoseconds.
    pub interval: Marked<Spread>,
    /// The largest error by position, in nanoseconds.
    accuracy: Marked<Option<f64>>,
    jitter: Jitter,
    jitter_since_mark: Jitter,
    /// The rate of the stream by this PCR.
    pub rate: Rate,
}

impl Pcr {
    /// Adds a PCR in order.
    pub fn add(&mut self, reference: Reference, checks: &mut Checks) {
        self.count += 1;
        let Some(last) = self.last.replace(reference) else { return self.start_series(reference) };
        let ticks = (reference.pcr + PCR_MODULUS - last.pcr) % PCR_MODULUS;
        let span = nanos(ticks);
        let has_lost = reference.lost != last.lost;
        if reference.discontinuity {
            return self.start_series(reference);
        }
        if ticks > PCR_MODULUS / 2
            || (span > LONGEST && !has_lost && !elapsed(span, &last, &reference))
        {
            checks.add(Check::PcrDiscontinuity);
            return self.start_series(reference);
        }
        if span > LONGEST {
            checks.add(Check::PcrRepetition);
        }
        self.interval.each(|interval| interval.add(span));
        let packets = reference.position.saturating_sub(last.position);
        let is_whole = self.rate.add(packets, ticks, has_lost);
        self.measure_accuracy((packets, ticks), is_whole, checks);
        self.ticks = self.ticks.saturating_add(ticks);
        self.measure_jitter(reference.time);
    }

    /// The largest error by position in nanoseconds; `None` unless the rate is constant.
    pub fn accuracy(&self, interval: bool) -> Option<f64> {
        self.accuracy.get(interval).filter(|_| self.rate.is_constant())
    }

    /// The jitter of arrivals, peak to peak, in nanoseconds.
    pub fn jitter(&self, interval: bool) -> Option<f64> {
        if interval { &self.jitter_since_mark } else { &self.jitter }.peak_to_peak()
    }

    /// Begins a new interval.
    pub fn mark(&mut self) {
        self.interval.mark();
        self.accuracy.mark();
        self.jitter_since_mark.clear();
        self.rate.mark();
    }

    /// The heap memory in bytes.
    pub fn bytes(&self) -> usize {
        self.jitter.bytes() + self.jitter_since_mark.bytes()
    }

    fn start_series(&mut self, reference: Reference) {
        (self.before, self.start, self.ticks) = (None, reference.time, 0);
        self.jitter.restart();
        self.jitter_since_mark.restart();
        self.measure_jitter(reference.time);
    }

    /// Compares the last PCR with its neighbours, between which the rate is constant.
    fn measure_accuracy(&mut self, now: (u64, u64), is_whole: bool, checks: &mut Checks) {
        let before = self.before.take().filter(|_| is_whole);
        self.before = is_whole.then_some(now);
        let Some((packets, ticks)) = before else { return };
        let share = packets as f64 / (packets + now.0) as f64;
        let expected = (ticks + now.1) as f64 * share;
        let error = ((ticks as f64 - expected) / TICKS_PER_SECOND * 1e9).abs();
        if error > MOST_INACCURATE {
            checks.add(Check::PcrAccuracy);
        }
        self.accuracy.each(|most| *most = Some(most.map_or(error, |most| most.max(error))));
    }

    fn measure_jitter(&mut self, time: UnixTime) {
        let seconds = self.ticks as f64 / TICKS_PER_SECOND;
        let offset = time.since(self.start).saturating_sub(nanos(self.ticks)) as f64;
        self.jitter.add(seconds, offset);
        self.jitter_since_mark.add(seconds, offset);
    }
}

/// Whether the span between two PCRs passed between their arrivals, too.
fn elapsed(span: i64, last: &Reference, reference: &Reference) -> bool {
    reference.time.since(last.time).abs_diff(span) <= LONGEST.unsigned_abs()
}

/// 27 MHz ticks in nanoseconds.
fn nanos(ticks: u64) -> i64 {
    i64::try_from(u128::from(ticks) * 1000 / 27).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLIS: i64 = 1_000_000;
    const TICKS: u64 = 27_000;

    /// PCRs at these milliseconds, which arrive on time, with a packet each millisecond.
    fn pcr(millis: impl IntoIterator<Item = u64>) -> (Pcr, Checks) {
        let (mut pcr, mut checks) = (Pcr::default(), Checks::default());
        for at in millis {
            pcr.add(reference(at), &mut checks);
        }
        (pcr, checks)
    }

    fn reference(at: u64) -> Reference {
        Reference {
            pcr: (PCR_MODULUS - 100 * TICKS + at * TICKS) % PCR_MODULUS,
            discontinuity: false,
            time: UnixTime::from_nanos(at as i64 * MILLIS),
            position: at,
            lost: 0,
        }
    }

    #[test]
    fn the_interval_survives_the_wrap() {
        let (pcr, checks) = pcr([0, 40, 80, 120, 160]);
        let interval = pcr.interval.get(false);
        assert_eq!((interval.mean(), interval.max()), (Some(40 * MILLIS), Some(40 * MILLIS)));
        assert!(Check::ALL.iter().all(|check| checks.get(*check, false) == 0));
        assert_eq!(pcr.jitter(false), Some(0.0));
    }

    #[test]
    fn a_missing_pcr_is_a_repetition_error() {
        let (pcr, checks) = pcr([0, 40, 80, 200, 240]);
        assert_eq!(checks.get(Check::PcrRepetition, false), 1);
        assert_eq!(checks.get(Check::PcrDiscontinuity, false), 0);
        assert_eq!(pcr.interval.get(false).max(), Some(120 * MILLIS));
    }

    #[test]
    fn a_jump_is_a_discontinuity_error_unless_it_is_announced() {
        // A jump of five seconds, and a step back.
        for (flag, errors) in [(false, 1), (true, 0)] {
            for to in [5_120, 60] {
                let (mut pcr, mut checks) = pcr([0, 40, 80]);
                let next =
                    Reference { pcr: reference(to).pcr, discontinuity: flag, ..reference(120) };
                pcr.add(next, &mut checks);
                assert_eq!(checks.get(Check::PcrDiscontinuity, false), errors);
                assert_eq!(checks.get(Check::PcrRepetition, false), 0);
                assert_eq!(pcr.interval.get(false).max(), Some(40 * MILLIS));
            }
        }
    }

    #[test]
    fn accuracy_is_against_the_position_at_a_constant_rate() {
        let (mut pcr, mut checks) = pcr((0..20).map(|n| n * 40));
        assert_eq!(pcr.accuracy(false), Some(0.0));
        let mut off = reference(800);
        // 27 ticks are 1 us.
        off.pcr += 27;
        pcr.add(off, &mut checks);
        pcr.add(reference(840), &mut checks);
        assert_eq!(pcr.accuracy(false).map(f64::round), Some(1000.0));
        assert!(checks.get(Check::PcrAccuracy, false) >= 1);
        pcr.mark();
        assert_eq!(pcr.accuracy(true), None);
    }

    #[test]
    fn a_late_arrival_is_jitter_and_no_inaccuracy() {
        let (mut pcr, mut checks) = pcr((0..20).map(|n| n * 40));
        let mut late = reference(800);
        late.time = UnixTime::from_nanos(815 * MILLIS);
        pcr.add(late, &mut checks);
        pcr.add(reference(840), &mut checks);
        let jitter = pcr.jitter(false).unwrap();
        assert!((jitter - 15e6).abs() < 0.5e6, "{jitter}");
        assert_eq!(pcr.accuracy(false), Some(0.0));
    }
}
