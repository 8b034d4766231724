//! Detects that the system's clock was set, by comparing it with the monotonic clock.

use std::time::{Duration, Instant, SystemTime};

/// How often the two clocks are compared.
const COMPARE_INTERVAL: Duration = Duration::from_secs(1);

/// The smallest difference, in seconds, that counts as a step.
const MIN_STEP: f64 = 0.01;

/// How much faster or slower the system's clock may run, as a fraction, while a reference corrects
/// it gradually (adjtimex(2): 500 ppm).
const MAX_SLEW: f64 = 0.0005;

/// One moment on both clocks.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The clock that timestamps datagrams. It can be set.
    pub system: SystemTime,
    /// The monotonic clock.
    pub steady: Instant,
}

impl Moment {
    /// Now. Reads the clocks again if the process was interrupted between the two readings.
    pub fn now() -> Self {
        const CLOSE: Duration = Duration::from_millis(1);
        loop {
            let (before, system, steady) = (Instant::now(), SystemTime::now(), Instant::now());
            if steady - before < CLOSE {
                return Moment { system, steady };
            }
        }
    }
}

/// Detects that the clock was set, by a user, by a program, or because the host slept.
#[derive(Clone, Copy, Debug)]
pub struct ClockWatch {
    before: Moment,
    set_by: f64,
}

impl ClockWatch {
    pub fn new(now: Moment) -> Self {
        ClockWatch { before: now, set_by: 0.0 }
    }

    /// Whether the next comparison is due.
    pub fn is_due(&self, steady: Instant) -> bool {
        steady.saturating_duration_since(self.before.steady) >= COMPARE_INTERVAL
    }

    /// Compares the progress of the two clocks since the last comparison.
    pub fn compare(&mut self, now: Moment) {
        let passed = now.steady.saturating_duration_since(self.before.steady).as_secs_f64();
        let shown = now.system.duration_since(self.before.system);
        let shown =
            shown.map_or_else(|error| -error.duration().as_secs_f64(), |time| time.as_secs_f64());
        if (shown - passed).abs() > MIN_STEP + MAX_SLEW * passed {
            self.set_by += shown - passed;
        }
        self.before = now;
    }

    /// By how many seconds the clock was set in total; `None` if it was not set, or was set back.
    pub fn set_by(&self) -> Option<f64> {
        Some(self.set_by).filter(|by| by.abs() > MIN_STEP)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The step that is detected by comparisons at these seconds: those of the system's clock, and
    /// those of the monotonic one.
    fn detected(readings: &[(f64, f64)]) -> Option<f64> {
        let (epoch, start) = (SystemTime::UNIX_EPOCH + Duration::from_secs(1000), Instant::now());
        let mut watch = ClockWatch::new(Moment { system: epoch, steady: start });
        for (system, steady) in readings {
            let system = if *system < 0.0 {
                epoch - Duration::from_secs_f64(-system)
            } else {
                epoch + Duration::from_secs_f64(*system)
            };
            watch.compare(Moment { system, steady: start + Duration::from_secs_f64(*steady) });
        }
        watch.set_by()
    }

    #[test]
    fn a_gradual_correction_is_no_step() {
        let readings: Vec<(f64, f64)> =
            (1..10_000).map(|second| (f64::from(second) * 1.0004, f64::from(second))).collect();
        assert_eq!(detected(&readings), None);
    }

    #[test]
    fn a_step_is_detected_late_in_a_long_run() {
        let mut readings: Vec<(f64, f64)> =
            (1..10_000).map(|second| (f64::from(second), f64::from(second))).collect();
        readings.push((10_000.5, 10_000.0));
        assert!((detected(&readings).unwrap() - 0.5).abs() < 1e-6);
        readings.push((9_000.0, 10_001.0));
        assert!((detected(&readings).unwrap() + 1001.0).abs() < 1e-6);
    }

    #[test]
    fn the_clock_may_be_set_before_its_start() {
        assert!((detected(&[(-5.0, 1.0)]).unwrap() + 6.0).abs() < 1e-6);
    }
}
