//! Datagrams, bytes and rates.

use std::time::Duration;

use crate::units::UnixTime;

/// Datagrams and bytes, and their rates.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    /// Datagrams.
    pub datagrams: u64,
    /// Bytes of payload.
    pub bytes: u64,
    first: Option<(UnixTime, usize)>,
    last: Option<UnixTime>,
}

impl Meter {
    /// Adds a datagram with `len` bytes of payload.
    #[inline]
    pub fn add(&mut self, time: impl Into<UnixTime>, len: usize) {
        let time = time.into();
        self.datagrams += 1;
        self.bytes += len as u64;
        // Datagrams of several sockets are not read in the order of their timestamps.
        if self.first.is_none_or(|(first, _)| time < first) {
            self.first = Some((time, len));
        }
        self.last = self.last.max(Some(time));
    }

    /// Adds the counters of another meter.
    pub fn merge(&mut self, other: &Meter) {
        self.datagrams += other.datagrams;
        self.bytes += other.bytes;
        self.first = [self.first, other.first].into_iter().flatten().min();
        self.last = self.last.max(other.last);
    }

    /// Datagrams per second from the first to the last; the first one only starts the clock. `None`
    /// without two different times.
    pub fn rate_pps(&self) -> Option<f64> {
        let span = self.span()?;
        Some((self.datagrams - 1) as f64 / span.as_secs_f64())
    }

    /// Bits of payload per second, measured in the same way.
    pub fn bitrate_bps(&self) -> Option<f64> {
        let (_, first_len) = self.first?;
        Some((self.bytes - first_len as u64) as f64 * 8.0 / self.span()?.as_secs_f64())
    }

    /// The time of the last datagram.
    pub fn last(&self) -> Option<UnixTime> {
        self.last
    }

    /// The time from the first to the last datagram; `None` if it is zero.
    pub fn span(&self) -> Option<Duration> {
        let (first, _) = self.first?;
        Some(self.last?.duration_since(first)).filter(|span| !span.is_zero())
    }
}
