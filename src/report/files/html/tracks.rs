//! The series of single streams, receivers or targets: as many as fit the memory.

use std::collections::HashMap;
use std::collections::hash_map::{Entry, RandomState};
use std::hash::{BuildHasher, Hash};

use super::point::Point;
use super::series::Series;

/// How many series there are at most. With all points they take 8 MiB.
const MOST: usize = 200;

/// How many points each of them has at most.
const POINTS: usize = 240;

/// The series of streams, receivers or targets. If there are too many, one with losses takes the
/// place of one without.
#[derive(Debug, Default)]
pub struct Tracks {
    hasher: RandomState,
    tracks: HashMap<u64, Track>,
}

/// One series.
#[derive(Debug)]
pub struct Track {
    /// The points.
    pub series: Series<Point>,
    /// The losses until now.
    lost: u64,
}

impl Tracks {
    /// Adds a part of the time to the series of `key`.
    pub fn push(&mut self, key: &impl Hash, point: Point) {
        // Only the hash is kept: it is keyed at random, and keys are long.
        let hash = self.hasher.hash_one(key);
        let lost = point.faults.sum();
        if self.tracks.len() >= MOST && !self.tracks.contains_key(&hash) {
            let unharmed = self.tracks.iter().find(|(_, track)| track.lost == 0);
            let Some((&other, _)) = unharmed.filter(|_| lost > 0) else { return };
            self.tracks.remove(&other);
        }
        let track = match self.tracks.entry(hash) {
            Entry::Occupied(track) => track.into_mut(),
            Entry::Vacant(place) => place.insert(Track { series: Series::new(POINTS), lost: 0 }),
        };
        track.lost += lost;
        track.series.push(point);
    }

    /// The series of `key`.
    pub fn get(&self, key: &impl Hash) -> Option<&Series<Point>> {
        self.tracks.get(&self.hasher.hash_one(key)).map(|track| &track.series)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_stream_with_losses_takes_the_place_of_one_without() {
        let mut tracks = Tracks::default();
        let point = || Point::new(Duration::ZERO, Duration::from_secs(1), 10, 100);
        for number in 0..10_000 {
            tracks.push(&number, point());
        }
        assert!(tracks.get(&9_999).is_none() && tracks.tracks.len() == MOST);
        let mut bad = point();
        bad.faults.first = 1;
        tracks.push(&9_999, bad);
        assert!(tracks.get(&9_999).is_some() && tracks.tracks.len() == MOST);
    }
}
