//! The system's clock beside one that nobody sets.

use std::time::{Duration, Instant, SystemTime};

/// How often the two are held together.
const EVERY: Duration = Duration::from_secs(1);

/// A difference below this is none.
const LEAST: f64 = 0.01;

/// How much faster or slower than the other a clock may go while a reference corrects it little by
/// little (adjtimex(2): 500 ppm).
const SLEWED: f64 = 0.0005;

/// One moment, by the clock that tells when datagrams come, and by one that nobody sets.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// What the system says that the time is.
    pub system: SystemTime,
    /// What only ever goes on.
    pub steady: Instant,
}

impl Moment {
    /// This one. The two clocks are read close together, whoever is held up in between.
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

/// Notices that the clock was set, by anybody or by a host that slept.
#[derive(Clone, Copy, Debug)]
pub struct ClockWatch {
    before: Moment,
    set_by: f64,
}

impl ClockWatch {
    /// Watches from now on.
    pub fn new(now: Moment) -> Self {
        ClockWatch { before: now, set_by: 0.0 }
    }

    /// Whether it is time to look again.
    pub fn is_due(&self, steady: Instant) -> bool {
        steady.saturating_duration_since(self.before.steady) >= EVERY
    }

    /// Holds the two clocks together.
    pub fn look(&mut self, now: Moment) {
        let passed = now.steady.saturating_duration_since(self.before.steady).as_secs_f64();
        let shown = now.system.duration_since(self.before.system);
        let shown =
            shown.map_or_else(|error| -error.duration().as_secs_f64(), |time| time.as_secs_f64());
        if (shown - passed).abs() > LEAST + SLEWED * passed {
            self.set_by += shown - passed;
        }
        self.before = now;
    }

    /// By how many seconds the clock was set in all; `None` where it was not, or where what was
    /// done was undone.
    pub fn set_by(&self) -> Option<f64> {
        Some(self.set_by).filter(|by| by.abs() > LEAST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was noticed of looks at these seconds: by the clock, and by the one that nobody sets.
    fn noticed(looks: &[(f64, f64)]) -> Option<f64> {
        let (epoch, start) = (SystemTime::UNIX_EPOCH + Duration::from_secs(1000), Instant::now());
        let mut watch = ClockWatch::new(Moment { system: epoch, steady: start });
        for (system, steady) in looks {
            let system = if *system < 0.0 {
                epoch - Duration::from_secs_f64(-system)
            } else {
                epoch + Duration::from_secs_f64(*system)
            };
            watch.look(Moment { system, steady: start + Duration::from_secs_f64(*steady) });
        }
        watch.set_by()
    }

    #[test]
    fn a_clock_that_is_corrected_little_by_little_was_not_set() {
        let looks: Vec<(f64, f64)> =
            (1..10_000).map(|second| (f64::from(second) * 1.0004, f64::from(second))).collect();
        assert_eq!(noticed(&looks), None);
    }

    #[test]
    fn a_step_is_noticed_however_long_the_run() {
        let mut looks: Vec<(f64, f64)> =
            (1..10_000).map(|second| (f64::from(second), f64::from(second))).collect();
        looks.push((10_000.5, 10_000.0));
        assert!((noticed(&looks).unwrap() - 0.5).abs() < 1e-6);
        looks.push((9_000.0, 10_001.0));
        assert!((noticed(&looks).unwrap() + 1001.0).abs() < 1e-6);
    }

    #[test]
    fn the_time_may_go_behind_where_it_began() {
        assert!((noticed(&[(-5.0, 1.0)]).unwrap() + 6.0).abs() < 1e-6);
    }
}
