//! The search for the highest rate of which trials pass: binary search, as RFC 2544, 26.1 and RFC
//! 3918, 4.3 suggest. Pure.

/// The search for the highest rate that passes, in datagrams per second.
#[derive(Clone, Debug)]
pub struct Search {
    max: f64,
    /// Rates below it are not tried.
    floor: f64,
    /// The width of the range at which the search ends, as a part of its upper end.
    resolution: f64,
    passed: Option<f64>,
    failed: Option<f64>,
    /// The sender reached no higher rate, and its trial passed.
    exhausted: bool,
}

/// The result of a trial.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// The rate at which the sender sent, if it did not reach the planned one.
    pub reached: Option<f64>,
    /// Whether the losses were small enough.
    pub passed: bool,
}

impl Search {
    /// A search up to `max`.
    pub fn new(max: f64, floor: f64, resolution: f64) -> Self {
        let floor = floor.min(max);
        Search { max, floor, resolution, passed: None, failed: None, exhausted: false }
    }

    /// The rate of the next trial; `None` at the end of the search.
    pub fn next(&self) -> Option<f64> {
        if self.exhausted {
            return None;
        }
        match (self.passed, self.failed) {
            (None, None) => Some(self.max),
            (Some(_), None) => None,
            (None, Some(failed)) => {
                let next = (failed / 2.0).max(self.floor);
                (next < failed).then_some(next)
            }
            (Some(passed), Some(failed)) => {
                let next = (passed + failed) / 2.0;
                let is_wide = failed - passed > self.resolution * failed;
                (is_wide && passed < next && next < failed).then_some(next)
            }
        }
    }

    /// Takes the result of the trial at `rate`, which [`Search::next`] returned.
    pub fn take(&mut self, rate: f64, outcome: Outcome) {
        let rate = outcome.reached.map_or(rate, |reached| reached.min(rate));
        if outcome.passed {
            // A slow sender may reach less than an earlier trial that passed.
            self.passed = Some(self.passed.map_or(rate, |passed| passed.max(rate)));
            self.exhausted = outcome.reached.is_some();
        } else {
            self.failed = Some(self.failed.map_or(rate, |failed| failed.min(rate)));
            // The network is not what it was: the lower rate counts.
            self.passed = self.passed.filter(|passed| *passed < rate);
        }
    }

    /// The highest rate that passed.
    pub fn passed(&self) -> Option<f64> {
        self.passed
    }

    /// The lowest rate that failed, above all that passed.
    pub fn failed(&self) -> Option<f64> {
        self.failed
    }

    /// Whether the sender bounds the result.
    pub fn is_exhausted(&self) -> bool {
        self.exhausted
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// More trials than any search needs.
    const MOST: usize = 80;

    fn outcome(passed: bool) -> Outcome {
        Outcome { reached: None, passed }
    }

    /// Runs a search; `network` returns the result of a trial at a rate. Returns the search and the
    /// rates of its trials.
    fn run(
        mut search: Search,
        mut network: impl FnMut(f64) -> Outcome,
    ) -> (Search, Vec<(f64, Outcome)>) {
        let mut trials = Vec::new();
        while let Some(rate) = search.next() {
            assert!(trials.len() < MOST, "{search:?}");
            let outcome = network(rate);
            search.take(rate, outcome);
            trials.push((rate, outcome));
        }
        (search, trials)
    }

    #[test]
    fn the_range_is_halved() {
        let (search, trials) = run(Search::new(1000.0, 1.0, 0.1), |rate| outcome(rate <= 430.0));
        let rates: Vec<f64> = trials.iter().map(|(rate, _)| *rate).collect();
        assert_eq!(rates, [1000.0, 500.0, 250.0, 375.0, 437.5, 406.25]);
        assert_eq!((search.passed(), search.failed()), (Some(406.25), Some(437.5)));
    }

    #[test]
    fn a_network_without_losses_needs_one_trial() {
        let (search, trials) = run(Search::new(1000.0, 1.0, 0.01), |_| outcome(true));
        assert_eq!((trials.len(), search.passed(), search.failed()), (1, Some(1000.0), None));
    }

    #[test]
    fn a_slow_sender_ends_the_search() {
        let slow = |rate: f64| Outcome { reached: (rate > 600.0).then_some(600.0), passed: true };
        let (search, trials) = run(Search::new(1000.0, 1.0, 0.01), slow);
        assert_eq!((trials.len(), search.passed()), (1, Some(600.0)));
        assert!(search.is_exhausted() && search.failed().is_none());
        // The network loses at what the sender reaches.
        let lossy =
            |rate: f64| Outcome { reached: (rate > 600.0).then_some(600.0), passed: rate <= 300.0 };
        let (search, _) = run(Search::new(1000.0, 1.0, 0.01), lossy);
        assert_eq!(search.passed(), Some(300.0));
        assert!(!search.is_exhausted());
    }

    proptest! {
        #[test]
        fn the_limit_of_a_steady_network_is_found(
            max in 10.0..1e7_f64,
            limit in 0.0..1.0_f64,
            resolution in 0.001..0.5_f64,
        ) {
            let limit = limit * max;
            let floor = max / 1e6;
            let (search, _) =
                run(Search::new(max, floor, resolution), |rate| outcome(rate <= limit));
            match (search.passed(), search.failed()) {
                (Some(passed), Some(failed)) => {
                    prop_assert!(passed <= limit && limit < failed);
                    prop_assert!(failed - passed <= resolution * failed * (1.0 + 1e-9));
                }
                (None, Some(failed)) => prop_assert!(failed == floor && limit < floor),
                other => prop_assert!(false, "{:?}", other),
            }
        }

        #[test]
        fn a_noisy_network_ends_the_search_with_a_rate_that_passed(
            passes in proptest::collection::vec(any::<bool>(), MOST),
            reached in proptest::collection::vec(proptest::option::of(0.1..1.0_f64), MOST),
            resolution in 0.001..0.5_f64,
        ) {
            let mut results = passes.into_iter().zip(reached);
            let (search, trials) = run(Search::new(1e6, 10.0, resolution), |rate| {
                let (passed, part) = results.next().expect("few trials");
                Outcome { reached: part.map(|part| part * rate), passed }
            });
            if let Some(passed) = search.passed() {
                let mut rates = trials
                    .iter()
                    .filter(|(_, outcome)| outcome.passed)
                    .map(|(rate, outcome)| outcome.reached.unwrap_or(*rate));
                prop_assert!(rates.any(|rate| rate == passed));
                prop_assert!(search.failed().is_none_or(|failed| passed < failed));
            }
        }

        #[test]
        fn a_network_that_always_loses_has_no_rate(
            max in 10.0..1e7_f64,
            resolution in 0.001..0.5_f64,
        ) {
            let (search, trials) =
                run(Search::new(max, max / 1e4, resolution), |_| outcome(false));
            prop_assert_eq!(search.passed(), None);
            prop_assert!(trials.len() <= 16);
            prop_assert!(trials.iter().map(|(rate, _)| *rate).is_sorted_by(|a, b| a > b));
        }
    }
}
