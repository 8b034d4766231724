use proptest::prelude::*;

use super::*;

const PRECISIONS: [(Precision, f64); 2] = [(Precision::Fine, 0.001), (Precision::Coarse, 0.01)];

fn of(delays: &[i64], precision: Precision) -> Delays {
    let mut recorded = Delays::new(precision);
    delays.iter().for_each(|delay| recorded.record(*delay));
    recorded
}

/// The same by definition: the sorted delays at these ranks.
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
fn an_empty_distribution_has_no_statistics() {
    assert_eq!(
        (of(&[], Precision::Fine).quantiles(), of(&[], Precision::Fine).variation()),
        (None, None)
    );
}

#[test]
fn the_example_of_rfc_5481() {
    // Section 4.4: five delays in ms, and the distance of each from the shortest.
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
fn a_clock_offset_does_not_change_the_variation() {
    let delays = [20_000_000, 10_000_000, 20_000_000, 25_000_000, 20_000_000];
    for offset in [0, -3_600_000_000_000, 86_400_000_000_000_000] {
        let shifted: Vec<i64> = delays.iter().map(|delay| delay + offset).collect();
        let shifted = of(&shifted, Precision::Fine);
        let (quantiles, variation) = (shifted.quantiles().unwrap(), shifted.variation().unwrap());
        assert_eq!(
            (quantiles.min, quantiles.max, quantiles.mean),
            (10_000_000 + offset, 25_000_000 + offset, 19_000_000 + offset)
        );
        assert_eq!((variation.min, variation.mean, variation.max), (0, 9_000_000, 15_000_000));
        assert!((variation.p50 - 10_000_000).abs() <= 10_000, "{variation:?}");
    }
}

#[test]
fn a_drifting_clock_causes_few_rebuilds() {
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

#[test]
fn memory_grows_with_the_delays() {
    let bytes = |many: i64| {
        let delays: Vec<i64> = (0..many).map(|step| 50_000 + step * 1_000).collect();
        of(&delays, Precision::Fine).allocated()
    };
    assert!(8 * bins(0, WIDEST) <= LEAST_BYTES, "{}", bins(0, WIDEST));
    assert_eq!((bytes(0), bytes(FEW as i64)), (0, 8 * FEW));
    assert!(bytes(FEW as i64 + 1) > 10_000);
}

#[test]
fn histograms_take_the_expected_number_of_bins() {
    for digits in 0..=3 {
        for power in 0..44 {
            let distance = (1_u64 << power) + 1;
            let mut histogram = empty(digits);
            histogram.record(distance).unwrap();
            assert_eq!(histogram.distinct_values(), bins(digits, distance), "{digits} {power}");
            let last = covered(&histogram) - 1;
            histogram.record(last).unwrap();
            assert_eq!(histogram.distinct_values(), bins(digits, distance), "{digits} {last}");
            histogram.record(last + 1).unwrap();
            assert!(histogram.distinct_values() > bins(digits, distance), "{digits} {last}");
        }
    }
}

proptest! {
    #[test]
    fn delays_that_may_not_grow_lose_only_precision(
        before in proptest::collection::vec(0..100_000_i64, 0..200),
        after in proptest::collection::vec(any::<i64>().prop_map(|delay| delay >> 20), 1..200),
    ) {
        let mut delays = of(&before, Precision::Coarse);
        let most = delays.bytes();
        for delay in &after {
            delays.record_within(*delay, false);
            prop_assert!(delays.bytes() <= most, "{} of {most}", delays.bytes());
        }
        let all = [before, after].concat();
        let (found, expected) = (delays.quantiles().unwrap(), by_definition(&all));
        prop_assert_eq!(delays.count(), all.len() as u64);
        prop_assert_eq!(
            (found.min, found.mean, found.max),
            (expected.min, expected.mean, expected.max)
        );
        prop_assert!(list(found)[2..].is_sorted(), "{:?}", found);
    }

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
            // The reserve below the first delay, and rebuilds, cost a little precision.
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
    fn merging_equals_recording_all(
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
    fn the_last_edge_includes_every_delay(
        delays in proptest::collection::vec(-1_000_000..1_000_000_i64, 1..100),
    ) {
        let recorded = of(&delays, Precision::Fine);
        let max = *delays.iter().max().unwrap();
        prop_assert_eq!(recorded.up_to(&[i64::MIN, max]), [0, delays.len() as u64]);
        let counts = recorded.up_to(&[-500_000, 0, 500_000, 1_000_000]);
        prop_assert!(counts.is_sorted());
    }
}
