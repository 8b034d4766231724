//! Axes: round numbers at a readable distance.

/// The divisions of an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The value at the start.
    pub low: f64,
    /// The value at the end.
    pub high: f64,
    /// The values with a label.
    pub ticks: Vec<f64>,
    /// The positions are proportional to the logarithms.
    is_logarithmic: bool,
}

/// The largest ratio of two values on a linear axis: smaller ones would disappear.
const WIDEST_LINEAR: f64 = 60.0;

impl Axis {
    /// From `low` (at most 0) to `high` (at least 0), extended to round numbers.
    pub fn linear(low: f64, high: f64) -> Self {
        let span = (high - low).max(f64::MIN_POSITIVE);
        let step = round_up(span / 5.0);
        let (first, last) = ((low / step).floor() as i64, (high / step).ceil().max(1.0) as i64);
        let ticks: Vec<f64> = (first..=last).map(|tick| tick as f64 * step).collect();
        Axis { low: first as f64 * step, high: last as f64 * step, ticks, is_logarithmic: false }
    }

    /// Of positive values: linear from 0, unless small values would disappear.
    pub fn of_times(shortest: f64, longest: f64) -> Self {
        if shortest <= 0.0 || longest / shortest < WIDEST_LINEAR {
            return Axis::linear(0.0, longest.max(1.0));
        }
        let (first, last) = (shortest.log10().floor() as i32, longest.log10().ceil() as i32);
        let every = ((last - first) / 4).max(1) as usize;
        let powers: Vec<f64> = (first..=last).map(|power| 10_f64.powi(power)).collect();
        let ticks = powers.iter().copied().step_by(every).collect();
        Axis { low: powers[0], high: powers[powers.len() - 1], ticks, is_logarithmic: true }
    }

    /// Of the times of a distribution: linear up to the 99th percentile, or logarithmic up to the
    /// longest time if most of them would share few places.
    pub fn of_distribution(min: f64, p50: f64, p99: f64, max: f64) -> Self {
        let near = (p50 - min).max(p50 * 0.05);
        if min <= 0.0 || (p99 - min) / near < 12.0 || max <= min {
            return Axis::between(min, p99.max(min + 1.0));
        }
        let powers = min.log10().floor() as i32..=max.log10().ceil() as i32;
        let ticks =
            powers.map(|power| 10_f64.powi(power)).filter(|tick| (min..=max).contains(tick));
        Axis { low: min, high: max, ticks: ticks.collect(), is_logarithmic: true }
    }

    /// The time of a run in seconds, with few labels.
    pub fn of_run(from: f64, to: f64) -> Self {
        let span = (to - from).max(1e-6);
        let step = match TIMES.iter().find(|step| span / **step <= MOST_TIMES) {
            _ if span < 1.0 => round_up(span / MOST_TIMES),
            Some(step) => *step,
            None => (span / MOST_TIMES / 86_400.0).ceil() * 86_400.0,
        };
        let (first, last) = ((from / step).ceil() as i64, (to / step).floor() as i64);
        let ticks = (first..=last).map(|tick| tick as f64 * step).collect();
        Axis { low: from, high: from + span, ticks, is_logarithmic: false }
    }

    /// Exactly from one value to another, with round numbers between them.
    pub fn between(low: f64, high: f64) -> Self {
        let step = round_up(((high - low) / 3.5).max(f64::MIN_POSITIVE));
        let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
        let ticks = (first..=last).map(|tick| tick as f64 * step).collect();
        Axis { low, high, ticks, is_logarithmic: false }
    }

    /// From 0 to exactly this value, which is the only label.
    pub fn only(high: f64) -> Self {
        let ticks = if high > 0.0 { vec![high] } else { Vec::new() };
        Axis { low: 0.0, high: high.max(f64::MIN_POSITIVE), ticks, is_logarithmic: false }
    }

    /// The same axis without labels.
    pub fn without_labels(&self) -> Self {
        Axis { ticks: Vec::new(), ..self.clone() }
    }

    /// The place of a value, from 0 to 1.
    pub fn place(&self, value: f64) -> f64 {
        let place = if self.is_logarithmic {
            (value.max(self.low) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        if place.is_finite() { place.clamp(0.0, 1.0) } else { 0.0 }
    }

    /// The value at a place.
    pub fn value(&self, place: f64) -> f64 {
        if self.is_logarithmic {
            self.low * (self.high / self.low).powf(place)
        } else {
            self.low + (self.high - self.low) * place
        }
    }

    /// Whether equal distances are equal factors.
    pub fn is_logarithmic(&self) -> bool {
        self.is_logarithmic
    }
}

/// The most labels of a time axis, but one.
const MOST_TIMES: f64 = 5.0;

/// Readable steps of a time axis, in seconds.
const TIMES: [f64; 18] = [
    0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0,
    10_800.0, 21_600.0, 43_200.0,
];

/// The next number that is 1, 2, 2.5 or 5 times a power of ten.
fn round_up(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let fits = |digit: &f64| digit * power >= least * 0.999_999;
    [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().find(fits).unwrap_or(10.0) * power
}

/// A time of the run: `500 ms`, `20 s`, `5 min`, `2 h`, `3 d`.
pub fn time(seconds: f64) -> String {
    let (unit, name) = match seconds {
        _ if seconds == 0.0 => return "0 s".to_owned(),
        _ if seconds < 1.0 => (0.001, "ms"),
        _ if seconds < 180.0 => (1.0, "s"),
        _ if seconds < 10_800.0 => (60.0, "min"),
        _ if seconds < 259_200.0 => (3600.0, "h"),
        _ => (86_400.0, "d"),
    };
    // Rounded to 3 decimals, of which only the needed ones are shown.
    format!("{} {name}", (seconds / unit * 1000.0).round() / 1000.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ticks_are_round_numbers() {
        assert_eq!(Axis::linear(0.0, 970.0).ticks, [0.0, 200.0, 400.0, 600.0, 800.0, 1000.0]);
        assert_eq!(Axis::linear(-3.0, 8.0).ticks, [-5.0, -2.5, 0.0, 2.5, 5.0, 7.5, 10.0]);
        assert_eq!(Axis::of_run(0.0, 31.0).ticks, [0.0, 10.0, 20.0, 30.0]);
        assert_eq!(Axis::of_run(0.0, 86_400.0).ticks.len(), 5);
        let wide = Axis::of_times(12e3, 45e6);
        assert_eq!((wide.low, wide.high, wide.is_logarithmic()), (1e4, 1e8, true));
        assert_eq!(wide.place(1e6), 0.5);
    }

    #[test]
    fn times_have_the_unit_that_fits() {
        let times = [0.0, 0.25, 20.0, 90.0, 300.0, 5400.0, 43_200.0, 345_600.0];
        assert_eq!(
            times.map(time),
            ["0 s", "250 ms", "20 s", "90 s", "5 min", "90 min", "12 h", "4 d"]
        );
    }

    proptest! {
        #[test]
        fn every_axis_has_few_ticks_and_covers_its_values(low in 0.0..1e15_f64, span in 0.0..1e15_f64) {
            let linear = Axis::linear(-low, span);
            prop_assert!((2..=8).contains(&linear.ticks.len()), "{linear:?}");
            prop_assert!(linear.low <= -low * 0.999 && linear.high >= span * 0.999, "{linear:?}");
            let run = Axis::of_run(0.0, span / 1e9);
            prop_assert!((1..=7).contains(&run.ticks.len()), "{run:?}");
            let times = Axis::of_times(low, low + span);
            prop_assert!((1..=7).contains(&times.ticks.len()), "{times:?}");
        }
    }
}
