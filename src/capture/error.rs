//! Why a capture cannot be read.

use std::fmt;
use std::io;

use super::foreign::Foreign;
use crate::input::Place;

/// Why a capture cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system refused to read. `WouldBlock`: more may follow later; the reader continues.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Many records without a datagram were read. The next call continues at once; signals and
    /// timers get their turn before.
    #[error("no datagram yet")]
    Pause,
    /// The input has no bytes.
    #[error("it is empty")]
    Empty,
    /// The input is of another format.
    #[error("{0}")]
    Foreign(Foreign),
    /// A version of the format that mcast does not read.
    #[error("{format} version {major}.{minor} is not supported")]
    Version {
        /// The format.
        format: Format,
        /// The major version.
        major: u16,
        /// The minor version.
        minor: u16,
    },
    /// The bytes at this position contradict the format.
    #[error("it is damaged at byte {position}: {damage}")]
    Damaged {
        /// The number of bytes before the damaged record.
        position: u64,
        /// The contradiction.
        damage: Damage,
    },
    /// More interfaces than mcast keeps.
    #[error("it has more than {0} interfaces")]
    TooManyInterfaces(usize),
}

/// A format of captures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The format of libpcap.
    Pcap,
    /// The format of Wireshark.
    Pcapng,
}

/// A contradiction in a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The input ends within its first header.
    #[error("the file ends within its header")]
    Header,
    /// A record of pcap with an impossible length.
    #[error("a record of {0} bytes")]
    RecordLength(u32),
    /// A record header that contains only zeroes.
    #[error("zeroes instead of a record")]
    Zeroes,
    /// A block of pcapng with an impossible length.
    #[error("a block of {0} bytes")]
    BlockLength(u32),
    /// The two lengths of a block differ.
    #[error("a block of {0} bytes whose end states {1} bytes")]
    TrailingLength(u32, u32),
    /// A section without a byte order.
    #[error("a section without a byte order")]
    ByteOrder,
    /// The content of a block is longer than the block.
    #[error("a block that exceeds its length")]
    BlockContent,
    /// A packet of an interface that was not described before.
    #[error("a packet of interface {0}, which the capture does not describe")]
    Interface(u32),
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Format::Pcap => "pcap",
            Format::Pcapng => "pcapng",
        })
    }
}

impl ReadError {
    /// Whether the same call succeeds later: without an input that has more bytes, or after a pause.
    pub fn is_temporary(&self) -> bool {
        match self {
            ReadError::Io(error) => error.kind() == io::ErrorKind::WouldBlock,
            ReadError::Pause => true,
            _ => false,
        }
    }

    /// How to read the input after all, in one line. `command` reads a capture from the place that
    /// follows it: `mcast recv --read`. `place` is the input.
    pub fn tip(&self, command: &str, place: &Place) -> Option<String> {
        match self {
            ReadError::Foreign(foreign) => foreign.tip(command, place),
            // Wireshark refuses the same versions of pcapng.
            ReadError::Version { format: Format::Pcap, major: 2, .. } => {
                Foreign::Capture("pcap").tip(command, place)
            }
            _ => None,
        }
    }
}
