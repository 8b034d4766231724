//! The measurements that only one format has.

use serde::Serialize;

use super::market::MarketInfo;
use super::rtp::RtpInfo;
use super::senders::{ArtnetInfo, PtpInfo, SacnInfo, SenderInfo};
use super::ts::{self, MdiInfo, TsInfo};
use crate::assertion::Metric;
use crate::format::kind::Format;
use crate::stats::lighting::SourceId;
use crate::stats::peers::Peers;
use crate::stats::stream::{Detail, SenderDetail, Stream};

/// The measurements that only one format has, each in an object of the name of the format.
#[derive(Debug, Default, Serialize)]
pub struct DetailInfo {
    /// RTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rtp: Option<RtpInfo>,
    /// A transport stream, alone or in RTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ts: Option<TsInfo>,
    /// The media delivery index of a transport stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mdi: Option<MdiInfo>,
    /// Market data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub market: Option<MarketInfo>,
    /// A test tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender: Option<SenderInfo>,
    /// A source of sACN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sacn: Option<SacnInfo>,
    /// A source of Art-Net.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artnet: Option<ArtnetInfo>,
    /// A port of a PTP clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ptp: Option<PtpInfo>,
}

impl DetailInfo {
    /// Describes the measurements of a stream, over the run or since the last mark.
    pub(super) fn new(stream: &Stream, peers: &Peers, interval: bool) -> Self {
        let mut info = DetailInfo::default();
        let Some(foreign) = stream.foreign() else { return info };
        match &foreign.detail {
            Detail::Rtp(detail) => info.rtp = Some((&**detail).into()),
            Detail::Market(market) => info.market = Some(MarketInfo::new(stream, market)),
            Detail::Sender(sender) => info.describe_sender(sender, stream, peers),
            Detail::None | Detail::Ts(_) => {}
        }
        if let Some(meter) = stream.transport() {
            let (ts, mdi) = ts::describe(meter, interval);
            (info.ts, info.mdi) = (Some(ts), mdi);
        }
        info
    }

    fn describe_sender(&mut self, sender: &SenderDetail, stream: &Stream, peers: &Peers) {
        match sender {
            SenderDetail::Tool(tool) => self.sender = Some(tool.into()),
            SenderDetail::Sacn(source) => self.sacn = Some(SacnInfo::new(source, peers)),
            SenderDetail::Artnet { universe } => {
                let id = SourceId::Address(stream.source.ip());
                self.artnet = Some(ArtnetInfo::new(*universe, id, peers));
            }
            SenderDetail::Ptp(port) => self.ptp = Some(PtpInfo::new(port, peers)),
        }
    }

    /// The value of a metric of lighting sources and PTP clocks.
    pub(super) fn sender_count(&self, metric: Metric) -> Option<u64> {
        let (sacn, artnet) = (self.sacn.as_ref(), self.artnet.as_ref());
        let ptp = self.ptp.as_ref();
        match metric {
            Metric::SacnSources => Some(sacn?.source.as_ref()?.sources),
            Metric::ArtnetSources => Some(artnet?.source.as_ref()?.sources),
            // Announce messages have another port than Sync messages.
            Metric::PtpGrandmasters => Some(ptp?.grandmasters).filter(|count| *count > 0),
            Metric::PtpGrandmasterChanges => {
                ptp?.grandmaster.as_ref().and(Some(ptp?.grandmaster_changes))
            }
            Metric::PtpFollowUpsMissing => ptp?.follow_ups_missing,
            _ => None,
        }
    }
}

/// What distinguishes a stream from the others of its sender, as its field writes it.
pub(super) fn key(stream: &Stream) -> Option<String> {
    let Some(foreign) = stream.foreign() else {
        return Some(format!("{:016x}", stream.key.stream));
    };
    if let Detail::Market(market) = &foreign.detail {
        return market.session().map(|session| session.to_string());
    }
    if let Detail::Sender(sender) = &foreign.detail {
        return sender.key();
    }
    let key = foreign.identity.key;
    match foreign.identity.format {
        Format::Rtp => Some(format!("{key:#010x}")),
        Format::Ts => None,
        _ => Some(key.to_string()),
    }
}
