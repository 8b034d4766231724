//! What a datagram states of its sender, in formats that have little more than numbers.

use crate::format::artnet::{self, ArtNet};
use crate::format::iperf::Generation;
use crate::format::kind::Format;
use crate::format::numbered::{Content, Numbered};
use crate::format::ptp::PortIdentity;
use crate::format::sacn::{Body, Cid};
use crate::format::{iperf, mcjoin, mgen, ptp, sacn, sockperf};

/// The sender, as the first datagram of a stream states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SenderDetail {
    /// A test tool.
    Tool(Tool),
    /// A source of sACN.
    Sacn(SacnSource),
    /// A source of Art-Net, which has no identity but its address.
    Artnet {
        /// The universe.
        universe: u16,
    },
    /// A port of a PTP clock.
    Ptp(PtpPort),
}

/// A test tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tool {
    /// The properties that only this tool has.
    pub kind: ToolKind,
    /// The number of sent datagrams, as the end states it.
    pub sent: Option<u64>,
}

/// The properties that only one tool has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToolKind {
    /// iperf 2.
    Iperf {
        /// The layout of its header.
        generation: Generation,
        /// The option `--trip-times`.
        trip_times: bool,
    },
    /// mgen.
    Mgen {
        /// The flow.
        flow: u32,
    },
    /// sockperf.
    Sockperf {
        /// It measures round trips.
        replies_wanted: bool,
    },
    /// mcjoin.
    Mcjoin {
        /// The process.
        pid: u32,
        /// The send interval in ms.
        period_ms: Option<u64>,
    },
    /// msend.
    Msend,
}

/// A source of sACN and the object that it numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SacnSource {
    /// The source.
    pub cid: Cid,
    /// The universe or the synchronization address.
    pub universe: u16,
    /// The datagrams synchronize levels, and hold none.
    pub synchronizes: bool,
}

/// A port of a PTP clock and the messages that it numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PtpPort {
    /// The port.
    pub port: PortIdentity,
    /// The domain.
    pub domain: u8,
    /// The name of the message type.
    pub message: &'static str,
}

impl SenderDetail {
    /// The sender of a stream whose first datagram is `payload`.
    pub fn new(format: Format, payload: &[u8]) -> Option<Self> {
        let tool = |kind| SenderDetail::Tool(Tool { kind, sent: None });
        Some(match format {
            Format::Iperf => {
                let iperf::Iperf { generation, trip_times, .. } = iperf::read(payload)?;
                tool(ToolKind::Iperf { generation, trip_times })
            }
            Format::Mgen => tool(ToolKind::Mgen { flow: mgen::read(payload)?.flow }),
            Format::Sockperf => {
                let replies_wanted = sockperf::read(payload)?.reply_wanted;
                tool(ToolKind::Sockperf { replies_wanted })
            }
            Format::Mcjoin => {
                let mcjoin::Mcjoin { pid, period_ms, .. } = mcjoin::read(payload)?;
                tool(ToolKind::Mcjoin { pid, period_ms })
            }
            Format::Msend => tool(ToolKind::Msend),
            Format::Sacn => SenderDetail::Sacn(SacnSource::new(payload)?),
            Format::Artnet => {
                let ArtNet::Levels(levels) = artnet::read(payload)? else { return None };
                SenderDetail::Artnet { universe: levels.universe }
            }
            Format::Ptp => {
                let ptp::Ptp { port, domain, message, .. } = ptp::read(payload)?;
                SenderDetail::Ptp(PtpPort { port, domain, message: message.name() })
            }
            Format::Rtp | Format::Ts | Format::Market(_) | Format::Described(_) => return None,
        })
    }

    /// Adds a datagram. Returns whether the stream ends with it although it holds data.
    pub fn note(&mut self, payload: &[u8], numbered: &Numbered) -> bool {
        match self {
            SenderDetail::Tool(tool) => {
                if let Content::End { next: Some(next) } = numbered.content {
                    tool.sent = Some(next.saturating_sub(tool.first()));
                }
                false
            }
            SenderDetail::Sacn(_) => sacn::read(payload)
                .is_some_and(|sacn| matches!(sacn.body, Body::Data(data) if data.terminated)),
            SenderDetail::Artnet { .. } | SenderDetail::Ptp(_) => false,
        }
    }

    /// What distinguishes the stream from the others of its sender, as the tool or the field
    /// writes it.
    pub fn key(&self) -> Option<String> {
        match self {
            SenderDetail::Tool(tool) => tool.key(),
            SenderDetail::Sacn(SacnSource { universe, synchronizes, .. }) => {
                let content = if *synchronizes { "synchronization " } else { "" };
                Some(format!("{content}{universe}"))
            }
            SenderDetail::Artnet { universe } => Some(universe.to_string()),
            SenderDetail::Ptp(PtpPort { port, domain, message }) => {
                Some(format!("{port} domain {domain} {message}"))
            }
        }
    }

    /// The sender of a new run of the stream.
    pub fn fresh(&self) -> Self {
        match *self {
            SenderDetail::Tool(tool) => SenderDetail::Tool(Tool { sent: None, ..tool }),
            other => other,
        }
    }
}

impl Tool {
    fn key(&self) -> Option<String> {
        match self.kind {
            ToolKind::Mgen { flow } => Some(flow.to_string()),
            ToolKind::Mcjoin { pid, .. } => Some(pid.to_string()),
            ToolKind::Iperf { .. } | ToolKind::Sockperf { .. } | ToolKind::Msend => None,
        }
    }

    /// The first number.
    fn first(&self) -> u64 {
        match self.kind {
            ToolKind::Iperf { generation, .. } => generation.numbering().first.unwrap_or(0),
            _ => 0,
        }
    }
}

impl SacnSource {
    fn new(payload: &[u8]) -> Option<Self> {
        let sacn::Sacn { cid, body } = sacn::read(payload)?;
        let (universe, synchronizes) = match body {
            Body::Data(data) => (data.universe, false),
            Body::Sync { address, .. } => (address, true),
            Body::Discovery { .. } => return None,
        };
        Some(SacnSource { cid, universe, synchronizes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_states_how_many_datagrams_were_sent() {
        for (generation, sent) in [(Generation::New, 377), (Generation::Old, 378)] {
            let kind = ToolKind::Iperf { generation, trip_times: false };
            let mut detail = SenderDetail::Tool(Tool { kind, sent: None });
            let content = Content::End { next: Some(378) };
            assert!(!detail.note(&[], &Numbered { key: 0, content, sent: None }));
            assert_eq!(detail, SenderDetail::Tool(Tool { kind, sent: Some(sent) }));
            assert_eq!(detail.fresh(), SenderDetail::Tool(Tool { kind, sent: None }));
        }
    }
}
