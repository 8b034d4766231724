//! The ways of a receiver to wait without a wait for all sources.

use std::time::{Duration, Instant};

use crate::sys;

/// A blocking receive. It saves one call per datagram for a single, busy socket. Signals end it;
/// everything else waits until the next datagram, at most [`sys::LONGEST_SLEEP`].
#[derive(Default)]
pub struct BlockingReceive {
    /// Datagrams arrive in quick succession.
    pub busy: bool,
    /// The time of the next wait for all sources.
    full_wait_at: Option<Instant>,
}

impl BlockingReceive {
    /// Datagrams within this time are in quick succession.
    const DENSE: Duration = Duration::from_millis(5);

    /// The time between two waits for all sources.
    const FULL_WAIT_PERIOD: Duration = Duration::from_millis(10);

    pub fn is_allowed(&self, now: Instant, until: Option<Instant>) -> bool {
        self.busy
            && self.full_wait_at.is_some_and(|at| now < at)
            && until.is_none_or(|until| until > now + 2 * sys::LONGEST_SLEEP)
    }

    /// Notes a wait for all sources since `began`, and whether it found datagrams.
    pub fn note_full_wait(&mut self, began: Instant, found: bool) {
        let now = Instant::now();
        self.busy = found && now - began < Self::DENSE;
        self.full_wait_at = Some(now + Self::FULL_WAIT_PERIOD);
    }
}

/// A short sleep before a read, while datagrams arrive in quick succession and the queue is empty.
/// Otherwise almost each datagram would wake the process up, which costs more than to receive it.
#[derive(Default)]
pub struct Gathering {
    /// The time of the last wait, and the smoothed time between two datagrams or trains in ns.
    rhythm: Option<(Instant, f64)>,
}

impl Gathering {
    /// The sleep. The default timer slack of Linux (prctl(2)) doubles it.
    pub const SLEEP: Duration = Duration::from_micros(50);

    /// A longer time between two datagrams, in ns, is worth a wake-up each.
    const LONGEST_GAP: f64 = 20_000.0;

    /// A smaller receive buffer, in bytes of SO_RCVBUF, may overflow during the sleep.
    pub const LEAST_BUFFER: usize = 512 * 1024;

    /// The number of datagrams over which the rhythm is smoothed: one stray pause changes little.
    const SMOOTHING: f64 = 16.0;

    /// Notes that `slots` datagrams or trains were read since the last wait. Returns whether the
    /// next ones arrive in quick succession.
    pub fn note(&mut self, now: Instant, slots: usize) -> bool {
        let Some((last, rhythm)) = self.rhythm else {
            self.rhythm = Some((now, f64::from(u16::MAX)));
            return false;
        };
        let passed = now.saturating_duration_since(last).as_nanos() as f64;
        let gap = (passed / slots.max(1) as f64).min(10.0 * Self::LONGEST_GAP);
        let weight = (slots.max(1) as f64 / Self::SMOOTHING).min(1.0);
        let smoothed = rhythm + (gap - rhythm) * weight;
        self.rhythm = Some((now, smoothed));
        slots > 0 && smoothed < Self::LONGEST_GAP
    }
}

/// A wait without sleep.
#[derive(Default)]
pub struct Spin {
    /// The socket of the last read.
    pub next: usize,
    /// The time of the next check of everything except sockets.
    pub full_wait_at: Option<Instant>,
}

impl Spin {
    /// Up to this number, sockets are read in turn; for more, one call finds the ready ones.
    pub const FEW: usize = 4;

    /// The number of reads between two checks of the clock and the signals.
    pub const READS_PER_CHECK: usize = 16;

    /// The time between two checks of everything else: the reader of the output, the interfaces,
    /// and the caller's checks.
    pub const FULL_WAIT_PERIOD: Duration = Duration::from_millis(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether each of these waits gathers: (µs since the last wait, datagrams read).
    fn gathered(waits: &[(u64, usize)]) -> Vec<bool> {
        let (mut gathering, mut now) = (Gathering::default(), Instant::now());
        gathering.note(now, 0);
        let gathered = waits.iter().map(|(passed, slots)| {
            now += Duration::from_micros(*passed);
            gathering.note(now, *slots)
        });
        gathered.collect()
    }

    #[test]
    fn a_fast_stream_is_gathered_and_a_slow_one_is_not() {
        assert!(gathered(&[(10, 1); 60])[40..].iter().all(|gathers| *gathers));
        assert!(gathered(&[(100, 10); 10])[4..].iter().all(|gathers| *gathers), "100 kpps");
        assert!(!gathered(&[(100, 1); 60]).contains(&true), "10 kpps");
        assert!(!gathered(&[(1_000, 1); 60]).contains(&true), "1 kpps");
    }

    #[test]
    fn a_pause_ends_the_gathering_and_a_stray_one_does_not() {
        let mut waits = vec![(100, 10); 10];
        waits.push((200, 10));
        assert!(gathered(&waits)[10]);
        waits.extend([(1_000, 1); 6]);
        assert!(!gathered(&waits)[16]);
        waits.push((10_000, 0));
        assert!(!gathered(&waits)[17], "nothing was read");
    }
}
