//! A bounded series over time: when it is full, neighbours merge.

/// A value over a part of the time.
pub trait Part {
    /// Adds the part that follows.
    fn merge(&mut self, later: &Self);
}

/// Values over time. However long the run, they are at most as many as the series may hold. Each of
/// them then covers twice, four times, eight times as much time as before.
#[derive(Clone, Debug)]
pub struct Series<P> {
    points: Vec<P>,
    most: usize,
    /// How many parts a point covers, and how many the last point covers so far.
    each: usize,
    in_last: usize,
}

impl<P: Part> Series<P> {
    /// An empty series of at most this many points, an even number.
    pub fn new(most: usize) -> Self {
        Series { points: Vec::new(), most, each: 1, in_last: 0 }
    }

    /// Adds the next part of the time.
    pub fn push(&mut self, part: P) {
        match self.points.last_mut() {
            Some(last) if self.in_last < self.each => {
                last.merge(&part);
                self.in_last += 1;
            }
            _ => {
                self.halve_if_full();
                self.points.push(part);
                self.in_last = 1;
            }
        }
    }

    /// The last point, to complete it.
    pub fn last_mut(&mut self) -> Option<&mut P> {
        self.points.last_mut()
    }

    /// The points in their order.
    pub fn points(&self) -> &[P] {
        &self.points
    }

    /// How many parts a point covers.
    pub fn each(&self) -> usize {
        self.each
    }

    fn halve_if_full(&mut self) {
        if self.points.len() < self.most {
            return;
        }
        let mut merged = Vec::with_capacity(self.most);
        let mut points = self.points.drain(..);
        while let Some(mut first) = points.next() {
            if let Some(second) = points.next() {
                first.merge(&second);
            }
            merged.push(first);
        }
        drop(points);
        self.points = merged;
        self.each *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Part for u64 {
        fn merge(&mut self, later: &Self) {
            *self += later;
        }
    }

    #[test]
    fn a_full_series_merges_neighbours() {
        let mut series = Series::new(4);
        (0..4).for_each(|_| series.push(1_u64));
        assert_eq!((series.points(), series.each()), (&[1, 1, 1, 1][..], 1));
        series.push(1);
        assert_eq!((series.points(), series.each()), (&[2, 2, 1][..], 2));
        (0..4).for_each(|_| series.push(1));
        assert_eq!((series.points(), series.each()), (&[4, 4, 1][..], 4));
    }

    #[test]
    fn a_day_fits_and_loses_nothing() {
        let mut series = Series::new(600);
        (0..86_400).for_each(|_| series.push(1_u64));
        assert!(series.points().len() <= 600 && series.points().len() >= 300);
        assert_eq!(series.points().iter().sum::<u64>(), 86_400);
    }
}
