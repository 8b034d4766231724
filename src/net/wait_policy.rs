//! How a receiver waits if it does not wait for everything at once.

use std::time::{Duration, Instant};

use crate::sys;

/// Sleeping in the call that receives. It saves one call a datagram, where one socket is all there
/// is and its datagrams come one after another; signals end it, and everything else waits until the
/// next one comes, or for [`sys::LONGEST_SLEEP`].
#[derive(Default)]
pub struct BlockingReceive {
    /// One comes after another.
    pub busy: bool,
    /// When to wait for everything else.
    full_wait_at: Option<Instant>,
}

impl BlockingReceive {
    /// Datagrams within this time of each other come one after another.
    const DENSE: Duration = Duration::from_millis(5);

    /// How often everything else is waited for.
    const FULL_WAIT_PERIOD: Duration = Duration::from_millis(10);

    pub fn is_allowed(&self, now: Instant, until: Option<Instant>) -> bool {
        self.busy
            && self.full_wait_at.is_some_and(|at| now < at)
            && until.is_none_or(|until| until > now + 2 * sys::LONGEST_SLEEP)
    }

    /// Everything was waited for since `began`; and whether that found datagrams.
    pub fn note_full_wait(&mut self, began: Instant, found: bool) {
        let now = Instant::now();
        self.busy = found && now - began < Self::DENSE;
        self.full_wait_at = Some(now + Self::FULL_WAIT_PERIOD);
    }
}

/// Waiting without sleep.
#[derive(Default)]
pub struct Spin {
    /// The socket that was read last.
    pub next: usize,
    /// When to wait for everything that is no socket.
    pub full_wait_at: Option<Instant>,
}

impl Spin {
    /// So many sockets are read one by one; for more of them one call asks which are ready.
    pub const FEW: usize = 4;

    /// How often each is read before the clock and the signals are checked.
    pub const READS_PER_CHECK: usize = 16;

    /// How often everything else is checked: the reader of the output, changes of the interfaces,
    /// and whatever the caller checks after a wait.
    pub const FULL_WAIT_PERIOD: Duration = Duration::from_millis(1);
}
