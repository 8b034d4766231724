//! What a receiver prints of RTP streams.

use super::results::{shown, shown_whole};
use super::samples::received;
use super::streams::ended;
use crate::event::{
    CountersInfo, DetailInfo, Event, PtpDelayInfo, RecvCounters, RtpInfo, StreamInfo,
};
use crate::report::samples::{counters, stream, together};
use crate::stats::rtp::ClockOrigin;

/// A stream of which little is known.
fn unknown() -> RtpInfo {
    RtpInfo {
        ssrc: 0x7bd0_dd45,
        payload_type: 97,
        encoding: None,
        session: None,
        clock_hz: None,
        clock_origin: None,
        jitter_ns: None,
        ts_df_ns: None,
        ts_df_last_ns: None,
        packet_time_ns: None,
        marker: 0,
        marker_rate: None,
        ssrc_changes: 0,
        sequence_bits: 16,
        retransmissions: 0,
        sender_reports: 0,
        packets_sent: None,
        ptp_delay_ns: None,
    }
}

/// A stream of which all is known.
fn known(origin: ClockOrigin) -> RtpInfo {
    let delay = PtpDelayInfo { min: 980_000, mean: 1_040_000, max: 1_310_000, utc_offset_s: 37 };
    RtpInfo {
        encoding: Some("L24".to_owned()),
        session: Some("Stage left\u{1b}[2J".to_owned()),
        clock_hz: Some(48_000),
        clock_origin: Some(origin),
        jitter_ns: Some(172_725),
        ts_df_ns: Some(5_881_000),
        ts_df_last_ns: Some(3_632_000),
        packet_time_ns: Some(1_000_000),
        marker: 1,
        ssrc_changes: 1,
        retransmissions: 3,
        sender_reports: 2,
        packets_sent: Some(3_050),
        ptp_delay_ns: Some(delay),
        ..unknown()
    }
}

fn run(infos: Vec<RtpInfo>) -> Event<'static> {
    let of = |(last, rtp): (u8, RtpInfo)| StreamInfo {
        format: "rtp",
        how: "sequence",
        key: Some(format!("{:#010x}", rtp.ssrc)),
        stream: None,
        counters: CountersInfo {
            jitter: rtp.jitter_ns.map(|nanos| nanos as f64),
            ..counters(3000, 0, (0, 0))
        },
        detail: DetailInfo { rtp: Some(rtp), ..DetailInfo::default() },
        ..stream(last, counters(0, 0, (0, 0)))
    };
    let streams: Vec<StreamInfo> = (1..).zip(infos).map(of).collect();
    let measured = together(counters(3000, 0, (0, 0)), streams.len(), streams.len(), 0);
    let counters = RecvCounters { measured: Some(measured), streams, ..received(3000) };
    ended(counters)
}

pub fn samples() -> Vec<String> {
    let origins = [ClockOrigin::PayloadType, ClockOrigin::Sap, ClockOrigin::Option];
    let mut infos = vec![unknown()];
    infos.extend(origins.map(known));
    let video = RtpInfo {
        marker: 75,
        marker_rate: Some(24.998),
        sequence_bits: 32,
        packet_time_ns: None,
        clock_hz: Some(90_000),
        ..known(ClockOrigin::Estimated)
    };
    infos.push(video);
    vec![shown("RTP", [run(vec![known(ClockOrigin::Sap)])]), shown_whole("RTP, -v", [run(infos)])]
}
