use proptest::prelude::*;

use super::*;
use crate::units::Rate;

const SECOND: Duration = Duration::from_secs(1);

fn pps(rate: f64) -> Period {
    Period::of(Rate::Packets(rate), 1, 64)
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// The due times of the rounds within a time, in ns after the start.
fn times(period: Period, shape: Shape, within: Duration) -> Vec<u64> {
    let start = Instant::now();
    let mut schedule = Schedule::new(start, period, shape);
    let mut times = Vec::new();
    while let Some(due) = schedule.next().filter(|due| *due < start + within) {
        assert_eq!(schedule.due_together(due, 1, |late| assert!(late.is_zero())), 1);
        times.push(due.duration_since(start).as_nanos() as u64);
    }
    times
}

/// The number of rounds in each window.
fn per_window(times: &[u64], window: Duration, windows: usize) -> Vec<u64> {
    let mut counts = vec![0; windows];
    for time in times {
        counts[(u128::from(*time) / window.as_nanos()) as usize] += 1;
    }
    counts
}

#[test]
fn an_even_schedule_is_a_pace() {
    assert_eq!(times(pps(4.0), Shape::Even, SECOND), [0, 250_000_000, 500_000_000, 750_000_000]);
}

#[test]
fn the_last_rounds_leave_after_a_late_wake_up() {
    let (start, shapes) = (
        Instant::now(),
        [
            Shape::Even,
            Shape::Poisson { seed: 7 },
            Shape::Ramp { to: pps(1000.0), over: SECOND },
            Shape::OnOff { on: SECOND, off: SECOND },
        ],
    );
    for shape in shapes {
        let all = times(pps(1000.0), shape, SECOND).len() as u64;
        // The sender sleeps from 5 ms before the end to `wake` after it.
        let woken = |wake: Duration, most: u64| {
            let mut schedule = Schedule::new(start, pps(1000.0), shape);
            let mut early = 0;
            while let Some(due) = schedule.next().filter(|due| *due < start + ms(995)) {
                early += schedule.due_together(due, 1, |_| ());
            }
            let mut late = Vec::new();
            let end = start + SECOND;
            let last = schedule.due_before(end, end + wake, most, |by| late.push(by));
            assert_eq!(late.len() as u64, last);
            assert!(late.iter().all(|by| (wake..wake + ms(6)).contains(by)), "{late:?}");
            (early + last, schedule.skipped(), schedule.owed(end))
        };
        assert_eq!(woken(Duration::ZERO, 100), (all, 0, 0), "{shape:?}");
        assert_eq!(woken(ms(20), 100), (all, 0, 0), "{shape:?}");
        let (sent, skipped, owed) = woken(ms(20), 2);
        assert_eq!((sent + owed, skipped, owed > 0), (all, 0, true), "{shape:?}");
        let (sent, skipped, owed) = woken(ms(101), 100);
        assert_eq!((sent + owed, skipped, owed > 2), (all, 0, true), "{shape:?}");
    }
}

#[test]
fn poisson_gaps_are_exponential() {
    for seed in 0..10 {
        let times = times(pps(1000.0), Shape::Poisson { seed }, 20 * SECOND);
        let mut gaps: Vec<f64> = std::iter::once(times[0])
            .chain(times.windows(2).map(|two| two[1] - two[0]))
            .map(|gap| gap as f64 / 1e6)
            .collect();
        gaps.sort_by(f64::total_cmp);
        let many = gaps.len() as f64;
        let distance = gaps.iter().enumerate().map(|(rank, gap)| {
            let expected = 1.0 - (-gap).exp();
            (expected - rank as f64 / many).abs().max((expected - (rank + 1) as f64 / many).abs())
        });
        // Kolmogorov and Smirnov: 99.9 % of all samples are below.
        let most = distance.fold(0.0, f64::max);
        assert!(most < 1.95 / many.sqrt(), "seed {seed}: {most}");
        // The standard deviation of a Poisson count is its root: 3.3 of them in 999 of 1000 runs.
        assert!((many - 20_000.0).abs() < 3.3 * 20_000_f64.sqrt(), "seed {seed}: {many}");
    }
}

#[test]
fn poisson_counts_per_window_have_their_distribution() {
    const WINDOWS: usize = 20_000;
    let times = times(pps(4000.0), Shape::Poisson { seed: 42 }, WINDOWS as u32 * ms(1));
    let counts = per_window(&times, ms(1), WINDOWS);
    // Counts with the mean 4; those from 11 on are one bin.
    let mut probability = (-4.0_f64).exp();
    let (mut chi, mut rest) = (0.0, 1.0);
    for count in 0..=11 {
        let (seen, share) = if count == 11 {
            (counts.iter().filter(|of| **of >= 11).count(), rest)
        } else {
            (counts.iter().filter(|of| **of == count).count(), probability)
        };
        let expected = share * WINDOWS as f64;
        chi += (seen as f64 - expected).powi(2) / expected;
        rest -= probability;
        probability *= 4.0 / (count + 1) as f64;
    }
    assert!(chi < 31.3, "11 degrees of freedom, 99.9 %: {chi}");
    // Neighbours are independent: their correlation is 0 within 3.3 standard errors.
    let mean = counts.iter().sum::<u64>() as f64 / WINDOWS as f64;
    let about = |count: u64| count as f64 - mean;
    let variance: f64 = counts.iter().map(|count| about(*count).powi(2)).sum();
    let covariance: f64 = counts.windows(2).map(|two| about(two[0]) * about(two[1])).sum();
    assert!((covariance / variance).abs() < 3.3 / (WINDOWS as f64).sqrt());
    // The variance of a Poisson count is its mean.
    let dispersion = variance / WINDOWS as f64 / mean;
    assert!((dispersion - 1.0).abs() < 3.3 * (2.0 / WINDOWS as f64).sqrt(), "{dispersion}");
}

#[test]
fn a_seed_repeats_a_poisson_process() {
    let of = |seed| times(pps(1000.0), Shape::Poisson { seed }, SECOND);
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
}

#[test]
fn a_ramp_follows_the_integral_of_its_rate() {
    for (from, to) in [(1000.0, 9000.0), (9000.0, 1000.0), (1.0, 20_000.0), (500.0, 500.0)] {
        let shape = Shape::Ramp { to: pps(to), over: 10 * SECOND };
        let times = times(pps(from), shape, 12 * SECOND);
        let due_before = |seconds: f64| {
            let ramp = seconds.min(10.0);
            from * ramp + (to - from) * ramp * ramp / 20.0 + (seconds - ramp) * to
        };
        for tenth in 1..=120 {
            let end = f64::from(tenth) / 10.0;
            let counted = times.partition_point(|time| (*time as f64) < end * 1e9 - 0.5);
            let expected = due_before(end);
            // Round 0 is due at 0: n rounds are due before the time of round n.
            let off = counted as f64 - expected;
            assert!((-0.01..1.01).contains(&off), "{from} to {to} at {end}: {counted}, {expected}");
        }
        assert!(times.is_sorted());
    }
}

#[test]
fn an_on_off_schedule_has_the_mean_rate_of_its_share() {
    let of =
        |on, off, rate, within| times(pps(rate), Shape::OnOff { on: ms(on), off: ms(off) }, within);
    let bursts = of(100, 900, 1000.0, 10 * SECOND);
    assert_eq!(per_window(&bursts, ms(100), 100), [[100, 0, 0, 0, 0, 0, 0, 0, 0, 0]; 10].concat());
    // A period that does not divide the time with rounds neither shortens nor lengthens a cycle.
    let uneven = of(10, 30, 3333.3, 40 * SECOND);
    assert!((uneven.len() as i64 - 33_333).abs() <= 1, "{}", uneven.len());
    assert!(uneven.iter().all(|time| time % 40_000_000 <= 10_000_000));
    // Fewer rounds than cycles: some cycles have none.
    assert_eq!(per_window(&of(100, 100, 4.0, 4 * SECOND), ms(200), 20).iter().sum::<u64>(), 8);
    assert_eq!(of(50, 0, 100.0, SECOND), times(pps(100.0), Shape::Even, SECOND));
}

fn shapes() -> [Shape; 3] {
    [
        Shape::Poisson { seed: 3 },
        Shape::Ramp { to: pps(3000.0), over: 8 * SECOND },
        Shape::OnOff { on: ms(300), off: ms(200) },
    ]
}

#[test]
fn owed_rounds_are_due_and_not_taken() {
    for shape in shapes() {
        let start = Instant::now();
        let all = times(pps(1000.0), shape, SECOND).len() as u64;
        let mut schedule = Schedule::new(start, pps(1000.0), shape);
        assert_eq!((schedule.owed(start), schedule.owed(start + SECOND)), (0, all), "{shape:?}");
        let taken = schedule.due_together(start + ms(80), 20, |_| ());
        assert_eq!((taken, schedule.owed(start + SECOND)), (20, all - 20), "{shape:?}");
    }
}

#[test]
fn a_short_stall_is_caught_up_and_a_long_one_skipped() {
    for shape in shapes() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start, pps(1000.0), shape);
        let due = times(pps(1000.0), shape, ms(90)).len() as u64;
        assert_eq!(
            schedule.due_together(start + ms(90) - Duration::from_nanos(1), u64::MAX, |_| ()),
            due,
            "{shape:?}"
        );
        assert_eq!(schedule.skipped(), 0, "{shape:?}");
        let before = times(pps(1000.0), shape, 3 * SECOND).len() as u64;
        let taken = schedule.due_together(start + 3 * SECOND, u64::MAX, |_| ());
        let most = per_window(&times(pps(1000.0), shape, 3 * SECOND), ms(1), 3000);
        let recent = most[2899..].iter().sum::<u64>();
        let total = (due + taken + schedule.skipped()) as f64;
        // The skipped rounds of a Poisson process are estimated, and the others drawn again.
        let exact = !matches!(shape, Shape::Poisson { .. });
        let tolerance = if exact { 1.0 } else { 4.0 * (before as f64).sqrt() };
        assert!((total - before as f64).abs() <= tolerance, "{shape:?}: {total} of {before}");
        assert!(!exact || taken <= recent + 2, "{shape:?}: {taken} at once");
        assert!(taken < 400, "{shape:?}: {taken} at once");
    }
}

#[test]
fn a_postponed_round_is_due_then_and_no_round_is_missed() {
    for shape in shapes() {
        let start = Instant::now();
        let (mut schedule, mut straight) =
            (Schedule::new(start, pps(1000.0), shape), Schedule::new(start, pps(1000.0), shape));
        schedule.postpone(start + 5 * SECOND);
        assert_eq!(schedule.next(), Some(start + 5 * SECOND), "{shape:?}");
        schedule.postpone(start);
        let first = straight.next().unwrap().duration_since(start);
        straight.due_together(start + first, 1, |_| ());
        schedule.due_together(start + 5 * SECOND, 1, |_| ());
        let gap = straight.next().unwrap() - (start + first);
        assert_eq!(schedule.next(), Some(start + 5 * SECOND + gap), "{shape:?}");
        assert_eq!(schedule.skipped(), 0, "{shape:?}");
    }
}

#[test]
fn the_planned_time_is_that_of_the_round() {
    let start = Instant::now();
    for (shape, round, expected) in [
        (Shape::Even, 1000, SECOND),
        (Shape::Poisson { seed: 1 }, 999, SECOND),
        (Shape::OnOff { on: ms(100), off: ms(100) }, 1000, 2 * SECOND),
        (Shape::Ramp { to: pps(3000.0), over: SECOND }, 2000, SECOND),
    ] {
        assert_eq!(Schedule::new(start, pps(1000.0), shape).planned(round), expected, "{shape:?}");
    }
}

#[test]
fn the_period_of_a_ramp_is_that_of_its_present_rate() {
    let start = Instant::now();
    let mut ramp =
        Schedule::new(start, pps(100.0), Shape::Ramp { to: pps(10_000.0), over: 10 * SECOND });
    assert_eq!(ramp.period(), ms(10));
    ramp.due_together(start + 10 * SECOND, u64::MAX, |_| ());
    assert!(ramp.period() < Duration::from_micros(101), "{:?}", ramp.period());
}

#[test]
fn extreme_rates_do_not_panic() {
    let start = Instant::now();
    for rate in [1e-320, 1e-9, 1.0, 1e300] {
        for shape in shapes() {
            let mut schedule = Schedule::new(start, pps(rate), shape);
            for second in 0..100 {
                schedule.due_together(start + second * SECOND, 10, |_| ());
                schedule.owed(start + second * SECOND);
                let _ = (schedule.next(), schedule.period(), schedule.planned(u64::MAX));
            }
        }
    }
}

proptest! {
    #[test]
    fn a_shape_never_runs_ahead(
        naps in proptest::collection::vec(0_u64..3_000, 1..50),
        rate in 1.0_f64..5000.0,
        seed: u64,
    ) {
        for shape in shapes().into_iter().chain([Shape::Poisson { seed }]) {
            let start = Instant::now();
            let mut schedule = Schedule::new(start, pps(rate), shape);
            let mut time = 0;
            for nap in &naps {
                time += nap;
                let now = start + ms(time);
                let mut latest = Duration::MAX;
                schedule.due_together(now, u64::MAX, |late| {
                    assert!(late <= latest, "the rounds are in order");
                    latest = late;
                });
                prop_assert!(schedule.next().is_none_or(|next| next > now));
                prop_assert_eq!(schedule.owed(now), 0);
            }
        }
    }
}
