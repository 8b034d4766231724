//! The jitter of arrivals against the PCR: peak to peak, without the drift between the two clocks.

/// Clocks drift apart by at most this much: 500 ppm. A steeper slope is jitter, too.
const MOST_DRIFT: f64 = 500e-6;

/// The most corners of a hull.
const MOST_CORNERS: usize = 48;

/// A point: seconds by the PCR, and the offset of the arrival from it in nanoseconds.
type Point = (f64, f64);

/// The offsets of arrivals from the PCR, in bounded memory. The peaks of any slope lie on the
/// convex hull of all points.
#[derive(Clone, Debug, Default)]
pub struct Jitter {
    upper: Vec<Point>,
    lower: Vec<Point>,
    count: f64,
    sum_x: f64,
    sum_y: f64,
    sum_xx: f64,
    sum_xy: f64,
    /// The worst value of earlier series.
    before: Option<f64>,
}

impl Jitter {
    /// Adds an arrival: seconds by the PCR since the start of the series, which only increase, and
    /// the offset of the arrival in nanoseconds.
    pub fn add(&mut self, seconds: f64, offset: f64) {
        self.count += 1.0;
        self.sum_x += seconds;
        self.sum_y += offset;
        self.sum_xx += seconds * seconds;
        self.sum_xy += seconds * offset;
        extend(&mut self.upper, (seconds, offset), 1.0);
        extend(&mut self.lower, (seconds, offset), -1.0);
    }

    /// Ends the series: the PCR jumped.
    pub fn restart(&mut self) {
        let before = self.peak_to_peak();
        let (mut upper, mut lower) =
            (std::mem::take(&mut self.upper), std::mem::take(&mut self.lower));
        upper.clear();
        lower.clear();
        *self = Jitter { before, upper, lower, ..Jitter::default() };
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.restart();
        self.before = None;
    }

    /// The worst jitter of a series, peak to peak, in nanoseconds; `None` before the second arrival.
    pub fn peak_to_peak(&self) -> Option<f64> {
        let slope = self.slope();
        let most = |hull: &[Point], sign: f64| {
            let offsets = hull.iter().map(|(x, y)| sign * (y - slope * x));
            offsets.reduce(f64::max)
        };
        let current = most(&self.upper, 1.0).zip(most(&self.lower, -1.0));
        let current = current.filter(|_| self.count > 1.0).map(|(above, below)| above + below);
        [self.before, current].into_iter().flatten().reduce(f64::max)
    }

    /// The heap memory in bytes.
    pub fn bytes(&self) -> usize {
        size_of::<Point>() * (self.upper.capacity() + self.lower.capacity())
    }

    /// The drift in nanoseconds per second, by linear regression.
    fn slope(&self) -> f64 {
        let spread = self.count * self.sum_xx - self.sum_x * self.sum_x;
        let slope = (self.count * self.sum_xy - self.sum_x * self.sum_y) / spread;
        let most = MOST_DRIFT * 1e9;
        if slope.is_finite() { slope.clamp(-most, most) } else { 0.0 }
    }
}

/// How far `middle` lies above the line from `first` to `last`, times the distance between them.
fn height(first: Point, middle: Point, last: Point) -> f64 {
    (middle.1 - first.1) * (last.0 - first.0) - (last.1 - first.1) * (middle.0 - first.0)
}

/// Adds a point to the right of a hull; `sign` is -1 for the lower one.
fn extend(hull: &mut Vec<Point>, point: Point, sign: f64) {
    while let [.., first, middle] = hull[..] {
        if sign * height(first, middle, point) > 0.0 {
            break;
        }
        hull.pop();
    }
    if hull.len() >= MOST_CORNERS {
        remove_flattest(hull);
    }
    hull.push(point);
}

/// Removes the corner that changes a hull the least.
fn remove_flattest(hull: &mut Vec<Point>) {
    let flat = |(_, corner): &(usize, &[Point])| match corner {
        [first, middle, last] => height(*first, *middle, *last).abs(),
        _ => f64::INFINITY,
    };
    let corners = hull.windows(3).enumerate();
    let flattest = corners.min_by(|one, two| flat(one).total_cmp(&flat(two)));
    if let Some((before, _)) = flattest {
        hull.remove(before + 1);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn jitter(offsets: impl IntoIterator<Item = f64>) -> Jitter {
        let mut jitter = Jitter::default();
        offsets.into_iter().enumerate().for_each(|(n, offset)| jitter.add(n as f64 * 0.04, offset));
        jitter
    }

    #[test]
    fn drift_is_no_jitter() {
        let drifting = jitter((0..10_000).map(|n| f64::from(n) * 0.04 * 30_000.0));
        assert!(drifting.peak_to_peak().unwrap() < 1.0);
        let alternating = (0..10_000).map(|n| f64::from(n) * 1200.0 + f64::from(n % 2) * 5e6);
        let peak = jitter(alternating).peak_to_peak().unwrap();
        assert!((peak - 5e6).abs() < 5e3, "{peak}");
    }

    #[test]
    fn a_burst_at_the_start_is_jitter() {
        let burst = (0..100).map(|n| f64::from(n.min(25)) * 10e6);
        let peak = jitter(burst).peak_to_peak().unwrap();
        assert!((peak - 250e6).abs() < 3e6, "{peak}");
    }

    #[test]
    fn a_new_series_keeps_the_worst() {
        let mut jitter = jitter([0.0, 100.0, 0.0, 100.0]);
        let before = jitter.peak_to_peak();
        jitter.restart();
        jitter.add(0.0, 1e9);
        assert_eq!(jitter.peak_to_peak(), before);
        jitter.clear();
        assert_eq!(jitter.peak_to_peak(), None);
    }

    proptest! {
        #[test]
        fn the_hull_keeps_the_peaks(offsets in proptest::collection::vec(-1e6..1e6_f64, 2..400)) {
            let jitter = jitter(offsets.iter().copied());
            let slope = jitter.slope();
            let rests = || offsets.iter().enumerate().map(|(n, y)| y - slope * n as f64 * 0.04);
            let truth = rests().fold(f64::MIN, f64::max) - rests().fold(f64::MAX, f64::min);
            prop_assert!((jitter.peak_to_peak().unwrap() - truth).abs() < 1.0);
            prop_assert!(jitter.bytes() <= 2 * 2 * MOST_CORNERS * size_of::<Point>());
        }
    }
}
