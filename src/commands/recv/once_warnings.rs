//! Warnings that a datagram gives a reason for. Each is shown once; the summary has the totals.

use std::io;

use crate::net::KernelDrops;
use crate::notice::receive;
use crate::report::Reporter;
use crate::stats::stream::{StreamCounts, Streams};
use crate::sys::Meta;

/// Which warnings were shown.
#[derive(Default)]
pub struct OnceWarnings {
    drops: bool,
    untracked: bool,
}

impl OnceWarnings {
    /// Warns if the receive buffer has overflowed before this datagram.
    pub fn check_drops(&mut self, meta: &Meta, reporter: &mut Reporter) -> io::Result<()> {
        let count = meta.drops.unwrap_or(0);
        if count == 0 || self.drops {
            return Ok(());
        }
        self.drops = true;
        let dropped = KernelDrops { count: count.into(), exact: meta.drops_exact };
        reporter.warn(&receive::kernel_drops(dropped))
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
