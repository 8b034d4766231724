//! The events of a run, which every output format writes, and the JSON that scripts rely on.
//!
//! Field names contain their unit. A value that could not be measured is `null`. Each event is a
//! JSON object with its name in `event`.

mod check;
mod datagram;
mod detail;
mod flow;
mod found;
mod ifaces;
mod json;
mod kinds;
mod market;
mod measured;
mod metric;
mod notice;
mod pair;
mod ready;
mod recv;
mod rtp;
mod scan;
mod send;
mod senders;
mod spans;
mod stamped;
mod target;
mod totals;
mod ts;
mod ts_metric;

pub use check::{CheckSummary, Checking};
pub use datagram::{Payload, ProbeInfo, ReceivedDatagram, SentDatagram};
pub use detail::DetailInfo;
pub use flow::{FlowInfo, describe_flows};
pub use found::{FoundInfo, describe_found};
pub use ifaces::{AddressInfo, IfacesSummary, InterfaceInfo};
pub use kinds::{Event, Failure, Left};
pub use market::MarketInfo;
pub use measured::{
    CountersInfo, HopsInfo, LatenessInfo, MeasuredInfo, RunsInfo, StreamInfo, describe,
};
pub use pair::{Missing, OffsetInfo, PairInfo, SideInfo, describe_pairs, value_of_pairs};
pub use ready::{Listening, Program, RcvbufInfo, SCHEMA, Sending};
pub use recv::{IntervalReport, RecvCounters, RecvSummary};
pub use rtp::{PtpDelayInfo, RtpInfo};
pub use scan::{ScanSummary, ScannedTarget, Scanning};
pub use send::{SendSummary, TargetTotals};
pub use senders::{ArtnetInfo, GrandmasterInfo, PtpInfo, SacnInfo, SenderInfo, UniverseSourceInfo};
pub use spans::{Span, spans};
pub use stamped::Stamped;
pub use target::{Excluded, Origin, TargetInfo};
pub use totals::Totals;
pub use ts::{ChecksInfo, MaxInfo, MdiInfo, PidInfo, ProgramInfo, SpreadInfo, TsInfo};
