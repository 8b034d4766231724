//! The numbers of a datagram, in any format that has one number for each datagram or message.

use crate::format::kind::Format;
use crate::format::numbered::{Numbered, Numbering};
use crate::format::{artnet, iperf, mcjoin, mgen, msend, ptp, sacn, sockperf};

/// The numbers of a datagram of this format; `None` if it does not fit.
pub fn numbered(format: Format, payload: &[u8]) -> Option<(Numbered, Numbering)> {
    match format {
        // Their streams have more than numbers.
        Format::Rtp | Format::Ts => None,
        Format::Iperf => iperf::read(payload).map(|of| (of.numbered(), of.generation.numbering())),
        Format::Mgen => mgen::read(payload).map(|of| (of.numbered(), mgen::NUMBERING)),
        Format::Sockperf => sockperf::read(payload).map(|of| (of.numbered(), sockperf::NUMBERING)),
        Format::Mcjoin => mcjoin::read(payload).map(|of| (of.numbered(), mcjoin::NUMBERING)),
        Format::Msend => msend::read(payload).map(|of| (of.numbered(), msend::NUMBERING)),
        Format::Sacn => sacn::read(payload).map(|of| (of.numbered(), sacn::NUMBERING)),
        Format::Artnet => artnet::read(payload).map(|of| (of.numbered(), artnet::NUMBERING)),
        Format::Ptp => ptp::read(payload).map(|of| (of.numbered(), ptp::NUMBERING)),
        Format::Market(preset) => preset.read(payload).map(|of| (of, preset.numbering())),
        Format::Described(header) => header.read(payload).map(|of| (of, header.numbering())),
    }
}
