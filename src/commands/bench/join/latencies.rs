//! The distribution of latencies.

use std::time::Duration;

use crate::event::{Bin, LatencyInfo};

/// The most bins of a histogram; wider bins replace more of them.
const MOST_BINS: usize = 12;

/// Describes latencies; `None` without any. Percentiles are measurements (nearest rank): with fewer
/// than 100 of them, the highest is their p99. Bins are not narrower than `resolution`.
pub fn describe(latencies: &[Duration], resolution: Duration) -> Option<LatencyInfo> {
    let mut sorted = latencies.to_vec();
    sorted.sort_unstable();
    let (min, max) = (*sorted.first()?, *sorted.last()?);
    let rank = |percent: usize| sorted[(sorted.len() * percent).div_ceil(100).max(1) - 1];
    let sum: Duration = sorted.iter().sum();
    Some(LatencyInfo {
        count: sorted.len(),
        min,
        mean: sum / u32::try_from(sorted.len()).unwrap_or(u32::MAX),
        p50: rank(50),
        p99: rank(99),
        max,
        histogram: histogram(&sorted, resolution),
    })
}

/// Equal bins whose width is 1, 2 or 5 times a power of ten.
fn histogram(sorted: &[Duration], resolution: Duration) -> Vec<Bin> {
    let nanos = |time: &Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    let (Some(min), Some(max)) = (sorted.first().map(nanos), sorted.last().map(nanos)) else {
        return Vec::new();
    };
    // Three digits must distinguish the bins.
    let least = nanos(&resolution).max(max / 100).max(1000);
    let mut widths = (3..18).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_u64.pow(power)));
    let fits = |width: &u64| *width >= least && max / width - min / width < MOST_BINS as u64;
    let width = widths.find(fits).unwrap_or(u64::MAX);
    let bin = |number: u64| {
        let (from, to) = (number.saturating_mul(width), (number + 1).saturating_mul(width));
        let count = sorted.iter().map(nanos).filter(|time| (from..to).contains(time)).count();
        Bin { from: Duration::from_nanos(from), to: Duration::from_nanos(to), count }
    };
    (min / width..=max / width).map(bin).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn millis(values: &[u64]) -> Vec<Duration> {
        values.iter().map(|ms| Duration::from_millis(*ms)).collect()
    }

    #[test]
    fn percentiles_are_measurements() {
        let info = describe(&millis(&[30, 10, 20, 900]), Duration::ZERO).unwrap();
        let ms = |ms| Duration::from_millis(ms);
        assert_eq!((info.count, info.min, info.mean, info.max), (4, ms(10), ms(240), ms(900)));
        assert_eq!((info.p50, info.p99), (ms(20), ms(900)));
        let hundred: Vec<u64> = (1..=200).collect();
        let info = describe(&millis(&hundred), Duration::ZERO).unwrap();
        assert_eq!((info.p50, info.p99), (ms(100), ms(198)));
        assert_eq!(describe(&[], Duration::ZERO), None);
    }

    #[test]
    fn bins_are_round() {
        let info = describe(&millis(&[10, 11, 19, 31]), Duration::ZERO).unwrap();
        let shown: Vec<_> =
            info.histogram.iter().map(|bin| (bin.from.as_millis(), bin.count)).collect();
        assert_eq!(shown.first(), Some(&(10, 2)));
        assert_eq!(shown.last(), Some(&(30, 1)));
        assert_eq!(info.histogram[0].to, Duration::from_millis(12));
        let coarse = describe(&millis(&[10, 11, 19, 31]), Duration::from_millis(7)).unwrap();
        assert_eq!(coarse.histogram[0].to, Duration::from_millis(20), "10 ms wide");
        // 2.031 s and 2.034 s would have equal names in narrower bins.
        let alike = describe(&millis(&[2031, 2034]), Duration::ZERO).unwrap();
        assert_eq!(alike.histogram.len(), 1);
    }

    proptest! {
        #[test]
        fn every_measurement_is_in_one_bin(
            nanos in proptest::collection::vec(0..10_000_000_000_u64, 1..50),
            resolution in 0..10_000_000_000_u64,
        ) {
            let all: Vec<Duration> = nanos.iter().map(|nanos| Duration::from_nanos(*nanos)).collect();
            let info = describe(&all, Duration::from_nanos(resolution)).unwrap();
            prop_assert!(info.histogram.len() <= MOST_BINS);
            prop_assert_eq!(info.histogram.iter().map(|bin| bin.count).sum::<usize>(), all.len());
            let (first, last) = (info.histogram.first().unwrap(), info.histogram.last().unwrap());
            prop_assert!(first.count > 0 && last.count > 0);
            prop_assert!(info.min <= info.p50 && info.p50 <= info.p99 && info.p99 <= info.max);
            prop_assert!(info.min <= info.mean && info.mean <= info.max);
        }
    }
}
