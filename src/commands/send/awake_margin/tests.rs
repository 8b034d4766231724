use proptest::prelude::*;

use super::*;

const REVIEW: Duration = Duration::from_millis(50);
/// The CPU time of a sleep on the scripted machine.
const SLEEP_COST: Duration = Duration::from_micros(20);
/// The CPU time of a round.
const SEND_COST: Duration = Duration::from_micros(5);

fn micros(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

/// A sender on a machine with scripted wake-ups.
struct Scene {
    awake: AwakeMargin,
    period: Duration,
    /// The time and the CPU time since the last review.
    elapsed: Duration,
    cpu: Duration,
    /// The rounds, and the late ones.
    rounds: u32,
    late: u32,
    /// The CPU time in all.
    used: Duration,
}

impl Scene {
    fn new(period: Duration, limit: SpinLimit) -> Self {
        let [elapsed, cpu, used] = [Duration::ZERO; 3];
        let awake = AwakeMargin::new(period, limit);
        Scene { awake, period, elapsed, cpu, rounds: 0, late: 0, used }
    }

    /// Sends rounds for `span`; the wake-up before round `n` is late by `late(n)`.
    fn run(&mut self, span: Duration, late: impl Fn(u32) -> Duration) -> &mut Self {
        (self.rounds, self.late, self.used) = (0, 0, Duration::ZERO);
        let rounds = (span.as_nanos() / self.period.as_nanos()) as u32;
        for round in 0..rounds {
            let margin = self.awake.margin();
            let mut cpu = SEND_COST;
            if margin >= self.period {
                cpu = self.period;
            } else {
                let late = late(round);
                self.awake.note_wake_up(late);
                self.late += u32::from(late > margin);
                cpu += SLEEP_COST + margin.saturating_sub(late);
            }
            self.rounds += 1;
            self.cpu += cpu;
            self.used += cpu;
            self.elapsed += self.period;
            if self.elapsed >= REVIEW {
                self.awake.review(self.elapsed, Some(self.cpu));
                (self.elapsed, self.cpu) = (Duration::ZERO, Duration::ZERO);
            }
        }
        self
    }

    /// The share of a core in the last run.
    fn share(&self) -> f64 {
        self.used.as_secs_f64() / (self.period * self.rounds).as_secs_f64()
    }

    fn margin(&self) -> u128 {
        self.awake.margin().as_micros()
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn good_wake_ups_keep_the_usual_margin() {
    let mut scene = Scene::new(micros(1000), SpinLimit::Usual);
    assert_eq!(scene.margin(), 150);
    scene.run(10 * SECOND, |round| micros(30 + u64::from(round % 50)));
    assert_eq!((scene.margin(), scene.late), (150, 0));
    assert!(scene.share() < 0.2);
}

#[test]
fn late_wake_ups_widen_the_margin_and_are_forgotten() {
    let mut scene = Scene::new(micros(1000), SpinLimit::Usual);
    let noisy = |round| micros(if round % 50 == 0 { 240 } else { 60 });
    scene.run(SECOND, noisy).run(10 * SECOND, noisy);
    assert_eq!((scene.margin(), scene.late), (260, 0));
    scene.run(60 * SECOND, |_| micros(40)).run(SECOND, |_| micros(40));
    assert_eq!(scene.margin(), 150);
}

#[test]
fn stalls_cost_no_cpu_time() {
    for stall in [900, 4000, 100_000, 3_600_000_000] {
        let mut scene = Scene::new(micros(1000), SpinLimit::Usual);
        scene.run(20 * SECOND, |round| micros(if round % 100 == 0 { stall } else { 60 }));
        assert_eq!(scene.margin(), 150, "{stall}");
    }
}

#[test]
fn the_budget_bounds_the_margin() {
    let late = |round| micros(u64::from(round * 7 % 800));
    // Of a margin of M us, M / 2 are spent spinning in M of 800 periods.
    for (share, margin) in [(0.1, 300..400), (0.2, 450..600), (0.4, 650..800)] {
        let mut scene = Scene::new(micros(1000), SpinLimit::Budget(share));
        scene.run(5 * SECOND, late).run(5 * SECOND, late);
        assert!(margin.contains(&scene.margin()), "{share}: {}", scene.margin());
        assert!(scene.share() < share + 0.02, "{share}: {}", scene.share());
    }
}

#[test]
fn a_high_rate_sleeps_within_half_a_core_if_wake_ups_are_good() {
    let mut scene = Scene::new(micros(100), SpinLimit::Usual);
    scene.run(SECOND, |_| micros(15)).run(10 * SECOND, |_| micros(15));
    assert_eq!(scene.late, 0);
    assert!((0.4..0.53).contains(&scene.share()), "{}", scene.share());
}

#[test]
fn a_high_rate_stops_sleeping_if_wake_ups_are_late() {
    let mut scene = Scene::new(micros(100), SpinLimit::Usual);
    scene.run(SECOND, |_| micros(70));
    assert_eq!((scene.awake.margin(), scene.late), (Duration::MAX, PROOF));
    // It tries again from time to time.
    scene.run(61 * SECOND, |_| micros(70));
    assert_eq!((scene.awake.margin(), scene.late), (Duration::MAX, PROOF));
    scene.run(61 * SECOND, |_| micros(10));
    assert!(scene.awake.margin() < micros(100));
}

#[test]
fn a_budget_is_kept_at_a_high_rate_despite_late_wake_ups() {
    let mut scene = Scene::new(micros(100), SpinLimit::Budget(0.5));
    scene.run(SECOND, |_| micros(40)).run(10 * SECOND, |_| micros(40));
    assert!(scene.share() < 0.53, "{}", scene.share());
}

#[test]
fn sleeps_longer_than_the_period_are_useless() {
    for limit in [SpinLimit::Usual, SpinLimit::Budget(0.5)] {
        let mut scene = Scene::new(micros(10), limit);
        scene.run(SECOND, |_| micros(45));
        assert_eq!((scene.awake.margin(), scene.late), (Duration::MAX, PROOF));
    }
}

#[test]
fn a_whole_core_never_sleeps() {
    for period in [Duration::ZERO, micros(10), 10 * SECOND, Duration::MAX] {
        let mut awake = AwakeMargin::new(period, SpinLimit::Core);
        awake.review(SECOND, Some(SECOND));
        assert_eq!(awake.margin(), Duration::MAX);
    }
}

#[test]
fn sending_that_uses_the_budget_leaves_a_margin() {
    let mut awake = AwakeMargin::new(micros(1000), SpinLimit::Usual);
    (0..100).for_each(|_| awake.review(REVIEW, Some(REVIEW.mul_f64(0.9))));
    assert_eq!(awake.margin(), micros(100));
}

proptest! {
    /// Whatever the wake-ups and the clocks do, the margin stays between zero and the period, and
    /// the share of a core near the budget.
    #[test]
    fn the_margin_stays_within_its_bounds(
        period in 300..20_000_u64,
        percent in 1..=100_u32,
        wake_ups in proptest::collection::vec(0..10_000_u64, 1..50),
        odd in any::<u64>(),
    ) {
        let budget = f64::from(percent) / 100.0;
        let mut scene = Scene::new(micros(period), SpinLimit::Budget(budget));
        let late = |round: u32| micros(wake_ups[round as usize % wake_ups.len()]);
        scene.run(SECOND, late).run(3 * SECOND, late);
        prop_assert!(scene.awake.margin() <= micros(period).min(LONGEST) || scene.awake.margin() == Duration::MAX);
        let costs = (SLEEP_COST + SEND_COST).as_secs_f64() / micros(period).as_secs_f64();
        if scene.awake.margin() != Duration::MAX {
            let share = scene.share();
            prop_assert!(share < budget * (1.0 + LEAST_PART) + costs + 0.03, "{share} of {budget}");
        }
        scene.awake.review(Duration::from_nanos(odd), Some(Duration::from_nanos(!odd)));
        scene.awake.review(Duration::MAX, Some(Duration::MAX));
        prop_assert!(scene.awake.margin() <= micros(period) || scene.awake.margin() == Duration::MAX);
    }
}
