//! The distribution of a stream's delays, and their variation relative to the shortest. Delays are
//! in nanoseconds and signed: they are negative if the clocks disagree.

use hdrhistogram::Histogram;
use serde::Serialize;

/// Percentiles treat a delay further than this above the shortest as this one. About five hours.
const WIDEST: u64 = 1 << 44;

/// The minimum range that is kept free below the first delay.
const LEAST_RESERVE: i64 = 1_000;

/// The memory of a histogram of any delays with the fewest digits, in bytes.
const LEAST_BYTES: usize = size_of::<u64>() * 48;

/// This many delays are kept individually. Most streams have fewer, and a histogram takes a hundred
/// times the memory.
const FEW: usize = 64;

/// The distribution of delays in bounded memory. Minimum, maximum and mean are exact. Percentiles
/// have the chosen precision, relative to their distance from the shortest delay (the delay
/// variation of RFC 5481, 4.2).
#[derive(Clone, Debug)]
pub struct Delays {
    /// The individual delays, up to [`FEW`].
    few: Vec<i64>,
    /// The distances from `base` of more delays.
    above: Option<Histogram<u64>>,
    /// The histogram holds distances below this one without growing; 0 without a histogram.
    covered: u64,
    /// The significant digits of a distance.
    digits: u8,
    /// A little below the shortest delay.
    base: i64,
    min: i64,
    max: i64,
    sum: i128,
}

/// Statistics of delays, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Quantiles {
    /// The minimum.
    pub min: i64,
    /// The mean.
    pub mean: i64,
    /// The median.
    pub p50: i64,
    /// The 90th percentile.
    pub p90: i64,
    /// The 99th percentile.
    pub p99: i64,
    /// The 99.9th percentile.
    pub p999: i64,
    /// The maximum.
    pub max: i64,
}

/// The precision of percentiles, which determines the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// 0.1 %.
    Fine,
    /// 1 %, in an eighth of the memory.
    Coarse,
}

impl Delays {
    /// An empty distribution. It allocates memory with its delays.
    pub fn new(precision: Precision) -> Self {
        let digits = if precision == Precision::Fine { 3 } else { 2 };
        Delays {
            few: Vec::new(),
            above: None,
            covered: 0,
            digits,
            base: 0,
            min: i64::MAX,
            max: i64::MIN,
            sum: 0,
        }
    }

    /// The number of delays.
    pub fn count(&self) -> u64 {
        self.few.len() as u64 + self.above.as_ref().map_or(0, Histogram::len)
    }

    /// The heap memory in bytes; a distribution that may not grow still takes this much.
    pub fn bytes(&self) -> usize {
        self.allocated().max(LEAST_BYTES)
    }

    fn allocated(&self) -> usize {
        let bins = self.above.as_ref().map_or(0, Histogram::distinct_values);
        size_of::<i64>() * self.few.capacity() + size_of::<u64>() * bins
    }

    /// Adds a delay.
    pub fn record(&mut self, delay: i64) {
        self.record_within(delay, true);
    }

    /// Adds a delay. Unless the distribution `may_grow`, it reduces the precision before it takes
    /// more memory. Returns whether the memory may have changed.
    #[inline]
    pub fn record_within(&mut self, delay: i64, may_grow: bool) -> bool {
        // A delay below the base is far beyond what is covered.
        let distance = delay.wrapping_sub(self.base) as u64;
        let is_covered = distance < self.covered;
        match &mut self.above {
            Some(above) if is_covered => {
                // A covered value is never refused.
                let _ = above.record(distance);
            }
            _ => self.record_many(delay, 1, may_grow),
        }
        self.sum += i128::from(delay);
        self.min = self.min.min(delay);
        self.max = self.max.max(delay);
        !is_covered
    }

    /// Adds other delays. Exact values stay exact.
    pub fn merge(&mut self, other: &Delays) {
        for (delay, many) in other.recorded() {
            self.record_many(delay.clamp(other.min, other.max), many, true);
        }
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// The distance of each delay from the shortest (RFC 5481, 4.2).
    pub fn less_the_shortest(&self) -> Delays {
        if self.count() == 0 {
            return self.clone();
        }
        let less = |delay: i64| delay.saturating_sub(self.min);
        let sum = self.sum - i128::from(self.min) * i128::from(self.count());
        Delays {
            few: self.few.iter().copied().map(less).collect(),
            above: self.above.clone(),
            covered: self.covered,
            digits: self.digits,
            base: less(self.base),
            min: 0,
            max: less(self.max),
            sum,
        }
    }

    /// The statistics; `None` without delays.
    pub fn quantiles(&self) -> Option<Quantiles> {
        let mean = self.sum.checked_div(i128::from(self.count()))?;
        let [p50, p90, p99, p999] = self.at([500, 900, 990, 999]);
        Some(Quantiles {
            min: self.min,
            mean: i64::try_from(mean).unwrap_or(self.max),
            p50,
            p90,
            p99,
            p999,
            max: self.max,
        })
    }

    /// The delays at these ranks in thousandths. The distribution is not empty.
    fn at<const N: usize>(&self, per_thousand: [u64; N]) -> [i64; N] {
        if let Some(above) = &self.above {
            return per_thousand.map(|part| {
                let found = above.value_at_quantile(part as f64 / 1000.0);
                self.delay(found).clamp(self.min, self.max)
            });
        }
        let mut sorted = self.few.clone();
        sorted.sort_unstable();
        per_thousand.map(|part| {
            let rank = (sorted.len() * part as usize).div_ceil(1000).max(1);
            sorted.get(rank - 1).copied().unwrap_or(self.max)
        })
    }

    /// The statistics of the distances from the shortest delay (RFC 5481, 4.2); `None` without
    /// delays.
    pub fn variation(&self) -> Option<Quantiles> {
        let Quantiles { min, mean, p50, p90, p99, p999, max } = self.quantiles()?;
        let [mean, p50, p90, p99, p999, max] =
            [mean, p50, p90, p99, p999, max].map(|delay| delay.saturating_sub(min));
        Some(Quantiles { min: 0, mean, p50, p90, p99, p999, max })
    }

    /// The number of delays up to each of the ascending `edges`, with the precision of the
    /// histogram.
    pub fn up_to(&self, edges: &[i64]) -> Vec<u64> {
        let mut recorded = self.recorded().peekable();
        let mut total = 0;
        let counted = edges.iter().map(|edge| {
            while let Some((_, many)) =
                recorded.next_if(|(delay, _)| (*delay).min(self.max) <= *edge)
            {
                total += many;
            }
            total
        });
        counted.collect()
    }

    /// The delay of a distance in the histogram.
    fn delay(&self, above: u64) -> i64 {
        self.base.saturating_add(i64::try_from(above).unwrap_or(i64::MAX))
    }

    fn record_many(&mut self, delay: i64, many: u64, may_grow: bool) {
        if self.above.is_none() {
            let fits = self.few.len() < self.few.capacity() || may_grow;
            if many == 1 && self.few.len() < FEW && fits {
                return self.few.push(delay);
            }
            self.spread(delay, may_grow);
        }
        if delay < self.base {
            self.lower(delay, may_grow);
        }
        let fits = |above: &Histogram<u64>| distance(delay, self.base) < covered(above);
        if !may_grow && !self.above.as_ref().is_some_and(fits) {
            self.rebuild(self.base, self.max.max(delay), may_grow);
        }
        if let Some(above) = &mut self.above {
            record(above, delay, self.base, many);
            self.covered = covered(above).min(WIDEST);
        }
    }

    /// Moves the individual delays to a histogram that also covers `delay`.
    fn spread(&mut self, delay: i64, may_grow: bool) {
        let least = self.few.iter().copied().fold(delay, i64::min);
        self.rebuild(least.saturating_sub(LEAST_RESERVE), self.max.max(delay), may_grow);
    }

    /// Extends the range to a shorter delay, with a reserve in proportion to the range: otherwise a
    /// drifting clock would cause a rebuild at every datagram.
    fn lower(&mut self, delay: i64, may_grow: bool) {
        let longest = self.max.max(self.base);
        let reserve = (longest.saturating_sub(delay) / 16).max(LEAST_RESERVE);
        self.rebuild(delay.saturating_sub(reserve), longest, may_grow);
    }

    /// Rebuilds the histogram for `base` to `longest`, with as many digits as the memory allows.
    /// Unless it `may_grow`, it takes no more memory than now.
    fn rebuild(&mut self, base: i64, longest: i64, may_grow: bool) {
        let (most, range) = (self.bytes(), distance(longest, base));
        let fits = |digits: &u8| bins(*digits, range) * size_of::<u64>() <= most;
        let digits = (0..=self.digits).rev().find(|digits| may_grow || fits(digits)).unwrap_or(0);
        let mut rebuilt = empty(digits);
        for (delay, many) in self.recorded() {
            record(&mut rebuilt, delay, base, many);
        }
        (self.few, self.above, self.base, self.digits) = (Vec::new(), Some(rebuilt), base, digits);
    }

    /// The recorded delays in ascending order, each with its number, at the precision of the
    /// histogram.
    fn recorded(&self) -> impl Iterator<Item = (i64, u64)> {
        let mut few = self.few.clone();
        few.sort_unstable();
        // The middle of a bin; an edge would shift all delays in one direction.
        let spread = self.above.iter().flat_map(move |above| {
            above.iter_recorded().map(move |step| {
                let middle = above.median_equivalent(step.value_iterated_to());
                (self.delay(middle), step.count_at_value())
            })
        });
        few.into_iter().map(|delay| (delay, 1)).chain(spread)
    }
}

/// An empty histogram that grows on demand.
fn empty(digits: u8) -> Histogram<u64> {
    // The library accepts 0 to 5 digits.
    Histogram::new(digits).unwrap_or_else(|_| Histogram::new(2).expect("two digits are few enough"))
}

fn record(histogram: &mut Histogram<u64>, delay: i64, base: i64, many: u64) {
    // A growing histogram accepts any number.
    let _ = histogram.record_n(distance(delay, base), many);
}

/// The distance of a delay from `base`, as the histogram records it.
fn distance(delay: i64, base: i64) -> u64 {
    u64::try_from(delay.saturating_sub(base)).unwrap_or(0).min(WIDEST)
}

/// The number of bins in the first bucket of a histogram. Each further bucket is twice as wide and
/// has half as many bins.
fn first_bucket(digits: u8) -> u64 {
    (2 * 10_u64.pow(digits.into())).next_power_of_two()
}

/// The histogram covers distances below this one without growing.
fn covered(histogram: &Histogram<u64>) -> u64 {
    let wider = u32::from(histogram.buckets()).saturating_sub(1);
    first_bucket(histogram.sigfig()).checked_shl(wider).unwrap_or(u64::MAX)
}

/// The number of bins up to a distance.
fn bins(digits: u8, distance: u64) -> usize {
    let first = first_bucket(digits);
    let wider = (u64::BITS - (distance / first).leading_zeros()) as usize;
    (wider + 2) * (first / 2) as usize
}

#[cfg(test)]
mod tests;
