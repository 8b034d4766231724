//! Warnings about datagrams. Each is shown once, and the summary has the totals.

use std::io;
use std::time::{Duration, Instant};

use crate::net::{Discards, Inbox};
use crate::notice::receive;
use crate::report::Reporter;
use crate::stats::flow::Flows;
use crate::stats::stream::{StreamCounts, Streams};

/// How often to look for drops, and for their cause, which reads several counters.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// The same for a recording, which shows at which datagram they happened.
const CHECK_INTERVAL_OF_RECORDING: Duration = Duration::from_millis(100);

/// Which warnings were shown.
#[derive(Default)]
pub struct OnceWarnings {
    /// A recording needs all drops, also after the warnings.
    is_recording: bool,
    drops: bool,
    checksums: bool,
    untracked: bool,
    next_check: Option<Instant>,
}

impl OnceWarnings {
    /// The warnings of a receiver.
    pub fn new(is_recording: bool) -> Self {
        OnceWarnings { is_recording, ..OnceWarnings::default() }
    }

    /// Warns of drops if a socket has dropped datagrams. Returns the drops if there are new ones.
    pub fn check_drops(
        &mut self,
        now: Instant,
        inbox: &mut Inbox,
        reporter: &mut Reporter,
    ) -> io::Result<Option<Discards>> {
        let is_due = self.next_check.is_none_or(|at| at <= now);
        if !is_due || (self.drops && self.checksums && !self.is_recording) {
            return Ok(None);
        }
        let interval = if self.is_recording { CHECK_INTERVAL_OF_RECORDING } else { CHECK_INTERVAL };
        self.next_check = now.checked_add(interval);
        if !inbox.take_dropped() {
            return Ok(None);
        }
        let Some(discards) = inbox.discards() else { return Ok(None) };
        self.warn_of_drops(&discards, reporter)?;
        // Others may be for another program. At the end of the run, the losses give more evidence.
        if discards.own_checksum_errors > 0 {
            self.warn_of_checksums(&discards, reporter)?;
        }
        Ok(Some(discards))
    }

    /// Shows the remaining warnings at the end of the run. `lost_any` is whether datagrams may be
    /// missing.
    pub fn check_at_end(
        &mut self,
        discards: &Discards,
        lost_any: bool,
        reporter: &mut Reporter,
    ) -> io::Result<()> {
        self.warn_of_drops(discards, reporter)?;
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

    /// Warns of senders that share a universe or a PTP domain.
    #[inline(always)]
    pub fn check_peers(
        &mut self,
        streams: &mut Streams,
        reporter: &mut Reporter,
    ) -> io::Result<()> {
        if !streams.peers.has_news() {
            return Ok(());
        }
        warn_of_peers(streams, reporter)
    }

    /// Warns if there are more streams than are tracked.
    #[inline(always)]
    pub fn check_untracked(
        &mut self,
        streams: &Streams,
        flows: &Flows,
        reporter: &mut Reporter,
    ) -> io::Result<()> {
        if self.untracked || streams.untracked + flows.untracked == 0 {
            return Ok(());
        }
        self.untracked = true;
        warn_of_untracked(streams, reporter)
    }
}

#[cold]
fn warn_of_peers(streams: &mut Streams, reporter: &mut Reporter) -> io::Result<()> {
    for news in streams.peers.take_news() {
        reporter.warn(&receive::news_of_peers(&news))?;
    }
    Ok(())
}

#[cold]
fn warn_of_untracked(streams: &Streams, reporter: &mut Reporter) -> io::Result<()> {
    let StreamCounts { streams: followed, .. } = streams.counts();
    reporter.warn(&receive::too_many_streams(followed))
}
