//! The market-data formats. Layouts: the public specifications of the exchanges.

use std::sync::LazyLock;

use super::preset::{Preset, Rule};
use super::rules;

/// A row: the name, the title, the described header and the special cases.
type Row = (&'static str, &'static str, &'static str, Rule);

const ROWS: &[Row] = &[
    // Nasdaq, MoldUDP64 protocol specification 1.00.
    ("moldudp64", "MoldUDP64", "seq=u64be@10,count=u16be@18,key=u64be@2", rules::MOLDUDP64),
    // CME, MDP 3.0 market data: binary packet header.
    ("mdp3", "CME MDP 3.0", "seq=u32le@0,time=u64le-ns@4", rules::MDP3),
    // Cboe, multicast PITCH: sequenced unit header. LSE MIT303 (MITCH) has the same.
    (
        "pitch",
        "Cboe PITCH or LSE MITCH",
        "len=u16le@0,count=u8@2,key=u8@3,seq=u32le@4",
        rules::PITCH,
    ),
    // LSE group, GTP: unit header.
    ("gtp", "LSE GTP", "len=u16le@0,count=u8@2,key=u8@3,seq=u32le@4", rules::GTP),
    // NYSE, XDP and Pillar common client specification: packet header.
    (
        "xdp",
        "NYSE XDP or Pillar",
        "len=u16le@0,count=u8@3,seq=u32le@4,time=u32le-s@8+u32le-ns@12",
        rules::XDP,
    ),
    // IEX, IEX-TP specification 1.25: outbound segment.
    (
        "iex",
        "IEX-TP",
        "magic=01@0,key=u32le@4+u32le@8,count=u16le@14,seq=u64le@24,time=u64le-ns@32",
        rules::IEX,
    ),
    // SIAC, OPRA binary data recipient interface: block header.
    (
        "opra",
        "OPRA",
        "len=u16be@1,key=u8@5,seq=u32be@6,count=u8@10,time=u32be-s@11+u32be-ns@15",
        rules::OPRA,
    ),
    // SIAC, CTS and CQS multicast output: block header.
    (
        "cta",
        "CTA (CTS or CQS)",
        "len=u16be@1,key=u8@3,seq=u32be@5,count=u8@9,time=u32be-s@10+u32be-ns@14",
        rules::CTA,
    ),
    // Euronext, Optiq market data gateway: market data packet header.
    ("optiq", "Euronext Optiq", "time=u64le-ns@0,seq=u32le@8,key=u16le@14", rules::OPTIQ),
    // Eurex, T7 enhanced order book interface: packet header.
    (
        "eobi",
        "Eurex T7 EOBI",
        "seq=u32le@8,key=u32le@12+u8@16,time=u64le-ns@24,magic=ffffffff@4",
        rules::EOBI,
    ),
    // ICE, iMpact multicast feed: packet header.
    (
        "impact",
        "ICE iMpact",
        "key=u16be@0,seq=u32be@2,count=u16be@6,time=u64be-ms@8",
        rules::IMPACT,
    ),
    // B3, binary UMDF: packet header.
    ("umdf", "B3 UMDF", "key=u8@0+u16le@2,seq=u32le@4,time=u64le-ns@8", rules::UMDF),
    // HKEX, Orion market data platform (OMD): packet header.
    ("omd", "HKEX OMD", "len=u16le@0,count=u8@2,seq=u32le@4,time=u64le-ns@8", rules::OMD),
    // MEMX, MEMOIR over MEMX-UDP: common header.
    ("memx", "MEMX MEMOIR", "magic=12@1,key=u64be@2,seq=u64be@10", rules::MEMX),
    // MIAX, MACH: each message has a header.
    ("mach", "MIAX MACH", "seq=u64le@0,key=u8@11", rules::MACH),
];

static PRESETS: LazyLock<Vec<Preset>> = LazyLock::new(|| {
    let preset = |(name, title, description, rule): &Row| {
        let header = description.parse().expect("the headers of the table parse");
        Preset { name, title, description, header, rule: *rule }
    };
    ROWS.iter().map(preset).collect()
});

/// All formats.
pub fn presets() -> &'static [Preset] {
    &PRESETS
}

/// The names of all formats.
pub fn names() -> impl Iterator<Item = &'static str> {
    ROWS.iter().map(|(name, ..)| *name)
}

/// The format of a name.
pub fn by_name(name: &str) -> Option<&'static Preset> {
    presets().iter().find(|preset| preset.name == name)
}

/// The format of a datagram, if chance is out of the question once the next datagram continues
/// its numbers. A heartbeat alone is too short to be evident in most formats.
pub fn recognise(payload: &[u8]) -> Option<&'static Preset> {
    presets().iter().find(|preset| preset.is_evident(payload))
}
