//! The search for the highest number of groups: it doubles the number until a trial fails, and then
//! halves the range. Pure.

/// The search for the highest number of groups of which all arrive.
#[derive(Clone, Debug)]
pub struct Capacity {
    most: usize,
    passed: Option<usize>,
    failed: Option<usize>,
}

impl Capacity {
    /// A search up to `most` groups.
    pub fn new(most: usize) -> Self {
        Capacity { most, passed: None, failed: None }
    }

    /// The groups of the next trial; `None` at the end of the search.
    pub fn next(&self) -> Option<usize> {
        let next = match (self.passed, self.failed) {
            (None, None) => 1.min(self.most),
            (None, Some(failed)) => failed / 2,
            (Some(passed), None) => (2 * passed).min(self.most),
            (Some(passed), Some(failed)) => passed + (failed - passed) / 2,
        };
        (next > self.passed.unwrap_or(0)).then_some(next)
    }

    /// Takes the result of the trial with `groups` groups, which [`Capacity::next`] returned.
    pub fn take(&mut self, groups: usize, passed: bool) {
        if passed { self.passed = Some(groups) } else { self.failed = Some(groups) }
    }

    /// The most groups of which all arrived.
    pub fn passed(&self) -> Option<usize> {
        self.passed
    }

    /// The fewest groups of which not all arrived.
    pub fn failed(&self) -> Option<usize> {
        self.failed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The trials of a network that forwards `capacity` groups, and the search at its end.
    fn run(most: usize, capacity: usize) -> (Vec<usize>, Capacity) {
        let (mut search, mut trials) = (Capacity::new(most), Vec::new());
        while let Some(groups) = search.next() {
            search.take(groups, groups <= capacity);
            trials.push(groups);
            assert!(trials.len() < 100, "{search:?}");
        }
        (trials, search)
    }

    #[test]
    fn the_number_doubles_and_the_range_is_halved() {
        let (trials, search) = run(1000, 5);
        assert_eq!(trials, [1, 2, 4, 8, 6, 5]);
        assert_eq!((search.passed(), search.failed()), (Some(5), Some(6)));
        assert_eq!(run(20, 100).0, [1, 2, 4, 8, 16, 20]);
        assert_eq!(run(20, 0).0, [1]);
    }

    proptest! {
        #[test]
        fn the_capacity_is_found(most in 1..100_000_usize, capacity in 0..100_000_usize) {
            let (_, search) = run(most, capacity);
            prop_assert_eq!(search.passed(), Some(capacity.min(most)).filter(|of| *of > 0));
            prop_assert_eq!(search.failed(), (capacity < most).then_some(capacity + 1));
        }
    }
}
