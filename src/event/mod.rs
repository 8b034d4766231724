//! The events of a run, which every output format writes, and the JSON that scripts rely on.
//!
//! Field names contain their unit. A value that could not be measured is `null`. Each event is a
//! JSON object with its name in `event`.

mod answers;
mod bench;
mod capture;
mod check;
mod datagram;
mod detail;
mod flow;
mod found;
mod iface_changes;
mod ifaces;
mod impaired;
mod json;
mod kinds;
mod market;
mod measured;
mod metric;
mod notice;
mod pair;
mod ping;
mod playout;
mod ready;
mod receivers;
mod recording;
mod recv;
mod replay;
mod rtp;
mod scan;
mod send;
mod senders;
mod shape;
mod so_far;
mod spans;
mod stamped;
mod target;
mod totals;
mod ts;
mod ts_metric;

pub use answers::{AnswersInfo, WithheldInfo};
pub use bench::{
    BenchingGroups, BenchingJoin, BenchingThroughput, Bin, Cause, CycleInfo, GroupsName,
    GroupsSummary, JoinFrom, JoinName, JoinSummary, LatencyInfo, MaxRate, ReceiverRow, StepInfo,
    StepReceiver, ThroughputName, ThroughputRow, ThroughputSummary, TrialInfo, TrialReceiver,
};
pub use capture::{CaptureInfo, CaptureInterfaceInfo, LeftOut, LeftOutRecords, Reading};
pub use check::{CheckState, CheckSummary, Checking, Watching};
pub use datagram::{Payload, ProbeInfo, ReceivedDatagram, SentDatagram};
pub use detail::DetailInfo;
pub use flow::{FlowInfo, describe_flows};
pub use found::{FoundInfo, describe_found};
pub use iface_changes::{Changed, InterfaceChange, Values, interface_changes};
pub use ifaces::{AddressInfo, IfacesSummary, InterfaceInfo};
pub use impaired::{ExpectedInfo, ImpairedInfo};
pub use kinds::{Event, Failure, Left};
pub use market::MarketInfo;
pub use measured::{
    CountersInfo, HopsInfo, LatenessInfo, MeasuredInfo, RunsInfo, StreamInfo, describe,
};
pub use pair::{Missing, OffsetInfo, PairInfo, SideInfo, describe_pairs, value_of_pairs};
pub use ping::{
    EstimateInfo, PingCounts, PingReceiver, PingSummary, PingTarget, Pinging, ReplyInfo,
    UnicastInfo,
};
pub use playout::{PlayoutInfo, PlayoutPace, PlayoutProgram, PlayoutTotals};
pub use ready::{FormInfo, InputInfo, Listening, Program, RcvbufInfo, SCHEMA, Sending};
pub use receivers::{
    MOST_LISTED, ReceiverInfo, ReceiversInfo, ReceiversReport, ReportFacts, ReportTarget,
    ReportedInfo, ReportedStreamInfo,
};
pub use recording::RecordingInfo;
pub use recv::{IntervalReport, RecvCounters, RecvSummary};
pub use replay::{NotReplayed, ReplayInfo, ReplayTotals};
pub use rtp::{PtpDelayInfo, RtpInfo};
pub use scan::{ScanSummary, ScannedTarget, Scanning};
pub use send::{SendInterval, SendSummary, TargetTotals};
pub use senders::{ArtnetInfo, GrandmasterInfo, PtpInfo, SacnInfo, SenderInfo, UniverseSourceInfo};
pub use shape::ShapeInfo;
pub use so_far::{FlowTotals, StreamTotals, flow_totals};
pub use spans::{Span, spans};
pub use stamped::Stamped;
pub use target::{Excluded, Origin, TargetInfo};
pub use totals::Totals;
pub use ts::{ChecksInfo, MaxInfo, MdiInfo, PidInfo, ProgramInfo, SpreadInfo, TsInfo};
