//! The invariants of losses, quantiles and reported counters.

use mcast::event::CountersInfo;
use mcast::stats::delay::Quantiles;
use mcast::stats::sequence::Losses;

pub fn check_losses(losses: Losses) {
    let Losses { expected, lost, runs, longest } = losses;
    assert!(lost <= expected && longest <= lost && runs <= lost, "{losses:?}");
    assert_eq!((lost == 0, lost == 0), (runs == 0, longest == 0), "{losses:?}");
    // Each run has at least one loss and at most `longest`; one run has exactly `longest`.
    assert!(
        lost >= longest + runs.saturating_sub(1) && lost <= longest.saturating_mul(runs),
        "{losses:?}"
    );
}

pub fn check_quantiles(quantiles: Quantiles) {
    let Quantiles { min, mean, p50, p90, p99, p999, max } = quantiles;
    assert!(
        [min, p50, p90, p99, p999, max].is_sorted() && (min..=max).contains(&mean),
        "{quantiles:?}"
    );
}

pub fn check_info(counters: &CountersInfo) {
    assert!(counters.loss_ratio.is_none_or(|ratio| (0.0..=1.0).contains(&ratio)), "{counters:?}");
    for never_negative in
        [counters.jitter, counters.rate_pps, counters.bitrate_bps].into_iter().flatten()
    {
        assert!(never_negative.is_finite() && never_negative >= 0.0, "{counters:?}");
    }
    assert!(counters.gap_ns.is_none_or(|gap| gap >= 0), "{counters:?}");
    assert!(counters.hops.is_none_or(|hops| hops.min <= hops.max), "{counters:?}");
    assert!(counters.pdv_ns.is_none_or(|variation| variation.min >= 0), "{counters:?}");
    counters.delay_ns.into_iter().chain(counters.pdv_ns).for_each(check_quantiles);
}
