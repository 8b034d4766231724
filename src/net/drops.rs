//! The datagrams that reached this host and were dropped by its kernel, by cause.
//!
//! A socket's drop counter (SO_RXQ_OVFL, SO_MEMINFO) rises for a full receive buffer and for a
//! wrong UDP checksum. The counters of the protocol tell the two apart, but they are those of the
//! whole network namespace. Linux verifies up to 76 bytes of UDP before it looks for a socket
//! (CHECKSUM_BREAK): a short datagram counts once and in no socket. A longer one is verified when
//! it is read, and counts once for each socket that it reached.

use std::fmt;

/// How many datagrams the kernel had no room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KernelDrops {
    /// So many.
    pub count: u64,
    /// Neither more: a train of datagrams that was dropped as one counts as one, and not every drop
    /// can be told from a wrong checksum.
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

/// What the kernel dropped, by cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Discards {
    /// For a full receive buffer of these sockets.
    pub drops: KernelDrops,
    /// Drops of these sockets that were for a full buffer or for a wrong checksum: the counters do
    /// not tell which.
    pub unclear: u64,
    /// For a wrong UDP checksum, as far as other sockets do not account for it; `None` if the
    /// system does not count them.
    pub checksum_errors: Option<u64>,
    /// How many of those these sockets dropped, at least. The others may have been for any program.
    pub own_checksum_errors: u64,
}

/// By how much the counters of UDP rose, over IPv4 or over IPv6.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Risen {
    /// Datagrams that found a buffer full, or no memory (RcvbufErrors, MemErrors).
    pub full_buffers: u64,
    /// Datagrams with a wrong checksum (InCsumErrors).
    pub checksums: u64,
    /// The drop counters of all other sockets; `None` if one of them may have been closed.
    pub other_sockets: Option<u64>,
}

impl Discards {
    /// What is known if the system has no counters but those of the sockets.
    pub(super) fn of_sockets(drops: KernelDrops) -> Self {
        Discards { drops, ..Discards::default() }
    }

    /// Separates the drops of these sockets by cause.
    pub(super) fn separate(dropped: KernelDrops, risen: Risen) -> Self {
        let KernelDrops { count: all, exact } = dropped;
        let least = all.saturating_sub(risen.checksums);
        // A drop that no counter explains had no other cause that is known.
        let most = if risen.checksums == 0 { all } else { all.min(risen.full_buffers).max(least) };
        let own = all.saturating_sub(most);
        // Full buffers explain some of the drops of other sockets, wrong checksums the rest.
        let others = risen.other_sockets.map(|others| {
            others.saturating_sub(risen.full_buffers - least.min(risen.full_buffers))
        });
        let checksum_errors = match others {
            Some(others) => risen.checksums.saturating_sub(others).max(own),
            None if own > 0 => own,
            None => risen.checksums,
        };
        Discards {
            drops: KernelDrops { count: least, exact: exact && least == most },
            unclear: most - least,
            checksum_errors: Some(checksum_errors),
            own_checksum_errors: own,
        }
    }

    /// What was dropped since `before`. The kernel counts in 32 bits, which overflow in a long run.
    pub fn since(self, before: Option<Self>) -> Self {
        let before = before.unwrap_or_default();
        let count = self.drops.count.saturating_sub(before.drops.count);
        let unclear = self.unclear.saturating_sub(before.unclear);
        Discards {
            drops: KernelDrops { count, exact: self.drops.exact || (count == 0 && unclear == 0) },
            unclear,
            checksum_errors: self
                .checksum_errors
                .map(|now| now.saturating_sub(before.checksum_errors.unwrap_or(0))),
            own_checksum_errors: self
                .own_checksum_errors
                .saturating_sub(before.own_checksum_errors),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The drops for a full buffer, whether they are exact, those of an unclear cause, the wrong
    /// checksums, and how many of those are certainly of these sockets.
    fn separated(
        dropped: u64,
        full_buffers: u64,
        checksums: u64,
        other_sockets: Option<u64>,
    ) -> (u64, bool, u64, u64, u64) {
        let dropped = KernelDrops { count: dropped, exact: true };
        let Discards { drops, unclear, checksum_errors, own_checksum_errors } =
            Discards::separate(dropped, Risen { full_buffers, checksums, other_sockets });
        (drops.count, drops.exact, unclear, checksum_errors.unwrap(), own_checksum_errors)
    }

    #[test]
    fn without_wrong_checksums_every_drop_is_a_full_buffer() {
        assert_eq!(separated(9, 9, 0, Some(0)), (9, true, 0, 0, 0));
        assert_eq!(separated(9, 200, 0, None), (9, true, 0, 0, 0), "others overflow too");
        assert_eq!(separated(0, 0, 0, Some(0)), (0, true, 0, 0, 0));
    }

    #[test]
    fn without_full_buffers_every_drop_is_a_wrong_checksum() {
        assert_eq!(separated(30, 0, 30, Some(0)), (0, true, 0, 30, 30));
        assert_eq!(separated(30, 0, 60, Some(30)), (0, true, 0, 30, 30), "of another socket");
        assert_eq!(separated(30, 0, 60, None), (0, true, 0, 30, 30), "which was closed");
        assert_eq!(separated(0, 0, 25, Some(0)), (0, true, 0, 25, 0), "short ones");
        assert_eq!(separated(0, 0, 25, Some(25)), (0, true, 0, 0, 0), "of another socket alone");
        assert_eq!(separated(30, 0, 40, Some(0)), (0, true, 0, 40, 30), "short and long ones");
    }

    #[test]
    fn with_both_the_counters_of_this_socket_alone_are_exact() {
        assert_eq!(separated(14, 4, 10, Some(0)), (4, true, 0, 10, 10));
        // Another socket had drops too: 4 to 10 of these 14 were for a full buffer.
        assert_eq!(separated(14, 10, 10, Some(6)), (4, false, 6, 10, 4));
        assert_eq!(separated(5, 9, 9, None), (0, false, 5, 9, 0));
    }

    #[test]
    fn an_interval_without_drops_has_exactly_none() {
        let unclear = Discards {
            drops: KernelDrops { count: 4, exact: false },
            unclear: 6,
            checksum_errors: Some(10),
            own_checksum_errors: 4,
        };
        assert_eq!(
            unclear.since(Some(unclear)),
            Discards { checksum_errors: Some(0), ..Discards::default() }
        );
        assert_eq!(unclear.since(None), unclear);
    }

    proptest! {
        #[test]
        fn what_really_happened_is_within_the_bounds(
            (own_full, own_wrong) in (0_u64..50, 0_u64..50),
            (other_full, other_wrong, short) in (0_u64..50, 0_u64..50, 0_u64..50),
            closed: bool,
        ) {
            let risen = Risen {
                full_buffers: own_full + other_full,
                checksums: own_wrong + other_wrong + short,
                other_sockets: (!closed).then_some(other_full + other_wrong),
            };
            let dropped = KernelDrops { count: own_full + own_wrong, exact: true };
            let found = Discards::separate(dropped, risen);
            prop_assert!(found.drops.count <= own_full);
            prop_assert!(own_full <= found.drops.count + found.unclear);
            prop_assert!(!found.drops.exact || found.drops.count == own_full);
            prop_assert!(found.own_checksum_errors <= own_wrong);
            let wrong = found.checksum_errors.unwrap();
            prop_assert!(wrong <= risen.checksums && wrong >= found.own_checksum_errors);
            if !closed && risen.full_buffers == 0 {
                prop_assert_eq!(wrong, own_wrong + short);
            }
        }
    }
}
