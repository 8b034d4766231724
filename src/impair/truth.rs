//! The truth about impaired datagrams: what left, and what a receiver must count.

use super::Mark;
use crate::stats::delay::{Delays, Precision, Quantiles};
use crate::stats::sequence::{Losses, Order, Sequence};

/// The truth about the datagrams to one target.
#[derive(Clone, Debug)]
pub struct Truth {
    /// The datagrams that the application sent.
    pub sent: u64,
    /// Those that the loss model dropped.
    pub dropped: u64,
    /// Those that were dropped because too many bytes waited.
    pub overflowed: u64,
    /// The copies that left for the network.
    pub left: u64,
    /// The second copies among them.
    pub duplicated: u64,
    /// The copies among them with one wrong bit.
    pub corrupted: u64,
    /// How long the copies waited.
    delays: Delays,
    /// The copies that left without a wrong bit, in their order, as a receiver counts them.
    sequence: Option<Sequence>,
    duplicates: u64,
    reordered: u64,
    reorder_extent_max: u64,
    stale: u64,
    corrupt: u64,
}

/// What a receiver counts that loses nothing, by the definitions of `mcast recv`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// The datagrams that arrive right, without duplicates.
    pub received: u64,
    /// The losses from the first datagram that arrives right.
    pub losses: Losses,
    /// The datagrams before it that do not arrive right.
    pub missed_before: u64,
    /// Further right copies (RFC 5560).
    pub duplicates: u64,
    /// Right datagrams that arrive after a later one (RFC 4737).
    pub reordered: u64,
    /// The largest extent of reordering (RFC 4737, 4.2).
    pub reorder_extent_max: u64,
    /// Right datagrams too late to distinguish from duplicates.
    pub stale: u64,
    /// Copies with a wrong bit after the first right one.
    pub corrupt: u64,
}

impl Default for Truth {
    fn default() -> Self {
        Truth {
            sent: 0,
            dropped: 0,
            overflowed: 0,
            left: 0,
            duplicated: 0,
            corrupted: 0,
            delays: Delays::new(Precision::Coarse),
            sequence: None,
            duplicates: 0,
            reordered: 0,
            reorder_extent_max: 0,
            stale: 0,
            corrupt: 0,
        }
    }
}

impl Truth {
    /// How long the copies that left had waited.
    pub fn delays(&self) -> Option<Quantiles> {
        self.delays.quantiles()
    }

    /// Numbers a datagram of the application.
    pub(super) fn offer(&mut self) -> u64 {
        self.sent += 1;
        self.sent - 1
    }

    /// A copy left.
    pub(super) fn leave(&mut self, mark: Mark) {
        let Mark { number, second, corrupt, held } = mark;
        self.left += 1;
        self.duplicated += u64::from(second);
        self.delays.record(i64::try_from(held.as_nanos()).unwrap_or(i64::MAX));
        if corrupt {
            self.corrupted += 1;
            self.corrupt += u64::from(self.sequence.is_some());
            return;
        }
        let Some(sequence) = &mut self.sequence else {
            self.sequence = Some(Sequence::starting_with(number, usize::MAX));
            return;
        };
        match sequence.arrive(number) {
            Order::InOrder => {}
            Order::Late { extent } => {
                self.reordered += 1;
                self.reorder_extent_max = self.reorder_extent_max.max(extent);
            }
            Order::Duplicate => self.duplicates += 1,
            Order::Stale => self.stale += 1,
        }
    }

    /// What a receiver counts that loses nothing and receives the end of the stream.
    pub fn expected(&self) -> Expected {
        let Some(mut sequence) = self.sequence.clone() else {
            return Expected { missed_before: self.sent, ..Expected::default() };
        };
        sequence.announce(self.sent);
        Expected {
            received: sequence.received(),
            losses: sequence.losses(),
            missed_before: sequence.first() - sequence.early(),
            duplicates: self.duplicates,
            reordered: self.reordered,
            reorder_extent_max: self.reorder_extent_max,
            stale: self.stale,
            corrupt: self.corrupt,
        }
    }
}
