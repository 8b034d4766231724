//! The datagrams that this host's kernel dropped, by cause.
//!
//! A socket's drop counter (SO_MEMINFO) rises for a full receive buffer and for a
//! wrong UDP checksum. The protocol counters separate the two, but cover the whole network
//! namespace. Linux verifies up to 76 bytes of UDP before it looks up a socket (CHECKSUM_BREAK): a
//! short datagram counts once, and in no socket. It verifies a longer one when it is read, and
//! counts it once for each socket that it reached.
//!
//! macOS and FreeBSD count full buffers and wrong checksums for the whole host only
//! (net.inet.udp.stats). Without an increase, no socket dropped a datagram.

use std::fmt;

/// The datagrams that were dropped because a buffer was full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KernelDrops {
    /// The number, or a lower bound.
    pub count: u64,
    /// The number is exact: a dropped train counts as one, and some drops cannot be separated from
    /// wrong checksums or from those of other programs.
    pub exact: bool,
}

impl Default for KernelDrops {
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

/// The kernel's drops, by cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Discards {
    /// Drops of these sockets: the receive buffer was full.
    pub drops: KernelDrops,
    /// Drops of these sockets with a full buffer or a wrong checksum: the counters do not separate
    /// them.
    pub unclear: u64,
    /// Drops with a wrong UDP checksum, except those of other sockets; `None` if the system does
    /// not count them.
    pub checksum_errors: Option<u64>,
    /// The part of these drops that certainly belongs to these sockets. The others may belong to
    /// any program.
    pub own_checksum_errors: u64,
    /// `unclear` counts the full buffers of every program: the system does not count them by socket.
    pub of_host: bool,
}

/// The increase of the UDP counters, of IPv4 or IPv6.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CounterIncrease {
    /// Full buffers or no memory (RcvbufErrors, MemErrors).
    pub full_buffers: u64,
    /// Wrong checksums (InCsumErrors).
    pub checksums: u64,
    /// The drop counters of all other sockets; `None` if one of them may have been closed.
    pub other_sockets: Option<u64>,
}

impl Discards {
    /// The result on a system with socket counters only.
    pub(super) fn of_sockets(drops: KernelDrops) -> Self {
        Discards { drops, ..Discards::default() }
    }

    /// The result on a system with counters of the whole host only.
    pub(super) fn of_host(full_buffers: u64, checksum_errors: Option<u64>) -> Self {
        Discards {
            drops: KernelDrops { count: 0, exact: full_buffers == 0 },
            unclear: full_buffers,
            checksum_errors,
            own_checksum_errors: 0,
            of_host: true,
        }
    }

    /// The drops of these sockets; `None` if those of other programs may be among them.
    pub fn known_drops(&self) -> Option<u64> {
        (!self.of_host || self.unclear == 0).then_some(self.drops.count)
    }

    /// Separates the drops of these sockets by cause.
    pub(super) fn separate(dropped: KernelDrops, increase: CounterIncrease) -> Self {
        let KernelDrops { count: all, exact } = dropped;
        let least = all.saturating_sub(increase.checksums);
        // Without other counters, a full buffer is the only known cause.
        let most =
            if increase.checksums == 0 { all } else { all.min(increase.full_buffers).max(least) };
        let own = all.saturating_sub(most);
        // Full buffers explain some drops of other sockets, wrong checksums the rest.
        let others = increase.other_sockets.map(|others| {
            others.saturating_sub(increase.full_buffers - least.min(increase.full_buffers))
        });
        let checksum_errors = match others {
            Some(others) => increase.checksums.saturating_sub(others).max(own),
            None if own > 0 => own,
            None => increase.checksums,
        };
        Discards {
            drops: KernelDrops { count: least, exact: exact && least == most },
            unclear: most - least,
            checksum_errors: Some(checksum_errors),
            own_checksum_errors: own,
            of_host: false,
        }
    }

    /// The drops since `before`. The kernel's 32-bit counters wrap around in a long run.
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
            of_host: self.of_host,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// (drops of full buffers, exact, unclear drops, wrong checksums, those of these sockets)
    fn separated(
        dropped: u64,
        full_buffers: u64,
        checksums: u64,
        other_sockets: Option<u64>,
    ) -> (u64, bool, u64, u64, u64) {
        let dropped = KernelDrops { count: dropped, exact: true };
        let Discards { drops, unclear, checksum_errors, own_checksum_errors, .. } =
            Discards::separate(dropped, CounterIncrease { full_buffers, checksums, other_sockets });
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
    fn the_counters_of_a_single_socket_separate_both_causes() {
        assert_eq!(separated(14, 4, 10, Some(0)), (4, true, 0, 10, 10));
        // Another socket had drops, too: 4 to 10 of these 14 were for a full buffer.
        assert_eq!(separated(14, 10, 10, Some(6)), (4, false, 6, 10, 4));
        assert_eq!(separated(5, 9, 9, None), (0, false, 5, 9, 0));
    }

    #[test]
    fn an_interval_without_drops_is_exact() {
        let unclear = Discards {
            drops: KernelDrops { count: 4, exact: false },
            unclear: 6,
            checksum_errors: Some(10),
            own_checksum_errors: 4,
            of_host: false,
        };
        assert_eq!(
            unclear.since(Some(unclear)),
            Discards { checksum_errors: Some(0), ..Discards::default() }
        );
        assert_eq!(unclear.since(None), unclear);
    }

    #[test]
    fn counters_of_the_host_prove_only_that_nothing_was_dropped() {
        let none = Discards::of_host(0, Some(3));
        assert_eq!((none.drops, none.known_drops()), (KernelDrops::default(), Some(0)));
        assert_eq!((none.checksum_errors, none.own_checksum_errors), (Some(3), 0));
        let some = Discards::of_host(5, None);
        assert_eq!((some.drops.exact, some.unclear, some.known_drops()), (false, 5, None));
        let interval = some.since(Some(some));
        assert_eq!((interval.drops, interval.known_drops()), (KernelDrops::default(), Some(0)));
    }

    proptest! {
        #[test]
        fn the_true_numbers_are_within_the_bounds(
            (own_full, own_wrong) in (0_u64..50, 0_u64..50),
            (other_full, other_wrong, short) in (0_u64..50, 0_u64..50, 0_u64..50),
            closed: bool,
        ) {
            let increase = CounterIncrease {
                full_buffers: own_full + other_full,
                checksums: own_wrong + other_wrong + short,
                other_sockets: (!closed).then_some(other_full + other_wrong),
            };
            let dropped = KernelDrops { count: own_full + own_wrong, exact: true };
            let found = Discards::separate(dropped, increase);
            prop_assert!(found.drops.count <= own_full);
            prop_assert!(own_full <= found.drops.count + found.unclear);
            prop_assert!(!found.drops.exact || found.drops.count == own_full);
            prop_assert!(found.own_checksum_errors <= own_wrong);
            let wrong = found.checksum_errors.unwrap();
            prop_assert!(wrong <= increase.checksums && wrong >= found.own_checksum_errors);
            if !closed && increase.full_buffers == 0 {
                prop_assert_eq!(wrong, own_wrong + short);
            }
        }
    }
}
