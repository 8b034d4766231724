//! Warnings about datagrams. Each is shown once, and the summary has the totals.

use std::io;
use std::time::{Duration, Instant};

use crate::net::Discards;
use crate::notice::receive;
use crate::report::Reporter;
use crate::stats::stream::{StreamCounts, Streams};
use crate::sys::Meta;

/// How often to look for the cause of drops, which reads several counters.
const CAUSE_INTERVAL: Duration = Duration::from_secs(1);

/// Which warnings were shown.
#[derive(Default)]
pub struct OnceWarnings {
    drops: bool,
    checksums: bool,
    untracked: bool,
    /// A socket has dropped datagrams since the last look.
    dropped: bool,
    next_cause: Option<Instant>,
}

impl OnceWarnings {
    /// Notes that a socket has dropped datagrams before this one.
    pub fn note_drops(&mut self, meta: &Meta) {
        self.dropped |= meta.drops.is_some_and(|drops| drops > 0);
    }

    /// Warns of drops if a socket has dropped datagrams. `discards` returns them by cause.
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
        // Others may be for another program. At the end of the run, the losses give more evidence.
        if discards.own_checksum_errors > 0 {
            self.warn_of_checksums(&discards, reporter)
        } else {
            Ok(())
        }
    }

    /// Shows the remaining warnings at the end of the run. `lost_any` is whether datagrams may be
    /// missing.
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
