//! Answers that wait for their random part of the window.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::time::Duration;

use crate::format::exchange::Request;
use crate::units::RandomSequence;

/// The most answers that wait.
const MOST: usize = 16_384;

/// The longest delay: a forged window must not fill the list of waiting answers for hours.
const LONGEST: Duration = Duration::from_secs(60);

/// Whether this receiver is among the share that should answer.
pub fn is_of_share(request: &Request, random: &mut RandomSequence) -> bool {
    random.occurs(request.probability())
}

/// A random part of the window of a request.
pub fn random_delay(request: &Request, random: &mut RandomSequence) -> Duration {
    match request.window.min(LONGEST) {
        Duration::ZERO => Duration::ZERO,
        window => window.mul_f64(random.fraction()),
    }
}

/// Answers by the times when they are due.
#[derive(Clone, Debug)]
pub struct Delayed<T> {
    waiting: BinaryHeap<Reverse<Entry<T>>>,
    /// Answers with equal times keep their order.
    added: u64,
}

#[derive(Clone, Debug)]
struct Entry<T> {
    due: (Duration, u64),
    answer: T,
}

impl<T> Default for Delayed<T> {
    fn default() -> Self {
        Delayed { waiting: BinaryHeap::new(), added: 0 }
    }
}

impl<T> Delayed<T> {
    /// Adds an answer. Returns whether the list took it.
    pub fn add(&mut self, due: Duration, answer: T) -> bool {
        if self.waiting.len() >= MOST {
            return false;
        }
        self.added += 1;
        self.waiting.push(Reverse(Entry { due: (due, self.added), answer }));
        true
    }

    /// When the next answer is due.
    pub fn due(&self) -> Option<Duration> {
        self.waiting.peek().map(|Reverse(entry)| entry.due.0)
    }

    /// Takes an answer that is due at `now`.
    pub fn take_due(&mut self, now: Duration) -> Option<T> {
        self.due().filter(|due| *due <= now)?;
        self.waiting.pop().map(|Reverse(entry)| entry.answer)
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.due == other.due
    }
}

impl<T> Eq for Entry<T> {}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.due.cmp(&other.due)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn answers_leave_in_the_order_of_their_times_and_none_is_early(
            dues in proptest::collection::vec(0..1000_u64, 0..300),
            polls in proptest::collection::vec(0..100_u64, 0..50),
        ) {
            let mut delayed = Delayed::default();
            for due in &dues {
                delayed.add(Duration::from_millis(*due), *due);
            }
            let (mut now, mut taken) = (0, Vec::new());
            for pause in polls.into_iter().chain([1000]) {
                now += pause;
                while let Some(due) = delayed.take_due(Duration::from_millis(now)) {
                    prop_assert!(due <= now);
                    taken.push(due);
                }
                prop_assert!(delayed.due().is_none_or(|due| due > Duration::from_millis(now)));
            }
            let mut sorted = dues;
            sorted.sort_unstable();
            prop_assert_eq!(taken, sorted);
        }

        #[test]
        fn a_delay_is_within_the_window(window: u32, seed: u64) {
            let window = Duration::from_micros(window.into());
            let request = Request { window, ..Request::AT_ONCE };
            let delay = random_delay(&request, &mut RandomSequence::new(seed, 0));
            prop_assert!(delay <= window && delay <= LONGEST);
            prop_assert!(is_of_share(&request, &mut RandomSequence::new(seed, 0)));
        }
    }

    #[test]
    fn the_list_is_bounded() {
        let mut delayed = Delayed::default();
        let added = (0..2 * MOST).filter(|_| delayed.add(Duration::ZERO, ())).count();
        assert_eq!(added, MOST);
    }

    #[test]
    fn a_share_answers_with_its_probability() {
        let mut random = RandomSequence::new(1, 0);
        let quarter = Request { share: u32::MAX / 4, ..Request::AT_ONCE };
        let chosen = (0..100_000).filter(|_| is_of_share(&quarter, &mut random)).count();
        assert!((24_500..25_500).contains(&chosen), "{chosen} of 100000");
    }
}
