//! The place of a stream in a redundant pair.

use crate::stats::pair::Side;

/// A stream's place in a pair.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    pub(super) paired: usize,
    pub(super) side: Side,
}
