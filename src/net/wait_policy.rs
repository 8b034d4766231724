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
