//! The formats that mcast measures, and how it knows the format of a flow.

use super::described::Header;
use super::market::{self, Preset};

/// A format that mcast measures by its own numbers.
#[derive(Clone, Copy, Debug)]
pub enum Format {
    /// RTP (RFC 3550).
    Rtp,
    /// An MPEG transport stream (ISO 13818-1), without RTP.
    Ts,
    /// iperf 2.
    Iperf,
    /// mgen.
    Mgen,
    /// sockperf.
    Sockperf,
    /// mcjoin.
    Mcjoin,
    /// msend.
    Msend,
    /// Streaming ACN (ANSI E1.31).
    Sacn,
    /// Art-Net.
    Artnet,
    /// The Precision Time Protocol (IEEE 1588).
    Ptp,
    /// A market-data header.
    Market(&'static Preset),
    /// A header that the user described.
    Described(&'static Header),
}

impl Format {
    /// The formats with a reader of their own, without market data.
    pub const GENERAL: [Format; 10] = [
        Format::Rtp,
        Format::Ts,
        Format::Iperf,
        Format::Mgen,
        Format::Sockperf,
        Format::Mcjoin,
        Format::Msend,
        Format::Sacn,
        Format::Artnet,
        Format::Ptp,
    ];

    /// The format of a name.
    pub fn by_name(name: &str) -> Option<Format> {
        let general = Format::GENERAL.into_iter().find(|format| format.name() == name);
        general.or_else(|| market::by_name(name).map(Format::Market))
    }

    /// The name in JSON and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Format::Rtp => "rtp",
            Format::Ts => "ts",
            Format::Iperf => "iperf",
            Format::Mgen => "mgen",
            Format::Sockperf => "sockperf",
            Format::Mcjoin => "mcjoin",
            Format::Msend => "msend",
            Format::Sacn => "sacn",
            Format::Artnet => "artnet",
            Format::Ptp => "ptp",
            Format::Market(preset) => preset.name,
            Format::Described(_) => "described",
        }
    }
}

impl PartialEq for Format {
    fn eq(&self, other: &Format) -> bool {
        match (self, other) {
            (Format::Market(one), Format::Market(two)) => std::ptr::eq(*one, *two),
            (Format::Described(one), Format::Described(two)) => std::ptr::eq(*one, *two),
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

impl Eq for Format {}

/// The choice of `--format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// Recognise the format of each flow.
    #[default]
    Auto,
    /// Recognise no format except probes.
    None,
    /// Every flow has this format; other datagrams are corrupt.
    Only(Format),
    /// Every flow is RTP with numbers of 32 bits: ST 2110-20 (RFC 4175) or -40 (RFC 8331).
    ExtendedRtp,
}

impl Choice {
    /// The names of RTP with numbers of 32 bits.
    pub const EXTENDED_RTP: [&str; 2] = ["st2110-20", "st2110-40"];

    /// The format of every flow.
    pub fn only(self) -> Option<Format> {
        match self {
            Choice::Auto | Choice::None => None,
            Choice::Only(format) => Some(format),
            Choice::ExtendedRtp => Some(Format::Rtp),
        }
    }
}

/// How the format of a flow is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum How {
    /// By bytes that only this format begins with.
    Magic,
    /// By lengths and constants that fit exactly.
    Structure,
    /// By consecutive numbers.
    Sequence,
    /// By the usual port alone.
    Port,
    /// The user named it.
    Asked,
}

impl How {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            How::Magic => "magic",
            How::Structure => "structure",
            How::Sequence => "sequence",
            How::Port => "port",
            How::Asked => "asked",
        }
    }
}
