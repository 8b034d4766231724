//! The waits of a receiver: asleep for all sources, in a receive, or spinning.

use std::time::Instant;

use super::{Inbox, receive};
use crate::net::reply_sockets::ReplySockets;
use crate::net::wait::wait_for;
use crate::net::wait_policy::Spin;
use crate::net::{NetError, Wake};
use crate::sys;

impl Inbox {
    /// Waits for datagrams, until `until`, or for an event of `wake` or of the interfaces. Without
    /// sleep it returns after a millisecond at most. `now` is the current time, or a moment ago.
    /// Returns whether the reader of the output is gone.
    ///
    /// # Errors
    /// The error of the system.
    pub fn wait(
        &mut self,
        wake: Wake,
        now: Instant,
        until: Option<Instant>,
    ) -> Result<bool, NetError> {
        let until = until.into_iter().chain(self.watch.due()).chain(self.retry.due()).min();
        self.wait_until(wake, now, until, until)
    }

    /// As [`Inbox::wait`], for about [`sys::LONGEST_SLEEP`] at most.
    ///
    /// # Errors
    /// The error of the system.
    pub fn wait_briefly(
        &mut self,
        wake: Wake,
        now: Instant,
        until: Option<Instant>,
    ) -> Result<bool, NetError> {
        let soon = now + sys::LONGEST_SLEEP;
        let briefly = until.map_or(soon, |until| until.min(soon));
        self.wait_until(wake, now, until, Some(briefly))
    }

    /// Waits until `until`, or until `briefly` if it can end at any time.
    fn wait_until(
        &mut self,
        wake: Wake,
        now: Instant,
        until: Option<Instant>,
        briefly: Option<Instant>,
    ) -> Result<bool, NetError> {
        (self.filled, self.filled_reply) = (None, None);
        if self.spin.is_some() {
            return self.wait_spinning(wake, briefly);
        }
        if !cfg!(target_os = "linux") || self.waiter.is_none() || self.channels.len() > 1
            // A blocking receive would delay requests that arrive at the sockets for answers.
            || self.replies.is_some()
        {
            return self.wait_for_any(wake, briefly);
        }
        if self.blocking.is_allowed(now, until) && self.channels[0].may_sleep() {
            self.ready.clear();
            let count = receive(&mut self.batch, &self.channels[0], true)?;
            self.blocking.busy = count > 0;
            self.filled = (count > 0).then_some((0, count));
            return Ok(false);
        }
        let gone = self.wait_for_any(wake, briefly)?;
        self.blocking.note_full_wait(now, !self.ready.is_empty());
        Ok(gone)
    }

    /// Finds the ready sockets without waiting.
    ///
    /// # Errors
    /// The error of the system.
    pub fn poll_ready(&mut self, wake: Wake) -> Result<(), NetError> {
        (self.filled, self.filled_reply) = (None, None);
        self.wait_for_any(wake, Some(Instant::now())).map(drop)
    }

    /// Whether the last wait reported all ready sockets.
    pub fn found_all_ready(&self) -> bool {
        self.ready.len() < sys::MOST_READY
    }

    fn wait_for_any(&mut self, wake: Wake, until: Option<Instant>) -> Result<bool, NetError> {
        let woken = match &mut self.waiter {
            Some(waiter) => waiter.wait(wake, until, &mut self.ready, &mut self.ready_replies)?,
            None => {
                let sockets = self.channels.iter().map(|channel| sys::borrow(&*channel.socket));
                let replies = self.replies.iter().flat_map(ReplySockets::iter).map(sys::borrow);
                let (source, channels) = (self.watch.source(), self.channels.len());
                let sockets = sockets.chain(replies);
                let woken = wait_for(sockets, source, wake, until, &mut self.ready)?;
                let replies = self.ready.iter().filter_map(|ready| ready.checked_sub(channels));
                self.ready_replies.clear();
                self.ready_replies.extend(replies);
                self.ready.retain(|position| *position < channels);
                woken
            }
        };
        self.watch.note_pending(woken.interfaces);
        Ok(woken.reader_gone)
    }

    /// Waits without sleeping. Reads a few sockets directly, and checks everything else every
    /// [`Spin::FULL_WAIT_PERIOD`].
    fn wait_spinning(&mut self, wake: Wake, until: Option<Instant>) -> Result<bool, NetError> {
        let mut spin = self.spin.take().unwrap_or_default();
        self.ready.clear();
        self.ready_replies.clear();
        let gone = self.spin_until(&mut spin, wake, until);
        self.spin = Some(spin);
        gone
    }

    fn spin_until(
        &mut self,
        spin: &mut Spin,
        wake: Wake,
        until: Option<Instant>,
    ) -> Result<bool, NetError> {
        let are_few = self.channels.len() <= Spin::FEW;
        loop {
            let now = Instant::now();
            let is_due = spin.full_wait_at.is_none_or(|at| at <= now);
            if is_due || !are_few {
                let gone = self.wait_for_any(wake, Some(now))?;
                if is_due {
                    // The caller has more to check, for example an ended child process.
                    spin.full_wait_at = Some(now + Spin::FULL_WAIT_PERIOD);
                    return Ok(gone);
                }
                if gone || !self.ready.is_empty() || !self.ready_replies.is_empty() {
                    return Ok(gone);
                }
            }
            for _ in 0..if are_few { Spin::READS_PER_CHECK * self.channels.len() } else { 0 } {
                // In turn, to starve no socket.
                spin.next = (spin.next + 1) % self.channels.len();
                let count = receive(&mut self.batch, &self.channels[spin.next], false)?;
                if count > 0 {
                    self.filled = Some((spin.next, count));
                    return Ok(false);
                }
            }
            if self.spin_over_replies()? {
                return Ok(false);
            }
            if wake.interrupt.signal().is_some()
                || until.is_some_and(|until| until <= Instant::now())
            {
                return Ok(false);
            }
        }
    }

    /// Reads each socket for answers once. Returns whether one had datagrams.
    fn spin_over_replies(&mut self) -> Result<bool, NetError> {
        let Some(replies) = &self.replies else { return Ok(false) };
        for position in 0..replies.len() {
            let count = replies.receive(&mut self.batch, position)?;
            if count > 0 {
                self.filled_reply = Some((position, count));
                return Ok(true);
            }
        }
        Ok(false)
    }
}
