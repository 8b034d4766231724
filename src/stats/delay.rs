//! Delays of a stream: their distribution, and their variation against the shortest. All in
//! nanoseconds, and signed: where two clocks do not agree a delay may be negative, and is told so.

use hdrhistogram::Histogram;
use serde::Serialize;

/// A delay further than this above the shortest counts as this, in the percentiles. About five
/// hours.
const WIDEST: u64 = 1 << 44;

/// The least room that is left below the first delay for shorter ones to come.
const LEAST_ROOM: i64 = 1_000;

/// The distribution of delays, in a memory that does not grow with their number. Shortest, longest
/// and mean are exact. Percentiles are exact to the precision that was asked for, of their distance
/// from the shortest (which is the delay variation of RFC 5481, 4.2).
#[derive(Clone, Debug)]
pub struct Delays {
    /// How far each one is above `base`.
    above: Histogram<u64>,
    /// A little below the shortest.
    base: i64,
    min: i64,
    max: i64,
    sum: i128,
}

/// What delays come to, in nanoseconds.
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

/// How finely the percentiles are told, and at what cost in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// To a thousandth.
    Fine,
    /// To a hundredth, in an eighth of the memory.
    Coarse,
}

impl Delays {
    /// No delays yet.
    pub fn new(precision: Precision) -> Self {
        let digits = if precision == Precision::Fine { 3 } else { 2 };
        Delays { above: empty(digits), base: 0, min: i64::MAX, max: i64::MIN, sum: 0 }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.above.len()
    }

    /// Takes a delay.
    pub fn record(&mut self, delay: i64) {
        self.record_many(delay, 1);
        self.sum += i128::from(delay);
        self.min = self.min.min(delay);
        self.max = self.max.max(delay);
    }

    /// Takes in other delays. What is exact stays so.
    pub fn merge(&mut self, other: &Delays) {
        for (delay, many) in other.recorded() {
            self.record_many(delay.clamp(other.min, other.max), many);
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
            above: self.above.clone(),
            base: less(self.base),
            min: 0,
            max: less(self.max),
            sum,
        }
    }

    /// What they come to; `None` without any.
    pub fn quantiles(&self) -> Option<Quantiles> {
        let at =
            |quantile| self.delay(self.above.value_at_quantile(quantile)).clamp(self.min, self.max);
        let mean = self.sum.checked_div(i128::from(self.count()))?;
        Some(Quantiles {
            min: self.min,
            mean: i64::try_from(mean).unwrap_or(self.max),
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: self.max,
        })
    }

    /// How far they are above the shortest (RFC 5481, 4.2); `None` without any.
    pub fn variation(&self) -> Option<Quantiles> {
        let Quantiles { min, mean, p50, p90, p99, p999, max } = self.quantiles()?;
        let [mean, p50, p90, p99, p999, max] =
            [mean, p50, p90, p99, p999, max].map(|delay| delay.saturating_sub(min));
        Some(Quantiles { min: 0, mean, p50, p90, p99, p999, max })
    }

    /// How many are no longer than each of `edges`, which go up, as finely as they are told apart.
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

    fn record_many(&mut self, delay: i64, many: u64) {
        if self.above.is_empty() {
            self.base = delay.saturating_sub(LEAST_ROOM);
        } else if delay < self.base {
            self.lower(delay);
        }
        record(&mut self.above, delay, self.base, many);
    }

    /// Makes room for a shorter delay, in proportion to how far they lie apart: a clock that drifts
    /// away must not ask for it at every datagram.
    fn lower(&mut self, delay: i64) {
        let room = (self.max.max(self.base).saturating_sub(delay) / 16).max(LEAST_ROOM);
        let base = delay.saturating_sub(room);
        let mut lowered = empty(self.above.sigfig());
        for (delay, many) in self.recorded() {
            record(&mut lowered, delay, base, many);
        }
        (self.above, self.base) = (lowered, base);
    }

    /// What was recorded, as far as it was told apart: each delay, and how often.
    fn recorded(&self) -> impl Iterator<Item = (i64, u64)> {
        // The middle of what is not told apart, so that recording it anew does not push it one way.
        let steps = self.above.iter_recorded();
        steps.map(|step| {
            (
                self.delay(self.above.median_equivalent(step.value_iterated_to())),
                step.count_at_value(),
            )
        })
    }
}

/// An empty histogram that grows as it needs to.
fn empty(digits: u8) -> Histogram<u64> {
    // The library takes 0 to 5 digits.
    Histogram::new(digits).unwrap_or_else(|_| Histogram::new(2).expect("two digits are few enough"))
}

fn record(histogram: &mut Histogram<u64>, delay: i64, base: i64, many: u64) {
    let above = u64::try_from(delay.saturating_sub(base)).unwrap_or(0).min(WIDEST);
    // It grows to any number, so there is nothing that it refuses.
    let _ = histogram.record_n(above, many);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PRECISIONS: [(Precision, f64); 2] = [(Precision::Fine, 0.001), (Precision::Coarse, 0.01)];

    fn of(delays: &[i64], precision: Precision) -> Delays {
        let mut recorded = Delays::new(precision);
        delays.iter().for_each(|delay| recorded.record(*delay));
        recorded
    }

    /// The same by definition: the delays in order, and the one of that rank.
    fn by_definition(delays: &[i64]) -> Quantiles {
        let mut sorted = delays.to_vec();
        sorted.sort_unstable();
        let rank =
            |per_thousand: usize| sorted[(sorted.len() * per_thousand).div_ceil(1000).max(1) - 1];
        let sum: i128 = sorted.iter().map(|delay| i128::from(*delay)).sum();
        Quantiles {
            min: sorted[0],
            mean: (sum / sorted.len() as i128) as i64,
            p50: rank(500),
            p90: rank(900),
            p99: rank(990),
            p999: rank(999),
            max: sorted[sorted.len() - 1],
        }
    }

    fn list(quantiles: Quantiles) -> [i64; 7] {
        let Quantiles { min, mean, p50, p90, p99, p999, max } = quantiles;
        [min, mean, p50, p90, p99, p999, max]
    }

    #[test]
    fn none_is_no_zero() {
        assert_eq!(
            (of(&[], Precision::Fine).quantiles(), of(&[], Precision::Fine).variation()),
            (None, None)
        );
    }

    #[test]
    fn the_example_of_rfc_5481() {
        // Section 4.4: five delays in ms, and how far each is above the shortest.
        let (delays, variations) = ([20, 10, 20, 25, 20], [10, 0, 10, 15, 10]);
        let less = of(&delays, Precision::Fine).less_the_shortest();
        assert_eq!(less.variation(), less.quantiles(), "the shortest has none");
        let expected = of(&variations, Precision::Fine);
        assert_eq!(less.quantiles(), expected.quantiles());
        for edge in 0..=15 {
            assert_eq!(less.up_to(&[edge]), expected.up_to(&[edge]), "{edge}");
        }
    }

    #[test]
    fn an_offset_of_the_clocks_does_not_change_the_variation() {
        let delays = [20_000_000, 10_000_000, 20_000_000, 25_000_000, 20_000_000];
        for offset in [0, -3_600_000_000_000, 86_400_000_000_000_000] {
            let shifted: Vec<i64> = delays.iter().map(|delay| delay + offset).collect();
            let shifted = of(&shifted, Precision::Fine);
            let (quantiles, variation) =
                (shifted.quantiles().unwrap(), shifted.variation().unwrap());
            assert_eq!(
                (quantiles.min, quantiles.max, quantiles.mean),
                (10_000_000 + offset, 25_000_000 + offset, 19_000_000 + offset)
            );
            assert_eq!((variation.min, variation.mean, variation.max), (0, 9_000_000, 15_000_000));
            assert!((variation.p50 - 10_000_000).abs() <= 10_000, "{variation:?}");
        }
    }

    #[test]
    fn a_clock_that_drifts_away_is_followed_at_little_cost() {
        let mut delays = Delays::new(Precision::Coarse);
        for step in 0..200_000 {
            delays.record(-step * 1_000);
        }
        let variation = delays.variation().unwrap();
        assert_eq!((variation.max, delays.count()), (199_999_000, 200_000));
        assert!((variation.p50 - 100_000_000).abs() < 3_000_000, "{variation:?}");
    }

    #[test]
    fn extremes_do_not_overflow() {
        let delays = of(&[i64::MIN, i64::MAX, 0, i64::MIN], Precision::Fine);
        assert_eq!(
            (delays.quantiles().unwrap().min, delays.quantiles().unwrap().max),
            (i64::MIN, i64::MAX)
        );
        assert_eq!(delays.variation().unwrap().max, i64::MAX);
        let mut merged = Delays::new(Precision::Coarse);
        merged.merge(&delays.less_the_shortest());
        assert_eq!(merged.count(), 4);
    }

    proptest! {
        #[test]
        fn percentiles_agree_with_the_definition(
            base in -1_000_000_000_000_i64..1_000_000_000_000,
            spread in 1..40_u32,
            seeds in proptest::collection::vec(any::<u64>(), 1..400),
        ) {
            let delays: Vec<i64> =
                seeds.iter().map(|seed| base + (seed % (1 << spread)) as i64).collect();
            for (precision, error) in PRECISIONS {
                let recorded = of(&delays, precision);
                let (found, expected) = (recorded.quantiles().unwrap(), by_definition(&delays));
                prop_assert_eq!(
                    (found.min, found.mean, found.max),
                    (expected.min, expected.mean, expected.max)
                );
                // Room below the first one, and what was moved when the room was used up, cost a little of the precision.
                let tolerated = ((expected.max - expected.min) as f64 * 2.0 * error) as i64 + 10;
                for (found, expected) in list(found).into_iter().zip(list(expected)) {
                    prop_assert!(
                        (found - expected).abs() <= tolerated,
                        "{} for {}, tolerated {}",
                        found,
                        expected,
                        tolerated
                    );
                }
            }
        }

        #[test]
        fn merging_is_recording_all(
            one in proptest::collection::vec(-1_000_000..1_000_000_i64, 0..50),
            two in proptest::collection::vec(-1_000_000_000..1_000_000_000_i64, 0..50),
        ) {
            let (mut merged, both) =
                (of(&one, Precision::Fine), [one.clone(), two.clone()].concat());
            merged.merge(&of(&two, Precision::Fine));
            prop_assert_eq!(merged.count(), both.len() as u64);
            match (merged.quantiles(), both.is_empty()) {
                (None, true) => {}
                (Some(found), false) => {
                    let expected = by_definition(&both);
                    prop_assert_eq!(
                        (found.min, found.mean, found.max),
                        (expected.min, expected.mean, expected.max)
                    );
                }
                (found, _) => prop_assert!(false, "{:?}", found),
            }
            let mut variation = Delays::new(Precision::Fine);
            [&one, &two].iter().for_each(|delays| {
                variation.merge(&of(delays, Precision::Fine).less_the_shortest())
            });
            let spread =
                |delays: &[i64]| delays.iter().max().map(|max| max - delays.iter().min().unwrap());
            prop_assert_eq!(
                variation.quantiles().map(|found| found.max),
                spread(&one).max(spread(&two))
            );
        }

        #[test]
        fn every_delay_is_below_some_edge(
            delays in proptest::collection::vec(-1_000_000..1_000_000_i64, 1..100),
        ) {
            let recorded = of(&delays, Precision::Fine);
            let max = *delays.iter().max().unwrap();
            prop_assert_eq!(recorded.up_to(&[i64::MIN, max]), [0, delays.len() as u64]);
            let counts = recorded.up_to(&[-500_000, 0, 500_000, 1_000_000]);
            prop_assert!(counts.is_sorted());
        }
    }
}
