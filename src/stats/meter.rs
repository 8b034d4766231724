//! Datagrams, bytes, and their rates.

use std::time::{Duration, SystemTime};

/// Datagrams and bytes, and how fast they came or went.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    /// How many datagrams.
    pub datagrams: u64,
    /// How many bytes of payload.
    pub bytes: u64,
    first: Option<(SystemTime, usize)>,
    last: Option<SystemTime>,
}

impl Meter {
    /// Counts a datagram of `len` bytes of payload.
    pub fn add(&mut self, time: SystemTime, len: usize) {
        self.datagrams += 1;
        self.bytes += len as u64;
        // Datagrams of several sockets are not read in the order of their times.
        if self.first.is_none_or(|(first, _)| time < first) {
            self.first = Some((time, len));
        }
        self.last = self.last.max(Some(time));
    }

    /// Adds the counts of another meter.
    pub fn merge(&mut self, other: &Meter) {
        self.datagrams += other.datagrams;
        self.bytes += other.bytes;
        self.first = [self.first, other.first].into_iter().flatten().min();
        self.last = self.last.max(other.last);
    }

    /// Datagrams a second, from the first to the last: the first one only starts the clock. `None`
    /// until two have come at different times.
    pub fn rate_pps(&self) -> Option<f64> {
        let span = self.span()?;
        Some((self.datagrams - 1) as f64 / span.as_secs_f64())
    }

    /// Bits of payload a second, from the first to the last datagram, in the same way.
    pub fn bitrate_bps(&self) -> Option<f64> {
        let (_, first_len) = self.first?;
        Some((self.bytes - first_len as u64) as f64 * 8.0 / self.span()?.as_secs_f64())
    }

    /// The time of the last one; `None` until one has come.
    pub fn last(&self) -> Option<SystemTime> {
        self.last
    }

    /// The time from the first to the last; `None` if there is none.
    pub fn span(&self) -> Option<Duration> {
        let (first, _) = self.first?;
        self.last?.duration_since(first).ok().filter(|span| !span.is_zero())
    }
}
