//! Warnings that a datagram gives a reason for. Each is shown once; the summary has the totals.

use std::io;
use std::time::{Duration, Instant};

use crate::net::Discards;
use crate::notice::receive;
use crate::report::Reporter;
use crate::stats::stream::{StreamCounts, Streams};
use crate::sys::Meta;

/// How often to ask for the cause of drops: that reads several counters.
const CAUSE_INTERVAL: Duration = Duration::from_secs(1);

/// Which warnings were shown.
#[derive(Default)]
pub struct OnceWarnings {
    drops: bool,
    checksums: bool,
    untracked: bool,
    /// A socket has dropped datagrams since the cause was last asked for.
    dropped: bool,
    next_cause: Option<Instant>,
}

impl OnceWarnings {
    /// Notes that a socket has dropped datagrams before this one.
    pub fn note_drops(&mut self, meta: &Meta) {
        self.dropped |= meta.drops.is_some_and(|drops| drops > 0);
    }

    /// Warns of drops by their cause, which `discards` returns, if a socket has dropped datagrams.
    pub fn check_drops(
        &mut self,
        now: Instant,
        discards: impl FnOnce() -> Option<Discards>,
        reporter: &mut Reporter,
    ) -> io::Result<()> {
        let is_due = self.next_cause.is_none_or(|at| at <= now);
        if !self.dropped || !is_due || (self.drops && self.checksums) {
            return Ok(());
        }
        (self.dropped, self.next_cause) = (false, now.checked_add(CAUSE_INTERVAL));
        let Some(discards) = discards() else { return Ok(()) };
        self.warn_of_drops(&discards, reporter)?;
        // Those of no socket may be for another program. The end of the run tells more.
        if discards.own_checksum_errors > 0 {
            self.warn_of_checksums(&discards, reporter)
        } else {
            Ok(())
        }
    }

    /// Warns of what was not warned of, at the end of the run. `lost_any` is whether datagrams are
    /// missing, as far as that is known.
    pub fn check_at_end(
        &mut self,
        discards: &Discards,
        lost_any: bool,
        reporter: &mut Reporter,
    ) -> io::Result<()> {
        if self.dropped {
            self.warn_of_drops(discards, reporter)?;
        }
        if lost_any || discards.own_checksum_errors > 0 {
            self.warn_of_checksums(discards, reporter)?;
        }
        Ok(())
    }

    fn warn_of_drops(&mut self, discards: &Discards, reporter: &mut Reporter) -> io::Result<()> {
        let is_some = discards.drops.count > 0 || discards.unclear > 0;
        if !is_some || self.drops {
            return Ok(());
        }
        self.drops = true;
        reporter.warn(&receive::kernel_drops(discards))
    }

    fn warn_of_checksums(
        &mut self,
        discards: &Discards,
        reporter: &mut Reporter,
    ) -> io::Result<()> {
        if discards.checksum_errors.is_none_or(|errors| errors == 0) || self.checksums {
            return Ok(());
        }
        self.checksums = true;
        reporter.warn(&receive::checksum_errors(discards))
    }

    /// Warns if there are more streams than are tracked.
    pub fn check_untracked(
        &mut self,
        streams: &Streams,
        reporter: &mut Reporter,
    ) -> io::Result<()> {
        if self.untracked || streams.untracked == 0 {
            return Ok(());
        }
        self.untracked = true;
        let StreamCounts { streams: followed, .. } = streams.counts();
        reporter.warn(&receive::too_many_streams(followed))
    }
}
