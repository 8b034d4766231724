//! The measurements of RTP streams.

use serde::Serialize;

use crate::assertion::{RtpMetric, Value};
use crate::stats::rtp::{ClockOrigin, RtpDetail};

/// The measurements of an RTP stream.
#[derive(Clone, Debug, Serialize)]
pub struct RtpInfo {
    /// The SSRC.
    pub ssrc: u32,
    /// The payload type.
    pub payload_type: u8,
    /// The encoding, by the description of the session or by the payload type.
    pub encoding: Option<String>,
    /// The name of the session, as SAP announces it.
    pub session: Option<String>,
    /// The rate of the media clock.
    pub clock_hz: Option<u32>,
    /// How the rate is known.
    pub clock_origin: Option<ClockOrigin>,
    /// Interarrival jitter between datagrams of different timestamps (RFC 3550, 6.4.1).
    pub jitter_ns: Option<i64>,
    /// The largest delay factor of a second (EBU Tech 3337).
    pub ts_df_ns: Option<i64>,
    /// The delay factor of the last second.
    pub ts_df_last_ns: Option<i64>,
    /// The time of media in a datagram; `null` if it varies.
    pub packet_time_ns: Option<i64>,
    /// The datagrams with a marker.
    pub marker: u64,
    /// Markers a second: the frame rate of video.
    pub marker_rate: Option<f64>,
    /// How many further SSRCs began in the flow.
    pub ssrc_changes: u64,
    /// The width of the sequence: 16, or 32 in ST 2110-20 and -40.
    pub sequence_bits: u8,
    /// Retransmissions (RIST), which do not count as received.
    pub retransmissions: u64,
    /// The RTCP sender reports.
    pub sender_reports: u64,
    /// The datagrams sent, by the last report.
    pub packets_sent: Option<u64>,
    /// The delay from sampling to arrival by a PTP clock that sender and receiver share.
    pub ptp_delay_ns: Option<PtpDelayInfo>,
}

/// The delay by a PTP clock.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PtpDelayInfo {
    /// The shortest.
    pub min: i64,
    /// The mean.
    pub mean: i64,
    /// The longest.
    pub max: i64,
    /// How many seconds the receiver's clock is behind TAI, as the delays assume.
    pub utc_offset_s: i64,
}

impl From<&RtpDetail> for RtpInfo {
    fn from(detail: &RtpDetail) -> Self {
        let meter = &detail.meter;
        let clock = meter.clock();
        let ts_df = meter.ts_df();
        RtpInfo {
            ssrc: detail.ssrc,
            payload_type: meter.payload_type(),
            encoding: detail.encoding().map(str::to_owned),
            session: detail.label().and_then(|label| label.name.clone()),
            clock_hz: clock.map(|(clock, _)| clock.hz()),
            clock_origin: clock.map(|(_, origin)| origin),
            jitter_ns: meter.jitter().map(|jitter| jitter.round() as i64),
            ts_df_ns: ts_df.map(|factor| factor.worst),
            ts_df_last_ns: ts_df.map(|factor| factor.last),
            packet_time_ns: meter.packet_time(),
            marker: meter.markers(),
            marker_rate: meter.marker_rate(),
            ssrc_changes: detail.ssrc_changes,
            sequence_bits: if detail.extended.is_extended() { 32 } else { 16 },
            retransmissions: detail.retransmissions,
            sender_reports: meter.reports().count(),
            packets_sent: meter.reports().sent(),
            ptp_delay_ns: meter.ptp_delay().map(|delay| PtpDelayInfo {
                min: delay.min,
                mean: delay.mean,
                max: delay.max,
                utc_offset_s: delay.utc_offset,
            }),
        }
    }
}

/// The worst value of a metric among streams; `None` if no stream has one.
pub(super) fn worst<'a>(
    infos: impl Iterator<Item = &'a RtpInfo>,
    metric: RtpMetric,
) -> Option<Value> {
    match metric {
        RtpMetric::Jitter => infos.filter_map(|rtp| rtp.jitter_ns).max().map(Value::Nanos),
        RtpMetric::TsDf => infos.filter_map(|rtp| rtp.ts_df_ns).max().map(Value::Nanos),
        RtpMetric::SsrcChanges => infos.map(|rtp| rtp.ssrc_changes).max().map(Value::Count),
    }
}
