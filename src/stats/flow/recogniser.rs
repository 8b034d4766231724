//! Recognises the format of a flow from its first datagrams.
//!
//! A format is recognised only if chance is out of the question: by bytes that only this format
//! has, by lengths that add up exactly in two datagrams, or by numbers that continue each other.

use super::streak::{Streak, Streaks};
use crate::format::kind::{Format, How};
use crate::format::market::Preset;
use crate::format::numbered::{Content, Numbered, Numbering, Unit};
use crate::format::{artnet, iperf, market, mcjoin, mgen, msend, ptp, rtp, sacn, sockperf, ts};
use crate::units::UnixTime;

/// Consecutive datagrams of RTP, whose header has few constants: four in a row had no false
/// positive in public captures, two had some.
const RTP_DATAGRAMS: u8 = 4;

/// Consecutive datagrams of iperf and sockperf, whose headers have few constants, too.
const WEAK_DATAGRAMS: u8 = 3;

/// Datagrams of a format whose lengths add up exactly.
const STRUCTURED_DATAGRAMS: u8 = 2;

/// The evidence so far.
#[derive(Clone, Debug, Default)]
pub struct Recogniser {
    ts: u8,
    ptp: u8,
    market: Option<&'static Preset>,
    market_streaks: Streaks,
    rtp: Streak,
    rtp_timestamp: u32,
    iperf: Streak,
    mgen: Streak,
    sockperf: Streak,
    msend: Streak,
}

impl Recogniser {
    /// Adds a datagram. Returns the format as soon as it is certain.
    pub fn add(&mut self, payload: &[u8], time: UnixTime) -> Option<(Format, How)> {
        by_magic(payload)
            .or_else(|| self.by_structure(payload))
            .or_else(|| self.by_sequence(payload, time))
    }

    fn by_structure(&mut self, payload: &[u8]) -> Option<(Format, How)> {
        self.ts = if ts::packets(payload).is_some() { self.ts + 1 } else { 0 };
        if self.ts >= STRUCTURED_DATAGRAMS {
            return Some((Format::Ts, How::Structure));
        }
        self.ptp = if ptp::read(payload).is_some() { self.ptp + 1 } else { 0 };
        if self.ptp >= STRUCTURED_DATAGRAMS {
            return Some((Format::Ptp, How::Structure));
        }
        // A heartbeat fits the format of the data before it, but is no evidence alone.
        let continues = self.market.filter(|preset| preset.read(payload).is_some());
        let preset = continues.or_else(|| market::recognise(payload));
        if preset.map(|preset| preset.name) != self.market.map(|preset| preset.name) {
            self.market = preset;
            self.market_streaks.reset();
        }
        let preset = preset?;
        let numbered = preset.read(payload)?;
        let length = self.market_streaks.add(&numbered, preset.numbering());
        (length >= STRUCTURED_DATAGRAMS).then_some((Format::Market(preset), How::Structure))
    }

    fn by_sequence(&mut self, payload: &[u8], time: UnixTime) -> Option<(Format, How)> {
        let found = |format| Some((format, How::Sequence));
        if self.has_rtp_streak(payload) {
            return found(Format::Rtp);
        }
        let iperf = iperf::read(payload).filter(|iperf| iperf.is_plausible(time));
        let iperf = iperf.map(|iperf| (iperf.numbered(), iperf.generation.numbering()));
        if extend(&mut self.iperf, iperf) >= WEAK_DATAGRAMS {
            return found(Format::Iperf);
        }
        let mgen = mgen::read(payload).map(|mgen| (mgen.numbered(), mgen::NUMBERING));
        if extend(&mut self.mgen, mgen) >= STRUCTURED_DATAGRAMS {
            return found(Format::Mgen);
        }
        let sockperf = sockperf::read(payload);
        let sockperf = sockperf.map(|sockperf| (sequenced(sockperf.sequence), sockperf::NUMBERING));
        if extend(&mut self.sockperf, sockperf) >= WEAK_DATAGRAMS {
            return found(Format::Sockperf);
        }
        let msend = msend::read(payload).map(|msend| (msend.numbered(), msend::NUMBERING));
        if extend(&mut self.msend, msend) >= STRUCTURED_DATAGRAMS {
            return found(Format::Msend);
        }
        None
    }

    /// Whether this is the fourth datagram in a row of one SSRC and payload type, each number one
    /// higher, and no timestamp earlier than the one before.
    fn has_rtp_streak(&mut self, payload: &[u8]) -> bool {
        let Some(rtp) = rtp::read(payload) else {
            self.rtp.reset();
            return false;
        };
        // The signed difference of RFC 1982.
        if (rtp.timestamp.wrapping_sub(self.rtp_timestamp) as i32) < 0 {
            self.rtp.reset();
        }
        self.rtp_timestamp = rtp.timestamp;
        let key = u64::from(rtp.ssrc) << 8 | u64::from(rtp.payload_type);
        let numbered = Numbered { key, ..sequenced(rtp.sequence.into()) };
        self.rtp.add(&numbered, Numbering::bits(16, Unit::Datagrams)) >= RTP_DATAGRAMS
    }
}

/// The length of a run with a further datagram, 0 if that does not fit.
fn extend(streak: &mut Streak, numbered: Option<(Numbered, Numbering)>) -> u8 {
    let Some((numbered, numbering)) = numbered else {
        streak.reset();
        return 0;
    };
    streak.add(&numbered, numbering)
}

/// A format that begins with bytes that no other one has.
pub fn by_magic(payload: &[u8]) -> Option<(Format, How)> {
    let format = if sacn::read(payload).is_some() {
        Format::Sacn
    } else if artnet::read(payload).is_some() {
        Format::Artnet
    } else if mcjoin::read(payload).is_some() {
        Format::Mcjoin
    } else {
        return None;
    };
    Some((format, How::Magic))
}

/// A datagram with this number, whatever its purpose: a warm-up is evidence, too.
fn sequenced(number: u64) -> Numbered {
    Numbered { key: 0, content: Content::Data { first: number, count: 1 }, sent: None }
}
