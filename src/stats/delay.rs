//! The delays of a stream: their distribution, and their variation against the shortest, in signed
//! nanoseconds. A delay is negative if the clocks differ.

use hdrhistogram::Histogram;
use serde::Serialize;

/// A delay further than this above the shortest counts as this, in the percentiles. About five
/// hours.
const WIDEST: u64 = 1 << 44;

/// The smallest reserve below the first delay, for shorter ones.
const LEAST_ROOM: i64 = 1_000;

/// The memory of a histogram of any delays without any digits, in bytes.
const LEAST_BYTES: usize = size_of::<u64>() * 48;

/// The number of delays kept exactly. Most streams of a crowd have fewer, and a histogram takes a
/// hundred times the memory.
const FEW: usize = 64;

/// The distribution of delays, in a memory that does not grow with their number. Shortest, longest
/// and mean are exact. Percentiles are exact to the precision that was asked for, of their distance
/// from the shortest (which is the delay variation of RFC 5481, 4.2).
#[derive(Clone, Debug)]
pub struct Delays {
    /// The delays themselves, until they are more than [`FEW`].
    few: Vec<i64>,
    /// How far each one is above `base`, from then on.
    above: Option<Histogram<u64>>,
    /// The significant digits of a distance.
    digits: u8,
    /// A little below the shortest.
    base: i64,
    min: i64,
    max: i64,
    sum: i128,
}

/// The quantiles of delays, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Quantiles {
    /// The shortest.
    pub min: i64,
    /// The mean.
    pub mean: i64,
    /// The median.
    pub p50: i64,
    /// 90 of 100 are no longer.
    pub p90: i64,
    /// 99 of 100 are no longer.
    pub p99: i64,
    /// 999 of 1000 are no longer.
    pub p999: i64,
    /// The longest.
    pub max: i64,
}

/// The precision of the percentiles, and its cost in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// To a thousandth.
    Fine,
    /// To a hundredth, in an eighth of the memory.
    Coarse,
}

impl Delays {
    /// No delays yet. Memory is taken as delays come.
    pub fn new(precision: Precision) -> Self {
        let digits = if precision == Precision::Fine { 3 } else { 2 };
        Delays {
            few: Vec::new(),
            above: None,
            digits,
            base: 0,
            min: i64::MAX,
            max: i64::MIN,
            sum: 0,
        }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.few.len() as u64 + self.above.as_ref().map_or(0, Histogram::len)
    }

    /// The heap memory of the distribution in bytes, or its minimum if it may not grow.
    pub fn bytes(&self) -> usize {
        self.allocated().max(LEAST_BYTES)
    }

    fn allocated(&self) -> usize {
        let bins = self.above.as_ref().map_or(0, Histogram::distinct_values);
        size_of::<i64>() * self.few.capacity() + size_of::<u64>() * bins
    }

    /// Takes a delay.
    pub fn record(&mut self, delay: i64) {
        self.record_within(delay, true);
    }

    /// Takes a delay. Unless the distribution `may_grow`, it gives up precision before it takes
    /// more memory.
    pub fn record_within(&mut self, delay: i64, may_grow: bool) {
        self.record_many(delay, 1, may_grow);
        self.sum += i128::from(delay);
        self.min = self.min.min(delay);
        self.max = self.max.max(delay);
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

    /// How far each one is above the shortest (RFC 5481, 4.2).
    pub fn less_the_shortest(&self) -> Delays {
        if self.count() == 0 {
            return self.clone();
        }
        let less = |delay: i64| delay.saturating_sub(self.min);
        let sum = self.sum - i128::from(self.min) * i128::from(self.count());
        Delays {
            few: self.few.iter().copied().map(less).collect(),
            above: self.above.clone(),
            digits: self.digits,
            base: less(self.base),
            min: 0,
            max: less(self.max),
            sum,
        }
    }

    /// The quantiles; `None` without delays.
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

    /// The delays at these thousandths. At least one delay must exist.
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

    /// How far they are above the shortest (RFC 5481, 4.2); `None` without any.
    pub fn variation(&self) -> Option<Quantiles> {
        let Quantiles { min, mean, p50, p90, p99, p999, max } = self.quantiles()?;
        let [mean, p50, p90, p99, p999, max] =
            [mean, p50, p90, p99, p999, max].map(|delay| delay.saturating_sub(min));
        Some(Quantiles { min: 0, mean, p50, p90, p99, p999, max })
    }

    /// The number of delays up to each of `edges` (ascending), at the precision of the histogram.
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

    /// The delay that a place in the histogram stands for.
    fn delay(&self, above: u64) -> i64 {
        self.base.saturating_add(i64::try_from(above).unwrap_or(i64::MAX))
    }

    fn record_many(&mut self, delay: i64, many: u64, may_grow: bool) {
        if self.above.is_none() {
            let has_room = self.few.len() < self.few.capacity() || may_grow;
            if many == 1 && self.few.len() < FEW && has_room {
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
        }
    }

    /// Moves the few exact delays into a histogram that can also hold `delay`.
    fn spread(&mut self, delay: i64, may_grow: bool) {
        let least = self.few.iter().copied().fold(delay, i64::min);
        self.rebuild(least.saturating_sub(LEAST_ROOM), self.max.max(delay), may_grow);
    }

    /// Extends the range below, in proportion to its width: a drifting clock must not cause this
    /// for every datagram.
    fn lower(&mut self, delay: i64, may_grow: bool) {
        let longest = self.max.max(self.base);
        let room = (longest.saturating_sub(delay) / 16).max(LEAST_ROOM);
        self.rebuild(delay.saturating_sub(room), longest, may_grow);
    }

    /// Rebuilds the histogram from `base` to `longest`, with as many digits as the memory allows.
    /// Unless it `may_grow`, it takes no more memory than before.
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

    /// The recorded delays at the precision of the histogram, each with its count, in ascending
    /// order.
    fn recorded(&self) -> impl Iterator<Item = (i64, u64)> {
        let mut few = self.few.clone();
        few.sort_unstable();
        // The middle of each bin, to avoid a drift when delays are recorded again.
        let spread = self.above.iter().flat_map(move |above| {
            above.iter_recorded().map(move |step| {
                let middle = above.median_equivalent(step.value_iterated_to());
                (self.delay(middle), step.count_at_value())
            })
        });
        few.into_iter().map(|delay| (delay, 1)).chain(spread)
    }
}

/// An empty histogram that grows as it needs to.
fn empty(digits: u8) -> Histogram<u64> {
    // The library takes 0 to 5 digits.
    Histogram::new(digits).unwrap_or_else(|_| Histogram::new(2).expect("two digits are few enough"))
}

fn record(histogram: &mut Histogram<u64>, delay: i64, base: i64, many: u64) {
    // The histogram resizes itself, and accepts any number.
    let _ = histogram.record_n(distance(delay, base), many);
}

/// How far a delay is above `base`, as a histogram records it.
fn distance(delay: i64, base: i64) -> u64 {
    u64::try_from(delay.saturating_sub(base)).unwrap_or(0).min(WIDEST)
}

/// The number of bins in the first bucket of a histogram, by its digits. Each further bucket is
/// twice as wide and has half as many bins.
fn first_bucket(digits: u8) -> u64 {
    (2 * 10_u64.pow(digits.into())).next_power_of_two()
}

/// The distances below this one have a place in a histogram without it growing.
fn covered(histogram: &Histogram<u64>) -> u64 {
    let wider = u32::from(histogram.buckets()).saturating_sub(1);
    first_bucket(histogram.sigfig()).checked_shl(wider).unwrap_or(u64::MAX)
}

/// How many bins a histogram takes for a distance.
fn bins(digits: u8, distance: u64) -> usize {
    let first = first_bucket(digits);
    let wider = (u64::BITS - (distance / first).leading_zeros()) as usize;
    (wider + 2) * (first / 2) as usize
}

#[cfg(test)]
mod tests;
