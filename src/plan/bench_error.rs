//! Why this host cannot carry out a benchmark.

use std::net::IpAddr;
use std::time::Duration;

use thiserror::Error;

use crate::iface::Family;
use crate::units::Rate;
use crate::units::words::as_typed;

/// Why this host cannot carry out a benchmark.
#[derive(Debug, Error)]
pub enum BenchError {
    /// Every host on the network must process these datagrams.
    #[error(
        "cannot benchmark with {0}: network protocols use it, and every host must process its \
         datagrams\n  tip: use another group, for example {example}",
        example = if .0.is_ipv4() { "239.1.1.1:5000" } else { "'[ff12::1234]:5000'" }
    )]
    OfProtocols(IpAddr),
    /// A unicast or broadcast address.
    #[error(
        "cannot benchmark with {0}: {0} is not a multicast group\n  tip: use a group, for example \
         239.1.1.1:5000"
    )]
    NotAGroup(IpAddr),
    /// Several groups or ports.
    #[error(
        "cannot measure several targets in one run: use one group and one port\n  tip: for example \
         {first}"
    )]
    NotOne {
        /// The first of them.
        first: String,
    },
    /// Several interfaces.
    #[error(
        "cannot measure on two interfaces ({} and {}) in one run\n  tip: name one of them, for \
         example --iface {}",
        .0[0], .0[1], .0[0]
    )]
    SeveralInterfaces([String; 2]),
    /// This host is a member already, and a join changes nothing.
    #[error(
        "cannot measure joins of {group} on {iface}: another program on this host has joined it\n  \
         tip: end the program, or use another group; ss -uanp shows the programs"
    )]
    AlreadyMember {
        /// The group.
        group: IpAddr,
        /// The interface.
        iface: String,
    },
    /// The rate exceeds the limit of mcast.
    #[error(
        "cannot send at {option} {rate} without --force: the limit is {most}\n  tip: add --force if \
         the network may be disturbed"
    )]
    TooFast {
        /// The option.
        option: &'static str,
        /// Its value.
        rate: Rate,
        /// The limit.
        most: Rate,
    },
    /// The time exceeds the limit of mcast.
    #[error(
        "cannot run for {} without --force: the limit is {}\n  tip: add --force if the network may \
         be disturbed for longer",
        as_typed(*.time), as_typed(*.most)
    )]
    TooLong {
        /// The time.
        time: Duration,
        /// The limit.
        most: Duration,
    },
    /// No measured datagram fits the frame.
    #[error(
        "cannot use frames of {size} bytes: a measured datagram of {family} needs {smallest} \
         bytes\n  tip: use --size {smallest} or more"
    )]
    FrameTooSmall {
        /// The size of the frame in bytes.
        size: u16,
        /// The smallest size in bytes.
        smallest: u16,
        /// The family of the group.
        family: Family,
    },
    /// The frame does not fit the interface.
    #[error(
        "cannot use frames of {size} bytes on {iface}: its MTU is {mtu} bytes, and frames have at \
         most {} bytes\n  tip: use --size {} or less",
        u64::from(*.mtu) + 18, u64::from(*.mtu) + 18
    )]
    FrameTooLarge {
        /// The size of the frame in bytes.
        size: u16,
        /// The interface.
        iface: String,
        /// Its MTU in bytes.
        mtu: u32,
    },
}
