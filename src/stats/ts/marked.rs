//! Values over the run and since the last mark.

/// A value over the run, and the same value since the last mark.
#[derive(Clone, Copy, Debug, Default)]
pub struct Marked<T> {
    whole: T,
    since_mark: T,
}

impl<T: Copy + Default> Marked<T> {
    /// Updates both values.
    #[inline]
    pub fn each(&mut self, update: impl Fn(&mut T)) {
        update(&mut self.whole);
        update(&mut self.since_mark);
    }

    /// The value since the last mark, or of the run.
    pub fn get(&self, interval: bool) -> T {
        if interval { self.since_mark } else { self.whole }
    }

    /// Begins a new interval.
    pub fn mark(&mut self) {
        self.since_mark = T::default();
    }
}

/// The mean and the maximum of spans of time in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    count: u64,
    sum: i128,
    max: i64,
}

impl Spread {
    /// Adds a span.
    pub fn add(&mut self, span: i64) {
        self.count += 1;
        self.sum += i128::from(span);
        self.max = if self.count == 1 { span } else { self.max.max(span) };
    }

    /// Adds the spans of another one.
    pub fn merge(&mut self, other: Spread) {
        if other.count > 0 {
            self.max = if self.count == 0 { other.max } else { self.max.max(other.max) };
            self.count += other.count;
            self.sum += other.sum;
        }
    }

    /// The mean; `None` without spans.
    pub fn mean(&self) -> Option<i64> {
        i64::try_from(self.sum.checked_div(i128::from(self.count))?).ok()
    }

    /// The maximum; `None` without spans.
    pub fn max(&self) -> Option<i64> {
        (self.count > 0).then_some(self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_begins_an_interval() {
        let mut spread: Marked<Spread> = Marked::default();
        spread.each(|spread| spread.add(10));
        spread.mark();
        assert_eq!(spread.get(true).max(), None);
        spread.each(|spread| spread.add(4));
        let (interval, whole) = (spread.get(true), spread.get(false));
        assert_eq!((interval.mean(), interval.max()), (Some(4), Some(4)));
        assert_eq!((whole.mean(), whole.max()), (Some(7), Some(10)));
    }
}
