//! Warnings and notes of a scan.

use super::{Id, Level, Notice};
use crate::net::{NetError, describe};
use crate::target::Endpoint;

/// mcast captures no frames, although it looks for groups.
pub fn no_frames() -> Notice {
    let what = "without CAP_NET_RAW, mcast finds only the groups that SAP announces";
    Notice::new(Level::Note, Id::NoFrames, what).remedy(
        "run mcast with sudo to find also the groups in membership reports and frames, or name the \
         groups to scan",
    )
}

/// The groups of announcements cannot be joined.
pub fn no_announcements(error: &NetError) -> Notice {
    let what = format!(
        "cannot receive announcements (SAP): {}: {}",
        error.operation,
        describe(&error.source)
    );
    Notice::new(Level::Warning, Id::NoAnnouncements, what).maybe_remedy(error.tip())
}

/// A target cannot be joined.
pub fn skipped(at: &Endpoint, error: &NetError) -> Notice {
    let what =
        format!("{at} was not scanned: cannot {}: {}", error.operation, describe(&error.source));
    Notice::new(Level::Warning, Id::NotScanned, what).maybe_remedy(error.tip())
}
