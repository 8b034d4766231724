//! The sides of a pair, and what each of them lost.

/// After a jump ahead, a side that is at most this many numbers from the other side did not
/// restart.
pub const SAME_RUN: u64 = 3000;

/// One of the two paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The first path.
    A,
    /// The second path.
    B,
}

impl Side {
    pub(super) fn index(self) -> usize {
        self as usize
    }

    pub(super) fn other(self) -> Side {
        match self {
            Side::A => Side::B,
            Side::B => Side::A,
        }
    }
}

/// The losses of a pair, in the range in which both sides had started. A number that arrived on one
/// side only a short time ago is not in the range yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PairLosses {
    /// The numbers in the range.
    pub expected: u64,
    /// The numbers that arrived on neither side.
    pub lost: u64,
    /// The numbers that did not arrive on side A, with those that arrived on neither side.
    pub lost_a: u64,
    /// The numbers that did not arrive on side B, with those that arrived on neither side.
    pub lost_b: u64,
}

impl PairLosses {
    /// Adds `many` numbers of which each arrived on these sides.
    pub(super) fn add(&mut self, on_a: bool, on_b: bool, many: u64) {
        self.expected += many;
        self.lost += if on_a || on_b { 0 } else { many };
        self.lost_a += if on_a { 0 } else { many };
        self.lost_b += if on_b { 0 } else { many };
    }

    pub(super) fn merge(&mut self, other: PairLosses) {
        self.expected += other.expected;
        self.lost += other.lost;
        self.lost_a += other.lost_a;
        self.lost_b += other.lost_b;
    }
}
