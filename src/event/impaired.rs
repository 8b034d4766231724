//! The truth about impaired datagrams.

use serde::Serialize;

use super::RunsInfo;
use crate::impair::{Expected, Truth};
use crate::stats::delay::Quantiles;

/// The truth about the impaired datagrams to one target.
#[derive(Clone, Debug, Serialize)]
pub struct ImpairedInfo {
    /// How many datagrams the application sent.
    pub sent: u64,
    /// How many of them the loss model dropped.
    pub dropped: u64,
    /// How many of them were dropped because too many bytes waited.
    pub overflowed: u64,
    /// How many copies left for the network.
    pub left: u64,
    /// How many of these were second copies.
    pub duplicated: u64,
    /// How many of these had one wrong bit.
    pub corrupted: u64,
    /// How long they were held.
    pub held_ns: Option<Quantiles>,
    /// The values of a receiver that loses nothing.
    pub recv: ExpectedInfo,
}

/// The values of `recv` for a stream that the network does not impair.
#[derive(Clone, Debug, Serialize)]
pub struct ExpectedInfo {
    /// How many datagrams arrive, without duplicates.
    pub received: u64,
    /// How many should arrive, from the first one that does.
    pub expected: u64,
    /// How many of these do not arrive.
    pub lost: u64,
    /// Runs of consecutive losses.
    pub loss_runs: RunsInfo,
    /// How many do not arrive before the first one that does.
    pub missed_before: u64,
    /// Further copies.
    pub duplicates: u64,
    /// How many arrive after a later one.
    pub reordered: u64,
    /// The largest extent of reordering.
    pub reorder_extent_max: u64,
    /// How many arrive too late to distinguish from duplicates.
    pub stale: u64,
    /// How many have a wrong checksum.
    pub corrupt: u64,
}

impl From<&Truth> for ImpairedInfo {
    fn from(truth: &Truth) -> Self {
        let expected = truth.expected();
        let Expected { received, losses, missed_before, duplicates, reordered, .. } = expected;
        ImpairedInfo {
            sent: truth.sent,
            dropped: truth.dropped,
            overflowed: truth.overflowed,
            left: truth.left,
            duplicated: truth.duplicated,
            corrupted: truth.corrupted,
            held_ns: truth.delays(),
            recv: ExpectedInfo {
                received,
                expected: losses.expected,
                lost: losses.lost,
                loss_runs: RunsInfo { count: losses.runs, longest: losses.longest },
                missed_before,
                duplicates,
                reordered,
                reorder_extent_max: expected.reorder_extent_max,
                stale: expected.stale,
                corrupt: expected.corrupt,
            },
        }
    }
}
