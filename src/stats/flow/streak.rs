//! Consecutive numbers: the evidence that a field is a sequence number.

use crate::format::numbered::{Content, Numbered, Numbering};

/// A run of datagrams whose numbers continue each other.
#[derive(Clone, Copy, Debug, Default)]
pub struct Streak {
    /// The key, the first number and the next number of the last datagram.
    last: Option<(u64, u64, u64)>,
    length: u8,
}

impl Streak {
    /// Adds a datagram. Returns the number of consecutive datagrams, which a duplicate of the last
    /// one neither raises nor ends.
    pub fn add(&mut self, numbered: &Numbered, numbering: Numbering) -> u8 {
        let wrapped = |number: u64| match numbering.modulus {
            Some(modulus) => number % modulus.get(),
            None => number,
        };
        let (first, next) = match numbered.content {
            Content::Data { first, count } => (first, wrapped(first.wrapping_add(count))),
            Content::Heartbeat { next } | Content::End { next: Some(next) } => (next, next),
            Content::End { next: None } | Content::Aside => return self.length,
        };
        match self.last {
            Some((key, last, _)) if (key, last) == (numbered.key, first) && first != next => {}
            Some((key, _, expected)) if (key, expected) == (numbered.key, first) => {
                self.length = self.length.saturating_add(1);
                self.last = Some((numbered.key, first, next));
            }
            _ => {
                self.length = 1;
                self.last = Some((numbered.key, first, next));
            }
        }
        self.length
    }

    /// Ends the run: a datagram did not fit.
    pub fn reset(&mut self) {
        *self = Streak::default();
    }
}

/// Runs of several keys, whose datagrams may alternate.
#[derive(Clone, Debug, Default)]
pub struct Streaks(Vec<(u64, Streak)>);

/// How many keys a table of runs remembers.
const MOST_KEYS: usize = 32;

impl Streaks {
    /// Adds a datagram. Returns the number of consecutive datagrams of its key.
    pub fn add(&mut self, numbered: &Numbered, numbering: Numbering) -> u8 {
        let known = self.0.iter().position(|(key, _)| *key == numbered.key);
        let position = known.unwrap_or_else(|| {
            if self.0.len() >= MOST_KEYS {
                self.0.remove(0);
            }
            self.0.push((numbered.key, Streak::default()));
            self.0.len() - 1
        });
        self.0.get_mut(position).map_or(0, |(_, streak)| streak.add(numbered, numbering))
    }

    /// Ends all runs.
    pub fn reset(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::numbered::Unit;

    #[test]
    fn alternating_keys_have_runs_of_their_own() {
        let mut streaks = Streaks::default();
        let numbering = Numbering::bits(32, Unit::Messages);
        let lengths = [(1, 1), (2, 90), (3, 7), (1, 2), (3, 9), (2, 91), (3, 10)].map(|of| {
            let content = Content::Data { first: of.1, count: 1 };
            streaks.add(&Numbered { key: of.0, content, sent: None }, numbering)
        });
        assert_eq!(lengths, [1, 1, 1, 2, 1, 2, 2]);
        (10..100).for_each(|key| {
            let content = Content::Data { first: 1, count: 1 };
            streaks.add(&Numbered { key, content, sent: None }, numbering);
        });
        assert_eq!(streaks.0.len(), MOST_KEYS);
    }

    fn lengths(numbers: &[(u64, u64, u64)]) -> Vec<u8> {
        let mut streak = Streak::default();
        let add = |(key, first, count): &(u64, u64, u64)| {
            let content = Content::Data { first: *first, count: *count };
            let numbered = Numbered { key: *key, content, sent: None };
            streak.add(&numbered, Numbering::bits(16, Unit::Messages))
        };
        numbers.iter().map(add).collect()
    }

    #[test]
    fn consecutive_numbers_count_across_the_wrap() {
        assert_eq!(lengths(&[(1, 65_533, 2), (1, 65_535, 1), (1, 0, 5), (1, 5, 1)]), [1, 2, 3, 4]);
    }

    #[test]
    fn a_gap_or_another_key_begins_again() {
        assert_eq!(lengths(&[(1, 5, 1), (1, 7, 1), (1, 8, 1), (2, 9, 1)]), [1, 1, 2, 1]);
    }

    #[test]
    fn a_duplicate_is_neutral() {
        assert_eq!(lengths(&[(1, 5, 1), (1, 5, 1), (1, 6, 1), (1, 6, 1)]), [1, 1, 2, 2]);
    }
}
