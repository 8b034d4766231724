//! What the kernel dropped.

use std::fmt;

/// How many datagrams the kernel had no room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KernelDrops {
    /// So many.
    pub count: u64,
    /// Neither more: a train of datagrams that was dropped as one counts as one.
    pub exact: bool,
}

impl Default for KernelDrops {
    /// None.
    fn default() -> Self {
        KernelDrops { count: 0, exact: true }
    }
}

impl fmt::Display for KernelDrops {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}{}", if self.exact { "" } else { "at least " }, self.count)
    }
}

impl std::ops::Add for KernelDrops {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        KernelDrops { count: self.count + other.count, exact: self.exact && other.exact }
    }
}
