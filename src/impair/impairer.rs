//! The impairments of all datagrams of a sender.

use std::time::Duration;

use super::held::{Departure, Held};
use super::path::{Offered, Path};
use super::{Impairments, Mark, Truth};

/// The most payload bytes that wait at a time. Further datagrams are dropped, and counted.
pub const MOST_HELD: usize = 64 << 20;

/// The impairments of all datagrams of a sender. Times count from the start of the run.
#[derive(Debug)]
pub struct Impairer {
    settings: Impairments,
    seed: u64,
    /// By the positions of the targets that were used.
    paths: Vec<Path>,
    held: Held,
}

impl Impairer {
    /// Impairs datagrams; the seed determines how.
    pub fn new(settings: Impairments, seed: u64) -> Self {
        Impairer { settings, seed, paths: Vec::new(), held: Held::default() }
    }

    /// The path to the target at `position`: a run may add targets.
    fn path(&mut self, position: usize) -> &mut Path {
        for position in self.paths.len()..=position {
            self.paths.push(Path::new(&self.settings, self.seed, position));
        }
        &mut self.paths[position]
    }

    /// Takes the next datagram of the application to the target at `position`. The first `intact`
    /// bytes of its payload do not become corrupt.
    pub fn offer(&mut self, position: usize, now: Duration, payload: &[u8], intact: usize) {
        let has_space = self.held.bytes() + payload.len() <= MOST_HELD;
        let offered = Offered { position, now, payload, intact };
        self.path(position);
        self.paths[position].offer(&self.settings, &offered, has_space, &mut self.held);
    }

    /// The next release of a copy.
    pub fn next_release(&self) -> Option<Duration> {
        self.held.next()
    }

    /// The position and the payload length of the next copy, if it is released at `now`.
    pub fn due(&self, now: Duration) -> Option<(usize, usize)> {
        self.held.peek(now).map(|copy| (copy.position, copy.bytes.len()))
    }

    /// The next copy that is released at `now`.
    pub fn release(&mut self, now: Duration) -> Option<&Departure> {
        self.held.pop(now)
    }

    /// Releases the copies that wait for later ones, because the application sends no more.
    pub fn flush(&mut self) {
        let Impairer { paths, held, .. } = self;
        paths.iter_mut().for_each(|path| path.flush(held));
    }

    /// Notes that a copy left for the network.
    pub fn leave(&mut self, position: usize, mark: Mark) {
        self.path(position).truth.leave(mark);
    }

    /// The truth about the target at `position`.
    pub fn truth(&mut self, position: usize) -> &Truth {
        &self.path(position).truth
    }
}

#[cfg(test)]
mod tests;
